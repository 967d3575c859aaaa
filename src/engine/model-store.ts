import { RerankError } from '../core/errors.ts';
import type { ModelCard, ModelFile } from './model-catalog.ts';

/** The three files a cross-encoder is made of, verified. */
export interface ModelFiles {
  readonly weights: Uint8Array<ArrayBuffer>;
  readonly tokenizer: Uint8Array<ArrayBuffer>;
  readonly tokenizerConfig: Uint8Array<ArrayBuffer>;
}

export interface ReadModelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes so far and in all: never falls, the total never changes, the last equals the total. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
  /** Default: the platform's fetch. */
  readonly fetch?: typeof fetch;
}

/**
 * Fetches a model's files side by side from `{baseUrl}{id}/{path}` and checks size and SHA-256.
 * @throws RerankError `download-failed` (network, HTTP status), `model-corrupt` (wrong bytes),
 *   `aborted`.
 */
export async function readModel(
  card: ModelCard,
  baseUrl: string,
  options: ReadModelOptions = {},
): Promise<ModelFiles> {
  const files = [card.weights, card.tokenizer, card.tokenizerConfig];
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let loadedBytes = 0;
  const addBytes = (bytes: number): void => {
    loadedBytes += bytes;
    options.onProgress?.(loadedBytes, totalBytes);
  };
  // One failed file makes the others useless: stop them as well.
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const read = async (file: ModelFile): Promise<Uint8Array<ArrayBuffer>> => {
    const url = `${baseUrl}${card.id}/${file.path}`;
    const bytes = await readFile(url, file, signal, addBytes, options.fetch ?? fetch);
    await verify(url, file, bytes);
    return bytes;
  };
  try {
    const [weights, tokenizer, tokenizerConfig] = await Promise.all([
      read(card.weights),
      read(card.tokenizer),
      read(card.tokenizerConfig),
    ]);
    return { weights, tokenizer, tokenizerConfig };
  } catch (error) {
    stop.abort();
    if (options.signal?.aborted) {
      throw new RerankError('aborted', 'Loading the model was cancelled.', { cause: error });
    }
    throw error;
  }
}

async function readFile(
  url: string,
  file: ModelFile,
  signal: AbortSignal,
  addBytes: (bytes: number) => void,
  fetchFile: typeof fetch,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchFile(url, { signal }).catch((error: unknown) => {
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
    throw new RerankError('download-failed', `${url} broke off after ${offset} bytes.`, {
      cause: error,
    });
  } finally {
    reader.cancel().catch(() => undefined);
  }
  if (offset < bytes.length) throw wrongSize(url, file, `only ${offset}`);
  return bytes;
}

async function verify(url: string, file: ModelFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
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

function wrongSize(url: string, file: ModelFile, found: string): RerankError {
  return new RerankError(
    'model-corrupt',
    `${url} has the wrong size: ${found} bytes where ${file.bytes} were expected. ` +
      'Reload the page without cache, or deploy again.',
  );
}
