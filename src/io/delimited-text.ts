import Papa, { type ParseResult } from 'papaparse';
import type { Interpretation } from './import-types.ts';
import type { TextLine } from './text-lines.ts';

/** What parts the cells of a row. */
export type Delimiter = NonNullable<Interpretation['delimiter']>;

/** A row of a delimited file. */
export interface DelimitedRow {
  readonly cells: readonly string[];
  /** Line of the file in which it begins, from 1. */
  readonly line: number;
  /**
   * A quote opens a cell and is not closed as it should be: the row is its first line alone, and
   * its quotes are part of the text.
   */
  readonly looseQuote: boolean;
}

/** Puts the rows of a delimited file together from its lines. */
export interface RowReader {
  /** @returns rows that are complete with this line; blank lines between rows are none */
  take(line: TextLine): readonly DelimitedRow[];
  /** Ends the file. @returns the rows that were still open, unless the end is a cut */
  finish(cut: boolean): readonly DelimitedRow[];
}

/**
 * Reads CSV as RFC 4180 has it, with Papa Parse: cells in quotes may hold the delimiter, line breaks
 * and doubled quotes; a quote within a cell that does not begin with one is text.
 *
 * A quote that opens a cell and is never closed would take the rest of the file for one cell. So
 * when a cell of several lines ends wrongly, or not within 10,000 lines and 4 million characters,
 * its line is read alone with the quote as text, and reading goes on with the next line. After 16
 * such lines quoted cells must end in their line: the file does not quote.
 * Source: https://www.rfc-editor.org/rfc/rfc4180
 */
export function createRowReader(delimiter: Delimiter): RowReader {
  return new QuotedRowReader(delimiter);
}

const maxCellLines = 10_000;
const maxCellLength = 4_000_000;
const maxLooseQuotes = 16;
/**
 * So often a row is tried at each line with a quote; then only where their number is odd, since an
 * even number neither opens a cell nor closes one, unless a quote stands alone in some cell.
 */
const eagerTries = 32;
/** Each try reads the row from its beginning. */
const maxTries = 256;

class QuotedRowReader implements RowReader {
  readonly #delimiter: Delimiter;
  readonly #parser: Papa.Parser;
  #open: TextLine[] = [];
  #openLength = 0;
  #tries = 0;
  #looseQuotes = 0;

  constructor(delimiter: Delimiter) {
    this.#delimiter = delimiter;
    this.#parser = new Papa.Parser({ delimiter, newline: '\n' });
  }

  take(line: TextLine): readonly DelimitedRow[] {
    const rows: DelimitedRow[] = [];
    // Lines of a row that turned out to be none are taken again, each for itself.
    const waiting = [line];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      this.#takeOne(next, rows, waiting);
    }
    return rows;
  }

  finish(cut: boolean): readonly DelimitedRow[] {
    const rows: DelimitedRow[] = [];
    while (this.#open.length > 0 && !cut) {
      const waiting: TextLine[] = [];
      this.#giveUp(rows, waiting);
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        this.#takeOne(next, rows, waiting);
      }
    }
    return rows;
  }

  #takeOne(line: TextLine, rows: DelimitedRow[], waiting: TextLine[]): void {
    const isFirst = this.#open.length === 0;
    if (isFirst && line.text.trim() === '') return;
    if (isFirst && !line.text.includes('"')) {
      const cells = line.text.split(this.#delimiter);
      rows.push({ cells, line: line.number, looseQuote: false });
      return;
    }
    const quotes = countQuotes(line.text);
    this.#open.push(line);
    this.#openLength += line.text.length;
    if (quotes > 0 && (quotes % 2 === 1 || this.#tries < eagerTries)) {
      this.#tries += 1;
      const { rows: found, faulty } = this.#parse();
      const [cells] = found;
      // Within one line a quote in the wrong place harms no other row: Papa's reading stands.
      if (cells !== undefined && found.length === 1 && (isFirst || !faulty)) {
        rows.push({ cells, line: this.#firstLine(), looseQuote: false });
        this.#reset();
        return;
      }
      if (cells !== undefined || faulty || this.#tries >= maxTries) {
        this.#giveUp(rows, waiting);
        return;
      }
    }
    const limited = this.#looseQuotes >= maxLooseQuotes;
    const tooLong = this.#open.length >= maxCellLines || this.#openLength >= maxCellLength;
    if (limited || tooLong) this.#giveUp(rows, waiting);
  }

  /** Takes the first open line as a row with its quotes as text, and hands the others back. */
  #giveUp(rows: DelimitedRow[], waiting: TextLine[]): void {
    const [first, ...others] = this.#open;
    this.#reset();
    if (first === undefined) return;
    this.#looseQuotes += 1;
    const cells = first.text.split(this.#delimiter);
    rows.push({ cells, line: first.number, looseQuote: true });
    waiting.push(...others.toReversed());
  }

  #parse(): { rows: readonly string[][]; faulty: boolean } {
    const text = this.#open.map((line, index) => {
      const isLast = index === this.#open.length - 1;
      return isLast ? line.text : line.text + line.end;
    });
    // An end of our own: a row that is not complete with it goes on in the next line.
    const { data, errors }: ParseResult<string[]> = this.#parser.parse(
      `${text.join('')}\n`,
      0,
      true,
    );
    return { rows: data, faulty: errors.length > 0 };
  }

  #firstLine(): number {
    return this.#open[0]?.number ?? 0;
  }

  #reset(): void {
    this.#open = [];
    this.#openLength = 0;
    this.#tries = 0;
  }
}

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) count += 1;
  return count;
}
