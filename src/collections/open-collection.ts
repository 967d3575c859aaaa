import type { Document, Qrels, Query } from '../core/types.ts';
import type { CollectionSummary, RunSummary } from './collection.ts';
import {
  type DocumentBlock,
  damagedError,
  rankingPart,
  readDocumentBlock,
  readRanking,
  readRankings,
  readSmallParts,
  type SmallParts,
} from './collection-parts.ts';
import { type CollectionRecord, type PartSetRecord, toSummary } from './collection-records.ts';
import type { CollectionStorage, StorageChange } from './collection-storage.ts';
import type { OpenCollection, StoredCandidates, StoredRunQuery } from './stored-collection.ts';

/** Blocks of documents in memory: about a megabyte of text each. */
const keptBlocks = 12;

/**
 * A collection of the storage, opened. Who changes it (`putRun`, `removeRun`, `putRunQuery`) holds
 * the collection's lock and has called `follow` with what is stored now.
 */
export class StoredCollection implements OpenCollection {
  readonly docIds: readonly string[];
  readonly queries: readonly Query[];
  readonly candidates: readonly (StoredCandidates | null)[];
  readonly qrels: Qrels;
  readonly #storage: CollectionStorage;
  readonly #blockStarts: Int32Array;
  /** What was used last is last. */
  readonly #blocks = new Map<number, Promise<DocumentBlock>>();
  #record: CollectionRecord;
  #summary: CollectionSummary;

  private constructor(storage: CollectionStorage, record: CollectionRecord, parts: SmallParts) {
    this.#storage = storage;
    this.#record = record;
    this.#summary = toSummary(record);
    this.#blockStarts = parts.blockStarts;
    this.docIds = parts.docIds;
    this.queries = parts.queries;
    this.candidates = parts.candidates;
    this.qrels = parts.qrels;
  }

  /** @throws RerankError `storage-unavailable` where not all of it is there */
  static async open(
    storage: CollectionStorage,
    record: CollectionRecord,
  ): Promise<StoredCollection> {
    const parts = await readSmallParts(storage, record.contentSet);
    const whole =
      parts.docIds.length === record.documents &&
      parts.blockStarts.at(-1) === record.documents &&
      parts.queries.length === record.queries &&
      parts.candidates.length === record.queries;
    if (!whole) throw damagedError('damaged');
    return new StoredCollection(storage, record, parts);
  }

  get summary(): CollectionSummary {
    return this.#summary;
  }

