import type { RerankTimings } from './reranker.ts';

/** Points in time of one call as the page saw them, by `performance.now()`. */
export interface CallClock {
  /** `rerank` was called. */
  readonly calledAt: number;
  /** Its turn had come and the model was loaded. */
  readonly turnAt: number;
  /** The result was complete. */
  readonly endedAt: number;
}

/** The same of a call that the worker had a part in. */
export interface WorkerClock extends CallClock {
  readonly sentAt: number;
  /** The worker's answer and all its events were here. */
  readonly answeredAt: number;
}

/** The worker's timings of a call as the page sees them: with the wait and the way added. */
export function timingsInPage(
  worker: RerankTimings,
  clock: WorkerClock,
  remembered: number,
): RerankTimings {
  const { calledAt, turnAt, sentAt, answeredAt, endedAt } = clock;
  // Two clocks that are rounded apart may differ by more than the way takes.
  const wayMs = Math.max(0, answeredAt - sentAt - worker.queueMs - worker.totalMs);
  const totalMs = Math.max(worker.totalMs, endedAt - turnAt - worker.queueMs);
  return {
    ...worker,
    totalMs,
    queueMs: turnAt - calledAt + worker.queueMs,
    transferMs: worker.transferMs + wayMs,
    pairsPerSecond: totalMs > 0 ? (worker.pairs / totalMs) * 1000 : 0,
    remembered,
  };
}

/** Timings of a call that was answered from memory alone. */
export function timingsOfMemory(
  { calledAt, turnAt, endedAt }: CallClock,
  remembered: number,
): RerankTimings {
  return {
    totalMs: endedAt - turnAt,
    queueMs: turnAt - calledAt,
    tokenizeMs: 0,
    inferenceMs: 0,
    transferMs: 0,
    gpuMs: null,
    pairs: 0,
    pairsPerSecond: 0,
    batches: 0,
    tokens: 0,
    paddedShare: 0,
    flop: null,
    tokenBudget: 0,
    remembered,
    timeline: [],
  };
}
