/**
 * Settles as `work` does, or rejects with the signal's reason as soon as that aborts.
 * Not a race against one promise that stays pending for long: such a promise would hold on to the
 * result of every race it ever took part in.
 * Source: https://github.com/nodejs/node/issues/17469
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
  });
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
