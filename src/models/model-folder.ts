import { RerankError } from '../core/errors.ts';
import type { ImportedFile } from './imported-file.ts';
import { checkPath } from './safe-path.ts';

/** A model that the user brought along: its name and the files that a cross-encoder needs. */
export interface ImportedModel {
  /** Name of the model's folder; of what was chosen where the folder has none. */
  readonly name: string;
  /** Paths as in a repository of the hub: `config.json`, `onnx/model.onnx`. */
  readonly files: readonly ImportedFile[];
}

/** Most files looked at; a model has a few dozen. */
export const maxImportedFiles = 2_000;

/** Most bytes of the files that are kept. */
export const maxImportedBytes = 8_000_000_000;

const configFiles: ReadonlySet<string> = new Set([
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'reference-logits.json',
]);
const graphFile = /\.onnx$/u;
const externalDataFile = /\.onnx(?:_data(?:_\d+)?|\.data)$/u;
const weightsOfOtherKinds = /\.(?:safetensors|bin|pt|pth|ckpt|h5|msgpack|gguf)$/u;
const otherTokenizers: ReadonlySet<string> = new Set([
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'sentencepiece.bpe.model',
  'spiece.model',
  'spm.model',
  'tokenizer.model',
]);

const noise = /^(?:\.git|\.cache|\.DS_Store|__MACOSX|\._.*)$/u;

/** A file smaller than this may be a pointer of Git LFS (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md). */
const maxPointerBytes = 1_024;

/**
 * Finds the model in the files of a folder (the model's own or one above it) and keeps what a
 * cross-encoder needs. Nothing but the first bytes of suspiciously small files is read.
 * @param files With paths below what was chosen, at most 2,000.
 * @param name What the user chose, for messages, and as a name where the folder has none.
 * @throws RerankError `model-unsupported` (no model inside, several, a part is missing or too
 *   large), `model-corrupt` (a path that is not accepted).
 */
export async function openModelFolder(
  files: readonly { readonly path: string; readonly blob: Blob }[],
  name: string,
): Promise<ImportedModel> {
  const imported = files.map(({ path, blob }) => ({
    path,
    bytes: blob.size,
    // A Blob's stream is of byte arrays with a buffer of their own.
    stream: () => blob.stream() as ReadableStream<Uint8Array<ArrayBuffer>>,
  }));
  return pickModel(imported, name);
}

/**
 * The same for files that come from anywhere. Paths are checked here.
 * @throws RerankError as {@link openModelFolder}.
 */
export async function pickModel(
  files: readonly ImportedFile[],
  name: string,
): Promise<ImportedModel> {
  const wanted = files.filter(({ path }) => !isNoise(path));
  if (wanted.length > maxImportedFiles) throw tooManyFiles(name);
  const told = wanted
    .filter(({ path }) => tells(fileName(path)))
    .map((file) => withPath(file, checkPath(file.path, name)));
  requireDistinct(told, name);
  const root = findRoot(told, name);
  const below = told
    .filter(({ path }) => isBelow(path, root))
    .map((file) => withPath(file, root === '' ? file.path : file.path.slice(root.length + 1)));
  const kept = below.filter(({ path }) => isNeeded(path));
  requireParts(below, kept, name);
  await requireContent(kept, name);
  return { name: root === '' ? name : fileName(root), files: kept };
}

/** The error of a folder or an archive with more files than are looked at. */
export function tooManyFiles(name: string): RerankError {
  const most = maxImportedFiles.toLocaleString('en');
  return new RerankError(
    'model-unsupported',
    `${name} holds more than ${most} files. Choose the folder of the model itself.`,
  );
}

/** Whether a file is none of the model's: version control, download caches, and what macOS adds. */
export function isNoise(path: string): boolean {
  return path.split('/').some((part) => noise.test(part));
}

/**
 * The folder that is the model's. Complete ones first, then those with less, so that a message
 * can name what is missing; of folders inside each other the outer one.
 */