  /** Takes note of a later state of the collection with the same content. */
  follow(record: CollectionRecord): void {
    if (record.revision <= this.#record.revision) return;
    this.#record = record;
    this.#summary = toSummary(record);
  }

  async documentsAt(places: ArrayLike<number>): Promise<readonly Document[]> {
    const documents: Document[] = [];
    // In the order of blocks: each is read once, however many are kept.
    const order = Array.from(places, (place, at) => [place, at] as const);
    order.sort(([a], [b]) => a - b);
    let number = -1;
    let block: DocumentBlock = { titles: [], texts: [] };
    for (const [place, at] of order) {
      if (!(place >= 0 && place < this.docIds.length)) throw damagedError('damaged');
      if (number === -1 || place >= this.#startOf(number + 1)) {
        number = this.#blockOf(place);
        block = await this.#block(number);
      }
      documents[at] = this.#document(place, block, place - this.#startOf(number));
    }
    return documents;
  }

  async *documentBlocks(): AsyncIterable<readonly Document[]> {
    for (let number = 0; number + 1 < this.#blockStarts.length; number += 1) {
      // Not kept: whoever reads all of them would drive out what others need.
      const block = await readDocumentBlock(this.#storage, this.#record.contentSet, number);
      const start = this.#startOf(number);
      yield block.texts.map((_, at) => this.#document(start + at, block, at));
    }
  }

  async putRun(run: RunSummary): Promise<void> {
    await this.#putRun(run, () => []);
  }

  async removeRun(runId: string): Promise<void> {
    const gone = this.#record.runs.find(({ run }) => run.runId === runId);
    if (gone === undefined) return;
    const runs = this.#record.runs.filter((kept) => kept !== gone);
    await this.#write(runs, deleteSet(gone.setId));
  }

  async runQuery(runId: string, queryNumber: number): Promise<StoredRunQuery | null> {
    const setId = this.#setOf(runId);
    return setId === undefined ? null : await readRanking(this.#storage, setId, queryNumber);
  }

  async runQueries(runId: string): Promise<readonly (StoredRunQuery | null)[]> {
    const all: (StoredRunQuery | null)[] = this.queries.map(() => null);
    for await (const [number, ranking] of this.rankings(runId)) {
      if (number < all.length) all[number] = ranking;
    }
    return all;
  }

  /** What a run has, by query number, ascending. */
  async *rankings(runId: string): AsyncGenerator<readonly [number, StoredRunQuery], void, void> {
    const setId = this.#setOf(runId);
    if (setId !== undefined) yield* readRankings(this.#storage, setId);
  }

  async putRunQuery(run: RunSummary, queryNumber: number, scores: StoredRunQuery): Promise<void> {
    const { key, value } = rankingPart(queryNumber, scores);
    await this.#putRun(run, (setId) => [
      { type: 'put', table: 'parts', key: [setId, ...key], value },
    ]);
  }

  async #putRun(run: RunSummary, more: (setId: string) => readonly StorageChange[]): Promise<void> {
    const known = this.#setOf(run.runId);
    const setId = known ?? crypto.randomUUID();
    const kept = { setId, run };
    const runs =
      known === undefined
        ? [...this.#record.runs, kept]
        : this.#record.runs.map((other) => (other.setId === setId ? kept : other));
    const begun = known === undefined ? [putSet(setId, this.#record.id, '')] : [];
    await this.#write(runs, [...begun, ...more(setId)]);
  }

  async #write(runs: CollectionRecord['runs'], changes: readonly StorageChange[]): Promise<void> {
    const record = changeRecord(this.#record, { runs });
    await this.#storage.write([...changes, putRecord(record)]);
    this.follow(record);
  }

  #setOf(runId: string): string | undefined {
    return this.#record.runs.find(({ run }) => run.runId === runId)?.setId;
  }

  #startOf(block: number): number {
    return this.#blockStarts[block] ?? this.docIds.length;
  }

  /** Number of the block that a document lies in. */
  #blockOf(place: number): number {
    let low = 0;
    let high = this.#blockStarts.length - 1;
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if (this.#startOf(middle) <= place) low = middle;
      else high = middle;
    }
    return low;
  }

  async #block(number: number): Promise<DocumentBlock> {
    const block =
      this.#blocks.get(number) ?? readDocumentBlock(this.#storage, this.#record.contentSet, number);
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= keptBlocks) break;
      this.#blocks.delete(oldest);
    }
    try {
      return await block;
    } catch (error) {
      if (this.#blocks.get(number) === block) this.#blocks.delete(number);
      throw error;
    }
  }

  #document(place: number, { titles, texts }: DocumentBlock, at: number): Document {
    const docId = this.docIds[place];
    const text = texts[at];
    if (docId === undefined || text === undefined) throw damagedError('damaged');
    const title = titles[at] ?? null;
    return title === null ? { docId, text } : { docId, title, text };
  }
}

/** The record after a change, so that every tab sees that there was one. */
export function changeRecord(
  record: CollectionRecord,
  change: Partial<CollectionRecord>,
): CollectionRecord {
  // The clock may have been set back.
  const updatedAt = Math.max(Date.now(), record.updatedAt);
  return { ...record, updatedAt, ...change, revision: record.revision + 1 };
}

export function putRecord(record: CollectionRecord): StorageChange {
  return { type: 'put', table: 'collections', key: [record.id], value: record };
}

export function putSet(setId: string, collectionId: string, writer: string): StorageChange {
  const value: PartSetRecord = { version: 1, setId, collectionId, writer };
  return { type: 'put', table: 'partSets', key: [setId], value };
}

export function deleteSet(setId: string): readonly StorageChange[] {
  return [
    { type: 'delete', table: 'parts', key: [setId] },
    { type: 'delete', table: 'partSets', key: [setId] },
  ];
}
