import { RerankError } from '../core/errors.ts';
import type { ExportedFile, ExportedRun, ExportFormat, ExportOptions } from './export-types.ts';
import { promptContext } from './prompt-context.ts';
import { rankingsCsv, rankingsJson, rankingsJsonl } from './ranking-records.ts';
import { rerankResponses } from './rerank-responses.ts';
import { trecRunText } from './trec-run-file.ts';

/**
 * Writes a run in one of the export formats. The file is called after `name` and the system, for
 * example `dl19.cross-encoder.run`, without anything that a file system refuses; letters of every
 * script stay.
 * @param name of the collection or the query
 * @throws RerankError `invalid-request` for a `topK` that is no whole number from 1, a score that
 *   is not finite, and for `trec-run` an empty id
 */
export function exportRun(
  run: ExportedRun,
  format: ExportFormat,
  options: ExportOptions,
  name: string,
): ExportedFile {
  checkRun(run, options.topK);
  const { extension, mediaType } = fileTypes[format];
  return {
    name: `${fileNamePart(name)}.${fileNamePart(run.system)}${extension}`,
    mediaType,
    text: writeRun(run, format, options),
  };
}

const json = 'application/json';

const fileTypes: Readonly<
  Record<ExportFormat, { readonly extension: string; readonly mediaType: string }>
> = {
  'trec-run': { extension: '.run', mediaType: 'text/plain;charset=utf-8' },
  json: { extension: '.json', mediaType: json },
  jsonl: { extension: '.jsonl', mediaType: 'application/x-ndjson' },
  csv: { extension: '.csv', mediaType: 'text/csv;charset=utf-8' },
  cohere: { extension: '.cohere.json', mediaType: json },
  jina: { extension: '.jina.json', mediaType: json },
  tei: { extension: '.tei.json', mediaType: json },
  voyage: { extension: '.voyage.json', mediaType: json },
  markdown: { extension: '.md', mediaType: 'text/markdown;charset=utf-8' },
};

function writeRun(run: ExportedRun, format: ExportFormat, options: ExportOptions): string {
  const { topK, texts = true, rawScores = false } = options;
  switch (format) {
    case 'trec-run':
      return trecRunText(keepTop(run, topK));
    case 'json':
      return rankingsJson(keepTop(run, topK), texts);
    case 'jsonl':
      return rankingsJsonl(keepTop(run, topK), texts);
    case 'csv':
      return rankingsCsv(keepTop(run, topK), texts);
    case 'markdown':
      return promptContext(keepTop(run, topK));
    case 'cohere':
    case 'jina':
    case 'tei':
    case 'voyage':
      // Not cut before: what the model has read is counted over all documents.
      return rerankResponses(run, format, topK, rawScores);
    default: {
      const unknown: never = format;
      throw new TypeError(`Unknown export format: ${String(unknown)}`);
    }
  }
}

function checkRun(run: ExportedRun, topK: number | null): void {
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1)) {
    throw new RerankError(
      'invalid-request',
      `Documents per query must be a whole number from 1, not ${topK}; change it, or export all.`,
    );
  }
  for (const { query, documents } of run.rankings) {
    const odd = documents.find(({ score }) => !Number.isFinite(score));
    if (odd !== undefined) {
      throw new RerankError(
        'invalid-request',
        `The score of document "${odd.docId}" for query "${query.queryId}" is ${odd.score}, which no file format can hold; rank again before exporting.`,
      );
    }
  }
}

function keepTop(run: ExportedRun, topK: number | null): ExportedRun {
  if (topK === null) return run;
  return {
    ...run,
    rankings: run.rankings.map(({ query, documents }) => ({
      query,
      documents: documents.slice(0, topK),
    })),
  };
}

/** File systems take 255 bytes: two parts of 120, two dots and the longest extension fit. */
const longestPartBytes = 120;
const refusedByWindows = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

function fileNamePart(name: string): string {
  const safe = name.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-');
  const part = trimMarks(cutToBytes(trimMarks(safe), longestPartBytes));
  if (part === '') return 'ranking';
  return refusedByWindows.test(part) ? `${part}-` : part;
}

/** A dot in front hides a file, one at the end is dropped by Windows. */
function trimMarks(name: string): string {
  return name.replace(/^[._-]+/, '').replace(/(?<![._-])[._-]+$/, '');
}

function cutToBytes(text: string, most: number): string {
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(most);
  return text.slice(0, encoder.encodeInto(text, buffer).read);
}
