import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import type { ModelExpectations } from '../models/model-source.ts';
import type { SelfTestReport } from './reranker.ts';
import { probePairs, runSelfTest, type TestPair } from './self-test.ts';

const expectations: ModelExpectations = {
  against: 'published',
  source: 'the model card',
  tolerance: 0.3,
  pairs: [
    { query: 'q', document: 'relevant', logit: 2 },
    { query: 'q', document: 'nearly', logit: 1.8 },
    { query: 'q', document: 'not', logit: -4 },
  ],
};

type Score = (pairs: readonly TestPair[]) => Promise<readonly number[]>;

/** A device that gives these logits; in a batch those of `together`. */
function deviceOf(alone: readonly number[], together = alone): Score {
  return async (pairs) => {
    if (pairs.length > 1) return together;
    const position = expectations.pairs.findIndex(
      ({ document }) => document === pairs[0]?.document,
    );
    return alone.slice(position, position + 1);
  };
}

function test(
  score: Score,
  options: {
    readonly expectations?: ModelExpectations | null;
    readonly batchTolerance?: number;
  } = {},
): Promise<SelfTestReport> {
  return runSelfTest({ expectations, batchTolerance: 0.05, ...options, score });
}

describe('with logits to compare with', () => {
  it('passes a device that gives them', async () => {
    expect(await test(deviceOf([2.1, 1.8, -4.2]))).toEqual({
      verdict: 'passed',
      against: 'published',
      source: 'the model card',
      tolerance: 0.3,
      largestDifference: expect.closeTo(0.2, 6),
      reason: '',
      pairs: [
        { query: 'q', document: 'relevant', logit: 2.1, expected: 2 },
        { query: 'q', document: 'nearly', logit: 1.8, expected: 1.8 },
        { query: 'q', document: 'not', logit: -4.2, expected: -4 },
      ],
    });
  });

  it('scores each pair alone, then all as one batch', async () => {
    const batches: number[] = [];
    const score = deviceOf([2, 1.8, -4]);
    await test((pairs) => {
      batches.push(pairs.length);
      return score(pairs);
    });
    expect(batches).toEqual([1, 1, 1, 3]);
  });

  it('scores no more than two in a batch that may differ from the pairs alone', async () => {
    const batches: number[] = [];
    const score = deviceOf([2, 1.8, -4], [1.5, 1.6]);
    const record: Score = (pairs) => {
      batches.push(pairs.length);
      return score(pairs);
    };
    const report = await test(record, { batchTolerance: Number.POSITIVE_INFINITY });
    expect(report.verdict).toBe('passed');
    expect(batches).toEqual([1, 1, 1, 2]);
  });

  it('finds logits that differ by more than the dtype explains', async () => {
    const report = await test(deviceOf([2, 1.8, -3.5]));
    expect(report).toMatchObject({ verdict: 'differs', largestDifference: 0.5 });
    expect(report.reason).toBe('Pair 3 gets -3.500 where -4.000 is expected (tolerance 0.3).');
  });

  it('finds pairs that changed places within a wide tolerance', async () => {
    const wide = { ...expectations, tolerance: 0.35 };
    // 1.66 and 2.14: each 0.34 off; they should be 0.2 apart the other way round.
    const report = await test(deviceOf([1.66, 2.14, -4]), { expectations: wide });
    expect(report).toMatchObject({
      verdict: 'differs',
      reason: 'Pair 1 should be above pair 2 and is not.',
    });
  });

  it('lets pairs change places that are nearer than half the tolerance', async () => {
    const wide = { ...expectations, tolerance: 0.5 };
    const report = await test(deviceOf([1.8, 2, -4]), { expectations: wide });
    expect(report.verdict).toBe('passed');
  });

  it('passes the very logits, whatever they are, and refuses others', async () => {
    const logit = fc.double({ min: -12, max: 12, noNaN: true });
    const shift = fc.double({ min: 0.31, max: 5, noNaN: true });
    await fc.assert(
      fc.asyncProperty(logit, logit, shift, async (one, two, difference) => {
        // Two equal logits are a fault of their own.
        fc.pre(Math.abs(one - two) > 1e-3);
        const pairs = [one, two].map((expected, index) => ({
          ...{ query: 'q', document: ['relevant', 'nearly'][index] ?? '', logit: expected },
        }));
        const published = { expectations: { ...expectations, pairs } };
        expect((await test(deviceOf([one, two]), published)).verdict).toBe('passed');
        const shifted = deviceOf([one + difference, two + difference]);
        expect((await test(shifted, published)).verdict).toBe('differs');
      }),
    );
  });
});

