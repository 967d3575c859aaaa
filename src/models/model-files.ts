import { RerankError } from '../core/errors.ts';
import { openKeptFile, wholeOf } from './kept-file.ts';
import type { FileSource, ModelSource } from './model-source.ts';
import type { ByteSource } from './protobuf-reader.ts';

/** The bytes of one build of a model. */
export interface ModelFiles {
  /** Of a kept file only what is looked at gets into memory. */
  readonly weights: ByteSource;
  /** External data by the location that the graph names. */
  readonly externalData: readonly { readonly location: string; readonly bytes: ByteSource }[];
  readonly tokenizer: Uint8Array<ArrayBuffer>;
  /** Empty when the model has none: then the tokenizer itself must name its special tokens. */
  readonly tokenizerConfig: Uint8Array<ArrayBuffer>;
  /** Lets go of kept files; weights cannot be read after that. */
  close(): void;
}

export interface ReadModelOptions {
  /** Address of the app's folder of models, for files that ship with the app. */
  readonly appModelsUrl?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Bytes so far and in all, of the files that are fetched: never falls, the total never changes,
   * the last equals the total.
   */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
  /** Default: the platform's fetch. */
  readonly fetch?: typeof fetch;
}

type AppFile = Extract<FileSource, { from: 'app' }>;

/**
 * Reads a model's files side by side: those of the app over HTTP with size and SHA-256 checked,
 * those that the browser keeps as they were verified when they came.
 * @throws RerankError `download-failed` (network, HTTP status), `model-corrupt` (wrong bytes),
 *   `storage-unavailable` (a kept file is gone), `out-of-memory`, `aborted`.
 */
export async function readModelFiles(
  source: ModelSource,
  options: ReadModelOptions = {},
): Promise<ModelFiles> {
  const external = source.externalData.map(({ file }) => file);
  const all = [source.weights, source.tokenizer, source.tokenizerConfig, ...external];
  const totalBytes = all.reduce((sum, file) => sum + (file.from === 'app' ? file.bytes : 0), 0);
  let loadedBytes = 0;
  const addBytes = (bytes: number): void => {
    loadedBytes += bytes;
    options.onProgress?.(loadedBytes, totalBytes);
  };
  // One failed file makes the others useless: stop them as well.
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const openFiles: { close(): void }[] = [];
  const close = (): void => {
    for (const file of openFiles.splice(0)) file.close();
  };
  const open = async (file: FileSource): Promise<ByteSource> => {
    if (file.from === 'app') {
      const url = new URL(file.path, options.appModelsUrl).href;
      const bytes = await fetchFile(url, file, signal, addBytes, options.fetch ?? fetch);
      await verify(url, file, bytes);
      return bytes;
    }
    const kept = await openKeptFile(file);
    openFiles.push(kept);
    return kept.bytes;
  };
  const read = async (file: FileSource): Promise<Uint8Array<ArrayBuffer>> =>
    wholeOf(await open(file));
  try {
    const [weights, tokenizer, tokenizerConfig, ...data] = await Promise.all([
      open(source.weights),
      read(source.tokenizer),
      read(source.tokenizerConfig),
      ...external.map(open),
    ]);
    options.signal?.throwIfAborted();
    const externalData = source.externalData.map(({ location }, index) => ({
      location,
      bytes: data[index] ?? new Uint8Array(),
    }));
    return { weights, externalData, tokenizer, tokenizerConfig, close };
  } catch (error) {
    stop.abort();
    close();
    if (options.signal?.aborted) {
      throw new RerankError('aborted', 'Loading the model was cancelled.', { cause: error });
    }
    throw error;
  }
}

/** An answer that ended too early; asking again may help. */
class BrokenOffError extends RerankError {
  readonly offset: number;

  constructor(url: string, offset: number, cause: unknown) {
    super('download-failed', `${url} broke off after ${offset} bytes.`, { cause });
    this.offset = offset;
  }
}

/**
 * One more try after an answer that broke off. Chromium lets two requests for one file share what
 * the first writes into its cache, and where the first is given up the other may break off, too: so
 * the second try goes past the cache.
 */
async function fetchFile(
  url: string,
  file: AppFile,
  signal: AbortSignal,
  addBytes: (bytes: number) => void,
  fetchIt: typeof fetch,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await fetchOnce(url, file, { signal }, addBytes, fetchIt);
  } catch (error) {
    if (!(error instanceof BrokenOffError) || signal.aborted) throw error;
    // Progress never falls: what came before is not counted twice.
    let told = error.offset;
    const addNew = (bytes: number): void => {
      const repeated = Math.min(told, bytes);
      told -= repeated;
      if (bytes > repeated) addBytes(bytes - repeated);
    };
    return await fetchOnce(url, file, { signal, cache: 'no-store' }, addNew, fetchIt);
  }
}

async function fetchOnce(
  url: string,
  file: AppFile,
  init: RequestInit,
  addBytes: (bytes: number) => void,
  fetchIt: typeof fetch,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchIt(url, init).catch((error: unknown) => {
    throw new RerankError('download-failed', `${url} could not be reached: ${String(error)}`, {
      cause: error,
    });
  });
  if (!response.ok || response.body === null) {
    throw new RerankError('download-failed', `${url} answered HTTP ${response.status}.`);
  }
  const bytes = new Uint8Array(file.bytes);
  let offset = 0;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (offset + value.length > bytes.length) throw wrongSize(url, file, 'more');
      bytes.set(value, offset);
      offset += value.length;
      addBytes(value.length);
    }
  } catch (error) {
    if (error instanceof RerankError) throw error;
    throw new BrokenOffError(url, offset, error);
  } finally {
    reader.cancel().catch(() => undefined);
  }
  if (offset < bytes.length) throw wrongSize(url, file, `only ${offset}`);
  return bytes;
}

async function verify(url: string, file: AppFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  // SubtleCrypto exists in secure contexts only; elsewhere the size has to do.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) return;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (sha256 !== file.sha256) {
    throw new RerankError(
      'model-corrupt',
      `${url} is not the file it should be (SHA-256 ${sha256.slice(0, 12)}…, expected ` +
        `${file.sha256.slice(0, 12)}…). Reload the page without cache, or deploy again.`,
    );
  }
}

function wrongSize(url: string, file: AppFile, found: string): RerankError {
  return new RerankError(
    'model-corrupt',
    `${url} has the wrong size: ${found} bytes where ${file.bytes} were expected. ` +
      'Reload the page without cache, or deploy again.',
  );
}
