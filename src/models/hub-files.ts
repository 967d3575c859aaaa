import { checkAborted } from './abort.ts';
import { fileUrl, type RepositoryAddress } from './hub-address.ts';
import {
  ask,
  type HubCall,
  type HubRequest,
  isWebPage,
  readContentRange,
  readSha256,
  startsAsWebPage,
  webPageError,
  wholeNumber,
} from './hub-request.ts';
import { BrokenOff, defaultMaxTextBytes, readText } from './hub-text.ts';
import type { ModelFile } from './model-card.ts';
import { checkPath } from './safe-path.ts';

/** Requests that probing makes side by side. */
const probesAtOnce = 6;

/**
 * Finds out which of some files a host has, where it lists none. Sizes and SHA-256 are null where
 * the host does not tell them for certain.
 * @throws RerankError `access-denied`, `download-failed`, `aborted`
 */
export async function probeFiles(
  address: RepositoryAddress,
  paths: readonly string[],
  call: HubCall = {},
): Promise<readonly ModelFile[]> {
  const found: (ModelFile | null)[] = paths.map(() => null);
  // One failure makes the others useless: stop them as well.
  const stop = new AbortController();
  const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
  const [first, ...others] = paths.entries();
  const waiting = others.values();
  const probe = async ([index, path]: [number, string]): Promise<void> => {
    found[index] = await probeFile(address, checkPath(path, address.id), { ...call, signal });
  };
  const probeNext = async (): Promise<void> => {
    // The iterator is shared: each path is taken once.
    for (const entry of waiting) await probe(entry);
  };
  try {
    // By itself: a host that refuses access refuses it for all of them, and is asked no more.
    if (first !== undefined) await probe(first);
    await Promise.all(Array.from({ length: probesAtOnce }, probeNext));
  } catch (error) {
    stop.abort();
    checkAborted(call.signal);
    throw error;
  }
  return found.filter((file) => file !== null);
}

/**
 * Reads a small file of a repository, such as `config.json`, as text.
 * @param options.maxBytes Default 64 MiB.
 * @throws RerankError `model-not-found`, `access-denied`, `download-failed`, `model-corrupt` (too
 *   large, or a web page in its place), `aborted`
 */
export async function readRepositoryText(
  address: RepositoryAddress,
  path: string,
  options: HubCall & { readonly maxBytes?: number | undefined } = {},
): Promise<string> {
  const { maxBytes = defaultMaxTextBytes, ...call } = options;
  const url = fileUrl(address, checkPath(path, address.id));
  const what = nameOf(path, address);
  const read = async (): Promise<string> => {
    const response = await ask({ ...call, url, what });
    if (isWebPage(response) && !/\.html?$/iu.test(path)) {
      await response.body?.cancel();
      throw webPageError(url, path);
    }
    return await readText(response, { ...call, url, what, maxBytes });
  };
  let text: string;
  try {
    text = await read();
  } catch (error) {
    // A connection that was cut in the middle; `ask` has had its second try for all else.
    if (!(error instanceof BrokenOff)) throw error;
    text = await read();
  }
  if (startsAsWebPage(new TextEncoder().encode(text.slice(0, 64)))) throw webPageError(url, path);
  return text;
}

/** A file of a model, for messages. */
function nameOf(path: string, { id, revision }: RepositoryAddress): string {
  return `${path} of ${id} (revision ${revision})`;
}

async function probeFile(
  address: RepositoryAddress,
  path: string,
  call: HubCall,
): Promise<ModelFile | null> {
  const request: HubRequest = {
    ...call,
    url: fileUrl(address, path),
    what: nameOf(path, address),
    accept: [404, 410],
  };
  const head = await ask({
    ...request,
    method: 'HEAD',
    // 403 may mean the method alone; 401 does not.
    accept: [403, 404, 405, 410, 501],
  });
  if (head.status === 404 || head.status === 410) return null;
  const sha256 = head.ok ? toldSha256(head) : null;
  if (head.ok) {
    if (isWebPage(head)) return null;
    const bytes = toldSize(head);
    if (bytes !== null) return { path, bytes, sha256 };
  }
  // A range is never compressed on the way, so its answer tells the true size.
  const first = await ask({ ...request, range: 'bytes=0-0', accept: [404, 410, 416] });
  await first.body?.cancel();
  if (first.status === 404 || first.status === 410 || isWebPage(first)) return null;
  return {
    path,
    bytes: toldSize(first) ?? readContentRange(first).totalBytes,
    sha256: sha256 ?? toldSha256(first),
  };
}

/** The size of the whole file where an answer tells it for certain; else null. */
function toldSize(response: Response): number | null {
  const linked = wholeNumber(response.headers.get('X-Linked-Size'));
  if (linked !== null) return linked;
  // Text may be compressed on the way, which browsers hide from pages of other origins.
  const type = response.headers.get('Content-Type') ?? '';
  const isText = /^text\/|json|xml|javascript/iu.test(type);
  if (response.status !== 200 || isText || response.headers.has('Content-Encoding')) return null;
  return wholeNumber(response.headers.get('Content-Length'));
}

/** The SHA-256 of a file kept by Git LFS; else null. */
function toldSha256(response: Response): string | null {
  const { headers } = response;
  const linked = readSha256(headers.get('X-Linked-ETag'));
  if (linked !== null) return linked;
  // Storage behind a redirect has hashes of its own kind, which look the same.
  if (response.redirected || headers.has('X-Xet-Hash')) return null;
  return readSha256(headers.get('ETag'));
}
