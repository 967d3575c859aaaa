// A finished run made by hand, for the tests of whatever tells of one. Nothing else may import this
// file.

import type { RerankTimings } from '../engine/reranker.ts';
import { loadedOnWasm, timingsOf } from '../engine/result-samples.ts';
import type { FinishedResult } from './run-truth.ts';

/** The result of a run over two documents. */
export function finishedRun(timings: Partial<RerankTimings>): FinishedResult {
  return {
    runNumber: 1,
    query: 'q',
    documents: ['a', 'b'],
    reading: null,
    trap: null,
    logits: Float64Array.of(1, 0),
    cascade: null,
    tokens: Int32Array.of(5, 5),
    truncated: [false, false],
    passages: [null, null],
    bm25Scores: null,
    bm25Failure: null,
    collection: null,
    done: 2,
    model: loadedOnWasm,
    timings: timingsOf(timings),
  };
}
