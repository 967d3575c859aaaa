import type { RerankResult, ScoredDocument, ScoringEvent } from './reranker.ts';

/** Which of the two models: the one that scores everything, or the one that scores the best. */
export type CascadeStage = 'fast' | 'strong';

/** Progress of one stage, counted over both. */
export interface CascadeScoringEvent extends ScoringEvent {
  readonly stage: CascadeStage;
}

/**
 * Joins the progress of two stages to one. Documents count once per stage. How many tokens the
 * strong model will read is an estimate until it says so: as the fast one reads the same texts. So
 * is, until then, how many documents it scores: copies of the best come with them.
 */
export class CascadeProgress {
  readonly #documents: number;
  /** How many of them the strong model scores. */
  #depth: number;
  #fastTokens = 0;
  #estimatedTokens = 0;
  /** For each document of the strong stage its position in the request. */
  #picked: readonly number[] = [];

  /** @param depth at most `documents` */
  constructor(documents: number, depth: number) {
    this.#documents = documents;
    this.#depth = depth;
  }

  /** An event of the fast stage. */
  fast(event: ScoringEvent): CascadeScoringEvent {
    this.#fastTokens = event.totalTokens;
    const share = this.#depth / this.#documents;
    const strongTokens = Math.round(event.totalTokens * share);
    return {
      ...event,
      stage: 'fast',
      total: this.#documents + this.#depth,
      totalTokens: event.totalTokens + strongTokens,
    };
  }

  /** Tells what the strong stage scores: the best of the fast ranking, in its order. */
  startStrong(best: RerankResult['ranking']): void {
    this.#depth = best.length;
    this.#picked = best.map(({ index }) => index);
    this.#estimatedTokens = best.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  /** An event of the strong stage, its scores at their positions in the whole request. */
  strong(event: ScoringEvent): CascadeScoringEvent {
    // Remembered scores come before the tokens of the others are known, or alone.
    const isUnknown = event.totalTokens === 0 && event.done < event.total;
    const strongTokens = isUnknown ? this.#estimatedTokens : event.totalTokens;
    return {
      type: 'scoring',
      stage: 'strong',
      done: this.#documents + event.done,
      total: this.#documents + this.#depth,
      doneTokens: this.#fastTokens + event.doneTokens,
      totalTokens: this.#fastTokens + strongTokens,
      scores: event.scores.map((score) => this.#placed(score)),
    };
  }

  #placed(score: ScoredDocument): ScoredDocument {
    return { ...score, index: this.#picked[score.index] ?? score.index };
  }
}
