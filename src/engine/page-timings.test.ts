import { describe, expect, it } from 'vitest';
import { timingsInPage, timingsOfMemory } from './page-timings.ts';
import type { RerankTimings } from './reranker.ts';

const worker: RerankTimings = {
  totalMs: 80,
  queueMs: 5,
  tokenizeMs: 10,
  inferenceMs: 60,
  transferMs: 3,
  gpuMs: 40,
  pairs: 45,
  pairsPerSecond: 562.5,
  batches: 4,
  tokens: 900,
  paddedShare: 0.1,
  flop: 1e9,
  tokenBudget: 768,
  remembered: 0,
  timeline: [],
};

describe('timings as the page sees them', () => {
  it('hold the wait of both sides, and the way there and back', () => {
    // Called at 0; waited and loaded until 100; 1 to look things up; 90 with the worker, of which
    // it counts 85, so 5 for the way; 4 to put the answer together.
    const clock = { calledAt: 0, turnAt: 100, sentAt: 101, answeredAt: 191, endedAt: 195 };
    expect(timingsInPage(worker, clock, 7)).toEqual({
      ...worker,
      totalMs: 90,
      queueMs: 105,
      transferMs: 8,
      pairsPerSecond: 500,
      remembered: 7,
    });
  });

  it('never fall below what the worker counted, however coarse the clocks are', () => {
    const clock = { calledAt: 0, turnAt: 0, sentAt: 0, answeredAt: 84, endedAt: 84 };
    const timings = timingsInPage(worker, clock, 0);
    expect(timings.totalMs).toBe(80);
    expect(timings.transferMs).toBe(3);
    const none = { ...worker, totalMs: 0, queueMs: 0 };
    const instant = { calledAt: 0, turnAt: 0, sentAt: 0, answeredAt: 0, endedAt: 0 };
    expect(timingsInPage(none, instant, 0).pairsPerSecond).toBe(0);
  });

  it('of an answer from memory tell the wait and no work', () => {
    const timings = timingsOfMemory({ calledAt: 10, turnAt: 60, endedAt: 61 }, 9);
    const work = { pairs: 0, pairsPerSecond: 0, batches: 0, tokens: 0, inferenceMs: 0 };
    expect(timings).toMatchObject({ ...work, queueMs: 50, totalMs: 1, remembered: 9 });
    expect(timings.timeline).toEqual([]);
  });
});
