/**
 * What of a collection is kept, and how the parts of this layer reach it: import writes whole
 * collections, scoring and evaluation read parts of them.
 */

import type { Document, Qrels, Query } from '../core/types.ts';
import type { CollectionSummary, RunSummary } from './collection.ts';

/** Candidates of one query, best first as the first stage has them. */
export interface StoredCandidates {
  /** Places in the collection's documents, from 0, each once. */
  readonly documents: Int32Array;
  /** In the same order; null where only the order is known. */
  readonly scores: Float64Array | null;
}

/** All of a collection in memory, as import makes it. Arrays of documents are equally long. */
export interface CollectionContent {
  readonly docIds: readonly string[];
  /** Null where a document has no title. */
  readonly titles: readonly (string | null)[];
  readonly texts: readonly string[];
  readonly queries: readonly Query[];
  /** By place of the query; null where none were given. */
  readonly candidates: readonly (StoredCandidates | null)[];
  readonly qrels: Qrels;
  readonly firstStageTag: string | null;
}

/** Scores of a model run, or the ranking of an imported one, for one query. */
export interface StoredRunQuery {
  /**
   * Places in the collection's documents. For model runs the candidates within the depth, in the
   * first stage's order; for imported runs best first.
   */
  readonly documents: Int32Array;
  /** Logits of model runs, scores of imported ones; NaN where not known. */
  readonly scores: Float64Array;
  /** Tokens of the pairs, 0 where not scored; empty for imported runs. */
  readonly tokens: Int32Array;
  /** 1 where truncated; empty for imported runs. */
  readonly truncated: Uint8Array;
  /** Time of the pairs that were scored for this run, in ms; null where none was. */
  readonly scoringMs: number | null;
  /** Tokens of the pairs that `scoringMs` is about. */
  readonly scoredTokens: number;
}

/**
 * One collection, opened: small parts are in memory, texts are read when asked for.
 * Every rejection is a RerankError (`storage-unavailable`, `storage-full`, `collection-missing`).
 */
export interface OpenCollection {
  /** As it is now; a new object after every change. */
  readonly summary: CollectionSummary;
  readonly docIds: readonly string[];
  readonly queries: readonly Query[];
  readonly candidates: readonly (StoredCandidates | null)[];
  readonly qrels: Qrels;

  /** The documents at these places, in that order. */
  documentsAt(places: ArrayLike<number>): Promise<readonly Document[]>;
  /** All documents, block by block, in order. */
  documentBlocks(): AsyncIterable<readonly Document[]>;

  putRun(run: RunSummary): Promise<void>;
  removeRun(runId: string): Promise<void>;
  runQuery(runId: string, queryNumber: number): Promise<StoredRunQuery | null>;
  /** By place of the query; null where the run has not come to it. */
  runQueries(runId: string): Promise<readonly (StoredRunQuery | null)[]>;
  /** Keeps one query of a run together with the run's new summary, both or neither. */
  putRunQuery(run: RunSummary, queryNumber: number, scores: StoredRunQuery): Promise<void>;
}

/** A place for remembered scores: fingerprint keys, opaque values; the oldest may be dropped. */
export interface ScoreRecords {
  get(key: string): Promise<StoredScores | null>;
  /** Replaces what is there. */
  put(key: string, scores: StoredScores): Promise<void>;
  use(): Promise<{ readonly scores: number; readonly bytes: number }>;
  clear(): Promise<void>;
}

/** Scores of one (model, query), by fingerprint of the document's text. */
export interface StoredScores {
  /** 128 bits per text: four words each, in any order of texts. */
  readonly fingerprints: Uint32Array;
  readonly logits: Float64Array;
  readonly tokens: Int32Array;
  readonly truncated: Uint8Array;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}
