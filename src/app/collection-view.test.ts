import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueryDetail, QuerySummary, RunSummary } from '../collections/collection.ts';
import {
  exportFileName,
  filterQueries,
  freeName,
  gradeCounts,
  ordersOf,
  resultOfDetail,
  scoredCount,
  stepOfKey,
  withRunUnderWay,
  withScores,
} from './collection-view.ts';

const detail: QueryDetail = {
  query: { queryId: '17', text: 'who sells seashells' },
  documents: [
    { docId: 'a', text: 'first', title: 'Shells' },
    { docId: 'b', text: 'second' },
    { docId: 'c', text: 'third' },
  ],
  firstStageScores: Float64Array.of(9, 8, 7),
  bm25Scores: Float64Array.of(1, 2, 0),
  logits: Float64Array.of(0.5, Number.NaN, Number.NaN),
  tokens: Int32Array.of(12, 0, 0),
  truncated: [true, false, false],
  grades: Float64Array.of(Number.NaN, 3, 0),
  missedRelevant: 2,
};

describe('filterQueries', () => {
  const queries: QuerySummary[] = [
    'Who sells seashells',
    'How high is Everest',
    '谁发明了电话',
  ].map((text, number) => ({
    number,
    queryId: `q-${number * 100}`,
    text,
    candidates: 10,
    judged: 0,
    relevant: 0,
  }));

  it('finds by words of the text, the id and the number from 1', () => {
    const found = (typed: string): number[] =>
      filterQueries(queries, typed).map(({ number }) => number);
    expect(found('high EVEREST')).toEqual([1]);
    expect(found('电话')).toEqual([2]);
    expect(found('q-100')).toEqual([1]);
    expect(found('3')).toEqual([2]);
    expect(found('everest seashells')).toEqual([]);
  });

  it('leaves all of them as they are for a blank', () => {
    expect(filterQueries(queries, '  ')).toBe(queries);
  });
});

describe('resultOfDetail', () => {
  it('brings texts, scores and what the collection knows', () => {
    const result = resultOfDetail(detail, { runNumber: 4, relevantFrom: 2 });
    expect(result).toMatchObject({
      runNumber: 4,
      query: 'who sells seashells',
      documents: ['first', 'second', 'third'],
      trap: null,
      done: 3,
      collection: { docIds: ['a', 'b', 'c'], titles: ['Shells', null, null], relevantFrom: 2 },
    });
    expect(result.logits).toBe(detail.logits);
    expect(result.bm25Scores).toBe(detail.bm25Scores);
    expect(result.collection?.grades).toBe(detail.grades);
    expect(result.collection?.firstStageScores).toBe(detail.firstStageScores);
  });
});

describe('withScores', () => {
  it('puts scores at their places and leaves the rest', () => {
    const scores = {
      logits: [-2, Number.NaN],
      tokens: [30, 0],
      truncated: [true, false],
    };
    const next = withScores(detail, [2, 0], scores);
    expect([...next.logits]).toEqual([0.5, Number.NaN, -2]);
    expect([...next.tokens]).toEqual([12, 0, 30]);
    expect(next.truncated).toEqual([true, false, true]);
    expect(scoredCount(next)).toBe(2);
    expect([...detail.logits]).toEqual([0.5, Number.NaN, Number.NaN]);
  });

  it('leaves out places that are not shown', () => {
    const scores = { logits: [1], tokens: [9], truncated: [false] };
    expect(withScores(detail, [3], scores).logits).toHaveLength(3);
  });
});

describe('ordersOf', () => {
  it('begins with the first stage where there is one', () => {
    expect(ordersOf(true, true)).toEqual({
      orders: ['first-stage', 'bm25', 'cross-encoder', 'both'],
      possible: ['first-stage', 'bm25', 'cross-encoder', 'both'],
      left: 'first-stage',
    });
  });

  it('offers no order of a model that has scored nothing', () => {
    expect(ordersOf(false, false).possible).toEqual(['bm25']);
    expect(ordersOf(false, false).left).toBe('bm25');
  });
});

