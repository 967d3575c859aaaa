import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { RerankError } from '../core/errors.ts';
import { isIndexedDbRefused } from '../io/indexed-db-refusal.ts';
import type {
  CollectionStorage,
  StorageChange,
  StorageKey,
  StorageRecord,
  StorageTable,
} from './collection-storage.ts';
import { MemoryDatabase } from './memory-database.ts';

/** One store per table; keys lie beside the values, since values come from any version. */
interface CollectionSchema extends DBSchema {
  collections: { key: DatabaseKey; value: unknown };
  removals: { key: DatabaseKey; value: unknown };
  partSets: { key: DatabaseKey; value: unknown };
  parts: { key: DatabaseKey; value: unknown };
  scores: { key: DatabaseKey; value: unknown };
}

type DatabaseKey = (string | number)[];
type Connection = IDBPDatabase<CollectionSchema>;

const databaseName = 'crossrank-collections';
/** Of the tables. What lies in them has versions of its own. */
const databaseVersion = 1;
const tables: readonly StorageTable[] = ['collections', 'removals', 'partSets', 'parts', 'scores'];

/**
 * How long opening may take before the user is told. Milliseconds. A browser says nothing where a
 * tab that does not let go keeps a deletion or an upgrade waiting, and all openings behind it.
 */
const openingPatienceMs = 10_000;

/**
 * The place that survives the tab: IndexedDB; memory where the browser refuses it (private
 * windows, blocked storage).
 * @throws RerankError `storage-full`, `storage-unavailable` where there is a database that cannot
 *   be opened now: what it holds must not seem to be gone
 */
export async function openCollectionStorage(): Promise<CollectionStorage> {
  const database = new CollectionDatabase();
  try {
    await database.connect();
    return database;
  } catch (error) {
    const cause = error instanceof RerankError ? error.cause : error;
    if (isIndexedDbRefused(cause)) return new MemoryDatabase();
    throw error;
  }
}

/** Collections in IndexedDB. */
class CollectionDatabase implements CollectionStorage {
  readonly kind = 'disk';
  #connection: Promise<Connection> | null = null;

  /** Opens the database unless it is open; others do so when they need it. */
  connect(): Promise<Connection> {
    if (this.#connection !== null) return this.#connection;
    const forget = (): void => {
      if (this.#connection === connection) this.#connection = null;
    };
    const connection: Promise<Connection> = openConnection(forget);
    this.#connection = connection;
    connection.catch(forget);
    return connection;
  }

  async get(table: StorageTable, key: StorageKey): Promise<unknown> {
    return await this.#run(async (database) => {
      const value: unknown = await database.get(table, [...key]);
      return value;
    });
  }

  async page(
    table: StorageTable,
    prefix: StorageKey,
    after: StorageKey | null,
    count: number,
  ): Promise<readonly StorageRecord[]> {
    return await this.#run(async (database) => {
      const range = rangeBelow(prefix, after);
      const { store, done } = database.transaction(table);
      // Both in one transaction, so that they are about the same records.
      const [keys, values] = await Promise.all([
        store.getAllKeys(range, count),
        store.getAll(range, count),
        done,
      ]);
      return keys.map((key, at) => ({ key, value: values[at] }));
    });
  }

  async write(changes: readonly StorageChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#run(async (database) => {
      const touched = [...new Set(changes.map(({ table }) => table))];
      // A collection that the user sees was kept must survive a power cut; parts come before it.
      const durability = touched.includes('collections') ? 'strict' : 'relaxed';
      const transaction = database.transaction(touched, 'readwrite', { durability });
      const steps: Promise<unknown>[] = [transaction.done];
      try {
        // Nothing is waited for in between: the transaction would end.
        for (const change of changes) {
          const store = transaction.objectStore(change.table);
          steps.push(
            change.type === 'put'
              ? store.put(change.value, [...change.key])
              : store.delete(rangeBelow(change.key, null)),
          );
        }
      } catch (error) {
        // A value that cannot be cloned: nothing of it may stay.
        transaction.abort();
        await Promise.allSettled(steps);
        throw error;
      }
      throwWorst(await Promise.allSettled(steps));
    });
  }

  async #run<T>(work: (database: Connection) => Promise<T>): Promise<T> {
    const database = await this.connect();
    try {
      return await work(database);
    } catch (error) {
      // The browser closed the connection: the next call opens it anew.
      if (error instanceof DOMException && error.name === 'InvalidStateError') {
        this.#connection = null;
      }
      throw toDatabaseError(error);
    }
  }
}

function openConnection(onClosed: () => void): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const patience = setTimeout(() => {
      waiting = false;
      reject(
        new RerankError(
          'storage-unavailable',
          'The browser does not open the collections: another tab of this page may hold them. ' +
            'Close or reload the other tabs, then try again.',
        ),
      );
    }, openingPatienceMs);
    const opening = openDB<CollectionSchema>(databaseName, databaseVersion, {
      upgrade: (database) => {
        for (const table of tables) {
          if (!database.objectStoreNames.contains(table)) database.createObjectStore(table);
        }
      },
      // Another tab keeps a connection of an earlier version open.
      blocked: () => {
        clearTimeout(patience);
        waiting = false;
        reject(
          new RerankError(
            'storage-unavailable',
            'The collections are open in another tab with an earlier version of this page. Close ' +
              'or reload that tab, then try again.',
          ),
        );
      },
      // Another tab waits for this one: a later version of the page, or the user clears the site.
      blocking: (_current, _blocked, event) => {
        onClosed();
        if (event.target instanceof IDBDatabase) event.target.close();
      },
      terminated: onClosed,
    });
    opening.then(
      (database) => {
        clearTimeout(patience);
        // After `blocked`, or too long, nobody waits any more; whoever asks next opens it again.
        if (waiting) resolve(database);
        else database.close();
      },
      (error: unknown) => {
        clearTimeout(patience);
        reject(toDatabaseError(error));
      },
    );
  });
}

/** Keys that begin with `prefix` and lie behind `after`. Arrays come after strings and numbers. */
function rangeBelow(prefix: StorageKey, after: StorageKey | null): IDBKeyRange {
  return IDBKeyRange.bound([...(after ?? prefix)], [...prefix, []], after !== null, false);
}

/** Throws what tells most: when one step fails, the others are only told that they were aborted. */
function throwWorst(steps: readonly PromiseSettledResult<unknown>[]): void {
  const reasons = steps.flatMap((step): unknown[] =>
    step.status === 'rejected' ? [step.reason] : [],
  );
  if (reasons.length === 0) return;
  const telling = reasons.find(
    (reason) => !(reason instanceof DOMException && reason.name === 'AbortError'),
  );
  throw telling ?? reasons[0];
}

function toDatabaseError(error: unknown): RerankError {
  if (error instanceof RerankError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  switch (name) {
    case 'QuotaExceededError':
      return new RerankError(
        'storage-full',
        'There is no room left for collections. Delete collections, remembered scores or models ' +
          'that you no longer need, or free space on the disk, then try again.',
        { cause: error },
      );
    case 'VersionError':
      return new RerankError(
        'storage-unavailable',
        'A later version of this page has kept collections here. Reload the page to get that ' +
          'version.',
        { cause: error },
      );
    default:
      return new RerankError(
        'storage-unavailable',
        `The collections cannot be kept or read now (${name === '' ? '' : `${name}: `}${message}). ` +
          'Reload the page and try again.',
        { cause: error },
      );
  }
}
