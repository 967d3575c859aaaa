import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { abortedError, checkAborted } from './abort.ts';
import { type Wait, waitByClock } from './wait.ts';

/** What every request to a hub may bring along. */
export interface HubCall {
  readonly signal?: AbortSignal | undefined;
  /** Access token of the hub; sent in a header and kept nowhere. */
  readonly token?: string | undefined;
  /** Default: the platform's fetch. */
  readonly fetch?: typeof fetch | undefined;
  /** Default: by the clock. */
  readonly wait?: Wait | undefined;
}

export interface HubRequest extends HubCall {
  readonly url: string;
  /** What is asked for, for messages: `config.json of BAAI/bge-reranker-v2-m3 (revision main)`. */
  readonly what: string;
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD';
  /** `bytes=N-` or `bytes=N-M`: the forms that need no preflight. */
  readonly range?: string | undefined;
  /** Statuses besides 200 to 299 that the caller handles. Default: none. */
  readonly accept?: readonly number[];
}

/** A request that failed, and whether asking again may help. */
export class HubError extends RerankError {
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** Wait so long and ask again; null when that is of no use. */
  readonly retryMs: number | null;

  constructor(
    code: RerankErrorCode,
    message: string,
    detail: { readonly status?: number; readonly retryMs?: number; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: detail.cause });
    this.status = detail.status ?? null;
    this.retryMs = detail.retryMs ?? null;
  }
}

/** Pause before a second try after a failure that may have passed by then. */
export const backOffMs = 1_000;

/** Longest pause that a server's Retry-After is followed for. */
const longestRetryMs = 60_000;

/** Pause after "too many requests" where the browser does not show Retry-After. */
const rateLimitMs = 5_000;

/**
 * Asks once.
 * @throws RerankError `access-denied`, `model-not-found`, `download-failed` (all as HubError),
 *   `aborted`
 */
export async function askOnce(request: HubRequest): Promise<Response> {
  const { url, signal, token } = request;
  checkAborted(signal);
  const headers = new Headers();
  if (request.range !== undefined) headers.set('Range', request.range);
  if (token !== undefined && token !== '') headers.set('Authorization', `Bearer ${token}`);
  const ask = request.fetch ?? fetch;
  let response: Response;
  try {
    response = await ask(url, {
      method: request.method ?? 'GET',
      headers,
      signal: signal ?? null,
      credentials: 'omit',
      // The browser would otherwise keep a second copy of files that are kept here.
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    throw new HubError(
      'download-failed',
      `${new URL(url).host} could not be reached for ${request.what} (${reasonOf(error)}). Check ` +
        'the connection, choose another mirror, or import the model from a folder.',
      { retryMs: backOffMs, cause: error },
    );
  }
  if (response.ok || request.accept?.includes(response.status)) return response;
  await response.body?.cancel().catch(() => undefined);
  throw refusalOf(response, request);
}

/**
 * Asks, and once more after a pause when the failure may have passed by then.
 * @throws as {@link askOnce}
 */
export async function ask(request: HubRequest): Promise<Response> {
  try {
    return await askOnce(request);
  } catch (error) {
    const retryMs = error instanceof HubError ? error.retryMs : null;
    if (retryMs === null) throw error;
    await pause(retryMs, request);
    return await askOnce(request);
  }
}

/** Waits between two tries. @throws RerankError `aborted` */
export async function pause(ms: number, { wait, signal }: HubCall): Promise<void> {
  try {
    await (wait ?? waitByClock)(ms, signal);
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    throw error;
  }
}

/** The error that an answer of 400 or more means. */
export function refusalOf(response: Response, { url, what, token }: HubRequest): HubError {
  const { status } = response;
  const { host, origin } = new URL(url);
  const said = response.headers.get('X-Error-Message');
  const answered = `${host} answered HTTP ${status}${said === null ? '' : ` (${said})`}`;
  if (status === 401 || status === 403) {
    return new HubError(
      'access-denied',
      `${what} may not be read: ${answered}. The model is private, or its terms must be accepted ` +
        'first, or there is no model of this name. Check the name, ' +
        `${
          token === undefined || token === ''
            ? `give an access token of ${origin} (Models, "Any other model"; in code the option ` +
              '`token`)'
            : `check that the access token that was given for ${origin} may read it`
        }, or download its files there and import the folder.`,
      { status },
    );
  }
  if (status === 404 || status === 410) {
    return new HubError(
      'model-not-found',
      `${what} was not found: ${answered} for ${url}. Check the name, the revision and the mirror.`,
      { status },
    );
  }
  if (status === 429) {
    const askedMs = readRetryAfter(response.headers.get('Retry-After'));
    const seconds = Math.ceil((askedMs ?? rateLimitMs) / 1000);
    return new HubError(
      'download-failed',
      `${host} limits how much may be asked of it (HTTP 429 for ${what}). Try again in ` +
        `${seconds} seconds${askedMs === null ? ' or more' : ''}, or choose another mirror.`,
      { status, retryMs: Math.min(askedMs ?? rateLimitMs, longestRetryMs) },
    );
  }
  const message = `${what} could not be fetched: ${answered} for ${url}. Try again later, or choose another mirror.`;
  // Below 500 the request itself is refused, and asking again changes nothing.
  const passes = status >= 500 || status === 408;
  return new HubError('download-failed', message, {
    status,
    ...(passes && { retryMs: backOffMs }),
  });
}

/** Milliseconds that a Retry-After header asks for (seconds or a date); null without one. */
export function readRetryAfter(value: string | null, now: number = Date.now()): number | null {
  if (value === null || value.trim() === '') return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** First byte, last byte and size of the whole file, of a `Content-Range`; null where unknown. */
export function readContentRange(response: Response): {
  readonly start: number | null;
  readonly totalBytes: number | null;
} {
  const value = response.headers.get('Content-Range') ?? '';
  const found = /^bytes\s+(?:(\d+)-\d+|\*)\/(\d+|\*)$/u.exec(value.trim());
  return { start: wholeNumber(found?.[1]), totalBytes: wholeNumber(found?.[2]) };
}

/** A header or a part of one as a whole number >= 0; null when it is not one. */
export function wholeNumber(value: string | null | undefined): number | null {
  if (value === null || value === undefined || !/^\d{1,15}$/u.test(value)) return null;
  return Number(value);
}

/** A SHA-256 in a header or a listing, lower-case hexadecimal; null when it is something else. */
export function readSha256(value: string | null | undefined): string | null {
  const hex = value?.replaceAll('"', '').toLowerCase() ?? '';
  return /^[0-9a-f]{64}$/u.test(hex) ? hex : null;
}

/** Whether a server answered with a web page, which some do instead of 404. */
export function isWebPage(response: Response): boolean {
  return /^(?:text\/html|application\/xhtml)/iu.test(response.headers.get('Content-Type') ?? '');
}

/** Whether a file begins as web pages do. */
export function startsAsWebPage(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  return /^<(?:!doctype html|html)/iu.test(start);
}

/** The error of a web page in place of a file. */
export function webPageError(url: string, what: string): RerankError {
  return new RerankError(
    'model-corrupt',
    `${new URL(url).host} answered a web page instead of the file ${what} (${url}). The mirror's ` +
      'address may be wrong, or the network asks for a login first.',
  );
}

/** undici hides why a fetch failed in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