describe('exportFileName', () => {
  it('keeps letters of any language', () => {
    expect(exportFileName('TREC DL19')).toBe('TREC DL19.crossrank.jsonl');
    expect(exportFileName('跨语言问答')).toBe('跨语言问答.crossrank.jsonl');
  });

  it('takes out what a system refuses', () => {
    expect(exportFileName('a/b\\c: "d"?')).toBe('a-b-c- -d--.crossrank.jsonl');
    expect(exportFileName('../..')).toBe('collection.crossrank.jsonl');
    expect(exportFileName('\u0000 .')).toBe('collection.crossrank.jsonl');
  });

  it('is a plain name of at most 255 bytes whatever the collection is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100, size: 'max' }), (name) => {
        const file = exportFileName(name);
        expect(new TextEncoder().encode(file).length).toBeLessThanOrEqual(255);
        expect(file).not.toMatch(/[/\\]/u);
        expect(file).not.toMatch(/^\./u);
      }),
      { numRuns: 300 },
    );
  });
});

describe('freeName', () => {
  it('counts on from what is taken', () => {
    expect(freeName('DL19', ['DL19'])).toBe('DL19 2');
    expect(freeName('DL19 2', ['DL19', 'DL19 2', 'DL19 3'])).toBe('DL19 4');
  });
});

describe('withRunUnderWay', () => {
  const run = (runId: string, doneQueries: number, scoredPairs: number): RunSummary => ({
    runId,
    kind: 'model',
    tag: 'tiny',
    createdAt: 0,
    settings: null,
    provenance: null,
    doneQueries,
    totalQueries: 9,
    scoredPairs,
    cachedPairs: 0,
    scoringMs: 0,
  });
  const [first, second] = [run('first', 9, 90), run('second', 2, 25)];

  it('puts a run first that the list does not know yet', () => {
    const begun = run('third', 0, 0);
    expect(withRunUnderWay([second, first], begun)).toEqual([begun, second, first]);
    expect(withRunUnderWay([second, first], null)).toEqual([second, first]);
  });

  it('takes the newer word on a run in its place', () => {
    const later = run('second', 3, 35);
    expect(withRunUnderWay([second, first], later)).toEqual([later, first]);
    expect(withRunUnderWay([second, first], run('second', 2, 20))).toEqual([second, first]);
  });
});

describe('gradeCounts', () => {
  it('counts the highest grade first, and what is not judged apart', () => {
    const grades = Float64Array.of(0, 3, Number.NaN, 1, 3);
    expect(gradeCounts({ grades })).toEqual({
      graded: [
        [3, 2],
        [1, 1],
        [0, 1],
      ],
      unjudged: 1,
    });
  });
});

describe('stepOfKey', () => {
  const key = (name: string, change: Partial<Record<'altKey' | 'ctrlKey', boolean>> = {}) => ({
    key: name,
    altKey: false,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    ...change,
  });

  it('goes to the next with j or Alt and down, back with k or Alt and up', () => {
    expect(stepOfKey(key('j'), 3, 10)).toBe(4);
    expect(stepOfKey(key('k'), 3, 10)).toBe(2);
    expect(stepOfKey(key('ArrowDown', { altKey: true }), 3, 10)).toBe(4);
    expect(stepOfKey(key('ArrowUp', { altKey: true }), 3, 10)).toBe(2);
  });

  it('stops at both ends', () => {
    expect(stepOfKey(key('j'), 9, 10)).toBeNull();
    expect(stepOfKey(key('k'), 0, 10)).toBeNull();
  });

  it('leaves what scrolls the page and what the browser does with keys', () => {
    expect(stepOfKey(key('ArrowDown'), 3, 10)).toBeNull();
    expect(stepOfKey(key('ArrowLeft', { altKey: true }), 3, 10)).toBeNull();
    expect(stepOfKey(key('j', { ctrlKey: true }), 3, 10)).toBeNull();
    expect(stepOfKey(key('k', { altKey: true }), 3, 10)).toBeNull();
  });
});
