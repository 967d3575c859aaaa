import type { FilePreview, ImportCounts, ImportProblem } from '../io/import-types.ts';
import { endingOf, isTaken } from './import-files.ts';

/** What the page shows of files and of what is wrong with them. */
export type { ImportReport } from '../collections/collection.ts';
export type {
  FilePreview,
  ImportPlace,
  ImportProblem,
  ImportProblemCode,
  Interpretation,
  SampleRecord,
} from '../io/import-types.ts';

/** One line of the list of files: a file, or many that are understood alike. */
export interface ImportRow {
  /** Path of its first file: stays the same when what the row is taken for changes. */
  readonly key: string;
  /** At least one; the first stands for all. */
  readonly first: FilePreview;
  readonly previews: readonly FilePreview[];
}

/** What the files that are taken in would bring: not left out, and nothing wrong with all of it. */
export interface ImportTotals extends ImportCounts {
  /** False: there is more in the files than was looked at. */
  readonly complete: boolean;
  readonly includedFiles: number;
  readonly includedBytes: number;
}

/** What to say of an import that will not be what one expects. */
export type ImportNotice =
  | 'nothing'
  | 'no-documents'
  | 'no-queries'
  | 'candidates-by-bm25'
  | 'no-judgements';

/** From the worst to what is only worth knowing. */
export const problemSeverities = [
  'file',
  'skipped',
  'note',
] as const satisfies readonly ImportProblem['severity'][];

/** Fewer files than this stand alone even if they are alike. */
const smallestGroup = 6;

/** Gathers files of one ending that are understood alike, if they are many, in order of the first. */
export function rowsOf(previews: readonly FilePreview[]): readonly ImportRow[] {
  const alike = new Map<string, FilePreview[]>();
  for (const preview of previews) {
    const kind = kindOf(preview);
    const others = alike.get(kind);
    if (others === undefined) alike.set(kind, [preview]);
    else others.push(preview);
  }
  const rows: ImportRow[] = [];
  const grouped = new Set<string>();
  for (const preview of previews) {
    const kind = kindOf(preview);
    const others = alike.get(kind) ?? [];
    if (others.length < smallestGroup) {
      rows.push({ key: preview.path, first: preview, previews: [preview] });
    } else if (!grouped.has(kind)) {
      grouped.add(kind);
      rows.push({ key: preview.path, first: preview, previews: others });
    }
  }
  return rows;
}

/** Sums what the included files are known to hold. */
export function totalsOf(previews: readonly FilePreview[]): ImportTotals {
  const included = previews.filter(isTaken);
  return {
    ...countsOf(included),
    complete: included.every(({ complete }) => complete),
    includedFiles: included.length,
    includedBytes: included.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** What is known of several files together. */
export function countsOf(previews: readonly FilePreview[]): ImportCounts {
  const sum = { documents: 0, queries: 0, candidates: 0, judgements: 0 };
  for (const { counts } of previews) {
    sum.documents += counts.documents;
    sum.queries += counts.queries;
    sum.candidates += counts.candidates;
    sum.judgements += counts.judgements;
  }
  return sum;
}

/** Problems of several files together, worst first; the first five places of each are kept. */
export function problemsOf(
  parts: readonly { readonly problems: readonly ImportProblem[] }[],
): readonly ImportProblem[] {
  const merged = new Map<string, ImportProblem>();
  for (const { problems } of parts) {
    for (const problem of problems) {
      const key = `${problem.severity} ${problem.code}`;
      const before = merged.get(key);
      if (before === undefined) merged.set(key, problem);
      else {
        merged.set(key, {
          ...problem,
          count: before.count + problem.count,
          places: [...before.places, ...problem.places].slice(0, 5),
        });
      }
    }
  }
  const rank = ({ severity }: ImportProblem): number => problemSeverities.indexOf(severity);
  return [...merged.values()].sort((one, other) => rank(one) - rank(other));
}

/**
 * What should be said before the import, null where all is well.
 * @param into whether it goes into a collection, which may have what is missing here
 */
export function noticeOf(totals: ImportTotals, into: boolean): ImportNotice | null {
  const { documents, queries, candidates, judgements, complete } = totals;
  if (documents + queries + candidates + judgements === 0) {
    // What was not looked at may hold something.
    return complete ? 'nothing' : null;
  }
  // What comes later in a file was not seen yet, and a collection may have it.
  if (into || !complete) return null;
  if (documents === 0) return 'no-documents';
  if (queries === 0) return 'no-queries';
  if (candidates === 0) return 'candidates-by-bm25';
  return judgements === 0 ? 'no-judgements' : null;
}

/** Puts newer previews in the place of older ones of the same path; others go to the end. */
export function mergePreviews(
  before: readonly FilePreview[],
  newer: readonly FilePreview[],
): readonly FilePreview[] {
  const byPath = new Map(newer.map((preview) => [preview.path, preview]));
  const kept = before.map(({ path }) => path);
  const known = new Set(kept);
  return [
    ...before.map((preview) => byPath.get(preview.path) ?? preview),
    ...newer.filter(({ path }) => !known.has(path)),
  ];
}

function kindOf({ path, interpretation, recognised }: FilePreview): string {
  // Leaving one file out does not take it out of its group.
  return JSON.stringify([endingOf(path), recognised, { ...interpretation, included: true }]);
}
