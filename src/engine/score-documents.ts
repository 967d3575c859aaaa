import type { PassageFold } from '../core/passages.ts';
import type { BatchPlanner } from './batch-planner.ts';
import { type Batch, orderByPromise, planBatches } from './batches.ts';
import { DocumentScores, type EncodedDocument } from './document-scores.ts';
import type { BatchLogits } from './onnx-session.ts';
import type { EncodedPair } from './pairs.ts';
import type { BatchRecord, RerankTimings, ScoredDocument, ScoringEvent } from './reranker.ts';
import { queueTexts, ScoringQueue, type ScoringWindow } from './scoring-queue.ts';

/** What is to be scored, and with what. */
export interface ScoringJob {
  readonly documents: readonly string[];
  /** By position in the documents, higher is better. Default: their order. */
  readonly promise?: readonly number[];
  readonly fold: PassageFold;
  readonly encode: (text: string) => EncodedDocument;
  /** Runs one batch. Runs do not overlap. */
  readonly run: (batch: Batch, pairs: readonly EncodedPair[]) => Promise<BatchLogits>;
  /** True where this thread is free while a batch runs, as on a GPU. */
  readonly overlaps: boolean;
  /** Operations of a pair of so many tokens; null when not known. */
  readonly flopOf: ((tokens: number) => number) | null;
  readonly planner: BatchPlanner;
  readonly onScores: (event: ScoringEvent) => void;
  /** Throws when nobody waits for the result any more. */
  readonly check: () => void;
  /** Lets other events in, then does the same. */
  readonly pause: () => Promise<void>;
}

/** All scores of a job. */
export interface ScoredDocuments {
  /** By position in the documents. */
  readonly scored: readonly ScoredDocument[];
  readonly timings: Omit<RerankTimings, 'queueMs' | 'remembered'>;
}

/** Tokenising gives way to other events after this long. Milliseconds. */
const breathAfterMs = 30;

/**
 * Beside a run tokenising gives way so often, lest the device wait for its next batch; and where a
 * run blocks the thread, this much is tokenised between two. Milliseconds.
 */
const sliceMs = 1;

/**
 * Scores documents window by window, the most promising first. The next window is tokenised while
 * a batch runs where the thread is free then, else in slices between batches.
 * @throws what `run`, `check`, `encode` and `onScores` throw, but not before the run under way has
 *   ended
 */
export function scoreDocuments(job: ScoringJob): Promise<ScoredDocuments> {
  return new ScoringRun(job).score();
}

class ScoringRun {
  readonly #job: ScoringJob;
  readonly #queue: ScoringQueue;
  readonly #startedAt = performance.now();
  readonly #scored: ScoredDocument[] = [];
  readonly #timeline: BatchRecord[] = [];
  #done = 0;
  #doneTokens = 0;
  #paddedTokens = 0;
  #pairs = 0;
  #flop = 0;
  #tokenizeMs = 0;
  #inferenceMs = 0;
  #transferMs = 0;
  #gpuMs: number | null = 0;
  #tokenBudget = 0;

  constructor(job: ScoringJob) {
    const { documents, promise, encode, planner } = job;
    this.#job = job;
    this.#queue = new ScoringQueue(
      queueTexts(documents, promise),
      encode,
      planner.firstWindow,
      (totalTokens) => planner.largestWindow(totalTokens),
    );
  }

  async score(): Promise<ScoredDocuments> {
    this.#job.check();
    while (!this.#queue.empty) {
      for (;;) {
        this.#tokenize(breathAfterMs);
        if (this.#queue.full) break;
        await this.#job.pause();
      }
      await this.#scoreWindow(this.#queue.take());
    }
    this.#job.check();
    return { scored: this.#scored, timings: this.#timings() };
  }

  async #scoreWindow(window: ScoringWindow): Promise<void> {
    const { fold, planner, run, overlaps, pause } = this.#job;
    const { documents, indexesOf } = window;
    const pairs = documents.flatMap(({ passages }) => passages.map(({ pair }) => pair));
    const lengths = Int32Array.from(pairs, ({ ids }) => ids.length);
    const limits = planner.limitsFor(window.tokens, this.#queue.totalTokens);
    const scores = new DocumentScores(documents, indexesOf, fold, this.#scored);
    this.#tokenBudget = Math.max(this.#tokenBudget, limits.tokenBudget);
    for (const batch of orderByPromise(planBatches(lengths, limits))) {
      await pause();
      const startMs = this.#elapsedMs();
      const running = run(batch, pairs);
      if (overlaps) await this.#tokenizeBeside(running);
      const answer = await running;
      this.#record(batch, lengths, answer, startMs, limits.tokenBudget);
      this.#tell(scores.add(batch.rows, answer.logits));
      if (!overlaps) this.#tokenize(sliceMs);
    }
  }

  /** Tokenises for the next window, until that is full or the time is over. */
  #tokenize(forMs: number): void {
    if (this.#queue.full) return;
    const startedAt = performance.now();
    let now = startedAt;
    do {
      this.#queue.tokenize();
      now = performance.now();
    } while (!this.#queue.full && now - startedAt < forMs);
    this.#tokenizeMs += now - startedAt;
  }

  /** Returns when the run has ended or nothing is left to do beside it. */
  async #tokenizeBeside(running: Promise<unknown>): Promise<void> {
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    running.then(end, end);
    try {
      while (!ended && !this.#queue.full) {
        this.#tokenize(sliceMs);
        await this.#job.pause();
      }
    } catch (error) {
      // The next call may run a batch as soon as this one has failed.
      await running.catch(() => undefined);
      throw error;
    }
  }

  #record(
    { rows, width }: Batch,
    lengths: Int32Array,
    { runMs, transferMs, gpuMs }: BatchLogits,
    startMs: number,
    tokenBudget: number,
  ): void {
    const { flopOf, planner } = this.#job;
    let tokens = 0;
    for (const row of rows) {
      const length = lengths[row] ?? 0;
      tokens += length;
      this.#flop += flopOf?.(length) ?? 0;
    }
    this.#pairs += rows.length;
    this.#doneTokens += tokens;
    this.#paddedTokens += rows.length * width;
    this.#inferenceMs += runMs;
    this.#transferMs += transferMs;
    this.#gpuMs = this.#gpuMs === null || gpuMs === null ? null : this.#gpuMs + gpuMs;
    const endMs = this.#elapsedMs();
    this.#timeline.push({ startMs, endMs, rows: rows.length, width, tokens, gpuMs });
    planner.learn({ tokenBudget, rows: rows.length, width, ms: runMs });
  }

  #tell(scores: readonly ScoredDocument[]): void {
    this.#done += scores.length;
    this.#job.onScores({
      type: 'scoring',
      done: this.#done,
      total: this.#job.documents.length,
      doneTokens: this.#doneTokens,
      totalTokens: this.#queue.totalTokens,
      scores,
    });
  }

  #timings(): ScoredDocuments['timings'] {
    const totalMs = this.#elapsedMs();
    const tokens = this.#doneTokens;
    return {
      totalMs,
      tokenizeMs: this.#tokenizeMs,
      inferenceMs: this.#inferenceMs,
      transferMs: this.#transferMs,
      gpuMs: this.#gpuMs,
      pairs: this.#pairs,
      pairsPerSecond: (this.#pairs / totalMs) * 1000,
      batches: this.#timeline.length,
      tokens,
      paddedShare: (this.#paddedTokens - tokens) / this.#paddedTokens,
      flop: this.#job.flopOf === null ? null : this.#flop,
      tokenBudget: this.#tokenBudget,
      timeline: this.#timeline,
    };
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }
}
