import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  orderByScore,
  rankChange,
  ranksOfOrder,
  relevanceOfLogit,
  sumOfZScores,
  zScores,
} from './scores.ts';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
/** Few distinct values, so that ties are common. */
const tieProne = fc.array(fc.constantFrom(-2, -0, 0, 0.5, 3, Number.NaN, Infinity, -Infinity));

describe('relevanceOfLogit', () => {
  it('is the sigmoid', () => {
    expect(relevanceOfLogit(0)).toBe(0.5);
    // e^ln 3 = 3, so 1 / (1 + 1/3) = 3/4; and for -ln 3: (1/3) / (1 + 1/3) = 1/4.
    expect(relevanceOfLogit(Math.log(3))).toBeCloseTo(0.75, 15);
    expect(relevanceOfLogit(-Math.log(3))).toBeCloseTo(0.25, 15);
  });

  it('stays a number at both ends', () => {
    expect(relevanceOfLogit(1000)).toBe(1);
    expect(relevanceOfLogit(-1000)).toBe(0);
    expect(relevanceOfLogit(Infinity)).toBe(1);
    expect(relevanceOfLogit(-Infinity)).toBe(0);
    // For a very negative x the sigmoid is e^x, far below what 1 - sigmoid(-x) could show.
    expect(relevanceOfLogit(-700)).toBe(Math.exp(-700));
    expect(relevanceOfLogit(Number.NaN)).toBeNaN();
  });

  it('grows with the logit and is symmetric around 0', () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(relevanceOfLogit(low)).toBeLessThanOrEqual(relevanceOfLogit(high));
        expect(relevanceOfLogit(a) + relevanceOfLogit(-a)).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe('orderByScore', () => {
  it('puts the best first', () => {
    expect(orderByScore([0.1, 3, -2])).toEqual([1, 0, 2]);
    expect(orderByScore(Float32Array.of(1, 2))).toEqual([1, 0]);
    expect(orderByScore([])).toEqual([]);
  });

  it('keeps ties in request order', () => {
    expect(orderByScore([1, 2, 1, 2, 1])).toEqual([1, 3, 0, 2, 4]);
    expect(orderByScore([-0, 0])).toEqual([0, 1]);
    expect(orderByScore([Infinity, Infinity])).toEqual([0, 1]);
  });

  it('ranks NaN last, even after minus infinity', () => {
    const scores = [Number.NaN, -Infinity, 5, Number.NaN, Infinity];
    expect(orderByScore(scores)).toEqual([4, 2, 1, 0, 3]);
  });

  it('is a permutation in which nothing smaller stands first and ties are stable', () => {
    fc.assert(
      fc.property(tieProne, (scores) => {
        const order = orderByScore(scores);
        expect(order.toSorted((a, b) => a - b)).toEqual(scores.map((_, index) => index));
        for (let position = 1; position < order.length; position += 1) {
          const before = order[position - 1] ?? -1;
          const after = order[position] ?? -1;
          const [a = Number.NaN, b = Number.NaN] = [scores[before], scores[after]];
          expect(a > b || Number.isNaN(b) || (a === b && before < after)).toBe(true);
          if (Number.isNaN(a)) expect(before).toBeLessThan(after);
        }
      }),
    );
  });
});

describe('ranksOfOrder', () => {
  it('gives the rank from 1 by index', () => {
    // Index 2 is best, then 0, then 1.
    expect(ranksOfOrder([2, 0, 1])).toEqual([2, 3, 1]);
    expect(ranksOfOrder([])).toEqual([]);
  });

  it('inverts the order', () => {
    fc.assert(
      fc.property(fc.array(finite), (scores) => {
        const order = orderByScore(scores);
        const ranks = ranksOfOrder(order);
        expect(order.map((index) => ranks[index])).toEqual(order.map((_, i) => i + 1));
      }),
    );
  });
});

describe('rankChange', () => {
  it('is positive for moving up, negative for moving down', () => {
    expect(rankChange(5, 1)).toBe(4);
    expect(rankChange(1, 3)).toBe(-2);
    expect(rankChange(2, 2)).toBe(0);
  });
});

describe('zScores', () => {
  it('counts standard deviations from the mean', () => {
    // Mean 2; squared deviations 1, 0, 1, so the sd is sqrt(2/3) and z = 1 / sqrt(2/3).
    const z = Math.sqrt(3 / 2);
    const [first, second, third] = zScores([1, 2, 3]);
    expect(first).toBeCloseTo(-z, 15);
    expect(second).toBe(0);
    expect(third).toBeCloseTo(z, 15);
  });

  it('is all zeros where all scores are equal', () => {
    expect([...zScores([])]).toEqual([]);
    expect([...zScores([7])]).toEqual([0]);
    // (0.1 + 0.1 + 0.1) / 3 is not 0.1 in floating point.
    expect([...zScores([0.1, 0.1, 0.1])]).toEqual([0, 0, 0]);
    // Their squared difference is too small to be written.
    expect([...zScores([0, 1e-200])]).toEqual([0, 0]);
  });

  it('is NaN throughout where a score is not finite', () => {
    expect([...zScores([1, Number.NaN])]).toEqual([Number.NaN, Number.NaN]);
    expect([...zScores([Infinity, Infinity])]).toEqual([Number.NaN, Number.NaN]);
  });

  it('has mean 0 and sd 1, and keeps the order', () => {
    const scoreList = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 2 });
    fc.assert(
      fc.property(scoreList, (scores) => {
        fc.pre(new Set(scores).size > 1);
        const z = zScores(scores);
        const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
        const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / z.length;
        expect(mean).toBeCloseTo(0, 9);
        expect(variance).toBeCloseTo(1, 9);
        expect(orderByScore(z)).toEqual(orderByScore(scores));
      }),
    );
  });

  it('does not change when the scores are shifted or stretched', () => {
    const scoreList = fc.array(fc.integer({ min: -1000, max: 1000 }));
    fc.assert(
      fc.property(scoreList, (scores) => {
        const z = zScores(scores);
        zScores(scores.map((score) => 4 * score + 10)).forEach((value, index) => {
          expect(value).toBeCloseTo(z[index] ?? Number.NaN, 9);
        });
      }),
    );
  });
});

describe('sumOfZScores', () => {
  it('adds what is comparable', () => {
    // z of [1, 2, 3] as above. [3, 0, 0] has mean 1 and sd sqrt((4 + 1 + 1) / 3) = sqrt(2), so its
    // z are 2 / sqrt(2) and twice -1 / sqrt(2).
    const [first, second, third] = sumOfZScores([1, 2, 3], [3, 0, 0]);
    expect(first).toBeCloseTo(-Math.sqrt(3 / 2) + Math.SQRT2, 15);
    expect(second).toBeCloseTo(-Math.SQRT1_2, 15);
    expect(third).toBeCloseTo(Math.sqrt(3 / 2) - Math.SQRT1_2, 15);
  });

  it('leaves the order to one side where the other says nothing', () => {
    const logits = [0.2, -3, 8];
    expect(orderByScore(sumOfZScores(logits, [0, 0, 0]))).toEqual(orderByScore(logits));
  });

  it('refuses scores of different documents', () => {
    expect(() => sumOfZScores([1], [1, 2])).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});
