import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { isIndexedDbRefused } from './indexed-db-refusal.ts';
import type { AsideRecord } from './work-aside.ts';
import { type documentsRecord, readHeadRecord, type scoresRecord } from './work-records.ts';
import { type ShelfPlan, type ShelvedHead, sequenceAfter } from './work-shelf.ts';
import type { WorkHead, WorkParts, WorkText } from './work-types.ts';

/**
 * Why nothing is kept: the browser refuses it (private windows, blocked storage); a later release
 * has changed the database; a tab with an earlier release keeps it from being opened; there is no
 * room; or anything else.
 */
export type WorkProblem = 'refused' | 'newer-release' | 'blocked' | 'full' | 'unavailable';

/** What is to be written of one tab; what is left out stays as it is. */
export interface WorkChange {
  readonly head: Omit<WorkHead, 'sequence'>;
  readonly text?: WorkText;
  /** Null: there is no result any more. */
  readonly result?: {
    /** Left out where they are the same as before. */
    readonly documents?: ReturnType<typeof documentsRecord>;
    readonly scores: ReturnType<typeof scoresRecord>;
  } | null;
}

/** Told about what happens to the connection between calls. */
export interface WorkListener {
  /** A tab with an earlier release holds the database; opening goes on when that one lets go. */
  readonly onBlocked: () => void;
  /** A tab with a later release wants to change the database: this one has let go. */
  readonly onReplaced: () => void;
}

/**
 * The work of all tabs, in IndexedDB. Every call opens the database if it is not open, and rejects
 * with what the browser says; `problemOf` tells what that means. Every writing is one transaction:
 * after a crash all of it is there, or nothing.
 */
export class WorkDatabase {
  readonly #listener: WorkListener;
  #connection: Promise<Connection> | null = null;
  /** Of `#connection`, once it is open. */
  #open: Connection | null = null;
  /** What the last writing of this page got. */
  #sequence: number | null = null;

  constructor(listener: WorkListener) {
    this.#listener = listener;
  }

  /** Opens the database, and waits as long as a tab with an earlier release holds it. */
  async connect(): Promise<void> {
    await this.#connect();
  }

