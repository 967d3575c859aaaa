import { orderByScore, ranksOfOrder, relevanceOfLogit, sumOfZScores } from '../core/scores.ts';
import type { CascadeScores, RankingOrder, Result } from './store.ts';

/** One row of a ranking as the page shows it. */
export interface RankingRow {
  /** Position of the document in the request, from 0. */
  readonly index: number;
  readonly rank: number;
  readonly text: string;
  /** False while the model has not scored it; such rows stand below, in BM25's order. */
  readonly scored: boolean;
  /** Length of the bar, 0..1: relevance, or the share of the best for all other orders. */
  readonly bar: number;
  readonly logit: number;
  readonly relevance: number;
  /** Whose part it stands in, where one model's documents stand above another's; else null. */
  readonly stage: CascadeScores['stages'][number];
  /** True for the first row of such a part. */
  readonly beginsStage: boolean;
  readonly bm25Score: number | null;
  /** Sum of the two z-scores, in a cascade within its stage; null unless the order is `both`. */
  readonly zSum: number | null;
  /** What the first stage gave; null where it gave no scores. */
  readonly firstStageScore: number | null;
  /** Null without judgements; NaN where the document is not judged. */
  readonly grade: number | null;
  readonly tokens: number;
  readonly truncated: boolean;
  /** The passage that decided; null when the document was read in one piece. */
  readonly passage: Result['passages'][number];
  /** Ranks gained against the order of the request; negative when it fell. */
  readonly movedFromRequest: number;
  /** Ranks gained against BM25; null until BM25 has answered, and in BM25's own order. */
  readonly movedFromBm25: number | null;
}

/** A whole ranking of which rows are made when they are looked at: 10,000 take a moment. */
export interface RankingTable {
  readonly length: number;
  /** @param position from 0 to length - 1, best first */
  readonly rowAt: (position: number) => RankingRow;
}

/**
 * A result in one of its orders. Needs no scoring: all scores are there.
 */
export function rankingTable(result: Result, order: RankingOrder): RankingTable {
  const { documents, logits, bm25Scores, collection } = result;
  const sums = order === 'both' && bm25Scores !== null ? zSums(result, bm25Scores) : null;
  const ordered = orderOf(result, order, sums);
  const bm25Ranks = bm25Scores === null ? null : bm25RanksOf(bm25Scores);
  const barOf = barsOf(result, order, sums);
  const stages = isInParts(result, order) ? result.cascade?.stages : undefined;

  const rowAt = (position: number): RankingRow => {
    const index = ordered[position] ?? 0;
    const rank = position + 1;
    const logit = logits[index] ?? Number.NaN;
    const scored = !Number.isNaN(logit);
    const bm25Rank = bm25Ranks?.[index];
    const stage = stages?.[index] ?? null;
    const before = ordered[position - 1];
    return {
      index,
      rank,
      text: documents[index] ?? '',
      scored,
      bar: barOf(index),
      logit,
      relevance: scored ? relevanceOfLogit(logit) : 0,
      stage,
      beginsStage: stage !== null && (before === undefined || stages?.[before] !== stage),
      bm25Score: bm25Scores?.[index] ?? null,
      zSum: sums === null || !scored ? null : (sums[index] ?? null),
      firstStageScore: collection?.firstStageScores?.[index] ?? null,
      grade: collection?.grades[index] ?? null,
      tokens: result.tokens[index] ?? 0,
      truncated: result.truncated[index] ?? false,
      passage: result.passages[index] ?? null,
      movedFromRequest: index + 1 - rank,
      movedFromBm25: order === 'bm25' || bm25Rank === undefined ? null : bm25Rank - rank,
    };
  };
  return { length: ordered.length, rowAt };
}

/** The first rows of a result in one of its orders, by default all of them. */
export function rankingRows(
  result: Result,
  order: RankingOrder,
  limit = Number.POSITIVE_INFINITY,
): readonly RankingRow[] {
  const { length, rowAt } = rankingTable(result, order);
  return Array.from({ length: Math.min(length, limit) }, (_, position) => rowAt(position));
}

/** The logits of a whole ranking, back in the order of the request. */
export function logitsByIndex(
  ranking: readonly { readonly index: number; readonly logit: number }[],
): Float64Array {
  const logits = new Float64Array(ranking.length);
  for (const { index, logit } of ranking) logits[index] = logit;
  return logits;
}

const knownRanks = new WeakMap<Float64Array, readonly number[]>();

/** BM25's rank (from 1) by document index; the same for every partial result of a run. */
function bm25RanksOf(scores: Float64Array): readonly number[] {
  const ranks = knownRanks.get(scores) ?? ranksOfOrder(orderByScore(scores));
  knownRanks.set(scores, ranks);
  return ranks;
}

