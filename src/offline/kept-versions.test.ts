import { beforeEach, describe, expect, test } from 'vitest';
import type { BuiltFile } from './built-files.ts';
import { keyOf } from './kept-files.ts';
import { readWanted, recordVersion, recordWanted, removeLeftovers } from './kept-versions.ts';
import { memoryCache } from './memory-cache.ts';
import { versionLockOf } from './offline-messages.ts';

const scope = 'https://example.test/app/';

/** Versions share the model and have a page and a script of their own. */
function versionOf(version: string): readonly BuiltFile[] {
  const file = { integrity: '', bytes: 1 };
  return [
    { ...file, url: 'index.html', revision: version },
    { ...file, url: `assets/page-${version}.js`, revision: null },
    { ...file, url: 'models/tiny.onnx', revision: 'same' },
  ];
}

const [first, second] = [versionOf('v1'), versionOf('v2')];
const lockOf = (version: string) => versionLockOf(scope, version);

describe('leftovers', () => {
  let cache = memoryCache();
  const keptPages = () =>
    [...cache.kept.keys()].filter((key) => key.includes('page-')).map((key) => key.slice(-5, -3));

  beforeEach(async () => {
    cache = memoryCache();
    await recordWanted(cache, 'none', scope);
    for (const version of [first, second]) {
      await recordVersion(cache, version, scope);
      for (const file of version) await cache.put(keyOf(file, scope), new Response('x'));
    }
  });

  test('a version goes when no page of it is open', async () => {
    const heldLocks = [lockOf('v2'), 'some other lock'];
    await removeLeftovers(cache, second, scope, { heldLocks, pageCount: 1, waiting: false });
    expect(keptPages()).toEqual(['v2']);
    for (const file of second) expect(cache.kept.has(keyOf(file, scope))).toBe(true);
    expect(await readWanted(cache, scope)).toBe('none');
  });

  test.each([
    ['a page of it is open', [lockOf('v1'), lockOf('v2')], 2, false],
    ['a page has not said its version', [lockOf('v2')], 2, false],
    ['another version waits', [lockOf('v2')], 1, true],
  ])('all stays while %s', async (_, heldLocks, pageCount, waiting) => {
    const before = [...cache.kept.keys()];
    await removeLeftovers(cache, second, scope, { heldLocks, pageCount, waiting });
    expect([...cache.kept.keys()]).toEqual(before);
  });

  test('a page of another app of this origin counts for nothing', async () => {
    const heldLocks = [versionLockOf('https://example.test/other/', 'v1')];
    await removeLeftovers(cache, second, scope, { heldLocks, pageCount: 0, waiting: false });
    expect(keptPages()).toEqual(['v2']);
  });
});

describe('what was wanted', () => {
  test('is remembered, and a damaged note is none', async () => {
    const cache = memoryCache();
    expect(await readWanted(cache, scope)).toBeNull();
    await recordWanted(cache, 'suspending', scope);
    expect(await readWanted(cache, scope)).toBe('suspending');
    const [key = ''] = cache.kept.keys();
    await cache.put(key, new Response('{'));
    expect(await readWanted(cache, scope)).toBeNull();
    await cache.put(key, Response.json({ type: 'fill', gpu: 'another' }));
    expect(await readWanted(cache, scope)).toBeNull();
  });
});
