import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Provenance } from '../io/export-types.ts';
import { MemoryScoreRecords } from './collection-samples.ts';
import { fingerprintsOf } from './prepared-query.ts';
import { FingerprintPlaces, ScoreCache, scoreKey } from './score-cache.ts';

const nan = Number.NaN;

const provenance: Provenance = {
  model: 'm',
  revision: 'r',
  dtype: 'q8',
  device: 'wasm',
  adapter: null,
  threads: 1,
  maxLength: 512,
  longDocuments: 'max',
  depth: 10,
  titles: false,
  browser: '',
  createdAt: 0,
};

/** Tokens and truncation that follow from the logits, so that a mix-up shows. */
function scoresOf(logits: readonly number[]) {
  return {
    logits: Float64Array.from(logits),
    tokens: Int32Array.from(logits, (logit) => (Number.isNaN(logit) ? 0 : Math.floor(logit) + 100)),
    truncated: Uint8Array.from(logits, (logit) => Number(logit > 1)),
  };
}

describe('the cache of scores', () => {
  it('gives back what was remembered, as exact doubles, in the order asked for', async () => {
    const cache = new ScoreCache(new MemoryScoreRecords());
    await cache.remember(
      'k',
      await fingerprintsOf(['a', 'b'], undefined),
      scoresOf([0.1 + 0.2, 5]),
    );
    const found = await cache.find('k', await fingerprintsOf(['b', 'c', 'a', 'b'], undefined));
    expect(found).toEqual(scoresOf([5, nan, 0.1 + 0.2, 5]));
  });

  it('finds scores also where their use cannot be noted', async () => {
    const records = new MemoryScoreRecords();
    const fingerprints = await fingerprintsOf(['a'], undefined);
    await new ScoreCache(records).remember('k', fingerprints, scoresOf([1]));
    const stored = await records.get('k');
    const full = {
      get: async () => (stored === null ? null : { ...stored, usedAt: 0 }),
      put: () => Promise.reject(new Error('full')),
      use: () => records.use(),
      clear: () => records.clear(),
    };
    expect(await new ScoreCache(full).find('k', fingerprints)).toEqual(scoresOf([1]));
  });

  it('knows nothing under another key', async () => {
    const cache = new ScoreCache(new MemoryScoreRecords());
    const fingerprints = await fingerprintsOf(['a'], undefined);
    await cache.remember('k', fingerprints, scoresOf([1]));
    expect((await cache.find('other', fingerprints)).logits).toEqual(Float64Array.of(nan));
  });

  it('adds to what is there, and keeps equal texts once and unknown scores not at all', async () => {
    const records = new MemoryScoreRecords();
    const cache = new ScoreCache(records);
    await cache.remember('k', await fingerprintsOf(['a', 'b'], undefined), scoresOf([1, 2]));
    const more = await fingerprintsOf(['b', 'c', 'c', 'd'], undefined);
    await cache.remember('k', more, scoresOf([9, 3, 3, nan]));
    expect((await records.get('k'))?.logits).toEqual(Float64Array.of(1, 2, 3));
    const all = await fingerprintsOf(['d', 'c', 'b', 'a'], undefined);
    expect((await cache.find('k', all)).logits).toEqual(Float64Array.of(nan, 3, 2, 1));
    expect(await cache.use()).toMatchObject({ scores: 3 });
    await cache.clear();
    expect(await cache.use()).toMatchObject({ scores: 0 });
  });

  it('loses nothing when two calls remember at once', async () => {
    const cache = new ScoreCache(new MemoryScoreRecords());
    const [a, b] = [await fingerprintsOf(['a'], undefined), await fingerprintsOf(['b'], undefined)];
    await Promise.all([
      cache.remember('k', a, scoresOf([1])),
      cache.remember('k', b, scoresOf([2])),
    ]);
    expect((await cache.find('k', a)).logits).toEqual(Float64Array.of(1));
    expect((await cache.find('k', b)).logits).toEqual(Float64Array.of(2));
  });

  it('says of a record that was not used for days that it is', async () => {
    const records = new MemoryScoreRecords();
    const cache = new ScoreCache(records);
    const fingerprints = await fingerprintsOf(['a'], undefined);
    await records.put('k', { fingerprints, ...scoresOf([1]), usedAt: 5 });
    await cache.find('k', fingerprints);
    expect((await records.get('k'))?.usedAt).toBeGreaterThan(1e12);
  });
});

describe('places of fingerprints', () => {
  it('are the first of equal ones, for any words', () => {
    // Few words, so that many fingerprints share all but one of them.
    const words = fc.array(fc.tuple(...Array.from({ length: 4 }, () => fc.nat(1))), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(words, words, (known, asked) => {
        const places = new FingerprintPlaces(Uint32Array.from(known.flat()));
        asked.forEach((fingerprint, at) => {
          const expected = known.findIndex((other) => other.join() === fingerprint.join());
          const place = places.find(Uint32Array.from(asked.flat()), at);
          expect(place).toBe(expected === -1 ? null : expected);
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('the key of scores', () => {
  it('depends on the model, how it reads, and the query, and on nothing else', async () => {
    const key = await scoreKey(provenance, 'q');
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    const same = { adapter: 'x', threads: 8, browser: 'y', createdAt: 7, depth: 99, titles: true };
    expect(await scoreKey({ ...provenance, ...same }, 'q')).toBe(key);
    const others = await Promise.all([
      scoreKey(provenance, 'other'),
      ...['model', 'revision', 'dtype', 'device', 'longDocuments'].map((part) =>
        scoreKey({ ...provenance, [part]: 'other' }, 'q'),
      ),
      scoreKey({ ...provenance, maxLength: 256 }, 'q'),
    ]);
    expect(new Set([key, ...others]).size).toBe(8);
  });
});
