import { checkAborted } from './abort.ts';
import type { FileSink } from './file-store.ts';
import { type Sha256, startSha256 } from './sha256.ts';
import { breathe } from './wait.ts';

/**
 * Bytes per write: large enough that writing costs little beside the line, small enough that an
 * abort never waits for long.
 */
export const batchBytes = 1_048_576;

/** Bytes that are read and hashed between two looks at the signal. */
const readBytes = 4 * batchBytes;

/** Writes a file through to its sink in batches and hashes what it writes. */
export class HashingWriter {
  readonly #sink: FileSink;
  readonly #pending = new Uint8Array(batchBytes);
  #pendingBytes = 0;
  #writtenBytes = 0;
  #hash: Sha256;

  private constructor(sink: FileSink, hash: Sha256) {
    this.#sink = sink;
    this.#hash = hash;
  }

  /** Begins at the start of the file, which loses what it held. */
  static async restart(sink: FileSink): Promise<HashingWriter> {
    const writer = new HashingWriter(sink, await startSha256());
    await sink.truncate(0);
    return writer;
  }

  /** Begins at the end of the file, after it has read and hashed what is there. */
  static async resume(
    sink: FileSink,
    signal: AbortSignal | undefined,
    onProgress: (bytes: number) => void,
  ): Promise<HashingWriter> {
    const writer = new HashingWriter(sink, await startSha256());
    const size = await sink.size();
    while (writer.#writtenBytes < size) {
      const bytes = await sink.read(writer.#writtenBytes, readBytes);
      if (bytes.length === 0) throw new DOMException('The file became shorter', 'NotReadableError');
      writer.#hash.update(bytes);
      writer.#writtenBytes += bytes.length;
      onProgress(writer.#writtenBytes);
      await breathe();
      checkAborted(signal);
    }
    return writer;
  }

  /** Bytes of the file so far, those included that wait to be written. */
  get bytes(): number {
    return this.#writtenBytes + this.#pendingBytes;
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; ) {
      const part = bytes.subarray(start, start + batchBytes - this.#pendingBytes);
      this.#pending.set(part, this.#pendingBytes);
      this.#pendingBytes += part.length;
      start += part.length;
      if (this.#pendingBytes === batchBytes) await this.write();
    }
  }

  /** Writes what waits. After a failure that part is lost, and the file is as long as it is. */
  async write(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const batch = this.#pending.subarray(0, this.#pendingBytes);
    this.#pendingBytes = 0;
    await this.#sink.append(batch);
    this.#hash.update(batch);
    this.#writtenBytes += batch.length;
    // On a fast line there is always more to read, and an abort would have to wait for a pause.
    await breathe();
  }

  /** Loses all that was written. */
  async restart(): Promise<void> {
    this.#pendingBytes = 0;
    this.#writtenBytes = 0;
    this.#hash = await startSha256();
    await this.#sink.truncate(0);
  }

  /** Writes the rest and gives the SHA-256 of the file. Nothing can be added afterwards. */
  async finish(): Promise<string> {
    await this.write();
    await this.#sink.flush();
    return this.#hash.digest();
  }
}
