import { isCommit, type RepositoryAddress } from './hub-address.ts';
import type { ModelFile } from './model-card.ts';
import type { ModelManifest, StoredModel } from './stored-model.ts';

/** How a file is to be downloaded. */
export interface FilePlan {
  /** With all that is known of it. */
  readonly file: ModelFile;
  /** Whether what is there may be a part of it. */
  readonly goesOn: boolean;
}

/** Bytes that progress counts for a file. */
export function countOf({ file }: FilePlan): number {
  return file.bytes ?? 0;
}

/** What is expected of a file, and whether what is there can be gone on with. */
export function planFile(
  file: ModelFile,
  known: ModelManifest | null,
  { host, revision }: RepositoryAddress,
): FilePlan {
  const record = known?.files.find(({ path }) => path === file.path);
  // A commit's files never change, so what a hub once said of one still holds, unless this one
  // says something else.
  const isTold = record?.state === 'partial' || record?.verified === 'sha256';
  const agrees = file.bytes === null || file.bytes === record?.bytes;
  const told = isCommit(revision) && isTold && agrees ? record : undefined;
  const expected: ModelFile = {
    path: file.path,
    bytes: file.bytes ?? told?.bytes ?? null,
    sha256: file.sha256 ?? told?.sha256 ?? null,
  };
  if (expected.sha256 !== null) {
    // The hash at the end decides, unless it is known before.
    return { file: expected, goesOn: (record?.sha256 ?? expected.sha256) === expected.sha256 };
  }
  const goesOn =
    record !== undefined &&
    record.sha256 === null &&
    record.bytes === expected.bytes &&
    known?.host === host;
  return { file: expected, goesOn };
}

/** Whether a file is here as it is wanted. */
export function isComplete({ files }: StoredModel, wanted: ModelFile): boolean {
  const file = files.find(({ path }) => path === wanted.path);
  return (
    file?.state === 'complete' &&
    (wanted.bytes === null || wanted.bytes === file.bytes) &&
    (wanted.sha256 === null || wanted.sha256 === file.sha256)
  );
}

/** The manifest with these files in place of the ones of the same paths. */
export function withFiles(manifest: ModelManifest, files: ModelManifest['files']): ModelManifest {
  const replaced = new Set(files.map(({ path }) => path));
  return {
    ...manifest,
    files: [...manifest.files.filter(({ path }) => !replaced.has(path)), ...files],
  };
}
