/** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as that aborts. */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Waits by the clock. */
export const waitByClock: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });

/**
 * Lets waiting messages (above all: abort) be handled. A message channel, since timers are held
 * back to 4 ms when nested and to a second in hidden tabs.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
