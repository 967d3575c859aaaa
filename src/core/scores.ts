import { RerankError } from './errors.ts';

/**
 * The relevance that a logit stands for: its sigmoid, 1 / (1 + e^-logit).
 * 0..1, 0.5 at logit 0; NaN for NaN. Written so that the exponential never overflows.
 */
export function relevanceOfLogit(logit: number): number {
  if (logit >= 0) return 1 / (1 + Math.exp(-logit));
  const odds = Math.exp(logit);
  return odds / (1 + odds);
}

/** Indexes (from 0), best score first; ties keep the order of the request, NaN comes last. */
export function orderByScore(scores: ArrayLike<number>): number[] {
  const scoreOf = (index: number): number => scores[index] ?? Number.NaN;
  const indexes = Array.from({ length: scores.length }, (_, index) => index);
  // `sort` is stable, so ties stay as they are.
  return indexes.sort((a, b) => compareDescending(scoreOf(a), scoreOf(b)));
}

/**
 * The rank (from 1) of each index, given the indexes best first: the inverse permutation.
 * @param order every index from 0 to its length - 1 once, as `orderByScore` gives them
 */
export function ranksOfOrder(order: readonly number[]): number[] {
  const ranks = new Array<number>(order.length).fill(0);
  order.forEach((index, position) => {
    ranks[index] = position + 1;
  });
  return ranks;
}

/** How many places something moved up (positive) or down (negative) between two ranks. */
export function rankChange(before: number, after: number): number {
  return before - after;
}

/**
 * How many standard deviations each score lies above the mean: (score - mean) / sd, with the
 * population's sd, sqrt(mean of (score - mean)^2). Mean 0 and sd 1; all zeros where all scores are
 * equal. Makes scores of different scale addable. One score that is not finite makes all NaN.
 * Source: "zero mean, unit variance" in Montague and Aslam 2001, doi:10.1145/502585.502657.
 */
export function zScores(scores: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(scores);
  const first = values[0];
  // Not left to sd === 0: the mean of equal scores can be off by a rounding.
  if (first === undefined || (Number.isFinite(first) && values.every((v) => v === first))) {
    return values.fill(0);
  }
  const mean = meanOf(values);
  const deviations = values.map((value) => value - mean);
  const sd = Math.sqrt(meanOf(deviations.map((deviation) => deviation * deviation)));
  return sd === 0 ? values.fill(0) : deviations.map((deviation) => deviation / sd);
}

/**
 * Fusion of two ways to score the same documents, called "Both" in the app:
 * zScores(a)[i] + zScores(b)[i], where a are the cross-encoder's logits and b BM25's scores.
 * Only the order means something; sums of different requests cannot be compared.
 * Source: CombSUM (Fox and Shaw 1994, TREC-2) over the normalisation of `zScores`.
 * @throws RerankError `invalid-request` where the lengths differ
 */
export function sumOfZScores(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  if (a.length !== b.length) {
    throw new RerankError(
      'invalid-request',
      `Scores of ${a.length} and of ${b.length} documents cannot be added; score the same ones.`,
    );
  }
  const others = zScores(b);
  return zScores(a).map((z, index) => z + (others[index] ?? 0));
}

/** Larger numbers first, NaN last. Not a subtraction, since infinity - infinity is NaN. */
function compareDescending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a > b ? -1 : 1;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
