import { describe, expect, it } from 'vitest';
import { BatchPlanner } from './batch-planner.ts';
import { planBatches } from './batches.ts';
import { BudgetSearch, defaultTunings, memoryLimits } from './tuning.ts';

const options = { widthStep: 1, mostWidth: 512, memory: memoryLimits('wasm', null, 'other') };
const { tokenBudget } = defaultTunings.wasm;

describe('a planner without a tuning', () => {
  it('tries nothing in small requests, nor in small windows', () => {
    const planner = new BatchPlanner(new BudgetSearch('wasm', 4096), null, options);
    expect(planner.firstWindow).toBe(2 * tokenBudget);
    expect(planner.limitsFor(40_000, 40_000)).toMatchObject(defaultTunings.wasm);
    expect(planner.limitsFor(1536, 1_000_000)).toMatchObject(defaultTunings.wasm);
    expect(planner.largestWindow(40_000)).toBe(98_304);
  });

  it('tries what the search wants in large ones, in windows of some batches', () => {
    const search = new BudgetSearch('wasm', 4096);
    const planner = new BatchPlanner(search, null, options);
    expect(search.wanted).toBe(1024);
    expect(planner.largestWindow(1_000_000)).toBe(32 * 1024);
    expect(planner.limitsFor(32 * 1024, 1_000_000).tokenBudget).toBe(1024);
  });

  it('uses what the search has found, in windows of full size', () => {
    const search = new BudgetSearch('wasm', 4096);
    const planner = new BatchPlanner(search, null, options);
    while (search.wanted !== null) {
      const wanted = search.wanted;
      // Only 512 is fast.
      const ms = wanted === 512 ? 10 : 20;
      planner.learn({ tokenBudget: wanted, rows: 4, width: 100, ms });
    }
    expect(search.tuning?.tokenBudget).toBe(512);
    expect(planner.limitsFor(90_000, 1_000_000).tokenBudget).toBe(512);
    expect(planner.largestWindow(1_000_000)).toBe(98_304);
  });
});

describe('a planner with a tuning', () => {
  it('keeps to it and learns nothing', () => {
    const search = new BudgetSearch('wasm', 4096);
    const given = { tokenBudget: 300, overheadTokens: 5 };
    const planner = new BatchPlanner(search, given, options);
    expect(planner.firstWindow).toBe(600);
    expect(planner.limitsFor(90_000, 1_000_000)).toMatchObject(given);
    for (let run = 0; run < 100; run++) {
      for (const budget of [768, 1024]) {
        planner.learn({ tokenBudget: budget, rows: 4, width: 100, ms: budget });
      }
    }
    expect(search.wanted).toBe(1024);
  });

  it('keeps within the memory of the device', () => {
    const memory = { tokens: 5000, squareBudget: 77 };
    const given = { tokenBudget: 16_384, overheadTokens: 5 };
    const search = new BudgetSearch('webgpu', memory.tokens);
    const planner = new BatchPlanner(search, given, { widthStep: 8, mostWidth: 100, memory });
    expect(planner.limitsFor(90_000, 90_000)).toEqual({
      tokenBudget: 5000,
      overheadTokens: 5,
      squareBudget: 77,
      widthStep: 8,
      mostWidth: 100,
    });
  });
});

describe('a planner of pairs that are run by themselves', () => {
  it('puts one into each batch, and looks for nothing', () => {
    const search = new BudgetSearch('wasm', 4096);
    const planner = new BatchPlanner(search, null, { ...options, pairsAlone: true });
    const limits = planner.limitsFor(90_000, 1_000_000);
    expect(limits).toMatchObject({ ...defaultTunings.wasm, mostRows: 1 });
    const batches = planBatches([7, 5, 9, 5], limits);
    expect(batches.map(({ rows, width }) => [rows, width])).toEqual([
      [[1], 5],
      [[3], 5],
      [[0], 7],
      [[2], 9],
    ]);
    expect(planner.largestWindow(1_000_000)).toBe(98_304);
    for (let run = 0; run < 1000; run++) {
      for (const budget of [768, 1024]) {
        planner.learn({ tokenBudget: budget, rows: 1, width: 100, ms: budget });
      }
    }
    expect(search.wanted).toBe(1024);
    expect(search.tuning).toBeNull();
  });
});
