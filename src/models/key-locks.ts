import { abortedError, checkAborted } from './abort.ts';

/** What holding a lock may be told. */
export interface HoldOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when somebody else holds the lock, and this has to wait. */
  readonly onWaiting?: (() => void) | undefined;
}

/**
 * Locks by name. With the browser's web locks they hold between tabs and are released when a tab
 * or a worker dies; without (insecure origins) they hold between calls here.
 */
export class KeyLocks {
  readonly #manager: LockManager | null;
  /** Without a manager: what the next one has to wait for. */
  readonly #held = new Map<string, Promise<void>>();

  constructor(manager: LockManager | null) {
    this.#manager = manager;
  }

  /**
   * Runs a job when nobody else holds the lock.
   * @throws RerankError `aborted` while it waits; and what the job throws
   */
  async hold<T>(name: string, job: () => Promise<T>, options: HoldOptions = {}): Promise<T> {
    const { signal, onWaiting } = options;
    checkAborted(signal);
    const tried = await this.tryHold(name, job);
    if (tried !== null) return tried.value;
    onWaiting?.();
    checkAborted(signal);
    let begun = false;
    const begin = (): Promise<T> => {
      begun = true;
      return job();
    };
    try {
      if (this.#manager === null) return await this.#holdHere(name, begin, signal);
      return await this.#manager.request(name, signal === undefined ? {} : { signal }, begin);
    } catch (error) {
      if (!begun && signal?.aborted) throw abortedError(signal);
      throw error;
    }
  }

  /** Runs a job, or gives null when somebody else holds the lock. */
  async tryHold<T>(name: string, job: () => Promise<T>): Promise<{ readonly value: T } | null> {
    if (this.#manager === null) {
      if (this.#held.has(name)) return null;
      return { value: await this.#holdHere(name, job) };
    }
    return await this.#manager.request(name, { ifAvailable: true }, async (lock) =>
      lock === null ? null : { value: await job() },
    );
  }

  async #holdHere<T>(name: string, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#held.get(name) ?? Promise.resolve();
    const turn = before.then(() => {
      checkAborted(signal);
      return job();
    });
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#held.set(name, over);
    over.then(() => {
      if (this.#held.get(name) === over) this.#held.delete(name);
    });
    if (signal === undefined) return await turn;
    return await unlessAbortedBefore(before, turn, signal);
  }
}

/** Rejects at once when the signal aborts before its turn has come. */
async function unlessAbortedBefore<T>(
  before: Promise<void>,
  turn: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortedError(signal));
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([before, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Its own rejection is nobody's then.
    turn.catch(() => undefined);
  }
  return await turn;
}
