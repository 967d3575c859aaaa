import { describe, expect, it } from 'vitest';
import type { RerankError } from '../core/errors.ts';
import { startLiveWorker, type WatchedApi } from './live-worker.ts';

/** A worker that takes every message and says nothing, as one does that died while it started. */
class SilentWorker extends EventTarget implements Worker {
  onerror = null;
  onmessage = null;
  onmessageerror = null;
  terminated = false;

  postMessage(): void {
    // Nobody reads it.
  }

  terminate(): void {
    this.terminated = true;
  }
}

describe('a live worker', () => {
  it('that dies before it says a word is given up, once', async () => {
    const worker = new SilentWorker();
    let ends = 0;
    const started = startLiveWorker<WatchedApi>({
      createWorker: () => worker,
      crashMessage: (what) => `The worker ${what}.`,
      onEnd: () => {
        ends += 1;
      },
      startMs: 10,
    });
    await new Promise((resolve) => started.gone.addEventListener('abort', resolve));
    const reason: RerankError = started.gone.reason;
    expect(reason.code).toBe('worker-crashed');
    expect(reason.message).toBe('The worker did not start.');
    expect(worker.terminated).toBe(true);
    started.end(reason);
    expect(ends).toBe(1);
  });
});
