import { type Remote, releaseProxy, transfer, wrap } from 'comlink';
import { RerankError, toRerankError } from '../core/errors.ts';
import { abortedError } from '../models/abort.ts';
import { type Outcome, openCallPort, unwrapOutcome } from './protocol.ts';
import { unlessAborted } from './unless-aborted.ts';
import { startWorker, watchWorker } from './worker-life.ts';

/** What is offered by every worker that is owned. */
interface WatchedApi {
  /** Takes the named web lock for as long as the worker lives: its release tells of its death. */
  holdLock(name: string): Promise<void>;
}

/** A worker's offer as the page calls it: every method gives a promise. */
export type WorkerApi<Api> = Remote<Api>;

export interface OwnedWorkerOptions {
  /** Starts the worker; called again after a crash. */
  readonly createWorker: () => Worker;
  /**
   * What a call is told when the worker dies.
   * @param what goes on "The worker ...", for example `stopped without a word`
   */
  readonly crashMessage: (what: string) => string;
  /** What a call is told after `dispose`. */
  readonly disposedMessage: string;
}

/** How one call is watched and stopped. */
export interface OwnedWorkerCall<Event> {
  /** Aborting rejects the call at once with code `aborted`; the worker stops soon after. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
}

/** A running worker. */
interface LiveWorker<Api> {
  readonly api: Remote<Api>;
  /** Aborts when the worker is gone; its reason is a RerankError. */
  readonly gone: AbortSignal;
  readonly end: (reason: RerankError) => void;
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
    invoke: (api: Remote<Api>, port: MessagePort) => Promise<Outcome<T>>,
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
    const worker = startWorker(this.#options.createWorker);
    const api = wrap<Api>(worker);
    const watching = new AbortController();
    const { signal } = watching;
    const live: LiveWorker<Api> = {
      api,
      gone: signal,
      end: (reason) => {
        if (signal.aborted) return;
        watching.abort(reason);
        api[releaseProxy]();
        worker.terminate();
        if (this.#live === live) this.#live = null;
      },
    };
    // comlink cannot say of a type that is not known yet that its methods answer with promises.
    const { holdLock } = api as Remote<WatchedApi>;
    watchWorker(worker, holdLock, signal, (what) =>
      live.end(new RerankError('worker-crashed', this.#options.crashMessage(what))),
    );
    this.#live = live;
    return live;
  }
}
