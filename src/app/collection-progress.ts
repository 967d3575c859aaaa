import type { ScoringEvent } from '../engine/reranker.ts';

/** How far a run over a collection is. */
export interface RunProgress {
  /** Queries of the run that are done, those of earlier goes included, and in all. */
  readonly doneQueries: number;
  readonly totalQueries: number;
  /** Place of the query that is being scored; null between two of them. */
  readonly queryNumber: number | null;
  /** Pairs of that query: scored, and to be scored. */
  readonly queryDone: number;
  readonly queryTotal: number;
  /** Pairs in this go: scored by the model, and taken from earlier runs. */
  readonly scoredPairs: number;
  readonly knownPairs: number;
  /** Null until there is something to measure it by. */
  readonly pairsPerSecond: number | null;
  /** As long as it takes if no score of what is left is known; null as `pairsPerSecond`. */
  readonly leftMs: number | null;
}

/** Keeps count of a run under way. */
export class RunTally {
  readonly #totalQueries: number;
  readonly #pairsByQuery: ReadonlyMap<number, number>;
  #doneQueries: number;
  #leftPairs: number;
  #current: { readonly number: number; readonly pairs: number; readonly missing: number } | null =
    null;
  #event: Pick<ScoringEvent, 'done' | 'doneTokens' | 'totalTokens'> | null = null;
  #eventMs = 0;
  #scoredPairs = 0;
  #scoringMs = 0;
  #knownPairs = 0;

  /** @param pairsByQuery most pairs of each query that is still to be done, by its place */
  constructor(
    doneQueries: number,
    totalQueries: number,
    pairsByQuery: ReadonlyMap<number, number>,
  ) {
    this.#doneQueries = doneQueries;
    this.#totalQueries = totalQueries;
    this.#pairsByQuery = pairsByQuery;
    this.#leftPairs = [...pairsByQuery.values()].reduce((sum, pairs) => sum + pairs, 0);
  }

  /** A query's turn: `missing` of its candidates have to be scored, the others are known. */
  begin(number: number, candidates: number, missing: number): void {
    this.#leftPairs -= this.#pairsByQuery.get(number) ?? 0;
    this.#current = { number, pairs: candidates, missing };
    this.#event = null;
    this.#eventMs = 0;
  }

  /** @param elapsedMs since the scoring of this query began */
  score(event: Pick<ScoringEvent, 'done' | 'doneTokens' | 'totalTokens'>, elapsedMs: number): void {
    this.#event = event;
    this.#eventMs = elapsedMs;
  }

  /** The query is done; 0 ms where nothing had to be scored. */
  finish(elapsedMs: number): void {
    if (this.#current === null) return;
    const { pairs, missing } = this.#current;
    this.#doneQueries += 1;
    this.#scoredPairs += missing;
    this.#knownPairs += pairs - missing;
    this.#scoringMs += elapsedMs;
    this.#current = null;
    this.#event = null;
  }

  progress(): RunProgress {
    const missing = this.#current?.missing ?? 0;
    const done = this.#event?.done ?? 0;
    // Lengths are mixed, and time is linear in tokens: pairs would promise too much or too little.
    const worth = missing * this.#tokenShare();
    const ms = this.#scoringMs + (this.#event === null ? 0 : this.#eventMs);
    const perMs = ms > 0 ? (this.#scoredPairs + worth) / ms : 0;
    const left = this.#leftPairs + missing - worth;
    return {
      doneQueries: this.#doneQueries,
      totalQueries: this.#totalQueries,
      queryNumber: this.#current?.number ?? null,
      queryDone: done,
      queryTotal: missing,
      scoredPairs: this.#scoredPairs + done,
      knownPairs: this.#knownPairs + (this.#current === null ? 0 : this.#current.pairs - missing),
      pairsPerSecond: perMs > 0 ? perMs * 1000 : null,
      leftMs: perMs > 0 ? left / perMs : null,
    };
  }

  /** How much of the work on the current query is done, 0..1. */
  #tokenShare(): number {
    if (this.#event === null || this.#event.totalTokens === 0) return 0;
    return this.#event.doneTokens / this.#event.totalTokens;
  }
}
