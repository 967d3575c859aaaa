import type { RerankError } from '../core/errors.ts';
import { BatchError } from './batch-error.ts';
import type { RecoveredCode, RecoveringEvent } from './reranker.ts';

/** A second loss or crash within this time is not made good any more. Milliseconds. */
const recoveryWindowMs = 10 * 60_000;

/**
 * Decides after which failures of a run the worker is started again and the run goes on.
 *
 * A lost GPU and a crashed worker are made good once in ten minutes each: what happens again so
 * soon would go on for ever, so the second is told to the caller. Too little memory is made good
 * with smaller batches, half as large each time, down to one pair; what has turned out to fit a
 * model on a device holds for as long as this object lives.
 */
export class Recoveries {
  readonly #now: () => number;
  /** When each failure was last seen. */
  readonly #seenAt = new Map<RecoveredCode, number>();
  /** Most padded tokens of a batch, by model and device. */
  readonly #mostTokens = new Map<string, number>();

  /** @param now a clock that does not jump; milliseconds. Default `performance.now`. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Most padded tokens of a batch that memory has room for; null where none was too large. */
  mostTokensOf(key: string): number | null {
    return this.#mostTokens.get(key) ?? null;
  }

  /**
   * Begins a run.
   * @param key what is scored with: one build of a model on one device
   * @returns gives what to tell before the run goes on after a failure; null when it ends with that
   */
  ofRun(key: string): (failure: RerankError) => RecoveringEvent | null {
    let attempt = 0;
    let outOfMemory = 0;
    return (failure) => {
      const { code } = failure;
      if (code === 'out-of-memory') {
        outOfMemory += 1;
        if (!this.#shrink(key, failure, outOfMemory)) return null;
      } else if (code === 'device-lost' || code === 'worker-crashed') {
        if (!this.#isFirst(code)) return null;
      } else return null;
      attempt += 1;
      return { type: 'recovering', code, attempt };
    };
  }

  #isFirst(code: RecoveredCode): boolean {
    const now = this.#now();
    const seenAt = this.#seenAt.get(code);
    this.#seenAt.set(code, now);
    return seenAt === undefined || now - seenAt > recoveryWindowMs;
  }

  #shrink(key: string, failure: RerankError, times: number): boolean {
    if (!(failure instanceof BatchError)) return false;
    const { rows, width } = failure.batch;
    // Alone, and in a worker that was new: nothing smaller can be tried.
    if (rows === 1 && times > 1) return false;
    // A long pair runs alone also where its tokens are over the limit: that does not raise it.
    const most = Math.min(this.mostTokensOf(key) ?? Number.POSITIVE_INFINITY, (rows * width) / 2);
    this.#mostTokens.set(key, Math.max(1, Math.floor(most)));
    return true;
  }
}
