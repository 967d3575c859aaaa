import { RerankError } from '../core/errors.ts';
import { decodeBytes, decodePieces, readBytes, type TextSource } from './decode-text.ts';
import { isFirstStageLists, readFirstStageLists } from './first-stage-lists.ts';
import { readDelimitedRecords } from './import-delimited-records.ts';
import { isJsonLines, type SampledJson, sampleBytes } from './import-sample.ts';
import type { ImportPlace, ImportSink, Interpretation, ReadingCall } from './import-types.ts';
import { WatchedSink } from './import-watch.ts';
import { parseJson, readJsonRecords } from './json-records.ts';
import { forEachJsonLine, readJsonlRecords } from './jsonl-records.ts';
import { readPlainDocuments, readWholeDocument } from './plain-documents.ts';
import { isRankingsFile, readRankingsFile } from './rankings-file.ts';
import { isRerankRequest, readRerankRequest } from './rerank-request.ts';
import { isSquad, readSquad } from './squad.ts';
import { checkLine, checkText, cutLines, linesOf, type TextLine } from './text-lines.ts';
import { readTrecQrelsLine, readTrecRunLine } from './trec-files.ts';

/** A file that is read, or its beginning. */
export interface ImportSource extends TextSource {
  /** Its text as JSON, where that is known already. */
  readonly json?: SampledJson | null;
}

/**
 * Reads a file, or its beginning, as interpreted. Everything that is wrong with it goes to the sink.
 * @throws RerankError `aborted`, `file-unreadable`; `invalid-request` for a collection, which is
 * read elsewhere
 */
export async function readSource(
  source: ImportSource,
  interpretation: Interpretation,
  sink: ImportSink,
  call: ReadingCall,
): Promise<void> {
  const { path, partial } = source;
  const pieces = () => decodePieces(source, interpretation.encoding, call);
  const lines = () => cutLines(pieces(), { partial });
  switch (interpretation.format) {
    case 'plain-text': {
      const { layout = 'lines' } = interpretation;
      if (layout !== 'whole-file') {
        return readPlainDocuments(lines(), layout, path, sink, partial);
      }
      const text = await joinPieces(pieces(), path, sink);
      if (text !== null) readWholeDocument(text, path, sink);
      return;
    }
    case 'jsonl':
      return readJsonlRecords(lines(), interpretation, path, sink);
    case 'delimited':
      return readDelimitedRecords(lines(), interpretation, path, sink, partial);
    case 'trec-run':
      return readTrecLines(lines(), readTrecRunLine, path, sink);
    case 'trec-qrels':
      return readTrecLines(lines(), readTrecQrelsLine, path, sink);
    case 'json':
    case 'squad':
    case 'first-stage-lists':
    case 'rerank-request': {
      const { format, encoding } = interpretation;
      // Lists and requests also come one per line.
      const mayBeLines = format === 'first-stage-lists' || format === 'rerank-request';
      if (mayBeLines && (await consistsOfJsonLines(source, encoding))) {
        return readJsonLines(lines(), interpretation, path, sink, call);
      }
      const json = source.json ?? (await parseSource(pieces(), path, sink));
      if (json !== null) await readJson(json, interpretation, path, sink, call);
      return;
    }
    case 'collection':
      throw new RerankError(
        'invalid-request',
        `"${path}" is a collection: it is restored as a whole, not read as a file of records.`,
      );
    default: {
      const unknown: never = interpretation.format;
      throw new TypeError(`Unknown format: ${String(unknown)}`);
    }
  }
}

async function readTrecLines(
  batches: AsyncIterable<readonly TextLine[]>,
  readLine: (line: string, place: ImportPlace, sink: ImportSink) => void,
  path: string,
  sink: ImportSink,
): Promise<void> {
  let record = 0;
  for await (const lines of batches) {
    for (const line of lines) {
      if (!checkLine(line, path, sink) || line.text.trim() === '') continue;
      record += 1;
      readLine(line.text, { path, line: line.number, record }, sink);
    }
  }
}

async function readJson(
  { parsed, text, whole }: SampledJson,
  interpretation: Interpretation,
  path: string,
  sink: ImportSink,
  call: ReadingCall,
): Promise<void> {
  checkText(text, path, sink);
  if (!parsed.ok) {
    const { ok: _, ...place } = parsed;
    // A beginning without a place that is wrong may just be too short.
    if (!whole && place.line === undefined) return;
    sink.problem('json-syntax', 'file', { path, ...place });
    return;
  }
  if (interpretation.format === 'json') {
    await readJsonRecords(parsed.value, interpretation, path, sink, call);
  } else await readShape(parsed.value, interpretation, path, sink, call);
}

async function readJsonLines(
  batches: AsyncIterable<readonly TextLine[]>,
  interpretation: Interpretation,
  path: string,
  sink: ImportSink,
  call: ReadingCall,
): Promise<void> {
  await forEachJsonLine(batches, path, sink, async (value, { line, record }) => {
    const place: ImportPlace = { path, ...(line && { line }), ...(record && { record }) };
    await readShape([value], interpretation, path, new WatchedSink(sink, place), call);
    return true;
  });
}

async function readShape(
  value: unknown,
  { format, take = 'both' }: Interpretation,
  path: string,
  sink: ImportSink,
  { signal }: ReadingCall,
): Promise<void> {
  if (format === 'squad' && isSquad(value)) {
    await readSquad(value, path, take, sink, { signal });
  } else if (format === 'first-stage-lists' && isRankingsFile(value)) {
    await readRankingsFile(value, path, sink, { signal });
  } else if (format === 'first-stage-lists' && isFirstStageLists(value)) {
    await readFirstStageLists(value, path, sink, { signal });
  } else if (format === 'rerank-request' && isRerankRequest(value)) {
    await readRerankRequest(value, path, sink, { signal });
  } else sink.problem('wrong-shape', Array.isArray(value) ? 'skipped' : 'file', { path });
}

async function consistsOfJsonLines(
  { blob, path }: ImportSource,
  encoding: Interpretation['encoding'],
): Promise<boolean> {
  const cut = blob.size > sampleBytes;
  const bytes = await readBytes(blob.slice(0, sampleBytes), path);
  return isJsonLines(linesOf(decodeBytes(bytes, encoding, cut), cut), path);
}

async function parseSource(
  pieces: AsyncIterable<string>,
  path: string,
  sink: ImportSink,
): Promise<SampledJson | null> {
  const text = await joinPieces(pieces, path, sink);
  return text === null ? null : { parsed: parseJson(text), text, whole: true };
}

/** The text in one piece; null, and a problem, where that is more than a string can hold. */
async function joinPieces(
  pieces: AsyncIterable<string>,
  path: string,
  sink: ImportSink,
): Promise<string | null> {
  const parts: string[] = [];
  for await (const piece of pieces) parts.push(piece);
  try {
    return parts.join('');
  } catch {
    sink.problem('too-large', 'file', { path });
    return null;
  }
}
