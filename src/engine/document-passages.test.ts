import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { encodePassages, type PassageLimits } from './document-passages.ts';
import { type EncodeText, encodePair, encodeQuery } from './pairs.ts';
import { createPairTokenizer } from './tokenizer.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

const modelUrl = new URL('../../public/models/crossrank-tiny-en-zh/', import.meta.url);
const readText = (path: string): string => readFileSync(new URL(path, modelUrl), 'utf8');
const { encode, layout } = createPairTokenizer(
  readText('tokenizer.json'),
  readText('tokenizer_config.json'),
);

const english =
  'The giant panda is a bear species endemic to China. It eats bamboo, and little else. ' +
  'Its numbers were, for a long time, falling! Are they still? Since 2016 it is “vulnerable”. ';
const chinese =
  '大熊猫是中国特有的熊科动物。它几乎只吃竹子，很少吃别的东西。“数量在增加吗？”有人问。' +
  '住房公积金贷款的办理，需要准备身份证、收入证明和购房合同；具体要求因城市而异！';
const mixed = `${english}\n\n${chinese}\nPanda（熊猫）costs 3.5元, see example.com。 😀👨‍👩‍👧\n`;

/** A text in which each sentence has a number, so that no two are equal. */
function numbered(text: string, times: number): string {
  return Array.from({ length: times }, (_, index) => `${index}: ${text}`).join('');
}

function passagesOf(
  text: string,
  limits: Partial<PassageLimits> = {},
  query = 'what is panda?',
  encodeText: EncodeText = encode,
) {
  const maxLength = limits.maxLength ?? 128;
  const encoded = encodeQuery(query, encode, layout, maxLength);
  return encodePassages(encoded, text, encodeText, layout, { ...limits, maxLength });
}

function pairOf(query: string, passage: string, maxLength: number) {
  return encodePair(
    encodeQuery(query, encode, layout, maxLength),
    passage,
    encode,
    layout,
    maxLength,
  );
}

/** Characters of a text that are in no passage, white space aside. */
function leftOut(text: string, passages: readonly { start: number; end: number }[]): string {
  let reached = 0;
  let left = '';
  for (const { start, end } of passages) {
    left += text.slice(reached, start);
    reached = end;
  }
  return (left + text.slice(reached)).trim();
}

describe('a document that fits', () => {
  it.each(['', '  \n', 'panda', english, chinese, mixed])(
    'is one passage, the pair of the whole text: %j',
    (text) => {
      expect(passagesOf(text, { maxLength: 512 })).toEqual({
        passages: [{ pair: pairOf('what is panda?', text, 512), start: 0, end: text.length }],
        covered: true,
      });
    },
  );

  it('is whole up to the last token of room', () => {
    const room = 128 - 3 - encode('what is panda?').length;
    expect(passagesOf('字'.repeat(room)).passages).toHaveLength(1);
    expect(passagesOf('字'.repeat(room)).passages[0]?.pair.truncated).toBe(false);
    expect(passagesOf('字'.repeat(room + 1)).passages).toHaveLength(2);
  });
});

