// Which answer a request gets.

import { createHash } from 'node:crypto';
import * as answers from './hub-answers.mjs';
import { describeModel, listTree } from './hub-api.mjs';
import { branch } from './hub-catalog.mjs';
import { sendContent } from './hub-content.mjs';
import { readerOfBytes } from './hub-files.mjs';

/** @typedef {import('./hub-answers.mjs').Refusal} Refusal */
/** @typedef {import('./hub-catalog.mjs').Catalog} Catalog */
/** @typedef {import('./hub-catalog.mjs').Repository} Repository */
/** @typedef {import('./hub-content.mjs').Content} Content */
/** @typedef {import('./hub-content.mjs').Exchange} Exchange */
/** @typedef {import('./hub-faults.mjs').HostName} HostName */
/** @typedef {import('./hub-files.mjs').HubFile} HubFile */
/**
 * @typedef {object} Route
 * @property {'resolve' | 'model' | 'tree'} kind
 * @property {string} id
 * @property {string} revision
 * @property {string} below the path of a file or folder; empty for the root
 */

/** @type {readonly { kind: Route['kind'], pattern: RegExp }[]} */
const routes = [
  { kind: 'resolve', pattern: /^\/([^/]+(?:\/[^/]+)?)\/resolve\/([^/]+)\/(.+)$/ },
  { kind: 'model', pattern: /^\/api\/models\/([^/]+(?:\/[^/]+)?)\/revision\/([^/]+)$/ },
  { kind: 'tree', pattern: /^\/api\/models\/([^/]+(?:\/[^/]+)?)\/tree\/([^/]+)(?:\/(.+))?$/ },
  { kind: 'model', pattern: /^\/api\/models\/([^/]+(?:\/[^/]+)?)$/ },
];

/**
 * @typedef {object} Parts what an answer is made from
 * @property {import('./serve-hub.mjs').HubOptions} options
 * @property {Readonly<Record<HostName, string>>} urls
 * @property {Catalog} catalog
 * @property {import('./hub-faults.mjs').FaultList} faults
 */

/**
 * Answers one request; resolves when the answer is out or the client has left.
 * @param {Parts} parts
 * @param {HostName} host the server that was asked
 * @param {Exchange} exchange
 * @param {string} pathname
 * @param {URLSearchParams} query
 */
export async function answer(parts, host, exchange, pathname, query) {
  const { request, response } = exchange;
  const { options, urls, catalog, faults } = parts;
  if (request.method === 'OPTIONS') return answers.allowRequest(request, response);
  const isApi = pathname.startsWith('/api/');
  const refuse = (/** @type {Refusal} */ refusal) =>
    answers.sendRefusal(response, refusal, isApi ? 'json' : 'text');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(answers.methodNotAllowed);
  }
  if (sendFault(parts, host, exchange, pathname, query)) return;

  const route = readRoute(pathname);
  if (route === 'malformed') return refuse(answers.badRequest);
  const isServed = host === 'cdn' ? route?.kind === 'resolve' : !isApi || options.api !== false;
  if (route === null || !isServed) return refuse(answers.pageNotFound);

  const withToken = request.headers.authorization !== undefined;
  const repository = await catalog.open(route.id, route.revision);
  if (repository === null) {
    return refuse(withToken ? answers.repoNotFoundWithToken : answers.repoNotFound);
  }
  const token = options.gated?.[route.id];
  const isAllowed = token === undefined || request.headers.authorization === `Bearer ${token}`;
  // As on the hub, a gated repository's files are listed for everybody, and the CDN's address
  // itself is the permission.
  if (host === 'hub' && route.kind === 'resolve' && !isAllowed) {
    return refuse(answers.gatedRepo(route.id, withToken));
  }
  if (repository === 'no such revision') return refuse(answers.revisionNotFound);

  const plan = () => faults.takeBytes(host, pathname, request.method === 'GET');
  if (route.kind !== 'resolve') {
    const listing = await list(repository, route, query);
    if (listing === null) return refuse(answers.entryNotFound);
    /** @type {Record<string, string>} */
    const link = {};
    if (listing.nextQuery !== null) {
      link.Link = `<${urls.hub}${pathname}?${listing.nextQuery}>; rel="next"`;
    }
    return sendContent(exchange, jsonContent(listing.body), link, plan());
  }
  const file = repository.files.find(({ path }) => path === route.below);
  if (file === undefined) return refuse(answers.entryNotFound);
  if (host === 'cdn') {
    if (query.get('Signature') !== signatureOf(pathname)) return refuse(answers.signatureMissing);
    return sendContent(exchange, contentOf(file), {}, plan());
  }
  const headers = {
    'X-Repo-Commit': repository.commit,
    ...(file.lfs
      ? { 'X-Linked-Size': String(file.bytes), 'X-Linked-ETag': contentOf(file).etag }
      : {}),
  };
  if (!file.lfs || options.redirect === false) {
    return sendContent(exchange, contentOf(file), headers, plan());
  }
  const target = `${urls.cdn}${pathname}?Signature=${signatureOf(pathname)}`;
  return answers.sendRedirect(response, target, { ...headers, ETag: contentOf(file).etag });
}

