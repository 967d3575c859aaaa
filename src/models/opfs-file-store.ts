import type { FileStore, OpenFile, StorageRoom, StoreEntry } from './file-store.ts';
import { MemoryFileStore } from './memory-file-store.ts';
import { modelsFolder } from './model-manifests.ts';
import type { FileSource } from './model-source.ts';
import { waitByClock } from './wait.ts';

/** How often a file that is in use is tried again, and after how long. Milliseconds. */
const removeAttempts = 12;
const removeGapMs = 250;

/**
 * The place that survives the tab: the origin-private file system; memory where the browser
 * refuses it (private windows, blocked storage, insecure origins). Inside a worker only.
 */
export async function openFileStore(): Promise<FileStore> {
  try {
    const root = await navigator.storage.getDirectory();
    const store = new OpfsFileStore(root);
    // Some browsers give the folder and refuse the file.
    const trial = [modelsFolder, `trial-${crypto.randomUUID()}`];
    const file = await store.open(trial);
    await file.close();
    await store.remove(trial);
    return store;
  } catch {
    return new MemoryFileStore();
  }
}

/** Files in the origin-private file system. */
class OpfsFileStore implements FileStore {
  readonly kept = 'disk';
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async entries(folder: readonly string[]): Promise<readonly StoreEntry[]> {
    const handle = await orNull(this.#folder(folder, false));
    const entries: StoreEntry[] = [];
    if (handle === null) return entries;
    for await (const { name, kind } of handle.values()) {
      entries.push({ name, kind: kind === 'file' ? 'file' : 'folder' });
    }
    return entries;
  }

  async size(file: readonly string[]): Promise<number | null> {
    return (await orNull(this.#file(file)))?.size ?? null;
  }

  async read(file: readonly string[]): Promise<Uint8Array<ArrayBuffer> | null> {
    const found = await orNull(this.#file(file));
    return found === null ? null : new Uint8Array(await found.arrayBuffer());
  }

  async write(file: readonly string[], bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const handle = await this.#handle(file, true);
    // Safari before 26 lacks it. The description that a crash then leaves broken is made anew.
    if ('createWritable' in handle) {
      const writable = await handle.createWritable();
      await writable.write(bytes);
      // Replaces the file at once.
      await writable.close();
      return;
    }
    const open = await this.open(file);
    try {
      await open.truncate(0);
      await open.append(bytes);
      await open.flush();
    } finally {
      await open.close();
    }
  }

  async open(file: readonly string[]): Promise<OpenFile> {
    const access = await (await this.#handle(file, true)).createSyncAccessHandle();
    return {
      size: async () => access.getSize(),
      read: async (at, length) => {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, access.getSize() - at)));
        return bytes.subarray(0, access.read(bytes, { at }));
      },
      append: async (bytes) => {
        for (let rest = bytes; rest.length > 0; ) {
          const written = access.write(rest, { at: access.getSize() });
          if (written === 0) throw new DOMException('Nothing was written', 'QuotaExceededError');
          rest = rest.subarray(written);
        }
      },
      truncate: async (size) => access.truncate(size),
      flush: async () => access.flush(),
      close: async () => access.close(),
    };
  }

  async remove(path: readonly string[]): Promise<void> {
    const folder = await orNull(this.#folder(path.slice(0, -1), false));
    for (let attempt = 1; ; attempt += 1) {
      try {
        return void (await orNull(folder?.removeEntry(path.at(-1) ?? '', { recursive: true })));
      } catch (error) {
        // A worker that was ended in the middle of a load holds its files for a second or two.
        const held = error instanceof DOMException && error.name === 'NoModificationAllowedError';
        if (!held || attempt === removeAttempts) throw error;
        await waitByClock(removeGapMs);
      }
    }
  }

  async source(file: readonly string[], bytes: number): Promise<FileSource> {
    return { from: 'store', segments: [...file], bytes };
  }

  async room(): Promise<StorageRoom> {
    const { usage, quota } = await navigator.storage.estimate().catch((): StorageEstimate => ({}));
    const persisted = await navigator.storage.persisted().catch(() => null);
    return { usedBytes: usage ?? null, quotaBytes: quota ?? null, persisted };
  }

  async #folder(names: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle> {
    let folder = this.#root;
    for (const name of names) folder = await folder.getDirectoryHandle(name, { create });
    return folder;
  }

  async #handle(file: readonly string[], create: boolean): Promise<FileSystemFileHandle> {
    const folder = await this.#folder(file.slice(0, -1), create);
    return await folder.getFileHandle(file.at(-1) ?? '', { create });
  }

  async #file(file: readonly string[]): Promise<File> {
    return await (await this.#handle(file, false)).getFile();
  }
}

/** Null where there is no such file or folder. */
async function orNull<T>(work: Promise<T> | undefined): Promise<T | null> {
  try {
    return (await work) ?? null;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return null;
    throw error;
  }
}
