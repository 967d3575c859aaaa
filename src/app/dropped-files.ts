import { RerankError } from '../core/errors.ts';
import { isNoise, maxImportedFiles, tooManyFiles } from '../models/model-folder.ts';
import { maxPathDepth } from '../models/safe-path.ts';

/** What the user dropped or picked, before anything in it is read. */
export type DroppedModel =
  | { readonly kind: 'archive'; readonly name: string; readonly blob: Blob }
  /** Paths begin with the name of the folder that was chosen; loose files have none. */
  | {
      readonly kind: 'folder';
      readonly name: string;
      readonly files: readonly DroppedFile[];
    }
  /** Text, a link, or nothing at all. */
  | { readonly kind: 'none' };

export interface DroppedFile {
  readonly path: string;
  readonly blob: Blob;
}

/** The part of FileSystemEntry that is used: a file has `file`, a folder `createReader`. */
export interface DroppedEntry {
  readonly name: string;
  /** From the root of what was dropped: `/folder/file`. */
  readonly fullPath: string;
  file?(taken: (file: File) => void, failed?: (error: DOMException) => void): void;
  createReader?(): DroppedFolderReader;
}

/** The part of FileSystemDirectoryReader that is used; Chrome gives 100 entries at a time. */
export interface DroppedFolderReader {
  readEntries(
    taken: (entries: readonly DroppedEntry[]) => void,
    failed?: (error: DOMException) => void,
  ): void;
}

/** The part of DataTransfer that is used. */
export interface DroppedTransfer {
  readonly items: ArrayLike<{
    readonly kind: string;
    getAsFile(): File | null;
    /** Missing where the browser knows no folders. */
    webkitGetAsEntry?(): DroppedEntry | null;
  }>;
}

const archiveName = /\.(?:zip|tar|tgz|gz|7z|rar|xz|zst|bz2)$/iu;

/** How much may be dropped or picked at once, and what is said of more. */
export interface DropLimits {
  /** What files without a folder are called in messages. */
  readonly looseName: string;
  readonly maxFiles: number;
  readonly tooManyFiles: (name: string) => RerankError;
  readonly tooDeep: (name: string) => RerankError;
}

/**
 * Lists what was dropped: one archive, or files with their paths. Call it in the drop event itself,
 * before anything is awaited: afterwards the browser has emptied the transfer.
 * @throws RerankError `access-denied` (a file cannot be read), `model-unsupported` (more than
 *   2,000 files, or folders deeper than any model's), `aborted`.
 */
