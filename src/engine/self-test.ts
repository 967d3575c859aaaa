import { RerankError } from '../core/errors.ts';
import type { ModelExpectations } from '../models/model-source.ts';
import type { SelfTestPair, SelfTestReport } from './reranker.ts';

/** A pair to be scored by the self-test. */
export interface TestPair {
  readonly query: string;
  readonly document: string;
}

export interface SelfTestOptions {
  /** Null where nobody knows what should come out. */
  readonly expectations: ModelExpectations | null;
  /** Logits of pairs that are run as one batch, in their order. */
  readonly score: (pairs: readonly TestPair[]) => Promise<readonly number[]>;
  /**
   * The largest accepted difference between a pair scored alone and in a batch. Infinite for
   * dynamically quantised models, whose scale is taken over the whole batch.
   */
  readonly batchTolerance: number;
}

/** What is scored where nobody has published anything: relevant and not, English and Chinese. */
export const probePairs: readonly TestPair[] = [
  { query: 'What is the capital of France?', document: 'Paris is the capital of France.' },
  { query: 'What is the capital of France?', document: 'Bread is baked in an oven.' },
  { query: '如何申请公积金贷款？', document: '住房公积金贷款办理指南' },
];

/**
 * What is scored where there is nothing to compare with: two pairs tell as much as more then, and a
 * large model takes seconds for each on a CPU.
 */
export const sanityPairs: readonly TestPair[] = probePairs.slice(0, 2);

/** Logits nearer than this are the same number for every pair: nothing was read. */
const sameLogit = 1e-6;

/** Pairs whose expected logits are nearer than this may change places. */
const leastGap = 0.05;

/**
 * Finds out whether this device computes what it should: pairs are scored one by one and as a
 * batch, and compared with what somebody else computed. The faults looked for were all reported
 * from real devices: values that are not finite, one value for every row of a batch, the wrong
 * order, and differences beyond what the dtype explains.
 * Sources: transformers.js issue 1181, onnxruntime issues 26367 and 31626.
 */
export async function runSelfTest(options: SelfTestOptions): Promise<SelfTestReport> {
  const { expectations, score, batchTolerance } = options;
  const pairs: readonly TestPair[] = expectations?.pairs ?? sanityPairs;
  // One by one first: a batch shares one scale where activations are quantised dynamically.
  const alone: number[] = [];
  const together: number[] = [];
  let fault: string | null = null;
  try {
    for (const pair of pairs) alone.push(...(await score([pair])));
    // Where a batch may differ it can only show that its rows are not all the same.
    const rows = Number.isFinite(batchTolerance) ? pairs.length : 2;
    together.push(...(await score(pairs.slice(0, rows))));
  } catch (error) {
    if (!(error instanceof RerankError) || error.code !== 'inference-failed') throw error;
    fault = error.message;
  }
  const expected = expectations?.pairs.map(({ logit }) => logit) ?? null;
  const differences = expected?.map((logit, index) =>
    Math.abs((alone[index] ?? Number.NaN) - logit),
  );
  const facts = {
    against: expectations?.against ?? 'nothing',
    source: expectations?.source ?? '',
    pairs: pairs.map(
      ({ query, document }, index): SelfTestPair => ({
        query,
        document,
        logit: alone[index] ?? Number.NaN,
        expected: expected?.[index] ?? null,
      }),
    ),
    largestDifference: differences === undefined ? null : Math.max(...differences),
    tolerance: expectations?.tolerance ?? 0,
  } as const;

  const broken = fault ?? brokenReason(alone, together, batchTolerance);
  if (broken !== null) return { ...facts, verdict: 'broken', reason: broken };
  if (expected === null) {
    return {
      ...facts,
      verdict: 'unchecked',
      reason: 'Nobody has published logits of this model, so only its sanity was checked.',
    };
  }
  const difference = differenceReason(alone, expected, facts.tolerance);
  if (difference !== null) return { ...facts, verdict: 'differs', reason: difference };
  return { ...facts, verdict: 'passed', reason: '' };
}

function brokenReason(
  alone: readonly number[],
  together: readonly number[],
  batchTolerance: number,
): string | null {
  if (![...alone, ...together].every(Number.isFinite)) {
    return 'A logit is not a finite number.';
  }
  if (alone.length > 1 && spreadOf(alone) < sameLogit) {
    return `Every pair gets the same logit, ${alone[0]}.`;
  }
  if (together.length > 1 && spreadOf(together) < sameLogit) {
    return `Every row of a batch gets the same logit, ${together[0]}.`;
  }
  for (const [index, inBatch] of together.entries()) {
    const logit = alone[index] ?? Number.NaN;
    if (Math.abs(inBatch - logit) <= batchTolerance) continue;
    return `Pair ${index + 1} gets ${inBatch.toFixed(3)} in a batch and ${logit.toFixed(3)} alone.`;
  }
  return null;
}

function differenceReason(
  logits: readonly number[],
  expected: readonly number[],
  tolerance: number,
): string | null {
  for (const [index, logit] of logits.entries()) {
    const wanted = expected[index] ?? Number.NaN;
    if (Math.abs(logit - wanted) <= tolerance) continue;
    return (
      `Pair ${index + 1} gets ${logit.toFixed(3)} where ${wanted.toFixed(3)} is expected ` +
      `(tolerance ${tolerance}).`
    );
  }
  // Within a wide tolerance two pairs may still have changed places.
  const gap = Math.max(leastGap, tolerance / 2);
  for (const [a, wantedA] of expected.entries()) {
    for (const [b, wantedB] of expected.entries()) {
      if (wantedA - wantedB <= gap) continue;
      if ((logits[a] ?? Number.NaN) > (logits[b] ?? Number.NaN)) continue;
      return `Pair ${a + 1} should be above pair ${b + 1} and is not.`;
    }
  }
  return null;
}

function spreadOf(logits: readonly number[]): number {
  return Math.max(...logits) - Math.min(...logits);
}
