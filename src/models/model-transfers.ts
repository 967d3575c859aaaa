import { RerankError } from '../core/errors.ts';
import { checkAborted } from './abort.ts';
import { copyFile, revisionOf } from './copy-file.ts';
import { type DownloadOptions, downloadFile } from './download.ts';
import { countOf, type FilePlan, isComplete, planFile, withFiles } from './file-plan.ts';
import type { FileStore, OpenFile } from './file-store.ts';
import { fileUrl, type RepositoryAddress } from './hub-address.ts';
import type { ImportedFile } from './imported-file.ts';
import type { ModelFile } from './model-card.ts';
import { fileSegments, type ModelManifests, modelsFolder } from './model-manifests.ts';
import { toStorageError } from './storage-error.ts';
import type { ModelManifest, StoredModel, StoreEvent } from './stored-model.ts';

export interface TransferOptions extends Pick<DownloadOptions, 'fetch' | 'wait' | 'stallMs'> {
  /** Milliseconds since 1970. Default: the clock. */
  readonly now?: () => number;
}

/** How a call to the store is watched and stopped. */
export interface StoreCall {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: StoreEvent) => void) | undefined;
}

/** Where files are downloaded from. */
export interface DownloadOrigin extends RepositoryAddress {
  /** Access token of the hub; sent in a header and kept nowhere. */
  readonly token?: string | undefined;
}

/** A file of which nothing is known yet. */
const partial = { sha256: null, state: 'partial', verified: 'none' } as const;

type ManifestFile = ModelManifest['files'][number];

/** Brings the files of models to this machine, from a hub or from disk. */
export class ModelTransfers {
  readonly #files: FileStore;
  readonly #manifests: ModelManifests;
  readonly #options: TransferOptions;

  constructor(files: FileStore, manifests: ModelManifests, options: TransferOptions) {
    this.#files = files;
    this.#manifests = manifests;
    this.#options = options;
  }

