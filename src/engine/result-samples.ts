// A loaded model and times of a run, made by hand, for the tests of whatever tells of them. Nothing
// else may import this file.

import type { LoadedModel, RerankTimings } from './reranker.ts';

/** A model as it is loaded on two cores without a GPU. */
export const loadedOnWasm: LoadedModel = {
  model: 'crossrank-tiny-en-zh',
  revision: 'v0',
  dtype: 'q8',
  device: 'wasm',
  adapter: null,
  softwareAdapter: false,
  threads: 2,
  maxLength: 512,
  selfTest: null,
  stepDowns: [],
};

/** Times of 100 pairs as they are measured on two cores, but for what is given. */
export function timingsOf(some: Partial<RerankTimings>): RerankTimings {
  return {
    totalMs: 1100,
    queueMs: 3,
    tokenizeMs: 41,
    inferenceMs: 1020,
    transferMs: 9,
    gpuMs: null,
    pairs: 100,
    pairsPerSecond: 90.9,
    batches: 2,
    tokens: 9644,
    paddedShare: 0.021,
    flop: 55e9,
    tokenBudget: 5000,
    remembered: 0,
    timeline: [
      { startMs: 30, endMs: 500, rows: 60, width: 80, tokens: 4700, gpuMs: null },
      { startMs: 510, endMs: 1060, rows: 40, width: 126, tokens: 4944, gpuMs: null },
    ],
    ...some,
  };
}
