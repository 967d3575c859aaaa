import * as v from 'valibot';
import type { RerankErrorCode } from '../core/errors.ts';
import type { LoadedModel, RerankTimings, SelfTestReport, StepDown } from '../engine/reranker.ts';
import type { Dtype } from '../models/model-card.ts';

/** All codes: a new one has to be added here before a run that tells of it can be read back. */
const codes: Readonly<Record<RerankErrorCode, true>> = {
  'empty-query': true,
  'no-documents': true,
  'invalid-request': true,
  aborted: true,
  'download-failed': true,
  'model-corrupt': true,
  'model-not-found': true,
  'model-unsupported': true,
  'access-denied': true,
  'storage-full': true,
  'storage-unavailable': true,
  'device-unsuitable': true,
  'self-test-failed': true,
  'webgpu-unavailable': true,
  'session-failed': true,
  'inference-failed': true,
  'out-of-memory': true,
  'device-lost': true,
  'worker-crashed': true,
  'collection-missing': true,
  'file-unreadable': true,
  'too-large': true,
  disposed: true,
};

/** Why something failed, by the library's codes. */
export const errorCodeSchema: v.GenericSchema<unknown, RerankErrorCode> = v.fallback(
  v.custom<RerankErrorCode>((code) => typeof code === 'string' && Object.hasOwn(codes, code)),
  'inference-failed',
);

/** A code of the library; `inference-failed` for anything else. */
export function asErrorCode(code: string): RerankErrorCode {
  return v.parse(errorCodeSchema, code);
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const measure = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Something divided by a time or a number that may be 0. */
const quotient = v.union([v.pipe(v.number(), v.minValue(0)), v.nan()]);
const dtype: v.GenericSchema<unknown, Dtype> = v.picklist([
  ...(['fp32', 'fp16', 'int8', 'q8', 'q4', 'q4f16', 'none'] as const),
]);
const device = v.picklist(['webgpu', 'wasm', 'js']);

/** Batches of one run: more than any run of documents that fit into a page has. */
const mostBatches = 4_000_000;
/** Pairs of a self-test, and step downs: there are a handful. */
const mostFew = 1000;

const selfTestSchema: v.GenericSchema<unknown, SelfTestReport> = v.object({
  verdict: v.picklist(['passed', 'differs', 'broken', 'unchecked']),
  against: v.picklist(['published', 'model-files', 'wasm', 'nothing']),
  source: v.string(),
  pairs: v.pipe(
    v.array(
      v.object({
        query: v.string(),
        document: v.string(),
        logit: v.union([v.number(), v.nan()]),
        expected: v.nullable(v.number()),
      }),
    ),
    v.maxLength(mostFew),
  ),
  largestDifference: v.nullable(v.union([v.number(), v.nan()])),
  tolerance: v.number(),
  reason: v.string(),
});

const stepDownSchema: v.GenericSchema<unknown, StepDown> = v.object({
  from: v.object({ device, dtype }),
  to: v.object({ device, dtype }),
  code: errorCodeSchema,
  reason: v.string(),
});

/** What scored a kept result, and where. */
export const loadedModelSchema: v.GenericSchema<unknown, LoadedModel> = v.object({
  model: v.string(),
  revision: v.string(),
  dtype,
  device,
  adapter: v.nullable(v.string()),
  softwareAdapter: v.boolean(),
  threads: v.pipe(count, v.minValue(1)),
  maxLength: count,
  selfTest: v.nullable(selfTestSchema),
  stepDowns: v.pipe(v.array(stepDownSchema), v.maxLength(mostFew)),
  fallbackReason: v.exactOptional(v.string()),
});

/** What it took. */
export const timingsSchema: v.GenericSchema<unknown, RerankTimings> = v.object({
  totalMs: measure,
  queueMs: measure,
  tokenizeMs: measure,
  inferenceMs: measure,
  transferMs: measure,
  gpuMs: v.nullable(measure),
  pairs: count,
  pairsPerSecond: quotient,
  batches: count,
  tokens: count,
  paddedShare: quotient,
  flop: v.nullable(measure),
  tokenBudget: count,
  remembered: count,
  timeline: v.pipe(
    v.array(
      v.object({
        startMs: v.pipe(v.number(), v.finite()),
        endMs: v.pipe(v.number(), v.finite()),
        rows: count,
        width: count,
        tokens: count,
        gpuMs: v.nullable(measure),
      }),
    ),
    v.maxLength(mostBatches),
  ),
});
