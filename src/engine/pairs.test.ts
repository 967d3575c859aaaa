import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { type EncodeText, encodeLimited, encodePair, encodeQuery, maxQueryShare } from './pairs.ts';
import { createPairTokenizer } from './tokenizer.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

const modelUrl = new URL('../../public/models/crossrank-tiny-en-zh/', import.meta.url);
const readText = (path: string): string => readFileSync(new URL(path, modelUrl), 'utf8');
const { encode, layout } = createPairTokenizer(
  readText('tokenizer.json'),
  readText('tokenizer_config.json'),
);
// The file comes with the model; its shape is in the model's README.
const reference = JSON.parse(readText('reference-logits.json')) as {
  readonly pairs: readonly { query: string; document: string; tokens: number }[];
};

const maxLength = 512;
const separator = 3;
/** 512 less `[CLS]` and two `[SEP]`. */
const room = 509;

function pairOf(query: string, passage: string, length = maxLength) {
  return encodePair(encodeQuery(query, encode, layout, length), passage, encode, layout, length);
}

/** Text as it comes: words, Chinese, emoji, marks, markup, very long words, odd white space. */
const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('loan', 'The', 'Straße', 'naïve', 'SS', 'reranking') },
  { weight: 4, arbitrary: fc.constantFrom('公积金', '贷款', '如何', '，', '。', '龘') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('😀', '👨‍👩‍👧', '🇨🇳', '👍🏽', 'e\u0301', 'ﬁ', 'Ａ', 'مرحبا'),
  },
  { weight: 2, arbitrary: fc.constantFrom(' ', '  ', '\n', '\t', '\u00a0', '\u3000', '-', '...') },
  { weight: 1, arbitrary: fc.constantFrom('<b>', '&amp;', '[UNK]', "don't", '3,520,031') },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  { weight: 1, arbitrary: fc.integer({ min: 90, max: 400 }).map((count) => 'x'.repeat(count)) },
);
// Longer texts are read to their end only if they have enough tokens, see the cases below.
const mixedText = fc
  .tuple(fc.array(pieces, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 12 }))
  .map(([parts, times]) => `${parts.join('')}${parts.join(' ')}`.repeat(times))
  .filter((text) => text.length <= 8192);

