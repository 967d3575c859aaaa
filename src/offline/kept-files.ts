import type { BuiltFile } from './built-files.ts';
import type { KeepFailure } from './offline-messages.ts';

/** What is used of the browser's Cache: https://w3c.github.io/ServiceWorker/#cache-interface */
export interface FileCache {
  match(key: string): Promise<Response | undefined>;
  put(key: string, response: Response): Promise<void>;
  delete(key: string): Promise<boolean>;
  keys(): Promise<readonly { readonly url: string }[]>;
}

export interface KeepOptions {
  /** Address of the page's folder, with a slash at its end. */
  readonly scope: string;
  readonly signal: AbortSignal;
  /** Bytes of these files that are here so far: never falls, and ends with all of them. */
  readonly onProgress?: (keptBytes: number) => void;
  /** Default: the platform's fetch. */
  readonly fetch?: typeof fetch;
}

/** A file could not be kept; what was kept before stays. */
export class KeepError extends Error {
  readonly reason: KeepFailure;

  constructor(reason: KeepFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Where a file is kept: a name that does not change with the content gets the revision added. */
export function keyOf({ url, revision }: BuiltFile, scope: string): string {
  const key = new URL(url, scope);
  if (revision !== null) key.searchParams.set('revision', revision);
  return key.href;
}

/** Bytes of those of the files that are kept already. */
export async function keptBytesOf(
  cache: FileCache,
  files: readonly BuiltFile[],
  scope: string,
): Promise<number> {
  const keys = await keysOf(cache);
  return files.reduce((sum, file) => sum + (keys.has(keyOf(file, scope)) ? file.bytes : 0), 0);
}

/**
 * Keeps files, one after the other, each checked by its SHA-256; what is kept already is not
 * fetched, and what the browser has in its HTTP cache does not cross the network again.
 * @throws KeepError; the reason of the signal, when that aborts. Files that are complete stay.
 */
export async function keepFiles(
  cache: FileCache,
  files: readonly BuiltFile[],
  options: KeepOptions,
): Promise<void> {
  const { scope, signal, onProgress } = options;
  const keys = await keysOf(cache).catch(refuseStorage);
  let keptBytes = 0;
  for (const file of files) {
    signal.throwIfAborted();
    const key = keyOf(file, scope);
    if (!keys.has(key)) {
      const response = await fetchChecked(file, options, (bytes) =>
        onProgress?.(keptBytes + bytes),
      );
      await cache.put(key, response).catch(refuseStorage);
    }
    keptBytes += file.bytes;
    onProgress?.(keptBytes);
  }
}

/**
 * Says of a failure of the browser's Cache whether there is no room, or nothing is kept at all.
 * @throws KeepError `storage-full` or `storage-refused`, always
 */
export function refuseStorage(error: unknown): never {
  const isFull = error instanceof Error && error.name === 'QuotaExceededError';
  throw isFull
    ? new KeepError('storage-full', 'The browser has no space for more files.', { cause: error })
    : new KeepError('storage-refused', 'The browser keeps no files for this site.', {
        cause: error,
      });
}

async function keysOf(cache: FileCache): Promise<ReadonlySet<string>> {
  return new Set((await cache.keys()).map(({ url }) => url));
}

async function fetchChecked(
  file: BuiltFile,
  options: KeepOptions,
  onBytes: (bytes: number) => void,
): Promise<Response> {
  let most = 0;
  const onMoreBytes = (bytes: number): void => {
    most = Math.max(most, bytes);
    onBytes(most);
  };
  // However old the browser's copy is: the hash decides whether it is the right one.
  for (const cache of ['force-cache', 'reload'] as const) {
    const response = await fetchFile(file, cache, options, onMoreBytes);
    if (response !== null) return response;
  }
  throw new KeepError(
    'files-changed',
    `${file.url} on the server is not the one of this version. A newer version may be on its way.`,
  );
}

/** A file as it is to be kept; null if it is another one than was asked for. */
async function fetchFile(
  { url, bytes, integrity }: BuiltFile,
  cache: RequestCache,
  options: KeepOptions,
  onBytes: (bytes: number) => void,
): Promise<Response | null> {
  const { scope, signal } = options;
  const failed = (cause: unknown): never => {
    signal.throwIfAborted();
    throw new KeepError('network', `${url} could not be fetched. Is there a network?`, { cause });
  };
  const response = await (options.fetch ?? fetch)(new URL(url, scope).href, {
    cache,
    signal,
    credentials: 'same-origin',
  }).catch(failed);
  if (response.status >= 500) failed(new Error(`HTTP ${response.status}`));
  if (!response.ok) return null;
  const content = new Uint8Array(bytes);
  const length = await readInto(content, response, onBytes).catch(failed);
  if (length !== bytes || (await integrityOf(content)) !== integrity) return null;
  return new Response(content, {
    headers: {
      'Content-Type': response.headers.get('Content-Type') ?? 'application/octet-stream',
      // Loading shows its progress by it.
      'Content-Length': String(bytes),
    },
  });
}

/** Reads an answer's bytes; the number of them, or one more than fit as soon as it is too long. */
async function readInto(
  content: Uint8Array,
  response: Response,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const reader = response.body?.getReader();
  let length = 0;
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    if (length + value.length > content.length) {
      await reader.cancel();
      return content.length + 1;
    }
    content.set(value, length);
    length += value.length;
    onBytes(length);
  }
  return length;
}

async function integrityOf(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}
