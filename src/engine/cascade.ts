import { RerankError, type RerankErrorCode, toRerankError } from '../core/errors.ts';
import { abortedError } from '../models/abort.ts';
import {
  CascadeProgress,
  type CascadeScoringEvent,
  type CascadeStage,
} from './cascade-progress.ts';
import { checkCall, checkLoadOptions, checkRequest } from './request.ts';
import type {
  CallOptions,
  LoadEvent,
  LoadOptions,
  RankedDocument,
  RecoveringEvent,
  RerankEvent,
  RerankRequest,
  RerankResult,
  ScoringEvent,
} from './reranker.ts';
import type { WorkerReranker } from './worker-reranker.ts';

/** Two models, one worker each, and how many documents the second one reads. */
export interface CascadeModels {
  /** Scores every document. */
  readonly fast: Pick<WorkerReranker, 'rerank'>;
  /** Scores the best of them again. */
  readonly strong: Pick<WorkerReranker, 'load' | 'rerank'>;
  readonly fastOptions: LoadOptions;
  readonly strongOptions: LoadOptions;
  /**
   * How many of the fast model's best are scored again, a whole number >= 1. Default 20. Copies of
   * their texts are scored again with them, so that equal documents stand together.
   */
  readonly depth?: number;
}

/** What happens in one stage; `scoring` counts over both. */
export type CascadeEvent =
  | ((LoadEvent | RecoveringEvent) & { readonly stage: CascadeStage })
  | CascadeScoringEvent;

export interface CascadeCall {
  /** Aborting stops both models; the scores so far came with the events, and are remembered. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: CascadeEvent) => void;
}

/**
 * Logits of two models cannot be compared: `logit` and `relevance` are of the model that `stage`
 * names.
 */
export interface CascadeDocument extends RankedDocument {
  readonly stage: CascadeStage;
  /** The fast model's logit, which every document has. */
  readonly fastLogit: number;
}

export interface CascadeResult {
  /**
   * The strong model's documents in its order (ties in the fast model's), below them the others in
   * the fast model's order; at most topK.
   */
  readonly ranking: readonly CascadeDocument[];
  /** All documents, best first. */
  readonly fast: RerankResult;
  /**
   * The documents that were scored again; `index` is the position in the request. Null after a
   * failure. Its `queueMs` holds the wait for its model to load while the fast one was done.
   */
  readonly strong: RerankResult | null;
  /** Why the ranking is the fast model's alone; null when it is not. */
  readonly strongFailure: { readonly code: RerankErrorCode; readonly message: string } | null;
  /** Both stages, waiting and loading left out, as the `totalMs` of each. */
  readonly totalMs: number;
}

/** How many documents the strong model reads unless the call says otherwise. */
const defaultCascadeDepth = 20;

/**
 * Scores every document with a fast model and the best again with a strong one. Both load side by
 * side, and scoring begins when the fast one is there. If the strong one fails, the fast one's
 * order stands.
 * @throws RerankError as `rerank`; `aborted` and `disposed` of either model, all else of the fast
 */
export async function rerankInCascade(
  request: RerankRequest,
  models: CascadeModels,
  call: CascadeCall = {},
): Promise<CascadeResult> {
  checkCascade(request, models, call);
  if (call.signal?.aborted) throw abortedError(call.signal);
  const { fast, strong, fastOptions, strongOptions } = models;
  // A copy, since callers may change theirs while this waits.
  const documents = [...request.documents];
  const depth = Math.min(models.depth ?? defaultCascadeDepth, documents.length);
  const progress = new CascadeProgress(documents.length, depth);
  const { topK, ...reading } = request;
  const everything: RerankRequest = { ...reading, documents };

  // Ends the strong model's load when the fast model fails.
  const stop = new AbortController();
  const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
  const listen = (stage: CascadeStage, count: (event: ScoringEvent) => CascadeScoringEvent) => {
    const onEvent = (event: RerankEvent): void =>
      call.onEvent?.(event.type === 'scoring' ? count(event) : { ...event, stage });
    return { signal, onEvent } satisfies CallOptions;
  };
  const ofFast = listen('fast', (event) => progress.fast(event));
  const ofStrong = listen('strong', (event) => progress.strong(event));
  try {
    const strongLoad = strong.load(strongOptions, ofStrong);
    // Heard of when it is the strong model's turn.
    strongLoad.catch(() => undefined);
    const fastResult = await fast.rerank(everything, ofFast, fastOptions);
    const best = bestOf(fastResult.ranking, documents, depth);
    progress.startStrong(best);
    const picked = best.map(({ index }) => index);
    try {
      const waitedAt = performance.now();
      await strongLoad;
      const waitedMs = performance.now() - waitedAt;
      const asked = requestOf(everything, picked);
      const answer = await strong.rerank(asked, ofStrong, strongOptions);
      const strongResult = placed(answer, picked, waitedMs);
      return {
        ranking: joinStages(fastResult, strongResult, topK),
        fast: fastResult,
        strong: strongResult,
        strongFailure: null,
        totalMs: fastResult.timings.totalMs + strongResult.timings.totalMs,
      };
    } catch (error) {
      const { code, message } = toRerankError(error, 'inference-failed');
      if (code === 'aborted' || code === 'disposed') throw error;
      return {
        ranking: joinStages(fastResult, null, topK),
        fast: fastResult,
        strong: null,
        strongFailure: { code, message },
        totalMs: fastResult.timings.totalMs,
      };
    }
  } finally {
    stop.abort();
  }
}

/** Refuses what cannot be run, before any work is done. */
function checkCascade(request: RerankRequest, models: CascadeModels, call: CascadeCall): void {
  checkRequest(request);
  const { signal, onEvent } = call;
  checkCall({ ...(signal !== undefined && { signal }) });
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw new RerankError('invalid-request', 'onEvent is no function; pass one or leave it out.');
  }
  const { fastOptions, strongOptions, depth } = models;
  for (const [name, options] of [
    ['fast', fastOptions],
    ['strong', strongOptions],
  ] as const) {
    if (typeof options !== 'object' || options === null) {
      const what = `There is no ${name} model to load; pass ${name}: { model: 'its name' }.`;
      throw new RerankError('invalid-request', what);
    }
    checkLoadOptions(options);
  }
  if (depth !== undefined && !(Number.isInteger(depth) && depth >= 1)) {
    const given = typeof depth === 'number' ? depth : 'no number';
    throw new RerankError(
      'invalid-request',
      `The depth is ${given}; pass how many documents the strong model reads, a whole number >= 1.`,
    );
  }
}

