import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePaired, createRandomFill, estimateMean } from './significance.ts';

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
});
/** Differences as they are, by a baseline of zeros. */
const pValueOf = (differences: readonly number[]): number =>
  comparePaired(
    differences,
    differences.map(() => 0),
  ).pValue;
const repeat = (value: number, times: number): readonly number[] =>
  new Array<number>(times).fill(value);

describe('createRandomFill', () => {
  it('is xoshiro128**', () => {
    // The first outputs of the authors' xoshiro128starstar.c from the state 1, 2, 3, 4.
    const target = new Uint32Array(10);
    createRandomFill([1, 2, 3, 4])(target);
    expect(Array.from(target)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  it('goes on from one array to the next, and begins anew each time it is made', () => {
    const [whole, half] = [new Uint32Array(8), new Uint32Array(4)];
    createRandomFill()(whole);
    const fill = createRandomFill();
    fill(half);
    expect(half).toEqual(whole.subarray(0, 4));
    fill(half);
    expect(half).toEqual(whole.subarray(4));
  });
});

describe('estimateMean', () => {
  it('leaves out 2.5 % of the resampled means at either end', () => {
    // 50 of 100 are 1, so the number of ones in a resample is binomial(100, 1/2): its 2.5 % and
    // 97.5 % points are 40 and 60.
    const sample = [...repeat(0, 50), ...repeat(1, 50)];
    expect(estimateMean(sample)).toEqual({ mean: 0.5, low: 0.4, high: 0.6 });
  });

  it('comes near mean -+ 1.96 standard errors for many values', () => {
    // 0, 0.01 ... 1: sd sqrt((101^2 - 1) / 12) / 100 = 0.29155; / sqrt(101) = 0.02901.
    const sample = Array.from({ length: 101 }, (_, index) => index / 100);
    const { mean, low, high } = estimateMean(sample);
    expect(mean).toBeCloseTo(0.5, 12);
    expect(low).toBeCloseTo(0.5 - 1.96 * 0.02901, 2);
    expect(high).toBeCloseTo(0.5 + 1.96 * 0.02901, 2);
  });

  it('gives the same numbers on every machine', () => {
    // Worked out by another program (in Python), from the definition.
    expect(estimateMean([0.1, 0.4, 0.35, 0.8, 1, 0, 0.25])).toEqual({
      mean: 0.41428571428571426,
      low: 0.1857142857142857,
      high: 0.6714285714285715,
    });
  });

  it('is 0 without values, and a single value is its own interval', () => {
    expect(estimateMean([])).toEqual({ mean: 0, low: 0, high: 0 });
    expect(estimateMean([0.3])).toEqual({ mean: 0.3, low: 0.3, high: 0.3 });
    expect(estimateMean(Float32Array.of(0.5, 0.5, 0.5))).toEqual({
      mean: 0.5,
      low: 0.5,
      high: 0.5,
    });
  });

  it('keeps the interval within the values, and leaves them as they are', () => {
    fc.assert(
      fc.property(values, (sample) => {
        const before = [...sample];
        const { low, high } = estimateMean(sample);
        expect(sample).toEqual(before);
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(Math.min(...sample) - 1e-12);
        expect(high).toBeLessThanOrEqual(Math.max(...sample) + 1e-12);
      }),
      { numRuns: 30 },
    );
  });
});

describe('comparePaired', () => {
  it('counts wins, ties and losses, rounding errors being ties', () => {
    const system = [0.5, 0.1 + 0.2, 0.2, 0.9, 0.4 + 1e-11];
    const { wins, ties, losses, difference } = comparePaired(system, [0.3, 0.3, 0.4, 0.1, 0.4]);
    expect({ wins, ties, losses }).toEqual({ wins: 3, ties: 1, losses: 1 });
    // (0.2 + 0 - 0.2 + 0.8 + 0) / 5
    expect(difference.mean).toBeCloseTo(0.16, 10);
  });

  it('tries every assignment of signs where few queries differ', () => {
    // +++ and --- are as far as 1.0, of 8.
    expect(pValueOf([0.5, 0.3, 0.2])).toBe(2 / 8);
    // Sums -+0.6 (2 ways) and -+0.2 (6 ways): all are at least as far as 0.2.
    expect(pValueOf([0.2, 0.2, -0.2])).toBe(1);
    // 5 wins of one size: 2 of 32.
    expect(pValueOf(repeat(0.1, 5))).toBe(2 / 32);
    // Ties take no part.
    expect(pValueOf([0.5, 0, 0.3, 0, 0, 0.2])).toBe(2 / 8);
    expect(pValueOf(repeat(0.1, 14))).toBe(2 / 2 ** 14);
  });

  it('takes sums that differ by rounding as equally far', () => {
    // Of -+0.1 -+0.2 -+0.3 -+0.4, 10 of 16 are at least 0.4 from 0: 1, 0.8, 0.6 and 0.4 twice,
    // and the same below. Added up in floats some of the 0.4 are 0.39999999999999997.
    expect(pValueOf([0.1, 0.2, -0.3, 0.4])).toBe(10 / 16);
    expect(pValueOf([-0.1, -0.2, 0.3, 0.4])).toBe(10 / 16);
    expect(pValueOf([0.3, -0.1, -0.2])).toBe(1);
  });

  it('throws random signs where many queries differ, near the exact value', () => {
    // 26 wins and 14 losses of one size: 2 * P(binomial(40, 1/2) >= 26) = 0.0807.
    expect(Math.abs(pValueOf([...repeat(0.1, 26), ...repeat(-0.1, 14)]) - 0.0807)).toBeLessThan(
      0.01,
    );
    // As many wins as losses: every assignment is at least as far as 0.
    expect(pValueOf([...repeat(0.1, 20), ...repeat(-0.1, 20)])).toBe(1);
    // 2 / 2^60 is never met by chance: (0 + 1) / (10,000 + 1), not 0.
    expect(pValueOf(repeat(0.1, 60))).toBe(1 / 10_001);
  });

  it('has nothing to say where nothing differs', () => {
    const none = { mean: 0, low: 0, high: 0 };
    expect(comparePaired([], [])).toEqual({
      difference: none,
      pValue: 1,
      wins: 0,
      ties: 0,
      losses: 0,
    });
    expect(comparePaired([0.5, 1], Float64Array.of(0.5, 1))).toEqual({
      difference: none,
      pValue: 1,
      wins: 0,
      ties: 2,
      losses: 0,
    });
    // One query can always have gone the other way.
    expect(comparePaired([1], [0])).toEqual({
      difference: { mean: 1, low: 1, high: 1 },
      pValue: 1,
      wins: 1,
      ties: 0,
      losses: 0,
    });
  });

  it('refuses values of different queries', () => {
    expect(() => comparePaired([1], [1, 2])).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });

  it('turns around where the two are swapped', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 }), (pairs) => {
        const system = pairs.map(([value]) => value / 9);
        const baseline = pairs.map(([, value]) => value / 9);
        const one = comparePaired(system, baseline);
        const other = comparePaired(baseline, system);
        expect(other.pValue).toBe(one.pValue);
        expect(one.pValue).toBeGreaterThan(0);
        expect(one.pValue).toBeLessThanOrEqual(1);
        expect([other.wins, other.ties, other.losses]).toEqual([one.losses, one.ties, one.wins]);
        expect(other.difference.mean).toBeCloseTo(-one.difference.mean, 12);
        expect(other.difference.low).toBeCloseTo(-one.difference.high, 12);
        expect(other.difference.high).toBeCloseTo(-one.difference.low, 12);
      }),
      { numRuns: 30 },
    );
  });
});
