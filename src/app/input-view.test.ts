import { describe, expect, it } from 'vitest';
import { isStale, pastedDocuments } from './input-view.ts';
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
