import type { ModelArchitecture, ModelShape } from '../models/model-card.ts';
import type { Tuning } from './reranker.ts';

/** One timed call of the runtime. */
export interface TimedBatch {
  /** The budget that the batch was planned with. */
  readonly tokenBudget: number;
  readonly rows: number;
  /** Tokens that each row was padded to. */
  readonly width: number;
  /** Inside the runtime. > 0; others are left out, since a coarse clock may not see a short run. */
  readonly ms: number;
}

/**
 * Where the measuring begins. Small batches keep WASM inside its caches: on two cores 512 and
 * 1,024 padded tokens are fastest and 4,096 are a fifth slower. A GPU wants more work per call; the
 * fixed cost of one is not known before it is measured, and with this one 100 passages of mixed
 * lengths are padded by less than 5 %.
 */
export const defaultTunings: Record<'webgpu' | 'wasm', Tuning> = {
  wasm: { tokenBudget: 768, overheadTokens: 20 },
  webgpu: { tokenBudget: 4096, overheadTokens: 32 },
};

/** What limits batches beside their tuning. */
export interface MemoryLimits {
  /** Most padded tokens of one batch. */
  readonly tokens: number;
  /** Most rows * width^2 of one batch. */
  readonly squareBudget: number;
}

/**
 * What a batch may take on a device, so that none of its tensors is larger than the binding that
 * every WebGPU device has at least (128 MiB). On WASM larger batches only get slower.
 * @param shape null when not known: then that of a large model is taken
 */
export function memoryLimits(
  device: 'webgpu' | 'wasm',
  shape: ModelShape | null,
  architecture: ModelArchitecture,
): MemoryLimits {
  if (device === 'wasm') return { tokens: 4096, squareBudget: Number.POSITIVE_INFINITY };
  const { heads, hidden, intermediate } = shape ?? largeShape;
  // Two halves side by side where the feed-forward part is gated, which not every shape says.
  const gate = architecture === 'bert' || architecture === 'xlm-roberta' ? 1 : 2;
  const widest = Math.max(intermediate * gate, 3 * hidden);
  return {
    tokens: Math.floor(bindingFloats / widest),
    squareBudget: Math.floor(bindingFloats / heads),
  };
}

/**
 * Finds the token budget that a device is fastest with, from the timings of useful work. It climbs
 * a ladder of budgets: the next larger one is compared with the best so far and taken if it is
 * faster by more than 3 %, and so on; where already the first one is not, smaller ones are taken
 * as long as they are within 3 % of the best, since cancel and partial scores come sooner with
 * them. Neighbours on the ladder are compared where the widths of their batches are alike,
 * by the median, so that neither the mixture of lengths nor a disturbed run decides. The first run
 * of each shape is left out: it may compile shaders or allocate memory.
 */
export class BudgetSearch {
  readonly #ladder: readonly number[];
  readonly #start: Tuning;
  readonly #seen = new Set<string>();
  /** Warm runs, by budget. */
  readonly #runs = new Map<number, Run[]>();
  #best: number;
  #challenger: number | null;
  #direction: 1 | -1 = 1;
  /** Logarithm of the best's speed as a share of the highest speed seen. <= 0. */
  #behind = 0;

  /**
   * @param mostTokens budgets over this are not tried: batches never get as large
   * @param start where to begin, if not over `mostTokens`, and the fixed cost to assume until it is
   *   measured
   */
  constructor(device: 'webgpu' | 'wasm', mostTokens: number, start = defaultTunings[device]) {
    const allowed = ladders[device].filter((budget) => budget <= mostTokens);
    this.#start = { ...start, tokenBudget: Math.min(start.tokenBudget, mostTokens) };
    const { tokenBudget } = this.#start;
    this.#ladder = [...new Set([...allowed, tokenBudget])].sort((a, b) => a - b);
    this.#best = tokenBudget;
    this.#challenger = this.#next();
  }

