import { RerankError } from '../core/errors.ts';

/** @throws RerankError `worker-crashed` when the worker cannot even be started. */
export function startWorker(createWorker: () => Worker): Worker {
  try {
    return createWorker();
  } catch (error) {
    throw new RerankError('worker-crashed', `The worker did not start: ${String(error)}`, {
      cause: error,
    });
  }
}

/**
 * Tells, once or more, that a worker has died, in words that go on "The worker ...". Ends with
 * `signal`.
 *
 * A worker that is killed, runs out of memory or closes itself fires no event in the page, and
 * comlink's promises then stay pending for ever. A web lock that the worker holds is released by
 * the browser in all these cases. Where there are no locks (insecure origins) only error events
 * remain.
 * Source: https://w3c.github.io/web-locks/#agent-integration
 */
export function watchWorker(
  worker: Worker,
  holdLock: (name: string) => Promise<void>,
  signal: AbortSignal,
  onDeath: (what: string) => void,
): void {
  worker.addEventListener('error', (e) => onDeath(`failed: ${e.message || 'no reason given'}`), {
    signal,
  });
  worker.addEventListener('messageerror', () => onDeath('sent an unreadable message'), { signal });
  watchLock(holdLock, signal, () => onDeath('stopped without a word'));
}

async function watchLock(
  holdLock: (name: string) => Promise<void>,
  signal: AbortSignal,
  onReleased: () => void,
): Promise<void> {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks === undefined) return;
  const name = `crossrank-worker-${crypto.randomUUID()}`;
  try {
    await holdLock(name);
    await locks.request(name, { signal }, onReleased);
  } catch {
    // The watch was ended together with the worker.
  }
}
