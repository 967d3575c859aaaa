import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import type { FileStore, OpenFile, StorageRoom, StoreEntry } from './file-store.ts';
import type { ImportedFile } from './imported-file.ts';
import { KeyLocks } from './key-locks.ts';
import { MemoryFileStore } from './memory-file-store.ts';
import type { ModelFile } from './model-card.ts';
import type { FileSource } from './model-source.ts';
import { ModelStore, type ModelStoreOptions } from './model-store.ts';
import type { StoreEvent } from './stored-model.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

const commit = '0123456789abcdef0123456789abcdef01234567';
const id = 'owner/name';
const contents = {
  'onnx/model.onnx': bytesOf(3_000_000, 1),
  'tokenizer.json': bytesOf(30_000, 2),
  'config.json': Buffer.from('{"a":1}'),
};
type Name = keyof typeof contents;
const names = ['onnx/model.onnx', 'tokenizer.json', 'config.json'] as const;
const files = names.map((name) => fileOf(name));
const totalBytes = 3_030_007;

type Answer = (response: ServerResponse, range: number | null, name: Name) => void;

const servers: Server[] = [];
const folders: string[] = [];
let folder = '';

beforeEach(() => {
  folder = makeFolder();
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    if (server.listening) await once(server, 'close');
  }
  for (const name of folders.splice(0)) rmSync(name, { recursive: true });
});

describe.each<['memory' | 'disk', () => FileStore]>([
  ['memory', () => new MemoryFileStore()],
  ['disk', () => new NodeFileStore(folder)],
])('files in %s', (kept, createFileStore) => {
  it('are downloaded, listed, read and deleted', async () => {
    const { host, asked } = await serve();
    const store = new ModelStore(createFileStore(), { now: () => 7000 });
    const model = await store.ensureFiles({ host, id, revision: commit }, files);
    expect(model).toMatchObject({ id, revision: commit, host, kept, addedAt: 7000, notes: {} });
    const byPath = new Map(model.files.map((file) => [file.path, file]));
    for (const name of names) {
      expect(byPath.get(name)).toEqual({
        ...fileOf(name),
        storedBytes: contents[name].length,
        state: 'complete',
        verified: 'sha256',
      });
    }
    expect(asked).toEqual(['config.json', 'tokenizer.json', 'onnx/model.onnx']);
    expect(await store.list()).toEqual([model]);
    expect(await store.readText(model.key, 'config.json')).toBe('{"a":1}');
    const source = await store.fileSource(model.key, 'onnx/model.onnx');
    expect(Buffer.compare(await bytesAt(source), contents['onnx/model.onnx'])).toBe(0);
    expect(await store.usage()).toMatchObject({ kept });
    await store.remove(model.key);
    expect(await store.list()).toEqual([]);
    expect((await store.usage()).modelBytes).toBe(0);
    await rejection(store.remove(model.key), 'model-not-found');
  });

  it('are asked for once', async () => {
    const { host, asked } = await serve();
    const store = new ModelStore(createFileStore());
    const first = await store.ensureFiles({ host, id, revision: commit }, files);
    const events: StoreEvent[] = [];
    const again = await store.ensureFiles({ host, id, revision: commit }, files, {
      onEvent: (event) => events.push(event),
    });
    expect(again).toEqual(first);
    expect(events).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  it('are kept in part when the download is stopped, and gone on with', async () => {
    const controller = new AbortController();
    const ranges: (number | null)[] = [];
    const { host } = await serve((response, range, name) => {
      if (name === 'onnx/model.onnx') ranges.push(range);
      sends(response, range, name);
    });
    const store = new ModelStore(createFileStore());
    const address = { host, id, revision: commit };
    const stopped = store.ensureFiles(address, files, {
      signal: controller.signal,
      onEvent: (event) => {
        if ('loadedBytes' in event && event.loadedBytes > totalBytes / 2) controller.abort();
      },
    });
    await rejection(stopped, 'aborted');
    const [half] = await store.list();
    const weights = half?.files.find((file) => file.path === 'onnx/model.onnx');
    expect(weights).toMatchObject({ state: 'partial', verified: 'none', bytes: 3_000_000 });
    expect(weights?.storedBytes).toBeGreaterThan(1_000_000);
    await rejection(store.fileSource(half?.key ?? '', 'onnx/model.onnx'), 'model-corrupt');

    const loaded: number[] = [];
    const model = await store.ensureFiles(address, files, {
      onEvent: (event) => {
        if ('loadedBytes' in event) loaded.push(event.loadedBytes);
      },
    });
    expect(model.files.every(({ state }) => state === 'complete')).toBe(true);
    expect(ranges).toEqual([null, weights?.storedBytes]);
    expect(loaded[0]).toBeGreaterThan(1_000_000);
    expect(loaded.at(-1)).toBe(totalBytes);
  });

  it('come from a folder on disk, once', async () => {
    const store = new ModelStore(createFileStore());
    const events: StoreEvent[] = [];
    const model = await store.importFiles('mine', imported(), {
      onEvent: (event) => events.push(event),
    });
    expect(model).toMatchObject({ id: 'mine', host: 'disk', kept });
    expect(model.revision).toMatch(/^[0-9a-f]{12}$/);
    expect(model.files.map(({ path: name, state, verified }) => [name, state, verified])).toEqual(
      names.map((name) => [name, 'complete', 'none']),
    );
    const source = await store.fileSource(model.key, 'onnx/model.onnx');
    expect(Buffer.compare(await bytesAt(source), contents['onnx/model.onnx'])).toBe(0);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['importing']));
    expect(events.at(-1)).toMatchObject({ loadedBytes: totalBytes, totalBytes });

    const again = await store.importFiles('mine', imported());
    expect(again.key).toBe(model.key);
    expect(await store.list()).toHaveLength(1);
  });

  it('keep what is noted of them', async () => {
    const store = new ModelStore(createFileStore(), { now: tick() });
    const { key } = await store.importFiles('mine', imported());
    await store.annotate(key, { test: { ok: true }, gone: 1 });
    const model = await store.annotate(key, { gone: null, more: 'x' });
    expect(model.notes).toEqual({ test: { ok: true }, more: 'x' });
    const touched = await store.touch(key);
    expect(touched.lastUsedAt).toBeGreaterThan(model.lastUsedAt);
    expect(touched.notes).toEqual(model.notes);
    expect(await store.list()).toEqual([touched]);
    await rejection(store.annotate('nobody', {}), 'model-not-found');
    await rejection(store.touch('../..'), 'model-not-found');
  });
});

