import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';
import { readRecord } from './collection-records.ts';
import { type CollectionStorage, recordsBelow, type StorageKey } from './collection-storage.ts';
import type { ScoreRecords, StoredScores } from './stored-collection.ts';

/** Remembered scores in the storage. The oldest half makes room when it is full. */
export class KeptScoreRecords implements ScoreRecords {
  readonly #storage: CollectionStorage;

  constructor(storage: CollectionStorage) {
    this.#storage = storage;
  }

  /** Null also for a record of a later version or a damaged one: scores can be computed again. */
  async get(key: string): Promise<StoredScores | null> {
    const read = readRecord(await this.#storage.get('scores', [key]), scoresSchema);
    return read.ok ? read.record : null;
  }

  async put(key: string, scores: StoredScores): Promise<void> {
    const value = { version: 1, ...scores };
    const write = (): Promise<void> =>
      this.#storage.write([{ type: 'put', table: 'scores', key: [key], value }]);
    try {
      await write();
    } catch (error) {
      const full = error instanceof RerankError && error.code === 'storage-full';
      if (!full || !(await this.#dropOldest())) throw error;
      await write();
    }
  }

  async use(): Promise<{ readonly scores: number; readonly bytes: number }> {
    let scores = 0;
    let bytes = 0;
    for await (const { value } of recordsBelow(this.#storage, 'scores', [], pageSize)) {
      const read = readRecord(value, scoresSchema);
      if (!read.ok) continue;
      const { fingerprints, logits, tokens, truncated } = read.record;
      scores += logits.length;
      for (const { byteLength } of [fingerprints, logits, tokens, truncated]) bytes += byteLength;
    }
    return { scores, bytes };
  }

  async clear(): Promise<void> {
    await this.#storage.write([{ type: 'delete', table: 'scores', key: [] }]);
  }

  /** @returns whether there was anything to drop */
  async #dropOldest(): Promise<boolean> {
    const ages: { readonly key: StorageKey; readonly usedAt: number }[] = [];
    for await (const { key, value } of recordsBelow(this.#storage, 'scores', [], pageSize)) {
      const read = readRecord(value, scoresSchema);
      ages.push({ key, usedAt: read.ok ? read.record.usedAt : 0 });
    }
    ages.sort((a, b) => a.usedAt - b.usedAt);
    const oldest = ages.slice(0, Math.ceil(ages.length / 2));
    await this.#storage.write(
      oldest.map(({ key }) => ({ type: 'delete', table: 'scores', key }) as const),
    );
    return oldest.length > 0;
  }
}

/** Records that are read at once. */
const pageSize = 64;

const scoresSchema: v.GenericSchema<unknown, StoredScores> = v.pipe(
  v.object({
    version: v.literal(1),
    fingerprints: v.instance(Uint32Array),
    logits: v.instance(Float64Array),
    tokens: v.instance(Int32Array),
    truncated: v.instance(Uint8Array),
    usedAt: v.number(),
  }),
  v.transform(({ version: _, ...scores }) => scores),
);
