// The core of zip.js inflates with the browser's own DecompressionStream; the package's main entry
// carries a second inflater in WebAssembly and is 2.6 times as large.
import { BlobReader, type FileEntry, ZipReader } from '@zip.js/zip.js/lib/zip-core-custom.js';
import { RerankError } from '../core/errors.ts';
import type { ImportedFile } from './imported-file.ts';
import { type ImportedModel, maxImportedFiles, pickModel, tooManyFiles } from './model-folder.ts';
import { checkPath } from './safe-path.ts';

export interface OpenArchiveOptions {
  /** Name of the file, for example `my-model.zip`. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

/** Compression methods of the zip format that are read: as it is, and deflated. */
const stored = 0;
const deflated = 8;

/** Weights hardly shrink and JSON shrinks to a tenth: a file that grows more than this is a bomb. */
const maxGrowth = 200;

/** Below this size growth does no harm. */
const minBombBytes = 1_048_576;

/** Longest piece that is read into memory at once: 2,000 entries with the longest names fit. */
const maxDirectoryBytes = 16_777_216;

/** What a file that is no zip may be, by its first bytes: [offset, bytes, name]. */
const otherFormats: readonly (readonly [number, string, string])[] = [
  [0, '\x1f\x8b', 'a gzip file (.gz, .tgz)'],
  [0, '7z\xbc\xaf\x27\x1c', 'a 7-Zip archive (.7z)'],
  [0, 'Rar!\x1a\x07', 'a RAR archive (.rar)'],
  [0, '\xfd7zXZ\x00', 'an xz file (.xz)'],
  [0, '\x28\xb5\x2f\xfd', 'a Zstandard file (.zst)'],
  [0, 'BZh', 'a bzip2 file (.bz2)'],
  [257, 'ustar', 'a tar archive (.tar)'],
];

/**
 * Opens a zip (or zip64) with a model in it: reads its directory, checks every entry and finds the
 * model. Content is inflated when a file's stream is read, and nothing is kept in memory.
 * A file's stream fails with `model-corrupt` when its content is longer or shorter than declared
 * or has the wrong checksum.
 * @throws RerankError `model-corrupt` (no zip, cut off, or an entry that no honest zip has),
 *   `model-unsupported` (encrypted, another compression method, or as openModelFolder), `aborted`.
 */
export async function openModelArchive(
  blob: Blob,
  { name, signal }: OpenArchiveOptions,
): Promise<ImportedModel> {
  requireGoing(signal, name);
  const start = await readStart(blob);
  const other = formatOf(start);
  if (other !== null) {
    throw new RerankError(
      'model-unsupported',
      `${name} is ${other}, not a zip. Unpack it and choose the folder.`,
    );
  }
  const entries = await readEntries(blob, name, start, signal);
  requireApart(entries, blob.size, name);
  const files = entries.map(({ path, entry }) => archivedFile(path, entry, name));
  const model = await pickModel(files, name.replace(/\.zip$/iu, ''));
  requireGoing(signal, name);
  return model;
}

/** An entry of the archive that is a file, with its path in our form. */
interface ArchivedEntry {
  readonly path: string;
  readonly entry: FileEntry;
}

/** A blob of which no entry, however it is declared, makes zip.js read a lot at once. */
class BoundedBlobReader extends BlobReader {
  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    if (length > maxDirectoryBytes) throw new Error(`its directory has ${length} bytes`);
    return super.readUint8Array(index, length);
  }
}

async function readEntries(
  blob: Blob,
  name: string,
  start: string,
  signal: AbortSignal | undefined,
): Promise<readonly ArchivedEntry[]> {
  const reader = new ZipReader(new BoundedBlobReader(blob), {
    // Its workers come from blob: addresses, which the page's policy forbids; this is a worker.
    useWebWorkers: false,
    useCompressionStream: true,
    // Paths are checked by safe-path.ts, with reasons.
    filenameValidation: 'tolerant',
  });
  const entries: ArchivedEntry[] = [];
  const seen = new Set<string>();
  let count = 0;
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      requireGoing(signal, name);
      count += 1;
      if (count > maxImportedFiles) throw tooManyFiles(name);
      if (entry.directory && /^(?:\.\/)+$/u.test(entry.filename)) continue;
      const path = checkPath(entry.filename.replace(/\/$/u, ''), name);
      if (seen.has(path)) throw corrupt(name, `holds ${path} twice`);
      seen.add(path);
      if (entry.symlink) {
        throw corrupt(name, `holds a link, ${path}. Pack the files themselves (zip without -y)`);
      }
      if (entry.directory) continue;
      requireHonest(entry, path, name);
      entries.push({ path, entry });
    }
  } catch (error) {
    if (error instanceof RerankError) throw error;
    requireGoing(signal, name);
    throw unreadable(name, start, error);
  }
  return entries;
}

