import { crc32, deflateRawSync } from 'node:zlib';
import { BlobReader, BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { describe, expect, test } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { openModelArchive } from './model-archive.ts';
import { maxImportedFiles } from './model-folder.ts';

const name = 'my-model.zip';
const complete = ['mine/config.json', 'mine/tokenizer.json', 'mine/onnx/model.onnx'];

/** A zip made by zip.js; the content of a file is its path. */
async function zipOf(
  paths: readonly string[],
  options: ConstructorParameters<typeof ZipWriter>[1] = {},
): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, ...options });
  for (const path of paths) {
    if (path.endsWith('/')) await writer.add(path, undefined, { directory: true });
    else await writer.add(path, new TextReader(path));
  }
  return writer.close();
}

interface RawEntry {
  readonly path: string;
  /** Content before compression; default: the path. */
  readonly content?: Uint8Array;
  /** Default 8, deflate. */
  readonly method?: number;
  readonly declaredBytes?: number;
  readonly crc?: number;
  /** Unix mode, for example 0o120777 for a link. */
  readonly mode?: number;
  /** Place of another entry's header to point to, counted from 0. */
  readonly sameAs?: number;
}

/** A zip written by hand, so that it can lie. */
function rawZip(entries: readonly RawEntry[]): Blob {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let size = 0;
  for (const entry of entries) {
    const path = Buffer.from(entry.path);
    const content = entry.content ?? path;
    const method = entry.method ?? 8;
    const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(entry.crc ?? crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(entry.declaredBytes ?? content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const offset = entry.sameAs === undefined ? size : (offsets[entry.sameAs] ?? 0);
    offsets.push(offset);
    const more = Buffer.alloc(14);
    more.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    more.writeUInt32LE(offset, 10);
    const madeByUnix = Buffer.from([20, 3]);
    directory.push(Buffer.from('PK\x01\x02'), madeByUnix, common, more, path);
    if (entry.sameAs !== undefined) continue;
    parts.push(Buffer.from('PK\x03\x04'), common, path, packed);
    size += 30 + path.length + packed.length;
  }
  const table = Buffer.concat(directory);
  return new Blob([Buffer.concat(parts), table, endRecord(entries.length, table.length, size)]);
}

function endRecord(
  count: number,
  directoryBytes: number,
  directoryOffset: number,
): Buffer<ArrayBuffer> {
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(directoryOffset, 16);
  return end;
}

const honest: readonly RawEntry[] = complete.map((path) => ({ path }));

/** Larger than the pointers of Git LFS, so that opening the archive does not read it. */
const weights = Buffer.from('weights '.repeat(500));

/** Too large for zip.js to read the whole archive in its search for the directory. */
const padding: RawEntry = { path: 'mine/padding.bin', method: 0, content: Buffer.alloc(200_000) };

async function refusal(blob: Blob): Promise<RerankError> {
  const error: unknown = await openModelArchive(blob, { name }).then(
    (model) => new Error(`accepted: ${model.files.map(({ path }) => path).join(', ')}`),
    (reason: unknown) => reason,
  );
  if (error instanceof RerankError) return error;
  throw error;
}

/** Reads a file of the archive; says how many bytes came before it failed. */
async function readFile(blob: Blob, path: string): Promise<{ bytes: number; error: unknown }> {
  const { files } = await openModelArchive(blob, { name });
  const file = files.find((candidate) => candidate.path === path);
  let bytes = 0;
  try {
    const reader = file?.stream().getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) return { bytes, error: null };
      bytes += value?.length ?? 0;
    }
  } catch (error) {
    return { bytes, error };
  }
}

/** A blob that says which parts of it were asked for. */
class WatchedBlob extends Blob {
  slicedBytes = 0;
  onSlice = (): void => undefined;
  override slice(start = 0, end = this.size, type?: string): Blob {
    this.slicedBytes += end - start;
    this.onSlice();
    return super.slice(start, end, type);
  }
  override stream(): never {
    throw new Error('read as a whole');
  }
  override arrayBuffer(): never {
    throw new Error('read as a whole');
  }
}

