import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timingsOf } from '../engine/result-samples.ts';
import { finishedRun } from './run-samples.ts';
import { isFinished, runTruth } from './run-truth.ts';

describe('the truth about a run', () => {
  test('tells speed by the whole run, and arithmetic by the time on the device', () => {
    // 9,644 tokens in 1.1 s; 52 * 10^9 operations in 1 s on the device.
    const timings = timingsOf({ totalMs: 1100, inferenceMs: 1000, flop: 52e9, tokens: 9644 });
    const truth = runTruth(timings);
    expect(truth.tokensPerSecond).toBeCloseTo(8767.27, 2);
    expect(truth.gflops).toBeCloseTo(52, 9);
    expect(truth.pairsPerSecond).toBe(timings.pairsPerSecond);
  });

  test('accounts for all of the time: what is not told is other', () => {
    const truth = runTruth(
      timingsOf({ queueMs: 20, totalMs: 100, tokenizeMs: 10, inferenceMs: 75, transferMs: 5 }),
    );
    expect(truth.parts.map(({ name, ms }) => [name, ms])).toEqual([
      ['queue', 20],
      ['tokenize', 10],
      ['device', 75],
      ['transfer', 5],
      ['other', 10],
    ]);
    expect(truth.parts.map(({ share }) => share * 100)).toEqual([0, 10, 75, 5, 10]);
    expect(truth.overlapMs).toBe(0);
  });

  test('says by how much the parts overlap where tokenising goes on beside the device', () => {
    const truth = runTruth(
      timingsOf({ queueMs: 0, totalMs: 100, tokenizeMs: 40, inferenceMs: 90, transferMs: 5 }),
    );
    expect(truth.overlapMs).toBe(35);
    expect(truth.parts.at(-1)).toEqual({ name: 'other', ms: 0, share: 0 });
  });

  test('has shares that add up to one, or none where no time passed', () => {
    const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
    const times = fc.record({
      queueMs: ms,
      totalMs: ms,
      tokenizeMs: ms,
      inferenceMs: ms,
      transferMs: ms,
    });
    fc.assert(
      fc.property(times, (some) => {
        const { parts } = runTruth(timingsOf(some));
        const sum = parts.reduce((total, { share }) => total + share, 0);
        const passed = parts.some((part) => part.name !== 'queue' && part.ms > 1e-200);
        expect(passed ? sum : 1).toBeCloseTo(1, 9);
        expect(parts.every(({ ms: part, share }) => part >= 0 && share >= 0)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('knows no speed where every score was remembered', () => {
    const truth = runTruth(
      timingsOf({ pairs: 0, tokens: 0, pairsPerSecond: 0, flop: 0, inferenceMs: 0, totalMs: 2 }),
    );
    expect(truth).toMatchObject({ tokensPerSecond: null, pairsPerSecond: null, gflops: null });
  });

  test('knows no GFLOPS where the shape of the model is not known', () => {
    expect(runTruth(timingsOf({ flop: null })).gflops).toBeNull();
  });
});

test('a result without its times or its model is not finished', () => {
  const run = finishedRun({});
  expect(isFinished(run)).toBe(true);
  expect(isFinished({ ...run, timings: null })).toBe(false);
  expect(isFinished({ ...run, model: null })).toBe(false);
  expect(isFinished(null)).toBe(false);
});
