import { describe, expect, it } from 'vitest';
import { checkCall, checkLoadOptions, checkRequest, checkTuning } from './request.ts';
import type { CallOptions, LoadOptions, RerankRequest } from './reranker.ts';

/** Calls it as plain JavaScript does: with anything. */
function check(request: unknown): void {
  // The point of these tests: the declared type is not to be believed.
  checkRequest(request as RerankRequest);
}

function failure(request: unknown): unknown {
  try {
    check(request);
  } catch (error) {
    return error;
  }
  return null;
}

describe('checkRequest', () => {
  it('accepts any strings, blank documents and odd ones included', () => {
    const documents = ['', ' ', '\ud800', '👋', '<script>', 'a'];
    expect(failure({ query: 'a', documents })).toBeNull();
    expect(failure({ query: '\ud800', documents, topK: 1 })).toBeNull();
    expect(failure({ query: ' 。', documents, topK: undefined })).toBeNull();
    expect(failure({ query: 'a', documents, topK: 1e9 })).toBeNull();
    expect(failure({ query: 'a', documents: ['a', 'b'], promise: [-1e9, 0.5] })).toBeNull();
    expect(failure({ query: 'a', documents, promise: undefined, remember: false })).toBeNull();
  });

  it.each(['', ' ', '\n\t\u3000\u00a0\ufeff'])('calls the query %j empty', (query) => {
    expect(failure({ query, documents: ['a'] })).toMatchObject({ code: 'empty-query' });
  });

  it('wants at least one document', () => {
    expect(failure({ query: 'a', documents: [] })).toMatchObject({ code: 'no-documents' });
  });

  it.each([
    [undefined, 'The request is missing'],
    [null, 'The request is null'],
    ['cat', 'The request is a string'],
    [{}, 'The query is missing'],
    [{ query: 7, documents: ['a'] }, 'The query is a number'],
    [{ query: ['a'], documents: ['a'] }, 'The query is an array'],
    [{ query: 'a' }, 'The documents are missing'],
    [{ query: 'a', documents: 'a' }, 'The documents are a string'],
    [{ query: 'a', documents: { 0: 'a', length: 1 } }, 'The documents are an object'],
    [{ query: 'a', documents: ['a', null, 3] }, 'Document 1 (from 0) is null'],
    [{ query: 'a', documents: ['a', { text: 'b' }] }, 'Document 1 (from 0) is an object'],
    [{ query: 'a', documents: new Array(2) }, 'Document 0 (from 0) is missing'],
    [{ query: 'a', documents: ['a'], topK: 0 }, 'topK is 0'],
    [{ query: 'a', documents: ['a'], topK: 1.5 }, 'topK is 1.5'],
    [{ query: 'a', documents: ['a'], topK: Number.NaN }, 'topK is NaN'],
    [{ query: 'a', documents: ['a'], topK: Infinity }, 'topK is Infinity'],
    [{ query: 'a', documents: ['a'], topK: '3' }, 'topK is a string'],
    [{ query: 'a', documents: ['a'], topK: null }, 'topK is null'],
    [{ query: 'a', documents: ['a'], promise: 1 }, 'The promise is a number'],
    [{ query: 'a', documents: ['a'], promise: null }, 'The promise is null'],
    [
      { query: 'a', documents: ['a'], promise: [1, 2] },
      'The promise has 2 numbers for 1 documents',
    ],
    [
      { query: 'a', documents: ['a', 'b'], promise: [1, Number.NaN] },
      'The promise of document 1 (from 0) is NaN',
    ],
    [
      { query: 'a', documents: ['a', 'b'], promise: [Infinity, 1] },
      'The promise of document 0 (from 0) is Infinity',
    ],
    [
      { query: 'a', documents: ['a', 'b'], promise: new Array(2) },
      'The promise of document 0 (from 0) is missing',
    ],
    [
      { query: 'a', documents: ['a'], promise: ['1'] },
      'The promise of document 0 (from 0) is a string',
    ],
    [{ query: 'a', documents: ['a'], remember: 0 }, 'remember is a number'],
  ])('refuses %j and says why', (request, reason) => {
    expect(failure(request)).toMatchObject({
      name: 'RerankError',
      code: 'invalid-request',
      message: expect.stringContaining(`${reason}; `),
    });
  });
});

describe('checkTuning', () => {
  it('accepts what batches can be planned with', () => {
    expect(() => checkTuning({ tokenBudget: 1, overheadTokens: 0 })).not.toThrow();
    expect(() => checkTuning({ tokenBudget: 768, overheadTokens: 12.5 })).not.toThrow();
  });

  it.each([
    [0, 1],
    [-5, 1],
    [1.5, 1],
    [Number.NaN, 1],
    [Infinity, 1],
    [768, -1],
    [768, Number.NaN],
    [768, Infinity],
  ])('refuses a budget of %d with %d a batch', (tokenBudget, overheadTokens) => {
    expect(() => checkTuning({ tokenBudget, overheadTokens })).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});

describe('checkLoadOptions', () => {
  it('accepts the three choices and none', () => {
    for (const options of [
      {},
      { device: 'auto' },
      { device: 'webgpu' },
      { device: 'wasm' },
    ] as const) {
      expect(() => checkLoadOptions(options)).not.toThrow();
    }
  });

  it.each(['cpu', '', 7, null])('refuses %j and names the choices', (device) => {
    // As plain JavaScript may call it.
    const options = { device } as unknown as LoadOptions;
    expect(() => checkLoadOptions(options)).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        message: expect.stringContaining("'auto', 'webgpu' or 'wasm'"),
      }),
    );
  });
});

describe('checkCall', () => {
  it('accepts a signal and a listener, or neither', () => {
    expect(() => checkCall({})).not.toThrow();
    const { signal } = new AbortController();
    expect(() => checkCall({ signal, onEvent: () => undefined })).not.toThrow();
  });

  it.each([
    [{ signal: {} }, 'The signal is an object'],
    [{ signal: 5 }, 'The signal is a number'],
    [{ onEvent: 'x' }, 'onEvent is a string'],
  ])('refuses %j', (call, message) => {
    // As plain JavaScript may call it.
    expect(() => checkCall(call as unknown as CallOptions)).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        message: expect.stringContaining(message),
      }),
    );
  });
});
