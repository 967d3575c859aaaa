import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { BuiltFile } from './built-files.ts';
import { type FileCache, keepFiles, keptBytesOf, keyOf } from './kept-files.ts';
import { memoryCache } from './memory-cache.ts';

const scope = 'https://example.test/some/path/';

function fileOf(url: string, content: string, revision: string | null = null): BuiltFile {
  const hash = createHash('sha256').update(content).digest('base64');
  return { url, revision, integrity: `sha256-${hash}`, bytes: Buffer.byteLength(content) };
}

/** A host with these contents; `stale` is what the browser's own cache has instead. */
function hostOf(contents: Record<string, string>, stale: Record<string, string> = {}) {
  const asked: string[] = [];
  const ask: typeof fetch = async (address, options) => {
    options?.signal?.throwIfAborted();
    const url = String(address).slice(scope.length);
    const fresh = options?.cache === 'reload';
    asked.push(fresh ? `${url} again` : url);
    const content = fresh ? contents[url] : (stale[url] ?? contents[url]);
    if (content === undefined) return new Response(null, { status: 404 });
    return new Response(content, { headers: { 'Content-Type': 'text/plain', Vary: '*' } });
  };
  return { asked, fetch: ask };
}

const one = fileOf('assets/one.js', 'the first');
const two = fileOf('models/two.onnx', 'the second one', 'r1');
const signal = new AbortController().signal;

describe('keeping files', () => {
  test('keeps what the list names, under a name with the revision where there is one', async () => {
    const cache = memoryCache();
    const host = hostOf({ [one.url]: 'the first', [two.url]: 'the second one' });
    const told: number[] = [];
    const onProgress = (bytes: number) => told.push(bytes);
    await keepFiles(cache, [one, two], { scope, signal, onProgress, fetch: host.fetch });
    expect([...cache.kept.keys()]).toEqual([
      `${scope}assets/one.js`,
      `${scope}models/two.onnx?revision=r1`,
    ]);
    const kept = await cache.match(keyOf(two, scope));
    expect(await kept?.text()).toBe('the second one');
    expect(Object.fromEntries(kept?.headers ?? [])).toEqual({
      'content-type': 'text/plain',
      'content-length': '14',
    });
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(one.bytes + two.bytes);
  });

  test('goes on where it stopped', async () => {
    const cache = memoryCache();
    const stop = new AbortController();
    const host = hostOf({ [one.url]: 'the first', [two.url]: 'the second one' });
    const options = { scope, fetch: host.fetch };
    const onProgress = (bytes: number) => bytes === one.bytes && stop.abort();
    await expect(
      keepFiles(cache, [one, two], { ...options, signal: stop.signal, onProgress }),
    ).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await keptBytesOf(cache, [one, two], scope)).toBe(one.bytes);
    await keepFiles(cache, [one, two], { ...options, signal });
    expect(host.asked).toEqual([one.url, two.url]);
    expect(await keptBytesOf(cache, [one, two], scope)).toBe(one.bytes + two.bytes);
  });

  test('asks the host itself where the browser’s copy is another one', async () => {
    const cache = memoryCache();
    const host = hostOf({ [one.url]: 'the first' }, { [one.url]: 'an older' });
    await keepFiles(cache, [one], { scope, signal, fetch: host.fetch });
    expect(host.asked).toEqual([one.url, `${one.url} again`]);
    expect(await (await cache.match(keyOf(one, scope)))?.text()).toBe('the first');
  });

  test.each([
    ['damaged', 'the firsT'],
    ['too short', 'the'],
    ['too long', 'the first and more'],
  ])('keeps nothing that is %s', async (_, content) => {
    const cache = memoryCache();
    const host = hostOf({ [one.url]: content });
    await expect(
      keepFiles(cache, [one], { scope, signal, fetch: host.fetch }),
    ).rejects.toMatchObject({ reason: 'files-changed' });
    expect(cache.kept.size).toBe(0);
  });

  test('keeps nothing that begins right and goes on', async () => {
    const cache = memoryCache();
    const fetch = async () => {
      const pieces = ['the first', ' and more'].map((piece) => new TextEncoder().encode(piece));
      const body = new ReadableStream({
        pull: (controller) => {
          const piece = pieces.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
      });
      return new Response(body);
    };
    await expect(keepFiles(cache, [one], { scope, signal, fetch })).rejects.toMatchObject({
      reason: 'files-changed',
    });
  });

  test('a file that is gone means another version, a host that fails means the network', async () => {
    const failing = (status: number) => () => Promise.resolve(new Response(null, { status }));
    const keep = (fetch: () => Promise<Response>) =>
      keepFiles(memoryCache(), [one], { scope, signal, fetch });
    await expect(keep(failing(404))).rejects.toMatchObject({ reason: 'files-changed' });
    await expect(keep(failing(503))).rejects.toMatchObject({ reason: 'network' });
    await expect(
      keep(() => Promise.reject(new TypeError('Failed to fetch'))),
    ).rejects.toMatchObject({ reason: 'network' });
  });

  test.each([
    ['QuotaExceededError', 'storage-full'],
    ['SecurityError', 'storage-refused'],
  ])('a cache that throws %s is %s', async (name, reason) => {
    const cache: FileCache = {
      ...memoryCache(),
      put: () => Promise.reject(new DOMException('no', name)),
    };
    const host = hostOf({ [one.url]: 'the first' });
    await expect(
      keepFiles(cache, [one], { scope, signal, fetch: host.fetch }),
    ).rejects.toMatchObject({ reason });
  });
});
