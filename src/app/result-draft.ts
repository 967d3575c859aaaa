import type { CascadeResult } from '../engine/cascade.ts';
import type { CascadeScoringEvent, CascadeStage } from '../engine/cascade-progress.ts';
import type { DecidingPassage, ScoredDocument, ScoringEvent } from '../engine/reranker.ts';
import type { CascadeDraft } from './cascade-draft.ts';
import type { Failure, Result, RunPhase } from './store.ts';

/**
 * An event that comes so much later than the speed so far lets expect, and so much later at least,
 * was held up by a machine that slept or a model that was started again: no measure of speed.
 */
const stall = { factor: 10, leastMs: 5000, unknownMs: 60_000 } as const;

type Progress = Omit<Extract<RunPhase, { phase: 'scoring' }>, 'phase'>;

/** A result under way: written by events, copied for the state when it is drawn. */
export class ResultDraft {
  readonly #request: Pick<Result, 'runNumber' | 'query' | 'documents' | 'reading' | 'trap'>;
  readonly #logits: Float64Array;
  readonly #tokens: Int32Array;
  readonly #truncated: boolean[];
  readonly #passages: (DecidingPassage | null)[];
  #last: ScoringEvent | null = null;
  /**
   * The first event (of a stage) and its time: speed is measured from there, so that waiting and
   * the other stage are left out.
   */
  #first: { readonly event: ScoringEvent; readonly atMs: number } | null = null;
  /** When the last event came. */
  #lastAtMs = 0;
  /** Set where two models score: every event says its stage then. */
  cascade: CascadeDraft | null = null;
  bm25Scores: Float64Array | null = null;
  bm25Failure: Failure | null = null;
  model: Result['model'] = null;
  timings: Result['timings'] = null;

  constructor(request: Pick<Result, 'runNumber' | 'query' | 'documents' | 'reading' | 'trap'>) {
    const count = request.documents.length;
    this.#request = request;
    this.#logits = new Float64Array(count).fill(Number.NaN);
    this.#tokens = new Int32Array(count);
    this.#truncated = new Array<boolean>(count).fill(false);
    this.#passages = new Array<DecidingPassage | null>(count).fill(null);
  }

  add(event: ScoringEvent | CascadeScoringEvent): void {
    const stage = 'stage' in event ? event.stage : null;
    if ('stage' in event && this.cascade?.enter(event)) this.#first = null;
    this.#keep(event.scores, stage);
    const nowMs = performance.now();
    this.#leaveOutStall(event, nowMs);
    this.#last = event;
    this.#lastAtMs = nowMs;
    this.#first ??= { event, atMs: nowMs };
  }

  /**
   * Ends the run of two models. Where the strong one failed, scores that it gave before are taken
   * back: the ranking is the fast one's alone.
   */
  endCascade(result: CascadeResult): void {
    if (result.strong === null) this.#keep(result.fast.ranking, 'fast');
    this.cascade?.end(result);
    const { ranking: _, timings, ...model } = result.strong ?? result.fast;
    this.model = model;
    this.timings = timings;
  }

  /** How far scoring is; speed and time left are null until two batches have been timed. */
  progress(nowMs: number): Progress {
    const documents = this.#request.documents.length;
    const total = documents + (this.cascade?.depth ?? 0);
    const [first, last] = [this.#first, this.#last];
    const done = last?.done ?? 0;
    const cascade = this.cascade?.position(done) ?? null;
    if (first === null || last === null || last.doneTokens === first.event.doneTokens) {
      return { done, total, pairsPerSecond: null, leftMs: null, cascade };
    }
    const elapsedMs = nowMs - first.atMs;
    // Time is linear in tokens, and batches come shortest first: pairs would promise too much.
    const msPerToken = elapsedMs / (last.doneTokens - first.event.doneTokens);
    // How fast the second model is nobody knows while the first one works.
    const isKnown = cascade === null || cascade.stage === 'strong';
    const isWaiting = cascade?.stage === 'strong' && cascade.done === 0;
    return {
      done,
      total,
      pairsPerSecond: isWaiting ? null : ((done - first.event.done) / elapsedMs) * 1000,
      leftMs: isKnown && !isWaiting ? (last.totalTokens - last.doneTokens) * msPerToken : null,
      cascade,
    };
  }

  snapshot(): Result {
    return {
      ...this.#request,
      logits: this.#logits.slice(),
      cascade: this.cascade?.snapshot() ?? null,
      tokens: this.#tokens.slice(),
      truncated: this.#truncated.slice(),
      passages: this.#passages.slice(),
      bm25Scores: this.bm25Scores,
      bm25Failure: this.bm25Failure,
      collection: null,
      done: Math.min(this.#last?.done ?? 0, this.#request.documents.length),
      model: this.model,
      timings: this.timings,
    };
  }

  /** Moves the beginning on by the time in which nothing was computed. */
  #leaveOutStall(event: ScoringEvent, nowMs: number): void {
    const [first, last] = [this.#first, this.#last];
    if (first === null || last === null) return;
    const tookMs = nowMs - this.#lastAtMs;
    if (last.doneTokens <= first.event.doneTokens) {
      // No speed is known yet: it is measured from here.
      if (tookMs > stall.unknownMs) this.#first = null;
      return;
    }
    const msPerToken = (this.#lastAtMs - first.atMs) / (last.doneTokens - first.event.doneTokens);
    const expectedMs = (event.doneTokens - last.doneTokens) * msPerToken;
    if (tookMs < stall.leastMs + expectedMs * stall.factor) return;
    this.#first = { event: first.event, atMs: first.atMs + tookMs - expectedMs };
  }

  #keep(scores: readonly ScoredDocument[], stage: CascadeStage | null): void {
    for (const { index, logit, tokens, truncated, passage } of scores) {
      this.#logits[index] = logit;
      this.#tokens[index] = tokens;
      this.#truncated[index] = truncated;
      this.#passages[index] = passage ?? null;
      if (stage !== null) this.cascade?.take(stage, index, logit, tokens);
    }
  }
}