/** The first of a ranking and all copies of their texts, in its order. */
function bestOf(
  ranking: readonly RankedDocument[],
  documents: readonly string[],
  depth: number,
): readonly RankedDocument[] {
  const texts = new Set(ranking.slice(0, depth).map(({ index }) => documents[index]));
  return ranking.filter(({ index }) => texts.has(documents[index]));
}

/** The same request about some of its documents, most promising first. */
function requestOf(request: RerankRequest, picked: readonly number[]): RerankRequest {
  const { promise: _, ...reading } = request;
  const documents = picked.flatMap((index) => {
    const text = request.documents[index];
    return text === undefined ? [] : [text];
  });
  return { ...reading, documents };
}

/** A result about some documents, with their positions in the whole request. */
function placed(result: RerankResult, picked: readonly number[], waitedMs: number): RerankResult {
  const { timings } = result;
  return {
    ...result,
    ranking: result.ranking.map((document) => ({
      ...document,
      index: picked[document.index] ?? document.index,
    })),
    timings: { ...timings, queueMs: timings.queueMs + waitedMs },
  };
}

function joinStages(
  fast: RerankResult,
  strong: RerankResult | null,
  topK = fast.ranking.length,
): readonly CascadeDocument[] {
  const fastLogits = new Map(fast.ranking.map(({ index, logit }) => [index, logit]));
  const again = strong?.ranking ?? [];
  const scoredAgain = new Set(again.map(({ index }) => index));
  const below = fast.ranking.filter(({ index }) => !scoredAgain.has(index));
  const of = (stage: CascadeStage) => (document: RankedDocument) => ({ ...document, stage });
  return [...again.map(of('strong')), ...below.map(of('fast'))]
    .slice(0, topK)
    .map((document, position) => ({
      ...document,
      rank: position + 1,
      fastLogit: fastLogits.get(document.index) ?? document.logit,
    }));
}
