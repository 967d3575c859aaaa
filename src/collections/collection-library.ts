import type { Evaluation, EvaluationSettings } from '../core/evaluation-types.ts';
import type {
  ExportedFile,
  ExportedRun,
  ExportFormat,
  ExportOptions,
  Provenance,
} from '../io/export-types.ts';
import type { FilePreview, ImportFile } from '../io/import-types.ts';
import { expandArchives } from '../io/zip-entries.ts';
import { checkAborted } from '../models/abort.ts';
import { KeyLocks } from '../models/key-locks.ts';
import type {
  CollectionOverview,
  CollectionSummary,
  ImportReport,
  ImportTarget,
  NewScores,
  QueryDetail,
  QuerySummary,
  QueryToScore,
  RunSettings,
  RunSummary,
  ScoreCacheUse,
} from './collection.ts';
import { collectionBlob } from './collection-blob.ts';
import { copyCollection, newRecord, writeImport } from './collection-copies.ts';
import { readFiles } from './collection-import.ts';
import { type CollectionRecord, checkName, toSummary } from './collection-records.ts';
import { CollectionRuns } from './collection-runs.ts';
import { CollectionShelf } from './collection-shelf.ts';
import type { CollectionStorage } from './collection-storage.ts';
import type {
  Collections,
  CollectionsCall,
  CollectionsEvent,
  ImportChoices,
  RunExport,
} from './collections-api.ts';
import { previewFiles } from './interpret-files.ts';
import { changeRecord, StoredCollection } from './open-collection.ts';
import { KeptScoreRecords } from './score-records.ts';
import type { CollectionContent } from './stored-collection.ts';

/** Opened collections in memory: the one that is looked at, and one that is compared with it. */
const keptOpen = 2;

/** A collection that is open, or being opened, and the set that its content came from. */
interface OpenedCollection {
  readonly contentSet: string;
  readonly collection: Promise<StoredCollection>;
}

/**
 * The collections of a storage. Calls may overlap, and libraries in several tabs may share one
 * storage: changes of one collection wait for each other.
 */
export class CollectionLibrary implements Collections {
  readonly #storage: CollectionStorage;
  readonly #shelf: CollectionShelf;
  readonly #runs: CollectionRuns;
  /** By id; what was used last is last. */
  readonly #opened = new Map<string, OpenedCollection>();
  #swept: Promise<void> | null = null;

  /** @param locks default: the browser's web locks, for a storage that tabs share */
  constructor(storage: CollectionStorage, locks: LockManager | null = platformLocks(storage)) {
    this.#storage = storage;
    this.#shelf = new CollectionShelf(storage, new KeyLocks(locks));
    this.#runs = new CollectionRuns((id) => this.#open(id), new KeptScoreRecords(storage));
  }

  /** `memory`: nothing outlives the worker. */
  async storageKind(): Promise<'disk' | 'memory'> {
    return this.#storage.kind;
  }

  async inspect(
    files: readonly ImportFile[],
    choices: ImportChoices,
    call: CollectionsCall = {},
  ): Promise<readonly FilePreview[]> {
    const expanded = await expand(files, call);
    return await previewFiles(expanded.files, choices, call);
  }

