import { RerankError } from './errors.ts';
import type { Estimate, PairedComparison } from './evaluation-types.ts';

/** Resamples of the bootstrap and of the randomisation test. */
const resamples = 10_000;

/** Up to this many queries that differ, all 2^n assignments of the test are tried. */
const exactUpTo = 14;

/** Means, and differences of two values, that are closer than this are equal. */
const tolerance = 1e-12;

/** Any four numbers that are not all 0; these are the first digits of pi, in hexadecimal. */
const seed = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;

/**
 * The mean of values, one per query, with its 95 % bootstrap interval: the queries are drawn with
 * replacement 10,000 times, and the interval leaves out 2.5 % of these means at either end. The
 * draws come from a generator with a fixed seed: the same values give the same interval anywhere.
 * One value is its own interval; without values all is 0.
 * Source: percentile interval, Efron and Tibshirani 1993, An Introduction to the Bootstrap, 13.3.
 * @param values finite
 */
export function estimateMean(values: ArrayLike<number>): Estimate {
  const sample = Float64Array.from(values);
  const mean = meanOf(sample);
  const means = resampledMeans(sample);
  const cut = resamples / 40;
  // As many are left out below as above, so that negated values have the negated interval.
  return { mean, low: means[cut - 1] ?? mean, high: means[resamples - cut] ?? mean };
}

/**
 * One system against a baseline over the same queries: the mean of the differences with its
 * interval (`estimateMean` over system - baseline), and how likely a mean at least that far from 0
 * were if the two did not differ.
 *
 * That is the paired randomisation test, two-sided: if the systems did not differ, each query's
 * two values might as well be swapped, so the sign of its difference is thrown anew. Where at most
 * 14 queries differ, all assignments are tried; else 10,000 random ones, counted with the observed
 * one, (b + 1) / (10,000 + 1), so the smallest value is about 0.0001. Differences up to 1e-12 are
 * ties. Source: Smucker, Allan and Carterette 2007, doi:10.1145/1321440.1321528; the + 1 after
 * Phipson and Smyth 2010, doi:10.2202/1544-6115.1585.
 *
 * Without queries the difference is 0, the p-value 1.
 * @param system a value per query, 0..1 as metrics are
 * @param baseline the values of the same queries, in the same order
 * @throws RerankError `invalid-request` where the lengths differ
 */
export function comparePaired(
  system: ArrayLike<number>,
  baseline: ArrayLike<number>,
): PairedComparison {
  if (system.length !== baseline.length) {
    throw new RerankError(
      'invalid-request',
      `Values of ${system.length} and of ${baseline.length} queries cannot be compared; ` +
        'measure both systems over the same queries.',
    );
  }
  const others = Float64Array.from(baseline);
  const differences = Float64Array.from(system).map((value, index) => {
    const difference = value - (others[index] ?? 0);
    return Math.abs(difference) <= tolerance ? 0 : difference;
  });
  const wins = differences.filter((difference) => difference > 0).length;
  const losses = differences.filter((difference) => difference < 0).length;
  return {
    difference: estimateMean(differences),
    pValue: randomisationTest(differences),
    wins,
    ties: differences.length - wins - losses,
    losses,
  };
}

/**
 * Fills arrays with random 32-bit numbers, the same ones in each program run.
 * Source: xoshiro128**, Blackman and Vigna 2021, doi:10.1145/3460772; https://prng.di.unimi.it
 * @param state four 32-bit numbers that are not all 0
 */
export function createRandomFill(
  state: readonly [number, number, number, number] = seed,
): (target: Uint32Array) => void {
  let [a, b, c, d] = state;
  return (target) => {
    for (let index = 0; index < target.length; index += 1) {
      const product = Math.imul(b, 5);
      target[index] = Math.imul((product << 7) | (product >>> 25), 9);
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
    }
  };
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Means of samples drawn with replacement, ascending; all the same where there is one value. */
function resampledMeans(sample: Float64Array): Float64Array {
  const count = sample.length;
  const means = new Float64Array(resamples);
  if (count === 0) return means;
  const fill = createRandomFill();
  const draws = new Uint32Array(count);
  const perDraw = count / 2 ** 32;
  for (let resample = 0; resample < resamples; resample += 1) {
    fill(draws);
    let sum = 0;
    for (let index = 0; index < count; index += 1) {
      // Both are in range: the product is below `count`.
      sum += sample[Math.trunc((draws[index] ?? 0) * perDraw)] ?? 0;
    }
    means[resample] = sum / count;
  }
  return means.sort();
}

/** How often random signs bring the sum as far from 0 as it is, 0..1. */
function randomisationTest(differences: Float64Array): number {
  // Zeros change no sum, whatever their sign.
  const sizes = differences.filter((difference) => difference !== 0).map(Math.abs);
  let observed = 0;
  for (const difference of differences) observed += difference;
  const atLeast = Math.abs(observed) - tolerance * differences.length;
  const isAsFar = (sum: number): boolean => Math.abs(sum) >= atLeast;
  if (sizes.length <= exactUpTo) {
    const sums = signedSums(sizes);
    return sums.filter(isAsFar).length / sums.length;
  }
  return (randomlySignedSums(sizes).filter(isAsFar).length + 1) / (resamples + 1);
}

/** The sums of all 2^n assignments of signs. */
function signedSums(sizes: Float64Array): Float64Array {
  const sums = new Float64Array(2 ** sizes.length);
  let filled = 1;
  for (const size of sizes) {
    for (let index = 0; index < filled; index += 1) {
      const sum = sums[index] ?? 0;
      sums[index] = sum + size;
      sums[filled + index] = sum - size;
    }
    filled *= 2;
  }
  return sums;
}

function randomlySignedSums(sizes: Float64Array): Float64Array {
  const fill = createRandomFill();
  const signs = new Uint32Array(Math.ceil(sizes.length / 32));
  return new Float64Array(resamples).map(() => {
    fill(signs);
    let sum = 0;
    for (let index = 0; index < sizes.length; index += 1) {
      const bit = ((signs[index >>> 5] ?? 0) >>> (index & 31)) & 1;
      // Not a branch: nobody can predict it, and it takes longer than the product.
      sum += (sizes[index] ?? 0) * (1 - 2 * bit);
    }
    return sum;
  });
}
