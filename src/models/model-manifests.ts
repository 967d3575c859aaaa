import { RerankError } from '../core/errors.ts';
import type { FileStore } from './file-store.ts';
import { isCommit, type RepositoryAddress } from './hub-address.ts';
import type { KeyLocks } from './key-locks.ts';
import {
  type ManifestProblem,
  type ModelManifest,
  readManifest,
  type StoredFile,
  type StoredModel,
  writeManifest,
} from './stored-model.ts';

/** The folder of all models, below the root of the store. */
export const modelsFolder = 'crossrank-models';

/** Where a file of a model is. */
export function fileSegments(key: string, path: string): readonly string[] {
  return [modelsFolder, key, 'files', ...path.split('/')];
}

/**
 * Name of a model's folder. A commit means the same files on every host; a branch does not, so
 * there the host belongs to the name.
 */
export function modelKey({ host, id, revision }: RepositoryAddress): string {
  const parts = isCommit(revision) ? [id, revision] : [id, revision, host];
  return parts.map(encodeURIComponent).join('@');
}

/** The descriptions that lie beside models' files; each change sees the one before it. */
export class ModelManifests {
  readonly #files: FileStore;
  readonly #locks: KeyLocks;

  constructor(files: FileStore, locks: KeyLocks) {
    this.#files = files;
    this.#locks = locks;
  }

  /** Names of the models' folders. */
  async keys(): Promise<readonly string[]> {
    const entries = await this.#files.entries([modelsFolder]);
    return entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
  }

  /** All models, last used first; parts of models and unreadable ones are included. */
  async list(): Promise<readonly StoredModel[]> {
    const models: StoredModel[] = [];
    for (const key of await this.keys()) {
      const found = await this.read(key);
      // Deleted in the meantime.
      if (found === null) continue;
      models.push(
        typeof found === 'string'
          ? await this.#describeUnreadable(key, found)
          : await this.describe(key, found),
      );
    }
    return models.sort((a, b) => b.lastUsedAt - a.lastUsedAt || (a.key < b.key ? -1 : 1));
  }

  /** A model's description, why it cannot be read, or null when there is no such model. */
  async read(key: string): Promise<ModelManifest | ManifestProblem | null> {
    return await this.#hold(key, async () => {
      const bytes = await this.#files.read(manifestSegments(key));
      if (bytes !== null) return readManifest(bytes);
      return (await this.keys()).includes(key) ? 'broken' : null;
    });
  }

  /**
   * Changes a model's description; `change` gets null where there is none. A broken one is set
   * aside, and counts as none.
   * @throws RerankError `storage-unavailable` when a later release wrote it
   */
  async update(
    key: string,
    change: (manifest: ModelManifest | null) => ModelManifest,
  ): Promise<ModelManifest> {
    return await this.#hold(key, async () => {
      const bytes = await this.#files.read(manifestSegments(key));
      const found = bytes === null ? null : readManifest(bytes);
      if (found === 'newer-version') {
        throw new RerankError(
          'storage-unavailable',
          `A later version of this page wrote the model in ${key}. Reload the page to get that ` +
            'version, or delete the model.',
        );
      }
      if (found === 'broken' && bytes !== null) {
        await this.#files.write([modelsFolder, key, 'manifest.unreadable.json'], bytes);
      }
      const manifest = change(found === 'broken' ? null : found);
      await this.#files.write(manifestSegments(key), writeManifest(manifest));
      return manifest;
    });
  }

  /** The description together with what is really there. */
  async describe(key: string, manifest: ModelManifest): Promise<StoredModel> {
    const files = await Promise.all(
      manifest.files.map(async (file): Promise<StoredFile> => {
        const storedBytes = await this.storedBytes(key, file.path);
        // The browser or a crash may have taken some of it.
        const complete = file.state === 'complete' && storedBytes === file.bytes;
        return complete
          ? { ...file, storedBytes }
          : { ...file, storedBytes, state: 'partial', verified: 'none' };
      }),
    );
    const { id, revision, host, addedAt, lastUsedAt, notes } = manifest;
    const { kept } = this.#files;
    return { key, problem: null, id, revision, host, files, addedAt, lastUsedAt, notes, kept };
  }

  /** What can be told of a model without its description. */
  async #describeUnreadable(key: string, problem: ManifestProblem): Promise<StoredModel> {
    const files = (await this.#filesBelow([modelsFolder, key])).map(
      ({ path, storedBytes }): StoredFile => ({
        path: path.join('/').replace(/^files\//u, ''),
        storedBytes,
        bytes: null,
        sha256: null,
        state: 'partial',
        verified: 'none',
      }),
    );
    const { kept } = this.#files;
    const named = { ...readKey(key), addedAt: 0, lastUsedAt: 0, notes: {} };
    return { ...named, key, problem, files, kept };
  }

  /** Every file below a folder, by its path from there. */
  async #filesBelow(
    folder: readonly string[],
    above: readonly string[] = [],
  ): Promise<readonly { readonly path: readonly string[]; readonly storedBytes: number }[]> {
    const entries = await this.#files.entries([...folder, ...above]);
    const found = entries.map(async ({ name, kind }) => {
      const path = [...above, name];
      if (kind === 'folder') return await this.#filesBelow(folder, path);
      const size = await this.#files.size([...folder, ...path]).catch(() => null);
      return [{ path, storedBytes: size ?? 0 }];
    });
    return (await Promise.all(found)).flat();
  }

  /** Bytes of all files of all models. */
  async totalBytes(): Promise<number> {
    const files = await this.#filesBelow([modelsFolder]);
    return files.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  }

  /** Bytes of a file that are there; 0 when it cannot be told. */
  async storedBytes(key: string, path: string): Promise<number> {
    // Some browsers refuse to look at a file that is being written.
    return (await this.#files.size(fileSegments(key, path)).catch(() => null)) ?? 0;
  }

  /** Held for moments only, unlike the lock of a model's files. */
  #hold<T>(key: string, job: () => Promise<T>): Promise<T> {
    return this.#locks.hold(`crossrank-manifest ${key}`, job);
  }
}

/** What a folder's name says; for one that no release named, the name itself. */
function readKey(key: string): RepositoryAddress {
  try {
    const [id = key, revision = '', host = ''] = key.split('@').map(decodeURIComponent);
    return { id, revision, host };
  } catch {
    return { id: key, revision: '', host: '' };
  }
}

function manifestSegments(key: string): readonly string[] {
  return [modelsFolder, key, 'manifest.json'];
}
