import { describe, expect, it } from 'vitest';
import { planBatches } from './batches.ts';
import type { Tuning } from './reranker.ts';
import { BudgetSearch, defaultTunings, memoryLimits } from './tuning.ts';

/** Milliseconds that a device takes for a batch. */
type Device = (rows: number, width: number) => number;

interface Searched {
  readonly tuning: Tuning | null;
  readonly windows: number;
  /** Budgets that windows were planned with. */
  readonly tried: ReadonlySet<number>;
}

/** Scores windows of 32 batches or so as the search wants, until it is over or the windows are. */
function searchOn(
  kind: 'wasm' | 'webgpu',
  device: Device,
  { mostTokens = Number.POSITIVE_INFINITY, mostWindows = 200, widthStep = 1 } = {},
): Searched {
  const search = new BudgetSearch(kind, mostTokens);
  const random = randomFrom(7);
  const tried = new Set<number>();
  let windows = 0;
  while (search.tuning === null && windows < mostWindows) {
    const tokenBudget = search.wanted ?? 0;
    tried.add(tokenBudget);
    windows += 1;
    const passages = Math.min(1000, Math.round((32 * tokenBudget) / 100));
    const lengths = Array.from({ length: passages }, () =>
      Math.round(40 + 60 * (random() + random())),
    );
    for (const { rows, width } of planBatches(lengths, {
      ...search.best,
      tokenBudget,
      widthStep,
    })) {
      search.add({ tokenBudget, rows: rows.length, width, ms: device(rows.length, width) });
    }
  }
  return { tuning: search.tuning, windows, tried };
}

/** 8 tokens a millisecond, attention on top, a fixed cost, and slower where caches are left. */
function cachedDevice(cliffTokens: number, fixedTokens: number): Device {
  return (rows, width) => {
    const tokens = rows * width * (1 + width / 1000);
    return (fixedTokens + tokens * (rows * width > cliffTokens ? 1.25 : 1)) / 8;
  };
}

describe('the search for a budget', () => {
  it('stays below a cliff of the caches', () => {
    const { tuning, tried } = searchOn('wasm', cachedDevice(900, 40));
    // 512 costs 40 / 512 - 40 / 768 = 2.6 % more than 768, 256 another 7.8 %, where full.
    expect(tuning?.tokenBudget).toBe(512);
    expect(tried).toEqual(new Set([256, 512, 768, 1024]));
  });

  it('goes below the default where the cliff is there', () => {
    expect(searchOn('wasm', cachedDevice(300, 20)).tuning?.tokenBudget).toBe(256);
  });

  it('takes the smallest of budgets that are equally fast', () => {
    expect(searchOn('wasm', cachedDevice(9999, 0)).tuning?.tokenBudget).toBe(256);
  });

  it('does not give way a little each time: all are compared with the fastest', () => {
    // Each step down costs a little less than 3 %.
    const speeds = new Map([256, 512, 768].map((budget, at) => [budget, 1.028 ** at]));
    const search = new BudgetSearch('wasm', 768);
    while (search.tuning === null) {
      const tokenBudget = search.wanted ?? 0;
      const ms = 100 / (speeds.get(tokenBudget) ?? 1);
      for (const _ of [0, 1]) search.add({ tokenBudget, rows: 1, width: 100, ms });
    }
    expect(search.tuning.tokenBudget).toBe(512);
  });

  it('begins where batches end that memory does not allow to be as large as the default', () => {
    const gpu: Device = (rows, width) => 0.1 + (rows * width) / 1000;
    const { tuning, tried } = searchOn('webgpu', gpu, { mostTokens: 3000 });
    expect(Math.max(...tried)).toBe(3000);
    // 100 tokens worth of time a batch: 2048 takes 1.6 % longer than 3000, 1024 6.4 %.
    expect(tuning?.tokenBudget).toBe(2048);
  });

  it('goes up on a GPU with a large fixed cost, and measures that', () => {
    const gpu: Device = (rows, width) => 1.5 + (rows * width) / 1000;
    const { tuning } = searchOn('webgpu', gpu, { widthStep: 8 });
    // 1,500 tokens worth of time a batch: 8192 is 15 % faster than 4096, 16,384 another 8 %.
    expect(tuning?.tokenBudget).toBe(16_384);
    expect(tuning?.overheadTokens).toBeGreaterThan(1300);
    expect(tuning?.overheadTokens).toBeLessThan(1700);
  });

  it('stops going up where it does not pay', () => {
    const gpu: Device = (rows, width) => 0.3 + (rows * width) / 1000;
    const { tuning, tried } = searchOn('webgpu', gpu, { widthStep: 8 });
    // Where full, 8192 is 3.5 % faster than 4096, and 16,384 only 1.8 % more.
    expect(tuning?.tokenBudget).toBe(8192);
    expect(tried).toEqual(new Set([4096, 8192, 16_384]));
  });

  it('tries nothing that does not fit the memory', () => {
    const gpu: Device = (rows, width) => 5 + (rows * width) / 1000;
    const { tuning, tried } = searchOn('webgpu', gpu, { mostTokens: 8192, widthStep: 8 });
    expect(tuning?.tokenBudget).toBe(8192);
    expect(Math.max(...tried)).toBe(8192);
  });

  it('is not led astray by noise and by runs that were disturbed', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = randomFrom(seed);
      const still = cachedDevice(900, 300);
      const noisy: Device = (rows, width) =>
        still(rows, width) * (0.95 + 0.1 * random()) * (random() < 0.05 ? 4 : 1);
      expect(searchOn('wasm', noisy).tuning?.tokenBudget).toBe(768);
    }
  });

  it('leaves out the first run of each shape', () => {
    const warm = new Set<string>();
    const still = cachedDevice(900, 300);
    const compiling: Device = (rows, width) => {
      const shape = `${rows}x${width}`;
      const cold = !warm.has(shape);
      warm.add(shape);
      return still(rows, width) * (cold ? 50 : 1);
    };
    const { tuning } = searchOn('wasm', compiling);
    expect(tuning).toEqual(searchOn('wasm', still).tuning);
    expect(tuning?.tokenBudget).toBe(768);
  });

  it('learns nothing from first runs alone', () => {
    const search = new BudgetSearch('wasm', 4096);
    for (let rows = 1; rows <= 1000; rows++) {
      search.add({ tokenBudget: rows % 2 === 0 ? 768 : 1024, rows, width: 96, ms: rows });
    }
    expect(search.wanted).toBe(1024);
    expect(search.tuning).toBeNull();
  });

  it('measures the fixed cost though some runs are disturbed', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = randomFrom(seed);
      // 100 tokens worth of time a batch.
      const noisy: Device = (rows, width) =>
        ((100 + rows * width) / 8) * (0.97 + 0.06 * random()) * (random() < 0.05 ? 4 : 1);
      const { overheadTokens = 0 } = searchOn('wasm', noisy).tuning ?? {};
      expect(overheadTokens).toBeGreaterThan(75);
      expect(overheadTokens).toBeLessThan(125);
    }
  });

  it('is over after some thousand passages', () => {
    expect(searchOn('wasm', cachedDevice(900, 40)).windows).toBeLessThan(30);
    expect(
      searchOn('webgpu', (rows, width) => 0.3 + (rows * width) / 1000, { widthStep: 8 }).windows,
    ).toBeLessThan(60);
  });

  it('ends with nothing while too little is known, and takes no part in timings of nothing', () => {
    const search = new BudgetSearch('wasm', 2048);
    for (let run = 0; run < 1000; run++) {
      search.add({ tokenBudget: 768, rows: 8, width: 96, ms: 100 });
      search.add({ tokenBudget: 1024, rows: 8, width: 128, ms: 0 });
    }
    expect(search.tuning).toBeNull();
    expect(search.best).toEqual(defaultTunings.wasm);
    expect(search.wanted).toBe(1024);
  });

  it('keeps the fixed cost that it began with where nothing tells it', () => {
    const search = new BudgetSearch('wasm', 768, { tokenBudget: 768, overheadTokens: 12 });
    while (search.tuning === null) {
      const tokenBudget = search.wanted ?? 0;
      const ms = tokenBudget === 768 ? 100 : 200;
      for (const _ of [0, 1]) search.add({ tokenBudget, rows: 1, width: 100, ms });
    }
    expect(search.tuning).toEqual({ tokenBudget: 768, overheadTokens: 12 });
  });
});