  /** Lets go of the database; the next call opens it again. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#letGo();
    (await connection?.catch(() => null))?.close();
  }

  /** All that is kept of one tab. */
  async read(tabId: string): Promise<WorkParts> {
    return await this.#run(async (database) => {
      const transaction = database.transaction(tabStores);
      const [head, text, documents, scores]: unknown[] = await Promise.all(
        tabStores.map((name) => transaction.objectStore(name).get(tabId)),
      );
      return { head, text, documents, scores };
    });
  }

  /**
   * Writes a change of one tab.
   * @returns false, with nothing written, where something that was left out is not there any more:
   *   another tab, or the browser, has deleted it, and all has to be written
   */
  async write(tabId: string, change: WorkChange): Promise<boolean> {
    let isWhole = true;
    await this.#change(async (transaction) => {
      const present = await Promise.all(
        storesLeftOut(change).map((name) => transaction.objectStore(name).getKey(tabId)),
      );
      isWhole = present.every((key) => key !== undefined);
      if (!isWhole) return;
      const sequence = sequenceAfter(await readHeads(transaction.objectStore('heads')));
      await Promise.all(putParts(transaction, tabId, change, sequence));
      this.#sequence = sequence;
    });
    return isWhole;
  }

  /**
   * Writes a change of one tab while its page goes away: nothing of the page runs any more when the
   * database answers, so all is handed over at once. Relies on what `write` has left there.
   * @returns whether it was handed over; false before the first `write`
   */
  writeLeaving(tabId: string, change: WorkChange): boolean {
    if (this.#open === null || this.#sequence === null) return false;
    try {
      const transaction = changeOf(this.#open);
      const puts = putParts(transaction, tabId, change, this.#sequence);
      // There is nobody to tell of a failure.
      Promise.all([...puts, transaction.done]).catch(() => undefined);
      transaction.commit();
      return true;
    } catch {
      return false;
    }
  }

  /** The heads of all tabs. */
  async shelf(): Promise<readonly ShelvedHead[]> {
    return await this.#run((database) => readHeads(database.transaction('heads').store));
  }

  /** Does what `plan` says about what is on the shelf then. */
  async tidy(plan: (shelf: readonly ShelvedHead[]) => ShelfPlan): Promise<void> {
    await this.#change(async (transaction) => {
      const heads = transaction.objectStore('heads');
      const { remove, correct } = plan(await readHeads(heads));
      await Promise.all([
        ...correct.map(({ tabId, head }) => heads.put(head, tabId)),
        ...remove.flatMap((tabId) => deleteTab(transaction, tabId)),
      ]);
    });
  }

  /** Marks the work of a tab as brought back elsewhere: it stays, and is not offered again. */
  async markBroughtBack(tabId: string): Promise<void> {
    await this.#change(async (transaction) => {
      const heads = transaction.objectStore('heads');
      const head = readHeadRecord(await heads.get(tabId));
      if (head !== null) await heads.put({ ...head, broughtBack: true }, tabId);
    });
  }

  async remove(tabId: string): Promise<void> {
    await this.#change(async (transaction) => {
      await Promise.all(deleteTab(transaction, tabId));
    });
  }

  /** Moves what is kept of a tab to where nothing reads or replaces it. */
  async setAside(tabId: string, record: AsideRecord): Promise<void> {
    await this.#change(async (transaction) => {
      await Promise.all([
        transaction.objectStore('aside').put(record),
        ...deleteTab(transaction, tabId),
      ]);
    });
  }

  /** All that was set aside, by number. */
  async aside(): Promise<readonly (readonly [id: number, record: unknown])[]> {
    return await this.#run((database) => readEntries(database.transaction('aside').store));
  }

  async removeAside(id: number): Promise<void> {
    await this.#change((transaction) => transaction.objectStore('aside').delete(id));
  }

  /** Deletes the whole database; other tabs let go of it by themselves. */
  async destroy(): Promise<void> {
    await this.close();
    await new Promise<void>((resolve, reject) => {
      const deletion = indexedDB.deleteDatabase(databaseName);
      deletion.onsuccess = () => resolve();
      deletion.onerror = () => reject(deletion.error);
    });
  }

  #connect(): Promise<Connection> {
    if (this.#connection !== null) return this.#connection;
    const forget = (): void => {
      if (this.#connection === connection) this.#letGo();
    };
    const connection = openConnection(this.#listener, forget);
    this.#connection = connection;
    connection.then((database) => {
      if (this.#connection === connection) this.#open = database;
    }, forget);
    return connection;
  }

  async #run<T>(work: (database: Connection) => Promise<T>, isAgain = false): Promise<T> {
    const connection = this.#connect();
    const database = await connection;
    try {
      return await work(database);
    } catch (error) {
      const isClosed = error instanceof DOMException && error.name === 'InvalidStateError';
      if (isAgain || !isClosed) throw error;
      // The browser has closed the connection.
      if (this.#connection === connection) this.#letGo();
      return await this.#run(work, true);
    }
  }

  #letGo(): void {
    this.#connection = null;
    this.#open = null;
  }

  /** One transaction over everything: all of `work` is kept, or nothing of it. */
  #change(work: (transaction: Change) => Promise<void>): Promise<void> {
    return this.#run(async (database) => {
      const transaction = changeOf(database);
      try {
        await work(transaction);
      } catch (error) {
        // A value that cannot be cloned, for one: nothing before it may stay.
        if (transaction.error === null) tryTo(() => transaction.abort());
        await transaction.done.catch(() => undefined);
        throw transaction.error ?? error;
      }
      await transaction.done;
    });
  }
}

