import type { Evaluation, EvaluationSettings } from '../core/evaluation-types.ts';
import { OwnedWorker } from '../engine/owned-worker.ts';
import type {
  ExportedFile,
  ExportedRun,
  ExportFormat,
  ExportOptions,
  Provenance,
} from '../io/export-types.ts';
import type { FilePreview, ImportFile } from '../io/import-types.ts';
import type {
  CollectionOverview,
  CollectionSummary,
  ImportReport,
  ImportTarget,
  NewScores,
  QueryDetail,
  QueryToScore,
  RunSettings,
  RunSummary,
  ScoreCacheUse,
} from './collection.ts';
import type {
  Collections,
  CollectionsCall,
  CollectionsEvent,
  CollectionsMethod,
  ImportChoices,
  RunExport,
} from './collections-api.ts';
import type { LibraryWorkerApi } from './serve-collections.ts';

export interface WorkerCollectionsOptions {
  /** Starts the worker; called again after a crash. */
  readonly createWorker: () => Worker;
}

/** The answer to a method of `Collections`. */
type Answer<Method extends CollectionsMethod> = ReturnType<Collections[Method]>;

/**
 * The collections on this machine as the page sees them: it owns the worker that keeps them. Calls
 * may overlap. Aborting rejects a call at once; the worker stops soon after.
 *
 * Arguments and answers are copied, not transferred: arrays belong to an opened collection that the
 * worker goes on using, and Blobs are never copied at all.
 */
export class WorkerCollections implements Collections {
  readonly #worker: OwnedWorker<LibraryWorkerApi, CollectionsEvent>;

  constructor({ createWorker }: WorkerCollectionsOptions) {
    this.#worker = new OwnedWorker({
      createWorker,
      crashMessage: (what) =>
        `The worker that keeps collections ${what}. Try again: what was kept on disk is still there.`,
      disposedMessage: 'These collections were disposed; create new ones.',
    });
  }

  /** `memory`: the browser refuses to keep anything, and collections end with the tab. */
  storageKind(): Promise<'disk' | 'memory'> {
    return this.#worker.call((api, port) => api.storageKind(port));
  }

  inspect(
    files: readonly ImportFile[],
    choices: ImportChoices,
    call?: CollectionsCall,
  ): Promise<readonly FilePreview[]> {
    return this.#call('inspect', [files, choices], call);
  }

  importFiles(
    files: readonly ImportFile[],
    choices: ImportChoices,
    target: ImportTarget,
    call?: CollectionsCall,
  ): Promise<ImportReport> {
    return this.#call('importFiles', [files, choices, target], call);
  }

  list(): Promise<readonly CollectionSummary[]> {
    return this.#call('list', []);
  }

  open(collectionId: string): Promise<CollectionOverview> {
    return this.#call('open', [collectionId]);
  }

  rename(collectionId: string, name: string): Promise<CollectionSummary> {
    return this.#call('rename', [collectionId, name]);
  }

  duplicate(
    collectionId: string,
    name: string,
    call?: CollectionsCall,
  ): Promise<CollectionSummary> {
    return this.#call('duplicate', [collectionId, name], call);
  }

  remove(collectionId: string): Promise<void> {
    return this.#call('remove', [collectionId]);
  }

  restore(collectionId: string): Promise<CollectionSummary> {
    return this.#call('restore', [collectionId]);
  }

  purge(collectionId: string): Promise<void> {
    return this.#call('purge', [collectionId]);
  }

  exportCollection(collectionId: string, call?: CollectionsCall): Promise<Blob> {
    return this.#call('exportCollection', [collectionId], call);
  }

  createRun(collectionId: string, settings: RunSettings, tag: string): Promise<RunSummary> {
    return this.#call('createRun', [collectionId, settings, tag]);
  }

  queryToScore(
    collectionId: string,
    runId: string,
    queryNumber: number,
    provenance: Provenance,
    call?: CollectionsCall,
  ): Promise<QueryToScore> {
    return this.#call('queryToScore', [collectionId, runId, queryNumber, provenance], call);
  }

  keepScores(
    collectionId: string,
    runId: string,
    queryNumber: number,
    places: readonly number[],
    scores: NewScores | null,
    provenance: Provenance,
  ): Promise<RunSummary> {
    const args = [collectionId, runId, queryNumber, places, scores, provenance] as const;
    return this.#call('keepScores', args);
  }

  pendingQueries(collectionId: string, runId: string): Promise<readonly number[]> {
    return this.#call('pendingQueries', [collectionId, runId]);
  }

  removeRun(collectionId: string, runId: string): Promise<CollectionSummary> {
    return this.#call('removeRun', [collectionId, runId]);
  }

  evaluate(
    collectionId: string,
    settings: EvaluationSettings,
    runIds: readonly string[] | null,
    call?: CollectionsCall,
  ): Promise<Evaluation> {
    return this.#call('evaluate', [collectionId, settings, runIds], call);
  }

  queryDetail(
    collectionId: string,
    queryNumber: number,
    runId: string | null,
    depth: number | null,
    call?: CollectionsCall,
  ): Promise<QueryDetail> {
    return this.#call('queryDetail', [collectionId, queryNumber, runId, depth], call);
  }

  exportRun(
    collectionId: string,
    what: RunExport,
    format: ExportFormat,
    options: ExportOptions,
    call?: CollectionsCall,
  ): Promise<ExportedFile> {
    return this.#call('exportRun', [collectionId, what, format, options], call);
  }

  exportedRun(collectionId: string, what: RunExport, call?: CollectionsCall): Promise<ExportedRun> {
    return this.#call('exportedRun', [collectionId, what], call);
  }

  scoreCacheUse(): Promise<ScoreCacheUse> {
    return this.#call('scoreCacheUse', []);
  }

  clearScoreCache(): Promise<void> {
    return this.#call('clearScoreCache', []);
  }

  /** Ends the worker; what was kept stays. A later call rejects. */
  async dispose(): Promise<void> {
    this.#worker.dispose();
  }

  /** @param args of the method, without its `call`: functions and signals cannot be sent */
  async #call<Method extends CollectionsMethod>(
    method: Method,
    args: readonly unknown[],
    call: CollectionsCall = {},
  ): Promise<Awaited<Answer<Method>>> {
    const { signal, onProgress } = call;
    const answer = await this.#worker.call((api, port) => api.call(method, args, port), {
      signal,
      onEvent: onProgress,
    });
    // The worker answers as this method of its library does.
    return answer as Awaited<Answer<Method>>;
  }
}
