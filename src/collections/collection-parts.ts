import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';
import type { Query } from '../core/types.ts';
import { readRecord } from './collection-records.ts';
import { type CollectionStorage, recordsBelow, type StorageKey } from './collection-storage.ts';
import type { CollectionContent, StoredCandidates, StoredRunQuery } from './stored-collection.ts';

/** One record of a set: its key within the set, and what is kept under it. */
export interface Part {
  readonly key: StorageKey;
  readonly value: object;
  /** How much there is to write, roughly. */
  readonly bytes: number;
}

/** All of a collection but its documents' texts and titles. */
export interface SmallParts extends Omit<CollectionContent, 'titles' | 'texts' | 'firstStageTag'> {
  /** Place of the first document of each block of documents, and after the last the end. */
  readonly blockStarts: Int32Array;
}

/** Titles and texts of some documents in a row, equally long. */
export interface DocumentBlock {
  readonly titles: readonly (string | null)[];
  readonly texts: readonly string[];
}

/** A record is about so large: many small ones are slow, a large one is read whole for a bit. */
const maxPartLength = 1_000_000;
const maxBlockDocuments = 256;
const maxPartRecords = 20_000;
/** Records that are read at once. */
const pageSize = 16;

/** The parts of a collection's content, in the order in which they are to be written. */
export function* contentParts(content: CollectionContent): Generator<Part, void, void> {
  const { docIds, titles, texts, queries, candidates, qrels } = content;
  const blockStarts = [0];
  const lengthAt = (at: number): number => (titles[at]?.length ?? 0) + (texts[at]?.length ?? 0);
  for (const [number, [from, to]] of cut(texts.length, maxBlockDocuments, lengthAt)) {
    const value = { version: 1, titles: titles.slice(from, to), texts: texts.slice(from, to) };
    yield { key: ['documents', number], value, bytes: 2 * sumOf(lengthAt, from, to) };
    blockStarts.push(to);
  }
  const starts = Int32Array.from(blockStarts);
  const startsPart = { version: 1, blockStarts: starts };
  yield { key: ['block-starts', 0], value: startsPart, bytes: starts.byteLength };

  const idLengthAt = (at: number): number => docIds[at]?.length ?? 0;
  for (const [number, [from, to]] of cut(docIds.length, maxPartRecords, idLengthAt)) {
    const value = { version: 1, docIds: docIds.slice(from, to) };
    yield { key: ['doc-ids', number], value, bytes: 2 * sumOf(idLengthAt, from, to) };
  }

  const queryLengthAt = (at: number): number =>
    (queries[at]?.queryId.length ?? 0) + (queries[at]?.text.length ?? 0);
  for (const [number, [from, to]] of cut(queries.length, maxPartRecords, queryLengthAt)) {
    const some = queries.slice(from, to);
    const value = {
      version: 1,
      queryIds: some.map(({ queryId }) => queryId),
      texts: some.map(({ text }) => text),
    };
    yield { key: ['queries', number], value, bytes: 2 * sumOf(queryLengthAt, from, to) };
  }

  // 12 bytes each, as a character of a text has two.
  const candidatesAt = (at: number): number => 6 * (candidates[at]?.documents.length ?? 0);
  for (const [number, [from, to]] of cut(queries.length, maxPartRecords, candidatesAt)) {
    const value = { version: 1, ...packCandidates(candidates.slice(from, to), to - from) };
    yield { key: ['candidates', number], value, bytes: 2 * sumOf(candidatesAt, from, to) };
  }

  const judged = [...qrels];
  const judgementsAt = (at: number): number => 16 * (judged[at]?.[1].size ?? 0);
  for (const [number, [from, to]] of cut(judged.length, maxPartRecords, judgementsAt)) {
    const some = judged.slice(from, to);
    const value = {
      version: 1,
      queryIds: some.map(([queryId]) => queryId),
      lengths: Int32Array.from(some, ([, grades]) => grades.size),
      docIds: some.flatMap(([, grades]) => [...grades.keys()]),
      grades: Float64Array.from(some.flatMap(([, grades]) => [...grades.values()])),
    };
    yield { key: ['judgements', number], value, bytes: 2 * sumOf(judgementsAt, from, to) };
  }
}

