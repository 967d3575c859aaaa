import { RerankError } from '../core/errors.ts';
import type { ByteSource } from './protobuf-reader.ts';

/**
 * Reads from a file into `target`, from byte `at` on, and gives how many bytes it read. What
 * `FileSystemSyncAccessHandle.read` does.
 */
export type ReadAt = (target: Uint8Array<ArrayBuffer>, at: number) => number;

/**
 * A file that is read where it is looked at, so that it never is in memory as a whole. Small reads
 * share a block, since a protobuf is read a few bytes at a time; large ones are read as they are.
 */
export class FileBytes implements ByteSource {
  readonly length: number;
  readonly #fileName: string;
  readonly #readAt: ReadAt;
  #block = new Uint8Array();
  #blockStart = 0;

  /** `length` is the file's size in bytes; `fileName` is for messages. */
  constructor(fileName: string, length: number, readAt: ReadAt) {
    this.#fileName = fileName;
    this.length = length;
    this.#readAt = readAt;
  }

  /**
   * Reads the bytes from `start` up to `end`.
   * @throws RerankError `storage-unavailable` when the file cannot be read there.
   */
  subarray(start: number, end: number): Uint8Array<ArrayBuffer> {
    if (start < 0 || end < start || end > this.length) {
      throw new RangeError(`No bytes ${start} to ${end} in ${this.length}.`);
    }
    if (end - start > blockBytes) return this.#read(start, end);
    if (start < this.#blockStart || end > this.#blockStart + this.#block.length) {
      // A new block each time: views of the old one stay as they are.
      this.#block = this.#read(start, Math.min(start + blockBytes, this.length));
      this.#blockStart = start;
    }
    return this.#block.subarray(start - this.#blockStart, end - this.#blockStart);
  }

  #read(start: number, end: number): Uint8Array<ArrayBuffer> {
    const target = new Uint8Array(end - start);
    let done = 0;
    try {
      while (done < target.length) {
        const count = this.#readAt(target.subarray(done), start + done);
        if (count <= 0) throw new Error(`it ends at byte ${start + done} of ${this.length}`);
        done += count;
      }
    } catch (error) {
      throw new RerankError(
        'storage-unavailable',
        `${this.#fileName} could not be read: ${String(error)}. Delete the model and load it again.`,
        { cause: error },
      );
    }
    return target;
  }
}

/** Larger than most tensors that stay in a graph, and than 20 bytes by far. */
const blockBytes = 64 * 1024;
