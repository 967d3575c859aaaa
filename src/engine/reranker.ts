/**
 * The contract that every reranker fulfils: the cross-encoder inside the worker, the client that
 * owns the worker, and BM25. Whoever holds a `Reranker` need not know which one it is.
 */

import type { RerankErrorCode } from '../core/errors.ts';
import type { PassageFold } from '../core/passages.ts';
import type { Dtype } from '../models/model-card.ts';

/** Where the arithmetic runs. `js` is plain JavaScript and belongs to BM25 alone. */
export type Device = 'webgpu' | 'wasm' | 'js';

/** What a caller may ask for. `auto` takes WebGPU on a real GPU and WASM otherwise. */
export type DeviceChoice = 'auto' | 'webgpu' | 'wasm';

export interface LoadOptions {
  /** Default `auto`. */
  readonly device?: DeviceChoice;
  /**
   * The embedded model, a repository of a hub (`owner/name`, or the name of the original that was
   * converted), or a model that was brought from disk. Default: the model in use, at first the
   * embedded one.
   */
  readonly model?: string;
  /** Branch, tag or commit of the repository. Default: the one kept here, else the catalog's. */
  readonly revision?: string;
  /** Origin with the hub's URL scheme, `http://localhost` included. Default huggingface.co. */
  readonly host?: string;
  /** Which weights. Default: the best that this device can run. */
  readonly dtype?: Dtype;
  /**
   * Access token of the hub, for gated and private models. Sent to the origin of `host` alone, and
   * not along with redirects to another; held in memory for later calls to that host, and written
   * nowhere. Default: the one given before, if any.
   */
  readonly token?: string;
}

/** How to run one model on one device, found by measuring. */
export interface Tuning {
  /** Most padded tokens of one batch, a whole number > 0. */
  readonly tokenBudget: number;
  /** Fixed cost of one more batch, in tokens worth of time. >= 0. */
  readonly overheadTokens: number;
}

/** One pair of a self-test: what came out, and what should have. */
export interface SelfTestPair {
  readonly query: string;
  readonly document: string;
  readonly logit: number;
  /** Null where there was nothing to compare with. */
  readonly expected: number | null;
}

/** Whether a device computes what it should with one build of a model. */
export interface SelfTestReport {
  /**
   * `passed`: within the tolerance and in the right order. `differs`: numbers, but others than
   * expected. `broken`: not finite, or the same for every pair. `unchecked`: sane, but there was
   * nothing to compare with.
   */
  readonly verdict: 'passed' | 'differs' | 'broken' | 'unchecked';
  /** Published logits, those that came with the model's files, or WASM on this machine. */
  readonly against: 'published' | 'model-files' | 'wasm' | 'nothing';
  /** Who says so, for example the page that the logits were published on. */
  readonly source: string;
  readonly pairs: readonly SelfTestPair[];
  /** Largest |logit - expected|; null without expectations. */
  readonly largestDifference: number | null;
  /** The largest difference that is accepted for this dtype. */
  readonly tolerance: number;
  /** English: what is wrong, or why nothing was compared. Empty when passed. */
  readonly reason: string;
}

/** A build that could not be used here, and the one tried after it. */
export interface StepDown {
  readonly from: { readonly device: Device; readonly dtype: Dtype };
  readonly to: { readonly device: Device; readonly dtype: Dtype };
  readonly code: RerankErrorCode;
  /** English: what happened. */
  readonly reason: string;
}

/** What is loaded, and where: enough for somebody else to repeat a measurement. */
export interface LoadedModel {
  /** Model id, for example `crossrank-tiny-en-zh` or `bm25`. */
  readonly model: string;
  /** Pinned revision of the weights (for BM25 its parameters). */
  readonly revision: string;
  readonly dtype: Dtype;
  readonly device: Device;
  /** Name of the GPU adapter; null where no GPU is used. */
  readonly adapter: string | null;
  /** True when the adapter is a software one (SwiftShader, llvmpipe), which is slower than WASM. */
  readonly softwareAdapter: boolean;
  /** CPU threads used by the runtime, at least 1. */
  readonly threads: number;
  /** Longest pair in tokens that the model can read, special tokens included. */
  readonly maxLength: number;
  /** Null for BM25, which has nothing to test. */
  readonly selfTest: SelfTestReport | null;
  /** Builds that were tried before this one, in order; mostly none. */
  readonly stepDowns: readonly StepDown[];
  /** Set when another build stepped in for the first choice: the last reason. */
  readonly fallbackReason?: string;
}

