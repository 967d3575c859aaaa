import type { Repository } from '../models/hub.ts';
import type { ModelFile } from '../models/model-card.ts';
import type { FileSource } from '../models/model-source.ts';
import type { StorageUse, StoredModel, StoreEvent } from '../models/stored-model.ts';
import type { WorkerApi } from './live-worker.ts';
import type { ModelFromDisk, ModelStoreWorkerApi, RepositoryAccess } from './model-store-api.ts';
import { OwnedWorker } from './owned-worker.ts';
import type { Outcome } from './protocol.ts';

export type { StorageUse } from '../models/stored-model.ts';
export type { ModelFromDisk } from './model-store-api.ts';

export interface WorkerModelStoreOptions {
  /** Starts the worker; called again after a crash. */
  readonly createWorker: () => Worker;
}

/** How a call is stopped. */
export interface StoreCallOptions {
  /** Aborting rejects the call at once with code `aborted`; the worker stops soon after. */
  readonly signal?: AbortSignal | undefined;
}

/** How a call that brings files is watched and stopped. */
export interface TransferOptions extends StoreCallOptions {
  /** Bytes so far and in all: never falls, the total never changes, the last equals the total. */
  readonly onProgress?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
  /** Another call, perhaps in another tab, is writing this model: this one goes on after it. */
  readonly onWaiting?: (() => void) | undefined;
}

/** Downloads from this size on ask the browser to keep what it stores. */
const persistFromBytes = 50_000_000;

/**
 * The models on this machine as the page sees them: it owns a worker that talks to hubs and keeps
 * files, so that the worker that sees the user's texts needs no network. Calls may overlap. Every
 * rejection is a RerankError.
 */
export class WorkerModelStore {
  readonly #worker: OwnedWorker<ModelStoreWorkerApi, StoreEvent>;

