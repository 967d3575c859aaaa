import { modelRuns, resultOfDetail, withScores } from './collection-view.ts';
import { collections } from './collections-service.ts';
import { type CollectionsState, collectionsStore } from './collections-store.ts';
import { failureOf } from './model-phase.ts';
import type { RankingOrder } from './store.ts';

/** Where BM25 finds the candidates, at least this many are looked at. */
const leastLookedAt = 100;
/** Grades from this one on are called relevant here. */
const relevantFrom = 1;

let reading: AbortController | null = null;
let resultNumber = 0;

/** Reads one query of the opened collection, with the logits of the chosen run, else the newest. */
export async function openQuery(collectionId: string, queryNumber: number): Promise<void> {
  const { query } = collectionsStore.getState();
  const same = isAt(query, collectionId, queryNumber) && query.phase === 'ready';
  // What is shown stays while it is read again, with new scores or another run's.
  if (!same) change({ query: { phase: 'loading', collectionId, queryNumber } });
  reading?.abort();
  const controller = new AbortController();
  reading = controller;
  const { signal } = controller;
  const { runId, depth } = shownRun(collectionId);
  try {
    const detail = await collections.queryDetail(collectionId, queryNumber, runId, depth, {
      signal,
    });
    if (signal.aborted) return;
    resultNumber = same ? resultNumber : resultNumber + 1;
    const result = resultOfDetail(detail, { runNumber: resultNumber, relevantFrom });
    change({ query: { phase: 'ready', collectionId, queryNumber, runId, detail, result } });
  } catch (error) {
    if (signal.aborted) return;
    change({ query: { phase: 'failed', collectionId, queryNumber, failure: failureOf(error) } });
  }
}

/** Shows the logits of another run. */
export async function chooseRun(chosenRunId: string): Promise<void> {
  change({ chosenRunId });
  const { query } = collectionsStore.getState();
  if (query.phase !== 'none') await openQuery(query.collectionId, query.queryNumber);
}

/** Changes what the query's documents are sorted by. */
export function chooseQueryOrder(order: RankingOrder): void {
  change({ order });
}

/** Changes how the query's documents are laid out. */
export function chooseQueryArrangement(arrangement: CollectionsState['arrangement']): void {
  change({ arrangement });
}

/** Puts scores that have just arrived into the query that is looked at, if it is that one. */
export function showNewScores(
  at: { readonly collectionId: string; readonly runId: string; readonly queryNumber: number },
  places: ArrayLike<number>,
  scores: Parameters<typeof withScores>[2],
): void {
  const { query } = collectionsStore.getState();
  if (!isAt(query, at.collectionId, at.queryNumber) || query.phase !== 'ready') return;
  if (query.runId !== null && query.runId !== at.runId) return;
  const detail = withScores(query.detail, places, scores);
  const { runNumber } = query.result;
  change({
    query: { ...query, detail, result: resultOfDetail(detail, { runNumber, relevantFrom }) },
  });
}

/** The run whose logits are looked at, and how many candidates that takes. */
function shownRun(collectionId: string): {
  readonly runId: string | null;
  readonly depth: number | null;
} {
  const { opened, chosenRunId } = collectionsStore.getState();
  if (opened.phase !== 'ready' || opened.collectionId !== collectionId) {
    return { runId: null, depth: leastLookedAt };
  }
  const { runs, candidateSource } = opened.overview.summary;
  const shown = modelRuns(runs);
  const run = shown.find(({ runId }) => runId === chosenRunId) ?? shown[0] ?? null;
  const depth =
    candidateSource === 'given' ? null : Math.max(leastLookedAt, run?.settings?.depth ?? 0);
  return { runId: run?.runId ?? null, depth };
}

function isAt(
  query: CollectionsState['query'],
  collectionId: string,
  queryNumber: number,
): query is Exclude<CollectionsState['query'], { phase: 'none' }> {
  return (
    query.phase !== 'none' &&
    query.collectionId === collectionId &&
    query.queryNumber === queryNumber
  );
}

function change(state: Partial<CollectionsState>): void {
  collectionsStore.setState(state);
}
