import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { createRowReader, type Delimiter } from './delimited-text.ts';
import { linesOf } from './text-lines.ts';

function read(text: string, delimiter: Delimiter = ',', cut = false) {
  const reader = createRowReader(delimiter);
  const rows = linesOf(text).flatMap((line) => reader.take(line));
  return [...rows, ...reader.finish(cut)];
}

const cellsOf = (text: string, delimiter?: Delimiter) =>
  read(text, delimiter).map(({ cells }) => cells);

describe('createRowReader', () => {
  it('reads quoted delimiters, line breaks and quotes', () => {
    expect(cellsOf('a,"b,c","d ""e"""\r\n"f\r\n\ng",,h\n')).toEqual([
      ['a', 'b,c', 'd "e"'],
      ['f\r\n\ng', '', 'h'],
    ]);
  });

  it('says in which line of the file a row begins', () => {
    const rows = read('a\n\n"b\nc\nd"\n\ne');
    expect(rows.map(({ line }) => line)).toEqual([1, 3, 7]);
  });

  it('takes a quote inside a cell as text', () => {
    expect(cellsOf('a,5" pipe,"x\ny",6" pipe\nb')).toEqual([
      ['a', '5" pipe', 'x\ny', '6" pipe'],
      ['b'],
    ]);
  });

  it('reads lines that end in different ways', () => {
    expect(cellsOf('a,b\r\nc,"d"\re,f\n"g",h')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
      ['g', 'h'],
    ]);
  });

  it('does not let a quote that nobody closes swallow what follows', () => {
    const rows = read('1\t"stray\n2\tplain\n3\t"quoted"\n4\tend', '\t');
    expect(rows).toEqual([
      { cells: ['1', '"stray'], line: 1, looseQuote: true },
      { cells: ['2', 'plain'], line: 2, looseQuote: false },
      { cells: ['3', 'quoted'], line: 3, looseQuote: false },
      { cells: ['4', 'end'], line: 4, looseQuote: false },
    ]);
  });

  it('gives up soon on a file that does not quote', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `${index}\t"he said\n`).join('');
    const rows = read(text, '\t');
    expect(rows).toHaveLength(20_000);
    expect(
      rows.every(({ looseQuote }, index) => looseQuote && rows[index]?.line === index + 1),
    ).toBe(true);
  });

  it('keeps quoted cells to their line once the file has shown that it does not quote', () => {
    const loose = (count: number) => '1,"a "b\n'.repeat(count);
    const last = (text: string) => cellsOf(text).slice(-2);
    expect(last(`${loose(15)}x,"c\nd"\n`).at(-1)).toEqual(['x', 'c\nd']);
    expect(last(`${loose(16)}x,"c\nd"\n`)).toEqual([['x', '"c'], ['d"']]);
    expect(last(`${loose(16)}x,"c"\n`).at(-1)).toEqual(['x', 'c']);
  });

  it('reads a cell of many lines with quotes', () => {
    const code = 'print(""x"")\nprint("")\n'.repeat(400);
    const [row] = read(`1,"${code}",end`);
    expect(row?.cells).toEqual(['1', code.replaceAll('""', '"'), 'end']);
  });

  it('leaves out a row that the end of a beginning cuts', () => {
    expect(read('a,b\n"c', ',', true)).toHaveLength(1);
    expect(read('a,b\n"c', ',', false)).toHaveLength(2);
  });

  it('reads back what Papa Parse writes', () => {
    const unit = fc.constantFrom('a', '中', '"', ',', '\t', ';', '|', ' ', '\n', '\r', '\r\n', "'");
    const cell = fc.string({ unit, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom<Delimiter>(',', '\t', ';', '|'),
        fc.constantFrom('\n', '\r\n', '\r'),
        (rows, delimiter, newline) => {
          const text = Papa.unparse(rows, { delimiter, newline, quotes: true });
          expect(cellsOf(text, delimiter)).toEqual(rows);
        },
      ),
      { numRuns: 300 },
    );
  });
});