describe('a download', () => {
  it('tells progress over all files that never falls, up to the total', async () => {
    const { host } = await serve();
    const events: StoreEvent[] = [];
    await makeStore().ensureFiles({ host, id, revision: commit }, files, {
      onEvent: (event) => events.push(event),
    });
    const told = events.flatMap((event) => (event.type === 'downloading' ? [event] : []));
    const loaded = told.map(({ loadedBytes }) => loadedBytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(new Set(told.map((event) => event.totalBytes))).toEqual(new Set([totalBytes]));
    expect(loaded.at(-1)).toBe(totalBytes);
    expect(new Set(told.map((event) => event.path))).toEqual(new Set(names));
  });

  it('works where sizes and hashes are not known', async () => {
    const { host } = await serve();
    const unknown = files.map((file) => ({ ...file, bytes: null, sha256: null }));
    const model = await makeStore().ensureFiles({ host, id, revision: 'main' }, unknown);
    for (const name of names) {
      expect(model.files.find((file) => file.path === name)).toEqual({
        ...fileOf(name),
        storedBytes: contents[name].length,
        state: 'complete',
        verified: 'size',
      });
    }
  });

  it('adds files to those that are there', async () => {
    const { host, asked } = await serve();
    const store = makeStore();
    await store.ensureFiles({ host, id, revision: commit }, files.slice(1));
    const model = await store.ensureFiles({ host, id, revision: commit }, files);
    expect(asked).toEqual(['config.json', 'tokenizer.json', 'onnx/model.onnx']);
    expect(model.files).toHaveLength(3);
  });

  it('keeps the same commit of two hosts once, and a branch for each', async () => {
    const [first, second] = [await serve(), await serve()];
    const store = makeStore();
    await store.ensureFiles({ host: first.host, id, revision: commit }, files);
    await store.ensureFiles({ host: second.host, id, revision: commit }, files);
    expect(second.asked).toEqual([]);
    await store.ensureFiles({ host: first.host, id, revision: 'main' }, files);
    await store.ensureFiles({ host: second.host, id, revision: 'main' }, files);
    expect(second.asked).toHaveLength(3);
    expect(await store.list()).toHaveLength(3);
  });

  it.each([
    ['size', bytesOf(500, 9), files.map((file) => ({ ...file, sha256: null }))],
    ['content', Buffer.from('{"b":2}'), files],
  ])('fetches what is expected to have another %s now', async (_, old, wanted) => {
    const { host, asked } = await serve();
    const store = makeStore();
    await writeModelFile(old, 'config.json', { host });
    await store.ensureFiles({ host, id, revision: commit }, wanted);
    expect(asked).toContain('config.json');
    const [model] = await store.list();
    expect(await store.readText(model?.key ?? '', 'config.json')).toBe('{"a":1}');
  });

  it('fetches again what the browser took away', async () => {
    const { host, asked } = await serve();
    const store = makeStore();
    const { key } = await store.ensureFiles({ host, id, revision: commit }, files);
    rmSync(path.join(folder, 'crossrank-models', key, 'files/tokenizer.json'));
    const [damaged] = await store.list();
    expect(damaged?.files.find((file) => file.path === 'tokenizer.json')).toMatchObject({
      state: 'partial',
      verified: 'none',
      storedBytes: 0,
    });
    await store.ensureFiles({ host, id, revision: commit }, files);
    expect(asked.slice(3)).toEqual(['tokenizer.json']);
  });

  it('deletes a wrong file and names it; the others stay', async () => {
    const { host } = await serve((response, range, name) => {
      if (name === 'tokenizer.json') response.end(bytesOf(30_000, 3));
      else sends(response, range, name);
    });
    const store = makeStore();
    const call = store.ensureFiles({ host, id, revision: commit }, files);
    const error = await rejection(call, 'model-corrupt');
    expect(error.message).toContain('tokenizer.json');
    const [model] = await store.list();
    const states = model?.files.map((file) => [file.path, file.state, file.storedBytes]);
    expect(states).toContainEqual(['config.json', 'complete', 7]);
    expect(states).toContainEqual(['tokenizer.json', 'partial', 0]);
  });

  it('says how much room is needed and what may be deleted, before it starts', async () => {
    const { host, asked } = await serve();
    const fileStore = new NodeFileStore(folder);
    const store = new ModelStore(fileStore);
    await store.importFiles('mine', imported());
    fileStore.quotaBytes = 4_000_000;
    const call = store.ensureFiles({ host, id, revision: commit }, files);
    const { message } = await rejection(call, 'storage-full');
    expect(message).toContain('needs 3.0 MB more');
    expect(message).toContain('1.0 MB free');
    expect(message).toContain('mine (3.0 MB)');
    expect(asked).toEqual([]);
  });

  it('counts what is there already as room it does not need', async () => {
    const { host } = await serve();
    const fileStore = new NodeFileStore(folder);
    const store = new ModelStore(fileStore);
    fileStore.fullAfterBytes = 2_500_000;
    const address = { host, id, revision: commit };
    const { message } = await rejection(store.ensureFiles(address, files), 'storage-full');
    expect(message).toContain('onnx/model.onnx');
    // What arrived is kept.
    expect((await store.usage()).modelBytes).toBeGreaterThan(2_000_000);
    fileStore.fullAfterBytes = Number.POSITIVE_INFINITY;
    fileStore.quotaBytes = 3_040_000;
    const model = await store.ensureFiles(address, files);
    expect(model.files.every(({ state }) => state === 'complete')).toBe(true);
  });

  it('says that a file is in use elsewhere', async () => {
    const { host } = await serve();
    const fileStore = new NodeFileStore(folder);
    fileStore.open = () => Promise.reject(new DOMException('x', 'NoModificationAllowedError'));
    const call = new ModelStore(fileStore).ensureFiles({ host, id, revision: commit }, files);
    const { message } = await rejection(call, 'storage-unavailable');
    expect(message).toContain('another tab');
  });

  it.each<[string, string, readonly ModelFile[]]>([
    ['an odd id', '../x', files],
    ['no files', id, []],
  ])('of %s is refused', async (_, name, wanted) => {
    const call = makeStore().ensureFiles(
      { host: 'https://huggingface.co', id: name, revision: 'main' },
      wanted,
    );
    await rejection(call, 'invalid-request');
  });

  it('never leaves the folder of its model', async () => {
    const { host, asked } = await serve();
    const evil = [{ path: '../../evil', bytes: 3, sha256: null }];
    const call = makeStore().ensureFiles({ host, id, revision: commit }, evil);
    await rejection(call, 'model-corrupt');
    expect(asked).toEqual([]);
  });

  it('of what came from disk is refused', async () => {
    const call = makeStore().ensureFiles({ host: 'disk', id: 'mine', revision: 'abc' }, files);
    const { message } = await rejection(call, 'model-not-found');
    expect(message).toContain('Import its folder again');
  });

  it('keeps no token', async () => {
    const { host } = await serve();
    const { key } = await makeStore().ensureFiles(
      { host, id, revision: commit, token: 'hf_secret' },
      files,
    );
    expect(readFileSync(manifestOf(key), 'utf8')).not.toContain('hf_secret');
  });
});

describe('two tabs', () => {
  it('download a model once; the second waits and says so', async () => {
    const [begun, gate] = [deferred(), deferred()];
    const { host, asked } = await serve(async (response, range, name) => {
      begun.resolve();
      await gate.promise;
      sends(response, range, name);
    });
    const [first, second] = twoTabs();
    const events: StoreEvent[] = [];
    const address = { host, id, revision: commit };
    const download = first.ensureFiles(address, files);
    await begun.promise;
    const waiting = second.ensureFiles(address, files, {
      onEvent: (event) => {
        events.push(event);
        gate.resolve();
      },
    });
    expect(await waiting).toEqual(await download);
    expect(asked).toHaveLength(3);
    expect(events).toEqual([{ type: 'waiting' }]);
  });

  it('can list and note while one of them downloads, but not delete that model', async () => {
    const gate = deferred();
    const { host } = await serve(async (response, range, name) => {
      if (name === 'onnx/model.onnx') await gate.promise;
      sends(response, range, name);
    });
    const [first, second] = twoTabs();
    const begun = deferred();
    const download = first.ensureFiles({ host, id, revision: commit }, files, {
      onEvent: (event) => {
        if ('path' in event && event.loadedBytes === 30_007) begun.resolve();
      },
    });
    await begun.promise;
    const models = await second.list();
    const [model] = models;
    expect(model?.files.filter(({ state }) => state === 'complete').length).toBeGreaterThan(0);
    await second.annotate(model?.key ?? '', { seen: true });
    const error = await rejection(second.remove(model?.key ?? ''), 'storage-unavailable');
    expect(error.message).toContain('being downloaded');
    await rejection(second.removeAll(), 'storage-unavailable');
    gate.resolve();
    expect(await download).toMatchObject({ notes: { seen: true } });
  });

  it('do not keep a complete build waiting for another one', async () => {
    const [begun, gate] = [deferred(), deferred()];
    const { host } = await serve(async (response, range, name) => {
      if (name === 'onnx/model.onnx') {
        begun.resolve();
        await gate.promise;
      }
      sends(response, range, name);
    });
    const [first, second] = twoTabs();
    const address = { host, id, revision: commit };
    await first.ensureFiles(address, files.slice(1));
    const download = first.ensureFiles(address, files);
    await begun.promise;
    await second.ensureFiles(address, files.slice(1));
    gate.resolve();
    await download;
  });

  it.each(['at once', 'later'])('let the one that waits give up %s', async (when) => {
    const [begun, gate] = [deferred(), deferred()];
    const { host } = await serve(async (response, range, name) => {
      begun.resolve();
      await gate.promise;
      sends(response, range, name);
    });
    const [first, second] = twoTabs();
    const controller = new AbortController();
    const address = { host, id, revision: commit };
    const download = first.ensureFiles(address, files);
    await begun.promise;
    const waiting = second.ensureFiles(address, files, {
      signal: controller.signal,
      onEvent: () => {
        if (when === 'at once') controller.abort();
        else setImmediate(() => controller.abort());
      },
    });
    await rejection(waiting, 'aborted');
    gate.resolve();
    expect(await download).toMatchObject({ id });
  });
});

describe('a description', () => {
  it('that is broken is listed, set aside and made anew without another download', async () => {
    const { host, asked } = await serve();
    const store = makeStore();
    const { key } = await store.ensureFiles({ host, id, revision: commit }, files);
    await writeFile(manifestOf(key), '{"version":1,"id":"own');
    const [broken] = await store.list();
    expect(broken).toMatchObject({ key, id, revision: commit, problem: 'broken' });
    const weights = { path: 'onnx/model.onnx', storedBytes: 3_000_000, state: 'partial' };
    expect(broken?.files).toContainEqual(expect.objectContaining(weights));
    const model = await store.ensureFiles({ host, id, revision: commit }, files);
    expect(model.files.every(({ state }) => state === 'complete')).toBe(true);
    expect(asked).toHaveLength(3);
    const aside = path.join(path.dirname(manifestOf(key)), 'manifest.unreadable.json');
    expect(readFileSync(aside, 'utf8')).toBe('{"version":1,"id":"own');
  });

  it('of a later version is never overwritten, and can be deleted', async () => {
    const { host } = await serve();
    const store = makeStore();
    const { key } = await store.ensureFiles({ host, id, revision: commit }, files);
    const later = JSON.stringify({ version: 2, all: 'new' });
    await writeFile(manifestOf(key), later);
    expect(await store.list()).toMatchObject([{ key, problem: 'newer-version' }]);
    const call = store.ensureFiles({ host, id, revision: commit }, files);
    await rejection(call, 'storage-unavailable');
    await rejection(store.annotate(key, {}), 'storage-unavailable');
    expect(readFileSync(manifestOf(key), 'utf8')).toBe(later);
    await store.removeAll();
    expect(await store.list()).toEqual([]);
  });

  it('takes no note from two tabs at once', async () => {
    const [first, second] = twoTabs();
    const { key } = await first.importFiles('mine', imported());
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? first : second).annotate(key, { [`note${index}`]: index }),
      ),
    );
    const [model] = await second.list();
    expect(Object.keys(model?.notes ?? {})).toHaveLength(20);
  });
});