describe('openModelArchive', () => {
  test.each([
    ['deflated', {}],
    ['stored', { level: 0 }],
    ['zip64', { zip64: true }],
    ['sizes after the content', { dataDescriptor: true }],
    ['sizes before the content', { dataDescriptor: false }],
  ])('finds the model and reads its files: %s', async (_, options) => {
    const blob = await zipOf(['mine/', ...complete, 'mine/README.md', 'mine/onnx/'], options);
    const model = await openModelArchive(blob, { name });
    expect(model.name).toBe('mine');
    expect(model.files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['config.json', 16],
      ['tokenizer.json', 19],
      ['onnx/model.onnx', 20],
    ]);
    for (const file of model.files) {
      const expected = `mine/${file.path}`;
      expect(await new Response(file.stream()).text()).toBe(expected);
      expect(await new Response(file.stream()).text()).toBe(expected);
    }
  });

  test('reads a zip written by hand', async () => {
    const model = await openModelArchive(rawZip(honest), { name });
    expect(model.files.map(({ path }) => path)).toEqual([
      'config.json',
      'tokenizer.json',
      'onnx/model.onnx',
    ]);
  });

  test('takes its name from the file where the zip has no folder', async () => {
    const blob = await zipOf(['./', './config.json', 'tokenizer.json', 'model.onnx']);
    expect((await openModelArchive(blob, { name: 'tuned.ZIP' })).name).toBe('tuned');
  });

  test('reads the directory, not the weights, and one file without the others', async () => {
    const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, level: 0 });
    for (const path of complete.slice(0, 2)) await writer.add(path, new TextReader(path));
    const random = crypto.getRandomValues(new Uint8Array(65_536));
    const large = new Blob(Array(80).fill(random));
    await writer.add('mine/onnx/model.onnx', new BlobReader(large));
    const blob = new WatchedBlob([await writer.close()]);
    const { files } = await openModelArchive(blob, { name });
    expect(blob.slicedBytes).toBeLessThan(600_000);
    const config = files.find(({ path }) => path === 'config.json');
    await new Response(config?.stream()).text();
    expect(blob.slicedBytes).toBeLessThan(600_000);
    const model = files.find(({ path }) => path === 'onnx/model.onnx');
    const read = new Uint8Array(await new Response(model?.stream()).arrayBuffer());
    expect(Buffer.compare(read, new Uint8Array(await large.arrayBuffer()))).toBe(0);
  });

  test('stops reading when a stream is cancelled', async () => {
    const random = crypto.getRandomValues(new Uint8Array(65_536));
    const content = Buffer.concat(Array(80).fill(random));
    const [config, tokenizer] = honest;
    if (config === undefined || tokenizer === undefined) throw new Error('no entries');
    const blob = rawZip([config, tokenizer, { path: 'mine/model.onnx', content }]);
    const { files } = await openModelArchive(blob, { name });
    const reader = files
      .find(({ path }) => path === 'model.onnx')
      ?.stream()
      .getReader();
    const first = await reader?.read();
    expect(first?.done).toBe(false);
    await reader?.cancel();
    expect((await reader?.read())?.done).toBe(true);
    // Whatever else the archive holds can still be read.
    for (let index = 0; index < 20; index += 1) {
      const early = files
        .find(({ path }) => path === 'model.onnx')
        ?.stream()
        .getReader();
      await early?.read();
      await early?.cancel();
    }
    expect(await new Response(files[0]?.stream()).text()).toBe('mine/config.json');
  });

  test.each([
    '../evil.onnx',
    '/etc/evil.onnx',
    'C:/evil.onnx',
    'mine\\..\\evil.onnx',
    'mine/../../evil',
    'nul',
  ])('refuses the path %j', async (path) => {
    const { code, message } = await refusal(rawZip([...honest, { path }]));
    expect(code).toBe('model-corrupt');
    expect(message).toContain(JSON.stringify(path));
  });

  test('refuses two entries with one path, of whatever file', async () => {
    const twice = [{ path: 'mine/README.md' }, { path: 'mine/./README.md' }];
    const { code, message } = await refusal(rawZip([...honest, ...twice]));
    expect(code).toBe('model-corrupt');
    expect(message).toContain('mine/README.md twice');
  });

  test('refuses links', async () => {
    const link = { path: 'mine/link', content: Buffer.from('../../secret'), mode: 0o120777 };
    const { code, message } = await refusal(rawZip([...honest, link]));
    expect(code).toBe('model-corrupt');
    expect(message).toContain('a link, mine/link');
  });

  test('refuses encrypted entries', async () => {
    const { code, message } = await refusal(await zipOf(complete, { password: 'secret' }));
    expect(code).toBe('model-unsupported');
    expect(message).toContain('encrypted');
  });

  test('refuses a compression method that is not read', async () => {
    const { code, message } = await refusal(
      rawZip([...honest, { path: 'mine/model.onnx', method: 12 }]),
    );
    expect(code).toBe('model-unsupported');
    expect(message).toContain('method 12');
  });

  test('looks at 2,000 entries, folders counted', async () => {
    const other = Array.from({ length: maxImportedFiles - 3 }, (_, index) => ({
      path: `${index}`,
    }));
    const blob = rawZip([...honest, ...other]);
    expect((await openModelArchive(blob, { name })).files).toHaveLength(3);
    const { code, message } = await refusal(rawZip([...honest, ...other, { path: 'x/' }]));
    expect(code).toBe('model-unsupported');
    expect(message).toContain('2,000 files');
  });

  test('refuses an entry that grows like a bomb, and takes one that shrinks well', async () => {
    const bomb = { path: 'mine/model.onnx', content: new Uint8Array(4_000_000) };
    const { code, message } = await refusal(rawZip([...honest, bomb]));
    expect(code).toBe('model-corrupt');
    expect(message).toContain('bomb');
    const words = { path: 'mine/model.onnx', content: Buffer.from('abcdefgh'.repeat(100_000)) };
    expect((await openModelArchive(rawZip([...honest, words]), { name })).files).toHaveLength(4);
  });

  test('refuses entries that share their bytes', async () => {
    const { code, message } = await refusal(
      rawZip([...honest, { path: 'mine/model.onnx', sameAs: 2 }]),
    );
    expect(code).toBe('model-corrupt');
    expect(message).toContain('wrong places');
  });

  test('refuses a stored entry with two sizes', async () => {
    const { code, message } = await refusal(
      rawZip([...honest, { path: 'mine/model.onnx', method: 0, declaredBytes: 1_000 }]),
    );
    expect(code).toBe('model-corrupt');
    expect(message).toContain('wrong sizes');
  });

  test('cuts content that is longer than declared', async () => {
    const lie = {
      path: 'mine/model.onnx',
      content: Buffer.alloc(64_000_000),
      declaredBytes: 500_000,
    };
    const { bytes, error } = await readFile(rawZip([...honest, lie]), 'model.onnx');
    expect(bytes).toBeLessThanOrEqual(500_000);
    expect(error).toBeInstanceOf(RerankError);
    expect(error).toMatchObject({
      code: 'model-corrupt',
      message: expect.stringContaining('model.onnx damaged'),
    });
  });

  test('refuses content that is shorter than declared', async () => {
    const lie = { path: 'mine/model.onnx', content: weights, declaredBytes: 5_000 };
    const { bytes, error } = await readFile(rawZip([...honest, lie]), 'model.onnx');
    expect(bytes).toBeLessThanOrEqual(weights.length);
    expect(error).toMatchObject({ code: 'model-corrupt' });
  });

  test.each([0, 8])('refuses content with a wrong checksum (method %i)', async (method) => {
    const right = { path: 'mine/model.onnx', content: weights, method };
    const read = await readFile(rawZip([...honest, right]), 'model.onnx');
    expect(read).toMatchObject({ bytes: weights.length, error: null });
    const { error } = await readFile(rawZip([...honest, { ...right, crc: 1 }]), 'model.onnx');
    expect(error).toMatchObject({
      code: 'model-corrupt',
      message: expect.stringContaining('CRC32'),
    });
  });

  test('fails, and does not wait for ever, where the header before the content is damaged', async () => {
    const entries = [...honest, { path: 'mine/model.onnx', content: weights }];
    const bytes = Buffer.from(await rawZip(entries).arrayBuffer());
    bytes.write('XX', bytes.lastIndexOf('PK\x03\x04', undefined, 'latin1'));
    const { error } = await readFile(new Blob([bytes]), 'model.onnx');
    expect(error).toMatchObject({ code: 'model-corrupt' });
  });

  test('refuses a directory that would fill the memory', async () => {
    const zeros = new Uint8Array(20_000_000);
    const blob = new Blob(['PK\x03\x04', zeros, endRecord(1, zeros.length, 4)]);
    const { code, message } = await refusal(blob);
    expect(code).toBe('model-corrupt');
    expect(message).toContain('its directory has 20000000 bytes');
  });

  test('says that a zip is cut off, wherever it was cut', async () => {
    const blob = await zipOf(complete);
    for (let end = 4; end < blob.size; end += 7) {
      const { code, message } = await refusal(blob.slice(0, end));
      expect(code).toBe('model-corrupt');
      expect(message).toContain('cut off');
    }
  });

  test.each([
    ['a gzip file', '\x1f\x8b\x08'],
    ['a 7-Zip archive', '7z\xbc\xaf\x27\x1c'],
    ['a RAR archive', 'Rar!\x1a\x07\x01\x00'],
    ['an xz file', '\xfd7zXZ\x00'],
    ['a Zstandard file', '\x28\xb5\x2f\xfd'],
    ['a bzip2 file', 'BZh9'],
    ['a tar archive', `${'config.json'.padEnd(257, '\0')}ustar\0`],
    ['not a zip', '<!doctype html>'],
  ])('says what a file that is no zip looks like: %s', async (words, start) => {
    const blob = new Blob([Buffer.from(start, 'latin1'), Buffer.alloc(1_000)]);
    const { code, message } = await refusal(blob);
    expect(code).toBe('model-unsupported');
    expect(message).toContain(words);
    expect((await refusal(new Blob())).message).toContain('not a zip');
  });

  test('refuses a zip without a model', async () => {
    const { code, message } = await refusal(await zipOf(['thesis.pdf']));
    expect(code).toBe('model-unsupported');
    expect(message).toContain('no .onnx file');
    expect((await refusal(await zipOf([]))).code).toBe('model-unsupported');
  });

  test('stops at an abort, before and while it opens', async () => {
    const blob = new WatchedBlob([rawZip([padding, ...honest])]);
    const before = openModelArchive(blob, { name, signal: AbortSignal.abort() });
    await expect(before).rejects.toMatchObject({ code: 'aborted', name: 'AbortError' });
    expect(blob.slicedBytes).toBe(0);
    const controller = new AbortController();
    blob.onSlice = () => controller.abort();
    const during = openModelArchive(blob, { name, signal: controller.signal });
    await expect(during).rejects.toMatchObject({ code: 'aborted' });
    const damaged = new WatchedBlob([Buffer.alloc(200_000)]);
    const second = new AbortController();
    damaged.onSlice = () => second.abort();
    const failing = openModelArchive(damaged, { name, signal: second.signal });
    await expect(failing).rejects.toMatchObject({ code: 'aborted' });
  });
});
