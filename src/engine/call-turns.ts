import { RerankError, type RerankErrorCode, toRerankError } from '../core/errors.ts';
import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';

/**
 * What a reranker that computes needs around its work: one call at a time, each stoppable by its
 * signal at every pause, and none after dispose.
 */
export class CallTurns {
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  /** @throws RerankError `disposed` after `close`, `aborted` when the signal is. */
  check(signal: AbortSignal | undefined): void {
    if (this.#closed) {
      throw new RerankError('disposed', 'This reranker was disposed; create a new one.');
    }
    checkAborted(signal);
  }

  /** Runs a job after the ones before it; what is no RerankError gets the fallback code. */
  async run<T>(fallback: RerankErrorCode, job: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(job);
    // The next call waits for this one however it ends, and does not hold on to its result.
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await turn;
    } catch (error) {
      throw toRerankError(error, fallback);
    }
  }

  /** Lets waiting messages (above all: abort) be handled, then checks. */
  async pause(signal: AbortSignal | undefined): Promise<void> {
    await breathe();
    this.check(signal);
  }

  /** Refuses every call from now on; resolves when the one under way has stopped. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}