describe('an import', () => {
  it.each<[string, number]>([
    ['longer', -1],
    ['shorter', 1],
  ])('of a file that is %s than it says is refused, and nothing stays', async (_, more) => {
    const store = makeStore();
    const odd = imported().map((file) => ({ ...file, bytes: file.bytes + more }));
    const error = await rejection(store.importFiles('mine', odd), 'model-corrupt');
    expect(error.message).toContain('onnx/model.onnx');
    expect(await store.list()).toEqual([]);
    expect((await store.usage()).modelBytes).toBe(0);
  });

  it('that is aborted leaves nothing', async () => {
    const store = makeStore();
    const controller = new AbortController();
    const call = store.importFiles('mine', imported(), {
      signal: controller.signal,
      onEvent: () => controller.abort(),
    });
    await rejection(call, 'aborted');
    expect(await store.list()).toEqual([]);
  });

  it('of other weights under the same name is another model', async () => {
    const store = makeStore();
    const first = await store.importFiles('mine', imported());
    const others = imported({ ...contents, 'onnx/model.onnx': bytesOf(2_000, 8) });
    const second = await store.importFiles('mine', others);
    expect(second.revision).not.toBe(first.revision);
    expect(await store.list()).toHaveLength(2);
  });

  it('of another tokenizer with the same weights is another model, of another notice is not', async () => {
    const store = makeStore();
    const first = await store.importFiles('mine', imported());
    const corrected = Buffer.from(contents['tokenizer.json']);
    corrected.write('}', 0);
    const second = await store.importFiles(
      'mine',
      imported({ ...contents, 'tokenizer.json': corrected }),
    );
    expect(second.revision).not.toBe(first.revision);
    expect(second.key).not.toBe(first.key);
    const stream = () => new Blob(['MIT']).stream();
    const withNotice = [...imported(), { path: 'LICENSE', bytes: 3, stream }];
    expect((await store.importFiles('mine', withNotice)).revision).toBe(first.revision);
  });

  it('clears away what a closed tab left of another one', async () => {
    const store = makeStore();
    const { key } = await store.importFiles('gone', imported());
    rmSync(path.join(folder, 'crossrank-models', key, 'files/onnx/model.onnx'));
    await store.importFiles('mine', imported());
    expect((await store.list()).map((model) => model.id)).toEqual(['mine']);
  });

  it('needs room', async () => {
    const fileStore = new NodeFileStore(folder);
    fileStore.quotaBytes = 1000;
    await rejection(new ModelStore(fileStore).importFiles('mine', imported()), 'storage-full');
  });
});

