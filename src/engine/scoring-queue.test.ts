import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EncodedDocument } from './document-scores.ts';
import { queueTexts, ScoringQueue } from './scoring-queue.ts';

/** A token per character, in passages of at most 512. */
function encode(text: string): EncodedDocument {
  const passages = Array.from({ length: Math.ceil(text.length / 512) }, (_, at) => {
    const ids = new Int32Array(Math.min(512, text.length - at * 512));
    return {
      pair: { ids, passageStart: 1, passageType: 1 as const, truncated: false },
      start: at * 512,
      end: at * 512 + ids.length,
    };
  });
  return { passages, covered: true };
}

/** Different texts of these lengths. */
function textsOf(lengths: readonly number[]): string[] {
  return lengths.map((length, index) => String(index).padEnd(length, '.'));
}

interface Emptied {
  /** Tokens of each window. */
  readonly windows: readonly number[];
  /** Positions in the order in which they came. */
  readonly indexes: readonly number[];
  readonly encoded: number;
}

function emptyQueue(
  documents: readonly string[],
  { first = 1536, most = 98_304, promise = undefined as readonly number[] | undefined } = {},
): Emptied {
  let encoded = 0;
  const queue = new ScoringQueue(
    queueTexts(documents, promise),
    (text) => {
      encoded += 1;
      return encode(text);
    },
    first,
    () => most,
  );
  const windows: number[] = [];
  const indexes: number[] = [];
  while (!queue.empty) {
    while (!queue.full) queue.tokenize();
    const window = queue.take();
    windows.push(window.tokens);
    indexes.push(...window.indexesOf.flat());
    expect(window.documents).toHaveLength(window.indexesOf.length);
  }
  return { windows, indexes, encoded };
}

describe('queueTexts', () => {
  it('puts equal texts together, in the order of the request', () => {
    expect(queueTexts(['a', 'b', 'a', '__proto__'])).toEqual([
      { text: 'a', indexes: [0, 2] },
      { text: 'b', indexes: [1] },
      { text: '__proto__', indexes: [3] },
    ]);
  });

  it('begins with the highest promise, which a text may have at any of its places', () => {
    const queued = queueTexts(['a', 'b', 'c', 'a'], [-1, 2, 2, 7]);
    expect(queued).toEqual([
      { text: 'a', indexes: [0, 3] },
      { text: 'b', indexes: [1] },
      { text: 'c', indexes: [2] },
    ]);
  });
});

describe('windows', () => {
  it('are one for what fits one plan', () => {
    expect(emptyQueue(textsOf(new Array(100).fill(96))).windows).toEqual([9600]);
    expect(emptyQueue(textsOf(new Array(250).fill(96))).windows).toHaveLength(1);
  });

  it('are a small one first, then large ones, and no small rest', () => {
    const { windows } = emptyQueue(textsOf(new Array(10_000).fill(96)));
    expect(windows[0]).toBe(1536);
    expect(windows[1]).toBe(24_576);
    expect(windows.slice(2, -1)).toEqual(new Array(windows.length - 3).fill(98_304));
    expect(windows.at(-1)).toBeGreaterThan(98_304 / 2);
    expect(windows.at(-1)).toBeLessThanOrEqual(98_304 * 1.5);
  });

  it('do not wait for long documents to be tokenised all', () => {
    const { windows } = emptyQueue(textsOf(new Array(50).fill(10_000)));
    expect(windows[0]).toBe(10_000);
    expect(windows.length).toBeGreaterThan(2);
  });

  it('hold each document once, in the order of promise', () => {
    const lists = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 5000 }), (lengths, first) => {
        const documents = textsOf(lengths);
        const promise = lengths.map((length) => length % 7);
        const { indexes, windows, encoded } = emptyQueue(documents, { first, promise });
        const order = [...documents.keys()].sort(
          (a, b) => (promise[b] ?? 0) - (promise[a] ?? 0) || a - b,
        );
        if (new Set(documents).size === documents.length) expect(indexes).toEqual(order);
        expect(encoded).toBe(new Set(documents).size);
        expect(windows.length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  it('of 10,000 short texts tokenise each once and stay of one size', () => {
    const { windows, encoded } = emptyQueue(textsOf(new Array(10_000).fill(8)));
    expect(encoded).toBe(10_000);
    expect(Math.max(...windows)).toBeLessThanOrEqual(98_304 * 1.5);
  });
});

describe('the tokens of all', () => {
  it('are judged by the characters until they are known', () => {
    const documents = textsOf(new Array(1000).fill(100));
    const queue = new ScoringQueue(queueTexts(documents), encode, 1000, () => 50_000);
    expect(queue.totalTokens).toBe(0);
    while (!queue.full) queue.tokenize();
    expect(queue.totalTokens).toBe(100_000);
    while (!queue.empty) {
      queue.take();
      while (!queue.full) queue.tokenize();
    }
    expect(queue.totalTokens).toBe(100_000);
  });
});