/** The stores that must hold a tab's part already, since a change does not bring it. */
export function storesLeftOut({ head, text, result }: WorkChange): readonly TabStore[] {
  const hasResult = head.rankedAt !== null;
  return [
    ...(text === undefined ? (['texts'] as const) : []),
    ...(hasResult && result?.documents === undefined ? (['documents'] as const) : []),
    ...(hasResult && result === undefined ? (['scores'] as const) : []),
  ];
}

/** What a rejection means for the page. */
export function problemOf(error: unknown): WorkProblem {
  if (isIndexedDbRefused(error)) return 'refused';
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'QuotaExceededError') return 'full';
  return name === 'VersionError' ? 'newer-release' : 'unavailable';
}

interface WorkSchema extends DBSchema {
  heads: { key: string; value: unknown };
  texts: { key: string; value: unknown };
  documents: { key: string; value: unknown };
  scores: { key: string; value: unknown };
  aside: { key: number; value: unknown };
}

type TabStore = (typeof tabStores)[number];
type Connection = IDBPDatabase<WorkSchema>;
type Change = ReturnType<typeof changeOf>;
/** What is used of a store to read all that lies in it. */
interface Entries<Key> {
  getAllKeys(): Promise<readonly Key[]>;
  getAll(): Promise<readonly unknown[]>;
}

const databaseName = 'crossrank-work';
/** Of the stores. What lies in them has versions of its own. */
const databaseVersion = 1;
/** One value per tab in each. */
const tabStores = ['heads', 'texts', 'documents', 'scores'] as const;
const allStores = [...tabStores, 'aside'] as const;

async function openConnection(
  { onBlocked, onReplaced }: WorkListener,
  onClosed: () => void,
): Promise<Connection> {
  // Reaching for `indexedDB` may itself throw, which must come as a rejection.
  return await openDB<WorkSchema>(databaseName, databaseVersion, {
    upgrade: (database) => {
      for (const name of tabStores) {
        if (!database.objectStoreNames.contains(name)) database.createObjectStore(name);
      }
      if (!database.objectStoreNames.contains('aside')) {
        database.createObjectStore('aside', { autoIncrement: true });
      }
    },
    blocked: onBlocked,
    blocking: (_current, newVersion, event) => {
      onClosed();
      if (event.target instanceof IDBDatabase) event.target.close();
      // Null: it is deleted, and whoever writes next makes a new one.
      if (newVersion !== null) onReplaced();
    },
    terminated: onClosed,
  });
}

function changeOf(database: Connection) {
  return database.transaction(allStores, 'readwrite');
}

async function readHeads(heads: Entries<string>): Promise<readonly ShelvedHead[]> {
  return (await readEntries(heads)).map(([tabId, head]) => ({ tabId, head }));
}

/** All that lies in a store. Both are asked for in one transaction, so they belong together. */
async function readEntries<Key>(store: Entries<Key>): Promise<readonly [Key, unknown][]> {
  const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()]);
  return keys.map((key, at) => [key, values[at]]);
}

function putParts(
  transaction: Change,
  tabId: string,
  { head, text, result }: WorkChange,
  sequence: number,
): Promise<unknown>[] {
  const put = (name: TabStore, value: unknown): Promise<unknown> =>
    transaction.objectStore(name).put(value, tabId);
  return [
    put('heads', { ...head, sequence }),
    ...(text === undefined ? [] : [put('texts', text)]),
    ...(result?.documents === undefined ? [] : [put('documents', result.documents)]),
    ...(result ? [put('scores', result.scores)] : []),
    ...(result === null
      ? [
          transaction.objectStore('documents').delete(tabId),
          transaction.objectStore('scores').delete(tabId),
        ]
      : []),
  ];
}

function deleteTab(transaction: Change, tabId: string): Promise<void>[] {
  return tabStores.map((name) => transaction.objectStore(name).delete(tabId));
}

function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    // It has ended by itself.
  }
}
