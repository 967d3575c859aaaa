import { RerankError } from '../core/errors.ts';
import type { CollectionFile, FiledRun } from '../io/collection-file.ts';
import { maxBytesOf, writeLimit } from '../io/import-limits.ts';
import type {
  ImportCounts,
  ImportedPair,
  ImportFile,
  ImportPlace,
  ImportProblem,
  ImportProblemCode,
  ImportSink,
  Interpretation,
} from '../io/import-types.ts';
import { readCollectionFile } from '../io/read-collection-file.ts';
import { readImportFile } from '../io/read-import-file.ts';
import { checkAborted } from '../models/abort.ts';
import { contentOf, countsOf, feedCollection, moveRun } from './add-collection-file.ts';
import { CollectionBuilder, type ImportedRun } from './collection-builder.ts';
import type { CollectionsCall, ImportChoices } from './collections-api.ts';
import { interpretFiles, sizeOf } from './interpret-files.ts';
import type { CollectionContent } from './stored-collection.ts';

/** What files hold together. */
export interface ReadFiles {
  readonly content: CollectionContent;
  /** Newly taken in. */
  readonly counts: ImportCounts;
  readonly importedRuns: readonly ImportedRun[];
  /** Runs that come as they were, from an exported collection: places are those of `content`. */
  readonly restoredRuns: readonly FiledRun[];
  readonly problems: readonly ImportProblem[];
}

/**
 * Reads all files into one content. A file that cannot be taken in whole is left out, and a
 * problem; the others are taken in.
 * @param existing what is added to; null: a new collection. The first exported collection among
 *   the files is restored then, with its runs; any later one adds to what is there.
 * @param takenTags of runs that were imported before
 * @throws RerankError `aborted`
 */
export async function readFiles(
  files: readonly ImportFile[],
  choices: ImportChoices,
  existing: CollectionContent | null,
  takenTags: readonly string[],
  call: CollectionsCall,
): Promise<ReadFiles> {
  const chosen = await interpretFiles(files, choices, call);
  const leftOut = new Map<string, readonly FileProblem[]>();
  const total = sizeOf(chosen.map(({ file }) => file));
  let reported = 0;
  const onRead = (done: number): void => {
    // A second round begins anew; what is told never falls.
    reported = Math.max(reported, done);
    call.onProgress?.({ type: 'progress', step: 'reading', done: reported, total });
  };
  for (;;) {
    const round = new ImportRound(existing, leftOut);
    let done = 0;
    for (const { file, interpretation } of chosen) {
      checkAborted(call.signal);
      const before = done;
      const onProgress = (bytes: number): void => onRead(before + bytes);
      await round.take(file, interpretation, { signal: call.signal, onProgress });
      done += file.blob.size;
      onRead(done);
    }
    checkAborted(call.signal);
    if (!round.spoilt) return round.finish(takenTags);
  }
}

/** Why a file is left out. */
interface FileProblem {
  readonly code: ImportProblemCode;
  readonly place: ImportPlace;
  readonly count: number;
}

interface FileCall {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (bytes: number) => void;
}

/** One reading of all files into one builder. */
class ImportRound {
  /** A part of a file that is to be left out was taken in: all has to be read anew. */
  spoilt = false;
  readonly #leftOut: Map<string, readonly FileProblem[]>;
  readonly #existing: CollectionContent | null;
  readonly #fileProblems: FileProblem[] = [];
  readonly #addedRuns: { readonly from: CollectionFile; readonly run: FiledRun }[] = [];
  #builder: CollectionBuilder;
  #restored: CollectionFile | null = null;
  /** Something was put into the builder. */
  #fed = false;

  /** @param leftOut what is known of files from rounds before; this one adds to it */
  constructor(existing: CollectionContent | null, leftOut: Map<string, readonly FileProblem[]>) {
    this.#existing = existing;
    this.#leftOut = leftOut;
    this.#builder = new CollectionBuilder(existing);
  }

