import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderAsTrecEval } from './metrics.ts';
import { placeBelow, rerankCandidates } from './rerank-depth.ts';
import type { RunEntry } from './types.ts';

const candidates: readonly RunEntry[] = [
  { docId: 'a', score: 9 },
  { docId: 'b', score: 8 },
  { docId: 'c', score: 7 },
  { docId: 'd', score: 7 },
  { docId: 'e', score: 1 },
];
const idsOf = (entries: readonly RunEntry[]): readonly string[] => entries.map((e) => e.docId);
const scoresOf = (entries: readonly RunEntry[]): readonly number[] => entries.map((e) => e.score);

describe('rerankCandidates', () => {
  it('puts the first candidates by logit, and the rest below in first-stage order', () => {
    const ranked = rerankCandidates(candidates, [-2.5, 0.5, 3, 99, 99], 3);
    expect(idsOf(ranked)).toEqual(['c', 'b', 'a', 'd', 'e']);
    expect(scoresOf(ranked)).toEqual([3, 0.5, -2.5, -4, -5]);
  });

  it('reranks all where the depth is beyond the end', () => {
    expect(idsOf(rerankCandidates(candidates, [1, 2, 3, 4, 5], 100))).toEqual([...'edcba']);
  });

  it('keeps the first stage where nothing is scored', () => {
    for (const ranked of [
      rerankCandidates(candidates, [1, 2, 3, 4, 5], 0),
      rerankCandidates(candidates, [], 5),
      rerankCandidates(candidates, new Float32Array(5).fill(Number.NaN), 5),
    ]) {
      expect(idsOf(ranked)).toEqual([...'abcde']);
      expect(scoresOf(ranked)).toEqual([-1, -2, -3, -4, -5]);
    }
    expect(rerankCandidates([], [], 5)).toEqual([]);
  });

  it('puts a candidate without a finite logit below, at its place in the first stage', () => {
    const logits = [Number.NaN, 1, Infinity, 2, -Infinity];
    const ranked = rerankCandidates(candidates, logits, 4);
    expect(idsOf(ranked)).toEqual(['d', 'b', 'a', 'c', 'e']);
    expect(scoresOf(ranked)).toEqual([2, 1, 0, -1, -2]);
    expect(idsOf(rerankCandidates(candidates, [1e300, 1, 2], 3))).toEqual([...'cbade']);
  });

  it('keeps equal logits as equal scores, in first-stage order', () => {
    const ranked = rerankCandidates(candidates, [0, 1, 1, 1, 2], 4);
    expect(idsOf(ranked)).toEqual(['b', 'c', 'd', 'a', 'e']);
    expect(scoresOf(ranked)).toEqual([1, 1, 1, 0, -1]);
  });

  it.each([
    0, 1e-40, -1e-40, 5e-324, 0.1, -0.1, 3.0000000001, 2.9999999999, -7.25, 8_388_607.5, 16_777_216,
    -16_777_215.5, -16_777_217, 3.3e7, -1e9, 123_456_789_012, -1e20, 1e37, -1e37,
  ])('keeps the rest apart as floats below a lowest logit of %d', (lowest) => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({ docId: `${index}`, score: 0 }));
    const scores = scoresOf(rerankCandidates(many, [lowest], 1)).map(Math.fround);
    for (const [index, score] of scores.entries()) {
      expect(Number.isFinite(score)).toBe(true);
      if (index > 0) expect(score).toBeLessThan(scores[index - 1] ?? Number.NaN);
    }
  });

  it('gives what trec_eval reads as the same order, up to ties among logits', () => {
    const logit = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }),
      fc.float(),
      fc.constantFrom(Number.NaN, -3, 0, 1e-30, 1e37),
    );
    const given = fc.array(logit, { maxLength: 30 });
    fc.assert(
      fc.property(given, fc.nat({ max: 35 }), fc.nat({ max: 5 }), (logits, depth, more) => {
        const first = Array.from({ length: logits.length + more }, (_, index) => ({
          // Falling ids would hide a tie: trec_eval breaks ties by them.
          docId: String(index).padStart(3, '0'),
          score: -index,
        }));
        const ranked = rerankCandidates(first, logits, depth);
        expect(idsOf(ranked).toSorted()).toEqual(idsOf(first));
        const scored = first.filter(
          (_, index) => index < depth && Math.abs(logits[index] ?? Number.NaN) <= 1e37,
        ).length;
        const read = orderAsTrecEval(ranked);
        expect(read.slice(scored)).toEqual(ranked.slice(scored));
        // Zero is a tie with minus zero.
        const signless = (score: number): number => score + 0;
        expect(scoresOf(read).map(signless)).toEqual(scoresOf(ranked).map(signless));
        const rest = idsOf(ranked.slice(scored));
        expect(rest).toEqual(rest.toSorted());
      }),
      { numRuns: 300 },
    );
  });
});

describe('placeBelow', () => {
  it('counts down in whole numbers', () => {
    const others = candidates.slice(2);
    expect(scoresOf(placeBelow([{ docId: 'z', score: 0.016 }], others))).toEqual([-1, -2, -3]);
    expect(scoresOf(placeBelow([], others))).toEqual([-1, -2, -3]);
    expect(placeBelow(candidates, [])).toEqual([]);
  });
});
