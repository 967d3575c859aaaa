import * as v from 'valibot';
import type { Document, Qrels, Query } from '../core/types.ts';
import type { LongDocuments } from '../engine/reranker.ts';
import type { Provenance } from './export-types.ts';
import type { ImportCounts } from './import-types.ts';

/**
 * A collection as one file of JSON lines: a header, then documents, queries, candidates,
 * judgements, runs, their rankings, and an end. Documents, queries and runs are referred to by their place
 * in the file, from 0. Two exports of the same collection are equal byte by byte.
 */
export interface CollectionFile extends CollectionFileParts {
  readonly docIds: readonly string[];
  readonly titles: readonly (string | null)[];
  readonly texts: readonly string[];
  readonly runs: readonly FiledRun[];
}

/** What is written: as `CollectionFile`, but what is large comes in bits. */
export interface CollectionFileSource extends CollectionFileParts {
  readonly documents: number;
  /** All documents, in order. */
  documentBlocks(): AsyncIterable<readonly Document[]>;
  readonly runs: readonly {
    readonly run: FiledRunSummary;
    /** Places of queries, ascending, and what the run has for them. */
    rankings(): AsyncIterable<readonly [number, FiledRanking]>;
  }[];
}

interface CollectionFileParts {
  readonly name: string;
  readonly firstStageTag: string | null;
  readonly queries: readonly Query[];
  /** By place of the query; null where none were given. */
  readonly candidates: readonly (FiledCandidates | null)[];
  readonly qrels: Qrels;
}

/** Candidates of one query, best first. */
export interface FiledCandidates {
  /** Places of documents, each once. */
  readonly documents: Int32Array;
  /** Equally long; null where only the order is known. */
  readonly scores: Float64Array | null;
}

/** A run and its rankings by place of the query; null where it has none. */
export interface FiledRun {
  readonly run: FiledRunSummary;
  readonly rankings: readonly (FiledRanking | null)[];
}

/** What a run is, but for its id, which belongs to the machine. */
export interface FiledRunSummary {
  readonly kind: 'model' | 'imported';
  readonly tag: string;
  readonly createdAt: number;
  readonly settings: {
    readonly depth: number;
    readonly queryLimit: number | null;
    readonly titles: boolean;
    readonly longDocuments: LongDocuments;
    readonly maxLength: number;
  } | null;
  readonly provenance: Provenance | null;
  readonly doneQueries: number;
  readonly totalQueries: number;
  readonly scoredPairs: number;
  readonly cachedPairs: number;
  readonly scoringMs: number;
}

/** What a run has for one query. */
export interface FiledRanking {
  readonly documents: Int32Array;
  readonly scores: Float64Array;
  /** As long as `documents`, or empty. */
  readonly tokens: Int32Array;
  readonly truncated: Uint8Array;
  readonly scoringMs: number | null;
  readonly scoredTokens: number;
}

/** What the first line of a collection's file tells. */
export type CollectionHeader =
  | { readonly ok: true; readonly name: string; readonly counts: ImportCounts }
  | { readonly ok: false; readonly newerVersion: boolean };

const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const countedFrom1 = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const measure = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Milliseconds since 1970 that a Date can hold: whoever writes any other date throws. */
const instant = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));

const provenanceSchema = v.object({
  model: v.string(),
  revision: v.string(),
  dtype: v.string(),
  device: v.string(),
  adapter: v.nullable(v.string()),
  threads: wholeNumber,
  maxLength: wholeNumber,
  longDocuments: v.string(),
  depth: wholeNumber,
  titles: v.boolean(),
  browser: v.string(),
  createdAt: instant,
});

const runSettingsSchema = v.object({
  depth: countedFrom1,
  queryLimit: v.nullable(wholeNumber),
  titles: v.boolean(),
  longDocuments: v.picklist(['max', 'mean-of-top-3', 'first', 'truncate']),
  maxLength: countedFrom1,
});

/** The fields of `FiledRunSummary`, for schemas of stored and of filed runs. */
export const runSummaryEntries = {
  kind: v.picklist(['model', 'imported']),
  tag: v.string(),
  createdAt: instant,
  settings: v.nullable(runSettingsSchema),
  provenance: v.nullable(provenanceSchema),
  doneQueries: wholeNumber,
  totalQueries: wholeNumber,
  scoredPairs: wholeNumber,
  cachedPairs: wholeNumber,
  scoringMs: measure,
};

/** Leaves out what is not filed; the fields come in this order, wherever the run was made. */
const runSummarySchema = v.object(runSummaryEntries);

