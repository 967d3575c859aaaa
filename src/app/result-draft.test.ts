import { describe, expect, it } from 'vitest';
import type { ScoredDocument, ScoringEvent } from '../engine/reranker.ts';
import { ResultDraft } from './result-draft.ts';

function draftOf(count: number): ResultDraft {
  const documents = Array.from({ length: count }, (_, index) => `document ${index}`);
  return new ResultDraft({ runNumber: 1, query: 'q', documents, reading: null, trap: null });
}

function scoring(
  scores: readonly ScoredDocument[],
  progress: Pick<ScoringEvent, 'done' | 'total' | 'doneTokens' | 'totalTokens'>,
): ScoringEvent {
  return { type: 'scoring', scores, ...progress };
}

function scored(index: number, logit: number): ScoredDocument {
  return { index, logit, relevance: 0.5, tokens: 10, truncated: index === 1 };
}

describe('ResultDraft', () => {
  it('begins with nothing scored and promises no time', () => {
    const draft = draftOf(2);
    expect(draft.progress(1000)).toEqual({ done: 0, total: 2, pairsPerSecond: null, leftMs: null });
    const { logits, bm25Scores, done } = draft.snapshot();
    expect([...logits]).toEqual([Number.NaN, Number.NaN]);
    expect([bm25Scores, done]).toEqual([null, 0]);
  });

  it('keeps scores by document index', () => {
    const draft = draftOf(3);
    draft.add(scoring([scored(2, 1.5)], { done: 1, total: 3, doneTokens: 10, totalTokens: 30 }));
    draft.add(scoring([scored(1, -2)], { done: 2, total: 3, doneTokens: 20, totalTokens: 30 }));
    const result = draft.snapshot();
    expect([...result.logits]).toEqual([Number.NaN, -2, 1.5]);
    expect([...result.tokens]).toEqual([0, 10, 10]);
    expect(result.truncated).toEqual([false, true, false]);
    expect(result.done).toBe(2);
  });

  it('gives snapshots that later scores do not change', () => {
    const draft = draftOf(1);
    const before = draft.snapshot();
    draft.add(scoring([scored(0, 1)], { done: 1, total: 1, doneTokens: 10, totalTokens: 10 }));
    expect([...before.logits]).toEqual([Number.NaN]);
  });

  it('measures speed from the first batch on, and time left by tokens', () => {
    const draft = draftOf(10);
    const total = { total: 10, totalTokens: 300 };
    draft.add(scoring([], { done: 4, doneTokens: 100, ...total }));
    const firstAtMs = performance.now();
    // One batch alone has no known length in time.
    expect(draft.progress(firstAtMs + 500)).toMatchObject({ done: 4, pairsPerSecond: null });
    draft.add(scoring([], { done: 6, doneTokens: 200, ...total }));
    const { pairsPerSecond, leftMs } = draft.progress(firstAtMs + 1000);
    // 2 pairs and 100 tokens in one second; 100 tokens are left.
    expect(pairsPerSecond).toBeCloseTo(2, 1);
    expect(leftMs).toBeGreaterThanOrEqual(1000);
    expect(leftMs).toBeLessThan(1100);
  });
});
