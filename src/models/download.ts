import { RerankError } from '../core/errors.ts';
import { checkAborted } from './abort.ts';
import type { FileSink } from './file-store.ts';
import { batchBytes, HashingWriter } from './hashing-writer.ts';
import {
  askOnce,
  backOffMs,
  type HubCall,
  HubError,
  isWebPage,
  pause,
  readContentRange,
  startsAsWebPage,
  webPageError,
  wholeNumber,
} from './hub-request.ts';
import type { ModelFile } from './model-card.ts';
import { waitByClock } from './wait.ts';

export interface DownloadOptions extends HubCall {
  /**
   * Bytes of this file so far, those included that were there before; never falls. The total is
   * null until it is known.
   */
  readonly onProgress?: (loadedBytes: number, totalBytes: number | null) => void;
  /** A connection that brings nothing for so long counts as cut. Default 30,000 ms. */
  readonly stallMs?: number | undefined;
}

/** A file that arrived whole. */
export interface DownloadedFile {
  readonly bytes: number;
  /** Of what was written, lower-case hexadecimal. */
  readonly sha256: string;
  /** What it was compared with: the hub's SHA-256, or no more than its size. */
  readonly verified: 'sha256' | 'size';
}

/** Progress after which a line counts as one that works: the next cut is the first again. */
const usefulBytes = batchBytes;

/** Connections that one file may take, however much each of them brings. */
const maxRetries = 20;

/**
 * Downloads one file into a sink, behind what is there already, and verifies it. A connection
 * that is cut or stands still is taken up again where it stopped. What was written stays when the
 * download is aborted or fails, so that a later call goes on from there; it is emptied when it is
 * wrong, after one more try from the start if it was put together from several connections.
 * @throws RerankError `model-corrupt`, `download-failed`, `model-not-found`, `access-denied`,
 *   `aborted`; and whatever the sink throws
 */
export async function downloadFile(
  url: string,
  expected: ModelFile,
  sink: FileSink,
  options: DownloadOptions = {},
): Promise<DownloadedFile> {
  checkAborted(options.signal);
  const download = new Download(url, expected, options);
  if ((await sink.size()) > (expected.bytes ?? Number.POSITIVE_INFINITY)) await sink.truncate(0);
  for (let again = false; ; again = true) {
    const writer = await HashingWriter.resume(sink, options.signal, download.report);
    try {
      const patched = await download.receiveAll(writer);
      const sha256 = await writer.finish();
      if (expected.sha256 === null) return { bytes: writer.bytes, sha256, verified: 'size' };
      if (sha256 === expected.sha256) return { bytes: writer.bytes, sha256, verified: 'sha256' };
      throw new WrongBytes(
        `${expected.path} is not the file it should be (SHA-256 ${sha256.slice(0, 12)}…, ` +
          `expected ${expected.sha256.slice(0, 12)}…; ${url})`,
        patched,
      );
    } catch (error) {
      if (!(error instanceof WrongBytes)) throw error;
      await sink.truncate(0);
      // Parts that came one after the other may be of different files: once more from the start.
      if (again || !error.patched) throw error;
    }
  }
}

/** What arrived is not the file, and must not stay. */
class WrongBytes extends RerankError {
  /** Whether it was put together from several answers. */
  readonly patched: boolean;

  constructor(what: string, patched: boolean) {
    super('model-corrupt', `${what}. It was deleted: try again, or choose another mirror.`);
    this.patched = patched;
  }
}

/** The state of one download across its connections. */
class Download {
  readonly #url: string;
  readonly #expected: ModelFile;
  readonly #options: DownloadOptions;
  /** Null until somebody said it. */
  #totalBytes: number | null;
  /** The most that was reported: progress never falls. */
  #reported = 0;
  /** The most that was there since the writer began. */
  #reached = 0;
  #retries = 0;
  /** Some of what is there came with an earlier answer. */
  #patched = false;

  constructor(url: string, expected: ModelFile, options: DownloadOptions) {
    this.#url = url;
    this.#expected = expected;
    this.#options = options;
    this.#totalBytes = expected.bytes;
  }

