import { createRowReader, type Delimiter } from './delimited-text.ts';
import { isFirstStageLists } from './first-stage-lists.ts';
import { columnNames } from './import-delimited-records.ts';
import type { FileSample } from './import-sample.ts';
import { isJsonLines } from './import-sample.ts';
import type { ImportFormat, Interpretation } from './import-types.ts';
import { isJsonObject } from './json-fields.ts';
import { findJsonRecords, jsonRecordsAt } from './json-records.ts';
import { jsonValuesOf } from './jsonl-records.ts';
import { guessLayout } from './plain-documents.ts';
import { isRankingsFile } from './rankings-file.ts';
import {
  columnsOf,
  guessFields,
  guessRecords,
  isUsualName,
  type RecordTable,
  valueAt,
} from './record-fields.ts';
import { isRerankRequest } from './rerank-request.ts';
import { isSquad } from './squad.ts';
import type { TextLine } from './text-lines.ts';
import { looksLikeTrecQrels, looksLikeTrecRun } from './trec-files.ts';

/** How a file is understood. */
export interface Recognition {
  readonly interpretation: Interpretation;
  /** False when nothing fits and the interpretation is the least bad guess. */
  readonly recognised: boolean;
  /** As `FilePreview.columns`. */
  readonly columns: readonly string[];
}

/**
 * Guesses what a file is by what it holds; its name decides only where the content fits several
 * things (`queries.jsonl`, `.tsv`), and that a readme or a hidden file is left out.
 */
export function recogniseFile(sample: FileSample): Recognition {
  const format = formatOf(sample);
  const { encoding, path } = sample;
  const recognition = completeInterpretation(sample, { format, encoding, included: true });
  const included = format !== 'plain-text' || !besideName.test(path);
  return { ...recognition, interpretation: { ...recognition.interpretation, included } };
}

/**
 * Adds to an interpretation what it leaves open and its format needs, guessed by the content. What
 * is chosen stays, also where it does not fit.
 */
export function completeInterpretation(sample: FileSample, choice: Interpretation): Recognition {
  const hasText = sample.binary === null && sample.text.trim() !== '';
  const plain = { interpretation: choice, recognised: hasText, columns: [] };
  switch (choice.format) {
    case 'plain-text': {
      const layout = choice.layout ?? guessLayout(sample.text);
      return { ...plain, interpretation: { ...choice, layout } };
    }
    case 'json':
      return completeJson(sample, choice);
    case 'jsonl': {
      const values = jsonValuesOf(sample.lines.slice(0, recordsTried));
      return completeRecords(sample, choice, tableOf(values));
    }
    case 'delimited':
      return completeDelimited(sample, choice);
    case 'squad':
      return { ...plain, interpretation: { ...choice, take: choice.take ?? 'both' } };
    case 'trec-run':
    case 'trec-qrels':
    case 'first-stage-lists':
    case 'rerank-request':
    case 'collection':
      return plain;
    default: {
      const unknown: never = choice.format;
      throw new TypeError(`Unknown format: ${String(unknown)}`);
    }
  }
}

/** True where the first line says that the file is a collection as this app exports it. */
function beginsAsCollection(text: string): boolean {
  return text.startsWith('{"crossrank":"collection"');
}

const recordsTried = 200;
const rowsTried = 100;
const delimiters: readonly Delimiter[] = ['\t', ',', ';', '|'];
const jsonName = /\.json$/iu;
const besideName =
  /(?:^|\/)(?:\.[^/]*|__MACOSX\/.*|(?:readme|licen[cs]e|copying|notice|changelog|cc-by)[^/]*)$/iu;

