import type {
  CollectionStorage,
  StorageChange,
  StorageKey,
  StorageRecord,
  StorageTable,
} from './collection-storage.ts';

/**
 * Collections for this session, where the browser refuses to keep any (private windows). Behaves
 * as the database does: values are copies, and a write is done whole or not at all.
 */
export class MemoryDatabase implements CollectionStorage {
  readonly kind = 'memory';
  readonly #tables = new Map<StorageTable, readonly StorageRecord[]>();

  async get(table: StorageTable, key: StorageKey): Promise<unknown> {
    const records = this.#records(table);
    const record = records[firstNotBefore(records, key)];
    if (record === undefined || compareKeys(record.key, key) !== 0) return undefined;
    return structuredClone(record.value);
  }

  async page(
    table: StorageTable,
    prefix: StorageKey,
    after: StorageKey | null,
    count: number,
  ): Promise<readonly StorageRecord[]> {
    const records = this.#records(table);
    const page: StorageRecord[] = [];
    for (let at = firstNotBefore(records, after ?? prefix); page.length < count; at += 1) {
      const record = records[at];
      if (record === undefined || !beginsWith(record.key, prefix)) break;
      if (after !== null && compareKeys(record.key, after) === 0) continue;
      page.push({ key: record.key, value: structuredClone(record.value) });
    }
    return page;
  }

  async write(changes: readonly StorageChange[]): Promise<void> {
    const changed = new Map<StorageTable, StorageRecord[]>();
    for (const change of changes) {
      const records = changed.get(change.table) ?? [...this.#records(change.table)];
      changed.set(change.table, records);
      const at = firstNotBefore(records, change.key);
      if (change.type === 'put') {
        const present = records[at];
        const replaced = present !== undefined && compareKeys(present.key, change.key) === 0;
        const value: unknown = structuredClone(change.value);
        records.splice(at, replaced ? 1 : 0, { key: [...change.key], value });
      } else {
        const rest = records.slice(at);
        const kept = rest.findIndex(({ key }) => !beginsWith(key, change.key));
        records.splice(at, kept === -1 ? rest.length : kept);
      }
    }
    // Nothing can fail from here on.
    for (const [table, records] of changed) this.#tables.set(table, records);
  }

  /** In the order of their keys. */
  #records(table: StorageTable): readonly StorageRecord[] {
    return this.#tables.get(table) ?? [];
  }
}

/** Place of the first record whose key does not lie before `key`. */
function firstNotBefore(records: readonly StorageRecord[], key: StorageKey): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(records[middle]?.key ?? [], key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function beginsWith(key: StorageKey, prefix: StorageKey): boolean {
  return key.length >= prefix.length && prefix.every((part, at) => key[at] === part);
}

/** The order of IndexedDB's array keys. Source: https://w3c.github.io/IndexedDB/#key-construct */
function compareKeys(a: StorageKey, b: StorageKey): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const order = compareKeyParts(a[at] ?? '', b[at] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareKeyParts(a: string | number, b: string | number): number {
  if (a === b) return 0;
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : 1;
}
