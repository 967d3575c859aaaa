// Kept work made by hand, for tests. Nothing else may import this file.

import type { LoadedModel, RerankTimings } from '../engine/reranker.ts';
import { loadedOnWasm, timingsOf } from '../engine/result-samples.ts';
import { documentsRecord, scoresRecord } from './work-records.ts';
import type { KeptScores, WorkHead, WorkParts, WorkText } from './work-types.ts';

const model: LoadedModel = {
  ...loadedOnWasm,
  selfTest: {
    verdict: 'passed',
    against: 'published',
    source: 'a page',
    pairs: [{ query: 'q', document: 'd', logit: 1, expected: null }],
    largestDifference: null,
    tolerance: 0.1,
    reason: '',
  },
  stepDowns: [
    {
      from: { device: 'webgpu', dtype: 'fp16' },
      to: { device: 'wasm', dtype: 'q8' },
      code: 'device-lost',
      reason: 'The device is gone.',
    },
  ],
  fallbackReason: 'The device is gone.',
};

const timings: RerankTimings = timingsOf({
  pairs: 3,
  pairsPerSecond: Number.POSITIVE_INFINITY,
  batches: 1,
  tokens: 30,
  paddedShare: Number.NaN,
  timeline: [{ startMs: 30, endMs: 500, rows: 3, width: 10, tokens: 30, gpuMs: null }],
});

/** Three documents of which the second was read in passages. */
export const sampleDocuments: readonly string[] = ['one', 'two two two', 'three'];

/** A finished run of two models over them. */
export const sampleScores: KeptScores = {
  query: 'how many?',
  reading: { longDocuments: 'max', maxLength: 512 },
  logits: Float64Array.of(0.5, -2, 3),
  tokens: Int32Array.of(8, 12, 10),
  truncated: [false, true, false],
  passages: [null, { start: 4, end: 7, index: 1, count: 3 }, null],
  bm25Scores: Float64Array.of(0, 1.5, 0),
  cascade: {
    fast: 'small',
    strong: 'large',
    depth: 2,
    stages: ['strong', 'fast', 'strong'],
    fastLogits: Float64Array.of(1, 2, 3),
    fastTokens: Int32Array.of(8, 12, 10),
    fastRun: { model, timings },
    strongFailure: { code: 'out-of-memory', detail: 'No memory.' },
  },
  done: 3,
  end: null,
  model,
  timings,
};

/** A run that was cancelled after two of them. */
export const partialScores: KeptScores = {
  ...sampleScores,
  logits: Float64Array.of(0.5, Number.NaN, 3),
  passages: [null, null, null],
  bm25Scores: null,
  cascade: null,
  done: 2,
  end: 'cancelled',
  model: null,
  timings: null,
};

export const sampleHead: WorkHead = {
  version: 1,
  sequence: 7,
  updatedAt: 1_800_000_000_000,
  expiredSince: null,
  changes: 12,
  query: 'how many?',
  layout: 'auto',
  trapId: null,
  view: { order: 'both', arrangement: 'side-by-side', showLogits: true },
  documents: 3,
  rankedAt: 1_800_000_000_000,
  bytes: 120,
  broughtBack: false,
};

const text: WorkText = {
  version: 1,
  documentsText: sampleDocuments.join('\n'),
  replaced: { query: 'before', documentsText: 'a\nb', layout: 'lines' },
};

/** A whole tab as it is stored. */
export function sampleParts(scores: KeptScores = sampleScores): WorkParts {
  return {
    head: sampleHead,
    text,
    documents: documentsRecord(sampleDocuments),
    scores: scoresRecord(scores),
  };
}
