import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PassageFold } from '../core/passages.ts';
import { relevanceOfLogit } from '../core/scores.ts';
import { DocumentScores, type EncodedDocument } from './document-scores.ts';

/** A document of passages with these numbers of tokens, ten characters each. */
function documentOf(
  tokens: readonly number[],
  { covered = true, truncated = false } = {},
): EncodedDocument {
  const passages = tokens.map((count, index) => ({
    pair: { ids: new Int32Array(count), passageStart: 1, passageType: 1 as const, truncated },
    start: index * 10,
    end: index * 10 + 10,
  }));
  return { passages, covered };
}

describe('a document of one passage', () => {
  const scores = new DocumentScores([documentOf([7])], [[0]], 'max');

  it('has the logit of its passage', () => {
    expect(scores.add([0], [1.5])).toEqual([
      { index: 0, logit: 1.5, relevance: relevanceOfLogit(1.5), tokens: 7, truncated: false },
    ]);
  });

  it('says that it was cut, the query or itself', () => {
    const cut = new DocumentScores([documentOf([7], { truncated: true })], [[0]], 'max');
    const [scored] = cut.add([0], [1]);
    expect(scored?.truncated).toBe(true);
    expect(scored).not.toHaveProperty('passage');
  });

  it('says which part was read where that is not all', () => {
    const start = new DocumentScores([documentOf([7], { covered: false })], [[0]], 'first');
    expect(start.add([0], [1])).toMatchObject([
      { truncated: true, passage: { start: 0, end: 10, index: 0, count: 1 } },
    ]);
  });
});

describe('a document of several passages', () => {
  it('is given when the last of them is there, and once', () => {
    const scores = new DocumentScores([documentOf([5, 6, 4])], [[0]], 'max');
    expect(scores.add([2], [0.5])).toEqual([]);
    expect(scores.scored[0]).toBeUndefined();
    expect(scores.add([0, 1], [-1, 2])).toEqual([
      {
        ...{ index: 0, logit: 2, relevance: relevanceOfLogit(2), tokens: 15, truncated: false },
        passage: { start: 10, end: 20, index: 1, count: 3 },
      },
    ]);
    expect(scores.add([], [])).toEqual([]);
    expect(scores.scored).toHaveLength(1);
  });

  // By hand: of 1, 3, -2, 2 the three best are 3, 2, 1.
  it.each<[PassageFold, number, number]>([
    ['max', 3, 1],
    ['mean-of-top-3', 2, 1],
    ['first', 1, 0],
  ])('is folded as it was asked for: %s', (fold, logit, index) => {
    const scores = new DocumentScores([documentOf([1, 1, 1, 1])], [[0]], fold);
    expect(scores.add([0, 1, 2, 3], [1, 3, -2, 2])).toMatchObject([{ logit, passage: { index } }]);
  });

  it('whose end was not read says so', () => {
    const scores = new DocumentScores([documentOf([5, 5], { covered: false })], [[0]], 'max');
    expect(scores.add([0, 1], [1, 0])).toMatchObject([{ truncated: true, passage: { count: 2 } }]);
  });
});

describe('several documents', () => {
  it('that are equal are scored once and stand where they stood', () => {
    const documents = [documentOf([5]), documentOf([6])];
    const scores = new DocumentScores(documents, [[0, 2], [1]], 'max');
    expect(scores.add([0], [4]).map(({ index, logit }) => [index, logit])).toEqual([
      [0, 4],
      [2, 4],
    ]);
    expect(1 in scores.scored).toBe(false);
    scores.add([1], [9]);
    expect(scores.scored.map(({ index, logit }) => [index, logit])).toEqual([
      [0, 4],
      [1, 9],
      [2, 4],
    ]);
  });

  it('show a logit that is missing as none, and ignore pairs that are nobody’s', () => {
    const scores = new DocumentScores([documentOf([5])], [[0]], 'max');
    expect(scores.add([3], [1])).toEqual([]);
    expect(scores.add([0], [])).toMatchObject([{ logit: Number.NaN }]);
  });

  it('come out the same, and each once, in whatever batches the pairs are scored', () => {
    const run = fc.record({
      passages: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
      order: fc.infiniteStream(fc.nat()),
      batch: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(run, ({ passages, order, batch }) => {
        const documents = passages.map((count) => documentOf(new Array(count).fill(3)));
        const indexesOf = passages.map((_, index) => [index]);
        const first = passages.map((_, at) => passages.slice(0, at).reduce((a, b) => a + b, 0));
        const pairCount = passages.reduce((a, b) => a + b, 0);
        const keys = [...order.take(pairCount)];
        const pairs = keys.map((_, pair) => pair).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
        const logitOf = (pair: number): number => Math.sin(pair * 7);
        const scores = new DocumentScores(documents, indexesOf, 'max');
        const complete: number[] = [];
        for (let at = 0; at < pairs.length; at += batch) {
          const rows = pairs.slice(at, at + batch);
          complete.push(...scores.add(rows, rows.map(logitOf)).map(({ index }) => index));
        }
        expect(complete.toSorted((a, b) => a - b)).toEqual(passages.map((_, index) => index));
        const wanted = passages.map((count, index) =>
          Math.max(...Array.from({ length: count }, (_, at) => logitOf((first[index] ?? 0) + at))),
        );
        expect(scores.scored.map(({ logit }) => logit)).toEqual(wanted);
      }),
    );
  });
});
