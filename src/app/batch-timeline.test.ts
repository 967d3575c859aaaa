import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchRecord } from '../engine/reranker.ts';
import { columnAt, idleMs, timelineColumns } from './batch-timeline.ts';

/** Batches that follow each other, each with a pause before it. */
const timelines = fc
  .array(
    fc.record({
      pause: fc.nat(20),
      took: fc.integer({ min: 1, max: 50 }),
      rows: fc.integer({ min: 1, max: 64 }),
      width: fc.integer({ min: 4, max: 512 }),
      padding: fc.double({ min: 0, max: 0.9, noNaN: true }),
    }),
    { maxLength: 300 },
  )
  .map((batches) => {
    let now = 0;
    return batches.map(({ pause, took, rows, width, padding }): BatchRecord => {
      const startMs = now + pause;
      now = startMs + took;
      const tokens = Math.ceil(rows * width * (1 - padding));
      return { startMs, endMs: now, rows, width, tokens, gpuMs: took / 2 };
    });
  });

describe('the bars of a timeline', () => {
  test('are the batches themselves where there is room', () => {
    const [first, second] = [batch(10, 20, 4, 8, 30), batch(25, 40, 2, 16, 32)];
    expect(timelineColumns([first, second], 2)).toEqual([
      {
        ...{ first: 1, batches: 1, startMs: 10, endMs: 20, busyMs: 10 },
        ...{ rows: 4, width: 8, tokens: 30, paddedTokens: 32, gpuMs: null },
      },
      {
        ...{ first: 2, batches: 1, startMs: 25, endMs: 40, busyMs: 15 },
        ...{ rows: 2, width: 16, tokens: 32, paddedTokens: 32, gpuMs: null },
      },
    ]);
  });

  test('join neighbours where there is not: times and counts add up, pauses are left out', () => {
    const three = [batch(0, 10, 4, 8, 30), batch(15, 20, 2, 16, 31), batch(30, 31, 1, 9, 9)];
    expect(timelineColumns(three, 2)).toEqual([
      {
        ...{ first: 1, batches: 2, startMs: 0, endMs: 20, busyMs: 15 },
        ...{ rows: 6, width: 16, tokens: 61, paddedTokens: 64, gpuMs: null },
      },
      {
        ...{ first: 3, batches: 1, startMs: 30, endMs: 31, busyMs: 1 },
        ...{ rows: 1, width: 9, tokens: 9, paddedTokens: 9, gpuMs: null },
      },
    ]);
  });

  test('are never more than there is room for, and lose nothing', () => {
    fc.assert(
      fc.property(timelines, fc.double({ min: 1, max: 250, noNaN: true }), (timeline, most) => {
        const columns = timelineColumns(timeline, most);
        expect(columns.length).toBeLessThanOrEqual(Math.floor(most));
        const sum = (of: (one: (typeof columns)[number]) => number): number =>
          columns.reduce((total, one) => total + of(one), 0);
        expect(sum(({ batches }) => batches)).toBe(timeline.length);
        expect(sum(({ tokens }) => tokens)).toBe(
          timeline.reduce((total, { tokens }) => total + tokens, 0),
        );
        for (const [place, { first, startMs, endMs }] of columns.entries()) {
          expect(first).toBe(1 + sum((one) => (one.first < first ? one.batches : 0)));
          expect(startMs).toBeGreaterThanOrEqual(columns[place - 1]?.endMs ?? 0);
          expect(endMs).toBeGreaterThan(startMs);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('have time on the GPU only where each of their batches has', () => {
    const [one, other] = [batch(0, 10, 1, 4, 4, 6), batch(10, 20, 1, 4, 4, 7)];
    expect(timelineColumns([one, other], 1)[0]?.gpuMs).toBe(13);
    expect(timelineColumns([one, { ...other, gpuMs: null }], 1)[0]?.gpuMs).toBeNull();
  });
});

test('a moment finds the bar it lies in, or the nearest one', () => {
  const columns = timelineColumns([batch(10, 20, 1, 4, 4), batch(40, 60, 1, 4, 4)], 2);
  expect([0, 15, 29, 31, 59, 1000].map((ms) => columnAt(columns, ms))).toEqual([0, 0, 0, 1, 1, 1]);
  expect(columnAt([], 5)).toBeNull();
});

test('the device waited in the gaps, and not where batches overlap', () => {
  const timeline = [batch(10, 20, 1, 4, 4), batch(15, 40, 1, 4, 4), batch(50, 60, 1, 4, 4)];
  expect(idleMs(timeline)).toBe(10);
  expect(idleMs([])).toBe(0);
});

function batch(
  startMs: number,
  endMs: number,
  rows: number,
  width: number,
  tokens: number,
  gpuMs: number | null = null,
): BatchRecord {
  return { startMs, endMs, rows, width, tokens, gpuMs };
}
