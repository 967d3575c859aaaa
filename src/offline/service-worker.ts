/**
 * Keeps the app on this machine, answers from what is kept, and puts the headers of
 * `response-headers.ts` onto every answer of the app. What it keeps is the build that it came with;
 * requests to other hosts, those for a part of a file, and those of other apps that lie below the
 * page's folder go past it.
 */
import { withAnswerHeaders } from './answer-headers.ts';
import { assetsFolder, type BuiltFile, filesFor, pageOf, shellOf } from './built-files.ts';
import { KeepError, keepFiles, keptBytesOf, keyOf, refuseStorage } from './kept-files.ts';
import {
  keepsFiles,
  readWanted,
  recordVersion,
  recordWanted,
  removeLeftovers,
} from './kept-versions.ts';
import {
  type GpuRuntime,
  type OfflineMessage,
  type OwnRequest,
  readPageMessage,
} from './offline-messages.ts';

// This file runs as a service worker, and the build puts the list of its files in.
declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: readonly BuiltFile[] };

/** Progress is told this often at most. */
const progressMs = 200;

const files = self.__WB_MANIFEST;
const scope = self.registration.scope;
const scopePath = new URL(scope).pathname;
const assetsPath = new URL(assetsFolder, scope).pathname;
const byPath = new Map(files.map((file) => [new URL(file.url, scope).pathname, file]));
// One origin may have several of them, each in its folder.
const cacheName = `crossrank files ${scopePath}`;

/** What is under way; a second page that asks for it joins in. */
let filling: { readonly stop: AbortController; readonly end: Promise<void> } | null = null;

self.addEventListener('install', (event) => event.waitUntil(install()));

// At once, so that a first visit needs no second one: the page says when it is to be reloaded.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (isAnsweredHere(request, url)) event.respondWith(answer(request, url));
});

self.addEventListener('message', (event) => {
  const message = readPageMessage(event.data);
  switch (message?.type) {
    case 'fill':
      event.waitUntil(fill(message.gpu));
      break;
    case 'pause':
      filling?.stop.abort();
      break;
    case 'forget':
      event.waitUntil(forget());
      break;
    case 'activate':
      event.waitUntil(self.skipWaiting());
      break;
    case 'requests':
      event.ports[0]?.postMessage(ownRequests());
      break;
    case undefined:
      break;
    default:
      message satisfies never;
  }
});

/**
 * Keeps enough to open the page, and with an update all that was wanted before it, so that the app
 * never works less offline than it did. Where the user has removed all that was kept, nothing is.
 */
async function install(): Promise<void> {
  const isFirst = self.registration.active === null;
  let hasFiles = false;
  try {
    if (!isFirst && !(await caches.has(cacheName))) return;
    const cache = await caches.open(cacheName);
    hasFiles = await keepsFiles(cache, scope);
    const { signal } = new AbortController();
    await recordVersion(cache, files, scope);
    const page = pageOf(files);
    await keepFiles(cache, [page], { scope, signal });
    const html = (await (await cache.match(keyOf(page, scope)))?.text()) ?? '';
    const gpu = await readWanted(cache, scope);
    const wanted = gpu === null ? shellOf(files, html) : filesFor(files, gpu);
    await keepFiles(cache, wanted, { scope, signal });
  } catch (error) {
    // The first one has its headers to give all the same, and so has one after a version that
    // could keep nothing either: a host may change its pages on the way. Any other must not take
    // over with less than the one before has: the browser tries again.
    if (!isFirst && hasFiles) throw error;
  }
}

function isAnsweredHere(request: Request, url: URL): boolean {
  return (
    request.method === 'GET' &&
    isOfApp(url) &&
    !request.headers.has('Range') &&
    (request.cache !== 'only-if-cached' || request.mode === 'same-origin')
  );
}

/** The page, the files of this build, and those of others: their tabs may be open. */
function isOfApp({ origin, pathname }: URL): boolean {
  if (origin !== new URL(scope).origin) return false;
  return pathname === scopePath || byPath.has(pathname) || pathname.startsWith(assetsPath);
}

