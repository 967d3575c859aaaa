import { loadModel } from '../app/model-actions.ts';
import { type CatalogRow, type firstRung, type Presence, presenceOf } from '../app/models-view.ts';
import { useLanguage } from './language.ts';
import { ruledOutText, rungReasons } from './model-card-words.ts';
import { useMeasures } from './models-measures.ts';
import { useModelsWords } from './use-models-words.ts';
import { usePresence } from './use-presence.ts';

type Rung = NonNullable<ReturnType<typeof firstRung>>;

/** Every build on every device: the ways that are open in the order of trying, then the closed. */
export function ModelsBuilds({ row }: { row: CatalogRow }) {
  const modelsWords = useModelsWords();
  const { catalog } = modelsWords;
  const { plan } = row;
  if (plan === null) return <p className="models-note">{modelsWords.machine.probing}</p>;
  const { buildColumns } = catalog;
  return (
    <section className="models-builds">
      <h3>{catalog.builds}</h3>
      <div className="models-scroll">
        <table className="numbers numbers-foldable">
          <thead>
            <tr>
              <th scope="col">{buildColumns.build}</th>
              <th scope="col">{buildColumns.device}</th>
              <th scope="col">{buildColumns.weights}</th>
              <th scope="col">{buildColumns.memory}</th>
              <th scope="col">{buildColumns.buffer}</th>
              <th scope="col">{buildColumns.verdict}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {plan.rungs.map((rung, index) => (
              <OpenWay key={`${rung.device} ${rung.build.path}`} {...{ row, rung, index }} />
            ))}
            {plan.ruledOut.map((way) => (
              <ClosedWay key={`${way.device} ${way.build.path}`} way={way} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function OpenWay({ row, rung, index }: { row: CatalogRow; rung: Rung; index: number }) {
  const language = useLanguage();
  const { words, count } = language;
  const { size } = useMeasures();
  const { catalog } = useModelsWords();
  const state = usePresence();
  const { build, device } = rung;
  const presence = presenceOf(row.card, build.dtype, state, device);
  return (
    <tr>
      <th scope="row">{build.dtype}</th>
      <td>{words.model.devices[device]}</td>
      <td>{size(build.bytes)}</td>
      <td data-name={catalog.buildColumns.memory}>{size(rung.memoryBytes)}</td>
      <td data-name={catalog.buildColumns.buffer}>{size(build.largestTensorBytes)}</td>
      <td>
        <strong>{catalog.choice(count(index + 1))}</strong>{' '}
        <span className="muted">{rungReasons(rung, language)}</span>
      </td>
      <td>
        <BuildAction {...{ row, rung, presence }} />
      </td>
    </tr>
  );
}

function BuildAction(props: { row: CatalogRow; rung: Rung; presence: Presence }) {
  const { row, rung, presence } = props;
  const { words } = useLanguage();
  const { size } = useMeasures();
  const { catalog } = useModelsWords();
  const { build, device, downloadBytes } = rung;
  if (presence.state === 'in-use') {
    return (
      <span className="role models-mark" data-state="in-use">
        {catalog.states['in-use']}
      </span>
    );
  }
  const partial = presence.state === 'partial';
  const left = size(Math.max(0, downloadBytes - (partial ? presence.storedBytes : 0)));
  const [label, action] = partial
    ? [catalog.resume(left), catalog.resume(left)]
    : presence.state === 'here'
      ? [catalog.load, catalog.load]
      : [catalog.downloadShort(left), catalog.download(left)];
  return (
    <button
      type="button"
      className="button button-small"
      aria-label={catalog.nameOf(
        action,
        catalog.loadBuild(`${row.card.name} ${build.dtype}`, words.model.devices[device]),
      )}
      onClick={() => loadModel(row.card.id, { dtype: build.dtype, device })}
    >
      {label}
    </button>
  );
}

function ClosedWay({ way }: { way: NonNullable<CatalogRow['plan']>['ruledOut'][number] }) {
  const language = useLanguage();
  const { words } = language;
  const { size } = useMeasures();
  const { build, device } = way;
  const { buildColumns } = useModelsWords().catalog;
  return (
    <tr className="models-closed">
      <th scope="row">{build.dtype}</th>
      <td>{words.model.devices[device]}</td>
      <td>{size(build.bytes)}</td>
      <td data-name={buildColumns.memory}>–</td>
      <td data-name={buildColumns.buffer}>{size(build.largestTensorBytes)}</td>
      <td colSpan={2}>{ruledOutText(way, language)}</td>
    </tr>
  );
}
