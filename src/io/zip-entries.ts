// The core of zip.js inflates with the browser's own DecompressionStream; see model-archive.ts.
import { BlobReader, type FileEntry, ZipReader } from '@zip.js/zip.js/lib/zip-core-custom.js';
import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';
import type { ImportFile, ImportPlace, ImportProblem, ImportProblemCode } from './import-types.ts';

/** How an unpacking is watched and stopped. */
export interface ExpandCall {
  readonly signal?: AbortSignal | undefined;
  /**
   * Packed bytes that are done, of all archives among the files. `doneBytes` never falls,
   * `totalBytes` stays the same; not called where there is no archive.
   */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** What came of archives, and the files that were none. */
export interface ExpandedFiles {
  /** In the order of the files given; an archive's entries stand in its place. */
  readonly files: readonly ImportFile[];
  /** All of severity `file`; `subject` says why in a word or two, for example `encrypted`. */
  readonly problems: readonly ImportProblem[];
}

/**
 * Replaces zips and gzip files, known by their first bytes, by what is in them: the entry `a.jsonl`
 * of `my.zip` becomes the file `my.zip/a.jsonl`, and `b.jsonl.gz` becomes `b.jsonl` (it keeps its
 * name where there is such a file already). Other files pass as they are. What an operating system
 * adds on its own (`__MACOSX`, dotfiles, folders) is left out without a word. Office documents are
 * zips too and stay whole, so that they are refused as what they are.
 *
 * What cannot or should not be unpacked is a problem, and the rest is still read: `archive-entry`
 * for an entry (encrypted, of an unknown compression, damaged, an archive itself, a link, a path
 * that leads elsewhere, one that grows more than 200-fold past 1 MiB, past 2,000 entries of a zip or
 * 2 GiB unpacked in all), `unreadable` for a whole archive that is damaged, `nothing-found` for an
 * empty one.
 * @throws RerankError `aborted`
 */
export async function expandArchives(
  files: readonly ImportFile[],
  call: ExpandCall = {},
): Promise<ExpandedFiles> {
  const kinds: ArchiveKind[] = [];
  for (const { blob } of files) {
    checkAborted(call.signal);
    kinds.push(await kindOf(blob));
  }
  const expansion = new Expansion(files, kinds, call);
  for (const [index, file] of files.entries()) {
    checkAborted(call.signal);
    await expansion.take(file, kinds[index] ?? 'none');
  }
  checkAborted(call.signal);
  return expansion.result();
}

type ArchiveKind = 'none' | 'zip' | 'gzip';

/** Compression methods of the zip format that are read: as it is, and deflated. */
const stored = 0;
const deflated = 8;

/** Texts shrink to a tenth: what grows more than this is a bomb. */
const maxGrowth = 200;

/** Below this size growth does no harm. */
const minBombBytes = 1_048_576;

/** All that is unpacked in one go. */
const maxTotalBytes = 2_147_483_648;

/** Files of one zip. */
const maxEntries = 2_000;

/** Longest piece that zip.js reads into memory at once. */
const maxDirectoryBytes = 16_777_216;

/** Bytes after which what was unpacked goes to the browser's blobs, out of this worker's memory. */
const bytesPerPart = 16_777_216;

/** In every document of Office Open XML, and in nothing else. */
const officeEntry = '[Content_Types].xml';

/** Places kept of each problem. */
const maxPlaces = 5;

/** A blob of which no entry, however it is declared, makes zip.js read a lot at once. */
class BoundedBlobReader extends BlobReader {
  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    if (length > maxDirectoryBytes) throw new Error(`its directory has ${length} bytes`);
    return super.readUint8Array(index, length);
  }
}

/** Why a file of an archive is left out: a word or two that go into the report. */
class Refusal extends Error {}

/** A file of a zip, its path in our form. */
interface ZippedFile {
  readonly path: string;
  readonly entry: FileEntry;
}

class Expansion {
  readonly #call: ExpandCall;
  readonly #files: ImportFile[] = [];
  readonly #problems = new Map<string, { count: number; places: ImportPlace[] }>();
  readonly #paths: Set<string>;
  readonly #totalBytes: number;
  #doneBytes = 0;
  #unpackedBytes = 0;

  constructor(files: readonly ImportFile[], kinds: readonly ArchiveKind[], call: ExpandCall) {
    this.#call = call;
    const archives = files.filter((_, index) => kinds[index] !== 'none');
    this.#totalBytes = archives.reduce((sum, { blob }) => sum + blob.size, 0);
    this.#paths = new Set(files.map(({ path }) => path));
  }

