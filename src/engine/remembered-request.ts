import { rankDocuments } from './rank-documents.ts';
import type {
  RankedDocument,
  RerankEvent,
  RerankRequest,
  ScoredDocument,
  ScoringEvent,
} from './reranker.ts';
import type { ScoreMemory } from './score-memory.ts';

/**
 * One request, parted into the documents whose scores are remembered and those that have to be
 * scored; what is said of the latter is put in terms of the whole request again.
 */
export class RememberedRequest {
  readonly #memory: ScoreMemory;
  /** Null: nothing of this request is remembered, neither before nor after. */
  readonly #scope: string | null;
  readonly #request: RerankRequest;
  /** What need not be scored: known from earlier calls, or from before a failure of this one. */
  #known: readonly ScoredDocument[];
  /** For each unknown document its position in the request. */
  #positions: readonly number[];
  /** What came in since then. */
  #received: ScoredDocument[] = [];
  /** Tokens scored before a failure, and by now. */
  #tokensBefore = 0;
  #doneTokens = 0;

  /** @param scope as `scoreScopeOf` gives it */
  constructor(memory: ScoreMemory, scope: string | null, request: RerankRequest) {
    this.#memory = memory;
    this.#scope = scope;
    this.#request = request;
    const remembered: ScoredDocument[] = [];
    const positions: number[] = [];
    const asks = scope !== null && request.remember !== false;
    request.documents.forEach((text, index) => {
      const score = asks ? memory.recall(scope, text) : undefined;
      if (score === undefined) positions.push(index);
      else remembered.push({ index, ...score });
    });
    this.#known = remembered;
    this.#positions = positions;
  }

  /** How many documents need not be scored. Copies of one text count each. */
  get remembered(): number {
    return this.#known.length;
  }

  /** What has to be scored; null when everything is remembered. */
  get unknown(): RerankRequest | null {
    const { query, documents, longDocuments, maxLength, promise, topK } = this.#request;
    if (this.#positions.length === 0) return null;
    return {
      query,
      documents: this.#pick(documents),
      ...(longDocuments !== undefined && { longDocuments }),
      ...(maxLength !== undefined && { maxLength }),
      ...(promise !== undefined && { promise: this.#pick(promise) }),
      // The best of the unknown ones need not be the best of all.
      ...(topK !== undefined && this.#known.length === 0 && { topK }),
    };
  }

  /**
   * The remembered scores as the first event; null where there are none. Its tokens are unknown,
   * as these are a measure of time, of which remembered scores take none.
   */
  get opening(): ScoringEvent | null {
    const done = this.#known.length;
    if (done === 0) return null;
    const total = this.#request.documents.length;
    const tokens = { doneTokens: 0, totalTokens: 0 };
    return { type: 'scoring', done, total, ...tokens, scores: this.#known };
  }

  /** Remembers the scores of an event about the unknown documents; gives it as of the whole. */
  take(event: RerankEvent): RerankEvent {
    if (event.type !== 'scoring') return event;
    const scores = event.scores.map((score) => this.#placed(score));
    this.#keep(scores);
    this.#received.push(...scores);
    this.#doneTokens = this.#tokensBefore + event.doneTokens;
    return {
      ...event,
      done: this.#known.length + event.done,
      total: this.#request.documents.length,
      doneTokens: this.#doneTokens,
      totalTokens: this.#tokensBefore + event.totalTokens,
      scores,
    };
  }

  /**
   * After a failure: what came in until then is known, and `unknown` is the rest. Where a score
   * depends on the other documents nothing is, and everything has to be scored again.
   */
  goOn(): void {
    if (this.#scope !== null) {
      this.#known = [...this.#known, ...this.#received];
      const come = new Set(this.#received.map(({ index }) => index));
      this.#positions = this.#positions.filter((position) => !come.has(position));
      this.#tokensBefore = this.#doneTokens;
    }
    this.#received = [];
  }

  /** The order of all documents, given the one of the unknown ones (empty if there are none). */
  rankingOf(ranking: readonly RankedDocument[]): readonly RankedDocument[] {
    if (this.#known.length === 0) return ranking;
    const scored = [...this.#known];
    for (const { rank: _, ...score } of ranking) scored.push(this.#placed(score));
    // Ties keep the order of the request, and the ranking sorts by logit alone.
    scored.sort((a, b) => a.index - b.index);
    return rankDocuments(scored, this.#request.topK);
  }

  #placed(score: ScoredDocument): ScoredDocument {
    return { ...score, index: this.#positions[score.index] ?? score.index };
  }

  #keep(scores: readonly ScoredDocument[]): void {
    if (this.#scope === null) return;
    const texts = scores.flatMap(({ index, ...score }) => {
      const text = this.#request.documents[index];
      return text === undefined ? [] : [[text, score] as const];
    });
    this.#memory.keep(this.#scope, texts);
  }

  #pick<T>(values: readonly T[]): readonly T[] {
    return this.#positions.flatMap((position) => {
      const value = values[position];
      return value === undefined ? [] : [value];
    });
  }
}
