import { RerankError } from '../core/errors.ts';
import { checkAborted } from '../models/abort.ts';
import type { KeyLocks } from '../models/key-locks.ts';
import { breathe } from '../models/wait.ts';
import type { CollectionSummary } from './collection.ts';
import { damagedError, type Part } from './collection-parts.ts';
import {
  type AnyPartSetRecord,
  type CollectionRecord,
  readCollectionRecord,
  readPartSetRecord,
  readRemovalRecord,
  toSummary,
  toUnreadableSummary,
} from './collection-records.ts';
import { type CollectionStorage, recordsBelow, type StorageChange } from './collection-storage.ts';
import { deleteSet, putRecord, putSet } from './open-collection.ts';

/** How a writing is watched and stopped. */
export interface WritingCall {
  readonly signal?: AbortSignal | undefined;
  /** Bytes written so far, roughly. */
  readonly onWritten?: ((bytes: number) => void) | undefined;
}

/** Puts large things into the storage, where nobody sees them until they belong to a collection. */
export interface SetWriter {
  /** @returns the id of the new set */
  write(parts: Iterable<Part> | AsyncIterable<Part>): Promise<string>;
}

/** What `keep` makes visible in the end. */
export interface Kept {
  readonly record: CollectionRecord;
  /** Sets that belong to it no more. */
  readonly oldSets: readonly string[];
}

/** Removed collections can be brought back for so long. Milliseconds. */
const undoMs = 10 * 60 * 1000;
/** One transaction takes about so much: more of them leave room for abort. */
const maxBatchBytes = 4_000_000;
const maxBatchParts = 256;

/**
 * The collections in the storage: which there are, how one comes and goes. What is half written is
 * never seen, and is swept away.
 */
export class CollectionShelf {
  readonly #storage: CollectionStorage;
  readonly #locks: KeyLocks;
  /** Removed while there was no room for a note of it: deleting is how room is made. */
  readonly #removedWithoutNote = new Set<string>();

  constructor(storage: CollectionStorage, locks: KeyLocks) {
    this.#storage = storage;
    this.#locks = locks;
  }

  /** Runs a change of a collection when no other change of it runs, in any tab. */
  async change<T>(id: string, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#locks.hold(`crossrank-collection-${id}`, job, { signal });
  }

