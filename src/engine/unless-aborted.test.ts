import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { unlessAborted } from './unless-aborted.ts';

const pending = new Promise<never>(() => undefined);

describe('unlessAborted', () => {
  it('settles as the work does', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
    const failure = new Error('work');
    await expect(unlessAborted(Promise.reject(failure), signal)).rejects.toBe(failure);
  });

  it('rejects with the reason of the abort, before or while it waits', async () => {
    const controller = new AbortController();
    const reason = new Error('why');
    const waiting = unlessAborted(pending, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(unlessAborted(pending, controller.signal)).rejects.toBe(reason);
    await expect(unlessAborted(Promise.resolve(7), controller.signal)).rejects.toBe(reason);
  });

  it('takes no notice of work that fails after the abort', async () => {
    const reason = new Error('why');
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const waiting = unlessAborted(work, AbortSignal.abort(reason));
    fail(new Error('too late'));
    await expect(waiting).rejects.toBe(reason);
  });

  it('leaves nothing on the signal', async () => {
    const { signal } = new AbortController();
    await unlessAborted(Promise.resolve(7), signal);
    await Promise.allSettled([unlessAborted(Promise.reject(new Error('work')), signal)]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