async function answer(request: Request, url: URL): Promise<Response> {
  // Whoever asks for a fresh copy has a reason; what is kept is better than none.
  const isFresh =
    request.mode !== 'navigate' && (request.cache === 'reload' || request.cache === 'no-store');
  const kept = await findKept(request, url);
  if (kept !== undefined && !isFresh) return withAnswerHeaders(kept, url.pathname);
  try {
    return withAnswerHeaders(await fetch(request), url.pathname);
  } catch (error) {
    if (kept === undefined) throw error;
    return withAnswerHeaders(kept, url.pathname);
  }
}

/** Also files of another version, by names that change with their content: its tab may be open. */
async function findKept(request: Request, url: URL): Promise<Response | undefined> {
  const isPage = request.mode === 'navigate' && url.pathname === scopePath;
  if (!isPage && request.mode !== 'navigate' && url.search !== '') return undefined;
  const file = isPage ? pageOf(files) : byPath.get(url.pathname);
  const key = file === undefined ? url.origin + url.pathname : keyOf(file, scope);
  try {
    return await caches.match(key, { cacheName });
  } catch {
    // Without storage there is still the network.
    return undefined;
  }
}

function fill(gpu: GpuRuntime): Promise<void> {
  if (filling === null || filling.stop.signal.aborted) {
    const stop = new AbortController();
    const before = filling?.end ?? Promise.resolve();
    const end = before.then(() => keepAll(gpu, stop.signal));
    const mine = { stop, end };
    filling = mine;
    end.then(() => {
      if (filling === mine) filling = null;
    });
  }
  return filling.end;
}

/** Keeps all that is needed and tells every page how it goes; never rejects. */
async function keepAll(gpu: GpuRuntime, signal: AbortSignal): Promise<void> {
  const wanted = filesFor(files, gpu);
  const totalBytes = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  let toldAt = 0;
  try {
    const cache = await openCache();
    await recordVersion(cache, files, scope).catch(refuseStorage);
    await recordWanted(cache, gpu, scope).catch(refuseStorage);
    await keepFiles(cache, wanted, {
      scope,
      signal,
      onProgress: (keptBytes) => {
        const now = performance.now();
        if (now - toldAt < progressMs) return;
        toldAt = now;
        tell({ type: 'filling', keptBytes, totalBytes });
      },
    });
    await sweep(cache).catch(() => undefined);
    await tell({ type: 'ready', keptBytes: totalBytes });
  } catch (error) {
    if (signal.aborted) return tell({ type: 'paused' });
    const reason = error instanceof KeepError ? error.reason : 'storage-refused';
    const kept = caches.open(cacheName).then((cache) => keptBytesOf(cache, wanted, scope));
    await tell({ type: 'failed', reason, keptBytes: await kept.catch(() => 0) });
  }
}

async function openCache(): Promise<Cache> {
  return await caches.open(cacheName).catch(refuseStorage);
}

async function sweep(cache: Cache): Promise<void> {
  const { held = [] } = await self.navigator.locks.query();
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  await removeLeftovers(cache, files, scope, {
    heldLocks: held.flatMap(({ name }) => name ?? []),
    pageCount: pages.filter(({ url }) => isOfApp(new URL(url))).length,
    waiting: self.registration.waiting !== null || self.registration.installing !== null,
  });
}

async function forget(): Promise<void> {
  filling?.stop.abort();
  await filling?.end;
  await caches.delete(cacheName).catch(() => undefined);
  await tell({ type: 'forgotten' });
}

async function tell(message: OfflineMessage): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) {
    if (isOfApp(new URL(page.url))) page.postMessage(message);
  }
}

function ownRequests(): readonly OwnRequest[] {
  return performance.getEntriesByType('resource').flatMap((entry) => {
    if (!(entry instanceof PerformanceResourceTiming)) return [];
    return {
      url: entry.name,
      startedAt: performance.timeOrigin + entry.startTime,
      ms: entry.duration,
      bytes: entry.encodedBodySize,
      networkBytes: entry.transferSize,
      status: entry.responseStatus ?? 0,
    };
  });
}
