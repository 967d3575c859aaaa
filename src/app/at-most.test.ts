import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { atMost } from './at-most.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('ends with what is waited for, and leaves no timer', async () => {
  await atMost(Promise.resolve('there'), 1000);
  expect(vi.getTimerCount()).toBe(0);
});

it('goes on without what does not come in time', async () => {
  const onEnd = vi.fn();
  const waiting = atMost(new Promise(() => undefined), 1000).then(onEnd);
  await vi.advanceTimersByTimeAsync(999);
  expect(onEnd).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(onEnd).toHaveBeenCalledOnce();
  await waiting;
});

it('fails as what is waited for does', async () => {
  await expect(atMost(Promise.reject(new Error('no')), 1000)).rejects.toThrow('no');
});
