import type { Document, Query } from '../core/types.ts';

/** One document of a ranking that goes out. */
export interface ExportedDocument extends Document {
  /** From 1. */
  readonly rank: number;
  /**
   * Place among the documents as they were given, from 0: what the services' responses call
   * `index`.
   */
  readonly index: number;
  /** What the order goes by; falls with the rank. */
  readonly score: number;
  /** Null where the model has not scored it. */
  readonly logit: number | null;
  /** Sigmoid of the logit, 0..1; null as `logit`. */
  readonly relevance: number | null;
  /** Null where the first stage gave none. */
  readonly firstStageScore: number | null;
  /** Null where not judged. */
  readonly grade: number | null;
  /** Tokens of the pair; 0 where not scored. */
  readonly tokens: number;
}

/** One query with its documents, best first. */
export interface ExportedRanking {
  readonly query: Query;
  readonly documents: readonly ExportedDocument[];
}

/** A ranking or a whole run, and what made it: enough for somebody else to check it. */
export interface ExportedRun {
  /** Name of the system, `cross-encoder`, `bm25`, `first-stage`, `fusion-rrf` or a run's tag. */
  readonly system: string;
  readonly rankings: readonly ExportedRanking[];
  /** Null for orders that no model made. */
  readonly provenance: Provenance | null;
}

/** What a model's scores came from. */
export interface Provenance {
  readonly model: string;
  readonly revision: string;
  readonly dtype: string;
  readonly device: string;
  readonly adapter: string | null;
  readonly threads: number;
  /** Longest pair in tokens. */
  readonly maxLength: number;
  readonly longDocuments: string;
  /** Candidates per query that were scored. */
  readonly depth: number;
  /** Whether titles were put before the texts. */
  readonly titles: boolean;
  /** Model, revision and weights that scored all documents before; absent where none did. */
  readonly firstStage?: string;
  /** User agent of the browser. */
  readonly browser: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export const exportFormats = [
  'trec-run',
  'json',
  'jsonl',
  'csv',
  'cohere',
  'jina',
  'tei',
  'voyage',
  'markdown',
] as const;

/**
 * `trec-run`, `json`, `jsonl` and `csv` are files that import reads back; `cohere` (v2), `jina`,
 * `tei` and `voyage` are the responses of those services (an array of them for more than one
 * query); `markdown` is context for a prompt: the texts with their ids.
 */
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  /** Documents per query; null: all. */
  readonly topK: number | null;
  /** `json`, `jsonl`, `csv`: with the documents' texts. Default true. */
  readonly texts?: boolean;
  /** `tei`: logits instead of relevance. Default false. */
  readonly rawScores?: boolean;
}

/** A text ready to be copied or saved. */
export interface ExportedFile {
  /** Without folder, for example `dl19.cross-encoder.run`. */
  readonly name: string;
  readonly mediaType: string;
  readonly text: string;
}
