import { RerankError } from '../core/errors.ts';

/** The hub that is asked unless the user chooses a mirror. */
export const defaultHost = 'https://huggingface.co';

/** Hubs to choose from; any other with the same scheme of addresses can be typed in. */
export const knownHosts: readonly string[] = [defaultHost, 'https://hf-mirror.com'];

/** One repository of a hub at one revision. */
export interface RepositoryAddress {
  /** Origin of the hub, with a path in front of `owner/name` where a mirror has one. */
  readonly host: string;
  /** `owner/name`. */
  readonly id: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** Longest owner, and longest name, of a hub's repository. */
const maxNameLength = 96;

/**
 * The id without blanks around it.
 * @throws RerankError `invalid-request` when it is not `owner/name` of letters, digits, `-`, `_`
 *   and `.`
 */
export function checkHubId(id: string): string {
  const checked = String(id).trim();
  const parts = checked.split('/');
  const isName = (part: string): boolean =>
    /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/u.test(part) &&
    part.length <= maxNameLength &&
    !part.includes('..');
  if (parts.length === 2 && parts.every(isName)) return checked;
  throw new RerankError(
    'invalid-request',
    `${quote(checked)} is no model of a hub. Write owner/name, for example ` +
      '"BAAI/bge-reranker-v2-m3": letters, digits, "-", "_" and "." (not at the start or the end, ' +
      `not two in a row), at most ${maxNameLength} characters each.`,
  );
}

/**
 * The address of a hub in one form: origin and path, without a slash at the end. `https:` is added
 * where there is no scheme. `http:` is for this machine alone: a page on https could not fetch
 * from there, and bytes could be changed on the way.
 * @throws RerankError `invalid-request`
 */
export function checkHost(host: string): string {
  const typed = String(host).trim();
  const refuse = (reason: string): RerankError =>
    new RerankError(
      'invalid-request',
      `${quote(typed)} cannot be a hub: ${reason}. Write an address such as "${defaultHost}".`,
    );
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//iu.test(typed) ? typed : `https://${typed}`);
  } catch {
    throw refuse('it is no address');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refuse('it must start with https://');
  }
  if (url.protocol === 'http:' && !isThisMachine(url.hostname)) {
    throw refuse('http:// is taken for localhost only; it must start with https://');
  }
  if (url.username !== '' || url.password !== '') throw refuse('it holds a user name or password');
  if (url.search !== '' || url.hash !== '' || /[?#]/u.test(typed)) {
    throw refuse('it holds a "?" or a "#"');
  }
  return url.origin + url.pathname.replace(/\/+$/u, '');
}

/**
 * The revision without blanks around it.
 * @throws RerankError `invalid-request` when it is no name of a branch, tag or commit
 */
export function checkRevision(revision: string): string {
  const checked = String(revision).trim();
  if (
    /^[\w.][\w./+-]{0,199}$/u.test(checked) &&
    checked.split('/').every((part) => part !== '' && part !== '.') &&
    !checked.includes('..')
  ) {
    return checked;
  }
  throw new RerankError(
    'invalid-request',
    `${quote(checked)} is no revision. Write a branch, a tag or a commit, for example "main".`,
  );
}

/** Whether a revision is a commit, which always means the same files. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/u.test(revision);
}

/** Address of one file: `{host}/{id}/resolve/{revision}/{path}`. */
export function fileUrl({ host, id, revision }: RepositoryAddress, path: string): string {
  return `${host}/${encodePath(id)}/resolve/${encodeURIComponent(revision)}/${encodePath(path)}`;
}

/** Address of what a hub says about a repository; `part` is `revision` or `tree`. */
export function apiUrl(
  { host, id, revision }: RepositoryAddress,
  part: 'revision' | 'tree',
): string {
  return `${host}/api/models/${encodePath(id)}/${part}/${encodeURIComponent(revision)}`;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function isThisMachine(hostname: string): boolean {
  // The page's policy can name these two, and not a range of addresses.
  return hostname === 'localhost' || hostname === '127.0.0.1';
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
