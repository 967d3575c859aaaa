/** From so many times the wanted time on nothing was running: the machine slept. */
const sleepFactor = 1.5;

/**
 * Calls back after a time in which this page was awake. A timer that comes much too late was slept
 * through, by the laptop or by a page that was frozen, and nobody else had that time either: it is
 * started again.
 * @param ms > 0
 * @returns stops it
 */
export function afterAwake(ms: number, onTime: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const start = (): void => {
    const startedAt = performance.now();
    timer = setTimeout(() => {
      if (performance.now() - startedAt > ms * sleepFactor + 1000) start();
      else onTime();
    }, ms);
  };
  start();
  return () => clearTimeout(timer);
}
