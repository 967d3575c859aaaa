// biome-ignore lint/style/noRestrictedImports: the other end of the wire is comlink's, too.
import { expose } from 'comlink';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import type { ImportFile } from '../io/import-types.ts';
import type { ImportTarget } from './collection.ts';
import { CollectionLibrary } from './collection-library.ts';
import type { CollectionsCall, CollectionsEvent } from './collections-api.ts';
import { MemoryDatabase } from './memory-database.ts';
import { type LibraryWorkerApi, serveCollections } from './serve-collections.ts';
import { WorkerCollections } from './worker-collections.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

const target: ImportTarget = { kind: 'new', name: 'Mine' };
const files: readonly ImportFile[] = [
  {
    path: 'corpus.jsonl',
    blob: new Blob(['{"_id":"d1","text":"One"}\n{"_id":"d2","text":"Two"}']),
  },
  { path: 'queries.jsonl', blob: new Blob(['{"_id":"q1","text":"What is one?"}']) },
];
const settings = {
  depth: 2,
  queryLimit: null,
  titles: true,
  longDocuments: 'max',
  maxLength: 512,
} as const;
const provenance = {
  model: 'm',
  revision: 'r',
  dtype: 'fp32',
  device: 'wasm',
  adapter: null,
  threads: 1,
  maxLength: 512,
  longDocuments: 'max',
  depth: 2,
  titles: true,
  browser: 'b',
  createdAt: 1,
};

const clients: WorkerCollections[] = [];

afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
});

describe('a call', () => {
  it('reaches a real library through the worker, every method of it, and one worker serves all', async () => {
    const { client, workers } = setUp();
    expect(await client.storageKind()).toBe('memory');
    expect(await client.inspect(files, {})).toHaveLength(2);
    const { summary } = await client.importFiles(files, {}, target);
    const id = summary?.id ?? '';
    expect(await client.list()).toEqual([summary]);
    expect(await client.open(id)).toMatchObject({ summary, queries: [{ queryId: 'q1' }] });
    expect(await client.rename(id, 'Other')).toMatchObject({ name: 'Other' });
    const { runId } = await client.createRun(id, settings, 'm');
    const asked = await client.queryToScore(id, runId, 0, provenance);
    expect(asked).toMatchObject({ missingPlaces: [0, 1] });
    const scores = {
      logits: Float64Array.of(2, -1),
      tokens: Int32Array.of(9, 9),
      truncated: [false, false],
      scoringMs: 5,
    };
    const { missingPlaces } = asked;
    const kept = await client.keepScores(id, runId, 0, missingPlaces, scores, provenance);
    expect(kept).toMatchObject({ doneQueries: 1, scoredPairs: 2 });
    expect(await client.pendingQueries(id, runId)).toEqual([]);
    expect((await client.queryDetail(id, 0, runId, null)).logits).toEqual(Float64Array.of(2, -1));
    const what = { system: `model:${runId}`, queryNumbers: null, fusionWeight: 0.5 };
    expect((await client.exportedRun(id, what)).rankings).toHaveLength(1);
    expect(await client.exportRun(id, what, 'trec-run', { topK: 1 })).toMatchObject({
      text: expect.stringContaining('q1'),
    });
    const wanted = { metrics: ['nDCG@10'], relevantFrom: 1, baseline: 'bm25', fusionWeight: 0.5 };
    expect(await client.evaluate(id, wanted, null)).toMatchObject({ unjudgedQueries: 1 });
    expect(await client.scoreCacheUse()).toMatchObject({ scores: 2 });
    await client.clearScoreCache();
    const copy = await client.duplicate(id, 'Copy');
    expect((await client.exportCollection(copy.id)).size).toBeGreaterThan(100);
    expect(await client.removeRun(id, runId)).toMatchObject({ runs: [] });
    await client.remove(id);
    expect(await client.restore(id)).toMatchObject({ name: 'Other' });
    await client.remove(copy.id);
    await client.purge(copy.id);
    await expect(client.restore(copy.id)).rejects.toMatchObject({ code: 'collection-missing' });
    expect(workers).toHaveLength(1);
  });

  it('keeps the code and the message of an error', async () => {
    const { client, workers } = setUp();
    const error = await rejection(client.open('nobody'), 'collection-missing');
    expect(error.message).toContain('deleted');
    expect(workers[0]?.terminated).toBe(false);
  });

  it('that is none of the list is refused', async () => {
    const { port1, port2 } = new MessageChannel();
    const served = serveCollections(async () => new CollectionLibrary(new MemoryDatabase()));
    for (const name of ['constructor', '__proto__', 'storageKind', 'toString']) {
      // As a page could send it that was written otherwise.
      const outcome = await served.call(name as 'list', [], port2);
      expect(outcome).toMatchObject({ ok: false, code: 'invalid-request' });
    }
    port1.close();
  });

  it('tells all progress before it resolves', async () => {
    const { client } = setUp();
    const events: CollectionsEvent[] = [];
    await client.importFiles(files, {}, target, { onProgress: (event) => events.push(event) });
    expect(events.at(-1)).toMatchObject({ type: 'progress', step: 'writing' });
  });

  it('that fails for a reason nobody foresaw is about collections, or memory', async () => {
    const failures = [new TypeError('odd'), new RangeError('Array buffer allocation failed')];
    const { client } = setUp(() => Promise.reject(failures.shift()));
    await rejection(client.importFiles(files, {}, target), 'storage-unavailable');
    await rejection(client.importFiles(files, {}, target), 'out-of-memory');
  });
});

