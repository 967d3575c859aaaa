import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { afterAwake } from './awake-timer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('calls back after its time', () => {
  const onTime = vi.fn();
  afterAwake(2000, onTime);
  vi.advanceTimersByTime(1999);
  expect(onTime).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onTime).toHaveBeenCalledTimes(1);
});

it('starts anew when the machine slept through it', () => {
  const onTime = vi.fn();
  afterAwake(2000, onTime);
  const awake = performance.now();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(awake + 3_600_000);
  vi.advanceTimersByTime(2000);
  expect(onTime).not.toHaveBeenCalled();
  clock.mockReturnValue(awake + 3_602_000);
  vi.advanceTimersByTime(2000);
  expect(onTime).toHaveBeenCalledTimes(1);
});

it('is stopped, also after it has started anew', () => {
  const onTime = vi.fn();
  const stop = afterAwake(2000, onTime);
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3_600_000);
  vi.advanceTimersByTime(2000);
  clock.mockRestore();
  stop();
  vi.advanceTimersByTime(10_000);
  expect(onTime).not.toHaveBeenCalled();
});
