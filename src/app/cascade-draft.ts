import type { CascadeResult } from '../engine/cascade.ts';
import type { CascadeScoringEvent, CascadeStage } from '../engine/cascade-progress.ts';
import type { CascadePlan, CascadePosition, CascadeScores, Failure } from './store.ts';

/** What is known of the two stages of a cascade while it runs. */
export class CascadeDraft {
  readonly #plan: CascadePlan;
  /** How many documents are scored again: more than planned where the best have copies. */
  #depth: number;
  readonly #stages: (CascadeStage | null)[];
  readonly #fastLogits: Float64Array;
  readonly #fastTokens: Int32Array;
  #stage: CascadeStage = 'fast';
  #fastRun: CascadeScores['fastRun'] = null;
  /** Why the ranking is the fast model's alone; null when it is not. */
  strongFailure: Failure | null = null;

  constructor(plan: CascadePlan, documents: number) {
    this.#plan = plan;
    this.#depth = plan.depth;
    this.#stages = new Array<CascadeStage | null>(documents).fill(null);
    this.#fastLogits = new Float64Array(documents).fill(Number.NaN);
    this.#fastTokens = new Int32Array(documents);
  }

  /** How many documents are scored again, as far as it is known. */
  get depth(): number {
    return this.#depth;
  }

  /** @returns whether the stage begins with this event */
  enter({ stage, total }: Pick<CascadeScoringEvent, 'stage' | 'total'>): boolean {
    const begins = stage !== this.#stage;
    this.#stage = stage;
    if (stage === 'strong') this.#depth = total - this.#stages.length;
    return begins;
  }

  /** Keeps the score of one document. */
  take(stage: CascadeStage, index: number, logit: number, tokens: number): void {
    this.#stages[index] = stage;
    if (stage === 'strong') return;
    this.#fastLogits[index] = logit;
    this.#fastTokens[index] = tokens;
  }

  /** Keeps what the whole run tells of the fast model, and why there is no other if so. */
  end({ fast, strongFailure }: CascadeResult): void {
    const { ranking: _, timings, ...model } = fast;
    this.#fastRun = { model, timings };
    this.strongFailure =
      strongFailure === null ? null : { code: strongFailure.code, detail: strongFailure.message };
  }

  /**
   * Where the run is.
   * @param done documents of both stages
   */
  position(done: number): CascadePosition {
    const documents = this.#stages.length;
    const plan = { ...this.#plan, depth: this.#depth };
    // With its last document the first stage is over, though the second has not said anything yet.
    return done < documents
      ? { ...plan, stage: 'fast', done, total: documents }
      : { ...plan, stage: 'strong', done: done - documents, total: plan.depth };
  }

  /** A copy that later scores do not change. */
  snapshot(): CascadeScores {
    return {
      ...this.#plan,
      depth: this.#depth,
      stages: this.#stages.slice(),
      fastLogits: this.#fastLogits.slice(),
      fastTokens: this.#fastTokens.slice(),
      fastRun: this.#fastRun,
      strongFailure: this.strongFailure,
    };
  }
}