  readonly report = (bytes: number): void => {
    if (bytes < this.#reported) return;
    this.#reported = bytes;
    this.#options.onProgress?.(bytes, this.#totalBytes);
  };

  /**
   * Receives until the file is whole, over as many connections as it takes. True when some of it
   * had come with an earlier answer.
   */
  async receiveAll(writer: HashingWriter): Promise<boolean> {
    const { signal } = this.#options;
    this.#patched = writer.bytes > 0;
    this.#reached = writer.bytes;
    for (let fruitless = 0; writer.bytes !== this.#expected.bytes; ) {
      const before = this.#reached;
      try {
        await this.#receive(writer);
        return this.#patched;
      } catch (error) {
        checkAborted(signal);
        if (!(error instanceof HubError) || error.retryMs === null) throw error;
        if (this.#reached - before >= usefulBytes) fruitless = 0;
        fruitless += 1;
        this.#retries += 1;
        if (fruitless > 1 || this.#retries > maxRetries) {
          throw error.code === 'model-corrupt' ? this.#wrongSize(`${writer.bytes} bytes`) : error;
        }
        await pause(error.retryMs, this.#options);
      }
    }
    return this.#patched;
  }

  /** One connection, from where the writer is to the end. */
  async #receive(writer: HashingWriter): Promise<void> {
    const { signal } = this.#options;
    const cut = new AbortController();
    const attempt = signal ? AbortSignal.any([signal, cut.signal]) : cut.signal;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      const response = await this.#unlessStalled(
        askOnce({
          ...this.#options,
          signal: attempt,
          url: this.#url,
          what: this.#expected.path,
          range: writer.bytes > 0 ? `bytes=${writer.bytes}-` : undefined,
          accept: [416],
        }),
      );
      if (!(await this.#begin(response, writer))) return;
      reader = response.body?.getReader();
      while (reader !== undefined) {
        const { done, value } = await this.#unlessStalled(reader.read());
        if (done) break;
        await this.#add(value, writer);
      }
    } catch (error) {
      // Sinks throw what the platform throws: only the network's failures may pass.
      if (error instanceof RerankError || error instanceof SinkFailure) throw unwrap(error);
      throw this.#broken(`broke off after ${writer.bytes} bytes`, error);
    } finally {
      cut.abort();
      reader?.cancel().catch(() => undefined);
      // Kept for the next connection, or for the next visit.
      await writer.write();
    }
    this.#checkEnd(writer);
  }

  /** Reads an answer's head; false when the file is whole already. */
  async #begin(response: Response, writer: HashingWriter): Promise<boolean> {
    const position = writer.bytes;
    const { start, totalBytes } = readContentRange(response);
    const { status } = response;
    if (status === 416) {
      const known = this.#expected.bytes;
      if (totalBytes === position && known === null) return false;
      if (totalBytes !== null && known !== null && totalBytes !== known) {
        throw this.#wrongSize(`${totalBytes} bytes`);
      }
      await this.#restart(writer);
      throw this.#broken('has no such part as was asked for');
    }
    // Before anything is lost: a page that asks for a login is not the file's next version.
    if (isWebPage(response)) throw webPageError(this.#url, this.#expected.path);
    if (status !== 206) {
      if (position > 0) await this.#restart(writer);
      const length = wholeNumber(response.headers.get('Content-Length'));
      if (!response.headers.has('Content-Encoding')) this.#totalBytes ??= length;
      return true;
    }
    const known = this.#expected.bytes;
    const changed = known !== null && totalBytes !== null && totalBytes !== known;
    if (changed || (start !== null && start !== position)) {
      await this.#restart(writer);
      throw this.#broken('answered another part than was asked for');
    }
    this.#totalBytes ??= totalBytes;
    this.#patched ||= position > 0;
    return true;
  }

  async #add(bytes: Uint8Array, writer: HashingWriter): Promise<void> {
    if (writer.bytes === 0 && startsAsWebPage(bytes)) {
      throw webPageError(this.#url, this.#expected.path);
    }
    if (writer.bytes + bytes.length > (this.#expected.bytes ?? Number.POSITIVE_INFINITY)) {
      throw this.#wrongSize('more bytes');
    }
    await throughSink(writer.add(bytes));
    checkAborted(this.#options.signal);
    this.#reached = Math.max(this.#reached, writer.bytes);
    this.report(writer.bytes);
  }

  async #restart(writer: HashingWriter): Promise<void> {
    this.#patched = false;
    await throughSink(writer.restart());
  }

  #wrongSize(found: string): WrongBytes {
    const { path, bytes } = this.#expected;
    return new WrongBytes(
      `${path} has the wrong size: ${found} where ${bytes} were expected (${this.#url})`,
      this.#patched,
    );
  }

  /** The stream ended: was that all? */
  #checkEnd({ bytes }: HashingWriter): void {
    if (this.#expected.bytes === null || bytes === this.#expected.bytes) return;
    // Some proxies end a stream that they lost as if it were whole: ask for the rest once.
    const { message } = this.#wrongSize(`${bytes} bytes`);
    throw new HubError('model-corrupt', message, { retryMs: backOffMs });
  }

  #broken(how: string, cause?: unknown): HubError {
    const { host } = new URL(this.#url);
    return new HubError(
      'download-failed',
      `The download of ${this.#expected.path} from ${host} ${how}. What arrived is kept: try ` +
        `again to go on from there (${this.#url}).`,
      { retryMs: backOffMs, cause },
    );
  }

  /** Rejects when nothing comes for too long, though the connection stands. */
  async #unlessStalled<T>(work: Promise<T>): Promise<T> {
    const { stallMs = 30_000, wait = waitByClock } = this.#options;
    const done = new AbortController();
    const stalled = wait(stallMs, done.signal).then(() => {
      throw this.#broken(`stood still for ${Math.round(stallMs / 1000)} seconds`);
    });
    try {
      return await Promise.race([work, stalled]);
    } finally {
      done.abort();
    }
  }
}

/** What a sink threw, on its way past the handling of broken connections. */
class SinkFailure extends Error {
  constructor(cause: unknown) {
    super('The sink failed.', { cause });
  }
}

async function throughSink<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new SinkFailure(error);
  }
}

function unwrap(error: RerankError | SinkFailure): unknown {
  return error instanceof SinkFailure ? error.cause : error;
}
