/**
 * The contract that every reranker fulfils: the cross-encoder inside the worker, the client that
 * owns the worker, and BM25. Whoever holds a `Reranker` need not know which one it is.
 */

/** Where the arithmetic runs. `js` is plain JavaScript and belongs to BM25 alone. */
export type Device = 'webgpu' | 'wasm' | 'js';

/** What a caller may ask for. `auto` takes WebGPU on a real GPU and WASM otherwise. */
export type DeviceChoice = 'auto' | 'webgpu' | 'wasm';

/** Number format of the stored weights, in the hub's names; `none` where there are no weights. */
export type Dtype = 'fp32' | 'fp16' | 'q8' | 'q4' | 'q4f16' | 'none';

export interface LoadOptions {
  /** Default `auto`. */
  readonly device?: DeviceChoice;
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
  /** Longest pair in tokens, special tokens included. */
  readonly maxLength: number;
  /** Set when the device asked for by `auto` failed and another one stepped in: what happened. */
  readonly fallbackReason?: string;
}

export interface RerankRequest {
  /** Must hold at least one character that is not white space. */
  readonly query: string;
  /** Texts to rank; at least one. Blank ones are scored like any other. */
  readonly documents: readonly string[];
  /** How many to keep, a whole number >= 1. Default: all. */
  readonly topK?: number;
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
  /** Tokens of the pair as scored, special tokens included (for BM25 the words of the document). */
  readonly tokens: number;
  /** True when the pair was longer than the model's maximum and its end was not read. */
  readonly truncated: boolean;
}

export interface RankedDocument extends ScoredDocument {
  /** From 1; ties keep the order of the request. */
  readonly rank: number;
}

/** Where the time of one call went. All in milliseconds of wall time. */
export interface RerankTimings {
  readonly totalMs: number;
  readonly tokenizeMs: number;
  /** Inside the runtime's `run`, all batches added. */
  readonly inferenceMs: number;
  readonly pairsPerSecond: number;
  readonly batches: number;
  /** Tokens of all scored pairs, without padding. */
  readonly tokens: number;
  /** Padding tokens / (tokens + padding tokens), 0..1. */
  readonly paddedShare: number;
}

export interface RerankResult extends LoadedModel {
  /** Best first, at most topK. */
  readonly ranking: readonly RankedDocument[];
  readonly timings: RerankTimings;
}

/** Progress of a load. Bytes never fall, the total never changes, the last equals the total. */
export type LoadEvent =
  | { readonly type: 'downloading'; readonly loadedBytes: number; readonly totalBytes: number }
  | { readonly type: 'preparing' }
  | { readonly type: 'ready'; readonly model: LoadedModel };

/** Progress of a rerank, with the scores that became known since the event before. */
export type ScoringEvent = {
  readonly type: 'scoring';
  /** Documents scored so far, and in all. */
  readonly done: number;
  readonly total: number;
  /** Tokens scored so far, and in all: the measure in which time is linear. 0 of 0 if unknown. */
  readonly doneTokens: number;
  readonly totalTokens: number;
  readonly scores: readonly ScoredDocument[];
};

export type RerankEvent = LoadEvent | ScoringEvent;

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