/**
 * @param {Parts} parts
 * @param {HostName} host
 * @param {Exchange} exchange
 * @param {string} pathname
 * @param {URLSearchParams} query
 * @returns {boolean} whether there was one
 */
function sendFault({ urls, faults }, host, { response }, pathname, query) {
  const fault = faults.takeAnswer(host, pathname);
  switch (fault?.kind) {
    case undefined:
      return false;
    case 'status':
      answers.sendText(response, fault.status, {
        type: 'text/plain; charset=utf-8',
        text: fault.body ?? `Status ${fault.status}`,
        headers: fault.headers ?? {},
      });
      return true;
    case 'html':
      answers.sendText(response, 200, {
        type: 'text/html; charset=utf-8',
        text: '<!doctype html><title>Welcome</title><p>Please accept the terms of this network.',
        headers: {},
      });
      return true;
    case 'redirect-loop': {
      const search = query.size === 0 ? '' : `?${query}`;
      answers.sendRedirect(response, `${urls[host]}${pathname}${search}`, {});
      return true;
    }
    default:
      return /** @type {never} */ (fault);
  }
}

/**
 * @param {Repository} repository
 * @param {Route} route
 * @param {URLSearchParams} query
 * @returns {Promise<{ body: unknown, nextQuery: URLSearchParams | null } | null>}
 */
async function list(repository, route, query) {
  if (route.kind === 'model') {
    const body = await describeModel(repository, query.get('blobs') === 'true');
    return { body, nextQuery: null };
  }
  const page = listTree(repository, route.below, query);
  if (page === null || page.nextCursor === null) {
    return page === null ? null : { body: page.entries, nextQuery: null };
  }
  const nextQuery = new URLSearchParams(query);
  nextQuery.set('cursor', page.nextCursor);
  return { body: page.entries, nextQuery };
}

/**
 * @param {HubFile} file
 * @returns {Content}
 */
function contentOf({ bytes, lfs, sha256, oid, read }) {
  const type = lfs ? 'application/octet-stream' : 'text/plain; charset=utf-8';
  return { bytes, etag: `"${lfs ? sha256 : oid}"`, type, read };
}

/**
 * @param {unknown} value
 * @returns {Content}
 */
function jsonContent(value) {
  const bytes = Buffer.from(JSON.stringify(value));
  return {
    bytes: bytes.length,
    etag: `W/"${createHash('sha1').update(bytes).digest('hex')}"`,
    type: 'application/json; charset=utf-8',
    read: readerOfBytes(bytes),
  };
}

/** @param {string} pathname */
function signatureOf(pathname) {
  return createHash('sha256').update(pathname).digest('hex').slice(0, 16);
}

/**
 * @param {string} pathname
 * @returns {Route | 'malformed' | null}
 */
function readRoute(pathname) {
  for (const { kind, pattern } of routes) {
    const found = pattern.exec(pathname);
    if (found === null) continue;
    const [, id = '', revision = branch, below = ''] = found;
    try {
      return {
        kind,
        id: decodeURIComponent(id),
        revision: decodeURIComponent(revision),
        below: decodeURIComponent(below),
      };
    } catch {
      return 'malformed';
    }
  }
  return null;
}
