import * as v from 'valibot';
import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';
import {
  type CollectionFile,
  collectionHeaderSchema,
  type FiledCandidates,
  type FiledRanking,
  type FiledRunSummary,
  readCollectionHeader,
  runSummaryEntries,
} from './collection-file.ts';
import { readBytes } from './decode-text.ts';
import type {
  ImportEncoding,
  ImportFile,
  ImportPlace,
  ImportProblemCode,
  ReadingCall,
} from './import-types.ts';
import { cutLines } from './text-lines.ts';

/** A file's collection, or what is wrong with it: one fault, and nothing of it is taken in. */
export type ReadCollection =
  | { readonly ok: true; readonly collection: CollectionFile }
  | { readonly ok: false; readonly code: ImportProblemCode; readonly place: ImportPlace };

/** Bytes that are read at once. */
const stepBytes = 4_000_000;
/** No line that this app writes is longer than a text can be. UTF-16 units. */
const maxLineLength = 400_000_000;
const maxSubjectLength = 80;

/**
 * Reads a collection's file, whole.
 * @param encoding as the file is written; this app writes UTF-8
 * @throws RerankError `aborted`, and `file-unreadable` when the file cannot be read from disk
 */
export async function readCollectionFile(
  file: ImportFile,
  encoding: ImportEncoding,
  call: ReadingCall = {},
): Promise<ReadCollection> {
  const reader = new CollectionLines();
  let line = 0;
  try {
    for await (const lines of cutLines(decodeStrictly(file, encoding, call), { maxLineLength })) {
      for (const { text, number, tooLong } of lines) {
        line = number;
        if (tooLong) throw new Fault('too-large');
        if (text.trim() !== '') reader.read(text);
      }
    }
    return { ok: true, collection: reader.finish() };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code, subject } = error;
    const place: ImportPlace = { path: file.path, line };
    const shortened = subject?.slice(0, maxSubjectLength);
    return {
      ok: false,
      code,
      place: shortened === undefined ? place : { ...place, subject: shortened },
    };
  }
}

/** What is wrong with the line that is being read. Never leaves this file. */
class Fault extends Error {
  readonly code: ImportProblemCode;
  readonly subject: string | undefined;

  constructor(code: ImportProblemCode, subject?: string) {
    super(code);
    this.code = code;
    this.subject = subject;
  }
}

const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const scoreList = v.pipe(
  v.custom<readonly (number | null)[]>(isListOf((x) => x === null || typeof x === 'number')),
  v.transform((list) => Float64Array.from(list, (score) => score ?? Number.NaN)),
);
const int32List = v.pipe(
  v.custom<readonly number[]>(isListOf((x) => typeof x === 'number' && (x | 0) === x && x >= 0)),
  v.transform((list) => Int32Array.from(list)),
);
const bitList = v.pipe(
  v.custom<readonly number[]>(isListOf((x) => x === 0 || x === 1)),
  v.transform((list) => Uint8Array.from(list)),
);
const id = v.pipe(v.string(), v.nonEmpty());

const lineSchema = v.variant('type', [
  v.object({
    type: v.literal('document'),
    docId: id,
    title: v.nullable(v.string()),
    text: v.string(),
  }),
  v.object({ type: v.literal('query'), queryId: id, text: v.string() }),
  v.object({
    type: v.literal('candidates'),
    query: wholeNumber,
    documents: int32List,
    scores: v.nullable(scoreList),
  }),
  v.object({
    type: v.literal('judgements'),
    queryId: id,
    docIds: v.array(id),
    grades: v.array(v.pipe(v.number(), v.safeInteger())),
  }),
  v.object({ type: v.literal('run'), ...runSummaryEntries }),
  v.object({
    type: v.literal('ranking'),
    run: wholeNumber,
    query: wholeNumber,
    documents: int32List,
    scores: scoreList,
    tokens: int32List,
    truncated: bitList,
    scoringMs: v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0))),
    scoredTokens: wholeNumber,
  }),
  v.object({ type: v.literal('end'), lines: wholeNumber }),
]);

type Line = v.InferOutput<typeof lineSchema>;

/** The lines so far, put together. Methods throw Fault. */
class CollectionLines {
  #header: v.InferOutput<typeof collectionHeaderSchema> | null = null;
  #lines = 0;
  #ended = false;
  readonly #docIds = new Set<string>();
  readonly #titles: (string | null)[] = [];
  readonly #texts: string[] = [];
  readonly #queries = new Map<string, string>();
  readonly #candidates: (FiledCandidates | null)[] = [];
  readonly #qrels = new Map<string, ReadonlyMap<string, number>>();
  readonly #runs: { run: FiledRunSummary; rankings: (FiledRanking | null)[] }[] = [];

