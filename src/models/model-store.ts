import { RerankError } from '../core/errors.ts';
import { checkAborted } from './abort.ts';
import { isComplete } from './file-plan.ts';
import type { FileStore } from './file-store.ts';
import { checkHost, checkHubId, checkRevision, type RepositoryAddress } from './hub-address.ts';
import { defaultMaxTextBytes } from './hub-text.ts';
import type { ImportedFile } from './imported-file.ts';
import { KeyLocks } from './key-locks.ts';
import type { ModelFile } from './model-card.ts';
import { fileSegments, ModelManifests, modelKey, modelsFolder } from './model-manifests.ts';
import type { FileSource } from './model-source.ts';
import {
  type DownloadOrigin,
  ModelTransfers,
  type StoreCall,
  type TransferOptions,
} from './model-transfers.ts';
import { checkPath } from './safe-path.ts';
import { toStorageError } from './storage-error.ts';
import type { ModelManifest, StorageUse, StoredModel } from './stored-model.ts';

export interface ModelStoreOptions extends TransferOptions {
  /** Default: the browser's web locks, where there are any. */
  readonly locks?: KeyLocks;
}

/**
 * The models on this machine. Every rejection is a RerankError; calls may overlap, and stores in
 * several tabs may share one file store.
 */
export class ModelStore {
  readonly #files: FileStore;
  readonly #options: ModelStoreOptions;
  readonly #locks: KeyLocks;
  readonly #manifests: ModelManifests;
  readonly #transfers: ModelTransfers;

  constructor(files: FileStore, options: ModelStoreOptions = {}) {
    this.#files = files;
    this.#options = options;
    this.#locks = options.locks ?? new KeyLocks(platformLocks(files));
    this.#manifests = new ModelManifests(files, this.#locks);
    this.#transfers = new ModelTransfers(files, this.#manifests, options);
  }

