import { describe, expect, it } from 'vitest';
import { importHintOf, isStale, pastedDocuments } from './input-view.ts';
import type { Result } from './store.ts';

const input = { query: 'q', documentsText: 'one\ntwo', layout: 'auto' } as const;
const result: Pick<Result, 'query' | 'documents'> = { query: 'q', documents: ['one', 'two'] };

describe('isStale', () => {
  it('is false while the boxes hold what the result was made from', () => {
    expect(isStale(input, result)).toBe(false);
    expect(isStale({ ...input, documentsText: '["one", "two"]' }, result)).toBe(false);
    expect(isStale({ ...input, documentsText: 'one  \n\ntwo\n' }, result)).toBe(false);
  });

  it.each([
    ['another query', { query: 'q2' }],
    ['another document', { documentsText: 'one\nthree' }],
    ['one more document', { documentsText: 'one\ntwo\nthree' }],
    ['another order', { documentsText: 'two\none' }],
    ['another reading of the same text', { layout: 'blank-lines' }],
    ['a text that cannot be read', { documentsText: '["one"' }],
  ] as const)('is true for %s', (_, change) => {
    expect(isStale({ ...input, ...change }, result)).toBe(true);
  });
});

describe('pastedDocuments', () => {
  it('reads a text once, so that components may ask as often as they like', () => {
    const first = pastedDocuments(input);
    expect(pastedDocuments({ ...input })).toBe(first);
    expect(pastedDocuments({ ...input, layout: 'blank-lines' })).not.toBe(first);
  });
});

describe('a text that would better be imported', () => {
  it.each([
    ['{"_id": "1", "text": "a"}\n{"_id": "2", "text": "b"}\n', 'json-lines'],
    ['{"query": "q", "documents": ["a", "b"]}', 'json-objects'],
    ['[{"id": 7, "body": "a"}]', 'json-objects'],
    ['\uFEFF\n id\ttext\n1\ta\n2\tb\n3\tc', 'table'],
  ] as const)('%j is told by its beginning', (text, hint) => {
    expect(importHintOf(text)).toBe(hint);
  });

  it.each([
    '',
    'one line\nanother line',
    '["a", "b"]',
    '[{"text": "a"}, {"text": "b"}]',
    '[1] a footnote',
    'a\tb\nno tab here\n',
    '{curly} text',
  ])('%j is not one', (text) => {
    expect(importHintOf(text)).toBeNull();
  });
});
