import type { FileStore, OpenFile, StorageRoom, StoreEntry } from './file-store.ts';
import type { FileSource } from './model-source.ts';

/**
 * Files for this session, where the browser refuses to keep any (private windows). They are made
 * of Blobs, which browsers move out of the worker's own memory.
 */
export class MemoryFileStore implements FileStore {
  readonly kept = 'memory';
  /** Content by path; its parts are joined when it is asked for. */
  readonly #files = new Map<string, Blob>();
  readonly #open = new Set<string>();

  async entries(folder: readonly string[]): Promise<readonly StoreEntry[]> {
    const above = folder.map((name) => `${name}/`).join('');
    const kinds = new Map<string, StoreEntry['kind']>();
    for (const path of this.#files.keys()) {
      if (!path.startsWith(above)) continue;
      const [name, ...below] = path.slice(above.length).split('/');
      if (name !== undefined) kinds.set(name, below.length > 0 ? 'folder' : 'file');
    }
    return Array.from(kinds, ([name, kind]) => ({ name, kind }));
  }

  async size(file: readonly string[]): Promise<number | null> {
    return this.#files.get(file.join('/'))?.size ?? null;
  }

  async read(file: readonly string[]): Promise<Uint8Array<ArrayBuffer> | null> {
    const blob = this.#files.get(file.join('/'));
    return blob === undefined ? null : new Uint8Array(await blob.arrayBuffer());
  }

  async write(file: readonly string[], bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#files.set(file.join('/'), new Blob([bytes]));
  }

  async open(file: readonly string[]): Promise<OpenFile> {
    const path = file.join('/');
    if (this.#open.has(path)) {
      throw new DOMException(`${path} is open already`, 'NoModificationAllowedError');
    }
    this.#open.add(path);
    const content = (): Blob => this.#files.get(path) ?? new Blob();
    this.#files.set(path, content());
    return {
      size: async () => content().size,
      read: async (at, length) =>
        new Uint8Array(
          await content()
            .slice(at, at + length)
            .arrayBuffer(),
        ),
      append: async (bytes) => {
        this.#files.set(path, new Blob([content(), bytes]));
      },
      truncate: async (size) => {
        this.#files.set(path, content().slice(0, size));
      },
      flush: async () => undefined,
      close: async () => {
        this.#open.delete(path);
      },
    };
  }

  async remove(path: readonly string[]): Promise<void> {
    const name = path.join('/');
    for (const file of [...this.#files.keys()]) {
      if (file === name || file.startsWith(`${name}/`)) this.#files.delete(file);
    }
  }

  async source(file: readonly string[], bytes: number): Promise<FileSource> {
    const blob = this.#files.get(file.join('/'));
    if (blob === undefined) throw new DOMException(`No ${file.join('/')}`, 'NotFoundError');
    return { from: 'memory', blob, bytes };
  }

  /** Memory has no quota that a browser would tell. */
  async room(): Promise<StorageRoom> {
    return { usedBytes: null, quotaBytes: null, persisted: false };
  }
}
