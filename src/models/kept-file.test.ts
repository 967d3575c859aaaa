import { afterEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { openKeptFile, wholeOf } from './kept-file.ts';

/** 200 kB that are nowhere the same: more than is read at a time. */
const content = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 31 + (at >> 8)) % 251);
const segments = ['crossrank-models', 'key', 'files', 'onnx', 'model.onnx'];
const source = { from: 'store', segments, bytes: content.length } as const;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a kept file', () => {
  it('is read through a handle that others may have as well, part by part', async () => {
    const { handles } = stubStorage('read-only');
    const file = await openKeptFile(source);
    expect(Buffer.compare(wholeOf(file.bytes), content)).toBe(0);
    expect([...file.bytes.subarray(70_000, 70_005)]).toEqual([...content.subarray(70_000, 70_005)]);
    expect(handles).toMatchObject([{ options: { mode: 'read-only' }, closed: false }]);
    file.close();
    expect(handles).toMatchObject([{ closed: true }]);
  });

  it('gives up a handle that locks everybody else out', async () => {
    const { handles } = stubStorage('exclusive');
    const file = await openKeptFile(source);
    expect(handles).toMatchObject([{ closed: true, reads: 0 }]);
    expect(Buffer.compare(wholeOf(file.bytes), content)).toBe(0);
    file.close();
  });

  it('is read without a handle while another tab holds one', async () => {
    stubStorage('locked');
    const file = await openKeptFile(source);
    expect(Buffer.compare(wholeOf(file.bytes), content)).toBe(0);
  });

  it('is read when it is looked at where a worker can do that, not before', async () => {
    stubStorage('locked');
    const reads = stubReader();
    const file = await openKeptFile(source);
    expect(reads).toEqual([]);
    expect([...file.bytes.subarray(10, 13)]).toEqual([...content.subarray(10, 13)]);
    expect(reads).toEqual([65_536]);
    expect(Buffer.compare(wholeOf(file.bytes), content)).toBe(0);
    file.close();
  });

  it('that has another size than it should is said to be damaged', async () => {
    const { handles } = stubStorage('read-only');
    const error = await rejection({ ...source, bytes: content.length + 1 }, 'model-corrupt');
    expect(error.message).toContain('model.onnx has 200000 bytes where 200001 were expected');
    expect(handles).toEqual([]);
  });

  it.each([
    ['the file', [...segments.slice(0, -1), 'other.onnx'], 'other.onnx'],
    ['its folder', ['crossrank-models', 'other', 'model.onnx'], 'model.onnx'],
  ])('is said to be gone when %s is not there', async (_, gone, name) => {
    stubStorage('read-only');
    const error = await rejection({ ...source, segments: gone }, 'storage-unavailable');
    expect(error.message).toContain(`The kept file ${name} cannot be read`);
    expect(error.cause).toMatchObject({ name: 'NotFoundError' });
  });

  it('is said to be unavailable where the browser keeps nothing', async () => {
    vi.stubGlobal('navigator', {});
    await rejection(source, 'storage-unavailable');
  });
});

describe('a file in memory', () => {
  const inMemory = { from: 'memory', blob: blobOf(content), bytes: content.length } as const;

  it('is read as a whole where there is no other way', async () => {
    const file = await openKeptFile(inMemory);
    expect(Buffer.compare(wholeOf(file.bytes), content)).toBe(0);
    file.close();
  });

  it('is read when it is looked at in a worker: a blob may lie on disk', async () => {
    const reads = stubReader();
    const file = await openKeptFile(inMemory);
    expect(file.bytes.length).toBe(content.length);
    expect(reads).toEqual([]);
    expect(Buffer.compare(wholeOf(file.bytes), content)).toBe(0);
  });
});

it('gives the bytes of an array without a copy', () => {
  expect(wholeOf(content).buffer).toBe(content.buffer);
});

/** A file system with the one file; Node has none of the browser's. */
function stubStorage(handle: 'read-only' | 'exclusive' | 'locked') {
  const handles: { readonly options: unknown; closed: boolean; reads: number }[] = [];
  const notFound = (name: string): never => {
    throw new DOMException(`no ${name}`, 'NotFoundError');
  };
  const file = {
    getFile: async () => blobOf(content),
    createSyncAccessHandle: async (options: unknown) => {
      if (handle === 'locked') throw new DOMException('', 'NoModificationAllowedError');
      const state = { options, closed: false, reads: 0 };
      handles.push(state);
      return {
        // Browsers that know no modes do not tell theirs either.
        ...(handle === 'read-only' && { mode: 'read-only' }),
        read: (target: Uint8Array, { at }: { readonly at: number }) => {
          state.reads += 1;
          target.set(content.subarray(at, at + target.length));
          return target.length;
        },
        close: () => {
          state.closed = true;
        },
      };
    },
  };
  const folder = (depth: number): object => ({
    getDirectoryHandle: async (name: string) =>
      name === segments[depth] ? folder(depth + 1) : notFound(name),
    getFileHandle: async (name: string) =>
      depth === segments.length - 1 && name === segments[depth] ? file : notFound(name),
  });
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => folder(0) } });
  return { handles };
}

/** Only workers have one. Gives the sizes of what was read with it. */
function stubReader(): number[] {
  const reads: number[] = [];
  class Reader {
    readAsArrayBuffer(blob: Blob): ArrayBuffer {
      if (!(blob instanceof BytesBlob)) throw new Error('not of these tests');
      reads.push(blob.size);
      return blob.held.slice().buffer;
    }
  }
  vi.stubGlobal('FileReaderSync', Reader);
  return reads;
}

/** A blob whose bytes can be had at once. */
class BytesBlob extends Blob {
  readonly held: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    super([bytes]);
    this.held = bytes;
  }

  override slice(start?: number, end?: number): BytesBlob {
    return new BytesBlob(this.held.subarray(start, end));
  }
}

function blobOf(bytes: Uint8Array<ArrayBuffer>): Blob {
  return new BytesBlob(bytes);
}

async function rejection(
  wanted: Parameters<typeof openKeptFile>[0],
  code: RerankErrorCode,
): Promise<RerankError> {
  const error: unknown = await openKeptFile(wanted).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code });
  if (!(error instanceof RerankError)) throw new Error('not a RerankError');
  return error;
}