function findRoot(files: readonly ImportedFile[], name: string): string {
  const paths = new Set(files.map(({ path }) => path));
  const folders = new Set(files.map(({ path }) => folderOf(path)));
  for (const folder of [...folders]) if (isOnnxFolder(folder)) folders.add(folderOf(folder));
  const graphs = new Set(
    files
      .filter(({ path }) => graphFile.test(path))
      .map(({ path }) => folderOf(path))
      .flatMap((folder) => (isOnnxFolder(folder) ? [folder, folderOf(folder)] : [folder])),
  );
  const has = (folder: string, file: string) => paths.has(join(folder, file));
  const levels: readonly ((folder: string) => boolean)[] = [
    (folder) => graphs.has(folder) && has(folder, 'config.json') && has(folder, 'tokenizer.json'),
    (folder) => graphs.has(folder),
    (folder) => has(folder, 'config.json'),
  ];
  for (const level of levels) {
    const fitting = [...folders].filter(level);
    const outer = fitting.filter(
      (folder) => !fitting.some((other) => other !== folder && isBelow(folder, other)),
    );
    const [root] = outer;
    if (root === undefined) continue;
    if (outer.length === 1) return root;
    const shown = outer.sort().slice(0, 10).join(', ');
    throw new RerankError(
      'model-unsupported',
      `${name} holds several models: ${shown}${outer.length > 10 ? ', …' : ''}. ` +
        'Choose the folder of one of them.',
    );
  }
  return '';
}

function requireDistinct(files: readonly ImportedFile[], name: string): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    if (seen.has(path)) {
      throw new RerankError(
        'model-corrupt',
        `${name} holds ${path} twice. Choose the folder of one model.`,
      );
    }
    seen.add(path);
  }
}

/** Says which part of a cross-encoder is missing, and how to make it. */
function requireParts(
  below: readonly ImportedFile[],
  kept: readonly ImportedFile[],
  name: string,
): void {
  const names = new Set(below.map(({ path }) => path));
  const unsupported = (message: string) => new RerankError('model-unsupported', message);
  if (!kept.some(({ path }) => graphFile.test(path))) {
    const weights = below.find(({ path }) => weightsOfOtherKinds.test(path));
    if (weights !== undefined) {
      throw unsupported(
        `${name} has its weights in ${weights.path} only, which browsers cannot run. ` +
          'Export it to ONNX: see "Your own model" in the README.',
      );
    }
    throw unsupported(
      `${name} holds no model: no .onnx file in it or in its folder onnx/. Choose the folder ` +
        'with config.json, tokenizer.json and onnx/, or a zip of it.',
    );
  }
  if (!names.has('config.json')) {
    throw unsupported(
      `${name} has no config.json beside the model (or above its folder onnx/). It lies in the ` +
        "model's repository: put it there.",
    );
  }
  if (!names.has('tokenizer.json')) {
    const other = below.find(({ path }) => otherTokenizers.has(path));
    throw unsupported(
      `${name} has no tokenizer.json${other === undefined ? '' : `, only ${other.path}`}. Make it ` +
        'with Python: AutoTokenizer.from_pretrained("FOLDER", use_fast=True).save_pretrained("FOLDER").',
    );
  }
  const bytes = kept.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > maxImportedBytes) {
    const shown = (bytes / 1e9).toFixed(1);
    throw unsupported(
      `${name} has ${shown} GB of model files; at most ${maxImportedBytes / 1e9} GB are taken. ` +
        'Keep only the .onnx files that you want to run.',
    );
  }
}

/** Refuses files that are there in name only. */
async function requireContent(kept: readonly ImportedFile[], name: string): Promise<void> {
  for (const file of kept) {
    if (file.bytes === 0) {
      throw new RerankError(
        'model-unsupported',
        `${file.path} in ${name} is empty. Copy or download it again.`,
      );
    }
    if (file.bytes > maxPointerBytes) continue;
    const text = await new Response(file.stream()).text();
    if (text.startsWith('version https://git-lfs')) {
      throw new RerankError(
        'model-unsupported',
        `${file.path} in ${name} is a pointer of Git LFS, not the file itself. Run ` +
          '"git lfs pull" in the clone, or download the file from the hub\'s page.',
      );
    }
  }
}

/** Whether a file says something about a model, even if it is not taken. */
function tells(file: string): boolean {
  return (
    configFiles.has(file) ||
    graphFile.test(file) ||
    externalDataFile.test(file) ||
    weightsOfOtherKinds.test(file) ||
    otherTokenizers.has(file)
  );
}

/** Whether a file, by its path below the model's folder, is taken. */
function isNeeded(path: string): boolean {
  const folder = folderOf(path);
  if (folder === '' && configFiles.has(path)) return true;
  return (
    (folder === '' || folder === 'onnx') && (graphFile.test(path) || externalDataFile.test(path))
  );
}

function withPath(file: ImportedFile, path: string): ImportedFile {
  return { path, bytes: file.bytes, stream: () => file.stream() };
}

function isOnnxFolder(folder: string): boolean {
  return fileName(folder) === 'onnx';
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function join(folder: string, file: string): string {
  return folder === '' ? file : `${folder}/${file}`;
}