describe('a long document', () => {
  it.each([
    ['English', numbered(english, 40)],
    ['Chinese', numbered(chinese, 40)],
    ['mixed', numbered(mixed, 40)],
    ['Chinese without punctuation', chinese.replace(/\P{Script=Han}/gu, '').repeat(40)],
    ['words on lines', 'panda\nbear\nbamboo\nChina\n'.repeat(200)],
  ])('is read in full passages that overlap: %s', (_, text) => {
    for (const maxLength of [128, 512]) {
      const room = maxLength - pairOf('what is panda?', '', maxLength).ids.length;
      const { passages, covered } = passagesOf(text, { maxLength, maxPassages: 1000 });
      expect(covered).toBe(true);
      expect(leftOut(text, passages)).toBe('');
      passages.forEach(({ pair, start, end }, index) => {
        expect(pair).toEqual(pairOf('what is panda?', text.slice(start, end), maxLength));
        expect(pair.truncated).toBe(false);
        const next = passages[index + 1];
        if (next === undefined) return;
        // The next segment, no more than a quarter, did not fit.
        expect(pair.ids.length).toBeGreaterThan(maxLength - room / 4);
        expect(next.start).toBeLessThan(end);
        if (index + 2 === passages.length) return;
        const shared = encode(text.slice(next.start, end)).length;
        expect(shared).toBeLessThanOrEqual(Math.min(80, Math.floor(room / 4)));
      });
    }
  });

  it('begins and ends its passages with sentences where they are short', () => {
    const text = numbered('Bears eat. ', 200);
    for (const overlapTokens of [0, 1, 80]) {
      const { passages } = passagesOf(text, { overlapTokens });
      expect(passages.length).toBeGreaterThan(5);
      for (const { start, end } of passages) {
        expect(text.slice(start, end)).toMatch(/^\d+: .* Bears eat\. $/);
      }
    }
  });

  it('shares nothing where no overlap is wanted, save by the last passage', () => {
    const { passages } = passagesOf(numbered(english, 20), { overlapTokens: 0 });
    passages.slice(1, -1).forEach(({ start }, index) => {
      expect(start).toBe(passages[index]?.end);
    });
  });

  it('shares no more than a quarter of the room, however much is wanted', () => {
    const text = numbered(english, 20);
    expect(passagesOf(text, { overlapTokens: 5000 })).toEqual(
      passagesOf(text, { overlapTokens: 29 }),
    );
    expect(passagesOf(text, { overlapTokens: 10 })).not.toEqual(
      passagesOf(text, { overlapTokens: 29 }),
    );
  });

  it('says when the query was cut, and still reads all of the document', () => {
    const query = '公积金贷款'.repeat(100);
    const text = numbered(mixed, 4);
    const { passages, covered } = passagesOf(text, {}, query);
    expect(covered).toBe(true);
    expect(leftOut(text, passages)).toBe('');
    const unlimited = encode(text).length;
    let tokens = 0;
    for (const { pair, start, end } of passages) {
      expect(pair).toEqual(pairOf(query, text.slice(start, end), 128));
      expect(pair.truncated).toBe(true);
      expect(pair.ids.length - 1 - pair.passageStart).toBe(encode(text.slice(start, end)).length);
      tokens += pair.ids.length - 1 - pair.passageStart;
    }
    expect(tokens).toBeGreaterThanOrEqual(unlimited);
  });

  it('is read from its beginning as far as the most passages go', () => {
    const text = numbered(english, 100);
    const all = passagesOf(text, { maxPassages: Number.POSITIVE_INFINITY });
    const some = passagesOf(text, { maxPassages: 3 });
    expect(all.covered).toBe(true);
    expect(some.covered).toBe(false);
    expect(some.passages).toEqual(all.passages.slice(0, 3));
    expect(passagesOf(text).passages).toHaveLength(32);
    const exact = passagesOf(text, { maxPassages: all.passages.length });
    expect(exact).toEqual(all);
  });

  it('loses no text, whatever the text, and cuts no passage', () => {
    const pieces = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('loan ', 'The ', 'Straße', 'naïve ', '. ', '? ') },
      { weight: 4, arbitrary: fc.constantFrom('公积金', '贷款', '，', '。', '龘', '\n', '\u3000') },
      {
        weight: 2,
        arbitrary: fc.constantFrom('😀', '👨‍👩‍👧', 'e\u0301', 'ﬁ', '3,520,031', '\ud83d'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
      { weight: 1, arbitrary: fc.integer({ min: 50, max: 300 }).map((n) => 'xyz'.repeat(n)) },
      { weight: 1, arbitrary: fc.integer({ min: 100, max: 900 }).map((n) => ' '.repeat(n)) },
    );
    const texts = fc
      .tuple(fc.array(pieces, { minLength: 20, maxLength: 60 }), fc.integer({ min: 3, max: 12 }))
      .map(([parts, times]) => parts.join('').repeat(times));
    const limits = fc.record({
      maxLength: fc.integer({ min: 64, max: 160 }),
      overlapTokens: fc.integer({ min: 0, max: 40 }),
    });
    fc.assert(
      fc.property(texts, limits, (text, { maxLength, overlapTokens }) => {
        const { passages, covered } = passagesOf(text, {
          maxLength,
          overlapTokens,
          maxPassages: 10_000,
        });
        expect(covered).toBe(true);
        expect(leftOut(text, passages)).toBe('');
        let before = { start: -1, end: -1 };
        for (const passage of passages) {
          expect(passage.pair.truncated).toBe(false);
          expect(passage.pair.ids.length).toBeLessThanOrEqual(maxLength);
          expect(passage.start).toBeGreaterThan(before.start);
          expect(passage.end).toBeGreaterThan(before.end);
          // Blanks may be left out, and are no tokens here.
          const tokens = encode(
            text.slice(passage.start, passage.end).replace(/\p{Surrogate}/gu, ''),
          );
          const { ids, passageStart } = passage.pair;
          expect([...ids.subarray(passageStart, -1)]).toEqual(tokens);
          before = passage;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('cuts no passage where a whole has more tokens than its parts', () => {
    // A tokenizer that adds a token for every 50 characters of its text: short parts have none.
    const growing: EncodeText = (text) => [
      ...Array.from(text, (character) => character.codePointAt(0) ?? 0),
      ...Array.from({ length: Math.floor(text.length / 50) }, () => 1),
    ];
    for (const [unit, overlapTokens] of [
      ['panda ', 20],
      ['字', 0],
      ['ab. ', 5],
    ] as const) {
      const text = unit.repeat(500);
      const { passages, covered } = passagesOf(
        text,
        { maxLength: 256, overlapTokens, maxPassages: 1000 },
        'panda',
        growing,
      );
      expect(covered).toBe(true);
      expect(leftOut(text, passages)).toBe('');
      for (const { pair, start, end } of passages) {
        expect(pair.truncated).toBe(false);
        expect([...pair.ids.subarray(pair.passageStart, -1)]).toEqual(
          growing(text.slice(start, end)),
        );
      }
    }
  });

  it('cuts a single character only where it has more tokens than the room', () => {
    const bytes: EncodeText = (text) => [...new TextEncoder().encode(text)];
    // A query of 6 tokens leaves 2 of the least room, 8.
    const query = '公积金贷款公';
    const { passages } = passagesOf('a😀b', { maxLength: 11 }, query, bytes);
    expect(passages.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1, 3],
      [3, 4],
    ]);
    expect(passages.map(({ pair }) => [...pair.ids.subarray(pair.passageStart, -1)])).toEqual([
      bytes('a'),
      bytes('😀').slice(0, 2),
      bytes('b'),
    ]);
    expect(passages.map(({ pair }) => pair.truncated)).toEqual([false, true, false]);
    const many = passagesOf('😀'.repeat(10), { maxLength: 11, maxPassages: 3 }, query, bytes);
    expect(many.passages).toHaveLength(3);
    expect(many.covered).toBe(false);
  });

  it('leaves long blanks out', () => {
    const blanks = ' '.repeat(100_000);
    const text = `${blanks}panda${blanks}bear${blanks}`;
    const { passages, covered } = passagesOf(text);
    expect(covered).toBe(true);
    expect(passages.map(({ pair }) => pair)).toEqual([
      pairOf('what is panda?', 'panda\nbear', 128),
    ]);
    expect(leftOut(text, passages)).toBe('');
    // What stood apart stays apart: this segment has no blank of its own at its end.
    const word = 'x'.repeat(160);
    expect(passagesOf(`${word}${blanks}${word}`).passages.map(({ pair }) => pair)).toEqual([
      pairOf('what is panda?', `${word} ${word}`, 128),
    ]);
    expect(passagesOf(blanks)).toEqual({
      passages: [{ pair: pairOf('what is panda?', '', 128), start: 0, end: blanks.length }],
      covered: true,
    });
  });

  it.each([
    ['English', english],
    ['Chinese', chinese],
    ['one endless word', 'x'],
    ['marks that are no tokens', '\u200b'],
    ['blanks with a letter now and then', `${' '.repeat(500)}a`],
  ])('of megabytes costs no more than its passages: %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(5_000_000 / unit.length));
    let read = 0;
    const counting: EncodeText = (part) => {
      read += part.length;
      return encode(part);
    };
    const { passages, covered } = passagesOf(text, { maxPassages: 8 }, 'panda', counting);
    expect(covered).toBe(false);
    expect(passages).toHaveLength(8);
    // 124 tokens of room and at most 32 characters each: read whole once, in segments, as passages.
    expect(read).toBeLessThan(4 * 8 * 124 * 32);
  });

  it('refuses limits that make no passages', () => {
    for (const limits of [
      { maxPassages: 0 },
      { maxPassages: 2.5 },
      { maxPassages: Number.NaN },
      { overlapTokens: -1 },
      { overlapTokens: Number.NaN },
      { maxLength: 10 },
    ]) {
      expect(() => passagesOf(english, { maxLength: 128, ...limits })).toThrow(
        expect.objectContaining({ code: 'invalid-request' }),
      );
    }
  });
});