  /** Downloads what is missing of a model's files. The caller holds the lock of its files. */
  async download(
    key: string,
    origin: DownloadOrigin,
    wanted: readonly ModelFile[],
    { signal, onEvent }: StoreCall,
  ): Promise<StoredModel> {
    const before = await this.#manifests.read(key);
    const known = before === null || typeof before === 'string' ? null : before;
    const model = known && (await this.#manifests.describe(key, known));
    const plans = wanted.map((file) => planFile(file, known, origin));
    const missing: (FilePlan & { readonly storedBytes: number })[] = [];
    for (const plan of plans) {
      if (model !== null && isComplete(model, plan.file)) continue;
      missing.push({
        ...plan,
        storedBytes: await this.#manifests.storedBytes(key, plan.file.path),
      });
    }
    // What is there makes room, whether it can be gone on with or not.
    const neededBytes = missing.map((plan) => Math.max(0, countOf(plan) - plan.storedBytes));
    await this.#requireRoom(sum(neededBytes), origin.id);
    checkAborted(signal);
    let manifest = await this.#manifests.update(key, (found) =>
      withFiles(
        { ...(found ?? this.#newManifest(origin)), host: origin.host },
        missing.map(({ file }) => ({ ...partial, ...file })),
      ),
    );
    const totalBytes = sum(plans.map(countOf));
    let doneBytes = totalBytes - sum(missing.map(countOf));
    // Small files first: a model that cannot be used shows early.
    missing.sort((a, b) => countOf(a) - countOf(b));
    for (const plan of missing) {
      const { file, goesOn } = plan;
      const counted = countOf(plan);
      const report = (bytes: number): void => {
        const loadedBytes = doneBytes + Math.min(bytes, counted);
        onEvent?.({ type: 'downloading', path: file.path, loadedBytes, totalBytes });
      };
      const done = await this.#downloadFile(key, origin, file, { goesOn, signal, report });
      manifest = await this.#manifests.update(key, (found) => withFiles(found ?? manifest, [done]));
      report(counted);
      doneBytes += counted;
    }
    return await this.#manifests.describe(key, manifest);
  }

  /** Copies a model's files from disk; nothing stays when it fails. Paths were checked. */
  async import(
    key: string,
    name: string,
    files: readonly ImportedFile[],
    { signal, onEvent }: StoreCall,
  ): Promise<StoredModel> {
    const totalBytes = sum(files.map(({ bytes }) => bytes));
    await this.#requireRoom(totalBytes, name);
    const done: ManifestFile[] = [];
    let doneBytes = 0;
    try {
      // Whoever looks now sees a model in the making, and can delete it if this never ends.
      const unfinished = files.map(({ path, bytes }) => ({ ...partial, path, bytes }));
      const origin = { host: 'disk', id: name, revision: 'unfinished' };
      const begun = withFiles(this.#newManifest(origin), unfinished);
      await this.#manifests.update(key, () => begun);
      for (const file of files) {
        const { path } = file;
        const report = (bytes: number): void =>
          onEvent?.({ type: 'importing', path, loadedBytes: doneBytes + bytes, totalBytes });
        const sha256 = await this.#write(fileSegments(key, path), (sink) =>
          copyFile(file, sink, signal, report),
        );
        doneBytes += file.bytes;
        done.push({ path, bytes: file.bytes, sha256, state: 'complete', verified: 'none' });
      }
      const revision = await revisionOf(done);
      const models = await this.#manifests.list();
      const same = models.find(
        (model) =>
          model.host === 'disk' &&
          model.id === name &&
          model.revision === revision &&
          done.every((file) => isComplete(model, file)),
      );
      checkAborted(signal);
      if (same !== undefined) {
        await this.#files.remove([modelsFolder, key]);
        return same;
      }
      const manifest: ModelManifest = { ...begun, revision, files: done };
      return await this.#manifests.describe(key, await this.#manifests.update(key, () => manifest));
    } catch (error) {
      await this.#files.remove([modelsFolder, key]).catch(() => undefined);
      throw error;
    }
  }

  async #downloadFile(
    key: string,
    origin: DownloadOrigin,
    file: ModelFile,
    call: {
      readonly goesOn: boolean;
      readonly signal: AbortSignal | undefined;
      readonly report: (bytes: number) => void;
    },
  ): Promise<ManifestFile> {
    const { path } = file;
    const segments = fileSegments(key, path);
    const { fetch, wait, stallMs } = this.#options;
    try {
      const { bytes, sha256, verified } = await this.#write(segments, async (sink) => {
        if (!call.goesOn) await sink.truncate(0);
        return await downloadFile(fileUrl(origin, path), file, sink, {
          fetch,
          wait,
          stallMs,
          token: origin.token,
          signal: call.signal,
          onProgress: call.report,
        });
      });
      return { path, bytes, sha256, state: 'complete', verified };
    } catch (error) {
      const failure = toStorageError(error, path);
      if (failure.code === 'model-corrupt') await this.#removeIfEmpty(segments);
      throw failure;
    }
  }

  async #write<T>(segments: readonly string[], job: (sink: OpenFile) => Promise<T>): Promise<T> {
    const sink = await this.#files.open(segments);
    try {
      return await job(sink);
    } finally {
      await sink.close();
    }
  }

  async #requireRoom(neededBytes: number, name: string): Promise<void> {
    const { usedBytes, quotaBytes } = await this.#files.room();
    if (usedBytes === null || quotaBytes === null) return;
    const freeBytes = Math.max(0, quotaBytes - usedBytes);
    if (neededBytes <= freeBytes) return;
    const models = await this.#manifests.list();
    const largest = models
      .map(({ id, files }) => ({ id, bytes: sum(files.map((file) => file.storedBytes)) }))
      .filter(({ id, bytes }) => id !== name && bytes > 0)
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, 3)
      .map(({ id, bytes }) => `${id} (${megabytes(bytes)})`);
    const way =
      largest.length === 0 ? '' : `Delete other models, such as ${largest.join(', ')}, or `;
    throw new RerankError(
      'storage-full',
      `${name} needs ${megabytes(neededBytes)} more, and the browser has ${megabytes(freeBytes)} ` +
        `free for this page. ${way === '' ? 'Free' : `${way}free`} space on the disk.`,
    );
  }

  async #removeIfEmpty(segments: readonly string[]): Promise<void> {
    const size = await this.#files.size(segments).catch(() => null);
    if (size === 0) await this.#files.remove(segments).catch(() => undefined);
  }

  #newManifest({ id, revision, host }: RepositoryAddress): ModelManifest {
    const now = (this.#options.now ?? Date.now)();
    return { id, revision, host, addedAt: now, lastUsedAt: now, files: [], notes: {} };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
