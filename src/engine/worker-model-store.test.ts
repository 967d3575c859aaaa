// biome-ignore lint/style/noRestrictedImports: the other end of the wire is comlink's, too.
import { expose } from 'comlink';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { MemoryFileStore } from '../models/memory-file-store.ts';
import { ModelStore } from '../models/model-store.ts';
import type { StoredModel, StoreEvent } from '../models/stored-model.ts';
import type { ModelStoreWorkerApi } from './model-store-api.ts';
import { type ServedCall, serveCall } from './protocol.ts';
import { WorkerModelStore } from './worker-model-store.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

type Call = ServedCall<StoreEvent>;

const model: StoredModel = {
  key: 'k',
  problem: null,
  id: 'owner/name',
  revision: 'main',
  host: 'https://huggingface.co',
  files: [],
  addedAt: 1,
  lastUsedAt: 1,
  notes: {},
  kept: 'memory',
};
const address = { host: 'https://huggingface.co', id: 'owner/name', revision: 'main' };

const stores: WorkerModelStore[] = [];

afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(stores.splice(0).map((store) => store.dispose()));
});

describe('a call', () => {
  it('reaches a real store through the worker, and one worker serves all', async () => {
    const { store, workers } = setUp();
    expect(await store.list()).toEqual([]);
    const files = [{ path: 'config.json', blob: new Blob(['{}']) }];
    const stored = await store.importFiles({ files, name: 'mine' });
    expect(stored).toMatchObject({ id: 'mine', host: 'disk', kept: 'memory' });
    expect(await store.annotate(stored.key, { a: 1 })).toMatchObject({ notes: { a: 1 } });
    expect(await store.touch(stored.key)).toMatchObject({ notes: { a: 1 } });
    expect(await store.readText(stored.key, 'config.json')).toBe('{}');
    const source = await store.fileSource(stored, 'config.json');
    expect(source.from === 'memory' && (await source.blob.text())).toBe('{}');
    expect(await store.usage()).toMatchObject({ kept: 'memory' });
    await store.remove(stored.key);
    await store.removeAll();
    expect(await store.list()).toEqual([]);
    expect(workers).toHaveLength(1);
  });

  it('keeps the code and the message of an error', async () => {
    const { store, workers } = setUp();
    const error = await rejection(store.remove('nobody'), 'model-not-found');
    expect(error.message).toContain('nobody');
    expect(workers[0]?.terminated).toBe(false);
  });

  it('does not wait for the others', async () => {
    const { store } = setUp({ ensureFiles: () => new Promise(() => undefined) });
    const download = store.ensureFiles(address, []);
    expect(await store.list()).toEqual([]);
    await store.dispose();
    await rejection(download, 'disposed');
  });

  it('tells all progress before it resolves, and that it waits', async () => {
    const { store } = setUp({
      ensureFiles: async ({ onEvent }) => {
        onEvent({ type: 'waiting' });
        onEvent({ type: 'downloading', path: 'a', loadedBytes: 1, totalBytes: 2 });
        onEvent({ type: 'downloading', path: 'a', loadedBytes: 2, totalBytes: 2 });
        return model;
      },
    });
    const told: string[] = [];
    const stored = await store.ensureFiles(address, [], {
      onProgress: (loaded, total) => told.push(`${loaded} of ${total}`),
      onWaiting: () => told.push('waits'),
    });
    expect(stored).toEqual(model);
    expect(told).toEqual(['waits', '1 of 2', '2 of 2']);
  });
});

