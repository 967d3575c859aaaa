import type { NewScores, QueryToScore } from '../collections/collection.ts';
import type { RerankResult, ScoringEvent } from '../engine/reranker.ts';

/** Scores of one query as they come in; a part of them can be kept. */
export class ScoresDraft {
  readonly #places: readonly number[];
  readonly logits: Float64Array;
  readonly tokens: Int32Array;
  readonly truncated: boolean[];

  constructor({ missingPlaces }: Pick<QueryToScore, 'missingPlaces'>) {
    const count = missingPlaces.length;
    this.#places = missingPlaces;
    this.logits = new Float64Array(count).fill(Number.NaN);
    this.tokens = new Int32Array(count);
    this.truncated = new Array<boolean>(count).fill(false);
  }

  /** Takes in scores, of an event or of the whole ranking. */
  add(scores: ScoringEvent['scores'] | RerankResult['ranking']): void {
    for (const { index, logit, tokens, truncated } of scores) {
      this.logits[index] = logit;
      this.tokens[index] = tokens;
      this.truncated[index] = truncated;
    }
  }

  /**
   * What is known so far, as it is kept; null while nothing is.
   * @param scoringMs what it took
   */
  known(
    scoringMs: number,
  ): { readonly places: readonly number[]; readonly scores: NewScores } | null {
    const indexes = [...this.#places.keys()].filter((index) => !Number.isNaN(this.logits[index]));
    if (indexes.length === 0) return null;
    return {
      places: indexes.map((index) => this.#places[index] ?? 0),
      scores: {
        logits: Float64Array.from(indexes, (index) => this.logits[index] ?? Number.NaN),
        tokens: Int32Array.from(indexes, (index) => this.tokens[index] ?? 0),
        truncated: indexes.map((index) => this.truncated[index] ?? false),
        scoringMs,
      },
    };
  }
}
