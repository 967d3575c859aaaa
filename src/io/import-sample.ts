import { checkAborted } from '../models/abort.ts';
import { decodeBytes, decodePieces, detectEncoding, readBytes } from './decode-text.ts';
import { type BinaryContent, findBinaryContent } from './import-binary.ts';
import { parseJsonBeginning } from './import-json-beginning.ts';
import type { ImportEncoding, ImportFile, ReadingCall } from './import-types.ts';
import { findJsonFault } from './json-fault.ts';
import { type ParsedJson, parseJson } from './json-records.ts';
import { jsonValuesOf } from './jsonl-records.ts';
import { linesOf, placeOf, type TextLine } from './text-lines.ts';

/** The beginning of a file, by which it is recognised and previewed; the whole, if it is small. */
export interface FileSample {
  readonly path: string;
  /** Bytes of the beginning, at most `sampleBytes`. */
  readonly blob: Blob;
  readonly encoding: ImportEncoding;
  readonly text: string;
  /** Whole lines of `text`. */
  readonly lines: readonly TextLine[];
  /** The file goes on. */
  readonly cut: boolean;
  /** Null for text. */
  readonly binary: BinaryContent | null;
  /** As one JSON value; of a large file the beginning, cut where it can be. */
  readonly json: SampledJson | null;
}

/** The JSON of a sample. */
export interface SampledJson {
  readonly parsed: ParsedJson;
  /** What was parsed. */
  readonly text: string;
  /** It is all that the file holds. */
  readonly whole: boolean;
}

/** Size of the beginning that is looked at: 1 MB. */
export const sampleBytes = 2 ** 20;
/** Up to this size JSON is looked at whole, since its beginning may hold no record: 30 MB. */
const wholeJsonBytes = 30 * 2 ** 20;

/**
 * Reads the beginning of a file.
 * @param encoding how its characters are written; null: told from the bytes
 * @param asJson read it as JSON whatever it looks like
 * @throws RerankError `aborted`, `file-unreadable`
 */
export async function takeSample(
  file: ImportFile,
  encoding: ImportEncoding | null,
  asJson: boolean,
  call: ReadingCall,
): Promise<FileSample> {
  const { path, blob } = file;
  checkAborted(call.signal);
  const head = await readBytes(blob.slice(0, sampleBytes), path);
  checkAborted(call.signal);
  const cut = head.length < blob.size;
  const written = encoding ?? detectEncoding(head, cut);
  const binary = findBinaryContent(head, written === 'utf-16le' || written === 'utf-16be');
  const text = binary === null ? decodeBytes(head, written, cut) : '';
  const lines = linesOf(text, cut);
  const sample = { path, blob: blob.slice(0, sampleBytes), encoding: written, text, lines, cut };
  const isJson = binary === null && (asJson || (beginsAsJson(text) && !isJsonLines(lines, path)));
  if (!isJson) return { ...sample, binary, json: null };
  if (!cut || blob.size > wholeJsonBytes) {
    return { ...sample, binary, json: cut ? parseBeginning(text) : parseWhole(text) };
  }
  let whole = '';
  const source = { path, blob, partial: false };
  for await (const piece of decodePieces(source, written, { signal: call.signal })) whole += piece;
  return { ...sample, binary, json: parseWhole(whole) };
}

/**
 * True where at least two of the first lines, and at least half of them, are each a JSON object or
 * text; by the file's name (`.jsonl`, `.ndjson`) where one line is all there is to see.
 */
export function isJsonLines(lines: readonly TextLine[], path: string): boolean {
  const written = lines.filter(({ text }) => text.trim() !== '').slice(0, linesTried);
  const whole = jsonValuesOf(written.filter(({ text }) => /^\s*["{]/u.test(text))).length;
  if (whole >= 2 && whole * 2 >= written.length) return true;
  return jsonLinesName.test(path) && (whole > 0 || written.length === 0);
}

const linesTried = 20;
const jsonLinesName = /\.(?:jsonl|ndjson|jsonlines)$/iu;

function beginsAsJson(text: string): boolean {
  return /^\s*[[{]/u.test(text);
}

function parseWhole(text: string): SampledJson {
  return { parsed: parseJson(text), text, whole: true };
}

function parseBeginning(text: string): SampledJson {
  const value = parseJsonBeginning(text);
  if (value !== undefined) return { parsed: { ok: true, value }, text, whole: false };
  const fault = findJsonFault(text);
  const atEnd = fault === undefined || fault >= text.length;
  return { parsed: { ok: false, ...(atEnd ? {} : placeOf(text, fault)) }, text, whole: false };
}
