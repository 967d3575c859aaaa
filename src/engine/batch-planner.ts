import type { BatchLimits } from './batches.ts';
import type { Tuning } from './reranker.ts';
import type { BudgetSearch, MemoryLimits, TimedBatch } from './tuning.ts';

/** What a planner has to keep to beside the tuning. */
export interface PlannerOptions {
  /** Widths are padded to a multiple of this. */
  readonly widthStep: number;
  /** Widest row that the model can read. */
  readonly mostWidth: number;
  readonly memory: MemoryLimits;
  /**
   * True where a pair's logit would depend on the others of its batch: each is run by itself then,
   * and there is nothing to be found out about budgets. Default false.
   */
  readonly pairsAlone?: boolean;
}

/** Tokens of the largest window: some 1,000 passages, which pads little more than one plan of all. */
const largestWindow = 98_304;

/**
 * While budgets are compared, by turns, windows are this many batches: enough to fill most of them,
 * and no more, lest one slow budget hold up a large share of a request.
 */
const trialBatches = 32;

/** In a request of fewer tokens (some 700 passages) nothing is tried. */
const leastTokensForTrials = 65_536;

/** In windows of fewer batches nothing is tried: too few of them would be full. */
const leastTrialBatches = 16;

/**
 * Decides how the windows of one request are cut into batches: by a tuning where there is one,
 * else by the best budget known so far. In large requests some windows try what the search for the
 * best budget wants to know about, and all timings of a call without a tuning go into that search.
 */
export class BatchPlanner {
  readonly #search: BudgetSearch;
  readonly #given: Tuning | null;
  readonly #options: PlannerOptions;

  /** @param given what was measured before; null to use and feed the search */
  constructor(search: BudgetSearch, given: Tuning | null, options: PlannerOptions) {
    this.#search = search;
    this.#given = given;
    this.#options = options;
  }

  /** Tokens of the first window: two batches, so that scores come soon. */
  get firstWindow(): number {
    return 2 * this.#tuning.tokenBudget;
  }

  /**
   * Tokens of the largest window by now.
   * @param totalTokens tokens of the whole request, exact or judged
   */
  largestWindow(totalTokens: number): number {
    if (!this.#tries(totalTokens)) return largestWindow;
    return Math.min(largestWindow, trialBatches * (this.#search.wanted ?? 0));
  }

  /** What the batches of the next window may cost. */
  limitsFor(windowTokens: number, totalTokens: number): BatchLimits {
    const { memory, widthStep, mostWidth, pairsAlone = false } = this.#options;
    const tuning = this.#tuning;
    const wanted = this.#tries(totalTokens) ? this.#search.wanted : null;
    const fits = wanted !== null && windowTokens >= wanted * leastTrialBatches;
    return {
      tokenBudget: Math.max(1, Math.min(fits ? wanted : tuning.tokenBudget, memory.tokens)),
      overheadTokens: tuning.overheadTokens,
      squareBudget: memory.squareBudget,
      widthStep,
      mostWidth,
      ...(pairsAlone && { mostRows: 1 }),
    };
  }

  /** Takes the time of a batch that was planned here. */
  learn(batch: TimedBatch): void {
    if (this.#searches) this.#search.add(batch);
  }

  get #tuning(): Tuning {
    return this.#given ?? this.#search.tuning ?? this.#search.best;
  }

  /** Whether timings tell something that is not known yet. */
  get #searches(): boolean {
    return this.#given === null && this.#options.pairsAlone !== true;
  }

  #tries(totalTokens: number): boolean {
    return this.#searches && this.#search.wanted !== null && totalTokens >= leastTokensForTrials;
  }
}