export async function readDroppedFiles(
  transfer: DroppedTransfer,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DroppedModel> {
  const { files, chosen } = await listDropped(transfer, modelLimits, signal);
  return describe(files, chosen);
}

/**
 * The same for a file input, with or without `webkitdirectory`. The list is taken at once: it
 * empties when the input is reset.
 * @throws RerankError `model-unsupported` (more than 2,000 files).
 */
export async function readPickedFiles(list: ArrayLike<File>): Promise<DroppedModel> {
  const { files, chosen } = listPicked(list, modelLimits);
  return describe(files, chosen);
}

/**
 * Lists files that were dropped, those in folders too, with their paths. Call it in the drop event
 * itself, before anything is awaited: afterwards the browser has emptied the transfer.
 * @throws RerankError `access-denied` (a file cannot be read), `aborted`, and those of the limits.
 */
export async function readAllDroppedFiles(
  transfer: DroppedTransfer,
  limits: DropLimits,
  signal?: AbortSignal,
): Promise<readonly DroppedFile[]> {
  return (await listDropped(transfer, limits, signal)).files;
}

/**
 * The same for a file input, with or without `webkitdirectory`. The list is taken at once: it
 * empties when the input is reset.
 * @throws RerankError those of the limits.
 */
export async function readAllPickedFiles(
  list: ArrayLike<File>,
  limits: DropLimits,
): Promise<readonly DroppedFile[]> {
  return listPicked(list, limits).files;
}

interface Collection {
  readonly chosen: string;
  readonly files: DroppedFile[];
  readonly limits: DropLimits;
  readonly signal: AbortSignal | undefined;
}

interface Listing {
  readonly files: readonly DroppedFile[];
  /** Name of the folder that was chosen, or of loose files. */
  readonly chosen: string;
}

const modelLimits: DropLimits = {
  looseName: 'model',
  maxFiles: maxImportedFiles,
  tooManyFiles,
  tooDeep: (name) =>
    new RerankError(
      'model-unsupported',
      `${name} has more than ${maxPathDepth} folders inside each other. Choose the folder of ` +
        'the model itself.',
    ),
};

async function listDropped(
  transfer: DroppedTransfer,
  limits: DropLimits,
  signal: AbortSignal | undefined,
): Promise<Listing> {
  const dropped = takeEntries(transfer);
  const files: DroppedFile[] = [];
  const [only] = dropped;
  const single = dropped.length === 1 ? only : undefined;
  const chosen =
    single instanceof Blob || single?.createReader === undefined ? limits.looseName : single.name;
  for (const entry of dropped) {
    if (entry instanceof Blob) files.push({ path: entry.name, blob: entry });
    else await collect(entry, { chosen, files, limits, signal });
  }
  return { files, chosen };
}

function listPicked(list: ArrayLike<File>, limits: DropLimits): Listing {
  const files = Array.from(list, (file) => ({
    // Empty for files that were picked one by one.
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
    blob: file,
  })).filter(({ path }) => !isNoise(path));
  const first = files[0]?.path ?? '';
  const chosen = first.includes('/') ? first.slice(0, first.indexOf('/')) : limits.looseName;
  if (files.length > limits.maxFiles) throw limits.tooManyFiles(chosen);
  return { files, chosen };
}

/** Runs without a pause, as the transfer is only readable during its event. */
function takeEntries({ items }: DroppedTransfer): readonly (DroppedEntry | File)[] {
  return Array.from(items).flatMap((thing) => {
    if (thing.kind !== 'file') return [];
    const taken = thing.webkitGetAsEntry?.() ?? thing.getAsFile();
    return taken === null ? [] : [taken];
  });
}

/** Adds the files of an entry, folder by folder. */
async function collect(entry: DroppedEntry, collection: Collection, depth = 1): Promise<void> {
  const { chosen, files, limits, signal } = collection;
  if (signal?.aborted) {
    throw new RerankError('aborted', `Reading ${chosen} was cancelled.`, { cause: signal.reason });
  }
  const path = entry.fullPath.replace(/^\//u, '');
  if (isNoise(path)) return;
  if (depth > maxPathDepth) throw limits.tooDeep(chosen);
  if (entry.createReader !== undefined) {
    for (const inner of await listFolder(entry.createReader(), path, limits)) {
      await collect(inner, collection, depth + 1);
    }
    return;
  }
  if (files.length >= limits.maxFiles) throw limits.tooManyFiles(chosen);
  const blob = await new Promise<File | null>((resolve, reject) => {
    if (entry.file === undefined) resolve(null);
    else entry.file(resolve, (error) => reject(unreadable(path, error)));
  });
  if (blob !== null) files.push({ path, blob });
}

/** All entries of a folder: they come in portions, and an empty one is the last. */
async function listFolder(
  reader: DroppedFolderReader,
  path: string,
  { maxFiles, tooManyFiles: refusal }: DropLimits,
): Promise<DroppedEntry[]> {
  const entries: DroppedEntry[] = [];
  for (;;) {
    const portion = await new Promise<readonly DroppedEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, (error) => reject(unreadable(path, error)));
    });
    if (portion.length === 0) return entries;
    entries.push(...portion);
    if (entries.length > 10 * maxFiles) throw refusal(path);
  }
}

function describe(files: readonly DroppedFile[], chosen: string): DroppedModel {
  const [only] = files;
  if (only === undefined) return { kind: 'none' };
  if (files.length === 1 && !only.path.includes('/') && archiveName.test(only.path)) {
    return { kind: 'archive', name: only.path, blob: only.blob };
  }
  return { kind: 'folder', name: chosen, files };
}

function unreadable(path: string, cause: DOMException): RerankError {
  return new RerankError(
    'access-denied',
    `${path} cannot be read (${cause.name}). Check its permissions, and drop or choose it again.`,
    { cause },
  );
}