  async importFiles(
    files: readonly ImportFile[],
    choices: ImportChoices,
    target: ImportTarget,
    call: CollectionsCall = {},
  ): Promise<ImportReport> {
    await this.#begin(call.signal);
    const startedAt = performance.now();
    const expanded = await expand(files, call);
    const take = async (
      record: CollectionRecord,
      existing: CollectionContent | null,
    ): Promise<ImportReport> => {
      const takenTags = record.runs.flatMap(({ run }) => (run.kind === 'imported' ? run.tag : []));
      const read = await readFiles(expanded.files, choices, existing, takenTags, call);
      const { counts, importedRuns, restoredRuns } = read;
      const empty =
        Object.values(counts).every((count) => count === 0) &&
        importedRuns.length + restoredRuns.length === 0;
      const kept = empty ? null : await writeImport(this.#shelf, record, read, call);
      return {
        summary: kept === null ? null : toSummary(kept),
        counts,
        importedRuns: [...importedRuns, ...restoredRuns.map(({ run }) => run)].map(
          ({ tag }) => tag,
        ),
        problems: [...expanded.problems, ...read.problems],
        elapsedMs: performance.now() - startedAt,
      };
    };
    if (target.kind === 'new') return await take(newRecord(checkName(target.name)), null);
    const { collectionId } = target;
    return await this.#change(
      collectionId,
      async () => {
        const record = await this.#shelf.read(collectionId);
        const existing = await contentOf(await this.#open(collectionId), call.signal);
        return await take(record, existing);
      },
      call.signal,
    );
  }

  async list(): Promise<readonly CollectionSummary[]> {
    await this.#begin();
    return await this.#shelf.list();
  }

  async open(collectionId: string): Promise<CollectionOverview> {
    const { summary, queries, candidates, qrels } = await this.#open(collectionId);
    return {
      summary,
      queries: queries.map((query, number): QuerySummary => {
        const grades = [...(qrels.get(query.queryId)?.values() ?? [])];
        return {
          ...query,
          number,
          candidates: candidates[number]?.documents.length ?? 0,
          judged: grades.length,
          relevant: grades.filter((grade) => grade >= 1).length,
        };
      }),
    };
  }

  async rename(collectionId: string, name: string): Promise<CollectionSummary> {
    const checked = checkName(name);
    return await this.#change(collectionId, async () => {
      const record = changeRecord(await this.#shelf.read(collectionId), { name: checked });
      await this.#shelf.replace(record);
      return toSummary(record);
    });
  }

  async duplicate(
    collectionId: string,
    name: string,
    call: CollectionsCall = {},
  ): Promise<CollectionSummary> {
    const checked = checkName(name);
    const copy = async (): Promise<CollectionSummary> => {
      const record = await this.#shelf.read(collectionId);
      return await copyCollection(this.#storage, this.#shelf, record, checked, call);
    };
    return await this.#change(collectionId, copy, call.signal);
  }

  async remove(collectionId: string): Promise<void> {
    await this.#change(collectionId, () => this.#shelf.remove(collectionId));
    this.#opened.delete(collectionId);
  }

  async restore(collectionId: string): Promise<CollectionSummary> {
    return await this.#change(collectionId, () => this.#shelf.restore(collectionId));
  }

  async purge(collectionId: string): Promise<void> {
    await this.#change(collectionId, () => this.#shelf.purge(collectionId));
  }

  async exportCollection(collectionId: string, call: CollectionsCall = {}): Promise<Blob> {
    const write = async (): Promise<Blob> => collectionBlob(await this.#open(collectionId), call);
    return await this.#change(collectionId, write, call.signal);
  }

  async createRun(collectionId: string, settings: RunSettings, tag: string): Promise<RunSummary> {
    const create = (): Promise<RunSummary> => this.#runs.createRun(collectionId, settings, tag);
    return await this.#change(collectionId, create);
  }

  async queryToScore(
    collectionId: string,
    runId: string,
    queryNumber: number,
    provenance: Provenance,
    call: CollectionsCall = {},
  ): Promise<QueryToScore> {
    return await this.#runs.queryToScore(collectionId, runId, queryNumber, provenance, call);
  }

  async keepScores(
    collectionId: string,
    runId: string,
    queryNumber: number,
    places: readonly number[],
    scores: NewScores | null,
    provenance: Provenance,
  ): Promise<RunSummary> {
    return await this.#change(collectionId, () =>
      this.#runs.keepScores(collectionId, runId, queryNumber, places, scores, provenance),
    );
  }

  async pendingQueries(collectionId: string, runId: string): Promise<readonly number[]> {
    return await this.#runs.pendingQueries(collectionId, runId);
  }

  async removeRun(collectionId: string, runId: string): Promise<CollectionSummary> {
    return await this.#change(collectionId, () => this.#runs.removeRun(collectionId, runId));
  }

  async evaluate(
    collectionId: string,
    settings: EvaluationSettings,
    runIds: readonly string[] | null,
    call: CollectionsCall = {},
  ): Promise<Evaluation> {
    return await this.#runs.evaluate(collectionId, settings, runIds, call);
  }

  async queryDetail(
    collectionId: string,
    queryNumber: number,
    runId: string | null,
    depth: number | null,
    call: CollectionsCall = {},
  ): Promise<QueryDetail> {
    return await this.#runs.queryDetail(collectionId, queryNumber, runId, depth, call);
  }

  async exportRun(
    collectionId: string,
    what: RunExport,
    format: ExportFormat,
    options: ExportOptions,
    call: CollectionsCall = {},
  ): Promise<ExportedFile> {
    return await this.#runs.exportRun(collectionId, what, format, options, call);
  }

  async exportedRun(
    collectionId: string,
    what: RunExport,
    call: CollectionsCall = {},
  ): Promise<ExportedRun> {
    return await this.#runs.exportedRun(collectionId, what, call);
  }

  async scoreCacheUse(): Promise<ScoreCacheUse> {
    return await this.#runs.scoreCacheUse();
  }

  async clearScoreCache(): Promise<void> {
    await this.#runs.clearScoreCache();
  }

  /** Sweeps once; what cannot be swept away now is tried again at the next opening. */
  async #begin(signal?: AbortSignal): Promise<void> {
    checkAborted(signal);
    this.#swept ??= this.#shelf.sweep().catch(() => undefined);
    await this.#swept;
  }

