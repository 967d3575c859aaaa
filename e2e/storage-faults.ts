import type { BrowserContext, Page } from '@playwright/test';

/** Gives this origin so much room, as a full disk does; null: as much as there is. */
export async function limitRoom(page: Page, origin: string, bytes: number | null): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', {
    origin,
    ...(bytes !== null && { quotaSize: bytes }),
  });
  // The limit ends with the session: it stays open.
}

/** A page of this origin on which the app does not run. */
export async function openBare(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  // What a browser asks for by itself is no error of the app.
  await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
  await page.goto('./demos/keyword-traps.json');
  return page;
}

/** Opens a tab that holds a database, deaf to whoever wants to change it, until it is closed. */
export async function holdDatabase(context: BrowserContext, database: string): Promise<Page> {
  const old = await openBare(context);
  await old.evaluate(async (name) => {
    const opening = indexedDB.open(name);
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    Reflect.set(window, 'held', opening.result);
  }, database);
  return old;
}

/** Makes a page one of the next release, which changes a database, from its next load on. */
export async function becomeNextRelease(page: Page, database: string): Promise<void> {
  await page.addInitScript((changed) => {
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (name: string, version?: number) {
      const next = name === changed && version !== undefined ? version + 1 : version;
      return next === undefined ? open.call(this, name) : open.call(this, name, next);
    };
  }, database);
}

/** How many records the tables of the collections hold, read without the app's own code. */
export function tableSizes(page: Page): Promise<Readonly<Record<string, number>>> {
  return page.evaluate(async () => {
    const opening = indexedDB.open('crossrank-collections');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const sizes: Record<string, number> = {};
    for (const table of ['collections', 'partSets', 'parts']) {
      const counting = database.transaction(table).objectStore(table).count();
      sizes[table] = await new Promise((resolve) => {
        counting.onsuccess = () => resolve(counting.result);
      });
    }
    database.close();
    return sizes;
  });
}

/** Changes every record of a table of the collections, as a fault or another version would. */
export async function changeRecords(
  page: Page,
  table: string,
  change: 'damage' | 'later-version',
): Promise<number> {
  return await page.evaluate(
    async ([name, how]) => {
      const opening = indexedDB.open('crossrank-collections');
      await new Promise((resolve) => {
        opening.onsuccess = resolve;
      });
      const database = opening.result;
      const transaction = database.transaction(name, 'readwrite');
      const store = transaction.objectStore(name);
      let changed = 0;
      const walking = store.openCursor();
      walking.onsuccess = () => {
        const cursor = walking.result;
        if (cursor === null) return;
        const { value } = cursor;
        cursor.update(
          how === 'damage' ? { name: value.name, version: 1 } : { ...value, version: 99 },
        );
        changed += 1;
        cursor.continue();
      };
      await new Promise((resolve) => {
        transaction.oncomplete = resolve;
      });
      database.close();
      return changed;
    },
    [table, change] as const,
  );
}

/** Writes until the browser says that there is no room left, in ever smaller pieces. */
export function fillRoom(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const opening = indexedDB.open('filler', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('filler');
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    const database = opening.result;
    let written = 0;
    for (let size = 1_000_000; size >= 10; size = Math.floor(size / 10)) {
      for (;;) {
        // Random: the browser compresses what it keeps.
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; at += 65_536) {
          crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
        }
        const transaction = database.transaction('filler', 'readwrite');
        transaction.objectStore('filler').put(bytes, written);
        const kept = await new Promise((resolve) => {
          transaction.oncomplete = () => resolve(true);
          transaction.onabort = () => resolve(false);
        });
        if (kept === false) break;
        written += size;
      }
    }
    database.close();
    return written;
  });
}

/** Makes the collections of a page write as slowly as to an old disk. */
export async function slowWrites(page: Page): Promise<void> {
  await page.route('**/assets/collections.worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${slowDown})();\n${await response.text()}` });
  });
}

function slowDown(): void {
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...parameters) {
    const end = performance.now() + 60;
    while (performance.now() < end);
    return Reflect.apply(put, this, parameters);
  };
}

/** What a browser may refuse, to be taken away in pages and in workers. */
export type Refusal =
  | 'idb-throws'
  | 'idb-getter'
  | 'idb-none'
  | 'opfs'
  | 'caches'
  | 'storage'
  | 'locks'
  | 'web-storage';

/** Takes parts of the browser away from the page and from all of its workers. */
export async function refuse(page: Page, refusals: readonly Refusal[]): Promise<void> {
  await page.addInitScript(takeAway, refusals);
  await page.route('**/assets/*worker-*.js', async (route) => {
    const response = await route.fetch();
    const front = `(${takeAway})(${JSON.stringify(refusals)});\n`;
    await route.fulfill({ response, body: `${front}${await response.text()}` });
  });
}

function takeAway(refusals: readonly string[]): void {
  const deny = (): never => {
    throw new DOMException('refused', 'SecurityError');
  };
  const define = (target: object, name: string, descriptor: PropertyDescriptor): void => {
    Object.defineProperty(target, name, { ...descriptor, configurable: true });
  };
  for (const refusal of refusals) {
    switch (refusal) {
      case 'idb-throws':
        IDBFactory.prototype.open = deny;
        break;
      case 'idb-getter':
        define(globalThis, 'indexedDB', { get: deny });
        break;
      case 'idb-none':
        define(globalThis, 'indexedDB', { value: undefined });
        break;
      case 'opfs':
        StorageManager.prototype.getDirectory = () =>
          Promise.reject(new DOMException('refused', 'SecurityError'));
        break;
      case 'caches':
        define(globalThis, 'caches', { value: undefined });
        break;
      case 'storage':
        define(navigator, 'storage', { value: undefined });
        break;
      case 'locks':
        define(navigator, 'locks', { value: undefined });
        break;
      case 'web-storage':
        define(globalThis, 'localStorage', { get: deny });
        define(globalThis, 'sessionStorage', { get: deny });
        break;
    }
  }
}
