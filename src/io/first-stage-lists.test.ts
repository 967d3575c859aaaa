import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFirstStageLists, readFirstStageLists } from './first-stage-lists.ts';
import type { ImportSink } from './import-types.ts';

/** What a reader says, call by call, without the places of what is fine. */
async function read(value: unknown, signal?: AbortSignal): Promise<readonly unknown[][]> {
  const calls: unknown[][] = [];
  const sink: ImportSink = {
    document: (docId, title, text) => calls.push(['document', docId, title, text]),
    query: (queryId, text) => calls.push(['query', queryId, text]),
    candidate: (queryId, docId, score) => calls.push(['candidate', queryId, docId, score]),
    judgement: (...args) => calls.push(['judgement', ...args]),
    pair: (pair) => calls.push(['pair', pair]),
    problem: (code, severity, { path, record, subject }) => {
      expect(path).toBe('lists.json');
      calls.push(['problem', code, severity, record, subject]);
    },
    firstStageTag: (tag) => calls.push(['firstStageTag', tag]),
  };
  await readFirstStageLists(value, 'lists.json', sink, { signal });
  return calls;
}

const hit = { content: 'one', qid: 5, docid: 'd1', rank: 1, score: 2.5 };

describe('isFirstStageLists', () => {
  test('knows both shapes', () => {
    expect(isFirstStageLists([{ query: 'a', hits: [hit] }])).toBe(true);
    expect(isFirstStageLists([null, { query: { text: 'a', qid: 1 }, candidates: [] }])).toBe(true);
  });

  test.each([
    [null],
    [[]],
    [[1]],
    [{ query: 'a', hits: [] }],
    [[{ query: 'a', documents: [] }]],
    [[{ query: 'a', hits: 5 }]],
    [[{ hits: [] }]],
  ])('knows that others are not: %j', (value) => {
    expect(isFirstStageLists(value)).toBe(false);
  });
});

