import { orderByScore, ranksOfOrder, relevanceOfLogit, sumOfZScores } from '../core/scores.ts';
import type { RankingOrder, Result } from './store.ts';

/** One row of a ranking as the page shows it. */
export interface RankingRow {
  /** Position of the document in the request, from 0. */
  readonly index: number;
  readonly rank: number;
  readonly text: string;
  /** False while the model has not scored it; such rows stand below, in BM25's order. */
  readonly scored: boolean;
  /** Length of the bar, 0..1: relevance, or the share of the best for BM25 and for both. */
  readonly bar: number;
  readonly logit: number;
  readonly relevance: number;
  readonly bm25Score: number | null;
  /** Sum of the two z-scores; null unless the order is `both`. */
  readonly zSum: number | null;
  readonly tokens: number;
  readonly truncated: boolean;
  /** The passage that decided; null when the document was read in one piece. */
  readonly passage: Result['passages'][number];
  /** Ranks gained against the order of the request; negative when it fell. */
  readonly movedFromRequest: number;
  /** Ranks gained against BM25; null until BM25 has answered, and in BM25's own order. */
  readonly movedFromBm25: number | null;
}

/**
 * The first rows of a result in one of its three orders, by default all of them. Needs no scoring:
 * all scores are there.
 */
export function rankingRows(
  result: Result,
  order: RankingOrder,
  limit = Number.POSITIVE_INFINITY,
): readonly RankingRow[] {
  const { documents, logits, bm25Scores } = result;
  const sums = order === 'both' && bm25Scores !== null ? zSums(logits, bm25Scores) : null;
  const scores = order === 'bm25' ? bm25Scores : (sums ?? logits);
  const ordered = documentOrder(scores ?? logits, bm25Scores);
  const bm25Ranks = bm25Scores === null ? null : bm25RanksOf(bm25Scores);
  const bestBm25 = bm25Scores === null ? 0 : maximum(bm25Scores);
  const lowest = sums === null ? 0 : minimum(sums);
  const range = sums === null ? 0 : maximum(sums) - lowest;

  return ordered.slice(0, limit).map((index, position) => {
    const rank = position + 1;
    const logit = logits[index] ?? Number.NaN;
    const scored = !Number.isNaN(logit);
    const relevance = scored ? relevanceOfLogit(logit) : 0;
    const bm25Score = bm25Scores?.[index] ?? null;
    const zSum = sums === null || !scored ? null : (sums[index] ?? null);
    let bar = relevance;
    if (order === 'bm25') bar = bestBm25 > 0 ? (bm25Score ?? 0) / bestBm25 : 0;
    else if (zSum !== null) bar = range > 0 ? (zSum - lowest) / range : 1;
    const bm25Rank = bm25Ranks?.[index];
    return {
      index,
      rank,
      text: documents[index] ?? '',
      scored,
      bar,
      logit,
      relevance,
      bm25Score,
      zSum,
      tokens: result.tokens[index] ?? 0,
      truncated: result.truncated[index] ?? false,
      passage: result.passages[index] ?? null,
      movedFromRequest: index + 1 - rank,
      movedFromBm25: order === 'bm25' || bm25Rank === undefined ? null : bm25Rank - rank,
    };
  });
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

/** Scored documents by score, then the rest by BM25. */
function documentOrder(scores: Float64Array, bm25Scores: Float64Array | null): readonly number[] {
  const order = orderByScore(scores);
  const known = order.filter((index) => !Number.isNaN(scores[index]));
  const rest = order.filter((index) => Number.isNaN(scores[index]));
  if (bm25Scores !== null) {
    rest.sort((a, b) => (bm25Scores[b] ?? 0) - (bm25Scores[a] ?? 0) || a - b);
  }
  return [...known, ...rest];
}

/** z-scores added, over the documents that both have scored; NaN for the others. */
function zSums(logits: Float64Array, bm25Scores: Float64Array): Float64Array {
  const known = [...logits.keys()].filter((index) => !Number.isNaN(logits[index]));
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from(known, (index) => values[index] ?? 0);
  const sums = sumOfZScores(pick(logits), pick(bm25Scores));
  const all = new Float64Array(logits.length).fill(Number.NaN);
  known.forEach((index, position) => {
    all[index] = sums[position] ?? Number.NaN;
  });
  return all;
}

function maximum(values: Float64Array): number {
  return values.reduce((best, value) => (value > best ? value : best), Number.NEGATIVE_INFINITY);
}

function minimum(values: Float64Array): number {
  return values.reduce((least, value) => (value < least ? value : least), Number.POSITIVE_INFINITY);
}
