import { type RerankError, type RerankErrorCode, toRerankError } from '../core/errors.ts';
import { abortedError } from '../models/abort.ts';
import { afterAwake } from './awake-timer.ts';
import { type LiveWorker, startLiveWorker, type WorkerApi } from './live-worker.ts';
import { type Outcome, openCallPort, type RerankerWorkerApi, unwrapOutcome } from './protocol.ts';
import type { CallOptions, RerankEvent } from './reranker.ts';
import { unlessAborted } from './unless-aborted.ts';

/** One method of the worker, called with the port of the call. */
export type Invoke<T> = (
  api: WorkerApi<RerankerWorkerApi>,
  port: MessagePort,
) => Promise<Outcome<T>>;

/** How one call of the worker is watched and stopped. */
export interface ScoringCall extends CallOptions {
  /** How long the call may go on after it was aborted, until the worker is ended. 0: not at all. */
  readonly graceMs: number;
  /** Takes every event, also those that the caller does not want any more. */
  readonly read?: (event: RerankEvent) => RerankEvent;
}

/** After these the worker's memory or GPU device cannot be trusted any more. */
const fatalCodes: ReadonlySet<RerankErrorCode> = new Set([
  'out-of-memory',
  'device-lost',
  'session-failed',
  'inference-failed',
  'worker-crashed',
]);

/** A worker that scores: it is ended when it hangs after an abort, and by what leaves it in doubt. */
export class ScoringWorker {
  readonly #live: LiveWorker<RerankerWorkerApi>;

  /**
   * @param onEnd told once, when the worker was ended or has died
   * @throws RerankError `worker-crashed` when the worker cannot even be started
   */
  constructor(createWorker: () => Worker, onEnd: (worker: ScoringWorker) => void) {
    this.#live = startLiveWorker({
      createWorker,
      crashMessage: (what) => `The worker ${what}. Run again to restart it.`,
      onEnd: () => onEnd(this),
    });
  }

  /** Terminates the worker; calls under way are rejected with the reason. */
  end(reason: RerankError): void {
    this.#live.end(reason);
  }

  /** Every rejection is a RerankError; the worker is ended by those that leave it in doubt. */
  async call<T>(
    invoke: Invoke<T>,
    { signal, onEvent, graceMs, read = (event) => event }: ScoringCall,
  ): Promise<T> {
    const { api, gone } = this.#live;
    const channel = openCallPort((event) => {
      const told = read(event);
      // What the worker sent before it noticed the abort is not wanted any more.
      if (!signal?.aborted) onEvent?.(told);
    });
    let stopTimer = (): void => undefined;
    const end = (): void => this.end(abortedError(signal));
    const onAbort = (): void => {
      channel.abort();
      if (graceMs === 0) end();
      else stopTimer = afterAwake(graceMs, end);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const outcome = await unlessAborted(invoke(api, channel.port), gone);
      await unlessAborted(channel.drained, gone);
      const value = unwrapOutcome(outcome);
      // The worker may have finished before it read of the abort.
      if (signal?.aborted) throw abortedError(signal);
      return value;
    } catch (error) {
      const failure = toRerankError(error, 'worker-crashed');
      if (fatalCodes.has(failure.code)) this.end(failure);
      throw signal?.aborted ? abortedError(signal) : failure;
    } finally {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
      channel.close();
    }
  }
}
