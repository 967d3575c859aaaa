import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImportSink } from './import-types.ts';
import { isRerankRequest, readRerankRequest } from './rerank-request.ts';

async function read(value: unknown, signal?: AbortSignal) {
  const pairs: (readonly [string, string | null, string])[] = [];
  const problems: unknown[][] = [];
  const unexpected = (): never => {
    throw new Error('not expected');
  };
  const sink: ImportSink = {
    document: unexpected,
    query: unexpected,
    candidate: unexpected,
    judgement: unexpected,
    firstStageTag: unexpected,
    pair: ({ query, title, text, ...rest }) => {
      expect(rest).toEqual({ queryId: null, docId: null, score: null, grade: null });
      pairs.push([query, title, text]);
    },
    problem: (code, severity, { path, record, subject }) => {
      expect(path).toBe('body.json');
      problems.push([code, severity, record, subject]);
    },
  };
  await readRerankRequest(value, 'body.json', sink, { signal });
  return { pairs, problems };
}

const bodies: readonly (readonly [string, Record<string, unknown>])[] = [
  ['Cohere v2', { model: 'rerank-v3.5', query: 'q', documents: ['a', 'b'], top_n: 2 }],
  ['Cohere v1', { query: 'q', documents: [{ text: 'a' }, 'b'], return_documents: false }],
  ['Jina', { model: 'jina', query: 'q', documents: [{ text: 'a' }, { text: 'b' }] }],
  ['TEI', { query: 'q', texts: ['a', 'b'], raw_scores: false }],
  ['llama.cpp', { query: 'q', documents: ['a', 'b'], top_n: 1 }],
  ['Voyage', { query: 'q', documents: ['a', 'b'], model: 'rerank-2', top_k: 3 }],
  ['Infinity', { query: 'q', documents: ['a', 'b'], return_documents: true, model: 'm' }],
];

describe('rerank requests', () => {
  test.each(bodies)('are read: %s', async (_, body) => {
    expect(isRerankRequest(body)).toBe(true);
    const ab = [
      ['q', null, 'a'],
      ['q', null, 'b'],
    ];
    expect(await read(body)).toEqual({ pairs: ab, problems: [] });
  });

  test('are read several at a time', async () => {
    const all = bodies.map(([, body]) => body);
    expect(isRerankRequest(all)).toBe(true);
    expect((await read(all)).pairs).toHaveLength(14);
  });

  test.each([
    [null],
    [[]],
    [{ query: 'q' }],
    [{ documents: [] }],
    [{ query: 5, documents: [] }],
    [['a']],
    [[{ query: 'q', hits: [] }]],
  ])('are told from other JSON: %j', (value) => {
    expect(isRerankRequest(value)).toBe(false);
  });

  test('keep the title beside the text', async () => {
    const documents = [{ title: 'T', text: 'a', year: 2019 }];
    expect((await read({ query: 'q', documents })).pairs).toEqual([['q', 'T', 'a']]);
  });

  test('turn structured documents into lines, with a note', async () => {
    const documents = [
      { name: 'Pump: big', price: 5, tags: ['a', 'b'], more: { x: null }, note: 'one\ntwo' },
      'plain',
    ];
    const text =
      'name: Pump: big\nprice: 5\ntags: ["a","b"]\nmore: {"x":null}\nnote: |\n  one\n  two';
    expect(await read({ query: 'q', documents })).toEqual({
      pairs: [
        ['q', null, text],
        ['q', null, 'plain'],
      ],
      problems: [['structured-document', 'note', 1, 'documents[0]']],
    });
  });

  test('take the fields that the body names, in its order', async () => {
    const documents = [{ text: 'a', title: 'T', secret: 's' }, { text: 'b' }];
    const { pairs, problems } = await read({
      query: 'q',
      documents,
      rank_fields: ['title', 'text'],
    });
    expect(pairs).toEqual([
      ['q', null, 'title: T\ntext: a'],
      ['q', null, 'text: b'],
    ]);
    expect(problems.map(([code]) => code)).toEqual(['structured-document', 'structured-document']);
    const plain = await read({ query: 'q', documents, rank_fields: ['text'] });
    expect(plain.problems).toEqual([]);
    expect(plain.pairs).toEqual([
      ['q', 'T', 'a'],
      ['q', null, 'b'],
    ]);
  });

  test.each([
    [5, 'wrong-type', undefined],
    [{ documents: ['a'] }, 'field-missing', 'query'],
    [{ query: ' ', documents: ['a'] }, 'empty-text', 'query'],
    [{ query: 'q' }, 'field-missing', 'documents'],
    [{ query: 'q', texts: 'a' }, 'wrong-type', 'documents'],
    [{ query: 'q', documents: [] }, 'nothing-found', 'documents'],
    [{ query: 'q', documents: [''] }, 'empty-text', 'documents[0]'],
    [{ query: 'q', texts: [null] }, 'field-missing', 'texts[0]'],
    [{ query: 'q', documents: [5] }, 'wrong-type', 'documents[0]'],
    [{ query: 'q', documents: [['a']] }, 'wrong-type', 'documents[0]'],
    [{ query: 'q', documents: [{}] }, 'empty-text', 'documents[0]'],
    [{ query: 'q', documents: [{ a: 1 }], rank_fields: ['b'] }, 'empty-text', 'documents[0]'],
  ])('report what does not fit and read the rest: %j', async (broken, code, subject) => {
    const { pairs, problems } = await read([broken, { query: 'q', documents: ['a'] }]);
    expect(pairs).toEqual([['q', null, 'a']]);
    expect(problems).toEqual([[code, 'skipped', 1, subject]]);
  });

  test('stop at an abort, before they start and between documents', async () => {
    await expect(read([], AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    const controller = new AbortController();
    const body = { query: 'q', documents: new Array<string>(20_000).fill('a') };
    const reading = read(body, controller.signal);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
  });

  test('account for every document of any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1 }), async (documents) => {
        const { pairs, problems } = await read({ query: 'q', documents });
        const skipped = problems.filter(([, severity]) => severity === 'skipped');
        expect(pairs.length + skipped.length).toBe(documents.length);
      }),
      { numRuns: 300 },
    );
  });
});
