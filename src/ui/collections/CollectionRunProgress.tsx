import { cancelCollectionRun } from '../../app/collection-run-actions.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { useLanguage } from '../language.ts';
import { modelSummary } from '../model-summary.ts';
import { useMeasures } from '../models-measures.ts';
import { useApp } from '../use-app.ts';
import { useCollectionWords } from './use-collections.ts';

type Running = Extract<CollectionsState['run'], { phase: 'running' }>;

/** How far a run is, over all and in the query that is being scored; and the button to stop it. */
export function CollectionRunProgress({ run }: { run: Running }) {
  const words = useCollectionWords();
  const { progress: said, rerank } = words;
  const { count } = useLanguage();
  const { progress, target } = run;
  const single = target.onlyQuery !== null;
  const inQuery = progress?.queryNumber ?? null;
  return (
    <div className="collection-progress">
      {!single && (
        <>
          <progress
            className="progress"
            aria-label={said.label}
            max={1}
            {...(progress !== null && { value: shareOf(progress) })}
          />
          {progress !== null && (
            <p className="collection-progress-head">
              {said.queries(count(progress.doneQueries), count(progress.totalQueries))}
            </p>
          )}
        </>
      )}
      {progress === null ? (
        <Waiting />
      ) : (
        <p className="collection-progress-line">
          <span>
            {inQuery === null ? said.preparing : said.current(count(inQuery + 1))}
            {progress.queryTotal > 0 &&
              ` · ${said.pairs(count(progress.queryDone), count(progress.queryTotal))}`}
          </span>
          <progress
            className="progress"
            aria-label={said.ofQuery}
            max={Math.max(1, progress.queryTotal)}
            value={progress.queryDone}
          />
        </p>
      )}
      {progress !== null && <Numbers progress={progress} />}
      <p>
        <button type="button" className="button" onClick={cancelCollectionRun}>
          {rerank.cancel} <kbd className="shortcut muted">{rerank.cancelKey}</kbd>
        </button>
      </p>
    </div>
  );
}

function Numbers({ progress }: { progress: NonNullable<Running['progress']> }) {
  const { progress: said } = useCollectionWords();
  const { count, rough } = useLanguage();
  const { duration } = useMeasures();
  const { scoredPairs, knownPairs, pairsPerSecond, leftMs } = progress;
  const parts = [said.scored(count(scoredPairs))];
  if (knownPairs > 0) parts.push(said.known(count(knownPairs)));
  if (pairsPerSecond !== null) parts.push(said.speed(rough(pairsPerSecond)));
  if (leftMs !== null) parts.push(said.left(duration(leftMs)));
  return <p className="models-note collection-numbers">{parts.join(' · ')}</p>;
}

/** The model is on its way, or another call has its turn. */
function Waiting() {
  const { progress: said } = useCollectionWords();
  const language = useLanguage();
  const model = useApp((state) => state.model);
  const loading = model.phase !== 'none' && model.phase !== 'ready' && model.phase !== 'failed';
  return <p className="models-note">{loading ? modelSummary(model, language) : said.waiting}</p>;
}

/** Share of the run that is done, the query under way counted by its pairs. */
function shareOf(progress: NonNullable<Running['progress']>): number {
  const { doneQueries, totalQueries, queryDone, queryTotal } = progress;
  if (totalQueries === 0) return 0;
  const part = queryTotal === 0 ? 0 : queryDone / queryTotal;
  return (doneQueries + part) / totalQueries;
}
