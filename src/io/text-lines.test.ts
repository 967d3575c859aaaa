import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordImport } from './import-recording.ts';
import {
  checkLine,
  checkText,
  cutLines,
  type LineOptions,
  linesOf,
  placeOf,
} from './text-lines.ts';

async function* inPieces(pieces: readonly string[]): AsyncGenerator<string> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

async function cut(pieces: readonly string[], options?: LineOptions) {
  const lines = [];
  for await (const batch of cutLines(inPieces(pieces), options)) lines.push(...batch);
  return lines;
}

const unit = fc.constantFrom('a', 'b', '中', '\n', '\r', '\r\n', '\u2028');

describe('cutLines', () => {
  it('ends lines at LF, CRLF and CR, and numbers them', async () => {
    const lines = await cut(['a\nb\r\nc\rd\u2028e\n\nf']);
    expect(lines.map(({ text, number, end }) => [text, number, end])).toEqual([
      ['a', 1, '\n'],
      ['b', 2, '\r\n'],
      ['c', 3, '\r'],
      ['d\u2028e', 4, '\n'],
      ['', 5, '\n'],
      ['f', 6, ''],
    ]);
  });

  it('does not care where the text is parted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit, maxLength: 8 })), async (pieces) => {
        const whole = pieces.join('');
        const lines = await cut(pieces);
        expect(lines.map(({ text, end }) => text + end).join('')).toBe(whole);
        expect(lines).toEqual(await cut([whole]));
        expect(lines).toEqual(linesOf(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out a last line that the end of a beginning cuts', async () => {
    expect((await cut(['a\nb'], { partial: true })).map(({ text }) => text)).toEqual(['a']);
    expect(linesOf('a\nb', true).map(({ text }) => text)).toEqual(['a']);
  });

  it('keeps no line that is too long, and goes on behind it', async () => {
    const lines = await cut(['ab\ncd', 'ef', 'gh\nij'], { maxLineLength: 4 });
    expect(lines.map(({ text, tooLong }) => [text, tooLong])).toEqual([
      ['ab', false],
      ['', true],
      ['ij', false],
    ]);
  });
});

describe('placeOf', () => {
  it('counts lines and columns from 1', () => {
    const text = 'ab\r\ncd\ref\n';
    const places = [0, 2, 4, 8, 10].map((offset) => placeOf(text, offset));
    expect(places).toEqual([
      { line: 1, column: 1 },
      { line: 1, column: 3 },
      { line: 2, column: 1 },
      { line: 3, column: 2 },
      { line: 4, column: 1 },
    ]);
  });
});

describe('checkLine and checkText', () => {
  it('tell of bytes that could not be decoded, and where', () => {
    const { sink, problems } = recordImport();
    for (const line of linesOf('fine\na��b�')) expect(checkLine(line, 'p', sink)).toBe(true);
    expect(problems).toEqual([['undecodable-bytes note', { line: 2, column: 2 }, 3]]);
  });

  it('tell of the first few in a whole text, and how many there are', () => {
    const { sink, problems } = recordImport();
    checkText('�\n�\n�\n�\nab���', 'p', sink);
    expect(problems.map(([, place]) => place)).toEqual([
      { line: 1, column: 1 },
      { line: 2, column: 1 },
      { line: 3, column: 1 },
      { line: 4, column: 1 },
      { line: 5, column: 3 },
    ]);
    expect(problems.reduce((sum, [, , count]) => sum + count, 0)).toBe(7);
  });

  it('refuse a line that is too long', () => {
    const { sink, problems } = recordImport();
    const line = { text: '', number: 7, end: '', tooLong: true } as const;
    expect(checkLine(line, 'p', sink)).toBe(false);
    expect(problems).toEqual([['too-large skipped', { line: 7 }, 1]]);
  });
});
