import type { Dtype, ModelCard } from './model-card.ts';

/** How the self-test of one build on one device ended. */
export interface KeptSelfTest {
  readonly device: string;
  readonly dtype: Dtype;
  /** Adapter that it ran on; null for WASM. A new adapter makes the result void. */
  readonly adapter: string | null;
  readonly verdict: 'passed' | 'differs' | 'broken' | 'unchecked';
  readonly against: string;
  readonly largestDifference: number | null;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly testedAt: number;
}

/** How fast one build was on one device. */
export interface KeptBenchmark {
  readonly device: string;
  readonly dtype: Dtype;
  readonly adapter: string | null;
  readonly threads: number;
  readonly measuredAt: number;
  readonly rows: readonly {
    readonly tokens: number;
    readonly pairsPerSecond: number;
    readonly gflops: number | null;
  }[];
}

/** One set of weights as far as it is on this machine. */
export interface KeptBuild {
  readonly dtype: Dtype;
  readonly bytes: number;
  readonly storedBytes: number;
  /** All of its files are here and were verified. */
  readonly complete: boolean;
}

/** A model on this machine. */
export interface KeptModel {
  /** Names it in `remove`. */
  readonly key: string;
  /** Hub repository, or the name of the folder that it came from. */
  readonly id: string;
  readonly revision: string;
  /** Origin it came from; `disk` for a folder or a zip. */
  readonly host: string;
  /** Null when its description was lost; it can still be deleted. */
  readonly card: ModelCard | null;
  /** What it takes up. */
  readonly bytes: number;
  /** Builds of which at least a part is here. */
  readonly builds: readonly KeptBuild[];
  /** `memory` when the browser refused to keep it: it goes with the page. */
  readonly kept: 'disk' | 'memory';
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  readonly lastUsedAt: number;
  readonly selfTests: readonly KeptSelfTest[];
  readonly benchmarks: readonly KeptBenchmark[];
}