  async #change<T>(id: string, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#begin(signal);
    return await this.#shelf.change(id, job, signal);
  }

  /** The collection as it is stored now: another tab may have changed it. */
  async #open(id: string): Promise<StoredCollection> {
    await this.#begin();
    const record = await this.#shelf.read(id);
    const known = this.#opened.get(id);
    const opened: OpenedCollection =
      known?.contentSet === record.contentSet
        ? known
        : {
            contentSet: record.contentSet,
            collection: StoredCollection.open(this.#storage, record),
          };
    this.#opened.delete(id);
    this.#opened.set(id, opened);
    for (const oldest of this.#opened.keys()) {
      if (this.#opened.size <= keptOpen) break;
      this.#opened.delete(oldest);
    }
    try {
      const collection = await opened.collection;
      collection.follow(record);
      return collection;
    } catch (error) {
      if (this.#opened.get(id) === opened) this.#opened.delete(id);
      throw error;
    }
  }
}

async function expand(files: readonly ImportFile[], { signal, onProgress }: CollectionsCall) {
  return await expandArchives(files, {
    signal,
    onProgress: (done, total) => {
      const event: CollectionsEvent = { type: 'progress', step: 'unpacking', done, total };
      onProgress?.(event);
    },
  });
}

/** All of a collection in memory. */
async function contentOf(
  collection: StoredCollection,
  signal: AbortSignal | undefined,
): Promise<CollectionContent> {
  const { docIds, queries, candidates, qrels, summary } = collection;
  const titles: (string | null)[] = [];
  const texts: string[] = [];
  for await (const block of collection.documentBlocks()) {
    checkAborted(signal);
    for (const { title, text } of block) {
      titles.push(title ?? null);
      texts.push(text);
    }
  }
  const { firstStageTag } = summary;
  return { docIds, titles, texts, queries, candidates, qrels, firstStageTag };
}

/** Memory is this worker's own. Insecure origins have no locks. */
function platformLocks(storage: CollectionStorage): LockManager | null {
  return storage.kind === 'disk' ? (globalThis.navigator?.locks ?? null) : null;
}
