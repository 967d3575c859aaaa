import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import type { StorageChange } from './collection-storage.ts';
import { MemoryDatabase } from './memory-database.ts';
import { KeptScoreRecords } from './score-records.ts';
import type { StoredScores } from './stored-collection.ts';

describe('remembered scores', () => {
  it('are kept, counted, replaced and cleared', async () => {
    const records = new KeptScoreRecords(new MemoryDatabase());
    expect(await records.get('a')).toBeNull();
    await records.put('a', scores(3, 1));
    await records.put('b', scores(2, 2));
    await records.put('a', scores(1, 3));
    expect(await records.get('a')).toEqual(scores(1, 3));
    expect(await records.use()).toEqual({ scores: 3, bytes: 3 * 29 });
    await records.clear();
    expect(await records.use()).toEqual({ scores: 0, bytes: 0 });
    expect(await records.get('b')).toBeNull();
  });

  it('of a later version, or damaged, are not known, and can be replaced', async () => {
    const database = new MemoryDatabase();
    const records = new KeptScoreRecords(database);
    const put = (value: unknown): StorageChange => ({
      type: 'put',
      table: 'scores',
      key: ['a'],
      value,
    });
    for (const value of [{ ...scores(1, 1), version: 2 }, { version: 1, logits: 'many' }, 7]) {
      await database.write([put(value)]);
      expect(await records.get('a')).toBeNull();
      expect(await records.use()).toEqual({ scores: 0, bytes: 0 });
    }
    await records.put('a', scores(1, 1));
    expect(await records.get('a')).toEqual(scores(1, 1));
  });

  it('make room by the oldest half when the disk is full', async () => {
    const database = new FullDatabase(4);
    const records = new KeptScoreRecords(database);
    for (const [at, key] of ['a', 'b', 'c', 'd'].entries())
      await records.put(key, scores(1, 9 - at));
    await records.put('e', scores(1, 10));
    const kept = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => records.get(key)));
    expect(kept.map((found) => found !== null)).toEqual([true, true, false, false, true]);
  });

  it('say that the disk is full when there is nothing to drop', async () => {
    const records = new KeptScoreRecords(new FullDatabase(0));
    await expect(records.put('a', scores(1, 1))).rejects.toMatchObject({ code: 'storage-full' });
  });
});

/** Has room for so many records of scores. */
class FullDatabase extends MemoryDatabase {
  readonly #room: number;

  constructor(room: number) {
    super();
    this.#room = room;
  }

  override async write(changes: readonly StorageChange[]): Promise<void> {
    const present = await this.page('scores', [], null, 1000);
    const puts = changes.filter(({ type }) => type === 'put').length;
    if (puts > 0 && present.length + puts > this.#room) {
      throw new RerankError('storage-full', 'full');
    }
    await super.write(changes);
  }
}

function scores(count: number, usedAt: number): StoredScores {
  return {
    fingerprints: new Uint32Array(4 * count).fill(7),
    logits: new Float64Array(count).fill(-1.5),
    tokens: new Int32Array(count).fill(12),
    truncated: new Uint8Array(count),
    usedAt,
  };
}