  async take(file: ImportFile, kind: ArchiveKind): Promise<void> {
    if (kind === 'none') {
      this.#files.push(file);
      return;
    }
    const base = this.#doneBytes;
    await (kind === 'zip' ? this.#takeZip(file) : this.#takeGzip(file));
    this.#progress(base + file.blob.size);
  }

  result(): ExpandedFiles {
    const problems = [...this.#problems].map(([code, { count, places }]): ImportProblem => {
      // Only `#refuse` sets keys.
      return { code: code as ImportProblemCode, severity: 'file', count, places };
    });
    return { files: this.#files, problems };
  }

  async #takeZip({ path, blob }: ImportFile): Promise<void> {
    let entries: readonly FileEntry[];
    try {
      entries = await readDirectory(blob, this.#call.signal);
    } catch {
      checkAborted(this.#call.signal);
      this.#refuse('unreadable', path);
      return;
    }
    if (entries.some(({ filename }) => filename === officeEntry)) {
      // Word, Excel, PowerPoint: what is in them is no text of the user's.
      this.#files.push({ path, blob });
      return;
    }
    const files = this.#acceptable(entries, path);
    if (entries.length === 0) this.#refuse('nothing-found', path);
    const base = this.#doneBytes;
    let packedBytes = 0;
    for (const file of files) {
      const { compressedSize, uncompressedSize } = file.entry;
      const begin = base + packedBytes;
      await this.#inflate(
        file.path,
        { declaredBytes: uncompressedSize, packedBytes: compressedSize },
        () => entryStream(file.entry, this.#call.signal),
        (share) => this.#progress(begin + compressedSize * share),
      );
      packedBytes += compressedSize;
    }
  }

  async #takeGzip({ path, blob }: ImportFile): Promise<void> {
    const name = path.replace(/\.gz$/iu, '').replace(/\.tgz$/iu, '.tar');
    const free = name !== '' && !name.endsWith('/') && !this.#paths.has(name);
    const base = this.#doneBytes;
    await this.#inflate(free ? name : path, { declaredBytes: null, packedBytes: blob.size }, () =>
      gunzip(blob, (readBytes) => this.#progress(base + readBytes)),
    );
    if (free) this.#paths.add(name);
  }

  /** The entries that can be unpacked, the others reported. */
  #acceptable(entries: readonly FileEntry[], archive: string): readonly ZippedFile[] {
    const overlapping = findOverlapping(entries);
    const files: ZippedFile[] = [];
    for (const [index, entry] of entries.entries()) {
      const path = `${archive}/${shownPath(entry.filename)}`;
      const reason =
        index >= maxEntries
          ? 'too many'
          : (pathFault(entry.filename) ??
            (this.#paths.has(path) ? 'twice' : null) ??
            (overlapping.has(entry) ? 'overlapping' : null) ??
            entryFault(entry));
      if (reason === null) {
        this.#paths.add(path);
        files.push({ path, entry });
      } else this.#refuse('archive-entry', path, reason);
    }
    return files;
  }

  /** Unpacks a file into a blob, or reports it. */
  async #inflate(
    path: string,
    size: { readonly declaredBytes: number | null; readonly packedBytes: number },
    open: () => ReadableStream<Uint8Array<ArrayBuffer>>,
    onShare: (share: number) => void = () => undefined,
  ): Promise<void> {
    checkAborted(this.#call.signal);
    const { declaredBytes, packedBytes } = size;
    const before = this.#unpackedBytes;
    try {
      if (before + (declaredBytes ?? 0) > maxTotalBytes) throw new Refusal('over 2 GB');
      const guard = (bytes: number): void => {
        checkAborted(this.#call.signal);
        if (declaredBytes !== null && bytes > declaredBytes) throw new Refusal('damaged');
        if (grows(packedBytes, bytes)) throw new Refusal('grows too much');
        if (before + bytes > maxTotalBytes) throw new Refusal('over 2 GB');
        if (declaredBytes !== null) onShare(bytes / Math.max(1, declaredBytes));
      };
      const blob = await collect(open(), guard);
      if (declaredBytes !== null && blob.size < declaredBytes) throw new Refusal('damaged');
      this.#unpackedBytes += blob.size;
      this.#files.push({ path, blob });
    } catch (error) {
      checkAborted(this.#call.signal);
      if (error instanceof Refusal) this.#refuse('archive-entry', path, error.message);
      else if (declaredBytes === null) this.#refuse('unreadable', path);
      else this.#refuse('archive-entry', path, 'damaged');
    }
  }

  #refuse(code: ImportProblemCode, path: string, subject?: string): void {
    const known = this.#problems.get(code) ?? { count: 0, places: [] };
    known.count += 1;
    const place = subject === undefined ? { path } : { path, subject };
    if (known.places.length < maxPlaces) known.places.push(place);
    this.#problems.set(code, known);
  }

  #progress(doneBytes: number): void {
    const done = Math.min(Math.floor(doneBytes), this.#totalBytes);
    if (done <= this.#doneBytes) return;
    this.#doneBytes = done;
    this.#call.onProgress?.(done, this.#totalBytes);
  }
}

async function kindOf(blob: Blob): Promise<ArchiveKind> {
  try {
    const start = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
    return kindOfStart(start);
  } catch {
    // Whoever reads the file next says so: it passes as it is.
    return 'none';
  }
}

function kindOfStart(bytes: Uint8Array): ArchiveKind {
  const [a, b, c, d] = bytes;
  if (a === 0x1f && b === 0x8b && c === 8) return 'gzip';
  // The second: a zip without any entry.
  const zip = a === 0x50 && b === 0x4b && ((c === 3 && d === 4) || (c === 5 && d === 6));
  return zip ? 'zip' : 'none';
}

/** The entries that are files and not an operating system's own. */
async function readDirectory(
  blob: Blob,
  signal: AbortSignal | undefined,
): Promise<readonly FileEntry[]> {
  const reader = new ZipReader(new BoundedBlobReader(blob), {
    // Its workers come from blob: addresses, which the page's policy forbids; this is a worker.
    useWebWorkers: false,
    useCompressionStream: true,
    // Paths are checked here, entry by entry.
    filenameValidation: 'tolerant',
  });
  const entries: FileEntry[] = [];
  for await (const entry of reader.getEntriesGenerator()) {
    checkAborted(signal);
    if (!entry.directory && !isNoise(entry.filename)) entries.push(entry);
  }
  return entries;
}

function isNoise(path: string): boolean {
  const parts = path.split('/').filter((part) => part !== '.' && part !== '..');
  return parts.some((part) => part.startsWith('.') || part === '__MACOSX' || part === 'Thumbs.db');
}

/** Paths are names for the user here, never places to write to; yet they must not pretend. */
function pathFault(path: string): string | null {
  if (/\p{Cc}|\p{Bidi_Control}|\p{Surrogate}|\\/u.test(path)) return 'path';
  if (/^[a-z]:/iu.test(path) || path.length > 1_000) return 'path';
  return path.split('/').some((part) => part === '' || part === '..') ? 'path' : null;
}

/** A path as it can be shown: without `.` parts, control characters replaced, not endless. */
function shownPath(path: string): string {
  const parts = path.normalize('NFC').split('/');
  const plain = parts.filter((part) => part !== '.').join('/');
  return plain.slice(0, 1_000).replaceAll(/\p{Cc}|\p{Bidi_Control}|\p{Surrogate}/gu, '\uFFFD');
}

function entryFault(entry: FileEntry): string | null {
  const { compressionMethod, compressedSize, uncompressedSize } = entry;
  if (entry.symlink) return 'link';
  if (entry.encrypted) return 'encrypted';
  if (compressionMethod === stored) return compressedSize === uncompressedSize ? null : 'damaged';
  if (compressionMethod !== deflated) return `compression ${compressionMethod}`;
  return grows(compressedSize, uncompressedSize) ? 'grows too much' : null;
}

function grows(packedBytes: number, bytes: number): boolean {
  return bytes > minBombBytes && bytes > packedBytes * maxGrowth;
}

/** Entries that share bytes: no honest zip has them, and few bytes could become many. */
function findOverlapping(entries: readonly FileEntry[]): ReadonlySet<FileEntry> {
  const sorted = entries.toSorted((a, b) => a.offset - b.offset);
  const overlapping = new Set<FileEntry>();
  for (const [index, entry] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined && entry.offset + entry.compressedSize > next.offset) {
      overlapping.add(entry);
    }
  }
  return overlapping;
}

function entryStream(
  entry: FileEntry,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let fail: (error: unknown) => void = () => undefined;
  const pipe = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    start(controller) {
      fail = (error) => controller.error(error);
    },
  });
  entry
    .getData(pipe.writable, { checkCrc32: true, ...(signal === undefined ? {} : { signal }) })
    // What goes wrong before the first byte, such as a bad local header, leaves the pipe as it is,
    // and its reader would wait for ever.
    .catch((error: unknown) => fail(error));
  return pipe.readable;
}

