import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bm25Scores, createBm25Index } from './bm25.ts';
import { findTermMatches } from './term-matches.ts';
import { wordsOf } from './words.ts';

const marked = (text: string, query: string): string[] =>
  findTermMatches(text, query).map(({ start, end }) => text.slice(start, end));

/** Texts of a few words in two scripts, so that query and text often share some. */
const words = ['Loan', 'loan', 'ＬＯＡＮ', 'rate', '公积金', '贷款', '申请', '，', '👋', '\ud800'];
const someText = fc
  .array(fc.tuple(fc.constantFrom(...words), fc.constantFrom('', ' ', '-')), { maxLength: 40 })
  .map((parts) => parts.flat().join(''));

describe('findTermMatches', () => {
  it('finds the words of the query in whatever case they are written', () => {
    expect(findTermMatches('A Loan: how a LOAN works', 'loan')).toEqual([
      { start: 2, end: 6 },
      { start: 14, end: 18 },
    ]);
  });

  it('marks whole words only', () => {
    expect(marked('loans, loaned, a loan', 'loan')).toEqual(['loan']);
  });

  it('merges Chinese words that touch, and not those apart', () => {
    expect(marked('住房公积金贷款，贷款', '公积金贷款')).toEqual(['公积金贷款', '贷款']);
  });

  it('gives offsets of the original text around emoji and wide letters', () => {
    expect(findTermMatches('👋👋 ＬＯＡＮ', 'loan')).toEqual([{ start: 5, end: 9 }]);
    expect(marked('قرض سكني', 'قرض')).toEqual(['قرض']);
  });

  it('takes markup as text', () => {
    expect(marked('<script>alert(1)</script>', 'alert')).toEqual(['alert']);
  });

  it('finds nothing where the query has no words', () => {
    expect(findTermMatches('anything 👋 ...', '👋 ...')).toEqual([]);
    expect(findTermMatches('', 'loan')).toEqual([]);
    expect(findTermMatches('loan', '')).toEqual([]);
  });

  it('covers exactly the words that are in the query, in order and apart', () => {
    fc.assert(
      fc.property(someText, someText, (text, query) => {
        const matches = findTermMatches(text, query);
        let last = -1;
        for (const { start, end } of matches) {
          expect(start).toBeGreaterThan(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          last = end;
        }
        const queryWords = new Set(Array.from(wordsOf(query), ({ word }) => word));
        let covered = 0;
        for (const { word, start, end } of wordsOf(text)) {
          const inside = matches.some((match) => match.start <= start && end <= match.end);
          expect(inside).toBe(queryWords.has(word));
          if (inside) covered += end - start;
        }
        // No match reaches beyond its words.
        expect(matches.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(covered);
      }),
    );
  });

  it('marks something exactly where BM25 gives a score', () => {
    fc.assert(
      fc.property(fc.array(someText, { minLength: 1, maxLength: 8 }), someText, (texts, query) => {
        const scores = bm25Scores(createBm25Index(texts), query);
        const isMarked = texts.map((text) => findTermMatches(text, query).length > 0);
        expect(Array.from(scores, (score) => score > 0)).toEqual(isMarked);
      }),
    );
  });
});