  /**
   * Sees to it that files of a model are here, whole and verified: downloads the ones that are
   * not, small ones first, and goes on where an earlier download stopped.
   * @throws RerankError `invalid-request`, `storage-full`, `storage-unavailable`, and as
   *   `downloadFile`
   */
  async ensureFiles(
    origin: DownloadOrigin,
    files: readonly ModelFile[],
    call: StoreCall = {},
  ): Promise<StoredModel> {
    const { signal, onEvent } = call;
    checkAborted(signal);
    if (origin.host === 'disk') {
      throw new RerankError(
        'model-not-found',
        `Files of ${origin.id} are missing, and it came from disk. Import its folder again.`,
      );
    }
    const address: RepositoryAddress = {
      host: checkHost(origin.host),
      id: checkHubId(origin.id),
      revision: checkRevision(origin.revision),
    };
    if (files.length === 0) throw new RerankError('invalid-request', 'No files were asked for.');
    const checked = files.map((file) => ({ ...file, path: checkPath(file.path, address.id) }));
    const wanted = [...new Map(checked.map((file) => [file.path, file])).values()];
    const key = modelKey(address);
    return await this.#run(`The model ${address.id}`, async () => {
      const present = await this.#manifests.read(key);
      if (present !== null && typeof present !== 'string') {
        // What is complete is not kept waiting by a download of another part.
        const model = await this.#manifests.describe(key, present);
        if (wanted.every((file) => isComplete(model, file))) return model;
      }
      const job = (): Promise<StoredModel> =>
        this.#transfers.download(key, { ...address, token: origin.token }, wanted, call);
      const onWaiting = (): void => onEvent?.({ type: 'waiting' });
      return await this.#locks.hold(filesLock(key), job, { signal, onWaiting });
    });
  }

  /**
   * Keeps the files of a model from disk. Its revision is the start of its weights' SHA-256, so
   * the same model is kept once. Nothing stays when it fails.
   * @param name What the model is called here.
   * @throws RerankError `model-corrupt` (a file is not as long as it says), `storage-full`,
   *   `storage-unavailable`, `aborted`
   */
  async importFiles(
    name: string,
    files: readonly ImportedFile[],
    call: StoreCall = {},
  ): Promise<StoredModel> {
    checkAborted(call.signal);
    if (files.length === 0) throw new RerankError('invalid-request', `${name} holds no files.`);
    const checked = files.map((file) => ({
      path: checkPath(file.path, name),
      bytes: file.bytes,
      stream: () => file.stream(),
    }));
    const key = `disk@${randomHex(12)}`;
    return await this.#run(`The model ${name}`, async () => {
      await this.#removeUnfinishedImports();
      const job = (): Promise<StoredModel> => this.#transfers.import(key, name, checked, call);
      return await this.#locks.hold(filesLock(key), job, { signal: call.signal });
    });
  }

  /** All that is here, last used first; parts of models and unreadable ones are included. */
  async list(): Promise<readonly StoredModel[]> {
    return await this.#run('The list of models', () => this.#manifests.list());
  }

  /**
   * Deletes a model, or the part of one.
   * @throws RerankError `model-not-found`, `storage-unavailable` when it is being written
   */
  async remove(key: string): Promise<void> {
    await this.#run(`The model ${key}`, async () => {
      if (!(await this.#manifests.keys()).includes(key)) throw notHere(key);
      const removed = await this.#locks.tryHold(filesLock(key), () =>
        this.#files.remove([modelsFolder, key]),
      );
      if (removed !== null) return;
      throw new RerankError(
        'storage-unavailable',
        `The model ${key} is being downloaded, perhaps in another tab. Stop that first.`,
      );
    });
  }

  /** Deletes every model that is not being written; @throws as `remove`, when all were tried. */
  async removeAll(): Promise<void> {
    const keys = await this.#run('The list of models', () => this.#manifests.keys());
    let failure: unknown;
    for (const key of keys) {
      await this.remove(key).catch((error: unknown) => {
        failure ??= error;
      });
    }
    if (failure !== undefined) throw failure;
  }

  /**
   * Changes what is noted of a model: the names in `patch`, of which null takes one away.
   * @throws RerankError `model-not-found`
   */
  async annotate(key: string, patch: Readonly<Record<string, unknown>>): Promise<StoredModel> {
    return await this.#change(key, (manifest) => {
      const notes = Object.entries({ ...manifest.notes, ...patch });
      return { ...manifest, notes: Object.fromEntries(notes.filter(([, note]) => note !== null)) };
    });
  }

  /** Remembers that a model was used now. @throws RerankError `model-not-found` */
  async touch(key: string): Promise<StoredModel> {
    return await this.#change(key, (manifest) => ({ ...manifest, lastUsedAt: this.#now() }));
  }

  async usage(): Promise<StorageUse> {
    return await this.#run('The room for models', async () => {
      const modelBytes = await this.#manifests.totalBytes();
      const room = await this.#files.room();
      return {
        ...room,
        kept: this.#files.kept,
        modelBytes,
        usedBytes: room.usedBytes ?? modelBytes,
      };
    });
  }

  /**
   * Where another worker finds a file.
   * @throws RerankError `model-not-found`, or `model-corrupt` when it is not complete
   */
  async fileSource(key: string, path: string): Promise<FileSource> {
    return await this.#run(`${path} of ${key}`, async () => {
      const { bytes } = await this.#completeFile(key, path);
      return await this.#files.source(fileSegments(key, path), bytes);
    });
  }

  /**
   * A small file of a model as text.
   * @param maxBytes Default 64 MiB.
   * @throws RerankError as `fileSource`, and `model-corrupt` when it is larger
   */
  async readText(key: string, path: string, maxBytes = defaultMaxTextBytes): Promise<string> {
    return await this.#run(`${path} of ${key}`, async () => {
      const { bytes } = await this.#completeFile(key, path);
      const text = bytes > maxBytes ? null : await this.#files.read(fileSegments(key, path));
      if (text !== null) return new TextDecoder().decode(text);
      const megabytes = (maxBytes / 1e6).toFixed(1);
      throw new RerankError('model-corrupt', `${path} of ${key} is larger than ${megabytes} MB.`);
    });
  }

  /** What a tab left behind that was closed in the middle of an import. */
  async #removeUnfinishedImports(): Promise<void> {
    const models = await this.#manifests.list();
    for (const { key, host, files } of models) {
      if (host !== 'disk' || files.every(({ state }) => state === 'complete')) continue;
      await this.#locks.tryHold(filesLock(key), () => this.#files.remove([modelsFolder, key]));
    }
  }

  async #change(
    key: string,
    change: (manifest: ModelManifest) => ModelManifest,
  ): Promise<StoredModel> {
    return await this.#run(`The model ${key}`, async () => {
      if (!(await this.#manifests.keys()).includes(key)) throw notHere(key);
      const changed = await this.#manifests.update(key, (manifest) => {
        if (manifest === null) throw notHere(key);
        return change(manifest);
      });
      return await this.#manifests.describe(key, changed);
    });
  }

  async #completeFile(key: string, path: string): Promise<{ readonly bytes: number }> {
    const manifest = await this.#manifests.read(key);
    if (manifest === null || typeof manifest === 'string') throw notHere(key);
    const { files } = await this.#manifests.describe(key, manifest);
    const file = files.find((one) => one.path === path);
    if (file === undefined) throw notHere(`${key}, file ${path},`);
    if (file.state === 'complete') return { bytes: file.storedBytes };
    throw new RerankError(
      'model-corrupt',
      `${path} of ${manifest.id} is not complete. Load the model again to fetch the rest.`,
    );
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  async #run<T>(what: string, job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      throw toStorageError(error, what);
    }
  }
}

function platformLocks({ kept }: FileStore): LockManager | null {
  // What is in memory belongs to this worker alone.
  return kept === 'memory' ? null : (globalThis.navigator?.locks ?? null);
}

function filesLock(key: string): string {
  return `crossrank-model ${key}`;
}

function notHere(key: string): RerankError {
  return new RerankError(
    'model-not-found',
    `The model ${key} is not on this machine. Load it again to fetch it.`,
  );
}

function randomHex(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil(length / 2)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, length);
}
