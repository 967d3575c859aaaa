import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImportSink } from './import-types.ts';
import { isSquad, readSquad } from './squad.ts';

type Take = 'both' | 'questions' | 'paragraphs';

async function read(value: unknown, take: Take = 'both', signal?: AbortSignal) {
  const calls: unknown[][] = [];
  const sink: ImportSink = {
    document: (docId, title, text) => calls.push(['document', docId, title, text]),
    query: (queryId, text) => calls.push(['query', queryId, text]),
    candidate: (...args) => calls.push(['candidate', ...args]),
    judgement: (queryId, docId, grade) => calls.push(['judgement', queryId, docId, grade]),
    pair: (pair) => calls.push(['pair', pair]),
    problem: (code, severity, { path, record, subject }) => {
      expect(path).toBe('x.json');
      calls.push(['problem', code, severity, record, subject]);
    },
    firstStageTag: (tag) => calls.push(['firstStageTag', tag]),
  };
  await readSquad(value, 'x.json', take, sink, { signal });
  return calls;
}

const small = {
  version: '1.1',
  data: [
    { title: 'A', paragraphs: [{ context: 'a1', qas: [{ id: 'q1', question: 'why' }] }] },
    { paragraphs: [{ context: 'b1' }, { context: 'b2', qas: [{ id: 2, question: 'how' }] }] },
  ],
};

describe('isSquad', () => {
  test('knows the layout', () => {
    expect(isSquad(small)).toBe(true);
    for (const other of [null, [], {}, { data: [] }, { data: [1] }, { data: [{ text: 'a' }] }]) {
      expect(isSquad(other)).toBe(false);
    }
  });
});

describe('readSquad', () => {
  const documents = [
    ['document', '1.1', 'A', 'a1'],
    ['document', '2.1', null, 'b1'],
    ['document', '2.2', null, 'b2'],
  ];
  const questions = [
    ['query', 'q1', 'why'],
    ['judgement', 'q1', '1.1', 1],
    ['query', '2', 'how'],
    ['judgement', '2', '2.2', 1],
  ];

  test('takes paragraphs as documents and questions as queries judged for them', async () => {
    const calls = await read(small);
    expect(calls.filter(([name]) => name === 'document')).toEqual(documents);
    expect(calls.filter(([name]) => name !== 'document')).toEqual(questions);
  });

  test('takes only one of the two', async () => {
    expect(await read(small, 'paragraphs')).toEqual(documents);
    expect(await read(small, 'questions')).toEqual(questions);
  });

  test('does not judge a question that its paragraph does not answer', async () => {
    const qas = [{ id: 'q', question: 'why', is_impossible: true }];
    const value = { data: [{ paragraphs: [{ context: 'a', qas }] }] };
    expect(await read(value, 'questions')).toEqual([['query', 'q', 'why']]);
  });

  test.each([
    [{ data: [5] }, 'wrong-type', undefined, 'data[0]'],
    [{ data: [{}] }, 'field-missing', undefined, 'data[0].paragraphs'],
    [{ data: [{ paragraphs: {} }] }, 'wrong-type', undefined, 'data[0].paragraphs'],
    [{ data: [{ paragraphs: [null] }] }, 'wrong-type', 1, 'data[0].paragraphs[0]'],
    [{ data: [{ paragraphs: [{}] }] }, 'field-missing', 1, 'data[0].paragraphs[0].context'],
    [
      { data: [{ paragraphs: [{ context: ' ' }] }] },
      'empty-text',
      1,
      'data[0].paragraphs[0].context',
    ],
    [
      { data: [{ paragraphs: [{ context: 'a', qas: 1 }] }] },
      'wrong-type',
      1,
      'data[0].paragraphs[0].qas',
    ],
  ])('reports what does not fit: %j', async (value, code, record, subject) => {
    const calls = await read(value);
    expect(calls.filter(([name]) => name === 'problem')).toEqual([
      ['problem', code, 'skipped', record, subject],
    ]);
  });

  test.each([
    [7, 'wrong-type', ''],
    [{ question: 'why' }, 'field-missing', '.id'],
    [{ id: ' ', question: 'why' }, 'empty-id', '.id'],
    [{ id: 'a' }, 'field-missing', '.question'],
    [{ id: 'a', question: '' }, 'empty-text', '.question'],
  ])('reports a broken question and reads the others: %j', async (broken, code, field) => {
    const qas = [broken, { id: 'good', question: 'how' }];
    const calls = await read({ data: [{ paragraphs: [{ context: 'a', qas }] }] }, 'questions');
    expect(calls).toEqual([
      ['problem', code, 'skipped', 1, `data[0].paragraphs[0].qas[0]${field}`],
      ['query', 'good', 'how'],
      ['judgement', 'good', '1.1', 1],
    ]);
  });

  test('reports a file of another shape', async () => {
    expect(await read([])).toEqual([['problem', 'wrong-shape', 'file', undefined, 'data']]);
  });

  test('stops at an abort, before it starts and between paragraphs', async () => {
    await expect(read(small, 'both', AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    });
    const controller = new AbortController();
    const paragraphs = Array.from({ length: 20_000 }, () => ({ context: 'a' }));
    const reading = read({ data: [{ paragraphs }] }, 'both', controller.signal);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
  });

  test('never throws, whatever JSON it is given', async () => {
    const paragraph = fc.record({ context: fc.jsonValue(), qas: fc.jsonValue() });
    const article = fc.oneof(fc.jsonValue(), fc.record({ paragraphs: fc.array(paragraph) }));
    await fc.assert(
      fc.asyncProperty(fc.array(article), async (data) => {
        const calls = await read({ data });
        const paragraphs = data.flatMap((entry) =>
          typeof entry === 'object' && entry !== null && 'paragraphs' in entry
            ? entry.paragraphs
            : [],
        );
        if (Array.isArray(paragraphs)) {
          expect(calls.length).toBeGreaterThanOrEqual(paragraphs.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  const shared = new URL('../../../shared/eval/xquad/xquad.en.json', import.meta.url);
  test.skipIf(!existsSync(shared))('reads XQuAD in English', async () => {
    const value: unknown = JSON.parse(readFileSync(shared, 'utf8'));
    expect(isSquad(value)).toBe(true);
    const calls = await read(value);
    const count = (name: string) => calls.filter(([called]) => called === name).length;
    expect(count('document')).toBe(240);
    expect(count('query')).toBe(1_190);
    expect(count('judgement')).toBe(1_190);
    expect(count('problem')).toBe(0);
  });
});
