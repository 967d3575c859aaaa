import type {
  CollectionOverview,
  CollectionSummary,
  QuerySummary,
  RunSummary,
} from '../collections/collection.ts';
import type { BenchmarkRow } from '../engine/reranker.ts';
import { isSameModel, type ModelIdentity } from './collection-provenance.ts';

/** Depth that is offered first: what rerankers are usually given. */
const usualDepth = 100;
/** Depths that are offered ready to be taken. */
const depthPresets = [20, 50, 100];
/** UTF-16 units per token, roughly: English has 4, Chinese about 1.5. */
const unitsPerToken = 3.5;

/** How much there is to score. */
export interface RunPlan {
  readonly queries: number;
  /** Most pairs that there can be: where BM25 finds the candidates it may find fewer. */
  readonly pairs: number;
}

/** What a benchmark says of a model's speed. */
export interface MeasuredSpeed extends ModelIdentity {
  readonly rows: readonly Pick<BenchmarkRow, 'tokens' | 'pairsPerSecond'>[];
}

/** Candidates of one query as far as they are known before BM25 was asked. */
function candidatesOf(
  query: QuerySummary,
  { candidateSource, documents }: CollectionSummary,
): number {
  return candidateSource === 'bm25' ? documents : query.candidates;
}

/** Candidates of the query that has most; 0 where there is nothing to rank. */
export function mostCandidates({ summary, queries }: CollectionOverview): number {
  return queries.reduce((most, query) => Math.max(most, candidatesOf(query, summary)), 0);
}

/** The depth that a run has unless another is chosen: 100, or all where there are fewer; >= 1. */
export function defaultDepth(overview: CollectionOverview): number {
  return Math.max(1, Math.min(usualDepth, mostCandidates(overview)));
}

/** Depths to choose from at one press, ascending; the last is all of them. */
export function offeredDepths(overview: CollectionOverview): readonly number[] {
  const most = Math.max(1, mostCandidates(overview));
  return [...depthPresets.filter((depth) => depth < most), most];
}

/** Candidates within the depth, by query, of the queries that a run is about. */
export function pairsByQuery(
  { summary, queries }: CollectionOverview,
  { depth, queryLimit }: { readonly depth: number; readonly queryLimit: number | null },
): readonly number[] {
  return queries
    .slice(0, queryLimit ?? queries.length)
    .map((query) => Math.min(depth, candidatesOf(query, summary)));
}

/** What a run comes to before it begins; queries without candidates count, too. */
export function planRun(
  overview: CollectionOverview,
  settings: { readonly depth: number; readonly queryLimit: number | null },
): RunPlan {
  const pairs = pairsByQuery(overview, settings);
  return { queries: pairs.length, pairs: pairs.reduce((sum, count) => sum + count, 0) };
}

/**
 * Pairs per second that this model can be expected to score: as in the newest run that it scored
 * something for, else as in its benchmark at the length of these documents. Null when neither is
 * known.
 * @param runs of any collection; those of this one first
 */
export function expectedSpeed(
  model: ModelIdentity,
  runs: readonly RunSummary[],
  measured: readonly MeasuredSpeed[],
  { textLength, documents }: Pick<CollectionSummary, 'textLength' | 'documents'>,
): number | null {
  const run = runs.find(
    ({ provenance, scoredPairs, scoringMs }) =>
      provenance !== null && isSameModel(provenance, model) && scoredPairs > 0 && scoringMs > 0,
  );
  if (run !== undefined) return (run.scoredPairs / run.scoringMs) * 1000;
  const rows = measured.find((one) => isSameModel(one, model))?.rows ?? [];
  const tokens = documents === 0 ? 0 : textLength / documents / unitsPerToken;
  const [nearest] = rows.toSorted(
    (a, b) => Math.abs(a.tokens - tokens) - Math.abs(b.tokens - tokens),
  );
  return nearest === undefined || nearest.pairsPerSecond <= 0 ? null : nearest.pairsPerSecond;
}

/** A typed number of documents or queries, 1 to `most`; null where it is none of these. */
export function typedCount(typed: string, most: number): number | null {
  const text = typed.trim();
  if (!/^\d{1,9}$/u.test(text)) return null;
  const count = Number(text);
  return count >= 1 && count <= most ? count : null;
}