describe('a device is broken', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])('that gives %s', async (odd) => {
    const report = await test(deviceOf([2, odd, -4], [2, 1.8, -4]));
    expect(report).toMatchObject({ verdict: 'broken', reason: 'A logit is not a finite number.' });
  });

  it('that gives such a number in a batch only', async () => {
    const device = deviceOf([2, 1.8, -4], [2, 1.8, Number.NEGATIVE_INFINITY]);
    const report = await test(device, { batchTolerance: Number.POSITIVE_INFINITY });
    expect(report).toMatchObject({ verdict: 'broken', reason: 'A logit is not a finite number.' });
  });

  it('that gives every pair the same', async () => {
    const report = await test(deviceOf([1.5, 1.5, 1.5]));
    expect(report).toMatchObject({ verdict: 'broken', largestDifference: 5.5 });
    expect(report.reason).toBe('Every pair gets the same logit, 1.5.');
  });

  it('that gives every row of a batch the same', async () => {
    const report = await test(deviceOf([2, 1.8, -4], [2, 2, 2]));
    expect(report.reason).toBe('Every row of a batch gets the same logit, 2.');
  });

  it('that gives a pair something else in a batch than alone', async () => {
    const device = deviceOf([2, 1.8, -4], [2, 1.6, -4]);
    const report = await test(device);
    expect(report.verdict).toBe('broken');
    expect(report.reason).toBe('Pair 2 gets 1.600 in a batch and 1.800 alone.');
    const quantised = await test(device, { batchTolerance: Number.POSITIVE_INFINITY });
    expect(quantised.verdict).toBe('passed');
  });

  it('whose arithmetic fails, in the words of the failure', async () => {
    const report = await test(async (pairs) => {
      if (pairs.length > 1) throw new RerankError('inference-failed', 'The kernel is missing.');
      return deviceOf([2, 1.8, -4])(pairs);
    });
    expect(report).toMatchObject({ verdict: 'broken', reason: 'The kernel is missing.' });
    expect(report.pairs.map(({ logit }) => logit)).toEqual([2, 1.8, -4]);
  });

  it.each(['aborted', 'out-of-memory', 'device-lost'] as const)(
    'not by a failure of another kind: %s goes on to the caller',
    async (code) => {
      const failure = new RerankError(code, 'something else');
      await expect(test(() => Promise.reject(failure))).rejects.toBe(failure);
    },
  );
});

describe('without anything to compare with', () => {
  const sane: Score = async (pairs) =>
    pairs.map((pair) => 3 - probePairs.findIndex(({ document }) => document === pair.document));

  it('checks that two pairs get sane numbers, and says that this is all', async () => {
    const report = await test(sane, { expectations: null });
    expect(report).toMatchObject({
      ...{ verdict: 'unchecked', against: 'nothing', source: '' },
      ...{ largestDifference: null, tolerance: 0 },
    });
    expect(report.reason).toContain('only its sanity was checked');
    expect(report.pairs).toEqual([
      { ...probePairs[0], logit: 3, expected: null },
      { ...probePairs[1], logit: 2, expected: null },
    ]);
  });

  it('finds a broken device all the same', async () => {
    const report = await test(async (pairs) => pairs.map(() => 0.5), { expectations: null });
    expect(report).toMatchObject({ verdict: 'broken', against: 'nothing' });
  });

  it('has pairs that a model tells apart: relevant and not, English and Chinese', () => {
    expect(new Set(probePairs.map(({ query }) => query)).size).toBe(2);
    expect(probePairs.some(({ document }) => /\p{Script=Han}/u.test(document))).toBe(true);
  });
});
