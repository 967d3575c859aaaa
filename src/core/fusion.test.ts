import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reciprocalRankFusion, weightedFusion } from './fusion.ts';
import { orderAsTrecEval } from './metrics.ts';
import type { RunEntry } from './types.ts';

const idsOf = (entries: readonly RunEntry[]): readonly string[] => entries.map((e) => e.docId);
const scoresOf = (entries: readonly RunEntry[]): readonly number[] => entries.map((e) => e.score);
/** A ranking of one-letter ids; the scores fall by 1. */
const rankingOf = (letters: string): readonly RunEntry[] =>
  [...letters].map((docId, index) => ({ docId, score: -index }));
const ranking = fc.shuffledSubarray([...'abcdefgh']).chain((ids) =>
  fc
    .array(fc.integer({ min: -20, max: 20 }), { minLength: ids.length, maxLength: ids.length })
    .map((scores) => {
      const falling = scores.toSorted((a, b) => b - a);
      return ids.map((docId, index): RunEntry => ({ docId, score: falling[index] ?? 0 }));
    }),
);

describe('reciprocalRankFusion', () => {
  it('adds 1 / (k + rank) over the rankings that hold the document', () => {
    // a: ranks 1 and 2; b: 2 and 1; c: 3 and none; d: none and 3.
    const fused = reciprocalRankFusion([rankingOf('abc'), rankingOf('bad')]);
    expect(idsOf(fused)).toEqual(['a', 'b', 'c', 'd']);
    const scores = scoresOf(fused);
    expect(scores[0]).toBeCloseTo(1 / 61 + 1 / 62, 15);
    expect(scores[1]).toBe(scores[0]);
    expect(scores[2]).toBeCloseTo(1 / 63, 15);
    expect(scores[3]).toBe(scores[2]);
  });

  it('prefers two middling ranks to one good one, the less so the smaller k is', () => {
    const rankings = [rankingOf('axb'), rankingOf('yzb')];
    // b: 2 / 63 > 1 / 61; with k = 0: 2 / 3 < 1.
    expect(idsOf(reciprocalRankFusion(rankings))[0]).toBe('b');
    expect(idsOf(reciprocalRankFusion(rankings, 0)).slice(0, 3)).toEqual(['a', 'y', 'b']);
  });

  it('counts a document that one ranking names twice at its first place', () => {
    const fused = reciprocalRankFusion([rankingOf('aab')]);
    expect(idsOf(fused)).toEqual(['a', 'b']);
    expect(scoresOf(fused)).toEqual([1 / 61, 1 / 63]);
  });

  it('keeps one ranking as it is, and has nothing to say about none', () => {
    expect(idsOf(reciprocalRankFusion([rankingOf('cab')]))).toEqual(['c', 'a', 'b']);
    expect(reciprocalRankFusion([])).toEqual([]);
    expect(reciprocalRankFusion([[], []])).toEqual([]);
  });

  it.each([-1, Number.NaN, Infinity])('refuses k = %d', (k) => {
    expect(() => reciprocalRankFusion([], k)).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });

  it('gives every document the same score, whatever order the rankings come in', () => {
    fc.assert(
      fc.property(fc.array(ranking, { maxLength: 5 }), (rankings) => {
        const fused = reciprocalRankFusion(rankings);
        const scores = scoresOf(fused);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        const reversed = reciprocalRankFusion(rankings.toReversed());
        expect(new Map(reversed.map((e) => [e.docId, e.score]))).toEqual(
          new Map(fused.map((e) => [e.docId, e.score])),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('weightedFusion', () => {
  // Both score a, b, c; mean 2 and sd sqrt(2/3) on both sides, so z is (x - 2) / sd.
  const model = [
    { docId: 'a', score: 3 },
    { docId: 'b', score: 2 },
    { docId: 'c', score: 1 },
  ];
  const other = [
    { docId: 'c', score: 3 },
    { docId: 'b', score: 2 },
    { docId: 'a', score: 1 },
    { docId: 'y', score: 0.5 },
    { docId: 'x', score: 0.5 },
  ];
  const z = 1 / Math.sqrt(2 / 3);

  it('weighs the z-scores over what both score, and puts the rest below in its order', () => {
    const fused = weightedFusion(model, other, 0.75);
    expect(idsOf(fused)).toEqual(['a', 'b', 'c', 'y', 'x']);
    const scores = scoresOf(fused);
    // a: 0.75 z - 0.25 z; b: 0; c: -0.75 z + 0.25 z = -0.61.
    expect(scores[0]).toBeCloseTo(0.5 * z, 12);
    expect(scores[1]).toBeCloseTo(0, 12);
    expect(scores[2]).toBeCloseTo(-0.5 * z, 12);
    expect(scores.slice(3)).toEqual([-2, -3]);
  });

  it('is the one or the other order at the ends, and the model decides ties', () => {
    expect(idsOf(weightedFusion(model, other, 1))).toEqual([...'abcyx']);
    expect(idsOf(weightedFusion(model, other, 0))).toEqual([...'cbayx']);
    expect(idsOf(weightedFusion(model, other, 0.5))).toEqual([...'abcyx']);
  });

  it('does not depend on the scale of either side', () => {
    const scaled = other.map(({ docId, score }) => ({ docId, score: score * 1000 - 7 }));
    expect(idsOf(weightedFusion(model, scaled, 0.4))).toEqual(
      idsOf(weightedFusion(model, other, 0.4)),
    );
  });

  it('goes by the model alone where the other side has no or only equal scores', () => {
    const flat = other.map(({ docId }) => ({ docId, score: 0 }));
    expect(idsOf(weightedFusion(model, flat, 0.2))).toEqual([...'abcyx']);
    const unscored = other.map(({ docId }) => ({ docId, score: Number.NaN }));
    expect(idsOf(weightedFusion(model, unscored, 0.2))).toEqual([...'abcyx']);
    expect(idsOf(weightedFusion(model, [], 0.2))).toEqual([...'abc']);
  });

  it('keeps the other order where the model scored nothing', () => {
    expect(idsOf(weightedFusion([], other, 0.5))).toEqual([...'cbayx']);
  });

  it('puts what only the model scores before what only the other has', () => {
    const more = [{ docId: 'm', score: 99 }, ...model, { docId: 'n', score: Number.NaN }];
    expect(idsOf(weightedFusion(more, other, 0.75))).toEqual([...'abcmyxn']);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses a weight of %d', (weight) => {
    expect(() => weightedFusion(model, other, weight)).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });

  it('holds every document once, best first, with the rest apart as floats', () => {
    const weight = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ranking, ranking, weight, (a, b, w) => {
        const fused = weightedFusion(a, b, w);
        const all = new Set([...idsOf(a), ...idsOf(b)]);
        expect(idsOf(fused).toSorted()).toEqual([...all].toSorted());
        const scores = scoresOf(fused);
        expect(scores).toEqual(scores.toSorted((x, y) => y - x));
        const shared = idsOf(a).filter((docId) => idsOf(b).includes(docId)).length;
        expect(orderAsTrecEval(fused).slice(shared)).toEqual(fused.slice(shared));
        const onlyOther = idsOf(b).filter((docId) => !idsOf(a).includes(docId));
        expect(idsOf(fused).slice(all.size - onlyOther.length)).toEqual(onlyOther);
      }),
      { numRuns: 300 },
    );
  });
});