  async take(file: ImportFile, interpretation: Interpretation, call: FileCall): Promise<void> {
    const known = this.#leftOut.get(file.path);
    if (known !== undefined) {
      this.#fileProblems.push(...known);
      return;
    }
    const sink = new FileSink(this.#builder);
    try {
      if (interpretation.format === 'collection') {
        await this.#takeCollection(file, interpretation, sink, call);
      } else {
        await readImportFile(file, interpretation, sink, call);
      }
    } catch (error) {
      sink.problem(problemCodeOf(error), 'file', { path: file.path });
    }
    this.#fed ||= sink.records > 0;
    this.#fileProblems.push(...sink.fileProblems);
    if (sink.fileProblems.length > 0 && sink.records > 0) {
      this.#leftOut.set(file.path, sink.fileProblems);
      this.spoilt = true;
    }
  }

  finish(takenTags: readonly string[]): ReadFiles {
    for (const { code, place, count } of this.#fileProblems) {
      this.#builder.problem(code, 'file', place, count);
    }
    const { content, counts, importedRuns, problems } = this.#builder.build();
    const restored = this.#restored;
    const tagsOfRestored = restored?.runs.map(({ run }) => run.tag) ?? [];
    const moved = this.#addedRuns.map(({ from, run }) => moveRun(from, run, content));
    return {
      // A collection that is only restored stays as it was, whatever a builder would make of it.
      content: restored !== null && !this.#fed ? contentOf(restored) : content,
      counts: restored === null ? counts : sumOf(counts, countsOf(restored)),
      importedRuns: withFreeTags([...importedRuns, ...moved], [...takenTags, ...tagsOfRestored]),
      restoredRuns: restored?.runs ?? [],
      problems,
    };
  }

  async #takeCollection(
    file: ImportFile,
    { encoding }: Interpretation,
    sink: FileSink,
    call: FileCall,
  ): Promise<void> {
    const limit = maxBytesOf('collection');
    if (file.blob.size > limit) {
      sink.problem('too-large', 'file', { path: file.path, subject: writeLimit(limit) });
      return;
    }
    const read = await readCollectionFile(file, encoding, call);
    if (!read.ok) {
      sink.problem(read.code, 'file', read.place);
      return;
    }
    const { collection } = read;
    if (this.#existing === null && this.#restored === null && !this.#fed) {
      this.#restored = collection;
      this.#builder = new CollectionBuilder(contentOf(collection));
      return;
    }
    feedCollection(collection, file.path, sink);
    for (const run of collection.runs) this.#addedRuns.push({ from: collection, run });
  }
}

/** Passes one file's records on, counts them, and keeps what speaks against the whole file. */
class FileSink implements ImportSink {
  records = 0;
  readonly fileProblems: FileProblem[] = [];
  readonly #sink: ImportSink;

  constructor(sink: ImportSink) {
    this.#sink = sink;
  }

  document(docId: string | null, title: string | null, text: string, place: ImportPlace): void {
    this.records += 1;
    this.#sink.document(docId, title, text, place);
  }

  query(queryId: string | null, text: string, place: ImportPlace): void {
    this.records += 1;
    this.#sink.query(queryId, text, place);
  }

  candidate(queryId: string, docId: string, score: number | null, place: ImportPlace): void {
    this.records += 1;
    this.#sink.candidate(queryId, docId, score, place);
  }

  judgement(queryId: string, docId: string, grade: number, place: ImportPlace): void {
    this.records += 1;
    this.#sink.judgement(queryId, docId, grade, place);
  }

  pair(pair: ImportedPair, place: ImportPlace): void {
    this.records += 1;
    this.#sink.pair(pair, place);
  }

  problem(
    code: ImportProblemCode,
    severity: ImportProblem['severity'],
    place: ImportPlace,
    count = 1,
  ): void {
    if (severity === 'file') this.fileProblems.push({ code, place, count });
    else this.#sink.problem(code, severity, place, count);
  }

  firstStageTag(tag: string): void {
    this.#sink.firstStageTag(tag);
  }
}

/** Of several runs with a tag the later ones get a number: systems are told apart by it. */
function withFreeTags(
  runs: readonly ImportedRun[],
  takenTags: readonly string[],
): readonly ImportedRun[] {
  const taken = new Set(takenTags);
  return runs.map((run) => {
    let { tag } = run;
    for (let number = 2; taken.has(tag); number += 1) tag = `${run.tag} (${number})`;
    taken.add(tag);
    return { ...run, tag };
  });
}

/** Throws on what is no fault of the file. */
function problemCodeOf(error: unknown): ImportProblemCode {
  if (error instanceof RerankError && error.code === 'file-unreadable') return 'unreadable';
  if (error instanceof RerankError && error.code === 'too-large') return 'too-large';
  throw error;
}

function sumOf(a: ImportCounts, b: ImportCounts): ImportCounts {
  return {
    documents: a.documents + b.documents,
    queries: a.queries + b.queries,
    candidates: a.candidates + b.candidates,
    judgements: a.judgements + b.judgements,
  };
}
