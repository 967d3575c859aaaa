import { nameOfModel } from '../app/model-display.ts';
import { addressOf, changeDevice } from '../app/settings-actions.ts';
import type { AppState, ModelPhase } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { FasterDevice } from './FasterDevice.tsx';
import { type Language, useLanguage } from './language.ts';
import { LoadFailure } from './ModelsLoadFailure.tsx';
import { ModelsProgress } from './ModelsProgress.tsx';
import { Verdict } from './ModelsSelfTest.tsx';
import { ModelsStepDowns } from './ModelsStepDowns.tsx';
import { useApp } from './use-app.ts';

const deviceChoices = ['auto', 'webgpu', 'wasm'] as const;

/** What the panel below the badge holds: the choice of a device, and what is loaded. */
export function ModelPanel() {
  const { words } = useLanguage();
  const model = useApp((state) => state.model);
  const view = useApp((state) => state.view);
  return (
    <>
      <DeviceChoice />
      {view !== 'models' && <LoadFailure working={model.phase === 'ready' ? model.model : null} />}
      <ModelFacts model={model} />
      <p className="panel-foot">
        <a
          href={addressOf('models')}
          onClick={({ currentTarget }) =>
            currentTarget.closest<HTMLElement>('[popover]')?.hidePopover()
          }
        >
          {words.model.manage}
        </a>
      </p>
    </>
  );
}

function DeviceChoice() {
  const language = useLanguage();
  const { words } = language;
  // While the model is on its way the choice is shown as made.
  const device = useApp((state) => state.models.loading?.deviceChoice ?? state.settings.device);
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
      {device === 'auto' && <FasterDevice />}
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
  if (model.phase === 'none') return <p className="muted">{words.model.none}</p>;
  if (model.phase !== 'ready') return <Loading />;
  const loaded = model.model;
  const rows: readonly (readonly [string, string])[] = [
    [facts.model, nameOfModel(loaded.model)],
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
      {loaded.selfTest !== null && (
        <p className="panel-test">
          <Verdict verdict={loaded.selfTest.verdict} />
        </p>
      )}
      <ModelsStepDowns steps={loaded.stepDowns} />
      {loaded.softwareAdapter && <p className="notice">{words.model.softwareWarning}</p>}
    </>
  );
}

/** What is being fetched, how fast, and what was stepped down from on the way. */
function Loading() {
  const loading = useApp((state) => state.models.loading);
  return (
    <div className="panel-loading">
      {loading !== null && <p className="in-use-name">{nameOfModel(loading.model)}</p>}
      <ModelsProgress />
      {loading !== null && <ModelsStepDowns steps={loading.stepDowns} />}
    </div>
  );
}
