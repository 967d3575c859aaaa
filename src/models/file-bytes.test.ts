import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { FileBytes, type ReadAt } from './file-bytes.ts';

/** 300 kB that are nowhere the same, more than a block holds. */
const content = Uint8Array.from(
  { length: 300_000 },
  (_, index) => (index * 31 + (index >> 8)) % 251,
);

/** A file that gives at most `most` bytes at a time, with a note of each read. */
function fileOf(most = content.length): { file: FileBytes; reads: [at: number, bytes: number][] } {
  const reads: [number, number][] = [];
  const readAt: ReadAt = (target, at) => {
    const part = content.subarray(at, at + Math.min(most, target.length));
    target.set(part);
    reads.push([at, part.length]);
    return part.length;
  };
  return { file: new FileBytes('a.onnx', content.length, readAt), reads };
}

describe('FileBytes', () => {
  it('gives the bytes of the file, in any order', () => {
    const { file } = fileOf();
    const place = fc.nat({ max: content.length });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const [start, end] = one < other ? [one, other] : [other, one];
        const found = file.subarray(start, end);
        expect(Buffer.compare(found, content.subarray(start, end))).toBe(0);
      }),
    );
  });

  it('reads once for many small places beside each other', () => {
    const { file, reads } = fileOf();
    for (let at = 1000; at < 3000; at += 10) file.subarray(at, at + 20);
    expect(reads).toEqual([[1000, 65_536]]);
  });

  it('reads of a large part what is asked for and no more', () => {
    const { file, reads } = fileOf();
    file.subarray(5, 200_005);
    expect(reads).toEqual([[5, 200_000]]);
  });

  it('leaves what it gave before as it was', () => {
    const { file } = fileOf();
    const first = file.subarray(0, 100);
    file.subarray(200_000, 200_100);
    file.subarray(100_000, 299_999);
    expect(first).toEqual(content.subarray(0, 100));
  });

  it('reads on when a read gives less than asked', () => {
    const { file } = fileOf(7000);
    expect(Buffer.compare(file.subarray(10, 100_000), content.subarray(10, 100_000))).toBe(0);
  });

  it('says which file ended too early or could not be read', () => {
    const short = new FileBytes('a.onnx', 400_000, (target, at) => {
      const part = content.subarray(at, at + target.length);
      target.set(part);
      return part.length;
    });
    const gone = new FileBytes('b.onnx', 10, () => {
      throw new DOMException('gone', 'NotFoundError');
    });
    for (const [read, name] of [
      [() => short.subarray(290_000, 310_000), 'a.onnx'],
      [() => gone.subarray(0, 10), 'b.onnx'],
    ] as const) {
      expect(read).toThrow(RerankError);
      expect(read).toThrow(
        expect.objectContaining({
          code: 'storage-unavailable',
          message: expect.stringContaining(name),
        }),
      );
    }
  });

  it('refuses a place outside', () => {
    const { file } = fileOf();
    expect(() => file.subarray(0, content.length + 1)).toThrow(RangeError);
    expect(() => file.subarray(10, 9)).toThrow(RangeError);
    expect(() => file.subarray(-1, 9)).toThrow(RangeError);
  });
});
