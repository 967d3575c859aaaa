import type { Tuning } from './reranker.ts';

/** Pairs that go through the model together, all padded to the same width. */
export interface Batch {
  /** Positions in the list of lengths that was planned. */
  readonly rows: readonly number[];
  /** Tokens that every row is padded to. */
  readonly width: number;
}

/** What one batch may cost, and how wide it may be. */
export interface BatchLimits extends Tuning {
  /**
   * Widths are multiples of this, as far as the longest width allows. Whole number > 0. Default 1.
   */
  readonly widthStep?: number;
  /** Widest row that the model can read, at least the longest pair. Default: no limit. */
  readonly mostWidth?: number;
  /**
   * Most rows * width^2 of a batch of several pairs, which is what the memory of attention grows
   * with. > 0. Default: no limit.
   */
  readonly squareBudget?: number;
  /** Most pairs of a batch. Whole number > 0. Default: no limit. */
  readonly mostRows?: number;
}

/**
 * Splits pairs into batches of similar length so that the padded tokens plus the fixed cost of
 * each batch are as few as possible. Sorting by length makes every best batch a run of neighbours;
 * where to cut that sorted list is found exactly, by dynamic programming over cut positions:
 *
 *     cost[j] = min over i of  cost[i] + (j - i) * width[j - 1] + overheadTokens
 *
 * in O(n * most rows of a batch) steps. Batches come shortest first; equal lengths keep their
 * order. A single pair over a budget makes a batch of its own.
 */
export function planBatches(lengths: ArrayLike<number>, limits: BatchLimits): Batch[] {
  const { tokenBudget, overheadTokens } = limits;
  const { squareBudget = Number.POSITIVE_INFINITY, mostRows = Number.POSITIVE_INFINITY } = limits;
  const count = lengths.length;
  const lengthAt = (position: number): number => lengths[position] ?? 0;
  const sorted = Array.from({ length: count }, (_, position) => position).sort(
    (a, b) => lengthAt(a) - lengthAt(b) || a - b,
  );
  const widths = Float64Array.from(sorted, (position) => widthOf(lengthAt(position), limits));
  const cost = new Float64Array(count + 1);
  const cutBefore = new Int32Array(count + 1);
  for (let end = 1; end <= count; end++) {
    const width = widths[end - 1] ?? 0;
    const mostTokens = Math.min(tokenBudget, squareBudget / Math.max(1, width));
    let best = Number.POSITIVE_INFINITY;
    for (let start = end - 1; start >= 0; start--) {
      const padded = (end - start) * width;
      if ((padded > mostTokens || end - start > mostRows) && start < end - 1) break;
      const total = (cost[start] ?? 0) + padded + overheadTokens;
      // Of two plans that cost the same, the one with fewer calls.
      if (total <= best) {
        best = total;
        cutBefore[end] = start;
      }
    }
    cost[end] = best;
  }
  const batches: Batch[] = [];
  for (let end = count; end > 0; ) {
    const start = cutBefore[end] ?? 0;
    batches.push({ rows: sorted.slice(start, end), width: widths[end - 1] ?? 0 });
    end = start;
  }
  return batches.reverse();
}

/**
 * The batches in another order: each time the one next that holds the most promising pair still
 * waiting. So after any number of batches at least as many of the most promising pairs are scored.
 * The lower the position of a pair, the more promising it is.
 */
export function orderByPromise(batches: readonly Batch[]): readonly Batch[] {
  const first = ({ rows }: Batch): number =>
    rows.reduce((least, row) => Math.min(least, row), Number.POSITIVE_INFINITY);
  return batches
    .map((batch) => ({ batch, first: first(batch) }))
    .sort((a, b) => a.first - b.first)
    .map(({ batch }) => batch);
}

function widthOf(length: number, { widthStep = 1, mostWidth }: BatchLimits): number {
  const width = Math.ceil(length / widthStep) * widthStep;
  return mostWidth === undefined ? width : Math.max(length, Math.min(width, mostWidth));
}
