/** The places of the browser in which the app keeps something. */
export const storageKinds = ['local-storage', 'indexed-db', 'opfs', 'cache-storage'] as const;

export type StorageKind = (typeof storageKinds)[number];

/** Whether a small write, the reading of it and its deletion worked. */
export type StorageTrial =
  | { readonly works: true }
  /** `error`: its class and nothing else; null where the browser has no such storage. */
  | { readonly works: false; readonly error: string | null };

export interface StorageFacts {
  /** Null where the browser does not tell. */
  readonly usedBytes: number | null;
  readonly quotaBytes: number | null;
  /** Whether the browser promises not to clear this by itself; null where it does not tell. */
  readonly persisted: boolean | null;
  readonly trials: Readonly<Record<StorageKind, StorageTrial>>;
}

/** How much is kept and may be, and whether each kind of storage works; never rejects. */
export async function readStorageFacts(): Promise<StorageFacts> {
  // Absent where the page is not served over HTTPS or from this machine.
  const manager: StorageManager | undefined = navigator.storage;
  const [estimate, persisted, ...trials] = await Promise.all([
    manager?.estimate?.().catch(() => null),
    manager?.persisted?.().catch(() => null),
    ...storageKinds.map(tryStorage),
  ]);
  return {
    usedBytes: estimate?.usage ?? null,
    quotaBytes: estimate?.quota ?? null,
    persisted: persisted ?? null,
    // One trial per kind, in their order.
    trials: Object.fromEntries(
      storageKinds.map((kind, index) => [kind, trials[index]]),
    ) as StorageFacts['trials'],
  };
}

/** Asks the browser to promise that it keeps what is stored here; whether it does, or null. */
export async function askToKeepStorage(): Promise<boolean | null> {
  const manager: StorageManager | undefined = navigator.storage;
  try {
    return (await manager?.persist?.()) ?? null;
  } catch {
    return null;
  }
}

/** Writes, reads and deletes something small; never rejects. */
export async function tryStorage(kind: StorageKind): Promise<StorageTrial> {
  try {
    return await trials[kind]();
  } catch (error) {
    const { name } = error instanceof Error || error instanceof DOMException ? error : Error();
    return { works: false, error: name };
  }
}

const trialName = 'crossrank-trial';
const written = 'written';
const absent: StorageTrial = { works: false, error: null };

const trials: Readonly<Record<StorageKind, () => Promise<StorageTrial>>> = {
  'local-storage': async () => {
    localStorage.setItem(trialName, written);
    const read = localStorage.getItem(trialName);
    localStorage.removeItem(trialName);
    return outcomeOf(read);
  },
  'indexed-db': async () => {
    if (typeof indexedDB === 'undefined') return absent;
    const opening = indexedDB.open(trialName, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('trial');
    const database = await settled(opening);
    try {
      const store = database.transaction('trial', 'readwrite').objectStore('trial');
      await settled(store.put(written, 1));
      return outcomeOf(await settled(store.get(1)));
    } finally {
      database.close();
      await settled(indexedDB.deleteDatabase(trialName));
    }
  },
  opfs: async () => {
    if (typeof navigator.storage?.getDirectory !== 'function') return absent;
    const root = await navigator.storage.getDirectory();
    const name = `${trialName}-${crypto.randomUUID()}`;
    const file = await root.getFileHandle(name, { create: true });
    try {
      // Safari writes from workers alone before version 26: that the file came to be is enough.
      if (typeof file.createWritable !== 'function') return { works: true };
      const stream = await file.createWritable();
      await stream.write(written);
      await stream.close();
      return outcomeOf(await (await file.getFile()).text());
    } finally {
      await root.removeEntry(name);
    }
  },
  'cache-storage': async () => {
    if (typeof caches === 'undefined') return absent;
    const cache = await caches.open(trialName);
    try {
      const address = `${location.origin}/${trialName}`;
      await cache.put(address, new Response(written));
      return outcomeOf((await (await cache.match(address))?.text()) ?? null);
    } finally {
      await caches.delete(trialName);
    }
  },
};

function outcomeOf(read: unknown): StorageTrial {
  return read === written ? { works: true } : { works: false, error: 'DataError' };
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed.'));
  });
}
