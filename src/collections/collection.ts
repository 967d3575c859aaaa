import type { Document, Query } from '../core/types.ts';
import type { LongDocuments } from '../engine/reranker.ts';
import type { Provenance } from '../io/export-types.ts';
import type { ImportCounts, ImportProblem } from '../io/import-types.ts';

/** A collection as lists show it. */
export interface CollectionSummary extends ImportCounts {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Queries with at least one judgement. */
  readonly judgedQueries: number;
  /**
   * `given`: candidates came with the data; `bm25`: they did not, BM25 over all documents finds
   * them; `none`: nothing to rank (no queries or no documents).
   */
  readonly candidateSource: 'given' | 'bm25' | 'none';
  /** Name of the first stage, for example a TREC run tag; null where not known. */
  readonly firstStageTag: string | null;
  /** UTF-16 units of all texts. */
  readonly textLength: number;
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  /** False: it can be deleted, not opened. */
  readonly readable: boolean;
  /** Why it is not readable: a later version of this app wrote it, or a part of it is missing. */
  readonly problem?: 'newer-version' | 'damaged';
}

/** What a model run was asked to do. */
export interface RunSettings {
  /** Candidates per query that are scored, >= 1. */
  readonly depth: number;
  /** Only the first so many queries; null: all. */
  readonly queryLimit: number | null;
  /** Whether titles are put before the texts. */
  readonly titles: boolean;
  readonly longDocuments: LongDocuments;
  readonly maxLength: number;
}

export interface RunSummary {
  readonly runId: string;
  readonly kind: 'model' | 'imported';
  /** The model's id, or the tag of the imported run. */
  readonly tag: string;
  readonly createdAt: number;
  /** Null for imported runs. */
  readonly settings: RunSettings | null;
  /** Null for imported runs, and until the model was loaded. */
  readonly provenance: Provenance | null;
  readonly doneQueries: number;
  /** Queries that the run is about. */
  readonly totalQueries: number;
  /** Pairs scored by the model, and taken from earlier runs instead. */
  readonly scoredPairs: number;
  readonly cachedPairs: number;
  /** Time that the model took for `scoredPairs`, in ms. */
  readonly scoringMs: number;
}

/** A collection, opened. */
export interface CollectionOverview {
  readonly summary: CollectionSummary;
  readonly queries: readonly QuerySummary[];
}

export interface QuerySummary extends Query {
  /** Place in the collection, from 0: what calls about a query take. */
  readonly number: number;
  /** Candidates given; 0 where BM25 finds them. */
  readonly candidates: number;
  readonly judged: number;
  readonly relevant: number;
}

/** What is to be scored for one query of a run. */
export interface QueryToScore {
  readonly number: number;
  readonly query: Query;
  /** Candidates within the depth. */
  readonly candidates: number;
  /** Those whose score is not known from an earlier run: places (from 0) and texts, equally long. */
  readonly missingPlaces: readonly number[];
  readonly missingTexts: readonly string[];
}

/** Scores that the model gave, in the order of `missingPlaces`. */
export interface NewScores {
  readonly logits: Float64Array;
  readonly tokens: Int32Array;
  readonly truncated: readonly boolean[];
  /** Wall time of the scoring, in ms. */
  readonly scoringMs: number;
}

/** One query with all that is known of its candidates, for looking at. Arrays go by candidate. */
export interface QueryDetail {
  readonly query: Query;
  readonly documents: readonly Document[];
  /** Null where the first stage gave no scores. */
  readonly firstStageScores: Float64Array | null;
  readonly bm25Scores: Float64Array;
  /** NaN where the run has not scored it. */
  readonly logits: Float64Array;
  /** 0 where not scored. */
  readonly tokens: Int32Array;
  readonly truncated: readonly boolean[];
  /** NaN where not judged. */
  readonly grades: Float64Array;
  /** Relevant documents that are not among the candidates. */
  readonly missedRelevant: number;
}

/** Where an import goes. */
export type ImportTarget =
  | { readonly kind: 'new'; readonly name: string }
  /** Adds to what is there; what is there wins over what is new and equal in id. */
  | { readonly kind: 'into'; readonly collectionId: string };

/** What came of an import. Always a complete account: nothing is dropped without a word. */
export interface ImportReport {
  /** Null when nothing was taken in, and then nothing was changed. */
  readonly summary: CollectionSummary | null;
  /** Newly taken in. */
  readonly counts: ImportCounts;
  /** Runs taken in as systems of their own, by tag. */
  readonly importedRuns: readonly string[];
  readonly problems: readonly ImportProblem[];
  readonly elapsedMs: number;
}

/** How much room remembered scores take. */
export interface ScoreCacheUse {
  readonly scores: number;
  readonly bytes: number;
}
