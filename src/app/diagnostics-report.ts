import { findModel } from '../models/catalog.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { CheckResult } from './diagnostics-checks.ts';
import { errorsStore, framesOf, kindOf, type NotedError } from './diagnostics-errors.ts';
import {
  type BrowserFacts,
  type GpuFacts,
  readBrowserFacts,
  readGpuFacts,
  readWasmFacts,
  type WasmFacts,
} from './diagnostics-machine.ts';
import { readStorageFacts, type StorageFacts } from './diagnostics-storage.ts';
import { diagnosticsStore } from './diagnostics-store.ts';
import { type OfflinePhase, offlineStore, type UpdatePhase } from './offline-store.ts';
import { languageOf } from './settings-actions.ts';
import { type ModelPhase, store } from './store.ts';

export interface AppFacts {
  readonly version: string;
  /** Made from the content of the build's files, not from a time; `development` without a build. */
  readonly build: string;
  readonly view: string;
  readonly language: 'en' | 'zh';
  readonly theme: string;
}

/** The model as far as anybody may know it: one that is in no catalog has no name here. */
export interface ModelFacts {
  readonly phase: ModelPhase['phase'];
  /** An id of the catalog, or `other`. */
  readonly model: string | null;
  readonly revision: string | null;
  readonly dtype: string | null;
  readonly device: string | null;
  readonly threads: number | null;
  readonly selfTest: string | null;
  readonly largestDifference: number | null;
  readonly tolerance: number | null;
  /** Codes of the builds that could not be used before this one. */
  readonly stepDowns: readonly string[];
  /** Why it failed. */
  readonly failure: string | null;
}

/** Everything that helps to find a fault, and nothing that anybody typed, opened or named. */
export interface DiagnosticsReport {
  readonly version: 1;
  readonly app: AppFacts;
  readonly offline: OfflinePhase & { readonly update: UpdatePhase };
  readonly browser: BrowserFacts;
  readonly wasm: WasmFacts;
  readonly webgpu: GpuFacts;
  readonly storage: StorageFacts;
  readonly model: ModelFacts;
  readonly errors: readonly NotedError[];
  readonly checks: readonly Omit<CheckResult, 'detail'>[];
}

/** The report with what the GPU and the storage have answered. */
export function makeReport(webgpu: GpuFacts, storage: StorageFacts): DiagnosticsReport {
  const { offline, update } = offlineStore.getState();
  return {
    version: 1,
    app: readAppFacts(),
    offline: { ...offline, update },
    browser: readBrowserFacts(),
    wasm: readWasmFacts(),
    webgpu,
    storage,
    model: modelFactsOf(store.getState().model),
    errors: errorsStore.getState(),
    // Details quote addresses and messages of the browser.
    checks: diagnosticsStore.getState().checks.results.map(({ detail: _, ...check }) => check),
  };
}

/** The report of a view that failed, led by the class and the places of its error. */
export async function crashReport(error: unknown): Promise<string> {
  const { cause } = error instanceof Error ? error : Error();
  const lines = [error, cause]
    .filter((thrown) => thrown !== undefined)
    .flatMap((thrown) => [`- ${kindOf(thrown)}`, ...framesOf(thrown).map(frameLine)]);
  return `## Failed view\n${lines.join('\n')}\n\n${reportText(await collectReport())}`;
}

/** Asks the GPU and the storage where nobody has yet; never rejects. */
async function collectReport(): Promise<DiagnosticsReport> {
  const { devices } = store.getState();
  const { gpu, storage } = diagnosticsStore.getState();
  const software = devices?.webgpu.available === true && devices.webgpu.software;
  const [asked, tried] = await Promise.all([
    gpu ?? readGpuFacts(software),
    storage ?? readStorageFacts(),
  ]);
  return makeReport(asked, tried);
}

/** What is known of the app itself. */
export function readAppFacts(): AppFacts {
  const { settings, view } = store.getState();
  const version: unknown = import.meta.env.VITE_APP_VERSION;
  const built = document.querySelector<HTMLMetaElement>('meta[name="version"]');
  return {
    version: typeof version === 'string' ? version : 'unknown',
    build: built?.content ?? 'development',
    view,
    language: languageOf(settings),
    theme: settings.theme,
  };
}

/** The model's phase without names that a user may have given. */
export function modelFactsOf(phase: ModelPhase): ModelFacts {
  const nothing = {
    phase: phase.phase,
    model: null,
    revision: null,
    dtype: null,
    device: null,
    threads: null,
    selfTest: null,
    largestDifference: null,
    tolerance: null,
    stepDowns: [],
    failure: phase.phase === 'failed' ? phase.failure.code : null,
  };
  if (phase.phase !== 'ready') return nothing;
  const { model, revision, dtype, device, threads, selfTest, stepDowns } = phase.model;
  const isPublic = model === embeddedModel.id || findModel(model) !== undefined;
  return {
    ...nothing,
    model: isPublic ? model : 'other',
    revision: isPublic ? revision : null,
    dtype,
    device,
    threads,
    selfTest: selfTest?.verdict ?? null,
    largestDifference: selfTest?.largestDifference ?? null,
    tolerance: selfTest?.tolerance ?? null,
    stepDowns: stepDowns.map(({ from, to, code }) => `${from.device} to ${to.device}: ${code}`),
  };
}

/** The report in Markdown: a heading per part, a line per fact. */
export function reportText({ version: _, ...report }: DiagnosticsReport): string {
  return `${Object.entries(report)
    .map(([part, facts]) => `## ${part}\n${linesOf(facts).join('\n') || '- none'}`)
    .join('\n\n')}\n`;
}

function linesOf(facts: object): string[] {
  return Object.entries(facts).flatMap(([name, value]: [string, unknown]) => {
    if (value === null || value === undefined || typeof value !== 'object') {
      return [`- ${name}: ${value ?? 'unknown'}`];
    }
    if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) {
      return [`- ${name}: ${value.join(', ') || 'none'}`];
    }
    return [`- ${name}: ${JSON.stringify(value)}`];
  });
}

function frameLine({ name, file, line, column }: NotedError['frames'][number]): string {
  return `  - ${name === '' ? '' : `${name} `}${file}:${line}:${column}`;
}
