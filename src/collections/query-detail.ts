import type { Bm25Index } from '../core/bm25.ts';
import { checkAborted } from '../models/abort.ts';
import type { QueryDetail, RunSummary } from './collection.ts';
import { bm25ScoresAt } from './collection-bm25.ts';
import { candidatesOf, candidatesOfRun } from './collection-systems.ts';
import type { OpenCollection } from './stored-collection.ts';

/** So many candidates are shown where BM25 finds them and nobody says how many. */
const usualDepth = 100;

/**
 * One query with all that is known of its candidates, in the first stage's order; what the run has
 * scored comes first.
 * @param run whose logits; null: none. An imported run has none
 * @param depth most candidates; null: all that were given, and where BM25 finds them the run's
 *   depth or 100
 */
export async function queryDetailOf(
  collection: OpenCollection,
  index: Bm25Index,
  queryNumber: number,
  run: RunSummary | null,
  depth: number | null,
  signal: AbortSignal | undefined,
): Promise<QueryDetail> {
  const { summary, docIds, queries, qrels } = collection;
  const query = queries[queryNumber] ?? { queryId: '', text: '' };
  const found = depth ?? run?.settings?.depth ?? usualDepth;
  const candidates = candidatesOf(collection, index, queryNumber, found);
  const runQuery = run?.kind === 'model' ? await collection.runQuery(run.runId, queryNumber) : null;
  const all = runQuery === null ? candidates.documents : candidatesOfRun(candidates, runQuery);
  const limit = summary.candidateSource === 'bm25' ? found : (depth ?? all.length);
  const places = all.slice(0, limit);
  const documents = await collection.documentsAt(places);
  checkAborted(signal);

  const bm25 = bm25ScoresAt(index, query.text, places);
  const judgements = qrels.get(query.queryId) ?? new Map<string, number>();
  // Documents that are found but not shown are candidates all the same.
  const candidateIds = new Set(Array.from(all, (place) => docIds[place] ?? ''));
  return {
    query,
    documents,
    firstStageScores:
      summary.candidateSource === 'bm25'
        ? bm25
        : (candidates.firstStageScores?.slice(0, limit) ?? null),
    bm25Scores: bm25,
    logits: Float64Array.from(places, (_, at) => runQuery?.scores[at] ?? Number.NaN),
    tokens: Int32Array.from(places, (_, at) => runQuery?.tokens[at] ?? 0),
    truncated: Array.from(places, (_, at) => runQuery?.truncated[at] === 1),
    grades: Float64Array.from(documents, ({ docId }) => judgements.get(docId) ?? Number.NaN),
    missedRelevant: [...judgements].filter(
      ([docId, grade]) => grade >= 1 && !candidateIds.has(docId),
    ).length,
  };
}
