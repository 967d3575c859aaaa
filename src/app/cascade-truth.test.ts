import { describe, expect, test } from 'vitest';
import { loadedOnWasm, timingsOf } from '../engine/result-samples.ts';
import { cascadeTruth, resultOfStage } from './cascade-truth.ts';
import { finishedRun } from './run-samples.ts';
import { documentsTimed, type FinishedResult, isOfTwo } from './run-truth.ts';

/** Four documents, of which the last two were scored again. */
function cascadeOf(strong: Parameters<typeof timingsOf>[0]): FinishedResult {
  return {
    ...finishedRun(strong),
    documents: ['a', 'b', 'c', 'd'],
    logits: Float64Array.of(1, 2, 3, 4),
    tokens: Int32Array.of(100, 200, 30, 50),
    model: { ...loadedOnWasm, model: 'strong' },
    cascade: {
      fast: 'fast',
      strong: 'strong',
      depth: 2,
      stages: ['fast', 'fast', 'strong', 'strong'],
      fastLogits: Float64Array.of(1, 2, 1, 1),
      fastTokens: Int32Array.of(100, 200, 20, 20),
      fastRun: {
        model: { ...loadedOnWasm, model: 'fast' },
        timings: timingsOf({ totalMs: 40, tokens: 340, remembered: 1 }),
      },
      strongFailure: null,
    },
  };
}

describe('what a cascade took', () => {
  test('is told of both models, and estimated for the strong one alone', () => {
    // 80 tokens in 0.1 s. What the fast model reads as 40 tokens the strong one reads as 80: of
    // all documents 680 instead of 340, in 0.85 s.
    const result = cascadeOf({ totalMs: 100, tokens: 80, pairs: 2 });
    const truth = cascadeTruth(result);
    expect(truth).toMatchObject({
      fast: { documents: 4, remembered: 1, totalMs: 40 },
      strong: { documents: 2, remembered: 0, totalMs: 100, tokensPerSecond: 800 },
      remembered: 1,
      scores: 6,
      totalMs: 140,
      allTokens: 680,
    });
    expect(truth?.aloneMs).toBeCloseTo(850, 9);
  });

  test('does not tell of the strong model alone where it scored nothing', () => {
    const truth = cascadeTruth(cascadeOf({ pairs: 0, tokens: 0, totalMs: 1, remembered: 2 }));
    expect(truth).toMatchObject({ aloneMs: null, remembered: 3 });
  });

  test('is not there for one model, nor where the strong one failed', () => {
    expect(cascadeTruth(finishedRun({}))).toBeNull();
    const result = cascadeOf({});
    if (result.cascade === null) throw new Error('There are two models.');
    const strongFailure = { code: 'out-of-memory', detail: '' } as const;
    const failed = { ...result, cascade: { ...result.cascade, strongFailure } };
    expect(cascadeTruth(failed)).toBeNull();
    expect(isOfTwo(failed)).toBe(false);
    expect(documentsTimed(failed)).toBe(4);
  });

  test('can be looked at one model after the other', () => {
    const result = cascadeOf({ totalMs: 100 });
    expect(documentsTimed(resultOfStage(result, 'strong'))).toBe(2);
    const fast = resultOfStage(result, 'fast');
    expect(documentsTimed(fast)).toBe(4);
    expect([fast.model.model, fast.timings.totalMs]).toEqual(['fast', 40]);
  });
});
