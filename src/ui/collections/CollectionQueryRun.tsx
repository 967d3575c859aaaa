import { defaultDepth } from '../../app/collection-plan.ts';
import { chooseRun } from '../../app/collection-query-actions.ts';
import { rerankQuery } from '../../app/collection-run-actions.ts';
import { modelRuns, scoredCount } from '../../app/collection-view.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { nameOfModel } from '../../app/model-display.ts';
import { useLanguage } from '../language.ts';
import { useMeasures } from '../models-measures.ts';
import { useApp } from '../use-app.ts';
import { CollectionModel } from './CollectionModel.tsx';
import { CollectionRunEnd } from './CollectionRunEnd.tsx';
import { CollectionRunProgress } from './CollectionRunProgress.tsx';
import { useCollections, useCollectionWords } from './use-collections.ts';

type Overview = Extract<CollectionsState['opened'], { phase: 'ready' }>['overview'];
type Ready = Extract<CollectionsState['query'], { phase: 'ready' }>;

interface Props {
  readonly overview: Overview;
  readonly query: Ready;
}

/** Whose logits are shown, and the button that scores this query where they are missing. */
export function CollectionQueryRun({ overview, query }: Props) {
  const run = useCollections((state) => state.run);
  const here =
    run.phase !== 'idle' &&
    run.target.collectionId === query.collectionId &&
    run.target.onlyQuery === query.queryNumber;
  return (
    <div className="collection-query-run">
      <Choice overview={overview} query={query} />
      {run.phase === 'running' && here && <CollectionRunProgress run={run} />}
      {run.phase === 'ended' && here && run.end.kind !== 'done' && <CollectionRunEnd run={run} />}
      {run.phase !== 'running' && <Missing overview={overview} query={query} />}
    </div>
  );
}

function Choice({ overview, query }: Props) {
  const { query: words } = useCollectionWords();
  const { count } = useLanguage();
  const { ago } = useMeasures();
  const runs = modelRuns(overview.summary.runs);
  const labelOf = ({ tag, settings, createdAt }: (typeof runs)[number]): string =>
    words.runChoice(nameOfModel(tag), count(settings?.depth ?? 0), ago(createdAt));
  const [only] = runs;
  if (only === undefined) return null;
  if (runs.length === 1) {
    return (
      <p className="models-note">
        {words.run} {labelOf(only)}
      </p>
    );
  }
  return (
    <label className="collection-query-choice">
      <span className="muted">{words.run}</span>
      <select
        className="select"
        value={query.runId ?? ''}
        onChange={(event) => chooseRun(event.target.value)}
      >
        {runs.map((run) => (
          <option key={run.runId} value={run.runId}>
            {labelOf(run)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What is not scored yet of this query in the chosen run, and the way to have it scored. */
function Missing({ overview, query }: Props) {
  const { query: words } = useCollectionWords();
  const { count } = useLanguage();
  const longDocuments = useApp((state) => state.settings.longDocuments);
  const maxLength = useApp((state) => state.settings.maxLength);
  const titles = useCollections(
    ({ opened }) => opened.phase !== 'ready' || opened.titles !== false,
  );
  const shown = overview.summary.runs.find(({ runId }) => runId === query.runId);
  const settings = shown?.settings ?? {
    depth: defaultDepth(overview),
    queryLimit: null,
    titles,
    longDocuments,
    maxLength,
  };
  const scored = scoredCount(query.detail);
  const wanted = Math.min(settings.depth, query.detail.documents.length);
  if (scored >= wanted) return null;
  return (
    <div className="collection-query-missing">
      <span className="models-note">
        {scored === 0
          ? shown === undefined
            ? words.notScored
            : words.notScoredByRun
          : words.scored(count(scored), count(wanted))}
      </span>
      <button
        type="button"
        className="button button-main"
        onClick={() =>
          // A run of one query may go on with all of them later.
          rerankQuery(query.collectionId, query.queryNumber, { ...settings, queryLimit: null })
        }
      >
        {words.rerank}
      </button>
      <CollectionModel />
    </div>
  );
}