/** The part with what a run has for one query. */
export function rankingPart(queryNumber: number, ranking: StoredRunQuery): Part {
  const { documents, scores, tokens, truncated, scoringMs, scoredTokens } = ranking;
  return {
    key: ['ranking', queryNumber],
    value: { version: 1, documents, scores, tokens, truncated, scoringMs, scoredTokens },
    bytes: 17 * documents.length,
  };
}

/** @throws RerankError `storage-unavailable` where a part is damaged or of a later version */
export async function readSmallParts(
  storage: CollectionStorage,
  setId: string,
): Promise<SmallParts> {
  const docIds: string[] = [];
  const queries: Query[] = [];
  const candidates: (StoredCandidates | null)[] = [];
  const qrels = new Map<string, ReadonlyMap<string, number>>();
  const of = <T>(kind: string, schema: v.GenericSchema<unknown, T>): AsyncGenerator<T> =>
    partsOf(storage, [setId, kind], schema);

  for await (const part of of('doc-ids', docIdsSchema))
    for (const id of part.docIds) docIds.push(id);
  for await (const { queryIds, texts } of of('queries', queriesSchema)) {
    for (const [at, queryId] of queryIds.entries())
      queries.push({ queryId, text: texts[at] ?? '' });
  }
  for await (const part of of('candidates', candidatesSchema)) {
    for (const given of unpackCandidates(part)) candidates.push(given);
  }
  for await (const part of of('judgements', judgementsSchema)) {
    let from = 0;
    for (const [at, queryId] of part.queryIds.entries()) {
      const to = from + (part.lengths[at] ?? 0);
      const grades = part.grades.subarray(from, to);
      const ids = part.docIds.slice(from, to);
      qrels.set(queryId, new Map(ids.map((docId, place) => [docId, grades[place] ?? 0])));
      from = to;
    }
  }
  const { blockStarts } = readPart(
    await storage.get('parts', [setId, 'block-starts', 0]),
    blockStartsSchema,
  );
  return { docIds, queries, candidates, qrels, blockStarts };
}

/** @throws as `readSmallParts`, and where the block is not there (any more) */
export async function readDocumentBlock(
  storage: CollectionStorage,
  setId: string,
  number: number,
): Promise<DocumentBlock> {
  return readPart(await storage.get('parts', [setId, 'documents', number]), documentsSchema);
}

/** Null where there is none. @throws as `readSmallParts` */
export async function readRanking(
  storage: CollectionStorage,
  setId: string,
  queryNumber: number,
): Promise<StoredRunQuery | null> {
  const value = await storage.get('parts', [setId, 'ranking', queryNumber]);
  return value === undefined ? null : readPart(value, rankingSchema);
}

/** All rankings of a set by query number, ascending. @throws as `readSmallParts` */
export async function* readRankings(
  storage: CollectionStorage,
  setId: string,
): AsyncGenerator<readonly [number, StoredRunQuery], void, void> {
  for await (const { key, value } of recordsBelow(storage, 'parts', [setId, 'ranking'], 256)) {
    yield [Number(key[2]), readPart(value, rankingSchema)];
  }
}

/** The error of a collection that cannot be read as it lies there. */
export function damagedError(problem: 'newer-version' | 'damaged'): RerankError {
  return new RerankError(
    'storage-unavailable',
    problem === 'newer-version'
      ? 'A later version of this page wrote this collection. Reload the page to get that version.'
      : 'A part of this collection is missing or damaged, or it was just changed. Try again; if ' +
          'that does not help, delete it and import it again.',
  );
}

