import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startSha256 } from './sha256.ts';

describe('startSha256', () => {
  it('gives the published digest of "abc"', async () => {
    const hash = await startSha256();
    hash.update(new TextEncoder().encode('abc'));
    // Source: FIPS 180-2, appendix B.1
    expect(hash.digest()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('gives the same digest however the bytes are cut', async () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(parts, async (arrays) => {
        const hash = await startSha256();
        for (const bytes of arrays) hash.update(bytes);
        expect(hash.digest()).toBe(
          createHash('sha256').update(Buffer.concat(arrays)).digest('hex'),
        );
      }),
    );
  });

  it('keeps two files apart that are hashed at the same time', async () => {
    const [first, second] = [await startSha256(), await startSha256()];
    first.update(Uint8Array.of(1));
    second.update(Uint8Array.of(2));
    first.update(Uint8Array.of(3));
    const expected = createHash('sha256').update(Uint8Array.of(1, 3)).digest('hex');
    expect(first.digest()).toBe(expected);
    expect(second.digest()).not.toBe(expected);
  });
});
