import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeWord, type Word, wordsOf } from './words.ts';

const plain = (text: string): string[] => Array.from(wordsOf(text), ({ word }) => word);

/** What the segmenter says about the whole text at once: slow for long texts, but the truth. */
function wordsAtOnce(text: string): Word[] {
  const segments = new Intl.Segmenter('en', { granularity: 'word' }).segment(text);
  return [...segments].flatMap(({ segment, index, isWordLike }) =>
    isWordLike ? [{ word: normalizeWord(segment), start: index, end: index + segment.length }] : [],
  );
}

/** Any sequence of UTF-16 units, lone surrogates included. */
const utf16 = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0xd800, max: 0xdfff }),
      fc.integer({ min: 0x20, max: 0x7e }),
    ),
    { maxLength: 300 },
  )
  .map((units) => String.fromCharCode(...units));

describe('wordsOf', () => {
  it('finds lower-case words and leaves out white space, punctuation and emoji', () => {
    expect(plain('Hello,  WORLD! 👋 (2nd try)')).toEqual(['hello', 'world', '2nd', 'try']);
    expect(plain('')).toEqual([]);
    expect(plain(' \n\t\u3000。！👩‍👩‍👧')).toEqual([]);
  });

  it('keeps contractions, decimals and names with underscores whole', () => {
    expect(plain("don't 3.14 a_b x-y")).toEqual(["don't", '3.14', 'a_b', 'x', 'y']);
  });

  it('finds Chinese words without spaces between them', () => {
    expect(plain('如何申请贷款？')).toEqual(['如何', '申请', '贷款']);
    // The dictionary does not know 公积金: three words, the same three in query and document.
    expect(plain('公积金贷款')).toEqual(['公', '积', '金', '贷款']);
  });

  it('finds words written from right to left and words with combining marks', () => {
    expect(plain('שלום עולם')).toEqual(['שלום', 'עולם']);
    expect(plain('مرحبا بالعالم')).toEqual(['مرحبا', 'بالعالم']);
    // e and a combining accent, and the single letter, are one word.
    expect(plain('cafe\u0301 caf\u00e9')).toEqual(['caf\u00e9', 'caf\u00e9']);
  });

  it('unifies full width, ligatures and case', () => {
    expect(plain('ＡＢＣ１２ ﬁne LOAN')).toEqual(['abc12', 'fine', 'loan']);
  });

  it('counts offsets in the original text, before it is normalised', () => {
    // 👋 is two UTF-16 units and ﬁ becomes two letters.
    expect([...wordsOf('👋 ﬁne day')]).toEqual([
      { word: 'fine', start: 3, end: 6 },
      { word: 'day', start: 7, end: 10 },
    ]);
  });

  it('survives lone surrogates, which are no words', () => {
    expect(plain('a\ud800b \udc00 c\udfff')).toEqual(['a', 'b', 'c']);
  });

  it('gives bounded, ascending words that are the text they point to', () => {
    fc.assert(
      fc.property(utf16, (text) => {
        let last = 0;
        for (const { word, start, end } of wordsOf(text)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(normalizeWord(text.slice(start, end))).toBe(word);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('reads long texts in windows and finds the same words as at once', () => {
    const pieces = ["don't", '3.14', 'a.b', 'x-y', '公积金贷款怎么办理', 'สวัสดีชาวโลก', 'かな漢字'];
    const odd = ['👩‍👩‍👧', '🇨🇳🇫🇷', '\ud800', 'e\u0301', '𝐛𝐨𝐥𝐝', '"', '...', 'שלום'];
    const piece = fc.constantFrom(...pieces, ...odd);
    const separator = fc.constantFrom(' ', '，', '。', ', ', '\r\n', ' \u0301', '!');
    const text = fc
      .array(fc.tuple(piece, separator), { minLength: 150, maxLength: 800 })
      .map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(text, (long) => {
        expect([...wordsOf(long)]).toEqual(wordsAtOnce(long));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    "don't",
    '1,000.5',
    'a.b.c',
    '𝐛𝐨𝐥𝐝',
    'e\u0301\u0301x',
    '公积金贷款怎么办理',
    'สวัสดีชาวโลก',
    '🇨🇳🇫🇷',
    '__',
    '\r\n',
  ])('does not divide %j wherever the edge of a window falls on it', (odd) => {
    for (let shift = 0; shift <= 20; shift += 1) {
      const text = `${'x '.repeat(490)}${'y'.repeat(shift)} ${odd} z `;
      expect([...wordsOf(text)]).toEqual(wordsAtOnce(text));
    }
  });

  it('loses nothing of a run that is longer than a window', () => {
    for (const run of [
      '住房公积金贷款办理指南'.repeat(400),
      'a'.repeat(5000),
      `a${'𝐛'.repeat(2501)}`,
    ]) {
      const words = [...wordsOf(run)];
      expect(words.map(({ start, end }) => run.slice(start, end)).join('')).toBe(run);
      expect(words.length).toBeGreaterThan(1);
    }
  });

  it('cuts an unbroken Chinese run of any length where the dictionary would', () => {
    // 18 characters, so that the edges of the windows fall on different ones.
    const run = '住房公积金贷款办理指南和公司员工标准'.repeat(150);
    expect([...wordsOf(run)]).toEqual(wordsAtOnce(run));
  });

  it('reads 5 MB in time that grows with the length only', { timeout: 60_000 }, () => {
    const part = 'Apply 住房贷款, ';
    const repeats = Math.ceil(5_000_000 / part.length);
    let count = 0;
    for (const _ of wordsOf(part.repeat(repeats))) count += 1;
    // apply, 住房, 贷款
    expect(count).toBe(3 * repeats);
  });

  it('can be left at any word', () => {
    const [first] = wordsOf('one two three');
    expect(first).toEqual({ word: 'one', start: 0, end: 3 });
  });
});
