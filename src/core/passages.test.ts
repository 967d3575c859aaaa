import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { foldPassages, planPassages, segmentText } from './passages.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

function partsOf(text: string, maxCharacters: number): string[] {
  return [...segmentText(text, maxCharacters)].map(({ start, end }) => text.slice(start, end));
}

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('loan', 'The', '公积金', '贷款', '。', '，', '. ', '? ', '!', '"', '”', '“'),
      fc.constantFrom(
        ' ',
        '\n',
        '\r\n',
        '\u3000',
        '😀',
        '👨‍👩‍👧',
        '🇨🇳',
        'e\u0301',
        '\ud83d',
        '\ude00',
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.integer({ min: 20, max: 80 }).map((count) => 'x'.repeat(count)),
    ),
    { maxLength: 80 },
  )
  .map((parts) => parts.join(''));

describe('segmentText', () => {
  it('cuts behind lines and sentences, with their white space and closing marks', () => {
    expect(
      partsOf('The first one. The second one?  "The third!" End\nNew line here\n\nLast', 16),
    ).toEqual([
      'The first one. ',
      'The second one? ',
      ' "The third!" ',
      'End\n',
      'New line here\n\n',
      'Last',
    ]);
    expect(partsOf('今天天气好。他说：“真的吗？！”是的……好。', 12)).toEqual([
      '今天天气好。',
      '他说：“真的吗？！”',
      '是的……',
      '好。',
    ]);
  });

  it('takes no full stop inside a number, a name or a sentence for an end', () => {
    expect(partsOf('It is 3.5 per cent. See example.com, i.e. here. So be it then.', 32)).toEqual([
      'It is 3.5 per cent. ',
      'See example.com, i.e. here. ',
      'So be it then.',
    ]);
  });

  it('keeps short lines together', () => {
    // An eighth of 80 is 10 characters.
    expect(partsOf('one\ntwo\nthree\nfour\nfive\nsix\n', 80)).toEqual([
      'one\ntwo\nthree\n',
      'four\nfive\n',
      'six\n',
    ]);
  });

  it('leaves a short line alone where the next sentence is too long to join it', () => {
    // An eighth of 32 is 4 characters.
    expect(partsOf('A. Bbbb cccc dddd eeee ffff gggg hhhh', 32)).toEqual([
      'A. ',
      'Bbbb cccc dddd eeee ffff gggg ',
      'hhhh',
    ]);
  });

  it('cuts a long sentence at a clause, else behind a word, else between characters', () => {
    expect(partsOf('aaaa bbbb cccc, dddd eeee ffff', 20)).toEqual([
      'aaaa bbbb cccc, ',
      'dddd eeee ffff',
    ]);
    expect(partsOf('住房公积金的贷款，以及办理的条件', 12)).toEqual([
      '住房公积金的贷款，',
      '以及办理的条件',
    ]);
    expect(partsOf('aaaa bbbb cccc dddd eeee', 18)).toEqual(['aaaa bbbb cccc ', 'dddd eeee']);
    // Behind white space where there is some: what a word is, engines do not agree about.
    expect(partsOf('aaaa bbbb cc-dddd eeee', 15)).toEqual(['aaaa bbbb ', 'cc-dddd eeee']);
    expect(partsOf('xxxxxxxxxx', 4)).toEqual(['xxxx', 'xxxx', 'xx']);
    // Dictionaries differ by engine; this word is in all of them.
    expect(partsOf('中国中国中国中国', 5)).toEqual(['中国中国', '中国中国']);
  });

  it('never divides a surrogate pair, nor what readers see as one character', () => {
    expect(partsOf('a😀😀', 2)).toEqual(['a', '😀', '😀']);
    expect(partsOf('😀😀', 1)).toEqual(['😀', '😀']);
    // The skin tone is a surrogate pair of its own, right behind the limit.
    expect(partsOf('xxxx👍🏽', 6)).toEqual(['xxxx', '👍🏽']);
    const family = '👨‍👩‍👧';
    expect(partsOf(`xxxxx${family}${family}`, 15)).toEqual([`xxxxx${family}`, family]);
    expect(partsOf('e\u0301'.repeat(6), 5)).toEqual([
      'e\u0301e\u0301',
      'e\u0301e\u0301',
      'e\u0301e\u0301',
    ]);
  });

  it('gives nothing for nothing', () => {
    expect(partsOf('', 10)).toEqual([]);
  });

  it('covers any text without gaps, in segments within the limit', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 64 }), (text, maxCharacters) => {
        let reached = 0;
        for (const { start, end } of segmentText(text, maxCharacters)) {
          expect(start).toBe(reached);
          expect(end).toBeGreaterThan(start);
          const segment = text.slice(start, end);
          if ([...segment].length > 1) expect(segment.length).toBeLessThanOrEqual(maxCharacters);
          expect(/[\uD800-\uDBFF]$/.test(segment) && /^[\uDC00-\uDFFF]/.test(text.slice(end))).toBe(
            false,
          );
          reached = end;
        }
        expect(reached).toBe(text.length);
      }),
      { numRuns: 500 },
    );
  });

  it('depends on no text behind the limit', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.integer({ min: 4, max: 64 }), (text, more, limit) => {
        const long = [...segmentText(text + more, limit)];
        // 2 more characters decide whether a border lies before them.
        const certain = [...segmentText(text, limit)].filter(
          ({ start }) => start + limit + 2 <= text.length,
        );
        expect(long.slice(0, certain.length)).toEqual(certain);
      }),
    );
  });

  // Were the time not linear, these would take minutes.
  it.each([
    ['blanks', ' '],
    ['one endless word', 'x'],
    ['Chinese without punctuation', '公积金贷款'],
    ['marks on one letter', '\u0301'],
    ['lines without text', '\n'],
    ['emoji', '👨‍👩‍👧'],
  ])('gets through megabytes of %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(3_000_000 / unit.length));
    let [count, reached] = [0, 0];
    for (const { end } of segmentText(text, 160)) {
      count += 1;
      reached = end;
    }
    expect(reached).toBe(text.length);
    expect(count).toBeLessThanOrEqual((2 * text.length) / 160);
  });
});

