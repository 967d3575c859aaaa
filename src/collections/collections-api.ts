import type { Evaluation, EvaluationSettings } from '../core/evaluation-types.ts';
import type { Outcome } from '../engine/protocol.ts';
import type {
  ExportedFile,
  ExportedRun,
  ExportFormat,
  ExportOptions,
  Provenance,
} from '../io/export-types.ts';
import type { FilePreview, ImportFile, Interpretation } from '../io/import-types.ts';
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

/** Progress of a long call. `done` never falls, `total` may grow while archives are opened. */
export interface CollectionsEvent {
  readonly type: 'progress';
  readonly step: 'unpacking' | 'reading' | 'indexing' | 'writing' | 'evaluating';
  /** Bytes when unpacking, reading or writing; documents when indexing; systems when evaluating. */
  readonly done: number;
  readonly total: number;
}

/** By path: what the user decided; files without an entry are taken as recognised. */
export type ImportChoices = Readonly<Record<string, Interpretation>>;

/** What is exported of a collection: which order, which queries. */
export interface RunExport {
  /** Key of a system, as in `SystemFigures.key`. */
  readonly system: string;
  /** Places of queries; null: all that the system ranks. */
  readonly queryNumbers: readonly number[] | null;
  /** Weight of the model for `weighted:<runId>`. */
  readonly fusionWeight: number;
}

/** How a call is watched and stopped. */
export interface CollectionsCall {
  /** Aborting rejects the call with code `aborted`; nothing half done stays. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: CollectionsEvent) => void) | undefined;
}

/**
 * The collections on this machine. Implemented in the worker by `CollectionLibrary`, in the page by
 * `WorkerCollections`; every rejection is a RerankError.
 */
export interface Collections {
  /**
   * Says how files would be understood, zips expanded; takes nothing in.
   * @param choices what the user changed so far, by path
   */
  inspect(
    files: readonly ImportFile[],
    choices: ImportChoices,
    call?: CollectionsCall,
  ): Promise<readonly FilePreview[]>;
  /**
   * Reads the files as chosen and keeps what they hold, all or nothing.
   * A TREC run with ids and scores gives a new collection (or one without candidates) its
   * candidates; into one that has candidates it becomes an imported run, a system of its own.
   * @throws RerankError `storage-full`, `storage-unavailable`, `aborted`, `collection-missing`
   */
  importFiles(
    files: readonly ImportFile[],
    choices: ImportChoices,
    target: ImportTarget,
    call?: CollectionsCall,
  ): Promise<ImportReport>;

  /** Last changed first, deleted ones left out. */
  list(): Promise<readonly CollectionSummary[]>;
  /** @throws RerankError `collection-missing` (and so all that take a `collectionId`) */
  open(collectionId: string): Promise<CollectionOverview>;
  rename(collectionId: string, name: string): Promise<CollectionSummary>;
  /** With its runs. */
  duplicate(collectionId: string, name: string, call?: CollectionsCall): Promise<CollectionSummary>;
  /** Hides it; `restore` brings it back until `purge`, or ten minutes later. */
  remove(collectionId: string): Promise<void>;
  restore(collectionId: string): Promise<CollectionSummary>;
  /** Deletes what `remove` has hidden, for good. */
  purge(collectionId: string): Promise<void>;
  /** The whole collection with its runs as one file (JSON lines) that `importFiles` reads. */
  exportCollection(collectionId: string, call?: CollectionsCall): Promise<Blob>;

  /** Begins a model run; its queries are scored one by one by the caller. */
  createRun(collectionId: string, settings: RunSettings, tag: string): Promise<RunSummary>;
  /**
   * What of a query is still to be scored. Scores of the same model, query and text are known
   * already, whatever run or collection they come from.
   * @param provenance of the model that will score: part of what makes a score the same
   */
  queryToScore(
    collectionId: string,
    runId: string,
    queryNumber: number,
    provenance: Provenance,
    call?: CollectionsCall,
  ): Promise<QueryToScore>;
  /**
   * Keeps the scores of one query; with it the query is done. Without `scores` (null) all were
   * known. May be called with a part of the places when a run is cancelled: then the scores are
   * remembered, and the query is not done.
   */
  keepScores(
    collectionId: string,
    runId: string,
    queryNumber: number,
    places: readonly number[],
    scores: NewScores | null,
    provenance: Provenance,
  ): Promise<RunSummary>;
  /** The queries of a run that are not done, by place, in order. */
  pendingQueries(collectionId: string, runId: string): Promise<readonly number[]>;
  removeRun(collectionId: string, runId: string): Promise<CollectionSummary>;

  /** @param runIds model and imported runs to show; null: all */
  evaluate(
    collectionId: string,
    settings: EvaluationSettings,
    runIds: readonly string[] | null,
    call?: CollectionsCall,
  ): Promise<Evaluation>;
  /**
   * @param runId whose logits; null: none
   * @param depth most candidates that are returned (all that are given when null)
   */
  queryDetail(
    collectionId: string,
    queryNumber: number,
    runId: string | null,
    depth: number | null,
    call?: CollectionsCall,
  ): Promise<QueryDetail>;
  /** The order of one system, in one of the export formats. */
  exportRun(
    collectionId: string,
    what: RunExport,
    format: ExportFormat,
    options: ExportOptions,
    call?: CollectionsCall,
  ): Promise<ExportedFile>;
  /** The same as data, for reports and pages. */
  exportedRun(collectionId: string, what: RunExport, call?: CollectionsCall): Promise<ExportedRun>;

  scoreCacheUse(): Promise<ScoreCacheUse>;
  clearScoreCache(): Promise<void>;
}

/** The names of the calls. */
export type CollectionsMethod = keyof Collections;

/**
 * What the worker offers: one call that names its method, since all of them travel alike. Progress
 * and abort go through the port.
 */
export interface CollectionsWorkerApi {
  /** Takes the named web lock for as long as the worker lives: its release tells of its death. */
  holdLock(name: string): Promise<void>;
  call(
    method: CollectionsMethod,
    args: readonly unknown[],
    port: MessagePort,
  ): Promise<Outcome<unknown>>;
}