async function* partsOf<T>(
  storage: CollectionStorage,
  prefix: StorageKey,
  schema: v.GenericSchema<unknown, T>,
): AsyncGenerator<T, void, void> {
  for await (const { value } of recordsBelow(storage, 'parts', prefix, pageSize)) {
    yield readPart(value, schema);
  }
}

function readPart<T>(value: unknown, schema: v.GenericSchema<unknown, T>): T {
  const read = readRecord(value, schema);
  if (!read.ok) throw damagedError(read.problem);
  return read.record;
}

/** Ranges [from, to) of at most so many records and about `maxPartLength`, numbered from 0. */
function* cut(
  records: number,
  maxRecords: number,
  lengthAt: (at: number) => number,
): Generator<readonly [number, readonly [number, number]], void, void> {
  let from = 0;
  let length = 0;
  let number = 0;
  for (let at = 0; at < records; at += 1) {
    const next = lengthAt(at);
    // One that is larger by itself has a part of its own.
    if (at > from && (at - from === maxRecords || length + next > maxPartLength)) {
      yield [number, [from, at]];
      number += 1;
      from = at;
      length = 0;
    }
    length += next;
  }
  if (records > from) yield [number, [from, records]];
}

function sumOf(lengthAt: (at: number) => number, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += lengthAt(at);
  return sum;
}

/** -1: none were given. */
const notGiven = -1;

function packCandidates(
  candidates: readonly (StoredCandidates | null)[],
  count: number,
): PackedCandidates {
  const lengths = Int32Array.from(
    { length: count },
    (_, at) => candidates[at]?.documents.length ?? notGiven,
  );
  const total = lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
  const packed = {
    lengths,
    scored: Uint8Array.from({ length: count }, (_, at) =>
      (candidates[at]?.scores ?? null) === null ? 0 : 1,
    ),
    documents: new Int32Array(total),
    scores: new Float64Array(total),
  };
  let at = 0;
  for (const given of candidates) {
    if (given === null) continue;
    packed.documents.set(given.documents, at);
    if (given.scores !== null) packed.scores.set(given.scores, at);
    at += given.documents.length;
  }
  return packed;
}

function unpackCandidates(packed: PackedCandidates): readonly (StoredCandidates | null)[] {
  let from = 0;
  return Array.from(packed.lengths, (length, at) => {
    if (length === notGiven) return null;
    const to = from + length;
    const documents = packed.documents.slice(from, to);
    const scores = packed.scored[at] === 1 ? packed.scores.slice(from, to) : null;
    from = to;
    return { documents, scores };
  });
}

const version = v.literal(1);
const strings = v.array(v.string());

const documentsSchema: v.GenericSchema<unknown, DocumentBlock> = v.object({
  version,
  titles: v.array(v.nullable(v.string())),
  texts: strings,
});

const blockStartsSchema = v.object({ version, blockStarts: v.instance(Int32Array) });
const docIdsSchema = v.object({ version, docIds: strings });
const queriesSchema = v.object({ version, queryIds: strings, texts: strings });

const candidatesSchema = v.object({
  version,
  lengths: v.instance(Int32Array),
  scored: v.instance(Uint8Array),
  documents: v.instance(Int32Array),
  scores: v.instance(Float64Array),
});

type PackedCandidates = Omit<v.InferOutput<typeof candidatesSchema>, 'version'>;

const judgementsSchema = v.object({
  version,
  queryIds: strings,
  lengths: v.instance(Int32Array),
  docIds: strings,
  grades: v.instance(Float64Array),
});

const rankingSchema: v.GenericSchema<unknown, StoredRunQuery> = v.pipe(
  v.object({
    version,
    documents: v.instance(Int32Array),
    scores: v.instance(Float64Array),
    tokens: v.instance(Int32Array),
    truncated: v.instance(Uint8Array),
    scoringMs: v.nullable(v.number()),
    scoredTokens: v.number(),
  }),
  v.transform(({ version: _, ...ranking }) => ranking),
);