function gunzip(
  blob: Blob,
  onRead: (readBytes: number) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let readBytes = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      readBytes += chunk.length;
      onRead(readBytes);
      controller.enqueue(chunk);
    },
  });
  return blob.stream().pipeThrough(counter).pipeThrough(new DecompressionStream('gzip'));
}

/**
 * All of a stream as a blob.
 * @param guard hears how many bytes there are, and throws to stop
 */
async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  guard: (bytes: number) => void,
): Promise<Blob> {
  const reader = stream.getReader();
  const parts: Blob[] = [];
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let chunkBytes = 0;
  let bytes = 0;
  let checked = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      guard(bytes);
      chunks.push(value);
      chunkBytes += value.length;
      if (!checked && bytes >= archiveStartBytes) {
        checked = true;
        await refuseArchive(new Blob(chunks));
      }
      if (chunkBytes < bytesPerPart) continue;
      parts.push(new Blob(chunks));
      chunks = [];
      chunkBytes = 0;
      await breathe();
    }
  } finally {
    // Stops the inflating where this was left early; after the end it does nothing.
    reader.cancel().catch(() => undefined);
  }
  const blob = new Blob([...parts, ...chunks]);
  if (!checked) await refuseArchive(blob);
  return blob;
}

/** As many bytes as it takes to know a tar. */
const archiveStartBytes = 512;

async function refuseArchive(start: Blob): Promise<void> {
  const bytes = new Uint8Array(await start.slice(0, archiveStartBytes).arrayBuffer());
  const isTar = String.fromCharCode(...bytes.subarray(257, 262)) === 'ustar';
  if (isTar || kindOfStart(bytes) !== 'none') throw new Refusal('archive');
}
