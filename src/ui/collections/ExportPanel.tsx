import { useCallback, useId, useState } from 'react';
import { cancelWork, downloadCollection } from '../../app/collections-actions.ts';
import {
  exportSize,
  exportSystem,
  exportSystems,
  fusionWeightOf,
} from '../../app/evaluation-export.ts';
import { ExportBox } from '../ExportBox.tsx';
import { useLanguage } from '../language.ts';
import { type Overview, useEvaluationWords, useSystemNames } from './evaluation-language.ts';
import { useCollections } from './use-collections.ts';
import '../styles/evaluation.css';

type MakeFile = Parameters<typeof ExportBox>[0]['makeFile'];

/** More documents than this are written only when they are asked for. */
const mostPreviewed = 5000;

/** The orders of a collection as files, and the collection itself. */
export function ExportPanel({ overview }: { overview: Overview }) {
  return (
    <div className="evaluation evaluation-exports">
      <Rankings overview={overview} />
      <WholeCollection summary={overview.summary} />
    </div>
  );
}

function Rankings({ overview }: { overview: Overview }) {
  const { export: words } = useEvaluationWords();
  const { summary } = overview;
  const systems = exportSystems(summary);
  return (
    <section className="evaluation-part" aria-labelledby="export-rankings">
      <h2 id="export-rankings">{words.heading}</h2>
      {summary.candidateSource === 'none' || systems.length === 0 ? (
        <p className="models-note">{words.nothing}</p>
      ) : (
        <Choices overview={overview} systems={systems} />
      )}
    </section>
  );
}

function Choices(props: { overview: Overview; systems: ReturnType<typeof exportSystems> }) {
  const { overview, systems } = props;
  const { export: words } = useEvaluationWords();
  const { count, decimal } = useLanguage();
  const id = useId();
  const { summary } = overview;
  const weight = fusionWeightOf(summary.id);
  const nameOf = useSystemNames(summary, weight);
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const first = /^[1-9]\d{0,8}$/u.test(typed) ? Number(typed) : null;
  // What a model made is mostly what one came for.
  const system =
    systems.find(({ key }) => key === chosen) ??
    systems.find(({ kind }) => kind === 'model') ??
    systems[0];
  const key = system?.key ?? 'first-stage';
  const size = exportSize(overview, first);
  const run = summary.runs.find(({ runId }) => runId === system?.runId);
  const makeFile = useCallback<MakeFile>(
    (format, options) => exportSystem(overview, key, first, format, options),
    [overview, key, first],
  );
  return (
    <>
      <div className="evaluation-export">
        <label className="export-field" htmlFor={`${id}-system`}>
          <span className="field-label">{words.system}</span>
          <select
            id={`${id}-system`}
            className="select evaluation-select"
            value={key}
            onChange={({ target }) => setChosen(target.value)}
          >
            {systems.map((one) => (
              <option key={one.key} value={one.key}>
                {nameOf(one).name}
              </option>
            ))}
          </select>
        </label>
        <label className="export-field" htmlFor={`${id}-queries`}>
          <span className="field-label">{words.queries}</span>
          <input
            id={`${id}-queries`}
            type="number"
            className="box export-number"
            title={words.queriesHint}
            aria-description={words.queriesHint}
            min={1}
            max={summary.queries}
            placeholder={words.all(count(summary.queries))}
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
        <p className="models-note evaluation-export-size">
          {words.size(
            words.documentsCount(count(size.documents), size.documents !== 1),
            words.queriesCount(count(size.queries), size.queries !== 1),
          )}
        </p>
      </div>
      {system?.key.startsWith('weighted:') && (
        <p className="models-note">{words.weight(decimal(weight))}</p>
      )}
      {run !== undefined && run.doneQueries < summary.queries && (
        <p className="models-note models-warning">
          {words.partly(count(run.doneQueries), count(summary.queries))}
        </p>
      )}
      <ExportBox
        makeFile={makeFile}
        mostDocuments={Math.max(1, size.most)}
        previews={size.documents <= mostPreviewed}
      />
    </>
  );
}

function WholeCollection({ summary }: { summary: Overview['summary'] }) {
  const { export: words } = useEvaluationWords();
  const { percent } = useLanguage();
  const work = useCollections((state) =>
    state.work?.collectionId === summary.id && state.work.kind === 'exporting' ? state.work : null,
  );
  return (
    <section className="evaluation-part" aria-labelledby="export-whole">
      <h2 id="export-whole">{words.whole}</h2>
      <p className="models-note">{words.wholeText}</p>
      <div className="evaluation-actions">
        <button
          type="button"
          className="button"
          aria-disabled={work !== null}
          onClick={() => {
            if (work === null) downloadCollection(summary);
          }}
        >
          {words.saveWhole}
        </button>
        {work !== null && (
          <button type="button" className="button button-quiet" onClick={cancelWork}>
            {words.cancel}
          </button>
        )}
        <span className="models-note" role="status">
          {work !== null && words.saving}
        </span>
        {work !== null && work.share !== null && (
          <span className="models-note">{percent(work.share)}</span>
        )}
      </div>
    </section>
  );
}