  /** What to run with as far as is known. */
  get best(): Tuning {
    return { tokenBudget: this.#best, overheadTokens: this.#overheadTokens() };
  }

  /** A budget that more has to be known about; null when the search is over. */
  get wanted(): number | null {
    if (this.#challenger === null) return null;
    // By turns, so that a device that grows slower as it grows hot is unfair to neither.
    const count = (budget: number): number => this.#runs.get(budget)?.length ?? 0;
    return count(this.#challenger) <= count(this.#best) ? this.#challenger : this.#best;
  }

  /** The outcome; null while the search goes on. */
  get tuning(): Tuning | null {
    if (this.#challenger !== null) return null;
    return this.best;
  }

  /** Takes one run, of a budget that was wanted or of another one. */
  add({ tokenBudget, rows, width, ms }: TimedBatch): void {
    if (this.#challenger === null || !(ms > 0)) return;
    const shape = `${rows}x${width}`;
    if (!this.#seen.has(shape)) {
      this.#seen.add(shape);
      return;
    }
    const tokens = rows * width;
    const runs = this.#runs.get(tokenBudget) ?? [];
    this.#runs.set(tokenBudget, runs);
    runs.push({ tokens, msPerToken: ms / tokens, stratum: Math.ceil(width / stratumTokens) });
    if (runs.length > mostRuns) runs.shift();
    this.#decide(this.#challenger);
  }

  #decide(challenger: number): void {
    const speed = this.#speedOf(challenger);
    if (speed === null) return;
    const wins = this.#direction === 1 ? speed > tie : this.#behind + speed >= -tie;
    if (wins) {
      this.#best = challenger;
      this.#behind = Math.min(0, this.#behind + speed);
    } else if (this.#direction === 1 && this.#best === this.#start.tokenBudget) {
      this.#direction = -1;
    } else {
      this.#challenger = null;
      return;
    }
    this.#challenger = this.#next();
  }

  /** The neighbour of the best in the direction of the search, or in the other one. */
  #next(): number | null {
    const at = this.#ladder.indexOf(this.#best);
    const neighbour = this.#ladder[at + this.#direction];
    if (neighbour !== undefined || this.#direction === -1) return neighbour ?? null;
    if (this.#best !== this.#start.tokenBudget) return null;
    this.#direction = -1;
    return this.#ladder[at - 1] ?? null;
  }

  /** Logarithm of a budget's speed over the best's; null while too little is known. */
  #speedOf(challenger: number): number | null {
    const runs = this.#runs.get(challenger) ?? [];
    if (runs.length < leastRuns) return null;
    const usual = new Map<number, number>();
    for (const [stratum, known] of byStratum(this.#runs.get(this.#best) ?? [])) {
      if (known.length < leastRunsOfStratum) continue;
      usual.set(
        stratum,
        weightedMedian(known, ({ msPerToken }) => msPerToken),
      );
    }
    const comparable = runs.filter(({ stratum }) => usual.has(stratum));
    if (comparable.length < leastRuns) return null;
    return weightedMedian(comparable, ({ stratum, msPerToken }) =>
      Math.log((usual.get(stratum) ?? msPerToken) / msPerToken),
    );
  }

  /**
   * Time per token is `a / tokens + b`, with `a` the fixed cost of a run: a straight line over
   * `1 / tokens`, of which `a` is the slope. Larger batches may have left the caches, which is no
   * fixed cost, so only those up to the best budget count.
   */
  #overheadTokens(): number {
    const { overheadTokens } = this.#start;
    const runs = [...this.#runs.values()].flat().filter(({ tokens }) => tokens <= this.#best);
    if (runs.length < leastRuns) return overheadTokens;
    const rough = fitLine(runs);
    if (rough === null) return overheadTokens;
    // Once more without the tenth that fits worst: disturbed runs weigh much in least squares.
    const sorted = runs
      .map((run) => ({ run, error: Math.abs(rough.errorOf(run)) }))
      .sort((a, b) => a.error - b.error);
    const line = fitLine(sorted.slice(0, Math.ceil(runs.length * 0.9)).map(({ run }) => run));
    if (line === null) return overheadTokens;
    const measured = Math.round(line.fixedMs / line.msPerToken);
    // Not below the start: writing inputs, events and pauses are not in the time of a run.
    return Math.max(overheadTokens, Math.min(measured, this.#best / 4));
  }
}

interface Run {
  readonly tokens: number;
  readonly msPerToken: number;
  /** Widths that are alike enough to be compared have one number. */
  readonly stratum: number;
}

const ladders: Record<'webgpu' | 'wasm', readonly number[]> = {
  wasm: [256, 512, 768, 1024, 1536, 2048],
  webgpu: [1024, 2048, 4096, 8192, 16_384],
};

/** Speeds that are as close as this, in logarithms, count as the same: 3 %. */
const tie = Math.log(1.03);

/** Attention makes wide rows slower per token, so only widths this close are compared. Tokens. */
const stratumTokens = 32;

/** Warm runs of a budget before it is judged, and of the other one at each width. */
const leastRuns = 24;
const leastRunsOfStratum = 4;

/** Deviation of `1 / tokens`, as a share of it, from which a fixed cost can be told. */
const leastSpread = 0.1;

/** Runs that are kept of each budget, the last ones. */
const mostRuns = 240;

/** 32-bit numbers in the smallest binding limit of WebGPU. */
const bindingFloats = 2 ** 27 / 4;

/** XLM-R large: the largest encoder that rerankers are usually made of. */
const largeShape = { heads: 16, hidden: 1024, intermediate: 4096 } as const;

function byStratum(runs: readonly Run[]): Map<number, Run[]> {
  const groups = new Map<number, Run[]>();
  for (const run of runs) {
    const group = groups.get(run.stratum);
    if (group === undefined) groups.set(run.stratum, [run]);
    else group.push(run);
  }
  return groups;
}

/** The value below which half of all tokens are: what most of the work met with. */
function weightedMedian(runs: readonly Run[], measure: (run: Run) => number): number {
  const sorted = runs
    .map((run) => ({ value: measure(run), tokens: run.tokens }))
    .sort((a, b) => a.value - b.value);
  let left = sorted.reduce((sum, { tokens }) => sum + tokens, 0) / 2;
  for (const { value, tokens } of sorted) {
    left -= tokens;
    if (left <= 0) return value;
  }
  return Number.NaN;
}

interface FittedLine {
  readonly fixedMs: number;
  /** Of all runs, the fixed cost left out. > 0. */
  readonly msPerToken: number;
  readonly errorOf: (run: Run) => number;
}

/**
 * Least squares of time per token over `1 / tokens`: one slope, and an own line for each stratum.
 * Null where the sizes of batches are too much alike to tell.
 */
function fitLine(runs: readonly Run[]): FittedLine | null {
  const centres = new Map<number, { readonly x: number; readonly y: number }>();
  for (const [stratum, some] of byStratum(runs)) {
    const x = meanOf(some.map(({ tokens }) => 1 / tokens));
    centres.set(stratum, { x, y: meanOf(some.map(({ msPerToken }) => msPerToken)) });
  }
  let squares = 0;
  let spread = 0;
  let covariance = 0;
  for (const { stratum, tokens, msPerToken } of runs) {
    const { x, y } = centres.get(stratum) ?? { x: 0, y: 0 };
    squares += x ** 2;
    spread += (1 / tokens - x) ** 2;
    covariance += (1 / tokens - x) * (msPerToken - y);
  }
  if (spread < leastSpread ** 2 * squares) return null;
  const fixedMs = covariance / spread;
  const msPerToken = meanOf(runs.map((run) => run.msPerToken - fixedMs / run.tokens));
  if (!(msPerToken > 0)) return null;
  const errorOf = ({ stratum, tokens, msPerToken: ms }: Run): number => {
    const { x, y } = centres.get(stratum) ?? { x: 0, y: 0 };
    return ms - y - fixedMs * (1 / tokens - x);
  };
  return { fixedMs, msPerToken, errorOf };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
