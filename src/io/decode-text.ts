import { RerankError } from '../core/errors.ts';
import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';
import type { ImportEncoding, ReadingCall } from './import-types.ts';

/** A file, or its beginning, whose text is read. */
export interface TextSource {
  /** Named in messages. */
  readonly path: string;
  readonly blob: Blob;
  /** The blob is only the beginning: what its end cuts through is left out, without a word. */
  readonly partial: boolean;
}

/**
 * How the characters of a file are written, told from its first bytes: a byte order mark, else
 * UTF-16 by where its NULs stand, UTF-8 if nearly all sequences beyond ASCII are right (a few that
 * are not leave it UTF-8: such a file mixes encodings), GB18030 if it fits strictly and its pairs
 * look Chinese, else windows-1252, which fits everything.
 * @param cut the bytes go on: a character cut at their end is no error
 */
export function detectEncoding(bytes: Uint8Array, cut: boolean): ImportEncoding {
  const marked = encodingOfMark(bytes);
  if (marked !== undefined) return marked;
  const wide = wideEncodingOf(bytes, cut);
  if (wide !== undefined) return wide;
  if (decodesStrictly('utf-8', bytes, cut) || mostlyUtf8(bytes, cut)) return 'utf-8';
  if (mostlyChinesePairs(bytes) && decodesStrictly('gb18030', bytes, cut)) return 'gb18030';
  return 'windows-1252';
}

/** Decodes a few bytes at once. A byte order mark is removed, what cannot be decoded is U+FFFD. */
export function decodeBytes(bytes: Uint8Array, encoding: ImportEncoding, cut: boolean): string {
  const text = new TextDecoder(encoding).decode(bytes, { stream: cut });
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/**
 * The text of a file in pieces of about a megabyte, of which none ends within a character. A byte
 * order mark is removed, bytes that cannot be decoded become U+FFFD. Between pieces events are let
 * in; `onProgress` tells of a piece when the next one is asked for.
 * @throws RerankError `aborted`; `file-unreadable` if the browser cannot read the file (any more)
 */
export async function* decodePieces(
  source: TextSource,
  encoding: ImportEncoding,
  call: ReadingCall = {},
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder(encoding);
  const { blob, path, partial } = source;
  for (let start = 0; start < blob.size; start += pieceBytes) {
    await breathe();
    checkAborted(call.signal);
    const end = Math.min(start + pieceBytes, blob.size);
    const bytes = await readBytes(blob.slice(start, end), path);
    const text = decoder.decode(bytes, { stream: end < blob.size || partial });
    // The decoder of GB18030 leaves the mark where it is.
    const unmarked = start === 0 && text.startsWith('\uFEFF') ? text.slice(1) : text;
    if (unmarked !== '') yield unmarked;
    call.onProgress?.(end);
  }
  checkAborted(call.signal);
}

/**
 * All bytes of a blob.
 * @throws RerankError `file-unreadable`
 */
export async function readBytes(blob: Blob, path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw new RerankError(
      'file-unreadable',
      `The file "${path}" cannot be read. It may have been moved or changed: choose it again.`,
      { cause },
    );
  }
}

const pieceBytes = 2 ** 20;

const marks: readonly (readonly [ImportEncoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
  ['gb18030', [0x84, 0x31, 0x95, 0x33]],
];

function encodingOfMark(bytes: Uint8Array): ImportEncoding | undefined {
  return marks.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))?.[0];
}

/** Every ASCII character has a NUL beside it in UTF-16: before it (big end first) or after it. */
function wideEncodingOf(bytes: Uint8Array, cut: boolean): ImportEncoding | undefined {
  const nuls = [0, 0];
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] === 0) nuls[index % 2] = (nuls[index % 2] ?? 0) + 1;
  }
  const [even = 0, odd = 0] = nuls;
  const most = Math.max(even, odd);
  // In Chinese few characters are ASCII; then the other side must have none at all.
  const plain = most > 0 && most >= bytes.length / 8 && Math.min(even, odd) <= most / 20;
  const sparse = most >= 2 && Math.min(even, odd) === 0 && !decodesStrictly('utf-8', bytes, cut);
  if (!plain && !sparse) return undefined;
  const encoding = odd > even ? 'utf-16le' : 'utf-16be';
  return decodesStrictly(encoding, bytes, cut) ? encoding : undefined;
}

function decodesStrictly(encoding: ImportEncoding, bytes: Uint8Array, cut: boolean): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: cut });
    return true;
  } catch {
    return false;
  }
}

/** Chance makes about one right sequence of UTF-8 in six pairs of GB18030, hardly any in Latin. */
function mostlyUtf8(bytes: Uint8Array, cut: boolean): boolean {
  const text = decodeBytes(bytes, 'utf-8', cut);
  let right = 0;
  let wrong = 0;
  for (const character of text) {
    if (character === '\uFFFD') wrong += 1;
    else if (character > '\u007F') right += 1;
  }
  return right > 2 * wrong;
}

/**
 * Accented letters before plain ones are strict GB18030 as well. In Chinese text the second byte
 * of nearly all pairs is 0xA1 or above, as in GB 2312.
 */
function mostlyChinesePairs(bytes: Uint8Array): boolean {
  let high = 0;
  let low = 0;
  for (let at = 0; at + 1 < bytes.length; at += 1) {
    if ((bytes[at] ?? 0) < 0x81) continue;
    at += 1;
    if ((bytes[at] ?? 0) >= 0xa1) high += 1;
    else low += 1;
  }
  return high >= low;
}
