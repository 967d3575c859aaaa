import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startFingerprints, wordsPerFingerprint } from './text-fingerprint.ts';

describe('fingerprints of texts', () => {
  it('are the first 128 bits of SHA-256', async () => {
    const fingerprints = await startFingerprints();
    // FIPS 180-4, the example "abc": ba7816bf 8f01cfea 414140de 5dae2223 ...
    expect(fingerprints.hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223');
    const words = new Uint32Array(2 * wordsPerFingerprint);
    fingerprints.write('abc', words, wordsPerFingerprint);
    expect([...words].map((word) => word.toString(16))).toEqual([
      ...['0', '0', '0', '0'],
      ...['ba7816bf', '8f01cfea', '414140de', '5dae2223'],
    ]);
  });

  it('agree with another implementation on any text, one after the other', async () => {
    const fingerprints = await startFingerprints();
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const expected = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32);
        expect(fingerprints.hex(text)).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });
});
