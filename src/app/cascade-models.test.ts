import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { forgetMissingCascade } from './cascade-gone.ts';
import { chooseCascade } from './cascade-models.ts';
import { crossrank } from './services.ts';
import { store } from './store.ts';

// Workers there are none here: whether the one of the fast model is to end is what counts.
const unloadFast = vi.spyOn(crossrank, 'unloadFast');

beforeEach(() => {
  chooseCascade('fast');
  unloadFast.mockClear();
});

afterEach(() => vi.clearAllMocks());

describe('the memory of the fast model', () => {
  test('is given back when the cascade is switched off, and not before', () => {
    chooseCascade('another');
    expect(unloadFast).not.toHaveBeenCalled();
    chooseCascade(null);
    expect(unloadFast).toHaveBeenCalledTimes(1);
    expect(store.getState().settings.cascadeModel).toBeNull();
  });

  test('is given back when its model is no longer on this machine', async () => {
    vi.spyOn(crossrank, 'models').mockResolvedValue([]);
    expect(await forgetMissingCascade()).toBe(true);
    expect(unloadFast).toHaveBeenCalledTimes(1);
    expect(store.getState()).toMatchObject({
      settings: { cascadeModel: null },
      cascadeGone: 'fast',
    });
  });

  test('stays where nobody can tell whether its model is there', async () => {
    vi.spyOn(crossrank, 'models').mockRejectedValue(new Error('storage'));
    expect(await forgetMissingCascade()).toBe(false);
    expect(unloadFast).not.toHaveBeenCalled();
  });
});