describe('pairs of the embedded model', () => {
  it('are laid out as BERT reads them', () => {
    expect(layout).toEqual({
      prefix: [2],
      between: [separator],
      suffix: [separator],
      passageType: 1,
    });
    const [a, b] = [...encode('a'), ...encode('b')];
    const { ids, passageStart, passageType, truncated } = pairOf('a', 'b');
    expect([...ids]).toEqual([2, a, separator, b, separator]);
    expect(passageStart).toBe(3);
    expect(passageType).toBe(1);
    expect(truncated).toBe(false);
  });

  // One reference pair has neither query nor document. The tokenizer of the reference joins them
  // into one text of 2 tokens; here such a request never gets as far (`empty-query`), so a pair
  // always has its two separators.
  it.each(reference.pairs.filter(({ query }) => query !== ''))(
    'count as many tokens as the reference: $query ($tokens)',
    ({ query, document, tokens }) => {
      expect(pairOf(query, document).ids).toHaveLength(tokens);
    },
  );

  it('keep both separators around an empty passage', () => {
    for (const blank of ['', ' ', '\n\t\u3000', '\u200b']) {
      const query = encode('what is panda?');
      const { ids, passageStart, truncated } = pairOf('what is panda?', blank);
      expect([...ids]).toEqual([2, ...query, separator, separator]);
      expect(passageStart).toBe(ids.length - 1);
      expect(truncated).toBe(false);
    }
  });

  it('cut the passage alone, at its end, and keep the final separator', () => {
    const query = 'what is panda?';
    const passage = 'The giant panda is a bear. '.repeat(200);
    const { ids, passageStart, truncated } = pairOf(query, passage);
    expect(truncated).toBe(true);
    expect(ids).toHaveLength(maxLength);
    expect([...ids.subarray(1, passageStart - 1)]).toEqual(encode(query));
    expect([...ids.subarray(passageStart, -1)]).toEqual(
      encode(passage).slice(0, maxLength - passageStart - 1),
    );
    expect(ids.at(-1)).toBe(separator);
  });

  it('are marked truncated from the first token that does not fit', () => {
    // [CLS] panda [SEP] ... [SEP]
    const fits = maxLength - 3 - encode('panda').length;
    expect(pairOf('panda', '字'.repeat(fits))).toMatchObject({ truncated: false });
    expect(pairOf('panda', '字'.repeat(fits)).ids).toHaveLength(maxLength);
    expect(pairOf('panda', '字'.repeat(fits + 1))).toMatchObject({ truncated: true });
    expect(pairOf('panda', '字'.repeat(fits + 1)).ids).toHaveLength(maxLength);
  });

  it('hold query and passage apart and never grow beyond the maximum', () => {
    const lengths = fc.integer({ min: 11, max: 64 });
    fc.assert(
      fc.property(mixedText, mixedText, lengths, (query, passage, length) => {
        const { ids, passageStart, truncated } = pairOf(query, passage, length);
        const first = encode(query).slice(0, Math.floor((length - 3) * maxQueryShare));
        const second = encode(passage).slice(0, length - 3 - first.length);
        expect([...ids]).toEqual([2, ...first, separator, ...second, separator]);
        expect(passageStart).toBe(first.length + 2);
        expect(ids.length).toBeLessThanOrEqual(length);
        expect(truncated).toBe(
          first.length < encode(query).length || second.length < encode(passage).length,
        );
      }),
    );
  });

  it('refuse a maximum length that leaves no room', () => {
    expect(() => encodeQuery('a', encode, layout, 10)).toThrow(RerankError);
    expect(() => encodeQuery('a', encode, layout, 10)).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});

describe('a very long query', () => {
  it('takes three quarters of the room and leaves the rest to every passage', () => {
    const query = '公积金贷款'.repeat(300);
    const encoded = encodeQuery(query, encode, layout, maxLength);
    expect(encoded.ids).toEqual(encode(query).slice(0, Math.floor((room * 3) / 4)));
    expect(encoded.ids).toHaveLength(381);
    expect(encoded.truncated).toBe(true);

    const short = pairOf(query, 'panda');
    expect(short.truncated).toBe(true);
    expect([...short.ids.subarray(short.passageStart, -1)]).toEqual(encode('panda'));
    const long = pairOf(query, '字'.repeat(1000));
    expect(long.ids).toHaveLength(maxLength);
    expect(long.ids.length - 1 - long.passageStart).toBe(room - 381);
  });

  it('is whole up to that share', () => {
    expect(encodeQuery('字'.repeat(381), encode, layout, maxLength)).toMatchObject({
      truncated: false,
    });
    expect(encodeQuery('字'.repeat(382), encode, layout, maxLength)).toMatchObject({
      truncated: true,
    });
  });
});

describe('encodeLimited', () => {
  it('gives the first tokens of the whole text, whatever the text', () => {
    fc.assert(
      fc.property(mixedText, fc.integer({ min: 1, max: 200 }), (text, limit) => {
        const whole = encode(text);
        expect(encodeLimited(text, limit, encode)).toEqual({
          ids: whole.slice(0, limit),
          truncated: whole.length > limit,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is exact where a cut falls into a word, a surrogate pair or a joined emoji', () => {
    // 1 token of room looks at 136 characters first: begin the text so that the cut moves.
    for (let shift = 0; shift < 24; shift++) {
      for (const unit of ['😀', '👨‍👩‍👧', 'unbelievable ', 'Straße', 'e\u0301', '貸款', 'ΑΣ ']) {
        const text = 'a'.repeat(shift) + unit.repeat(400);
        const whole = encode(text);
        const limited = encodeLimited(text, 1, encode);
        expect(limited).toEqual({ ids: whole.slice(0, 1), truncated: whole.length > 1 });
      }
    }
  });

  it.each([
    ['Chinese without spaces', '住房公积金贷款办理指南'],
    ['English', 'The giant panda is a bear species endemic to China. '],
    ['emoji', '😀 👍🏽 '],
    ['punctuation', '.'],
  ])('reads no more of a megabyte than it needs: %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
    const { longestRead, encodeCounted } = countReads();
    const limited = encodeLimited(text, 400, encodeCounted);
    expect(limited.truncated).toBe(true);
    expect(limited.ids).toEqual(encode(text.slice(0, 40_000)).slice(0, 400));
    expect(longestRead()).toBeLessThan(10_000);
  });

  it('gives up on megabytes that are one word, or no word, and says so', () => {
    const unknown = encode('x'.repeat(200));
    expect(unknown).toHaveLength(1);
    for (const [text, ids] of [
      ['x'.repeat(5_000_000), unknown],
      [`${' '.repeat(5_000_000)}panda`, []],
    ] as const) {
      const { longestRead, encodeCounted } = countReads();
      expect(encodeLimited(text, 400, encodeCounted)).toEqual({ ids, truncated: true });
      expect(longestRead()).toBeLessThan(100_000);
    }
    // Up to that point all is read, so a word behind many blanks is not lost.
    expect(encodeLimited(`${' '.repeat(20_000)}panda`, 400, encode)).toEqual({
      ids: encode('panda'),
      truncated: false,
    });
  });

  it('takes half a surrogate pair for the replacement character', () => {
    for (const half of ['\ud83d', '\ude00', '\ude00\ud83d']) {
      const replaced = '\ufffd'.repeat(half.length);
      for (const text of [half, `panda ${half}`, `${half}panda`, `a${half}b`]) {
        expect(encodeLimited(text, 50, encode)).toEqual(
          encodeLimited(text.replaceAll(half, replaced), 50, encode),
        );
      }
    }
    expect(encodeLimited('😀', 50, encode).ids).toEqual(encode('😀'));
    // This tokenizer drops the replacement character; another one may not.
    const codePoints: EncodeText = (text) => Array.from(text, (c) => c.codePointAt(0) ?? 0);
    expect(encodeLimited('a\ud83d😀\ude00', 50, codePoints).ids).toEqual([
      0x61, 0xfffd, 0x1f600, 0xfffd,
    ]);
  });

  it('gives nothing for nothing', () => {
    expect(encodeLimited('', 50, encode)).toEqual({ ids: [], truncated: false });
  });
});

/** The real tokenizer, with a note of the longest text that it was given. */
function countReads(): { encodeCounted: EncodeText; longestRead: () => number } {
  let longest = 0;
  return {
    longestRead: () => longest,
    encodeCounted: (text) => {
      longest = Math.max(longest, text.length);
      return encode(text);
    },
  };
}
