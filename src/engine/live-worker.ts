import { type Remote, releaseProxy, wrap } from 'comlink';
import { RerankError } from '../core/errors.ts';
import { afterAwake } from './awake-timer.ts';

/** What is offered by every worker that is watched. */
export interface WatchedApi {
  /** Takes the named web lock for as long as the worker lives: its release tells of its death. */
  holdLock(name: string): Promise<void>;
}

/** A worker's offer as the page calls it: every method gives a promise. */
export type WorkerApi<Api> = Remote<Api>;

/** How a worker is started, and what is said of its end. */
export interface LiveWorkerOptions {
  readonly createWorker: () => Worker;
  /**
   * What a call is told when the worker dies.
   * @param what goes on "The worker ...", for example `stopped without a word`
   */
  readonly crashMessage: (what: string) => string;
  /** Told once, when the worker was ended or has died. */
  readonly onEnd: () => void;
  /** How long the worker may take to its first word, while the page is awake. Default 30,000 ms. */
  readonly startMs?: number;
}

/** One running worker, from its start to its end. It is not started again: start another. */
export interface LiveWorker<Api> {
  readonly api: WorkerApi<Api>;
  /** Aborts when the worker is gone; its reason is a RerankError. */
  readonly gone: AbortSignal;
  /** Terminates the worker; calls under way are to be rejected with the reason. */
  readonly end: (reason: RerankError) => void;
}

/**
 * Starts a worker, and ends it when it has died.
 *
 * A worker that is killed, runs out of memory or closes itself fires no event in the page, and
 * comlink's promises then stay pending for ever. A web lock that the worker holds is released by
 * the browser in all these cases. Where there are no locks (insecure origins) only error events
 * remain. One that dies before it holds the lock is given up after a time that a script of its size
 * takes on no connection: nothing else tells of it.
 * Source: https://w3c.github.io/web-locks/#agent-integration
 * @throws RerankError `worker-crashed` when the worker cannot even be started
 */
export function startLiveWorker<Api extends WatchedApi>({
  createWorker,
  crashMessage,
  onEnd,
  startMs = 30_000,
}: LiveWorkerOptions): LiveWorker<Api> {
  const worker = create(createWorker);
  const api = wrap<Api>(worker);
  const watching = new AbortController();
  const { signal } = watching;
  const end = (reason: RerankError): void => {
    if (signal.aborted) return;
    watching.abort(reason);
    api[releaseProxy]();
    worker.terminate();
    onEnd();
  };
  const die = (what: string): void => end(new RerankError('worker-crashed', crashMessage(what)));
  worker.addEventListener('error', (e) => die(`failed: ${e.message || 'no reason given'}`), {
    signal,
  });
  worker.addEventListener('messageerror', () => die('sent an unreadable message'), { signal });
  // comlink cannot say of a type that is not known yet that its methods answer with promises.
  const { holdLock } = api as Remote<WatchedApi>;
  watchLock(holdLock, signal, die, startMs);
  return { api, gone: signal, end };
}

function create(createWorker: () => Worker): Worker {
  try {
    return createWorker();
  } catch (error) {
    throw new RerankError('worker-crashed', `The worker did not start: ${String(error)}`, {
      cause: error,
    });
  }
}

async function watchLock(
  holdLock: (name: string) => Promise<void>,
  signal: AbortSignal,
  onDeath: (what: string) => void,
  startMs: number,
): Promise<void> {
  const name = `crossrank-worker-${crypto.randomUUID()}`;
  const stopTimer = afterAwake(startMs, () => onDeath('did not start'));
  signal.addEventListener('abort', stopTimer, { once: true });
  try {
    await holdLock(name).finally(stopTimer);
    await globalThis.navigator?.locks.request(name, { signal }, () =>
      onDeath('stopped without a word'),
    );
  } catch {
    // There are no locks, or the watch was ended together with the worker.
  }
}