/** Document indexes, best first. */
function orderOf(
  result: Result,
  order: RankingOrder,
  sums: Float64Array | null,
): readonly number[] {
  const { documents, logits, bm25Scores, collection, cascade } = result;
  if (order === 'first-stage') return [...documents.keys()];
  const scores = order === 'bm25' ? bm25Scores : sums;
  // A collection's candidates below the depth stay in the first stage's order, as they are measured.
  const ordered = documentOrder(scores ?? logits, collection === null ? bm25Scores : null);
  return isInParts(result, order) ? strongFirst(ordered, scores ?? logits, cascade) : ordered;
}

/** Whether the strong model's documents stand above the fast one's. */
function isInParts({ cascade, bm25Scores }: Result, order: RankingOrder): boolean {
  if (order === 'first-stage' || (order === 'bm25' && bm25Scores !== null)) return false;
  return cascade?.stages.includes('strong') ?? false;
}

/** As the engine joins both stages: ties of the strong model stand in the fast model's order. */
function strongFirst(
  ordered: readonly number[],
  scores: Float64Array,
  cascade: Result['cascade'],
): readonly number[] {
  if (cascade === null) return ordered;
  const { stages, fastLogits } = cascade;
  const of = (values: Float64Array, index: number): number => values[index] ?? 0;
  const again = ordered
    .filter((index) => stages[index] === 'strong')
    .sort((a, b) => of(scores, b) - of(scores, a) || of(fastLogits, b) - of(fastLogits, a));
  return [...again, ...ordered.filter((index) => stages[index] !== 'strong')];
}

/** How long the bar of a document is, 0..1. */
function barsOf(
  { logits, bm25Scores, collection, cascade }: Result,
  order: RankingOrder,
  sums: Float64Array | null,
): (index: number) => number {
  if (order === 'bm25') return shareOf(bm25Scores, 0);
  if (order === 'first-stage') {
    const scores = collection?.firstStageScores ?? null;
    // Dense retrievers may give negative ones: the worst candidate then has no bar.
    return shareOf(scores, scores === null ? 0 : Math.min(0, minimum(scores)));
  }
  if (sums !== null) {
    const [strong, fast] = stagesOf(cascade).map((isOf) => {
      const own = sums.map((sum, index) => (isOf(index) ? sum : Number.NaN));
      return shareOf(own, minimum(own), 1);
    });
    return (index) => Math.max(strong?.(index) ?? 0, fast?.(index) ?? 0);
  }
  return (index) => {
    const logit = logits[index] ?? Number.NaN;
    return Number.isNaN(logit) ? 0 : relevanceOfLogit(logit);
  };
}

/** Where a score lies between `lowest` and the best; `whenEqual` for all when these are the same. */
function shareOf(
  scores: Float64Array | null,
  lowest: number,
  whenEqual = 0,
): (index: number) => number {
  if (scores === null) return () => 0;
  const range = maximum(scores) - lowest;
  return (index) => {
    const score = scores[index] ?? Number.NaN;
    if (Number.isNaN(score)) return 0;
    return range > 0 ? (score - lowest) / range : whenEqual;
  };
}

/** Scored documents by score, then the rest by BM25, or as they were given. */
function documentOrder(scores: Float64Array, bm25Scores: Float64Array | null): readonly number[] {
  const order = orderByScore(scores);
  const known = order.filter((index) => !Number.isNaN(scores[index]));
  const rest = order.filter((index) => Number.isNaN(scores[index]));
  if (bm25Scores !== null) {
    rest.sort((a, b) => (bm25Scores[b] ?? 0) - (bm25Scores[a] ?? 0) || a - b);
  }
  return [...known, ...rest];
}

/**
 * z-scores added, over the documents that both have scored; NaN for the others. Means and spreads
 * of two models' logits tell nothing of each other, so the documents of each model are summed up by
 * themselves.
 */
function zSums({ logits, cascade }: Result, bm25Scores: Float64Array): Float64Array {
  const all = new Float64Array(logits.length).fill(Number.NaN);
  for (const isOf of stagesOf(cascade)) {
    const known = [...logits.keys()].filter((index) => !Number.isNaN(logits[index]) && isOf(index));
    const pick = (values: Float64Array): Float64Array =>
      Float64Array.from(known, (index) => values[index] ?? 0);
    const sums = sumOfZScores(pick(logits), pick(bm25Scores));
    known.forEach((index, position) => {
      all[index] = sums[position] ?? Number.NaN;
    });
  }
  return all;
}

/** The documents of each model: which ones the strong one scored and which not, or all. */
function stagesOf(cascade: Result['cascade']): readonly ((index: number) => boolean)[] {
  if (cascade === null) return [() => true];
  const isStrong = (index: number): boolean => cascade.stages[index] === 'strong';
  return [isStrong, (index) => !isStrong(index)];
}

function maximum(values: Float64Array): number {
  return values.reduce((best, value) => (value > best ? value : best), Number.NEGATIVE_INFINITY);
}

function minimum(values: Float64Array): number {
  return values.reduce((least, value) => (value < least ? value : least), Number.POSITIVE_INFINITY);
}
