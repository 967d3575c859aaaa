import type { CascadeStage } from '../engine/cascade-progress.ts';
import type { LoadedModel, RerankTimings } from '../engine/reranker.ts';
import { type FinishedResult, isOfTwo, runTruth } from './run-truth.ts';

/** What one of two models did. */
export interface StageTruth {
  readonly model: LoadedModel;
  readonly documents: number;
  readonly remembered: number;
  readonly totalMs: number;
  /** Null where nothing was scored. */
  readonly tokensPerSecond: number | null;
}

/** What both models of a cascade took, and what the strong one alone would have. */
export interface CascadeTruth {
  readonly fast: StageTruth;
  readonly strong: StageTruth;
  /** Scores of both that were known from an earlier run, and scores of both in all. */
  readonly remembered: number;
  readonly scores: number;
  readonly totalMs: number;
  /** What the strong model would read of all documents: an estimate. */
  readonly allTokens: number;
  /** How long it would take, as fast as it was here; null where it did not score anything. */
  readonly aloneMs: number | null;
}

/** What a cascade took; null for other results. */
export function cascadeTruth(result: FinishedResult): CascadeTruth | null {
  if (!isOfTwo(result) || result.cascade.fastRun === null) return null;
  const { depth, fastRun, fastTokens, stages } = result.cascade;
  const fast = stageTruth(fastRun.model, fastRun.timings, result.documents.length);
  const strong = stageTruth(result.model, result.timings, depth);
  // Two models cut texts into tokens in two ways: the documents that both have read tell how much.
  const sum = (tokens: Int32Array, isOf: (stage: CascadeStage | null) => boolean): number =>
    tokens.reduce((total, one, index) => total + (isOf(stages[index] ?? null) ? one : 0), 0);
  const again = (stage: CascadeStage | null): boolean => stage === 'strong';
  const ratio = sum(result.tokens, again) / Math.max(1, sum(fastTokens, again));
  const allTokens = sum(fastTokens, () => true) * ratio;
  const { tokensPerSecond } = strong;
  return {
    fast,
    strong,
    remembered: fast.remembered + strong.remembered,
    scores: fast.documents + strong.documents,
    totalMs: fast.totalMs + strong.totalMs,
    allTokens,
    aloneMs: tokensPerSecond === null ? null : (allTokens / tokensPerSecond) * 1000,
  };
}

/** The part of a result that one of its models made, as a result of its own. */
export function resultOfStage(result: FinishedResult, stage: CascadeStage): FinishedResult {
  const fastRun = isOfTwo(result) ? result.cascade.fastRun : null;
  if (stage === 'strong' || fastRun === null) return result;
  return { ...result, ...fastRun, cascade: null };
}

function stageTruth(model: LoadedModel, timings: RerankTimings, documents: number): StageTruth {
  const { remembered, totalMs } = timings;
  return {
    model,
    documents,
    remembered,
    totalMs,
    tokensPerSecond: runTruth(timings).tokensPerSecond,
  };
}