/** Version of the file's layout. */
const fileVersion = 1;

/** The first line of a version 1 file. */
export const collectionHeaderSchema = v.object({
  crossrank: v.literal('collection'),
  version: v.literal(fileVersion),
  name: v.string(),
  firstStageTag: v.nullable(v.string()),
  counts: v.object({
    documents: wholeNumber,
    queries: wholeNumber,
    candidates: wholeNumber,
    judgements: wholeNumber,
  }),
});

const laterHeaderSchema = v.object({
  crossrank: v.literal('collection'),
  version: v.pipe(v.number(), v.integer(), v.minValue(fileVersion + 1)),
});

/** Understands the first line of a file, without its line break; never throws. */
export function readCollectionHeader(line: string): CollectionHeader {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { ok: false, newerVersion: false };
  }
  const header = v.safeParse(collectionHeaderSchema, json);
  if (!header.success) return { ok: false, newerVersion: v.is(laterHeaderSchema, json) };
  const { name, counts } = header.output;
  return { ok: true, name, counts };
}

/**
 * The lines of a collection's file, each with its line break. The last one tells how many there
 * are before it, so that a file that was cut short is not taken for a whole one.
 */
export async function* collectionFileLines(
  source: CollectionFileSource,
): AsyncGenerator<string, void, void> {
  let lines = 0;
  for await (const line of contentLines(source)) {
    lines += 1;
    yield line;
  }
  yield toLine({ type: 'end', lines });
}

async function* contentLines(source: CollectionFileSource): AsyncGenerator<string, void, void> {
  yield headerLine(source);
  for await (const block of source.documentBlocks()) {
    for (const { docId, title, text } of block) {
      yield toLine({ type: 'document', docId, title: title ?? null, text });
    }
  }
  for (const { queryId, text } of source.queries) yield toLine({ type: 'query', queryId, text });
  for (const [query, candidates] of source.candidates.entries()) {
    if (candidates !== null) yield candidatesLine(query, candidates);
  }
  for (const [queryId, judged] of source.qrels) {
    const docIds = [...judged.keys()];
    const grades = [...judged.values()];
    yield toLine({ type: 'judgements', queryId, docIds, grades });
  }
  for (const [number, { run, rankings }] of source.runs.entries()) {
    yield toLine({ type: 'run', ...v.parse(runSummarySchema, run) });
    for await (const [query, ranking] of rankings()) yield rankingLine(number, query, ranking);
  }
}

function headerLine(source: CollectionFileSource): string {
  const { name, firstStageTag, candidates, qrels, queries } = source;
  let candidateCount = 0;
  for (const given of candidates) candidateCount += given?.documents.length ?? 0;
  let judgements = 0;
  for (const judged of qrels.values()) judgements += judged.size;
  const counts: ImportCounts = {
    documents: source.documents,
    queries: queries.length,
    candidates: candidateCount,
    judgements,
  };
  return toLine({
    crossrank: 'collection',
    version: fileVersion,
    name,
    firstStageTag,
    counts,
  });
}

function candidatesLine(query: number, { documents, scores }: FiledCandidates): string {
  const listed = scores === null ? 'null' : toNumberList(scores);
  const places = toNumberList(documents);
  return `{"type":"candidates","query":${query},"documents":${places},"scores":${listed}}\n`;
}

function rankingLine(run: number, query: number, ranking: FiledRanking): string {
  const { documents, scores, tokens, truncated, scoringMs, scoredTokens } = ranking;
  return (
    `{"type":"ranking","run":${run},"query":${query},"documents":${toNumberList(documents)},` +
    `"scores":${toNumberList(scores)},"tokens":${toNumberList(tokens)},` +
    `"truncated":${toNumberList(truncated)},"scoringMs":${JSON.stringify(scoringMs)},` +
    `"scoredTokens":${scoredTokens}}\n`
  );
}

function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function toNumberList(numbers: Float64Array | Int32Array | Uint8Array): string {
  const words: string[] = [];
  for (const number of numbers) words.push(toNumberWord(number));
  return `[${words.join(',')}]`;
}

/**
 * A number that JSON.parse reads back to the last bit, -0 included; null for NaN. JSON has no word
 * for infinity, but a number beyond the largest double is read as one.
 */
function toNumberWord(number: number): string {
  if (Number.isNaN(number)) return 'null';
  if (Object.is(number, -0)) return '-0';
  if (Number.isFinite(number)) return String(number);
  return number > 0 ? '1e999' : '-1e999';
}
