import type { RerankTimings } from '../engine/reranker.ts';
import type { Result } from './store.ts';

/** A result of which the run has come to its end. */
export type FinishedResult = Result & {
  readonly model: NonNullable<Result['model']>;
  readonly timings: RerankTimings;
};

/** What the time of a run went into. */
export type TimePartName = 'queue' | 'tokenize' | 'device' | 'transfer' | 'other';

export interface TimePart {
  readonly name: TimePartName;
  /** >= 0. */
  readonly ms: number;
  /** Of all parts but the queue together, 0..1; 0 for the queue, which comes before the run. */
  readonly share: number;
}

/** The figures of one run, as the page shows them. */
export interface RunTruth {
  /** Of the whole run, tokenising and all; null where nothing was scored. */
  readonly tokensPerSecond: number | null;
  /** Of the whole run; null where nothing was scored. */
  readonly pairsPerSecond: number | null;
  /** Arithmetic per second inside the runtime, in 10^9; null where the model's shape is not known. */
  readonly gflops: number | null;
  /** In the order in which they come about. */
  readonly parts: readonly TimePart[];
  /** By how much the parts exceed the time that passed: work that went on at the same time. */
  readonly overlapMs: number;
}

/** Whether a result is complete, with the model that made it and what it took. */
export function isFinished(result: Result | null): result is FinishedResult {
  return result !== null && result.model !== null && result.timings !== null;
}

/** Whether two models made a result, each of them with its own times. */
export function isOfTwo(
  result: Result,
): result is Result & { readonly cascade: NonNullable<Result['cascade']> } {
  return result.cascade !== null && result.cascade.strongFailure === null;
}

/** How many documents the times of a result are about. */
export function documentsTimed(result: Result): number {
  return isOfTwo(result) ? result.cascade.depth : result.documents.length;
}

/** What the times and counts of a run come to. */
export function runTruth(timings: RerankTimings): RunTruth {
  const { totalMs, queueMs, tokenizeMs, inferenceMs, transferMs, flop, tokens, pairs } = timings;
  const known = tokenizeMs + inferenceMs + transferMs;
  const all: readonly (readonly [TimePartName, number])[] = [
    ['queue', queueMs],
    ['tokenize', tokenizeMs],
    ['device', inferenceMs],
    ['transfer', transferMs],
    ['other', Math.max(0, totalMs - known)],
  ];
  const sum = all.reduce((total, [name, ms]) => (name === 'queue' ? total : total + ms), 0);
  const scored = pairs > 0;
  return {
    tokensPerSecond: scored && totalMs > 0 ? (tokens / totalMs) * 1000 : null,
    pairsPerSecond: scored ? timings.pairsPerSecond : null,
    gflops: scored && flop !== null && inferenceMs > 0 ? flop / inferenceMs / 1e6 : null,
    parts: all.map(([name, ms]) => ({
      name,
      ms,
      share: name === 'queue' || sum === 0 ? 0 : ms / sum,
    })),
    overlapMs: Math.max(0, known - totalMs),
  };
}
