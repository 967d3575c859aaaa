import { RerankError } from '../core/errors.ts';
import { abortedError } from '../models/abort.ts';
import { unlessAborted } from './unless-aborted.ts';

/**
 * The calls of a worker's owner, one after the other. A caller that aborts does not wait for its
 * turn, and a call that waited while another one failed with its worker is rejected, too: it might
 * be next.
 */
export class CallQueue {
  #last: Promise<void> = Promise.resolve();
  /** Calls that a crash has ended so far. */
  #crashes = 0;
  #closed = false;

  /** @throws RerankError `disposed` after `close`, `aborted` when the signal is. */
  check(signal: AbortSignal | undefined): void {
    if (this.#closed) {
      throw new RerankError('disposed', 'This reranker was disposed; create a new one.');
    }
    if (signal?.aborted) throw abortedError(signal);
  }

  /** Runs a job after the ones before it. */
  run<T>(signal: AbortSignal | undefined, job: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const crashes = this.#crashes;
    const turn = (async () => {
      if (signal) await unlessAborted(before, signal).catch(() => undefined);
      this.check(signal);
      await before;
      this.check(signal);
      if (this.#crashes !== crashes) {
        throw new RerankError('worker-crashed', 'The worker stopped while this call waited.');
      }
      try {
        return await job();
      } catch (error) {
        if (error instanceof RerankError && error.code === 'worker-crashed') this.#crashes += 1;
        throw error;
      }
    })();
    // The next call waits for both, however they end, and does not hold on to their results.
    this.#last = Promise.allSettled([before, turn]).then(() => undefined);
    return turn;
  }

  /** Refuses every call from now on. */
  close(): void {
    this.#closed = true;
  }
}
