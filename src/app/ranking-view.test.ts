import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankingRows } from './ranking-view.ts';
import type { Result } from './store.ts';

function resultOf(logits: readonly number[], bm25Scores: readonly number[] | null): Result {
  return {
    runNumber: 1,
    query: 'q',
    documents: logits.map((_, index) => `document ${index}`),
    reading: null,
    trap: null,
    logits: Float64Array.from(logits),
    cascade: null,
    tokens: new Int32Array(logits.length),
    truncated: logits.map(() => false),
    passages: logits.map(() => null),
    bm25Scores: bm25Scores === null ? null : Float64Array.from(bm25Scores),
    bm25Failure: null,
    collection: null,
    done: logits.filter((logit) => !Number.isNaN(logit)).length,
    model: null,
    timings: null,
  };
}

describe('rankingRows', () => {
  it('ranks by logit and says how far each document moved', () => {
    // Request order 0, 1, 2; BM25 order 1, 0, 2; model order 2, 0, 1.
    const rows = rankingRows(resultOf([0, -1, 2], [3, 5, 1]), 'cross-encoder');
    expect(
      rows.map(({ index, rank, movedFromRequest, movedFromBm25 }) => ({
        index,
        rank,
        movedFromRequest,
        movedFromBm25,
      })),
    ).toEqual([
      { index: 2, rank: 1, movedFromRequest: 2, movedFromBm25: 2 },
      { index: 0, rank: 2, movedFromRequest: -1, movedFromBm25: 0 },
      { index: 1, rank: 3, movedFromRequest: -1, movedFromBm25: -2 },
    ]);
    expect(rows[1]).toMatchObject({ relevance: 0.5, bar: 0.5 });
  });

  it('draws BM25 as the share of its best score', () => {
    const rows = rankingRows(resultOf([0, 0, 0], [4, 1, 0]), 'bm25');
    expect(rows.map(({ bar }) => bar)).toEqual([1, 0.25, 0]);
    expect(rows.every(({ movedFromBm25 }) => movedFromBm25 === null)).toBe(true);
  });

  it('adds z-scores for both: two opposite orders cancel out and ties keep their order', () => {
    const rows = rankingRows(resultOf([1, 0, -1], [0, 1, 2]), 'both');
    // Both have the same spread, so every sum is 0.
    expect(rows.map(({ index, zSum }) => [index, Math.round((zSum ?? 1) * 1e9)])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  });

  it('puts what is not scored yet below, in BM25 order', () => {
    const nan = Number.NaN;
    const rows = rankingRows(resultOf([nan, -3, nan, nan], [1, 0, 9, 5]), 'cross-encoder');
    expect(rows.map(({ index, scored }) => [index, scored])).toEqual([
      [1, true],
      [2, false],
      [3, false],
      [0, false],
    ]);
    expect(rankingRows(resultOf([nan, -3], [1, 0]), 'both').map(({ index }) => index)).toEqual([
      1, 0,
    ]);
  });

  it('works before BM25 has answered', () => {
    for (const order of ['cross-encoder', 'bm25', 'both'] as const) {
      const rows = rankingRows(resultOf([0, 1], null), order);
      expect(rows.map(({ index }) => index)).toEqual([1, 0]);
      expect(rows.every(({ movedFromBm25 }) => movedFromBm25 === null)).toBe(true);
    }
  });

  it("keeps a collection's candidates below the depth in the first stage's order", () => {
    const nan = Number.NaN;
    const pasted = resultOf([nan, 1, nan, 2], [1, 2, 3, 4]);
    const judged: Result = {
      ...pasted,
      collection: {
        docIds: ['a', 'b', 'c', 'd'],
        titles: [null, null, null, null],
        grades: Float64Array.of(0, nan, 2, 1),
        relevantFrom: 1,
        firstStageScores: Float64Array.of(9, 8, 7, 5),
      },
    };
    expect(rankingRows(pasted, 'cross-encoder').map(({ index }) => index)).toEqual([3, 1, 2, 0]);
    expect(rankingRows(judged, 'cross-encoder').map(({ index }) => index)).toEqual([3, 1, 0, 2]);
    const given = rankingRows(judged, 'first-stage');
    expect(given.map(({ index, grade, bar }) => [index, grade, bar])).toEqual([
      [0, 0, 1],
      [1, nan, 8 / 9],
      [2, 2, 7 / 9],
      [3, 1, 5 / 9],
    ]);
  });

  describe('of two models', () => {
    /** Documents 1, 3 and 4 were scored again; all fast logits are there. */
    function cascadeOf(logits: readonly number[], bm25Scores: readonly number[] | null): Result {
      const stages = ['fast', 'strong', 'fast', 'strong', 'strong'] as const;
      const plan = { fast: 'f', strong: 's', depth: 3, fastRun: null, strongFailure: null };
      const fastLogits = Float64Array.of(9, 10, 8, 12, 11);
      const fastTokens = new Int32Array(5);
      return {
        ...resultOf(logits, bm25Scores),
        cascade: { ...plan, stages, fastLogits, fastTokens },
      };
    }

    it("puts the strong model's documents above all others, whatever their logits", () => {
      const rows = rankingRows(cascadeOf([9, -5, 8, -3, -4], null), 'cross-encoder');
      expect(rows.map(({ index, stage, beginsStage }) => [index, stage, beginsStage])).toEqual([
        [3, 'strong', true],
        [4, 'strong', false],
        [1, 'strong', false],
        [0, 'fast', true],
        [2, 'fast', false],
      ]);
    });

    it('keeps ties of the strong model in the order of the fast one, as the engine does', () => {
      const rows = rankingRows(cascadeOf([9, 1, 8, 1, 1], null), 'cross-encoder');
      expect(rows.map(({ index }) => index)).toEqual([3, 4, 1, 0, 2]);
    });

    it('adds z-scores within the documents of one model', () => {
      const result = cascadeOf([100, 0, 300, 1, 2], [1, 0, 1, 0, 0]);
      const rows = rankingRows(result, 'both');
      expect(rows.map(({ index }) => index)).toEqual([4, 3, 1, 2, 0]);
      // BM25 says nothing within either part: z-scores of 0, 1, 2 and of 100, 300 are left.
      const z = Math.sqrt(3 / 2);
      for (const [place, expected] of [z, 0, -z, 1, -1].entries()) {
        expect(rows[place]?.zSum).toBeCloseTo(expected, 12);
      }
      expect(rows.map(({ bar }) => bar)).toEqual([1, 0.5, 0, 1, 0]);
    });

    it('has no parts in other orders, nor before the strong model has said anything', () => {
      const scores = [1, 2, 3, 4, 5];
      const byKeywords = rankingRows(cascadeOf(scores, scores), 'bm25');
      expect(byKeywords.map(({ index }) => index)).toEqual([4, 3, 2, 1, 0]);
      expect(byKeywords.every(({ stage, beginsStage }) => stage === null && !beginsStage)).toBe(
        true,
      );
      const result = cascadeOf(scores, null);
      if (result.cascade === null) throw new Error('There are two models.');
      const stages = scores.map(() => 'fast' as const);
      const begun = { ...result, cascade: { ...result.cascade, stages } };
      expect(rankingRows(begun, 'cross-encoder').some(({ beginsStage }) => beginsStage)).toBe(
        false,
      );
    });
  });

  it('gives every document once, in any order, and bars from 0 to 1', () => {
    const score = fc.oneof(fc.double({ min: -20, max: 20, noNaN: true }), fc.constant(Number.NaN));
    const pairs = fc.array(fc.tuple(score, fc.double({ min: 0, max: 50, noNaN: true })), {
      minLength: 1,
    });
    const orders = fc.constantFrom('cross-encoder', 'bm25', 'both', 'first-stage');
    fc.assert(
      fc.property(pairs, orders, (scores, order) => {
        const result = resultOf(
          scores.map(([logit]) => logit),
          scores.map(([, bm25]) => bm25),
        );
        const rows = rankingRows(result, order);
        expect(rows.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...scores.keys()]);
        for (const { bar } of rows) {
          expect(bar).toBeGreaterThanOrEqual(0);
          expect(bar).toBeLessThanOrEqual(1);
        }
        expect(rankingRows(result, order, 3)).toEqual(rows.slice(0, 3));
      }),
    );
  });
});
