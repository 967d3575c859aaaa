import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { decodePieces, detectEncoding } from './decode-text.ts';

const numRuns = 300;
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function utf16(text: string, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at += 1) {
    bytes.setUint16(at * 2, text.charCodeAt(at), littleEndian);
  }
  return new Uint8Array(bytes.buffer);
}

/** 中文检索, 重排序。 and a character of four bytes, as GB18030 has them. */
const gb18030 = new Uint8Array([
  0xd6, 0xd0, 0xce, 0xc4, 0xbc, 0xec, 0xcb, 0xf7, 0x2c, 0x20, 0xd6, 0xd8, 0xc5, 0xc5, 0xd0, 0xf2,
  0xa1, 0xa3, 0x94, 0x39, 0xda, 0x33,
]);
const gb18030Text = '中文检索, 重排序。💩';

async function decode(
  parts: BlobPart[],
  encoding: Parameters<typeof decodePieces>[1],
  partial = false,
): Promise<string> {
  let text = '';
  const source = { path: 'a.txt', blob: new Blob(parts), partial };
  for await (const piece of decodePieces(source, encoding)) text += piece;
  return text;
}

describe('detectEncoding', () => {
  it.each([
    ['utf-8', [0xef, 0xbb, 0xbf, 0xff]],
    ['utf-16le', [0xff, 0xfe, 0x41, 0x00]],
    ['utf-16be', [0xfe, 0xff, 0x00, 0x41]],
    ['gb18030', [0x84, 0x31, 0x95, 0x33, 0x41]],
  ])('goes by a byte order mark: %s', (encoding, bytes) => {
    expect(detectEncoding(new Uint8Array(bytes), false)).toBe(encoding);
  });

  it.each([
    ['utf-8', utf8('plain')],
    ['utf-8', utf8('Grüße, 中文, 💩')],
    ['utf-8', new Uint8Array()],
    ['utf-8', utf8('one NUL \0 among many letters')],
    ['utf-16le', utf16('plain text', true)],
    ['utf-16be', utf16('plain text', false)],
    ['utf-16le', utf16('重排序模型\n中文检索\n在浏览器里\n', true)],
    ['utf-16be', utf16('重排序模型\n中文检索\n在浏览器里\n', false)],
    ['gb18030', gb18030],
    ['windows-1252', new Uint8Array([0x63, 0x61, 0x66, 0xe9, 0x20, 0x80])],
    // Strict GB18030 too: é and a letter look like a pair.
    ['windows-1252', new Uint8Array([0x70, 0xe9, 0x72, 0x69, 0x6f, 0x64, 0x65])],
  ])('knows %s without a mark', (encoding, bytes) => {
    expect(detectEncoding(bytes, false)).toBe(encoding);
  });

  it('takes no offence at a character that the sample cuts', () => {
    expect(detectEncoding(utf8('abc中').slice(0, -1), true)).toBe('utf-8');
    expect(detectEncoding(utf8('abc中').slice(0, -1), false)).not.toBe('utf-8');
    expect(detectEncoding(gb18030.slice(0, -1), true)).toBe('gb18030');
  });

  it('keeps to UTF-8 for a file with a few lines in another encoding', () => {
    const line = utf8('重排序模型在浏览器里运行\n');
    const bytes = new Uint8Array([...line, ...line, ...line, ...line, 0xd6, 0xd0, 0xce, 0xc4]);
    expect(detectEncoding(bytes, false)).toBe('utf-8');
  });
});

describe('decodePieces', () => {
  it('reads back UTF-8 and UTF-16 with and without mark', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((made) => !made.startsWith('\uFEFF'));
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (written, marked) => {
        const mark = marked ? '\uFEFF' : '';
        expect(await decode([utf8(mark + written)], 'utf-8')).toBe(written);
        expect(await decode([utf16(mark + written, true)], 'utf-16le')).toBe(written);
        expect(await decode([utf16(mark + written, false)], 'utf-16be')).toBe(written);
      }),
      { numRuns },
    );
  });

  it('reads GB18030, its mark too', async () => {
    expect(await decode([gb18030], 'gb18030')).toBe(gb18030Text);
    expect(await decode([new Uint8Array([0x84, 0x31, 0x95, 0x33]), gb18030], 'gb18030')).toBe(
      gb18030Text,
    );
  });

  it('puts characters together that lie across two pieces', async () => {
    const filler = 'a'.repeat(2 ** 20 - 1);
    expect(await decode([filler, utf8('中💩')], 'utf-8')).toBe(`${filler}中💩`);
    expect(await decode([filler, gb18030], 'gb18030')).toBe(filler + gb18030Text);
    const odd = utf16(`${'a'.repeat(2 ** 19 - 1)}💩`, true);
    expect((await decode([odd], 'utf-16le')).endsWith('a💩')).toBe(true);
  });

  it('puts U+FFFD for what cannot be decoded, also at the end', async () => {
    expect(await decode([new Uint8Array([0x61, 0xff, 0x62, 0xe4])], 'utf-8')).toBe('a�b�');
  });

  it('leaves out a character that the end of a beginning cuts', async () => {
    expect(await decode([utf8('a中').slice(0, -1)], 'utf-8', true)).toBe('a');
  });

  it('tells how much is read, up to all of it', async () => {
    const told: number[] = [];
    const blob = new Blob(['a'.repeat(2 ** 20 * 2 + 5)]);
    const call = { onProgress: (bytes: number) => told.push(bytes) };
    const source = { path: 'a', blob, partial: false };
    for await (const piece of decodePieces(source, 'utf-8', call)) {
      expect(piece.length).toBeGreaterThan(0);
    }
    expect(told).toEqual([2 ** 20, 2 ** 21, blob.size]);
  });

  it('hears abort between pieces', async () => {
    const abort = new AbortController();
    const source = { path: 'a', blob: new Blob(['a'.repeat(2 ** 22)]), partial: false };
    let pieces = 0;
    const reading = async () => {
      for await (const piece of decodePieces(source, 'utf-8', { signal: abort.signal })) {
        pieces += piece.length > 0 ? 1 : 0;
        // Comes as a message, as the page's does.
        setTimeout(() => abort.abort());
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'aborted', name: 'AbortError' });
    expect(pieces).toBe(1);
  });

  it('says that a file cannot be read', async () => {
    const blob = new Blob(['abc']);
    const broken = Object.assign(blob, {
      slice: () => Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(new Error()) }),
    });
    const pieces = decodePieces({ path: 'gone.txt', blob: broken, partial: false }, 'utf-8');
    const error = await pieces.next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RerankError);
    expect(error).toMatchObject({ code: 'file-unreadable' });
    expect(String(error)).toContain('gone.txt');
  });
});