  constructor({ createWorker }: WorkerModelStoreOptions) {
    this.#worker = new OwnedWorker({
      createWorker,
      crashMessage: (what) =>
        `The worker that keeps models ${what}. Try again: what was downloaded is kept.`,
      disposedMessage: 'This model store was disposed; create a new one.',
    });
  }

  /**
   * Asks a hub about a model. A host without the hub's API gives `listed: false`: then probe.
   * @throws RerankError `invalid-request`, `access-denied`, `model-not-found`, `download-failed`
   */
  openRepository(address: RepositoryAccess, call: StoreCallOptions = {}): Promise<Repository> {
    return this.#call(call, (api, port) => api.openRepository(address, port));
  }

  /** Finds out which of some files a host has. @throws as `openRepository` */
  probeFiles(
    address: RepositoryAccess,
    paths: readonly string[],
    call: StoreCallOptions = {},
  ): Promise<readonly ModelFile[]> {
    return this.#call(call, (api, port) => api.probeFiles(address, paths, port));
  }

  /**
   * Reads a small file of a repository, by default of at most 64 MiB.
   * @throws as `openRepository`, and `model-corrupt` for one that is larger or a web page
   */
  readRepositoryText(
    address: RepositoryAccess,
    path: string,
    options: StoreCallOptions & { readonly maxBytes?: number | undefined } = {},
  ): Promise<string> {
    return this.#call(options, (api, port) =>
      api.readRepositoryText(address, path, options.maxBytes, port),
    );
  }

  /**
   * Sees to it that files of a model are on this machine, whole and verified. Goes on where an
   * earlier download stopped.
   * @throws RerankError `download-failed`, `model-corrupt`, `model-not-found`, `access-denied`,
   *   `storage-full`, `storage-unavailable`, `aborted`
   */
  ensureFiles(
    address: RepositoryAccess,
    files: readonly ModelFile[],
    call: TransferOptions = {},
  ): Promise<StoredModel> {
    return this.#transfer(call, (api, port) => api.ensureFiles(address, files, port));
  }

  /**
   * Keeps a model from a zip or a folder. Nothing stays when it fails.
   * @throws RerankError `model-unsupported`, `model-corrupt`, `storage-full`,
   *   `storage-unavailable`, `aborted`
   */
  importFiles(from: ModelFromDisk, call: TransferOptions = {}): Promise<StoredModel> {
    return this.#transfer(call, (api, port) => api.importFiles(from, port));
  }

  /** All that is on this machine, last used first, parts and unreadable models included. */
  list(call: StoreCallOptions = {}): Promise<readonly StoredModel[]> {
    return this.#call(call, (api, port) => api.list(port));
  }

  /** Deletes a model; @throws RerankError `model-not-found`, `storage-unavailable` (in use) */
  remove(key: string, call: StoreCallOptions = {}): Promise<void> {
    return this.#call(call, (api, port) => api.remove(key, port));
  }

  /** Deletes all models; @throws RerankError `storage-unavailable` when some are in use and stay */
  removeAll(call: StoreCallOptions = {}): Promise<void> {
    return this.#call(call, (api, port) => api.removeAll(port));
  }

  /**
   * Changes what is noted of a model: the names in `patch`, of which null takes one away.
   * @throws RerankError `model-not-found`
   */
  annotate(
    key: string,
    patch: Readonly<Record<string, unknown>>,
    call: StoreCallOptions = {},
  ): Promise<StoredModel> {
    return this.#call(call, (api, port) => api.annotate(key, patch, port));
  }

  /** Remembers that a model was used now. @throws RerankError `model-not-found` */
  touch(key: string, call: StoreCallOptions = {}): Promise<StoredModel> {
    return this.#call(call, (api, port) => api.touch(key, port));
  }

  /** How much room the models take, and how much there is. */
  usage(call: StoreCallOptions = {}): Promise<StorageUse> {
    return this.#call(call, (api, port) => api.usage(port));
  }

  /**
   * Where another worker finds a file of a model.
   * @throws RerankError `model-not-found`, or `model-corrupt` when it is not complete
   */
  fileSource(
    { key }: Pick<StoredModel, 'key'>,
    path: string,
    call: StoreCallOptions = {},
  ): Promise<FileSource> {
    return this.#call(call, (api, port) => api.fileSource(key, path, port));
  }

  /** A small file of a model as text, by default of at most 64 MiB. @throws as `fileSource` */
  readText(
    key: string,
    path: string,
    maxBytes?: number,
    call: StoreCallOptions = {},
  ): Promise<string> {
    return this.#call(call, (api, port) => api.readText(key, path, maxBytes, port));
  }

  /** Ends the worker; what was downloaded in part stays. A later call rejects. */
  async dispose(): Promise<void> {
    this.#worker.dispose();
  }

  #transfer<T>(
    { signal, onProgress, onWaiting }: TransferOptions,
    invoke: (api: WorkerApi<ModelStoreWorkerApi>, port: MessagePort) => Promise<Outcome<T>>,
  ): Promise<T> {
    let asked = false;
    const onEvent = (event: StoreEvent): void => {
      if (event.type === 'waiting') {
        onWaiting?.();
        return;
      }
      if (!asked && event.totalBytes >= persistFromBytes) {
        asked = true;
        requestPersistence();
      }
      onProgress?.(event.loadedBytes, event.totalBytes);
    };
    return this.#call({ signal }, invoke, onEvent);
  }

  #call<T>(
    { signal }: StoreCallOptions,
    invoke: (api: WorkerApi<ModelStoreWorkerApi>, port: MessagePort) => Promise<Outcome<T>>,
    onEvent?: (event: StoreEvent) => void,
  ): Promise<T> {
    return this.#worker.call(invoke, { signal, onEvent });
  }
}

/**
 * Asks the browser not to delete what it keeps when the disk runs full. Nobody waits for it: some
 * browsers ask the user first. Pages alone may ask, not workers.
 */
async function requestPersistence(): Promise<void> {
  try {
    // This layer is compiled for workers, whose StorageManager lacks `persist`.
    const storage = globalThis.navigator.storage as StorageManager & {
      persist?(): Promise<boolean>;
    };
    if (!(await storage.persisted())) await storage.persist?.();
  } catch {
    // The models are kept all the same, until room is short.
  }
}