describe('planPassages', () => {
  it('fills passages and repeats the last segments of the one before', () => {
    // 4 + 3 + 3 = 10 fills the first. The overlap of at most 4 takes the last 3, then 3 + 5 = 8;
    // with the next 4 it would be 12. The overlap of 5 is too long, so the third begins anew.
    expect(planPassages([4, 3, 3, 5, 4, 4], 10, 4, 9)).toEqual({
      passages: [
        { first: 0, last: 2 },
        { first: 2, last: 3 },
        { first: 4, last: 5 },
      ],
      covered: true,
    });
    expect(planPassages([4, 3, 3], 10, 4, 9).passages).toEqual([{ first: 0, last: 2 }]);
  });

  it('gives up shared segments where nothing new would fit', () => {
    // An overlap of 3 + 3 leaves 4, too little for 7; one of 3 does.
    expect(planPassages([4, 3, 3, 7], 10, 6, 9).passages).toEqual([
      { first: 0, last: 2 },
      { first: 2, last: 3 },
    ]);
  });

  it('fills a short last passage to half of the room from the text before it', () => {
    // The last passage would be [1]; 2 + 2 more make 5, half of 10.
    expect(planPassages([2, 2, 2, 2, 2, 1], 10, 0, 9).passages).toEqual([
      { first: 0, last: 4 },
      { first: 3, last: 5 },
    ]);
    // It reaches back as far as it has room: 6 + 3 is more than 8.
    expect(planPassages([1, 6, 1, 3], 8, 0, 9).passages).toEqual([
      { first: 0, last: 2 },
      { first: 2, last: 3 },
    ]);
  });

  it('says when the most passages do not hold all', () => {
    const tokens = [5, 5, 5];
    expect(planPassages(tokens, 5, 0, 2)).toEqual({
      passages: [
        { first: 0, last: 0 },
        { first: 1, last: 1 },
      ],
      covered: false,
    });
    expect(planPassages(tokens, 5, 0, 3).covered).toBe(true);
  });

  it('gives a segment larger than the room a passage of its own', () => {
    expect(planPassages([3, 12, 3], 10, 5, 9).passages).toEqual([
      { first: 0, last: 0 },
      { first: 1, last: 1 },
      { first: 2, last: 2 },
    ]);
  });

  it('plans nothing for nothing', () => {
    expect(planPassages([], 10, 5, 9)).toEqual({ passages: [], covered: true });
  });

  it('keeps room, overlap, order and number, and leaves nothing out', () => {
    const segments = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 120 });
    const rooms = fc.integer({ min: 12, max: 60 });
    const overlaps = fc.integer({ min: 0, max: 40 });
    const most = fc.constantFrom(1, 2, 5, Number.POSITIVE_INFINITY);
    fc.assert(
      fc.property(segments, rooms, overlaps, most, (tokens, room, overlap, maxPassages) => {
        const { passages, covered } = planPassages(tokens, room, overlap, maxPassages);
        const sum = (from: number, to: number) =>
          tokens.slice(from, to).reduce((total, count) => total + count, 0);
        expect(passages.length).toBeLessThanOrEqual(maxPassages);
        let before = { first: -1, last: -1 };
        passages.forEach((passage, index) => {
          const { first, last } = passage;
          expect(first).toBeGreaterThan(before.first);
          expect(first).toBeLessThanOrEqual(before.last + 1);
          expect(last).toBeGreaterThan(before.last);
          expect(sum(first, last + 1)).toBeLessThanOrEqual(room);
          const shared = sum(first, before.last + 1);
          const isLast = last === tokens.length - 1;
          if (!isLast) {
            expect(shared).toBeLessThanOrEqual(overlap);
            expect(sum(first, last + 2)).toBeGreaterThan(room);
          } else if (shared > overlap) {
            // It reached back, and not further than to half of the room.
            expect(sum(first + 1, last + 1)).toBeLessThan(room / 2);
          } else if (index > 0 && first > before.first + 1) {
            const full = sum(first, last + 1) + (tokens[first - 1] ?? 0) > room;
            expect(full || sum(first, last + 1) >= room / 2).toBe(true);
          }
          before = passage;
        });
        expect(covered).toBe(before.last === tokens.length - 1);
        if (!covered) expect(passages).toHaveLength(maxPassages);
        // Each passage but the last has at least this many tokens that none before it has.
        const fresh = room - 12 - overlap + 1;
        if (fresh > 0) {
          expect(passages.length).toBeLessThanOrEqual(1 + sum(0, tokens.length) / fresh);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('foldPassages', () => {
  it('takes the largest logit, of equal ones that of the first passage', () => {
    expect(foldPassages([-2, 4, 1, 4], 'max')).toEqual({ logit: 4, decided: 1 });
    expect(foldPassages([-7], 'max')).toEqual({ logit: -7, decided: 0 });
    expect(foldPassages([-Infinity, -Infinity], 'max')).toEqual({ logit: -Infinity, decided: 0 });
  });

  it('takes the mean of the three largest', () => {
    // (4 + 3 + -1) / 3 = 2
    expect(foldPassages([-5, 3, -1, 4, -2], 'mean-of-top-3')).toEqual({ logit: 2, decided: 3 });
    // (3 + -1) / 2 = 1
    expect(foldPassages([-1, 3], 'mean-of-top-3')).toEqual({ logit: 1, decided: 1 });
    expect(foldPassages([-7], 'mean-of-top-3')).toEqual({ logit: -7, decided: 0 });
  });

  it('takes the first', () => {
    expect(foldPassages([-2, 4, 1], 'first')).toEqual({ logit: -2, decided: 0 });
    expect(foldPassages([-2, Number.NaN], 'first')).toEqual({ logit: -2, decided: 0 });
  });

  it('hides no passage without a number', () => {
    for (const fold of ['max', 'mean-of-top-3'] as const) {
      expect(foldPassages([5, Number.NaN, 7], fold)).toEqual({ logit: Number.NaN, decided: 1 });
    }
    expect(foldPassages([Number.NaN, 1], 'first')).toEqual({ logit: Number.NaN, decided: 0 });
  });

  it('refuses a document without passages', () => {
    for (const fold of ['max', 'mean-of-top-3', 'first'] as const) {
      expect(() => foldPassages([], fold)).toThrow(
        expect.objectContaining({ code: 'invalid-request' }),
      );
    }
  });

  it('lies between the least and the largest, which the deciding passage has', () => {
    const logits = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(logits, (all) => {
        const max = foldPassages(all, 'max');
        const mean = foldPassages(all, 'mean-of-top-3');
        expect(max.logit).toBe(Math.max(...all));
        expect(all[max.decided]).toBe(max.logit);
        expect(mean.decided).toBe(max.decided);
        expect(mean.logit).toBeLessThanOrEqual(max.logit + 1e-12);
        expect(mean.logit).toBeGreaterThanOrEqual(Math.min(...all) - 1e-12);
      }),
    );
  });
});
