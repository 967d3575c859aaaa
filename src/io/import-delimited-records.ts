import { createRowReader, type DelimitedRow } from './delimited-text.ts';
import { checkFields, createRecordReader, type RecordReader } from './import-records.ts';
import type { ImportPlace, ImportSink, Interpretation, RecordField } from './import-types.ts';
import { isRankingsHeader, withoutApostrophe } from './ranking-records.ts';
import { recordFields } from './record-fields.ts';
import { checkLine, type TextLine } from './text-lines.ts';

/**
 * Names of the columns of a delimited file, each once: the headers (a second `a` is `a (2)`, an
 * empty one its number), or without a header row the numbers from 1.
 */
export function columnNames(firstRow: readonly string[], hasHeader: boolean): readonly string[] {
  const names = new Set<string>();
  for (const [index, cell] of firstRow.entries()) {
    const name = (hasHeader ? cell.trim() : '') || String(index + 1);
    let unique = name;
    for (let count = 2; names.has(unique); count += 1) unique = `${name} (${count})`;
    names.add(unique);
  }
  return [...names];
}

/**
 * Reads the rows of a delimited file as records of the chosen role. Rows with too few or too many
 * cells are reported, and left out where a chosen column is missing.
 * @param cut the lines are the beginning of a file: a row that is open at their end is left out
 */
export async function readDelimitedRecords(
  batches: AsyncIterable<readonly TextLine[]>,
  interpretation: Interpretation,
  path: string,
  sink: ImportSink,
  cut: boolean,
): Promise<void> {
  const rows = createRowReader(interpretation.delimiter ?? ',');
  const table = new RowTable(interpretation, path, sink);
  for await (const lines of batches) {
    for (const line of lines) {
      if (!checkLine(line, path, sink)) continue;
      for (const row of rows.take(line)) if (!table.take(row)) return;
    }
  }
  for (const row of rows.finish(cut)) if (!table.take(row)) return;
  table.finish();
}

class RowTable {
  readonly #interpretation: Interpretation;
  readonly #path: string;
  readonly #sink: ImportSink;
  readonly #reader: RecordReader;
  #columns: ReadonlyMap<string, number> | undefined;
  /** Place of the last chosen column, from 0. */
  #lastChosen = 0;
  #record = 0;
  /** Cells that could be formulas have an apostrophe before them. */
  #neutralised = false;

  constructor(interpretation: Interpretation, path: string, sink: ImportSink) {
    const { role = 'documents', fields = {} } = interpretation;
    this.#interpretation = interpretation;
    this.#path = path;
    this.#sink = sink;
    this.#reader = createRecordReader(role, fields, sink);
  }

  /** @returns false when the file cannot be read as chosen */
  take(row: DelimitedRow): boolean {
    if (this.#columns === undefined) {
      const hasHeader = this.#interpretation.hasHeader ?? false;
      const columns = new Map(columnNames(row.cells, hasHeader).map((name, at) => [name, at]));
      this.#columns = columns;
      if (!this.#choose(columns)) return false;
      this.#neutralised = hasHeader && isRankingsHeader(row.cells);
      if (hasHeader) return true;
    }
    this.#record += 1;
    const place: ImportPlace = { path: this.#path, line: row.line, record: this.#record };
    if (row.looseQuote) this.#sink.problem('bad-line', 'note', place);
    if (this.#isWhole(row.cells, this.#columns.size, place)) {
      const columns = this.#columns;
      this.#reader.take((column) => {
        const cell = row.cells[columns.get(column) ?? -1];
        return cell !== undefined && this.#neutralised ? withoutApostrophe(cell) : cell;
      }, place);
    }
    return true;
  }

  finish(): void {
    this.#reader.finish();
  }

  #choose(columns: ReadonlyMap<string, number>): boolean {
    const { role = 'documents', fields = {} } = this.#interpretation;
    if (!checkFields(role, fields, this.#path, this.#sink)) return false;
    let found = true;
    for (const [field, column] of chosenOf(fields)) {
      const at = columns.get(column);
      if (at === undefined) {
        this.#sink.problem('field-not-chosen', 'file', { path: this.#path, subject: field });
        found = false;
      } else this.#lastChosen = Math.max(this.#lastChosen, at);
    }
    return found;
  }

  #isWhole(cells: readonly string[], width: number, place: ImportPlace): boolean {
    const isWhole = cells.length > this.#lastChosen;
    // Empty cells at the end come from spreadsheets.
    const tooMany = cells.length > width && cells.slice(width).some((cell) => cell.trim() !== '');
    if (cells.length < width || tooMany) {
      this.#sink.problem('ragged-row', isWhole ? 'note' : 'skipped', place);
    }
    return isWhole;
  }
}

function chosenOf(
  fields: NonNullable<Interpretation['fields']>,
): readonly (readonly [RecordField, string])[] {
  return recordFields.flatMap((name) => {
    const column = fields[name];
    return column === undefined ? [] : [[name, column] as const];
  });
}
