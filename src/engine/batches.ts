/** Pairs that go through the model together, all padded to the same width. */
export interface Batch {
  /** Positions in the list of lengths that was planned. */
  readonly rows: readonly number[];
  /** Tokens of the longest pair in the batch; every row is padded to it. */
  readonly width: number;
}

export interface BatchLimits {
  /**
   * Most tokens of one batch, padding included. A single pair longer than this makes a batch of
   * its own. Whole number > 0.
   */
  readonly tokenBudget: number;
  /** Fixed cost of one more call of the runtime, in tokens worth of time. >= 0. */
  readonly overheadTokens: number;
}

/**
 * Splits pairs into batches of similar length so that the padded tokens plus the fixed cost of
 * each batch are as few as possible. Sorting by length makes every best batch a run of neighbours;
 * where to cut that sorted list is found exactly, by dynamic programming over cut positions:
 *
 *     cost[j] = min over i of  cost[i] + (j - i) * length[j - 1] + overheadTokens
 *
 * in O(n * most rows of a batch) steps. Batches come shortest first, so that the first partial
 * scores arrive early; equal lengths keep their order.
 */
export function planBatches(lengths: ArrayLike<number>, limits: BatchLimits): Batch[] {
  const count = lengths.length;
  const lengthAt = (position: number): number => lengths[position] ?? 0;
  const sorted = Array.from({ length: count }, (_, position) => position).sort(
    (a, b) => lengthAt(a) - lengthAt(b) || a - b,
  );
  const cost = new Float64Array(count + 1);
  const cutBefore = new Int32Array(count + 1);
  for (let end = 1; end <= count; end++) {
    const width = lengthAt(sorted[end - 1] ?? 0);
    let best = Number.POSITIVE_INFINITY;
    for (let start = end - 1; start >= 0; start--) {
      const padded = (end - start) * width;
      if (padded > limits.tokenBudget && start < end - 1) break;
      const total = (cost[start] ?? 0) + padded + limits.overheadTokens;
      if (total < best) {
        best = total;
        cutBefore[end] = start;
      }
    }
    cost[end] = best;
  }
  const batches: Batch[] = [];
  for (let end = count; end > 0; ) {
    const start = cutBefore[end] ?? 0;
    batches.push({ rows: sorted.slice(start, end), width: lengthAt(sorted[end - 1] ?? 0) });
    end = start;
  }
  return batches.reverse();
}

/** Padding tokens / all tokens of these batches, 0..1; 0 for no batches. */
export function paddedShareOf(batches: readonly Batch[], lengths: ArrayLike<number>): number {
  let padded = 0;
  let used = 0;
  for (const batch of batches) {
    padded += batch.rows.length * batch.width;
    for (const row of batch.rows) used += lengths[row] ?? 0;
  }
  return padded === 0 ? 0 : (padded - used) / padded;
}
