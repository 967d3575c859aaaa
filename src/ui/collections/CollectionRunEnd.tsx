import {
  dismissRunEnd,
  rerankCollection,
  rerankQuery,
  resumeRun,
  resumeWithItsModel,
} from '../../app/collection-run-actions.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { nameOfModel } from '../../app/model-display.ts';
import { FailureNotice } from '../FailureNotice.tsx';
import { useLanguage } from '../language.ts';
import { CollectionsFailure } from './CollectionsFailure.tsx';
import { labelOfRun } from './run-labels.ts';
import { useCollectionWords } from './use-collections.ts';

type Ended = Extract<CollectionsState['run'], { phase: 'ended' }>;

/** How the last run ended, and the way to go on. */
export function CollectionRunEnd({ run }: { run: Ended }) {
  const words = useCollectionWords();
  const language = useLanguage();
  const { count } = language;
  const { progress: said, counts, page } = words;
  const { target, progress, end } = run;
  const goOn = (): void => {
    const { collectionId, settings, onlyQuery } = target;
    if (onlyQuery !== null) rerankQuery(collectionId, onlyQuery, settings);
    else if (run.run === null) rerankCollection(collectionId, settings);
    else resumeRun(collectionId, run.run);
  };
  const goOnButton = (
    <button type="button" className="button" onClick={goOn}>
      {said.goOn}
    </button>
  );
  const dismissButton = (
    <button type="button" className="button button-quiet" onClick={dismissRunEnd}>
      {page.dismiss}
    </button>
  );
  switch (end.kind) {
    case 'done': {
      const done = target.onlyQuery === null ? (progress?.doneQueries ?? 0) : 1;
      const parts = [said.done(counts.queries(count(done), done !== 1))];
      if (progress !== null) {
        parts.push(said.scored(count(progress.scoredPairs)));
        if (progress.knownPairs > 0) parts.push(said.known(count(progress.knownPairs)));
      }
      return <p className="models-note collection-numbers">{parts.join(' · ')}</p>;
    }
    case 'cancelled':
      return (
        <div className="notice collection-end">
          <p>
            {progress === null
              ? said.cancelledEarly
              : said.cancelled(count(progress.doneQueries), count(progress.totalQueries))}
          </p>
          <p>
            {goOnButton} {dismissButton}
          </p>
        </div>
      );
    case 'failed': {
      const Notice = end.unkept ? CollectionsFailure : FailureNotice;
      return (
        <Notice failure={end.failure} lead={end.unkept ? said.failedUnkept : said.failed}>
          <p>
            {goOnButton} {dismissButton}
          </p>
        </Notice>
      );
    }
    case 'other-model': {
      const made = run.run?.provenance ?? null;
      const madeWith = made === null ? '' : nameOfModel(made.model);
      return (
        <div className="notice collection-end" role="alert">
          <p>
            {said.otherModel(
              made === null ? '' : labelOfRun(made, language),
              labelOfRun(end.loaded, language),
            )}
          </p>
          <p>
            {run.run !== null && (
              <LoadAndGoOn collectionId={target.collectionId} run={run.run} name={madeWith} />
            )}{' '}
            {dismissButton}
          </p>
        </div>
      );
    }
    default: {
      const unknown: never = end;
      return String(unknown);
    }
  }
}

function LoadAndGoOn(props: {
  collectionId: string;
  run: NonNullable<Ended['run']>;
  name: string;
}) {
  const { progress: said } = useCollectionWords();
  const { collectionId, run, name } = props;
  return (
    <button type="button" className="button" onClick={() => resumeWithItsModel(collectionId, run)}>
      {said.loadAndGoOn(name)}
    </button>
  );
}