/** Refuses an entry that cannot be read, or whose declared sizes are those of a bomb. */
function requireHonest(entry: FileEntry, path: string, name: string): void {
  const { compressionMethod, compressedSize, uncompressedSize } = entry;
  if (entry.encrypted) {
    throw new RerankError(
      'model-unsupported',
      `${path} in ${name} is encrypted. Unpack the archive with its password and choose the folder.`,
    );
  }
  if (compressionMethod !== stored && compressionMethod !== deflated) {
    throw new RerankError(
      'model-unsupported',
      `${path} in ${name} is compressed by method ${compressionMethod}; only "deflate" and ` +
        '"store" are read. Unpack the archive and choose the folder.',
    );
  }
  const wrong =
    compressionMethod === stored
      ? compressedSize !== uncompressedSize
      : compressedSize === 0 && uncompressedSize > 0;
  if (wrong) throw corrupt(name, `declares wrong sizes for ${path}`);
  if (uncompressedSize > minBombBytes && uncompressedSize > compressedSize * maxGrowth) {
    throw corrupt(
      name,
      `looks like a zip bomb: ${path} would grow from ${compressedSize} to ${uncompressedSize} bytes`,
    );
  }
}

/** Refuses entries that share bytes: no honest zip has them, and few bytes could become many. */
function requireApart(entries: readonly ArchivedEntry[], archiveBytes: number, name: string): void {
  const sorted = entries.toSorted((a, b) => a.entry.offset - b.entry.offset);
  for (const [index, { path, entry }] of sorted.entries()) {
    const end = sorted[index + 1]?.entry.offset ?? archiveBytes;
    if (entry.offset + entry.compressedSize > end) {
      throw corrupt(name, `declares wrong places for ${path}`);
    }
  }
}

function archivedFile(path: string, entry: FileEntry, name: string): ImportedFile {
  const bytes = entry.uncompressedSize;
  return { path, bytes, stream: () => inflate(path, entry, name) };
}

/** The content of an entry; work starts with the first read and stops with a cancel. */
function inflate(
  path: string,
  entry: FileEntry,
  name: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = entry.uncompressedSize;
  const stop = new AbortController();
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null = null;
  let readBytes = 0;
  const open = () => {
    let failPipe: (error: unknown) => void = () => undefined;
    const pipe = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      start(controller) {
        failPipe = (error) => controller.error(error);
      },
    });
    entry
      .getData(pipe.writable, { checkCrc32: true, signal: stop.signal })
      // What goes wrong before the first byte, such as a damaged local header, leaves the pipe as it
      // is, and its reader would wait for ever.
      .catch((error: unknown) => failPipe(error));
    return pipe.readable.getReader();
  };
  const fail = (controller: ReadableStreamDefaultController, error: unknown) => {
    controller.error(
      corrupt(name, `holds ${path} damaged (${messageOf(error)})`, { cause: error }),
    );
    stop.abort();
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        reader ??= open();
        try {
          const { done, value } = await reader.read();
          readBytes += value?.length ?? 0;
          if (readBytes > bytes) throw new Error(`more than the declared ${bytes} bytes`);
          if (!done) return controller.enqueue(value);
          if (readBytes < bytes) throw new Error(`${readBytes} of ${bytes} bytes`);
          controller.close();
        } catch (error) {
          fail(controller, error);
        }
      },
      cancel() {
        stop.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The first bytes, one character each. */
async function readStart(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.slice(0, 512).arrayBuffer());
  return String.fromCharCode(...bytes);
}

function formatOf(start: string): string | null {
  const found = otherFormats.find(([offset, magic]) => start.startsWith(magic, offset));
  return found?.[2] ?? null;
}

function unreadable(name: string, start: string, cause: unknown): RerankError {
  if (start.startsWith('PK')) {
    return corrupt(name, `is cut off or damaged (${messageOf(cause)})`, { cause });
  }
  return new RerankError(
    'model-unsupported',
    `${name} is not a zip. Choose a zip of the model's folder, or the folder itself.`,
    { cause },
  );
}

function corrupt(name: string, what: string, options?: ErrorOptions): RerankError {
  return new RerankError(
    'model-corrupt',
    `${name} ${what}. Copy or pack it again, or unpack it and choose the folder.`,
    options,
  );
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function requireGoing(signal: AbortSignal | undefined, name: string): void {
  if (signal?.aborted) {
    throw new RerankError('aborted', `Opening ${name} was cancelled.`, { cause: signal.reason });
  }
}