describe('aborting', () => {
  it('rejects at once, though the worker goes on, and tells it to stop', async () => {
    const controller = new AbortController();
    const stopped = deferred();
    const { client, workers } = setUp(({ signal }) => {
      signal?.addEventListener('abort', () => stopped.resolve());
      controller.abort();
      return new Promise(() => undefined);
    });
    const call = client.importFiles(files, {}, target, { signal: controller.signal });
    expect((await rejection(call, 'aborted')).name).toBe('AbortError');
    await stopped.promise;
    expect(workers[0]?.terminated).toBe(false);
    expect(await client.list()).toEqual([]);
  });

  it('before the start starts nothing', async () => {
    const { client, workers } = setUp();
    const call = { signal: AbortSignal.abort() };
    await rejection(client.importFiles(files, {}, target, call), 'aborted');
    expect(workers).toEqual([]);
  });
});

describe('a worker that dies', () => {
  it('rejects what was under way; the next call gets a new one', async () => {
    const { client, workers } = setUp(() => {
      workers[0]?.dispatchEvent(new Event('messageerror'));
      return new Promise(() => undefined);
    });
    await rejection(client.importFiles(files, {}, target), 'worker-crashed');
    expect(workers[0]?.terminated).toBe(true);
    expect(await client.list()).toEqual([]);
    expect(workers).toHaveLength(2);
  });

  it('is found out by the lock that it held', async () => {
    let release: () => void = () => undefined;
    const request = (_name: string, _options: unknown, onReleased: () => void): Promise<void> =>
      new Promise((resolve) => {
        release = () => resolve(onReleased());
      });
    vi.stubGlobal('navigator', { locks: { request } });
    const { client, workers } = setUp(() => {
      release();
      return new Promise(() => undefined);
    });
    await client.list();
    await rejection(client.importFiles(files, {}, target), 'worker-crashed');
    expect(workers[0]?.terminated).toBe(true);
  });

  it('may not even start', async () => {
    const client = new WorkerCollections({
      createWorker: () => {
        throw new DOMException('Blocked', 'SecurityError');
      },
    });
    await rejection(client.list(), 'worker-crashed');
  });
});

it('rejects every call after dispose, and what is under way', async () => {
  const { client, workers } = setUp(() => new Promise(() => undefined));
  await client.list();
  const pending = client.importFiles(files, {}, target);
  await client.dispose();
  await rejection(pending, 'disposed');
  await rejection(client.list(), 'disposed');
  expect(workers.map(({ terminated }) => terminated)).toEqual([true]);
});

type Import = (call: CollectionsCall) => ReturnType<CollectionLibrary['importFiles']>;

/** A client whose workers run in this thread, behind a real message channel. */
function setUp(importFiles?: Import) {
  const workers: FakeWorker[] = [];
  const client = new WorkerCollections({
    createWorker: () => {
      const library = new CollectionLibrary(new MemoryDatabase());
      if (importFiles !== undefined) {
        library.importFiles = (_files, _choices, _target, call = {}) => importFiles(call);
      }
      const worker = new FakeWorker(library);
      workers.push(worker);
      return worker;
    },
  });
  clients.push(client);
  return { client, workers };
}

/** A Worker whose other side runs in this thread: the messages, the ports and comlink are real. */
class FakeWorker extends EventTarget implements Worker {
  onerror = null;
  onmessage = null;
  onmessageerror = null;
  terminated = false;
  readonly #outside: MessagePort;
  readonly #inside: MessagePort;

  constructor(library: CollectionLibrary) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.#outside = port1;
    this.#inside = port2;
    port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
    const api: LibraryWorkerApi = {
      holdLock: async () => undefined,
      ...serveCollections(async () => library),
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