describe('readFirstStageLists', () => {
  test('reads queries, documents and candidates in order of rank', async () => {
    const second = { ...hit, docid: 7, content: 'two', rank: 2, score: 1 };
    expect(await read([{ query: 'what', hits: [second, hit] }])).toEqual([
      ['query', '5', 'what'],
      ['document', 'd1', null, 'one'],
      ['candidate', '5', 'd1', 2.5],
      ['document', '7', null, 'two'],
      ['candidate', '5', '7', 1],
    ]);
  });

  test('reads the newer shape', async () => {
    const candidates = [
      { doc: { contents: 'one', title: 'T' }, docid: 'd1', score: 1 },
      { doc: { text: 'two' }, docid: 'd2' },
      { doc: 'three', docid: 'd3', score: null },
    ];
    expect(await read([{ query: { text: 'what', qid: 'q' }, candidates }])).toEqual([
      ['query', 'q', 'what'],
      ['document', 'd1', 'T', 'one'],
      ['candidate', 'q', 'd1', 1],
      ['document', 'd2', null, 'two'],
      ['candidate', 'q', 'd2', null],
      ['document', 'd3', null, 'three'],
      ['candidate', 'q', 'd3', null],
    ]);
  });

  test('keeps the order of the list where a rank is missing', async () => {
    const { rank: _, ...unranked } = { ...hit, docid: 'd2' };
    const calls = await read([{ query: 'what', hits: [unranked, { ...hit, rank: 0 }] }]);
    const candidates = calls.filter(([name]) => name === 'candidate');
    expect(candidates.map(([, , docId]) => docId)).toEqual(['d2', 'd1']);
  });

  test('hands over a document of two queries once, and again where its text differs', async () => {
    const other = { ...hit, qid: 6 };
    const calls = await read([
      { query: 'a', hits: [hit] },
      { query: 'b', hits: [other] },
      { query: 'c', hits: [{ ...hit, qid: 7, content: 'else' }] },
    ]);
    expect(calls.filter(([name]) => name === 'document')).toEqual([
      ['document', 'd1', null, 'one'],
      ['document', 'd1', null, 'else'],
    ]);
  });

  test('knows a query without id by its text', async () => {
    const { qid: _, ...withoutId } = hit;
    expect(await read([{ query: 'what', hits: [withoutId] }])).toEqual([
      [
        'pair',
        {
          queryId: null,
          query: 'what',
          docId: 'd1',
          title: null,
          text: 'one',
          score: 2.5,
          grade: null,
        },
      ],
    ]);
    expect(await read([{ query: 'what', hits: [] }])).toEqual([['query', null, 'what']]);
  });

  test.each([
    [{ ...hit, content: undefined }, 'field-missing', 'hits[1].content'],
    [{ ...hit, content: '  ' }, 'empty-text', 'hits[1].content'],
    [{ ...hit, content: 5 }, 'wrong-type', 'hits[1].content'],
    [{ ...hit, docid: null }, 'field-missing', 'hits[1].docid'],
    [{ ...hit, docid: ' ' }, 'empty-id', 'hits[1].docid'],
    [{ ...hit, docid: {} }, 'wrong-type', 'hits[1].docid'],
    // Read from JSON as another number than was written: 12345678901234567890.
    [{ ...hit, docid: 12345678901234567000 }, 'wrong-type', 'hits[1].docid'],
    [{ ...hit, score: 'high' }, 'not-a-number', 'hits[1].score'],
    [{ ...hit, rank: 'first' }, 'not-a-number', 'hits[1].rank'],
    [{ ...hit, qid: [] }, 'wrong-type', 'hits[1].qid'],
    [{ ...hit, qid: 99 }, 'unknown-query', '99'],
    ['text', 'wrong-type', 'hits[1]'],
    [null, 'wrong-type', 'hits[1]'],
  ])('reports a broken hit and reads the others: %j', async (broken, code, subject) => {
    const calls = await read([
      { query: 'z', hits: [] },
      { query: 'q', hits: [hit, broken] },
    ]);
    expect(calls.filter(([name]) => name === 'problem')).toEqual([
      ['problem', code, 'skipped', 2, subject],
    ]);
    expect(calls.filter(([name]) => name === 'candidate')).toEqual([['candidate', '5', 'd1', 2.5]]);
  });

  test.each([
    [5, 'wrong-type', undefined],
    [{ hits: [hit] }, 'field-missing', 'query'],
    [{ query: ' ', hits: [hit] }, 'empty-text', 'query'],
    [{ query: { text: 7 }, candidates: [] }, 'wrong-type', 'query.text'],
    [{ query: 'q' }, 'field-missing', 'hits'],
    [{ query: { text: 'a', qid: '' }, candidates: [] }, 'empty-id', 'qid'],
  ])('reports a broken entry: %j', async (broken, code, subject) => {
    const calls = await read([broken, { query: 'q', hits: [hit] }]);
    expect(calls[0]).toEqual(['problem', code, 'skipped', 1, subject]);
    expect(calls.slice(1).map(([name]) => name)).toEqual(['query', 'document', 'candidate']);
  });

  test('reports a file that is no list', async () => {
    expect(await read({})).toEqual([['problem', 'wrong-shape', 'file', undefined, undefined]]);
  });

  test('stops at an abort, before it starts and between records', async () => {
    await expect(read([], AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    const controller = new AbortController();
    const entries = Array.from({ length: 20_000 }, (_, qid) => ({
      query: 'q',
      hits: [{ ...hit, qid }],
    }));
    const reading = read(entries, controller.signal);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
  });

  test('says something about every record of any JSON, and never throws', async () => {
    const entry = fc.oneof(
      fc.jsonValue(),
      fc.record({
        query: fc.oneof(fc.constant('q'), fc.jsonValue()),
        hits: fc.array(
          fc.oneof(
            fc.jsonValue(),
            fc.record({ content: fc.jsonValue(), docid: fc.jsonValue(), score: fc.jsonValue() }),
          ),
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry), async (entries) => {
        const calls = await read(entries);
        expect(calls.length).toBeGreaterThanOrEqual(entries.length);
      }),
      { numRuns: 300 },
    );
  });

  const shared = new URL('../../../shared/eval/trec-dl19/first-stage-bm25.json', import.meta.url);
  test.skipIf(!existsSync(shared))('reads the BM25 list of TREC DL 2019', async () => {
    const value: unknown = JSON.parse(readFileSync(shared, 'utf8'));
    expect(isFirstStageLists(value)).toBe(true);
    const calls = await read(value);
    const count = (name: string) => calls.filter(([called]) => called === name).length;
    expect(count('query')).toBe(43);
    expect(count('candidate')).toBe(4_300);
    expect(count('problem')).toBe(0);
    expect(calls).toContainEqual(['candidate', '264014', '5611210', 15.780599594116211]);
  });
});