/**
 * What becomes of a document that does not fit the model: cut into overlapping passages, of which
 * the best counts (`max`), the mean of the best three, or the first; or truncated, so that its end
 * is not read.
 */
export type LongDocuments = PassageFold | 'truncate';

export interface RerankRequest {
  /** Must hold at least one character that is not white space. */
  readonly query: string;
  /** Texts to rank; at least one. Blank ones are scored like any other. */
  readonly documents: readonly string[];
  /** How many to keep, a whole number >= 1. Default: all. */
  readonly topK?: number;
  /** Default `max`. */
  readonly longDocuments?: LongDocuments;
  /**
   * Longest pair in tokens, special tokens included: 32 to the model's maximum. Time and memory of
   * a pair grow with its square. Default 512, or the model's maximum if that is less.
   */
  readonly maxLength?: number;
  /**
   * How promising each document is, by its position, for example by BM25 or its first-stage score:
   * higher ones are scored earlier, as far as that costs nothing. Never changes a score. Default:
   * the order of the documents.
   */
  readonly promise?: readonly number[];
  /** False scores everything, though scores of earlier calls are known. Default true. */
  readonly remember?: boolean;
}

/** The slice of a document that decided its score. */
export interface DecidingPassage {
  /** Offsets into the document's text, in UTF-16 code units; the end is exclusive. */
  readonly start: number;
  readonly end: number;
  /** Which passage it is, from 0, and how many were scored. */
  readonly index: number;
  readonly count: number;
}

/** The score of one (query, document) pair. */
export interface ScoredDocument {
  /** Position in the request, from 0. */
  readonly index: number;
  /** Raw output of the model head (for BM25 its sum of term weights, >= 0). Unbounded. */
  readonly logit: number;
  /**
   * 0..1, growing with the logit: its sigmoid (for BM25 the share of the best score in the same
   * request, which is not comparable between requests).
   */
  readonly relevance: number;
  /**
   * Tokens as scored, special tokens included, all passages together (for BM25 the words of the
   * document).
   */
  readonly tokens: number;
  /** True when the end of the query or of the document was not read. */
  readonly truncated: boolean;
  /** Set when the document was scored in more than one passage. */
  readonly passage?: DecidingPassage;
}

export interface RankedDocument extends ScoredDocument {
  /** From 1; ties keep the order of the request. */
  readonly rank: number;
}

/** One call of the runtime. Times are milliseconds since the call of `rerank` got its turn. */
export interface BatchRecord {
  readonly startMs: number;
  readonly endMs: number;
  /** Pairs, and the tokens that each row was padded to. */
  readonly rows: number;
  readonly width: number;
  /** Tokens of the pairs, without padding. */
  readonly tokens: number;
  /** Arithmetic on the GPU by the GPU's own clock; null where that is not offered. */
  readonly gpuMs: number | null;
}

/**
 * Where the time of one call went. All in milliseconds of wall time. `tokenizeMs`, `inferenceMs`
 * and `transferMs` do not overlap where one thread does all three (WASM); on WebGPU tokenising
 * goes on while the device works.
 */
export interface RerankTimings {
  /** From the call's turn to its result, loading left out. */
  readonly totalMs: number;
  /** Waiting for calls before this one, and for the model to load. */
  readonly queueMs: number;
  readonly tokenizeMs: number;
  /** Inside the runtime's `run`, all batches added. */
  readonly inferenceMs: number;
  /** Writing inputs, reading logits, and the way between page and worker and back. */
  readonly transferMs: number;
  /** Of `inferenceMs`: arithmetic on the GPU by its own clock; null where not offered. */
  readonly gpuMs: number | null;
  /** Pairs scored; more than the documents where these were cut into passages. */
  readonly pairs: number;
  readonly pairsPerSecond: number;
  readonly batches: number;
  /** Tokens of all scored pairs, without padding. */
  readonly tokens: number;
  /** Padding tokens / (tokens + padding tokens), 0..1. */
  readonly paddedShare: number;
  /**
   * Operations of the scored pairs as computed, padding left out: a multiply-add counts as two.
   * Null where the model's shape is not known.
   */
  readonly flop: number | null;
  /** Most padded tokens of one batch. */
  readonly tokenBudget: number;
  /**
   * Documents that were not scored again: their scores were known from an earlier call, or from
   * before the run was recovered. The other figures are of what came after that.
   */
  readonly remembered: number;
  /** Every call of the runtime, in order. */
  readonly timeline: readonly BatchRecord[];
}

