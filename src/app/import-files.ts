import type { FilePreview, ImportFile } from '../io/import-types.ts';

/**
 * Joins files that came later with those there. A file that came again (same path, size and time)
 * takes its own place; another one of the same path is renamed, so that neither is lost.
 */
export function joinFiles(
  before: readonly ImportFile[],
  added: readonly ImportFile[],
): readonly ImportFile[] {
  const files = new Map(before.map((file) => [file.path, file]));
  for (const file of added) {
    let { path } = file;
    for (let copy = 2; isOther(files.get(path), file); copy += 1) path = numbered(file.path, copy);
    files.set(path, { ...file, path });
  }
  return [...files.values()];
}

/** Finds the brought file that a preview comes from: itself, `<path>.gz`, or the zip that holds it. */
export function sourceFinder(
  files: readonly ImportFile[],
): (path: string) => ImportFile | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return (path) => {
    const exact = byPath.get(path) ?? byPath.get(`${path}.gz`);
    if (exact !== undefined) return exact;
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const archive = byPath.get(path.slice(0, at));
      if (archive !== undefined) return archive;
    }
    return undefined;
  };
}

/** The brought files without those that are left out or cannot be taken in; zips stay. */
export function takenFiles(
  files: readonly ImportFile[],
  previews: readonly FilePreview[],
): readonly ImportFile[] {
  const others = previews.filter((preview) => !isTaken(preview));
  const left = new Set(others.map(({ path }) => path));
  return files.filter(({ path }) => !left.has(path));
}

/** The files that a change is about: its own, and those that are understood together with it. */
export function concernedFiles(
  files: readonly ImportFile[],
  before: readonly FilePreview[],
  after: readonly FilePreview[],
  changed: ReadonlySet<string>,
): readonly ImportFile[] {
  // Of several files of the same questions, one gives the questions and the others paragraphs.
  const isPaired = ({ path, interpretation }: FilePreview): boolean =>
    changed.has(path) && interpretation.format === 'squad';
  if (before.some(isPaired) || after.some(isPaired)) return files;
  const sources = new Set([...changed].map(sourceFinder(files)));
  return sources.has(undefined) ? files : files.filter((file) => sources.has(file));
}

/** Whether a file is taken in: not left out, and nothing wrong with all of it. */
export function isTaken({ interpretation, problems }: FilePreview): boolean {
  return interpretation.included && !problems.some(({ severity }) => severity === 'file');
}

/**
 * A name for the new collection, from the folder or the files that were brought.
 * @param fallback where they have none, as with pasted text
 */
export function proposeName(files: readonly ImportFile[], fallback: string): string {
  const all = files.map(({ path }) => path).filter((path) => !isPasted(path));
  const usual = all.filter((path) => knownEnding.test(path));
  // Not after a picture that lies beside the texts.
  const paths = usual.length > 0 ? usual : all;
  const [only] = paths;
  if (only === undefined) return fallback;
  const folder = commonFolder(paths);
  if (paths.length === 1) {
    const name = bareName(only);
    return plainNames.test(name) && folder !== '' ? folder : name;
  }
  if (folder !== '') return folder;
  const names = paths.map(bareName);
  const prefix = commonPrefix(names).replace(/[\s._-]+$/u, '');
  if (prefix.length >= 3) return prefix;
  return names.find((name) => !plainNames.test(name)) ?? names[0] ?? fallback;
}

/** Path of a pasted text, the first or a later one. */
export function isPasted(path: string): boolean {
  return /^pasted text(?: \(\d+\))?$/u.test(path);
}

/** The last part of a path. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The ending of a file's name without the dot, in lower case; '' where there is none. */
export function endingOf(path: string): string {
  return /\.([^./]+)$/u.exec(path)?.[1]?.toLowerCase() ?? '';
}

/** Names that say what a file is and not what it is about. */
const plainNames =
  /^(?:corpus|documents?|docs?|passages?|queries|query|topics|qrels?|run|test|train|dev|data)$/iu;
const knownEnding =
  /\.(?:zip|gz|json|jsonl|ndjson|csv|tsv|txt|md|text|run|trec|qrels?|crossrank)$/iu;

function isOther(there: ImportFile | undefined, file: ImportFile): boolean {
  if (there === undefined) return false;
  const { blob } = there;
  if (blob === file.blob) return false;
  // A text that is pasted twice may differ and have the same length.
  if (!(blob instanceof File) || !(file.blob instanceof File)) return true;
  return blob.size !== file.blob.size || blob.lastModified !== file.blob.lastModified;
}

/** `a/b.csv` -> `a/b (2).csv` */
function numbered(path: string, copy: number): string {
  const dot = path.lastIndexOf('.');
  const at = dot > path.lastIndexOf('/') + 1 ? dot : path.length;
  return `${path.slice(0, at)} (${copy})${path.slice(at)}`;
}

function bareName(path: string): string {
  let name = fileNameOf(path);
  while (name.replace(knownEnding, '') !== name && name.replace(knownEnding, '') !== '') {
    name = name.replace(knownEnding, '');
  }
  return name;
}

/** Name of the innermost folder that holds all; '' where there is none. */
function commonFolder(paths: readonly string[]): string {
  const folders = paths.map((path) => path.split('/').slice(0, -1));
  const [first = []] = folders;
  let depth = 0;
  while (depth < first.length && folders.every((parts) => parts[depth] === first[depth]))
    depth += 1;
  return first[depth - 1] ?? '';
}

function commonPrefix(names: readonly string[]): string {
  const [first = ''] = names;
  let length = 0;
  while (length < first.length && names.every((name) => name[length] === first[length]))
    length += 1;
  return first.slice(0, length);
}
