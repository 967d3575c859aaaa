import { expect, it } from 'vitest';
import { collectionsStore } from './collections-store.ts';
import { isRunUnderWay } from './run-under-way.ts';
import { type AppState, store } from './store.ts';

it('a run that a reload would end is told from one that has ended', () => {
  const app = store.getState();
  const collections = collectionsStore.getState();
  const place = { done: 1, total: 2, cascade: null };
  const scoring: AppState['run'] = {
    phase: 'scoring',
    ...place,
    pairsPerSecond: null,
    leftMs: null,
  };
  expect(isRunUnderWay(app, collections)).toBe(false);
  expect(isRunUnderWay({ ...app, run: scoring }, collections)).toBe(true);
  expect(isRunUnderWay({ ...app, run: { phase: 'left', ...place } }, collections)).toBe(false);
  expect(isRunUnderWay({ ...app, traps: { ...app.traps, phase: 'running' } }, collections)).toBe(
    true,
  );
});