describe('the default on a GPU', () => {
  it('pads 100 passages of mixed lengths by 5 % at most', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = randomFrom(seed);
      // Most pairs have 70 to 100 tokens, some twice as many.
      const lengths = Array.from({ length: 100 }, () => Math.round(50 + 150 * random() ** 3));
      const limits = { ...defaultTunings.webgpu, widthStep: 4, mostWidth: 512 };
      const batches = planBatches(lengths, limits);
      const padded = batches.reduce((sum, { rows, width }) => sum + rows.length * width, 0);
      const tokens = lengths.reduce((sum, length) => sum + length, 0);
      expect((padded - tokens) / padded).toBeLessThanOrEqual(0.05);
      // Or one pair at a time would do.
      expect(batches.length).toBeLessThanOrEqual(16);
    }
  });
});

describe('memory limits', () => {
  const tiny = { layers: 4, hidden: 256, intermediate: 1024, heads: 4, vocabulary: 1 };

  it('keep the tensors of a batch on a GPU within 128 MiB', () => {
    // By hand: 2^27 bytes are 2^25 numbers; 1,024 per token, or 4 heads of rows * width^2.
    expect(memoryLimits('webgpu', tiny, 'bert')).toEqual({ tokens: 32_768, squareBudget: 2 ** 23 });
    expect(memoryLimits('webgpu', tiny, 'modernbert').tokens).toBe(16_384);
  });

  it('are those of a large model where the shape is not known, and allow the default', () => {
    const { tokens, squareBudget } = memoryLimits('webgpu', null, 'xlm-roberta');
    const { tokenBudget } = defaultTunings.webgpu;
    expect(tokens).toBeGreaterThanOrEqual(tokenBudget);
    expect(squareBudget).toBeGreaterThanOrEqual(tokenBudget * 512);
    expect(tokens).toBeLessThan(16_384);
  });

  it('are wide on WASM', () => {
    expect(memoryLimits('wasm', null, 'other').squareBudget).toBe(Number.POSITIVE_INFINITY);
  });
});

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
