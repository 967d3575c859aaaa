/** What kind of record is asked for; each kind lies in a table of its own. */
export type StorageTable =
  /** Collections as lists show them, with their runs; key: collection id. */
  | 'collections'
  /** When a collection was removed by the user; key: collection id. */
  | 'removals'
  /** Which sets of parts there are, and of which collection; key: set id. */
  | 'partSets'
  /** Texts, lists and rankings; key: set id, kind of part, number. */
  | 'parts'
  /** Remembered scores; key: fingerprint. */
  | 'scores';

/** Keys are ordered part by part, numbers before strings, as IndexedDB orders arrays. */
export type StorageKey = readonly (string | number)[];

/** A record as it lies there: it may come from any version of this app. */
export interface StorageRecord {
  readonly key: StorageKey;
  readonly value: unknown;
}

/** One step of a write. */
export type StorageChange =
  | {
      readonly type: 'put';
      readonly table: StorageTable;
      readonly key: StorageKey;
      /** Anything that structured clone takes. */
      readonly value: unknown;
    }
  /** Deletes the key and all that begin with it. */
  | { readonly type: 'delete'; readonly table: StorageTable; readonly key: StorageKey };

/**
 * Where collections are kept: tables of records by key, no more. What the records mean is known by
 * `collection-records.ts` and `collection-parts.ts`. Values are copies, on the way in and out.
 * Every rejection is a RerankError (`storage-full`, `storage-unavailable`).
 */
export interface CollectionStorage {
  /** `memory`: nothing outlives the worker. */
  readonly kind: 'disk' | 'memory';
  /** Undefined where there is none. */
  get(table: StorageTable, key: StorageKey): Promise<unknown>;
  /**
   * Records whose keys begin with `prefix` (an empty one: all), in the order of their keys.
   * @param after the page begins behind this key; null: at the first
   * @param count most records that are returned, >= 1
   */
  page(
    table: StorageTable,
    prefix: StorageKey,
    after: StorageKey | null,
    count: number,
  ): Promise<readonly StorageRecord[]>;
  /** Does all of it in this order, or nothing. */
  write(changes: readonly StorageChange[]): Promise<void>;
}

/**
 * All records whose keys begin with `prefix`, in the order of their keys, read page by page.
 * @param pageSize records in memory at once, >= 1
 */
export async function* recordsBelow(
  storage: CollectionStorage,
  table: StorageTable,
  prefix: StorageKey,
  pageSize: number,
): AsyncGenerator<StorageRecord, void, void> {
  let after: StorageKey | null = null;
  for (;;) {
    const page: readonly StorageRecord[] = await storage.page(table, prefix, after, pageSize);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.key;
  }
}
