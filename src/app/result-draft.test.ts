import { describe, expect, it, vi } from 'vitest';
import type { ScoredDocument, ScoringEvent } from '../engine/reranker.ts';
import { CascadeDraft } from './cascade-draft.ts';
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
    expect(draft.progress(1000)).toEqual({
      done: 0,
      total: 2,
      pairsPerSecond: null,
      leftMs: null,
      cascade: null,
    });
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

  it('leaves out the time in which the machine slept', () => {
    let now = 1000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const draft = draftOf(100);
    const at = (done: number, ms: number): void => {
      now += ms;
      const tokens = { doneTokens: done * 10, totalTokens: 1000 };
      draft.add(scoring([], { done, total: 100, ...tokens }));
    };
    at(10, 0);
    // An hour before any speed is known, and one after.
    at(20, 3_600_000);
    at(30, 100);
    at(40, 3_600_000);
    at(50, 100);
    const { pairsPerSecond, leftMs } = draft.progress(now);
    expect(pairsPerSecond).toBeCloseTo(100);
    expect(leftMs).toBeCloseTo(500);
    clock.mockRestore();
  });

  it('counts a batch that takes some seconds', () => {
    let now = 1000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const draft = draftOf(100);
    for (const [done, ms] of [
      [10, 0],
      [20, 1000],
      [30, 6000],
    ] as const) {
      now += ms;
      const tokens = { doneTokens: done * 10, totalTokens: 1000 };
      draft.add(scoring([], { done, total: 100, ...tokens }));
    }
    expect(draft.progress(now).leftMs).toBeCloseTo((7000 / 200) * 700);
    clock.mockRestore();
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

  describe('of two models', () => {
    const plan = { fast: 'f', strong: 's', depth: 2 };
    function cascadeDraft(): ResultDraft {
      const draft = draftOf(3);
      draft.cascade = new CascadeDraft(plan, 3);
      return draft;
    }
    const total = { total: 5, totalTokens: 50 };

    it('says of every score whose it is, and keeps what the fast model said', () => {
      const draft = cascadeDraft();
      const fast = [scored(0, 1), scored(1, 2), scored(2, 3)];
      draft.add({ ...scoring(fast, { done: 3, doneTokens: 30, ...total }), stage: 'fast' });
      const again = [{ ...scored(2, -4), tokens: 12 }];
      draft.add({ ...scoring(again, { done: 4, doneTokens: 42, ...total }), stage: 'strong' });
      const { logits, tokens, cascade, done } = draft.snapshot();
      expect([...logits]).toEqual([1, 2, -4]);
      expect([...tokens]).toEqual([10, 10, 12]);
      expect(cascade?.stages).toEqual(['fast', 'fast', 'strong']);
      expect([...(cascade?.fastLogits ?? [])]).toEqual([1, 2, 3]);
      expect([...(cascade?.fastTokens ?? [])]).toEqual([10, 10, 10]);
      // Of the documents all have a score.
      expect(done).toBe(3);
    });

    it('counts each stage by itself, and both together', () => {
      const draft = cascadeDraft();
      expect(draft.progress(0)).toMatchObject({ done: 0, total: 5, cascade: { stage: 'fast' } });
      draft.add({ ...scoring([], { done: 1, doneTokens: 10, ...total }), stage: 'fast' });
      expect(draft.progress(0).cascade).toEqual({ ...plan, stage: 'fast', done: 1, total: 3 });
      draft.add({ ...scoring([], { done: 3, doneTokens: 30, ...total }), stage: 'fast' });
      // Waiting for the strong model is its stage.
      const waiting = draft.progress(performance.now() + 1000);
      expect(waiting.cascade).toEqual({ ...plan, stage: 'strong', done: 0, total: 2 });
      expect(waiting).toMatchObject({ pairsPerSecond: null, leftMs: null });
      draft.add({ ...scoring([], { done: 4, doneTokens: 40, ...total }), stage: 'strong' });
      expect(draft.progress(0)).toMatchObject({ done: 4, total: 5, cascade: { done: 1 } });
    });

    it('counts what is scored again where that is more than planned', () => {
      const draft = draftOf(4);
      draft.cascade = new CascadeDraft(plan, 4);
      const planned = { total: 6, totalTokens: 60 };
      draft.add({ ...scoring([], { done: 4, doneTokens: 40, ...planned }), stage: 'fast' });
      expect(draft.progress(0)).toMatchObject({ total: 6, cascade: { depth: 2, total: 2 } });
      const known = { total: 7, totalTokens: 70 };
      draft.add({ ...scoring([], { done: 5, doneTokens: 50, ...known }), stage: 'strong' });
      const { done, total: all, cascade } = draft.progress(0);
      expect([done, all]).toEqual([5, 7]);
      expect(cascade).toEqual({ ...plan, stage: 'strong', depth: 3, done: 1, total: 3 });
      expect(draft.snapshot().cascade?.depth).toBe(3);
    });

    it('promises time by the speed of the stage it is in, and none before the second', () => {
      const draft = cascadeDraft();
      draft.add({ ...scoring([], { done: 1, doneTokens: 10, ...total }), stage: 'fast' });
      draft.add({ ...scoring([], { done: 2, doneTokens: 20, ...total }), stage: 'fast' });
      const inFast = draft.progress(performance.now() + 1000);
      expect(inFast.pairsPerSecond).toBeGreaterThan(0);
      expect(inFast.leftMs).toBeNull();
      draft.add({ ...scoring([], { done: 4, doneTokens: 35, ...total }), stage: 'strong' });
      const beganAtMs = performance.now();
      draft.add({ ...scoring([], { done: 5, doneTokens: 45, ...total }), stage: 'strong' });
      // 10 tokens in two seconds, 5 are left.
      const { leftMs } = draft.progress(beganAtMs + 2000);
      expect(leftMs).toBeGreaterThanOrEqual(1000);
      expect(leftMs).toBeLessThan(1100);
    });
  });
});
