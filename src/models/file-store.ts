import type { FileSource } from './model-source.ts';

/** A file that is being written from its start to its end, and can be read again. */
export interface FileSink {
  /** Bytes that are there. */
  size(): Promise<number>;
  /** `length` bytes from `at`, fewer at the end. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Adds bytes at the end. They may be overwritten as soon as the promise resolves. */
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Cuts the file; `size` is at most what is there. */
  truncate(size: number): Promise<void>;
  /** Resolves when all bytes are where they survive the end of the browser. */
  flush(): Promise<void>;
}

/** A sink that its store opened for one writer; nobody else can write until it is closed. */
export interface OpenFile extends FileSink {
  close(): Promise<void>;
}

/** What the browser says about room. Null where it does not say. */
export interface StorageRoom {
  /** Used by this origin, everything counted. */
  readonly usedBytes: number | null;
  readonly quotaBytes: number | null;
  /** True when the browser promised not to delete it to make room. */
  readonly persisted: boolean | null;
}

export interface StoreEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
}

/**
 * Folders and files by their names from the root. Names are not empty, not `.` or `..` and hold no
 * slash: callers see to it. Methods reject with what the platform throws (`QuotaExceededError`,
 * `NoModificationAllowedError` and others); who calls them translates.
 */
export interface FileStore {
  /** Whether it survives the tab. */
  readonly kept: 'disk' | 'memory';
  /** What is in a folder, in no order; nothing when there is no such folder. */
  entries(folder: readonly string[]): Promise<readonly StoreEntry[]>;
  /** Bytes of a file; null when there is no such file. */
  size(file: readonly string[]): Promise<number | null>;
  /** A whole file, meant for small ones; null when there is no such file. */
  read(file: readonly string[]): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Replaces a whole file, at once where the platform can; makes the folders above it. */
  write(file: readonly string[], bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Opens a file to be written, as it is; makes it and the folders above it. */
  open(file: readonly string[]): Promise<OpenFile>;
  /** Deletes a file or a folder with all that is in it; nothing happens when there is none. */
  remove(path: readonly string[]): Promise<void>;
  /** Where another worker finds the bytes of a complete file. */
  source(file: readonly string[], bytes: number): Promise<FileSource>;
  room(): Promise<StorageRoom>;
}