function formatOf(sample: FileSample): ImportFormat {
  const { text, lines, path, json } = sample;
  if (sample.binary !== null) return 'plain-text';
  if (beginsAsCollection(text)) return 'collection';
  if (json !== null) {
    const format = jsonFormatOf(sample, json.parsed.ok ? json.parsed.value : undefined);
    if (format !== undefined) return format;
  } else if (/^\s*["{]/u.test(text) && isJsonLines(lines, path)) return jsonLinesFormatOf(lines);
  const beginning = lines.slice(0, rowsTried).map((line) => line.text);
  if (looksLikeTrecRun(beginning)) return 'trec-run';
  if (looksLikeTrecQrels(beginning)) return 'trec-qrels';
  if (findDelimiter(lines, path) !== undefined) return 'delimited';
  return jsonName.test(path) ? 'json' : 'plain-text';
}

/** Undefined: it only began like JSON, as `[1] a footnote` does. */
function jsonFormatOf(sample: FileSample, value: unknown): ImportFormat | undefined {
  const { text, lines, path } = sample;
  if (value === undefined) {
    const isMeant = /^\s*(?:\[\s*["{[]|\{\s*")/u.test(text) || jsonName.test(path);
    return isMeant ? 'json' : undefined;
  }
  if (isSquad(value)) return 'squad';
  if (isFirstStageLists(value) || isRankingsFile(value)) return 'first-stage-lists';
  if (isRerankRequest(value)) return 'rerank-request';
  // A single object in a single line is a file of lines with one line.
  const isLine = isJsonObject(value) && findJsonRecords(value) === null && lines.length === 1;
  return isLine ? 'jsonl' : 'json';
}

function jsonLinesFormatOf(lines: readonly TextLine[]): ImportFormat {
  const values = jsonValuesOf(lines.slice(0, rowsTried));
  if (isFirstStageLists(values)) return 'first-stage-lists';
  return isRerankRequest(values) ? 'rerank-request' : 'jsonl';
}

function completeJson(sample: FileSample, choice: Interpretation): Recognition {
  const value = sample.json?.parsed.ok === true ? sample.json.parsed.value : undefined;
  const recordsPath = choice.recordsPath ?? findJsonRecords(value)?.path ?? '';
  const records = jsonRecordsAt(value, recordsPath) ?? [];
  const table = tableOf(records.slice(0, recordsTried));
  return completeRecords(sample, { ...choice, recordsPath }, table);
}

function completeDelimited(sample: FileSample, choice: Interpretation): Recognition {
  const { lines, path, cut } = sample;
  const delimiter = choice.delimiter ?? findDelimiter(lines, path) ?? ',';
  const rows = rowsOf(lines, delimiter, cut);
  const hasHeader = choice.hasHeader ?? looksLikeHeader(rows);
  const columns = columnNames(rows[0] ?? [], hasHeader);
  const table = { columns, rows: hasHeader ? rows.slice(1) : rows };
  return completeRecords(sample, { ...choice, delimiter, hasHeader }, table);
}

function completeRecords(
  { path }: FileSample,
  choice: Interpretation,
  table: RecordTable,
): Recognition {
  const guess = guessRecords(table, path);
  const role = choice.role ?? guess.role;
  const fields = choice.fields ?? guessFields(table, path, role);
  return {
    interpretation: { ...choice, role, fields },
    recognised: guess.sure,
    columns: table.columns,
  };
}

function tableOf(records: readonly unknown[]): RecordTable {
  const columns = columnsOf(records);
  const usable = records.filter((record) => typeof record === 'string' || isJsonObject(record));
  return { columns, rows: usable.map((record) => columns.map((name) => valueAt(record, name))) };
}

/** The delimiter that parts the lines most evenly; undefined if the text is none of a table. */
function findDelimiter(lines: readonly TextLine[], path: string): Delimiter | undefined {
  const byName = /\.(?:csv|tsv|tab)$/iu.exec(path)?.[0].toLowerCase();
  let best: { delimiter: Delimiter; share: number; width: number } | undefined;
  for (const delimiter of delimiters) {
    const rows = rowsOf(lines, delimiter, true);
    const { width, share } = usualWidth(rows);
    if (width < 2 || share < (byName === undefined ? 0.9 : 0.5)) continue;
    // Prose has commas too. Tabs it has not.
    const isTable = rows.length >= 2 && (delimiter === '\t' || hasUsualNames(rows[0] ?? []));
    if (byName === undefined && !isTable) continue;
    const isBetter =
      best === undefined || share > best.share || (share === best.share && width > best.width);
    if (isBetter) best = { delimiter, share, width };
  }
  if (best !== undefined || byName === undefined) return best?.delimiter;
  return byName === '.csv' ? ',' : '\t';
}

function rowsOf(
  lines: readonly TextLine[],
  delimiter: Delimiter,
  cut: boolean,
): readonly (readonly string[])[] {
  const reader = createRowReader(delimiter);
  const rows: (readonly string[])[] = [];
  for (const line of lines) {
    for (const row of reader.take(line)) rows.push(row.cells);
    if (rows.length >= rowsTried) return rows;
  }
  for (const row of reader.finish(cut)) rows.push(row.cells);
  return rows;
}

/** The most frequent number of cells, and how many of the rows have it, from 0 to 1. */
function usualWidth(rows: readonly (readonly string[])[]): { width: number; share: number } {
  const counts = new Map<number, number>();
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [width, count] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [0, 0];
  return { width, share: count / Math.max(rows.length, 1) };
}

function hasUsualNames(cells: readonly string[]): boolean {
  return cells.some(isUsualName) && cells.every((cell) => cell.length <= 40 && !isNumber(cell));
}

/** Usual names, or names above numbers, or short words above long texts. */
function looksLikeHeader([first = [], ...rows]: readonly (readonly string[])[]): boolean {
  if (hasUsualNames(first)) return true;
  const areNames = first.every((cell) => /^[\p{L}_][^.!?。！？]{0,30}$/u.test(cell.trim()));
  if (rows.length === 0 || !areNames || new Set(first).size < first.length) return false;
  return first.some((_, index) => {
    const cells = rows.map((row) => row[index] ?? '').filter((cell) => cell.trim() !== '');
    if (cells.length === 0) return false;
    return cells.every(isNumber) || cells.every((cell) => cell.length > 40);
  });
}

function isNumber(cell: string): boolean {
  return cell.trim() !== '' && Number.isFinite(Number(cell));
}