  /** Last changed first; without removed ones, with unreadable ones. */
  async list(): Promise<readonly CollectionSummary[]> {
    const removed = new Set<unknown>(this.#removedWithoutNote);
    for await (const { key } of recordsBelow(this.#storage, 'removals', [], 256)) {
      removed.add(key[0]);
    }
    const summaries: CollectionSummary[] = [];
    for await (const { key, value } of recordsBelow(this.#storage, 'collections', [], 64)) {
      if (removed.has(key[0])) continue;
      summaries.push(summaryOf(String(key[0]), value));
    }
    return summaries.sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1));
  }

  /**
   * A collection that was not removed.
   * @throws RerankError `collection-missing`; `storage-unavailable` when it cannot be read
   */
  async read(id: string): Promise<CollectionRecord> {
    const [value, removal] = await Promise.all([
      this.#storage.get('collections', [id]),
      this.#storage.get('removals', [id]),
    ]);
    const removed = removal !== undefined || this.#removedWithoutNote.has(id);
    if (value === undefined || removed) throw missingError();
    const read = readCollectionRecord(value);
    if (!read.ok) throw damagedError(read.problem);
    return read.record;
  }

  async replace(record: CollectionRecord): Promise<void> {
    await this.#storage.write([putRecord(record)]);
  }

  /**
   * Writes sets of parts, and then, at one stroke, what they belong to. When it fails or is
   * aborted nothing of it stays; `job` gives null to keep nothing.
   */
  async keep(
    collectionId: string,
    job: (writer: SetWriter) => Promise<Kept | null>,
    call: WritingCall = {},
  ): Promise<CollectionRecord | null> {
    const writer = `crossrank-collection-writer-${crypto.randomUUID()}`;
    const sets: string[] = [];
    let written = 0;
    const onWritten = (bytes: number): void => {
      written += bytes;
      call.onWritten?.(written);
    };
    const write: SetWriter['write'] = async (parts) => {
      const setId = crypto.randomUUID();
      sets.push(setId);
      await this.#storage.write([putSet(setId, collectionId, writer)]);
      await this.#writeParts(setId, parts, { signal: call.signal, onWritten });
      return setId;
    };
    return await this.#locks.hold(writer, async () => {
      let committed = false;
      try {
        const kept = await job({ write });
        if (kept === null) return null;
        await breathe();
        checkAborted(call.signal);
        await this.#storage.write([...kept.oldSets.flatMap(deleteSet), putRecord(kept.record)]);
        committed = true;
        return kept.record;
      } finally {
        if (!committed) await this.#discard(sets);
      }
    });
  }

  /**
   * Hides a collection, of whatever version. On a full disk this holds until it is purged, or else
   * until the worker ends. @throws RerankError `collection-missing`
   */
  async remove(id: string): Promise<void> {
    const present = await this.#storage.get('collections', [id]);
    if (present === undefined) throw missingError();
    if ((await this.#storage.get('removals', [id])) !== undefined) return;
    const value = { version: 1, removedAt: Date.now() };
    try {
      await this.#storage.write([{ type: 'put', table: 'removals', key: [id], value }]);
    } catch (error) {
      if (!(error instanceof RerankError && error.code === 'storage-full')) throw error;
      this.#removedWithoutNote.add(id);
    }
  }

  /** @throws RerankError `collection-missing` when it was deleted for good meanwhile */
  async restore(id: string): Promise<CollectionSummary> {
    const value = await this.#storage.get('collections', [id]);
    if (value === undefined) throw missingError();
    await this.#storage.write([{ type: 'delete', table: 'removals', key: [id] }]);
    this.#removedWithoutNote.delete(id);
    return summaryOf(id, value);
  }

  /** Deletes a removed collection with all that belongs to it; one that was not removed stays. */
  async purge(id: string): Promise<void> {
    const note = await this.#storage.get('removals', [id]);
    if (note === undefined && !this.#removedWithoutNote.has(id)) return;
    const changes: StorageChange[] = [
      { type: 'delete', table: 'collections', key: [id] },
      { type: 'delete', table: 'removals', key: [id] },
    ];
    for (const set of await this.#sets()) {
      if (set.collectionId === id) changes.push(...deleteSet(set.setId));
    }
    await this.#storage.write(changes);
    this.#removedWithoutNote.delete(id);
  }

  /** Deletes what was removed a while ago, and what a crash left half written. */
  async sweep(): Promise<void> {
    const now = Date.now();
    for await (const { key, value } of recordsBelow(this.#storage, 'removals', [], 256)) {
      const { removedAt } = readRemovalRecord(value, now);
      const id = String(key[0]);
      if (removedAt <= now - undoMs) await this.change(id, () => this.purge(id));
    }
    for (const { setId, writer } of await this.#sets()) {
      if (!(await this.#isOrphan(setId))) continue;
      // Who writes it holds the lock; and may have finished since it was looked at.
      await this.#locks.tryHold(writer, async () => {
        if (await this.#isOrphan(setId)) await this.#discard([setId]);
      });
    }
  }

  async #writeParts(
    setId: string,
    parts: Iterable<Part> | AsyncIterable<Part>,
    { signal, onWritten }: WritingCall,
  ): Promise<void> {
    let changes: StorageChange[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      await this.#storage.write(changes);
      onWritten?.(bytes);
      changes = [];
      bytes = 0;
      await breathe();
      checkAborted(signal);
    };
    checkAborted(signal);
    for await (const part of parts) {
      const key = [setId, ...part.key];
      changes.push({ type: 'put', table: 'parts', key, value: part.value });
      bytes += part.bytes;
      if (bytes >= maxBatchBytes || changes.length >= maxBatchParts) await flush();
    }
    if (changes.length > 0) await flush();
  }

  async #discard(sets: readonly string[]): Promise<void> {
    try {
      await this.#storage.write(sets.flatMap(deleteSet));
    } catch {
      // Nobody sees them, and the next opening sweeps them away.
    }
  }

  async #sets(): Promise<readonly AnyPartSetRecord[]> {
    const sets: AnyPartSetRecord[] = [];
    for await (const { value } of recordsBelow(this.#storage, 'partSets', [], 256)) {
      const record = readPartSetRecord(value);
      if (record !== null) sets.push(record);
    }
    return sets;
  }

  /** Whether no collection has the set. One that cannot be read may have it. */
  async #isOrphan(setId: string): Promise<boolean> {
    const record = readPartSetRecord(await this.#storage.get('partSets', [setId]));
    // A later version of this app knows what it is good for.
    if (record?.version !== 1) return false;
    const value = await this.#storage.get('collections', [record.collectionId]);
    if (value === undefined) return true;
    const read = readCollectionRecord(value);
    if (!read.ok) return false;
    const { contentSet, runs } = read.record;
    return contentSet !== setId && runs.every((run) => run.setId !== setId);
  }
}

function summaryOf(id: string, value: unknown): CollectionSummary {
  const read = readCollectionRecord(value);
  return read.ok ? toSummary(read.record) : toUnreadableSummary(id, value, read.problem);
}

function missingError(): RerankError {
  return new RerankError(
    'collection-missing',
    'This collection is not there any more; it may have been deleted in another tab.',
  );
}
