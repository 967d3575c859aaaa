import { checkFields, createRecordReader } from './import-records.ts';
import type { ImportPlace, ImportSink, Interpretation } from './import-types.ts';
import { findJsonFault } from './json-fault.ts';
import { isJsonObject } from './json-fields.ts';
import { valueAt } from './record-fields.ts';
import { checkLine, type TextLine } from './text-lines.ts';

/**
 * Reads one JSON value per line: objects as records of the chosen role, texts as documents or
 * queries. A line that is no JSON is reported and left out, the others are read.
 */
export async function readJsonlRecords(
  batches: AsyncIterable<readonly TextLine[]>,
  { role = 'documents', fields = {} }: Interpretation,
  path: string,
  sink: ImportSink,
): Promise<void> {
  const reader = createRecordReader(role, fields, sink);
  let checked = false;
  await forEachJsonLine(batches, path, sink, (value, place) => {
    if (typeof value === 'string') reader.takeText(value, place);
    else if (!isJsonObject(value)) sink.problem('wrong-type', 'skipped', place);
    else {
      // Files of bare texts need no fields.
      if (!checked && !checkFields(role, fields, path, sink)) return false;
      checked = true;
      reader.take((column) => valueAt(value, column), place);
    }
    return true;
  });
  reader.finish();
}

/**
 * Calls `take` for the value of each line that is JSON, and reports the others as `bad-line`.
 * @param take returns false to end the reading
 */
export async function forEachJsonLine(
  batches: AsyncIterable<readonly TextLine[]>,
  path: string,
  sink: ImportSink,
  take: (value: unknown, place: ImportPlace) => boolean | Promise<boolean>,
): Promise<void> {
  let record = 0;
  for await (const lines of batches) {
    for (const line of lines) {
      if (!checkLine(line, path, sink) || isBlankLine(line.text)) continue;
      record += 1;
      const place: ImportPlace = { path, line: line.number, record };
      const parsed = parseLine(line.text);
      if (!parsed.ok) {
        sink.problem('bad-line', 'skipped', { ...place, column: parsed.column });
        continue;
      }
      const going = take(parsed.value, place);
      // Waiting for each line would take longer than reading it.
      if (going === false || (going !== true && !(await going))) return;
    }
  }
}

/** The values of those of the lines that are JSON. */
export function jsonValuesOf(lines: readonly TextLine[]): readonly unknown[] {
  return lines.flatMap(({ text }) => {
    const parsed = isBlankLine(text) ? null : parseLine(text);
    return parsed?.ok === true ? [parsed.value] : [];
  });
}

function parseLine(text: string): { ok: true; value: unknown } | { ok: false; column: number } {
  try {
    // Files that were put behind one another have byte order marks in the middle.
    return { ok: true, value: JSON.parse(text.replace(/^\uFEFF/u, '')) };
  } catch {
    return { ok: false, column: (findJsonFault(text) ?? 0) + 1 };
  }
}

function isBlankLine(text: string): boolean {
  return text.trim() === '';
}
