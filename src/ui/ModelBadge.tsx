import { changeDevice } from '../app/settings-actions.ts';
import type { AppState, ModelPhase } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { type Language, useLanguage } from './language.ts';
import { useApp } from './use-app.ts';

const deviceChoices = ['auto', 'webgpu', 'wasm'] as const;

/** What is loaded and where it runs; opens a panel in which the device is chosen. */
export function ModelBadge() {
  const language = useLanguage();
  const { words } = language;
  const model = useApp((state) => state.model);
  return (
    <>
      <button
        type="button"
        className="model-badge"
        popoverTarget="model-panel"
        aria-label={`${words.model.label}: ${summaryOf(model, language)}`}
        data-phase={model.phase}
      >
        <span className="dot" aria-hidden="true" />
        <span className="model-badge-text">{summaryOf(model, language)}</span>
      </button>
      <section id="model-panel" popover="auto" className="panel" aria-label={words.model.label}>
        <DeviceChoice />
        <ModelFacts model={model} />
      </section>
    </>
  );
}

function DeviceChoice() {
  const language = useLanguage();
  const { words } = language;
  const device = useApp((state) => state.settings.device);
  const devices = useApp((state) => state.devices);
  return (
    <fieldset className="choices">
      <legend>{words.model.device}</legend>
      {deviceChoices.map((choice) => (
        <label key={choice} className="choice">
          <input
            type="radio"
            name="device"
            value={choice}
            checked={device === choice}
            disabled={choice === 'webgpu' && devices?.webgpu.available === false}
            onChange={() => changeDevice(choice)}
          />
          <span>
            {words.model.deviceChoices[choice]}
            <small>{hintOf(choice, devices, language)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function hintOf(
  choice: (typeof deviceChoices)[number],
  devices: AppState['devices'],
  { words, count }: Language,
): string {
  const hints = words.model.deviceHints;
  if (choice === 'auto') return hints.auto;
  if (devices === null) return '';
  if (choice === 'wasm') {
    return devices.isolated
      ? hints.threads(count(devices.threads), devices.threads !== 1)
      : hints.notIsolated;
  }
  const { webgpu } = devices;
  if (!webgpu.available) return webgpu.reason === 'no-api' ? hints.noApi : hints.noAdapter;
  return webgpu.software ? hints.software(webgpu.adapter) : webgpu.adapter;
}

function ModelFacts({ model }: { model: ModelPhase }) {
  const language = useLanguage();
  const { words, count } = language;
  const { facts } = words.model;
  if (model.phase === 'failed') return <FailureNotice failure={model.failure} />;
  if (model.phase !== 'ready') return <p className="muted">{summaryOf(model, language)}</p>;
  const loaded = model.model;
  const rows: readonly (readonly [string, string])[] = [
    [facts.model, loaded.model],
    [facts.revision, loaded.revision],
    [facts.dtype, loaded.dtype],
    [facts.device, words.model.devices[loaded.device]],
    [facts.adapter, loaded.adapter ?? facts.noAdapter],
    [facts.threads, count(loaded.threads)],
    [facts.maxLength, words.model.tokens(count(loaded.maxLength))],
  ];
  return (
    <>
      <dl className="facts">
        {rows.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {loaded.softwareAdapter && <p className="notice">{words.model.softwareWarning}</p>}
      {loaded.fallbackReason !== undefined && (
        <p className="notice">
          {words.model.fallback} {loaded.fallbackReason}
        </p>
      )}
    </>
  );
}

function summaryOf(model: ModelPhase, { words, count, percent }: Language): string {
  switch (model.phase) {
    case 'none':
      return words.model.none;
    case 'downloading':
      return words.model.downloading(percent(model.loadedBytes / model.totalBytes));
    case 'preparing':
      return words.model.preparing;
    case 'failed':
      return words.model.failed;
    case 'ready': {
      const { device, dtype, threads, adapter } = model.model;
      const where = adapter ?? words.model.deviceHints.threads(count(threads), threads !== 1);
      return `${words.model.devices[device]} · ${dtype} · ${where}`;
    }
    default: {
      const unknown: never = model;
      return String(unknown);
    }
  }
}
