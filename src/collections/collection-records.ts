import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';
import { runSummaryEntries } from '../io/collection-file.ts';
import type { CollectionSummary, RunSummary } from './collection.ts';

/** A collection as it is kept, but for what is large: that lies in sets of parts. */
export interface CollectionRecord extends Omit<CollectionSummary, 'runs' | 'readable' | 'problem'> {
  readonly version: 1;
  /** Grows with every change, so that another tab sees that there was one. */
  readonly revision: number;
  /** The set with documents, queries, candidates and judgements. */
  readonly contentSet: string;
  /** Oldest first; each with the set of its rankings. */
  readonly runs: readonly { readonly setId: string; readonly run: RunSummary }[];
}

/** Which set of parts there is: written before its first part, deleted with the last one. */
export interface PartSetRecord {
  readonly version: 1;
  readonly setId: string;
  readonly collectionId: string;
  /** Name of the lock that its writer holds until the set belongs to a collection. */
  readonly writer: string;
}

/** A `PartSetRecord`, perhaps of a later version. */
export type AnyPartSetRecord = Omit<PartSetRecord, 'version'> & { readonly version: number };

/** When a collection was removed; apart from its record, which any version may have written. */
export interface RemovalRecord {
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly removedAt: number;
}

/** A stored value that fits its schema, or why it does not. */
export type ReadRecord<T> =
  | { readonly ok: true; readonly record: T }
  | { readonly ok: false; readonly problem: 'newer-version' | 'damaged' };

/**
 * Turns a record of one version into the next one. The first of a list takes version 1, and so on:
 * the version that a list leads to is its length + 1.
 */
export type Migration = (record: Readonly<Record<string, unknown>>) => unknown;

/**
 * Reads a stored value of any version up to the newest that is known.
 * @param schema of the newest version
 */
export function readRecord<T>(
  value: unknown,
  schema: v.GenericSchema<unknown, T>,
  migrations: readonly Migration[] = [],
): ReadRecord<T> {
  const newest = migrations.length + 1;
  let current = v.safeParse(versionedSchema, value);
  if (current.success && current.output.version > newest) {
    return { ok: false, problem: 'newer-version' };
  }
  while (current.success && current.output.version < newest) {
    const before = current.output.version;
    current = v.safeParse(versionedSchema, migrations[before - 1]?.(current.output));
    if (current.success && current.output.version !== before + 1) break;
  }
  const record = v.safeParse(schema, current.success ? current.output : undefined);
  return record.success ? { ok: true, record: record.output } : { ok: false, problem: 'damaged' };
}

/** Reads a set's record of any version, since its collection is deleted together with its sets. */
export function readPartSetRecord(value: unknown): AnyPartSetRecord | null {
  const read = v.safeParse(partSetSchema, value);
  return read.success ? read.output : null;
}

/** A removal of a later version, or a damaged one, counts as one that has just been made. */
export function readRemovalRecord(value: unknown, now: number): RemovalRecord {
  const read = readRecord(value, removalSchema);
  return read.ok ? read.record : { version: 1, removedAt: now };
}

export function readCollectionRecord(value: unknown): ReadRecord<CollectionRecord> {
  return readRecord(value, collectionSchema);
}

/** A collection as lists show it. */
export function toSummary(record: CollectionRecord): CollectionSummary {
  const { version: _, revision: _revision, contentSet: _set, runs, ...rest } = record;
  // Of equally old ones the later comes first, too.
  const newestFirst = runs.map(({ run }) => run).reverse();
  newestFirst.sort((a, b) => b.createdAt - a.createdAt);
  return { ...rest, runs: newestFirst, readable: true };
}

/** What can be told of a collection whose record cannot be read. */
export function toUnreadableSummary(
  id: string,
  value: unknown,
  problem: 'newer-version' | 'damaged',
): CollectionSummary {
  const known = v.parse(unreadableSchema, value);
  return {
    ...known,
    id,
    name: known.name === '' ? id : known.name,
    documents: 0,
    queries: 0,
    candidates: 0,
    judgements: 0,
    judgedQueries: 0,
    candidateSource: 'none',
    firstStageTag: null,
    textLength: 0,
    runs: [],
    readable: false,
    problem,
  };
}

/** @throws RerankError `invalid-request` for a name without any character that can be seen */
export function checkName(name: string): string {
  const trimmed = name.trim().slice(0, maxNameLength);
  if (trimmed !== '') return trimmed;
  throw new RerankError('invalid-request', 'A collection needs a name; type one.');
}

/** UTF-16 units; lists show one line. */
const maxNameLength = 200;

const versionedSchema = v.looseObject({
  version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const instant = v.pipe(v.number(), v.finite());

const collectionSchema: v.GenericSchema<unknown, CollectionRecord> = v.object({
  version: v.literal(1),
  id: v.string(),
  name: v.string(),
  createdAt: instant,
  updatedAt: instant,
  revision: count,
  documents: count,
  queries: count,
  candidates: count,
  judgements: count,
  judgedQueries: count,
  candidateSource: v.picklist(['given', 'bm25', 'none']),
  firstStageTag: v.nullable(v.string()),
  textLength: count,
  contentSet: v.string(),
  runs: v.array(
    v.object({
      setId: v.string(),
      run: v.object({ runId: v.string(), ...runSummaryEntries }),
    }),
  ),
});

const partSetSchema: v.GenericSchema<unknown, AnyPartSetRecord> = v.object({
  version: v.number(),
  setId: v.string(),
  collectionId: v.string(),
  writer: v.string(),
});

const removalSchema: v.GenericSchema<unknown, RemovalRecord> = v.object({
  version: v.literal(1),
  removedAt: instant,
});

/** Whatever it is, something comes of it. */
const unreadableSchema = v.fallback(
  v.object({
    name: v.fallback(v.string(), ''),
    createdAt: v.fallback(instant, 0),
    updatedAt: v.fallback(instant, 0),
  }),
  { name: '', createdAt: 0, updatedAt: 0 },
);
