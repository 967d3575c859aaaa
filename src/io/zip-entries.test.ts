import { randomBytes } from 'node:crypto';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { BlobReader, BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { describe, expect, test } from 'vitest';
import type { ImportFile } from './import-types.ts';
import { type ExpandedFiles, expandArchives } from './zip-entries.ts';

/** A zip made by zip.js, of paths and texts. */
async function zipOf(
  entries: Readonly<Record<string, string | Blob>>,
  options: ConstructorParameters<typeof ZipWriter>[1] = {},
): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, ...options });
  for (const [path, content] of Object.entries(entries)) {
    if (path.endsWith('/')) await writer.add(path, undefined, { directory: true });
    else if (typeof content === 'string') await writer.add(path, new TextReader(content));
    else await writer.add(path, new BlobReader(content));
  }
  return writer.close();
}

interface RawEntry {
  readonly path: string;
  /** Default: the path. */
  readonly content?: Uint8Array;
  /** Default 8, deflate. */
  readonly method?: number;
  readonly declaredBytes?: number;
  readonly crc?: number;
  readonly flags?: number;
  readonly mode?: number;
  /** Points to the header of the entry before. */
  readonly sameAsBefore?: boolean;
}

/** A zip written by hand, so that it can lie. */
function rawZip(entries: readonly RawEntry[]): Blob {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let size = 0;
  let before = 0;
  for (const entry of entries) {
    const path = Buffer.from(entry.path);
    const content = entry.content ?? path;
    const method = entry.method ?? 8;
    const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800 | (entry.flags ?? 0), 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(entry.crc ?? crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(entry.declaredBytes ?? content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const offset = entry.sameAsBefore === true ? before : size;
    before = offset;
    const more = Buffer.alloc(14);
    more.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    more.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, more, path);
    if (entry.sameAsBefore === true) continue;
    parts.push(Buffer.from('PK\x03\x04'), common, path, packed);
    size += 30 + path.length + packed.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(size, 16);
  return new Blob([Buffer.concat(parts), table, end]);
}

const file = (path: string, ...parts: BlobPart[]): ImportFile => ({ path, blob: new Blob(parts) });

/** Paths and texts of what came out. */
async function textsOf({ files }: ExpandedFiles) {
  const texts = files.map(async ({ path, blob }) => [path, await blob.text()] as const);
  return Object.fromEntries(await Promise.all(texts));
}

function refusals({ problems }: ExpandedFiles) {
  return problems.flatMap(({ code, severity, places }) => {
    expect(severity).toBe('file');
    return places.map(({ path, subject }) => [code, path, subject]);
  });
}

describe('expandArchives', () => {
  test.each([
    ['deflated', {}],
    ['stored', { level: 0 }],
    ['zip64', { zip64: true }],
    ['sizes after the content', { dataDescriptor: true }],
  ])('replaces a zip by its files, where it stood: %s', async (_, options) => {
    const before = file('before.txt', 'b');
    const after = file('after.txt', 'a');
    const blob = await zipOf(
      { 'scifact/': '', 'scifact/corpus.jsonl': '{}', 'x.tsv': '' },
      options,
    );
    const expanded = await expandArchives([before, { path: 'up/beir.zip', blob }, after]);
    expect(expanded.problems).toEqual([]);
    expect(Object.entries(await textsOf(expanded))).toEqual([
      ['before.txt', 'b'],
      ['up/beir.zip/scifact/corpus.jsonl', '{}'],
      ['up/beir.zip/x.tsv', ''],
      ['after.txt', 'a'],
    ]);
    expect(expanded.files[0]).toBe(before);
    expect(expanded.files[3]).toBe(after);
  });

  test('leaves documents of Office whole: what is in them is none of the user', async () => {
    const blob = await zipOf({ '[Content_Types].xml': '<x/>', 'xl/workbook.xml': '<x/>' });
    const { files, problems } = await expandArchives([{ path: 'table.xlsx', blob }]);
    expect(files).toEqual([{ path: 'table.xlsx', blob }]);
    expect(problems).toEqual([]);
  });

  test('goes by the first bytes, not by the name', async () => {
    const expanded = await expandArchives([
      file('not.zip', 'PK, a text'),
      { path: 'collection', blob: await zipOf({ a: 'in a' }) },
      file('not.gz', '\x1f'),
      file('empty.gz'),
    ]);
    expect(expanded.problems).toEqual([]);
    expect(Object.keys(await textsOf(expanded))).toEqual([
      'not.zip',
      'collection/a',
      'not.gz',
      'empty.gz',
    ]);
  });

  test('leaves out what an operating system adds', async () => {
    const blob = await zipOf({
      '__MACOSX/._a.txt': 'x',
      '.DS_Store': 'x',
      'in/.git/config': 'x',
      'in/Thumbs.db': 'x',
      './a.txt': 'a',
    });
    const expanded = await expandArchives([{ path: 'z.zip', blob }]);
    expect(await textsOf(expanded)).toEqual({ 'z.zip/a.txt': 'a' });
    expect(expanded.problems).toEqual([]);
  });

  test.each<[string, RawEntry]>([
    ['encrypted', { path: 'bad', flags: 1 }],
    ['compression 14', { path: 'bad', method: 14 }],
    ['link', { path: 'bad', mode: 0o120777 }],
    ['damaged', { path: 'bad', crc: 1 }],
    ['damaged', { path: 'bad', declaredBytes: 2 }],
    ['damaged', { path: 'bad', declaredBytes: 4 }],
    ['damaged', { path: 'bad', method: 0, declaredBytes: 4 }],
    ['archive', { path: 'bad', content: Buffer.from('PK\x03\x04 and so on') }],
    ['archive', { path: 'bad', content: gzipSync('a') }],
    ['archive', { path: 'bad', content: Buffer.from(`${'a'.padEnd(257, '\0')}ustar`.padEnd(900)) }],
    ['grows too much', { path: 'bad', content: Buffer.alloc(2_000_000) }],
    ['twice', { path: 'good' }],
  ])('reports an entry that is %s and reads the others', async (reason, bad) => {
    const blob = rawZip([{ path: 'good' }, bad, { path: 'fine' }]);
    const expanded = await expandArchives([{ path: 'z.zip', blob }]);
    expect(refusals(expanded)).toEqual([['archive-entry', `z.zip/${bad.path}`, reason]]);
    expect(await textsOf(expanded)).toEqual({ 'z.zip/good': 'good', 'z.zip/fine': 'fine' });
  });

  test.each(['../up', '/root', 'C:/x', 'a\\b', 'a//b', 'a/../../b', 'a\u0000b', 'a\u202Eb'])(
    'reports a path that plays tricks: %j',
    async (path) => {
      const expanded = await expandArchives([
        { path: 'z.zip', blob: rawZip([{ path, content: Buffer.from('x') }, { path: 'good' }]) },
      ]);
      expect(await textsOf(expanded)).toEqual({ 'z.zip/good': 'good' });
      const shown = path.replace(/[\0\u202E]/u, '\uFFFD');
      expect(refusals(expanded)).toEqual([['archive-entry', `z.zip/${shown}`, 'path']]);
    },
  );

  test('stops inflating what declares a small size and grows', async () => {
    const content = Buffer.alloc(50_000_000);
    const blob = rawZip([{ path: 'bad', content, declaredBytes: 1_000 }]);
    const expanded = await expandArchives([{ path: 'z.zip', blob }]);
    expect(refusals(expanded)).toEqual([['archive-entry', 'z.zip/bad', 'damaged']]);
  });

  test('reports entries that share their bytes', async () => {
    const content = Buffer.from('shared');
    const blob = rawZip([
      { path: 'a', content },
      { path: 'b', content, sameAsBefore: true },
    ]);
    const expanded = await expandArchives([{ path: 'z.zip', blob }]);
    expect(refusals(expanded)).toEqual([['archive-entry', 'z.zip/a', 'overlapping']]);
    expect(await textsOf(expanded)).toEqual({ 'z.zip/b': 'shared' });
  });

  test('reports what is past 2,000 entries, and reads these', async () => {
    const entries = Array.from({ length: 2_010 }, (_, index) => ({ path: `f${index}` }));
    const expanded = await expandArchives([{ path: 'z.zip', blob: rawZip(entries) }]);
    expect(expanded.files).toHaveLength(2_000);
    expect(expanded.problems).toMatchObject([{ code: 'archive-entry', count: 10 }]);
    expect(refusals(expanded)[0]).toEqual(['archive-entry', 'z.zip/f2000', 'too many']);
    expect(refusals(expanded)).toHaveLength(5);
  });

  test('reports what would make more than 2 GB in all', async () => {
    const content = randomBytes(12_000_000);
    const big: RawEntry = { path: 'big', content, declaredBytes: 2_300_000_000 };
    const blob = rawZip([big, { path: 'good' }]);
    const expanded = await expandArchives([{ path: 'z.zip', blob }]);
    expect(refusals(expanded)).toEqual([['archive-entry', 'z.zip/big', 'over 2 GB']]);
    expect(await textsOf(expanded)).toEqual({ 'z.zip/good': 'good' });
  });

  test('reports an archive that is cut off, and one without files', async () => {
    const whole = await zipOf({ a: 'a', b: 'b' });
    const expanded = await expandArchives([
      { path: 'cut.zip', blob: whole.slice(0, whole.size - 30) },
      { path: 'empty.zip', blob: await zipOf({}) },
      { path: 'noise.zip', blob: await zipOf({ '.DS_Store': 'x', 'folder/': '' }) },
      { path: 'whole.zip', blob: whole },
    ]);
    expect(refusals(expanded)).toEqual([
      ['unreadable', 'cut.zip', undefined],
      ['nothing-found', 'empty.zip', undefined],
      ['nothing-found', 'noise.zip', undefined],
    ]);
    expect(await textsOf(expanded)).toEqual({ 'whole.zip/a': 'a', 'whole.zip/b': 'b' });
  });

  test('never throws for a zip with any byte changed', async () => {
    const whole = new Uint8Array(await (await zipOf({ 'a.txt': 'aaaa', b: 'b' })).arrayBuffer());
    for (let index = 4; index < whole.length; index += 1) {
      const changed = Uint8Array.from(whole);
      changed[index] = (changed[index] ?? 0) ^ 0x55;
      const { files, problems } = await expandArchives([file('z.zip', changed)]);
      expect(files.length + problems.length).toBeGreaterThan(0);
    }
  });

  test('inflates gzip files, naming them as what they are', async () => {
    const expanded = await expandArchives([
      file('a/corpus.jsonl.gz', gzipSync('{"a":1}\n')),
      file('taken.txt.GZ', gzipSync('inflated')),
      file('taken.txt', 'mine'),
      file('no-ending', gzipSync('x')),
      file('none.gz', gzipSync('')),
    ]);
    expect(expanded.problems).toEqual([]);
    expect(await textsOf(expanded)).toEqual({
      'a/corpus.jsonl': '{"a":1}\n',
      'taken.txt.GZ': 'inflated',
      'taken.txt': 'mine',
      'no-ending': 'x',
      none: '',
    });
  });

  test('reports gzip files that are damaged, bombs or archives of more', async () => {
    const packed = gzipSync(randomBytes(1_000));
    const tar = `${'corpus.jsonl'.padEnd(257, '\0')}ustar\0`.padEnd(2_000, '\0');
    const expanded = await expandArchives([
      file('cut.gz', packed.subarray(0, 500)),
      file('bomb.gz', gzipSync(Buffer.alloc(30_000_000))),
      file('all.tgz', gzipSync(tar)),
      file('twice.gz', gzipSync(gzipSync('x'))),
      file('good.txt', 'good'),
    ]);
    expect(refusals(expanded).toSorted()).toEqual([
      ['archive-entry', 'all.tar', 'archive'],
      ['archive-entry', 'bomb', 'grows too much'],
      ['archive-entry', 'twice', 'archive'],
      ['unreadable', 'cut', undefined],
    ]);
    expect(await textsOf(expanded)).toEqual({ 'good.txt': 'good' });
  });

  test('tells how far it is, never falling, up to all', async () => {
    const text = randomBytes(300_000).toString('hex');
    const files = [
      { path: 'z.zip', blob: await zipOf({ a: text, b: text, c: '' }) },
      file('plain.txt', text),
      file('x.gz', gzipSync(text)),
      file('cut.gz', gzipSync(text).subarray(0, 1_000)),
    ];
    const totalBytes = files.reduce(
      (sum, { path, blob }) => (path === 'plain.txt' ? sum : sum + blob.size),
      0,
    );
    const told: number[] = [];
    await expandArchives(files, {
      onProgress: (done, total) => {
        expect(total).toBe(totalBytes);
        told.push(done);
      },
    });
    expect(told.length).toBeGreaterThan(5);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(totalBytes);
    await expandArchives([file('plain.txt', 'a')], {
      onProgress: () => expect.unreachable(),
    });
  });

  test('stops at an abort, before it starts and while it inflates', async () => {
    const blob = await zipOf({ a: randomBytes(3_000_000).toString('hex') });
    const files = [{ path: 'z.zip', blob }, file('x.gz', gzipSync(randomBytes(3_000_000)))];
    for (const archive of files) {
      const before = expandArchives([archive], { signal: AbortSignal.abort() });
      await expect(before).rejects.toMatchObject({ code: 'aborted', name: 'AbortError' });
      const controller = new AbortController();
      const during = expandArchives([archive], {
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      await expect(during).rejects.toMatchObject({ code: 'aborted' });
    }
  });
});
