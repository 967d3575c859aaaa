import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordsBelow, type StorageChange, type StorageKey } from './collection-storage.ts';
import { MemoryDatabase } from './memory-database.ts';

describe('the memory database', () => {
  it('keeps copies, on the way in and out', async () => {
    const database = new MemoryDatabase();
    const value = { list: new Int32Array([1]) };
    await database.write([put(['a'], value)]);
    value.list[0] = 2;
    const found = await database.get('parts', ['a']);
    expect(found).toEqual({ list: new Int32Array([1]) });
    expect(await database.get('parts', ['a'])).not.toBe(found);
    expect(await database.get('scores', ['a'])).toBeUndefined();
  });

  it('does all of a write or nothing', async () => {
    const database = new MemoryDatabase();
    const uncloneable = (): void => undefined;
    await expect(database.write([put(['a'], 1), put(['b'], uncloneable)])).rejects.toThrow();
    expect(await database.get('parts', ['a'])).toBeUndefined();
  });

  it('deletes a key and all that begin with it, or everything', async () => {
    const database = new MemoryDatabase();
    await database.write([put(['a'], 0), put(['a', 1], 1), put(['ab'], 2), put(['b', 'a'], 3)]);
    await database.write([{ type: 'delete', table: 'parts', key: ['a'] }]);
    expect(await keysBelow(database, [])).toEqual([['ab'], ['b', 'a']]);
    await database.write([{ type: 'delete', table: 'parts', key: [] }]);
    expect(await keysBelow(database, [])).toEqual([]);
  });

  it('reads what is below a prefix in the order of keys, in pages of any size', async () => {
    const part = fc.oneof(fc.integer({ min: -3, max: 30 }), fc.constantFrom('a', 'b', 'ba'));
    const key = fc.array(part, { minLength: 1, maxLength: 3 });
    const check = async (keys: StorageKey[], prefix: StorageKey, size: number): Promise<void> => {
      const database = new MemoryDatabase();
      await database.write(keys.map((one) => put(one, one)));
      const found = await keysBelow(database, prefix, size);
      const distinct = new Map(keys.map((one) => [JSON.stringify(one), one]));
      const below = [...distinct.values()].filter((one) =>
        prefix.every((wanted, at) => one[at] === wanted),
      );
      expect(new Set(found.map((one) => JSON.stringify(one)))).toEqual(
        new Set(below.map((one) => JSON.stringify(one))),
      );
      expect(found).toHaveLength(below.length);
      for (const [at, one] of found.slice(1).entries()) {
        expect(isBefore(found[at] ?? [], one)).toBe(true);
      }
    };
    const sizes = fc.integer({ min: 1, max: 4 });
    const prefixes = fc.array(part, { maxLength: 2 });
    await fc.assert(fc.asyncProperty(fc.array(key), prefixes, sizes, check), { numRuns: 200 });
  });
});

function put(key: StorageKey, value: unknown): StorageChange {
  return { type: 'put', table: 'parts', key, value };
}

async function keysBelow(database: MemoryDatabase, prefix: StorageKey, size = 10) {
  const keys: StorageKey[] = [];
  for await (const { key } of recordsBelow(database, 'parts', prefix, size)) keys.push(key);
  return keys;
}

/** Numbers before strings, and what is shorter first: as IndexedDB has it. */
function isBefore(a: StorageKey, b: StorageKey): boolean {
  for (const [at, x] of a.entries()) {
    const y = b[at];
    if (y === undefined) return false;
    if (x === y) continue;
    if (typeof x !== typeof y) return typeof x === 'number';
    return x < y;
  }
  return a.length < b.length;
}
