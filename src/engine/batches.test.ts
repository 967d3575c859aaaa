import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, type BatchLimits, orderByPromise, planBatches } from './batches.ts';
import { defaultTunings } from './tuning.ts';

const wasmLimits: BatchLimits = defaultTunings.wasm;

const lengthLists = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 });
const anyLimits = fc.record({
  tokenBudget: fc.integer({ min: 1, max: 300 }),
  overheadTokens: fc.integer({ min: 0, max: 100 }),
});

describe('planBatches', () => {
  it('makes the plan that was worked out by hand', () => {
    // Sorted: 3 (position 1), 4 (position 3), 9 (position 2), 10 (position 0). With 2 tokens of
    // overhead a batch, {3, 4} costs 2 * 4 + 2 = 10 and {9, 10} costs 2 * 10 + 2 = 22: 32 in all.
    // One batch costs 4 * 10 + 2 = 42, four batches 26 + 8 = 34, {3, 4, 9} {10} 29 + 12 = 41,
    // {3} {4} {9, 10} 5 + 6 + 22 = 33, {3, 4} {9} {10} 10 + 11 + 12 = 33.
    expect(planBatches([10, 3, 9, 4], { tokenBudget: 100, overheadTokens: 2 })).toEqual([
      { rows: [1, 3], width: 4 },
      { rows: [2, 0], width: 10 },
    ]);
  });

  it('weighs the cost of one more call against padding', () => {
    // Apart: 2 + 4 tokens and two overheads; together: 2 * 4 tokens and one overhead.
    expect(planBatches([2, 4], { tokenBudget: 100, overheadTokens: 1 })).toHaveLength(2);
    expect(planBatches([2, 4], { tokenBudget: 100, overheadTokens: 3 })).toHaveLength(1);
  });

  it('gives a pair over the budget a batch of its own', () => {
    expect(planBatches([50, 5, 51, 5], { tokenBudget: 10, overheadTokens: 1000 })).toEqual([
      { rows: [1, 3], width: 5 },
      { rows: [0], width: 50 },
      { rows: [2], width: 51 },
    ]);
  });

  it('plans nothing for no pairs', () => {
    expect(planBatches([], wasmLimits)).toEqual([]);
  });

  it('takes typed arrays as they come from a tokenizer', () => {
    const lengths = [7, 2, 7];
    expect(planBatches(Int32Array.from(lengths), wasmLimits)).toEqual(
      planBatches(lengths, wasmLimits),
    );
  });

  it('puts every position into exactly one batch', () => {
    fc.assert(
      fc.property(lengthLists, anyLimits, (lengths, limits) => {
        const rows = planBatches(lengths, limits).flatMap((batch) => batch.rows);
        expect(rows.toSorted((a, b) => a - b)).toEqual([...lengths.keys()]);
      }),
    );
  });

  it('pads each batch to its longest pair and no further', () => {
    fc.assert(
      fc.property(lengthLists, anyLimits, (lengths, limits) => {
        for (const { rows, width } of planBatches(lengths, limits)) {
          expect(width).toBe(Math.max(...rows.map((row) => lengths[row] ?? 0)));
        }
      }),
    );
  });

  it('never spends more than the budget on a batch of several pairs', () => {
    fc.assert(
      fc.property(lengthLists, anyLimits, (lengths, limits) => {
        for (const { rows, width } of planBatches(lengths, limits)) {
          if (rows.length > 1) expect(rows.length * width).toBeLessThanOrEqual(limits.tokenBudget);
        }
      }),
    );
  });

  it('brings short pairs first and keeps the order of equally long ones', () => {
    fc.assert(
      fc.property(lengthLists, anyLimits, (lengths, limits) => {
        const rows = planBatches(lengths, limits).flatMap((batch) => batch.rows);
        const byLength = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
        expect(rows).toEqual(byLength);
      }),
    );
  });

  it('costs as little as the cheapest of all ways to cut the sorted list', () => {
    const fewLengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fewLengths, anyLimits, (lengths, limits) => {
        const planned = costOf(planBatches(lengths, limits), limits);
        expect(planned).toBe(cheapestCost(lengths, limits));
      }),
      { numRuns: 300 },
    );
  });

  it('wastes at most one token in thirty on 100 passages of usual length', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const lengths = passageLengths(100, seed);
      const batches = planBatches(lengths, wasmLimits);
      expect(paddedShareOf(batches, lengths)).toBeLessThanOrEqual(1 / 30);
      // Not bought with a call per pair.
      expect(batches.length).toBeLessThanOrEqual(50);
    }
  });
});