describe('aborting', () => {
  it('rejects at once, though the worker goes on, and tells it to stop', async () => {
    const controller = new AbortController();
    const stopped = deferred();
    const { store, workers } = setUp({
      ensureFiles: async ({ signal, onEvent }) => {
        signal.addEventListener('abort', () => stopped.resolve());
        onEvent({ type: 'downloading', path: 'a', loadedBytes: 1, totalBytes: 2 });
        return new Promise<StoredModel>(() => undefined);
      },
    });
    const call = store.ensureFiles(address, [], {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect((await rejection(call, 'aborted')).name).toBe('AbortError');
    await stopped.promise;
    expect(workers[0]?.terminated).toBe(false);
    expect(await store.list()).toEqual([]);
  });

  it('before the start starts nothing', async () => {
    const { store, workers } = setUp();
    await rejection(store.list({ signal: AbortSignal.abort() }), 'aborted');
    expect(workers).toEqual([]);
  });

  it('tells of nothing any more', async () => {
    const controller = new AbortController();
    const { store } = setUp({
      ensureFiles: async ({ onEvent }) => {
        for (const loadedBytes of [1, 2, 3]) {
          onEvent({ type: 'downloading', path: 'a', loadedBytes, totalBytes: 3 });
        }
        return model;
      },
    });
    const told: number[] = [];
    const call = store.ensureFiles(address, [], {
      signal: controller.signal,
      onProgress: (loaded) => {
        told.push(loaded);
        controller.abort();
      },
    });
    await rejection(call, 'aborted');
    await store.list();
    expect(told).toEqual([1]);
  });
});

describe('a worker that dies', () => {
  it('rejects what was under way; the next call gets a new one', async () => {
    const { store, workers } = setUp({
      ensureFiles: () => {
        workers[0]?.dispatchEvent(new Event('messageerror'));
        return new Promise(() => undefined);
      },
    });
    await rejection(store.ensureFiles(address, []), 'worker-crashed');
    expect(workers[0]?.terminated).toBe(true);
    expect(await store.list()).toEqual([]);
    expect(workers).toHaveLength(2);
  });

  it('is found out by the lock that it held', async () => {
    let release: () => void = () => undefined;
    const request = (_name: string, _options: unknown, onReleased: () => void): Promise<void> =>
      new Promise((resolve) => {
        release = () => resolve(onReleased());
      });
    vi.stubGlobal('navigator', { locks: { request } });
    const { store, workers } = setUp({
      ensureFiles: () => {
        release();
        return new Promise(() => undefined);
      },
    });
    await store.list();
    await rejection(store.ensureFiles(address, []), 'worker-crashed');
    expect(workers[0]?.terminated).toBe(true);
  });

  it('may not even start', async () => {
    const store = new WorkerModelStore({
      createWorker: () => {
        throw new DOMException('Blocked', 'SecurityError');
      },
    });
    await rejection(store.list(), 'worker-crashed');
  });
});

describe('storage that lasts', () => {
  it.each([
    ['is asked for, once, when much is downloaded', 60_000_000, false, 1],
    ['is not asked for when little is', 40_000_000, false, 0],
    ['is not asked for when it was granted before', 60_000_000, true, 0],
  ])('%s', async (_, totalBytes, granted, times) => {
    const persist = vi.fn(async () => true);
    const persisted = async (): Promise<boolean> => granted;
    vi.stubGlobal('navigator', { storage: { persist, persisted } });
    const { store } = setUp({
      ensureFiles: async ({ onEvent }) => {
        for (const loadedBytes of [1, 2, totalBytes]) {
          onEvent({ type: 'downloading', path: 'a', loadedBytes, totalBytes });
        }
        return model;
      },
    });
    await store.ensureFiles(address, []);
    expect(persist).toHaveBeenCalledTimes(times);
  });
});

it('rejects every call after dispose', async () => {
  const { store, workers } = setUp();
  await store.list();
  await store.dispose();
  await rejection(store.list(), 'disposed');
  expect(workers.map(({ terminated }) => terminated)).toEqual([true]);
});

/** A client whose workers run in this thread, behind a real message channel. */
function setUp(script: { readonly ensureFiles?: (call: Call) => Promise<StoredModel> } = {}) {
  const workers: FakeWorker[] = [];
  const store = new WorkerModelStore({
    createWorker: () => {
      const worker = new FakeWorker(script.ensureFiles ?? (async () => model));
      workers.push(worker);
      return worker;
    },
  });
  stores.push(store);
  return { store, workers };
}

/** A Worker whose other side runs in this thread: the messages, the ports and comlink are real. */
class FakeWorker extends EventTarget implements Worker {
  onerror = null;
  onmessage = null;
  onmessageerror = null;
  terminated = false;
  readonly #outside: MessagePort;
  readonly #inside: MessagePort;

  constructor(ensureFiles: (call: Call) => Promise<StoredModel>) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.#outside = port1;
    this.#inside = port2;
    port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
    const store = new ModelStore(new MemoryFileStore());
    const unused = (): never => {
      throw new Error('not part of these tests');
    };
    const api: ModelStoreWorkerApi = {
      holdLock: async () => undefined,
      openRepository: unused,
      probeFiles: unused,
      readRepositoryText: unused,
      ensureFiles: (_address, _files, port) => serveCall(port, (call: Call) => ensureFiles(call)),
      importFiles: (from, port) =>
        serveCall(port, (call: Call) => {
          const blobs = 'files' in from ? from.files : [];
          const files = blobs.map(({ path, blob }) => ({
            path,
            bytes: blob.size,
            stream: () => new Blob([blob]).stream(),
          }));
          return store.importFiles(from.name, files, call);
        }),
      list: (port) => serveCall(port, () => store.list()),
      remove: (key, port) => serveCall(port, () => store.remove(key)),
      removeAll: (port) => serveCall(port, () => store.removeAll()),
      annotate: (key, patch, port) => serveCall(port, () => store.annotate(key, patch)),
      touch: (key, port) => serveCall(port, () => store.touch(key)),
      usage: (port) => serveCall(port, () => store.usage()),
      fileSource: (key, path, port) => serveCall(port, () => store.fileSource(key, path)),
      readText: (key, path, maxBytes, port) =>
        serveCall(port, () => store.readText(key, path, maxBytes)),
    };
    expose(api, port2);
  }

  postMessage(message: unknown, options?: Transferable[] | StructuredSerializeOptions): void {
    const transfer = Array.isArray(options) ? options : (options?.transfer ?? []);
    this.#outside.postMessage(message, transfer);
  }

  terminate(): void {
    this.terminated = true;
    this.#outside.close();
    this.#inside.close();
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

async function rejection(promise: Promise<unknown>, code: RerankErrorCode): Promise<RerankError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RerankError);
  expect(error).toMatchObject({ code });
  if (!(error instanceof RerankError)) throw new Error('not a RerankError');
  return error;
}
