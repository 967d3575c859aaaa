import { transfer } from 'comlink';
import { RerankError, toRerankError } from '../core/errors.ts';
import { abortedError } from '../models/abort.ts';
import {
  type LiveWorker,
  type LiveWorkerOptions,
  startLiveWorker,
  type WatchedApi,
  type WorkerApi,
} from './live-worker.ts';
import { type Outcome, openCallPort, unwrapOutcome } from './protocol.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface OwnedWorkerOptions extends Pick<LiveWorkerOptions, 'crashMessage'> {
  /** Starts the worker; called again after a crash. */
  readonly createWorker: () => Worker;
  /** What a call is told after `dispose`. */
  readonly disposedMessage: string;
}

/** How one call is watched and stopped. */
export interface OwnedWorkerCall<Event> {
  /** Aborting rejects the call at once with code `aborted`; the worker stops soon after. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
}

/**
 * A worker whose calls overlap, owned by an object of the page: it is started with the first call,
 * and again with the next one after it died. Every call brings a port of its own, which carries
 * events one way and the abort the other. Every rejection is a RerankError.
 */
export class OwnedWorker<Api extends WatchedApi, Event> {
  readonly #options: OwnedWorkerOptions;
  #live: LiveWorker<Api> | null = null;
  #disposed = false;

  constructor(options: OwnedWorkerOptions) {
    this.#options = options;
  }

  /** @param invoke calls one method, which is to answer with an outcome through the port */
  async call<T>(
    invoke: (api: WorkerApi<Api>, port: MessagePort) => Promise<Outcome<T>>,
    { signal, onEvent }: OwnedWorkerCall<Event> = {},
  ): Promise<T> {
    if (this.#disposed) throw new RerankError('disposed', this.#options.disposedMessage);
    if (signal?.aborted) throw abortedError(signal);
    const live = this.#live ?? this.#spawn();
    const channel = openCallPort<Event>((event) => {
      if (!signal?.aborted) onEvent?.(event);
    });
    // Goes on after an abort, until the worker has heard of it.
    const settle = async (): Promise<T> => {
      try {
        const answer = invoke(live.api, transfer(channel.port, [channel.port]));
        const outcome = await unlessAborted(answer, live.gone);
        await unlessAborted(channel.drained, live.gone);
        return unwrapOutcome(outcome);
      } finally {
        channel.close();
      }
    };
    signal?.addEventListener('abort', channel.abort, { once: true });
    try {
      const settled = settle();
      return await (signal === undefined ? settled : unlessAborted(settled, signal));
    } catch (error) {
      throw signal?.aborted ? abortedError(signal) : toRerankError(error, 'worker-crashed');
    } finally {
      signal?.removeEventListener('abort', channel.abort);
    }
  }

  /** Ends the worker; pending calls and later ones reject with code `disposed`. */
  dispose(): void {
    this.#disposed = true;
    this.#live?.end(new RerankError('disposed', this.#options.disposedMessage));
  }

  #spawn(): LiveWorker<Api> {
    const live = startLiveWorker<Api>({
      ...this.#options,
      onEnd: () => {
        if (this.#live === live) this.#live = null;
      },
    });
    this.#live = live;
    return live;
  }
}
