import { useStore } from 'zustand';
import {
  type GpuLimit,
  gpuLimits,
  readBrowserFacts,
  readWasmFacts,
} from '../../app/diagnostics-machine.ts';
import { readAppFacts } from '../../app/diagnostics-report.ts';
import { forgetOffline, keepOffline } from '../../app/offline-actions.ts';
import { offlineStore } from '../../app/offline-store.ts';
import { useLanguage } from '../language.ts';
import { useMeasures } from '../models-measures.ts';
import { useApp } from '../use-app.ts';
import { type Fact, FactSheet } from './FactSheet.tsx';
import { useDiagnostics, useDiagnosticsWords } from './use-diagnostics.ts';

/** Limits that are bytes; the others are counts. */
const byteLimits: ReadonlySet<GpuLimit> = new Set([
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
]);

/** App, browser, WebAssembly and WebGPU: what is read and not changed here. */
export function DiagnosticsSheets() {
  return (
    <>
      <AppSheet />
      <BrowserSheet />
      <WasmSheet />
      <GpuSheet />
    </>
  );
}

function AppSheet() {
  const { words: page } = useLanguage();
  const { size } = useMeasures();
  const { app: words } = useDiagnosticsWords();
  const settings = useApp((state) => state.settings);
  const { offline, update } = useStore(offlineStore);
  const { version, build, language } = readAppFacts();
  const kept = 'keptBytes' in offline ? ` · ${size(offline.keptBytes)}` : '';
  const reason = 'reason' in offline ? `: ${words.offlineReasons[offline.reason]}` : '';
  return (
    <FactSheet
      heading={words.heading}
      facts={[
        { term: words.version, value: version, mono: true },
        { term: words.build, value: build, mono: true },
        { term: words.language, value: page.language[language] },
        { term: words.theme, value: page.theme[settings.theme] },
        {
          term: words.offline,
          value: `${words.offlinePhases[offline.phase]}${reason}${kept}`,
          verdict:
            offline.phase === 'ready' ? 'good' : offline.phase === 'failed' ? 'bad' : undefined,
        },
        { term: words.update, value: words.updates[update] },
      ]}
    >
      {offline.phase !== 'unsupported' && (
        <p className="diagnostics-actions">
          <button
            type="button"
            className="button"
            onClick={offline.phase === 'ready' ? forgetOffline : keepOffline}
          >
            {offline.phase === 'ready' ? words.forgetOffline : words.keepOffline}
          </button>
        </p>
      )}
    </FactSheet>
  );
}

function BrowserSheet() {
  const { count } = useLanguage();
  const all = useDiagnosticsWords();
  const words = all.browser;
  const facts = readBrowserFacts();
  const { window, online, memoryGiB } = facts;
  return (
    <FactSheet
      heading={words.heading}
      facts={[
        { term: words.brands, value: facts.brands.join(', ') || all.unknown },
        { term: words.userAgent, value: facts.userAgent, mono: true },
        { term: words.platform, value: facts.platform || all.unknown },
        { term: words.cores, value: count(facts.cores) },
        { term: words.memory, value: memoryGiB === null ? all.unknown : `${memoryGiB} GiB` },
        { term: words.languages, value: facts.languages.join(', ') },
        { term: words.online, value: words.onlineWords[online ? 'online' : 'offline'] },
        {
          term: words.window,
          value: `${window.width} × ${window.height}, ${Number(window.density.toFixed(2))}×`,
        },
      ]}
    />
  );
}

function WasmSheet() {
  const { count } = useLanguage();
  const { yes, no, wasm: words } = useDiagnosticsWords();
  const devices = useApp((state) => state.devices);
  const { simd, threads, isolation, suspending, memory64 } = readWasmFacts();
  const isThreaded = threads && isolation === 'isolated';
  const used = devices === null ? '' : ` · ${count(devices.threads)}`;
  return (
    <FactSheet
      heading={words.heading}
      facts={[
        { term: words.simd, value: simd ? yes : no, verdict: simd ? 'good' : 'bad' },
        {
          term: words.threads,
          value: `${isThreaded ? yes : no}${used}`,
          verdict: isThreaded ? 'good' : 'bad',
        },
        {
          term: words.isolation,
          value: words.isolations[isolation],
          verdict: isolation === 'isolated' ? 'good' : 'bad',
        },
        { term: words.suspending, value: suspending ? yes : no },
        { term: words.memory64, value: memory64 ? yes : no },
      ]}
    />
  );
}

function GpuSheet() {
  const { count } = useLanguage();
  const { size } = useMeasures();
  const { asking, none, webgpu: words } = useDiagnosticsWords();
  const gpu = useDiagnostics((state) => state.gpu);
  if (gpu === null || !gpu.available) {
    return (
      <FactSheet heading={words.heading} facts={[]}>
        <p className="diagnostics-note">{gpu === null ? asking : words.absent[gpu.reason]}</p>
      </FactSheet>
    );
  }
  const adapter = [gpu.vendor, gpu.architecture, gpu.description].filter(Boolean).join(' · ');
  const limits = gpuLimits.map(
    (name): Fact => ({
      // May be broken where a word begins.
      term: name.replace(/(?<=[a-z])(?=[A-Z])/g, '\u200b'),
      value: byteLimits.has(name) ? size(gpu.limits[name]) : count(gpu.limits[name]),
    }),
  );
  return (
    <FactSheet
      heading={words.heading}
      facts={[
        { term: words.adapter, value: adapter, mono: true },
        {
          term: words.kind,
          value: gpu.software ? words.software : words.hardware,
          verdict: gpu.software ? undefined : 'good',
        },
        ...limits,
        { term: words.features, value: gpu.features.join(', ') || none, mono: true },
      ]}
    />
  );
}