export interface RerankResult extends LoadedModel {
  /** Best first, at most topK. */
  readonly ranking: readonly RankedDocument[];
  readonly timings: RerankTimings;
  /** Set by the call in which the measuring of this model on this device came to its end. */
  readonly tuning?: Tuning;
}

/**
 * Progress of a load. Within one build bytes never fall, the total never changes and the last
 * equals the total; after a step down another build begins anew.
 */
export type LoadEvent =
  /** The host is being asked which files it has. */
  | { readonly type: 'looking-up' }
  | { readonly type: 'downloading'; readonly loadedBytes: number; readonly totalBytes: number }
  | { readonly type: 'preparing' }
  | { readonly type: 'testing' }
  | { readonly type: 'stepping-down'; readonly step: StepDown }
  | { readonly type: 'ready'; readonly model: LoadedModel };

/** Progress of a rerank, with the scores that became known since the event before. */
export type ScoringEvent = {
  readonly type: 'scoring';
  /** Documents scored so far, and in all. */
  readonly done: number;
  readonly total: number;
  /**
   * Tokens scored so far, and in all: the measure in which time is linear. The second is judged
   * from the lengths of texts until all of them are tokenised, and exact from then on. 0 of 0 if
   * unknown.
   */
  readonly doneTokens: number;
  readonly totalTokens: number;
  readonly scores: readonly ScoredDocument[];
};

/** Failures of a run that the library makes good by itself, see `RecoveringEvent`. */
export type RecoveredCode = 'device-lost' | 'out-of-memory' | 'worker-crashed';

/**
 * A run has failed, and goes on by itself: the worker is started again with the same model on the
 * same device (events of a load follow), and scores the rest. A lost GPU and a crashed worker are
 * made good once in ten minutes each, the next one rejects the call; too little memory is answered
 * with batches half as large, down to one pair.
 */
export interface RecoveringEvent {
  readonly type: 'recovering';
  /** What happened. */
  readonly code: RecoveredCode;
  /** How often in this run, from 1. */
  readonly attempt: number;
}

export type RerankEvent = LoadEvent | ScoringEvent | RecoveringEvent;

/** How fast pairs of one length are scored. */
export interface BenchmarkRow {
  /** Tokens of each pair, special tokens included. */
  readonly tokens: number;
  readonly pairsPerSecond: number;
  /**
   * Multiply-adds of linear layers and attention, counted as two operations each, per second, in
   * 10^9; null when the model's shape is not known.
   */
  readonly gflops: number | null;
  readonly pairs: number;
  readonly batchRows: number;
  readonly elapsedMs: number;
}

/** What `benchmark` measured, with all that somebody else needs to repeat it. */
export interface BenchmarkReport extends LoadedModel {
  readonly rows: readonly BenchmarkRow[];
  /** The fastest way to cut batches here, where the time was enough to find it. */
  readonly tuning?: Tuning;
  /** Milliseconds since 1970. */
  readonly measuredAt: number;
}

export interface CallOptions {
  /** Aborting rejects the call with code `aborted`, at the latest after the batch in flight. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RerankEvent) => void;
}

/**
 * One reranker. Calls on one instance run one after the other.
 * Every rejection is a `RerankError`.
 */
export interface Reranker {
  /** Makes the model ready; a second call with the same options answers at once. */
  load(options?: LoadOptions, call?: CallOptions): Promise<LoadedModel>;
  /** Scores every document against the query; loads first if that has not been done. */
  rerank(request: RerankRequest, call?: CallOptions): Promise<RerankResult>;
  /** Frees everything; a later call rejects with code `disposed`. */
  dispose(): Promise<void>;
}
