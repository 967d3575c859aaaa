import { loadModel } from '../app/model-actions.ts';
import { nameOfModel } from '../app/model-display.ts';
import { latestBenchmark, presenceOf, rungOfKept } from '../app/models-view.ts';
import type { ModelsState } from '../app/store.ts';
import { useLanguage } from './language.ts';
import { ModelsTwoStep } from './ModelsTwoStep.tsx';
import { useMeasures } from './models-measures.ts';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';
import { usePresence } from './use-presence.ts';

type Kept = NonNullable<ModelsState['kept']>[number];

/** One model on this machine: its builds, what is known of them here, and what can be done. */
export function ModelsKeptRow({ model, onRemove }: { model: Kept; onRemove: () => void }) {
  const { size, ago } = useMeasures();
  const { kept } = useModelsWords();
  const name = nameOfModel(model.id);
  const origin = model.host === 'disk' ? kept.fromDisk : hostName(model.host);
  return (
    <li className="kept-model" aria-label={name}>
      <div className="kept-head">
        <p className="kept-name" title={`${model.id} · ${model.revision}`}>
          {name}
        </p>
        <ModelsTwoStep
          label={kept.remove}
          name={kept.removeOf(name)}
          question={kept.reallyRemove(size(model.bytes))}
          onConfirm={onRemove}
        />
      </div>
      <p className="models-note">
        {[origin, size(model.bytes), kept.used(ago(model.lastUsedAt))].join(' · ')}
      </p>
      {model.kept === 'memory' && <p className="models-note models-warning">{kept.memory}</p>}
      {model.card === null && <Unfinished model={model} name={name} />}
      <ul className="kept-builds">
        {model.builds.map((build) => (
          <KeptBuild key={build.dtype} {...{ model, build, name }} />
        ))}
      </ul>
      <KeptResults model={model} />
    </li>
  );
}

/** A model without a description: a download that was cut short, which loading goes on with. */
function Unfinished({ model, name }: { model: Kept; name: string }) {
  const loading = usePresence().loading === model.id;
  const { kept } = useModelsWords();
  if (model.host === 'disk') return <p className="models-note models-warning">{kept.lost}</p>;
  return (
    <p className="kept-build kept-unfinished">
      <span className="models-note">{kept.unfinished}</span>
      <button
        type="button"
        className="button button-small"
        aria-label={kept.resumeOf(name, '')}
        disabled={loading}
        onClick={() => loadModel(model.id, { host: model.host, revision: model.revision })}
      >
        {kept.resume}
      </button>
    </p>
  );
}

function KeptBuild(props: { model: Kept; build: Kept['builds'][number]; name: string }) {
  const { model, build, name } = props;
  const modelsWords = useModelsWords();
  const { size } = useMeasures();
  const devices = useApp((app) => app.devices);
  const device = useApp((app) => app.settings.device);
  const presence = usePresence();
  const { kept, catalog } = modelsWords;
  const rung = rungOfKept(model, build.dtype, devices, device);
  const revision = useApp((app) => (app.model.phase === 'ready' ? app.model.model.revision : null));
  const used =
    revision === model.revision &&
    model.card !== null &&
    presence.inUse?.dtype === build.dtype &&
    presenceOf(model.card, build.dtype, presence).state === 'in-use';
  return (
    <li className="kept-build">
      <code>{build.dtype}</code>
      <span className="models-number">
        {build.complete
          ? size(build.bytes)
          : modelsWords.amount(size(build.storedBytes), size(build.bytes))}
      </span>
      {used && (
        <span className="role models-mark" data-state="in-use">
          {catalog.states['in-use']}
        </span>
      )}
      {!used && rung === null && devices !== null && (
        <span className="models-note">{catalog.notHere}</span>
      )}
      {!used && rung !== null && (
        <button
          type="button"
          className="button button-small"
          aria-label={(build.complete ? kept.loadOf : kept.resumeOf)(name, build.dtype)}
          disabled={presence.loading === model.id}
          onClick={() =>
            loadModel(model.id, {
              dtype: build.dtype,
              device: rung.device,
              revision: model.revision,
              ...(model.host !== 'disk' && { host: model.host }),
            })
          }
        >
          {build.complete ? kept.load : kept.resume}
        </button>
      )}
      {!build.complete && (
        <span className="room-bar kept-partial" aria-hidden="true">
          <span
            className="room-models"
            style={{ inlineSize: `${(build.storedBytes / build.bytes) * 100}%` }}
          />
        </span>
      )}
    </li>
  );
}

/** How the self-tests ended on each device, and the last measurement. */
function KeptResults({ model }: { model: Kept }) {
  const language = useLanguage();
  const { words, rough, count } = language;
  const { kept } = useModelsWords();
  const benchmark = latestBenchmark(model);
  const row = benchmark?.rows.at(1) ?? benchmark?.rows.at(0);
  if (model.selfTests.length === 0 && row === undefined) return null;
  return (
    <ul className="kept-results models-note">
      {model.selfTests.map(({ device, dtype, adapter, verdict, reason }) => (
        <li key={`${device} ${dtype} ${adapter}`} title={reason || undefined}>
          {words.model.place(deviceName(device, words.model.devices), dtype)}{' '}
          <span className="self-test-verdict" data-verdict={verdict}>
            {kept.tests[verdict]}
          </span>
        </li>
      ))}
      {benchmark !== null && row !== undefined && (
        <li>
          {words.model.place(deviceName(benchmark.device, words.model.devices), benchmark.dtype)}{' '}
          {kept.speed(rough(row.pairsPerSecond), count(row.tokens))}
        </li>
      )}
    </ul>
  );
}

function deviceName(device: string, names: Readonly<Record<string, string>>): string {
  return names[device] ?? device;
}

/** `huggingface.co` of `https://huggingface.co`. */
function hostName(host: string): string {
  return host.replace(/^https?:\/\//u, '');
}
