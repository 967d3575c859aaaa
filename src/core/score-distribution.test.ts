import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributionOf } from './score-distribution.ts';
import { relevanceOfLogit } from './scores.ts';

const sum = (counts: readonly number[]): number =>
  counts.reduce((total, count) => total + count, 0);
/** Few distinct values among them, so that ties are common. */
const logits = fc.array(
  fc.oneof(
    fc.integer({ min: -4, max: 4 }),
    fc.float({ noNaN: true, noDefaultInfinity: true, min: -50, max: 50 }),
  ),
  { maxLength: 30 },
);

describe('distributionOf', () => {
  it('counts per bin, with round edges', () => {
    // From -10 to 10: 20 / 19.5 = 1.03, so bins of 1.
    const { edges, relevant, notRelevant } = distributionOf([10, 9.5, 3], [-10, -10, 3, 2.99]);
    expect(edges).toEqual(Array.from({ length: 21 }, (_, index) => index - 10));
    // The last bin, 9 to 10, holds 10 too; 3 lies in 3 to 4, and 2.99 in 2 to 3.
    expect([relevant[13], relevant[19], sum(relevant)]).toEqual([1, 2, 3]);
    expect([notRelevant[0], notRelevant[12], notRelevant[13], sum(notRelevant)]).toEqual([
      2, 1, 1, 4,
    ]);
  });

  it('halves the bins rather than having fewer than 20', () => {
    // From 0 to 19 there would be 19 bins of 1.
    expect(distributionOf([0], [19]).relevant).toHaveLength(38);
    expect(distributionOf([0.5], [20.5]).relevant).toHaveLength(21);
  });

  it('writes edges as one would by hand', () => {
    // From 0 to 2.5: 2.5 / 19.5 = 0.128, so bins of 0.1.
    const { edges } = distributionOf([0], [2.5]);
    expect(edges.slice(0, 5)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(edges.at(-1)).toBe(2.5);
  });

  it('lays bins around a single value, and around 0 where there is none', () => {
    const { edges, relevant } = distributionOf([3, 3], []);
    expect([edges[0], edges.at(-1), sum(relevant)]).toEqual([2, 4, 2]);
    const none = distributionOf([], [Number.NaN]);
    expect([none.edges[0], none.edges.at(-1), sum(none.notRelevant)]).toEqual([-1, 1, 0]);
    expect([none.auc, none.threshold]).toEqual([null, null]);
  });

  it('counts how often a relevant logit lies above another, ties half', () => {
    // 3 beats 1, 2 and ties 3: 2.5; 2 beats 1, ties 2: 1.5; of 6 pairs.
    expect(distributionOf([3, 2], [1, 2, 3]).auc).toBeCloseTo(4 / 6, 15);
    expect(distributionOf([5, 6], [1, 2]).auc).toBe(1);
    expect(distributionOf([1, 2], [5, 6]).auc).toBe(0);
    expect(distributionOf([1, 1], [1]).auc).toBe(0.5);
    expect(distributionOf([1], []).auc).toBeNull();
    expect(distributionOf([], [1]).auc).toBeNull();
  });

  it('finds the threshold of the best F1', () => {
    // Falling: 5 r, 4 r, 3 n, 2 r, 1 n, 0 n. F1 = 2 found / (taken + 3):
    // from 5: 2/4, from 4: 4/5, from 2: 6/7, the best; precision 3/4, recall 1.
    expect(distributionOf([5, 4, 2], [3, 1, 0]).threshold).toEqual({
      logit: 2,
      relevance: relevanceOfLogit(2),
      precision: 3 / 4,
      recall: 1,
      f1: 6 / 7,
    });
  });

  it('takes all documents of the threshold itself', () => {
    // From 2: two relevant and two others, F1 = 4 / (4 + 2); from 1: 6 / (5 + 3).
    const { threshold } = distributionOf([2, 2, 0], [2, 2]);
    expect(threshold?.f1).toBeCloseTo(6 / 8, 15);
    expect(threshold?.logit).toBe(0);
  });

  it('prefers the higher of equally good thresholds', () => {
    // From 3: 2 / (1 + 2); from 1: 4 / (4 + 2). Both 2/3.
    expect(distributionOf([3, 1], [2, 2]).threshold?.logit).toBe(3);
    expect(distributionOf([], [1, 2]).threshold).toBeNull();
  });

  it('ignores NaN and infinities', () => {
    const odd = [Number.NaN, Infinity, -Infinity, 1e300];
    expect(distributionOf([5, 4, ...odd], [1, ...odd])).toEqual(distributionOf([5, 4], [1]));
  });

  it('has 20 to 40 even bins that hold every logit', () => {
    const spread = fc.tuple(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 20 }),
      fc.integer({ min: -320, max: 37 }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(spread, ([units, exponent, shift]) => {
        const all = units.map((unit) => unit * 10 ** exponent + shift);
        const { edges, relevant, notRelevant } = distributionOf(all, all.slice(1));
        expect(relevant.length).toBeGreaterThanOrEqual(20);
        expect(relevant.length).toBeLessThanOrEqual(40);
        expect(notRelevant).toHaveLength(relevant.length);
        expect(edges).toHaveLength(relevant.length + 1);
        expect(sum(relevant)).toBe(all.length);
        expect(edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? 0))).toBe(
          true,
        );
        for (const [bin, count] of relevant.entries()) {
          const [low, high] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
          const last = bin === relevant.length - 1;
          const inside = all.filter((x) => x >= low && (last ? x <= high : x < high));
          expect(count).toBe(inside.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with counting all pairs and trying all thresholds', () => {
    fc.assert(
      fc.property(logits, logits, (relevant, notRelevant) => {
        const { auc, threshold } = distributionOf(relevant, notRelevant);
        const pairs = relevant.flatMap((a) =>
          notRelevant.map((b) => (a > b ? 1 : Number(a === b) / 2)),
        );
        if (pairs.length === 0) expect(auc).toBeNull();
        else expect(auc).toBeCloseTo(sum(pairs) / pairs.length, 12);

        const f1Of = (from: number): number => {
          const found = relevant.filter((logit) => logit >= from).length;
          const taken = found + notRelevant.filter((logit) => logit >= from).length;
          return (2 * found) / (taken + relevant.length);
        };
        if (relevant.length === 0) return;
        expect(threshold?.f1).toBe(Math.max(...[...relevant, ...notRelevant].map(f1Of)));
        expect(threshold?.f1).toBe(f1Of(threshold?.logit ?? Number.NaN));
        const { precision, recall, f1 } = threshold ?? { precision: 0, recall: 0, f1: 0 };
        expect((2 * precision * recall) / (precision + recall)).toBeCloseTo(f1, 12);
      }),
      { numRuns: 300 },
    );
  });
});