  read(text: string): void {
    if (this.#header === null) {
      this.#header = readHeader(text);
    } else {
      const line = v.safeParse(lineSchema, parseJson(text));
      // After the end, or of a kind that is not known: not what this app writes.
      if (!line.success || this.#ended) throw new Fault('wrong-shape');
      this.#take(line.output);
    }
    this.#lines += 1;
  }

  finish(): CollectionFile {
    if (this.#header === null || !this.#ended) throw new Fault('wrong-shape', 'end');
    const { name, firstStageTag, counts } = this.#header;
    let candidates = 0;
    for (const given of this.#candidates) candidates += given?.documents.length ?? 0;
    let judgements = 0;
    for (const judged of this.#qrels.values()) judgements += judged.size;
    const wrong =
      counts.documents !== this.#docIds.size ||
      counts.queries !== this.#queries.size ||
      counts.candidates !== candidates ||
      counts.judgements !== judgements;
    if (wrong) throw new Fault('wrong-shape', 'counts');
    const queryCount = this.#queries.size;
    return {
      name,
      firstStageTag,
      docIds: [...this.#docIds],
      titles: this.#titles,
      texts: this.#texts,
      queries: Array.from(this.#queries, ([queryId, text]) => ({ queryId, text })),
      candidates: fill(this.#candidates, queryCount),
      qrels: this.#qrels,
      runs: this.#runs.map(({ run, rankings }) => ({ run, rankings: fill(rankings, queryCount) })),
    };
  }

  #take(line: Line): void {
    switch (line.type) {
      case 'document':
        if (this.#docIds.has(line.docId)) throw new Fault('wrong-shape', line.docId);
        this.#docIds.add(line.docId);
        this.#titles.push(line.title);
        this.#texts.push(line.text);
        return;
      case 'query':
        if (this.#queries.has(line.queryId)) throw new Fault('wrong-shape', line.queryId);
        this.#queries.set(line.queryId, line.text);
        return;
      case 'candidates': {
        const { query, documents, scores } = line;
        this.#checkPlaces(query, documents);
        const fits = scores?.length === documents.length && scores.every(Number.isFinite);
        if (scores !== null && !fits) throw new Fault('wrong-shape');
        place(this.#candidates, query, { documents, scores });
        return;
      }
      case 'judgements': {
        const { queryId, docIds, grades } = line;
        const judged = new Map(docIds.map((docId, at) => [docId, grades[at] ?? 0]));
        const fits = judged.size === grades.length && docIds.length === grades.length;
        if (!fits || this.#qrels.has(queryId)) throw new Fault('wrong-shape', queryId);
        this.#qrels.set(queryId, judged);
        return;
      }
      case 'run': {
        const { type: _, ...run } = line;
        // Imported runs have no settings, model runs have; lists of queries are made this long.
        const fits =
          (run.kind === 'model') === (run.settings !== null) &&
          run.tag.trim() !== '' &&
          run.totalQueries <= this.#queries.size;
        if (!fits) throw new Fault('wrong-shape', run.tag);
        this.#runs.push({ run, rankings: [] });
        return;
      }
      case 'ranking': {
        const { type: _, run: number, query, ...ranking } = line;
        const { run, rankings } = this.#runs[number] ?? {};
        const { length } = ranking.documents;
        // NaN is what a model has not come to yet.
        const mayBeNaN = run?.kind === 'model';
        const fits =
          ranking.scores.length === length &&
          ranking.scores.every((score) =>
            Number.isNaN(score) ? mayBeNaN : Number.isFinite(score),
          ) &&
          [0, length].includes(ranking.tokens.length) &&
          ranking.truncated.length === ranking.tokens.length;
        if (rankings === undefined || !fits) throw new Fault('wrong-shape');
        this.#checkPlaces(query, ranking.documents);
        place(rankings, query, ranking);
        return;
      }
      case 'end':
        if (line.lines !== this.#lines) throw new Fault('wrong-shape', 'end');
        this.#ended = true;
        return;
      default:
        line satisfies never;
    }
  }

  /** Documents and queries come before what refers to them. */
  #checkPlaces(query: number, documents: Int32Array): void {
    const known = documents.every((document) => document < this.#docIds.size);
    const once = new Set(documents).size === documents.length;
    if (query >= this.#queries.size || !known || !once) throw new Fault('wrong-shape');
  }
}

function readHeader(text: string): v.InferOutput<typeof collectionHeaderSchema> {
  const header = readCollectionHeader(text);
  if (header.ok) return v.parse(collectionHeaderSchema, JSON.parse(text));
  if (header.newerVersion) throw new Fault('newer-version');
  parseJson(text);
  throw new Fault('wrong-shape');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault('json-syntax');
  }
}

/** @throws Fault when there is one already. */
function place<T>(list: (T | null)[], at: number, value: T): void {
  while (list.length <= at) list.push(null);
  if (list[at] !== null) throw new Fault('wrong-shape');
  list[at] = value;
}

function fill<T>(list: readonly (T | null)[], length: number): readonly (T | null)[] {
  return Array.from({ length }, (_, at) => list[at] ?? null);
}

function isListOf(accepts: (element: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(accepts);
}

/** Strict: bytes that are no text would else be replaced in the texts without a word. */
async function* decodeStrictly(
  { blob, path }: ImportFile,
  encoding: ImportEncoding,
  { signal, onProgress }: ReadingCall,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for (let start = 0; start < blob.size; start += stepBytes) {
    await breathe();
    checkAborted(signal);
    const end = Math.min(start + stepBytes, blob.size);
    const bytes = await readBytes(blob.slice(start, end), path);
    let text: string;
    try {
      // Half a character stays in the decoder.
      text = decoder.decode(bytes, { stream: end < blob.size });
    } catch {
      throw new Fault('unreadable');
    }
    yield text;
    onProgress?.(end);
  }
}