describe('a width step', () => {
  const anyStep = fc.record({
    widthStep: fc.integer({ min: 1, max: 16 }),
    mostWidth: fc.integer({ min: 60, max: 80 }),
  });

  it('widens batches to its multiples, as far as the model can read', () => {
    const limits = { tokenBudget: 100, overheadTokens: 0, widthStep: 8, mostWidth: 30 };
    // By hand: 3 and 5 are 8 wide, 9 is 16 wide, and 27 would be 32 wide.
    expect(planBatches([9, 3, 27, 5], limits)).toEqual([
      { rows: [1, 3], width: 8 },
      { rows: [0], width: 16 },
      { rows: [2], width: 30 },
    ]);
  });

  it('is counted against the budget and the cost', () => {
    fc.assert(
      fc.property(lengthLists, anyLimits, anyStep, (lengths, limits, step) => {
        const batches = planBatches(lengths, { ...limits, ...step });
        for (const { rows, width } of batches) {
          const longest = Math.max(...rows.map((row) => lengths[row] ?? 0));
          const multiple = Math.ceil(longest / step.widthStep) * step.widthStep;
          expect(width).toBe(Math.min(multiple, step.mostWidth));
          if (rows.length > 1) expect(rows.length * width).toBeLessThanOrEqual(limits.tokenBudget);
        }
      }),
    );
    // One batch of 16 + 16 costs less than 8 + 16 and one more call; unpadded it would not.
    const two = { tokenBudget: 100, overheadTokens: 9 };
    expect(planBatches([1, 12], two)).toHaveLength(2);
    expect(planBatches([1, 12], { ...two, widthStep: 8 })).toHaveLength(1);
  });
});

describe('a square budget', () => {
  it('holds the memory of attention of several pairs, and lets one pair be', () => {
    fc.assert(
      fc.property(lengthLists, fc.integer({ min: 1, max: 5000 }), (lengths, squareBudget) => {
        const limits = { tokenBudget: 500, overheadTokens: 50, squareBudget };
        for (const { rows, width } of planBatches(lengths, limits)) {
          if (rows.length > 1) expect(rows.length * width ** 2).toBeLessThanOrEqual(squareBudget);
        }
      }),
    );
    const free = planBatches([50, 50], { tokenBudget: 500, overheadTokens: 50 });
    expect(free).toHaveLength(1);
  });
});

describe('orderByPromise', () => {
  it('takes the batch with the most promising pair that waits', () => {
    const batches: Batch[] = [
      { rows: [5, 6], width: 1 },
      { rows: [3, 1], width: 2 },
      { rows: [2, 0, 7], width: 3 },
      { rows: [4], width: 4 },
    ];
    expect(orderByPromise(batches).map(({ width }) => width)).toEqual([3, 2, 4, 1]);
  });

  it('has scored the k most promising after k batches at the latest', () => {
    fc.assert(
      fc.property(lengthLists, anyLimits, (lengths, limits) => {
        const planned = planBatches(lengths, limits);
        const ordered = orderByPromise(planned);
        expect(new Set(ordered)).toEqual(new Set(planned));
        const scored = new Set<number>();
        ordered.forEach(({ rows }, at) => {
          for (const row of rows) scored.add(row);
          for (let best = 0; best <= at; best++) expect(scored.has(best)).toBe(true);
        });
      }),
    );
  });
});

describe('10,000 short pairs', () => {
  it('are planned with a number of steps in proportion to their number', () => {
    const readsOf = (count: number): number => {
      let reads = 0;
      const lengths = Array.from({ length: count }, (_, at) => 5 + (at % 3));
      const counted = new Proxy(lengths, {
        get: (target, key) => {
          reads += 1;
          return Reflect.get(target, key);
        },
      });
      planBatches(counted, wasmLimits);
      return reads / count;
    };
    // Sorting reads each length log(n) times; a square would be 10 times as many per pair.
    expect(readsOf(10_000)).toBeLessThan(2 * readsOf(1000));
  });
});

/** Padding tokens / all tokens of the batches. */
function paddedShareOf(batches: readonly Batch[], lengths: readonly number[]): number {
  const padded = batches.reduce((sum, { rows, width }) => sum + rows.length * width, 0);
  return 1 - lengths.reduce((sum, length) => sum + length, 0) / padded;
}

function costOf(batches: readonly Batch[], { overheadTokens }: BatchLimits): number {
  return batches.reduce((sum, { rows, width }) => sum + rows.length * width + overheadTokens, 0);
}

/** Tries every way to cut the sorted list: bit i of `cuts` is a cut after the pair at i. */
function cheapestCost(lengths: readonly number[], limits: BatchLimits): number {
  const sorted = lengths.toSorted((a, b) => a - b);
  let cheapest = Number.POSITIVE_INFINITY;
  for (let cuts = 0; cuts < 2 ** (sorted.length - 1); cuts++) {
    const batches: Batch[] = [];
    let rows: number[] = [];
    sorted.forEach((length, position) => {
      rows.push(position);
      if (position < sorted.length - 1 && (cuts & (1 << position)) === 0) return;
      batches.push({ rows, width: length });
      rows = [];
    });
    const allowed = batches.every(
      (batch) => batch.rows.length === 1 || batch.rows.length * batch.width <= limits.tokenBudget,
    );
    if (allowed) cheapest = Math.min(cheapest, costOf(batches, limits));
  }
  return cheapest;
}

/** Log-normal lengths around 75 tokens, held between 20 and 200, from a seed. */
function passageLengths(count: number, seed: number): number[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    // Box and Muller: a normal number from two uniform ones.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.round(Math.min(200, Math.max(20, 75 * Math.exp(0.55 * normal))));
  });
}

/** Uniform numbers in 0..1 (mulberry32), the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
