import type { ModelArchitecture, ModelShape } from '../models/model-card.ts';
import { pairFlop } from '../models/pair-cost.ts';
import type { EncodedPair } from './pairs.ts';
import type { BenchmarkRow } from './reranker.ts';

export interface MeasureOptions {
  /** Tokens of each pair, special tokens included. */
  readonly tokens: number;
  /** Pairs per run. */
  readonly batchRows: number;
  readonly architecture: ModelArchitecture;
  /** Null when not known: then no operations are counted. */
  readonly shape: ModelShape | null;
  /** True where the last layer is computed for the first token only. */
  readonly firstTokenOnly: boolean;
  /** How long to go on, warm-up not counted. Milliseconds. */
  readonly forMs: number;
  /** Runs pairs as one batch. */
  readonly run: (pairs: readonly EncodedPair[]) => Promise<void>;
  /** Called between runs; throws when nobody waits for the result any more. */
  readonly pause: () => Promise<void>;
}

/**
 * Measures how fast full rows of one length are scored. One run goes before the clock starts,
 * since it compiles shaders and fills caches; at least one run is counted.
 */
export async function measurePairs(
  pair: EncodedPair,
  { tokens, batchRows, architecture, shape, firstTokenOnly, forMs, run, pause }: MeasureOptions,
): Promise<BenchmarkRow> {
  const pairs = Array.from({ length: batchRows }, () => pair);
  await run(pairs);
  await pause();
  const startedAt = performance.now();
  let scored = 0;
  let elapsedMs = 0;
  do {
    await run(pairs);
    scored += pairs.length;
    elapsedMs = performance.now() - startedAt;
    await pause();
  } while (elapsedMs < forMs);
  const pairsPerSecond = (scored / elapsedMs) * 1000;
  const flop = shape === null ? null : pairFlop(shape, tokens, architecture, { firstTokenOnly });
  return {
    tokens,
    pairsPerSecond,
    gflops: flop === null ? null : (flop * pairsPerSecond) / 1e9,
    pairs: scored,
    batchRows,
    elapsedMs,
  };
}