describe('reading', () => {
  it('refuses what is not here and what is too large', async () => {
    const store = makeStore();
    const { key } = await store.importFiles('mine', imported());
    await rejection(store.readText(key, 'README.md'), 'model-not-found');
    await rejection(store.readText('nobody', 'config.json'), 'model-not-found');
    await rejection(store.readText(key, 'tokenizer.json', 1000), 'model-corrupt');
    await rejection(store.fileSource(key, '../manifest.json'), 'model-not-found');
  });
});

describe('deleting all', () => {
  it('leaves nothing', async () => {
    const { host } = await serve();
    const store = makeStore();
    await store.importFiles('mine', imported());
    await store.ensureFiles({ host, id, revision: commit }, files);
    await store.removeAll();
    expect(await store.list()).toEqual([]);
    expect((await store.usage()).modelBytes).toBe(0);
  });
});

/** Files in a folder of this machine, as the browser's file system keeps them. */
class NodeFileStore implements FileStore {
  readonly kept = 'disk';
  quotaBytes: number | null = null;
  /** From here on the disk is full. */
  fullAfterBytes = Number.POSITIVE_INFINITY;
  readonly #root: string;
  readonly #open = new Set<string>();
  #appended = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async entries(names: readonly string[]): Promise<readonly StoreEntry[]> {
    const found = await orNull(readdir(this.#path(names), { withFileTypes: true }));
    return (found ?? []).map((entry) => ({
      name: entry.name,
      kind: entry.isDirectory() ? 'folder' : 'file',
    }));
  }

  async size(file: readonly string[]): Promise<number | null> {
    return (await orNull(stat(this.#path(file))))?.size ?? null;
  }

  async read(file: readonly string[]): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = await orNull(readFile(this.#path(file)));
    return bytes === null ? null : Uint8Array.from(bytes);
  }

  async write(file: readonly string[], bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const name = this.#path(file);
    await mkdir(path.dirname(name), { recursive: true });
    await writeFile(`${name}.new`, bytes);
    await rename(`${name}.new`, name);
  }

  async open(file: readonly string[]): Promise<OpenFile> {
    const name = this.#path(file);
    if (this.#open.has(name)) throw new DOMException(name, 'NoModificationAllowedError');
    this.#open.add(name);
    await mkdir(path.dirname(name), { recursive: true });
    const handle: FileHandle = await open(name, 'a+');
    const size = async (): Promise<number> => (await handle.stat()).size;
    return {
      size,
      read: async (at, length) => {
        const bytes = Buffer.alloc(Math.max(0, Math.min(length, (await size()) - at)));
        await handle.read(bytes, 0, bytes.length, at);
        return bytes;
      },
      append: async (bytes) => {
        this.#appended += bytes.length;
        if (this.#appended > this.fullAfterBytes) {
          throw new DOMException('Full', 'QuotaExceededError');
        }
        await handle.appendFile(bytes);
      },
      truncate: (length) => handle.truncate(length),
      flush: () => handle.sync(),
      close: async () => {
        this.#open.delete(name);
        await handle.close();
      },
    };
  }

  async remove(names: readonly string[]): Promise<void> {
    await rm(this.#path(names), { recursive: true, force: true });
  }

  async source(file: readonly string[], bytes: number): Promise<FileSource> {
    return { from: 'store', segments: [...file], bytes };
  }

  async room(): Promise<StorageRoom> {
    const usedBytes = await this.#bytesBelow(this.#root);
    return { usedBytes, quotaBytes: this.quotaBytes, persisted: true };
  }

  async #bytesBelow(name: string): Promise<number> {
    let bytes = 0;
    for (const entry of await readdir(name, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
    }
    return bytes;
  }

  #path(names: readonly string[]): string {
    const name = path.join(this.#root, ...names);
    if (name !== this.#root && !name.startsWith(`${this.#root}${path.sep}`)) {
      throw new Error(`${name} is outside`);
    }
    return name;
  }
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function makeStore(options: ModelStoreOptions = {}): ModelStore {
  return new ModelStore(new NodeFileStore(folder), options);
}

/** Two stores over the same folder, with locks between them. */
function twoTabs(): readonly [ModelStore, ModelStore] {
  const locks = new KeyLocks(null);
  return [makeStore({ locks }), makeStore({ locks })];
}

/** Puts one complete file where a download of the commit would have put it. */
async function writeModelFile(
  bytes: Buffer,
  name: string,
  { host }: { readonly host: string },
): Promise<void> {
  const store = new NodeFileStore(folder);
  const root = ['crossrank-models', `owner%2Fname@${commit}`];
  await store.write([...root, 'files', name], Uint8Array.from(bytes));
  const file = { path: name, bytes: bytes.length, sha256: sha256Of(bytes) };
  const manifest = {
    version: 1,
    id,
    revision: commit,
    host,
    addedAt: 1,
    lastUsedAt: 1,
    files: [{ ...file, state: 'complete', verified: 'sha256' }],
    notes: {},
  };
  await store.write([...root, 'manifest.json'], new TextEncoder().encode(JSON.stringify(manifest)));
}

function manifestOf(key: string): string {
  return path.join(folder, 'crossrank-models', key, 'manifest.json');
}

async function bytesAt(source: FileSource): Promise<Uint8Array> {
  switch (source.from) {
    case 'memory':
      return new Uint8Array(await source.blob.arrayBuffer());
    case 'store':
      return await readFile(path.join(folder, ...source.segments));
    case 'app':
      throw new Error('not from the app');
  }
}

function imported(bytes: Readonly<Record<Name, Buffer>> = contents): ImportedFile[] {
  return names.map((name) => ({
    path: name,
    bytes: bytes[name].length,
    stream: () => new Blob([Uint8Array.from(bytes[name])]).stream(),
  }));
}

function fileOf(name: Name): ModelFile {
  return { path: name, bytes: contents[name].length, sha256: sha256Of(contents[name]) };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Serves the model. `asked` are its files in the order in which they were. */
async function serve(answer: Answer = sends): Promise<{ host: string; asked: Name[] }> {
  const asked: Name[] = [];
  const server = createServer((request, response) => {
    const name = names.find((one) => request.url?.endsWith(`/${one}`));
    if (name === undefined) {
      response.writeHead(404).end();
      return;
    }
    asked.push(name);
    answer(response, rangeOf(request), name);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: `http://127.0.0.1:${address.port}`, asked };
}

function sends(response: ServerResponse, range: number | null, name: Name): void {
  const body = contents[name];
  if (range === null) response.writeHead(200, { 'Content-Length': body.length }).end(body);
  else {
    response
      .writeHead(206, { 'Content-Range': `bytes ${range}-${body.length - 1}/${body.length}` })
      .end(body.subarray(range));
  }
}

function rangeOf(request: IncomingMessage): number | null {
  const found = /^bytes=(\d+)-$/u.exec(request.headers.range ?? '');
  return found === null ? null : Number(found[1]);
}

function makeFolder(): string {
  const name = mkdtempSync(path.join(tmpdir(), 'crossrank-store-'));
  folders.push(name);
  return name;
}

function tick(): () => number {
  let now = 1000;
  return () => {
    now += 1;
    return now;
  };
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

/** Bytes without a pattern that compresses, the same ones for the same seed. */
function bytesOf(length: number, seed: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < length; block++) {
    blocks.push(createHash('sha256').update(`${seed} ${block}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
