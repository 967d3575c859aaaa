import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FileCache } from './kept-files.ts';
import { memoryCache } from './memory-cache.ts';

const scope = 'https://host.example/';

const files = [
  { url: 'index.html', revision: 'v2', integrity: 'sha256-none', bytes: 4 },
  { url: 'assets/page-Aa.js', revision: null, integrity: 'sha256-none', bytes: 4 },
];

type Listener = (event: object) => void;

let listeners: Map<string, Listener>;
let kept: Map<string, FileCache>;
let active: object | null;

beforeEach(async () => {
  vi.resetModules();
  listeners = new Map();
  kept = new Map();
  active = {};
  vi.stubGlobal('self', {
    __WB_MANIFEST: files,
    registration: {
      scope,
      get active() {
        return active;
      },
    },
    addEventListener: (type: string, listener: Listener) => listeners.set(type, listener),
  });
  vi.stubGlobal('caches', {
    has: async (name: string) => kept.has(name),
    open: async (name: string) => {
      const cache = kept.get(name) ?? memoryCache();
      kept.set(name, cache);
      return cache;
    },
    match: async (key: string, { cacheName }: { cacheName: string }) =>
      kept.get(cacheName)?.match(key),
  });
  // A host that changes its pages on the way: never what the list says.
  vi.stubGlobal('fetch', async () => new Response('changed'));
  await import('./service-worker.ts');
});

afterEach(() => vi.unstubAllGlobals());

async function install(): Promise<void> {
  let installed: Promise<void> | undefined;
  listeners.get('install')?.({
    waitUntil: (promise: Promise<void>) => {
      installed = promise;
    },
  });
  await installed;
}

async function answerTo(
  url: string,
  mode: RequestMode | 'navigate' = 'same-origin',
): Promise<Response | null> {
  let answer: Promise<Response> | null = null;
  const request = { url, method: 'GET', mode, cache: 'default', headers: new Headers() };
  listeners.get('fetch')?.({
    request,
    respondWith: (response: Promise<Response>) => {
      answer = response;
    },
  });
  return answer;
}

describe('a request', () => {
  test.each([
    [scope, 'navigate'],
    [`${scope}?from=mail`, 'navigate'],
    [`${scope}index.html`, 'navigate'],
    [`${scope}assets/page-Aa.js`, 'same-origin'],
    [`${scope}assets/page-of-an-earlier-build.js`, 'same-origin'],
  ] as const)('for %s is of the app, and its answer gets the headers', async (url, mode) => {
    const answer = await answerTo(url, mode);
    expect(answer?.headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp');
  });

  test.each([
    [`${scope}blog/`, 'navigate'],
    [`${scope}blog/post.html`, 'navigate'],
    [`${scope}blog/assets/style.css`, 'same-origin'],
    ['https://other.example/assets/page-Aa.js', 'cors'],
  ] as const)('for %s is not, and goes past it', async (url, mode) => {
    expect(await answerTo(url, mode)).toBeNull();
  });
});

describe('an update', () => {
  const cacheName = 'crossrank files /';

  test('keeps nothing where the user has removed what was kept', async () => {
    await install();
    expect(kept.size).toBe(0);
  });

  test('is not taken where it could keep less than the version before', async () => {
    const cache = memoryCache();
    kept.set(cacheName, cache);
    await cache.put(`${scope}index.html?revision=v1`, new Response('page'));
    await expect(install()).rejects.toThrow('is not the one of this version');
  });

  test('is taken where the version before could keep nothing either', async () => {
    kept.set(cacheName, memoryCache());
    await install();
    await expect(install()).resolves.toBeUndefined();
  });
});

test('the first version gives its headers also where it can keep nothing', async () => {
  active = null;
  await expect(install()).resolves.toBeUndefined();
});
