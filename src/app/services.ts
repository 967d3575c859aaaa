import { Crossrank } from '../engine/crossrank.ts';
import type { Reranker } from '../engine/reranker.ts';
import { WorkerReranker } from '../engine/worker-reranker.ts';
import type { KeyValueStorage } from '../io/settings-storage.ts';
import { createTuningStorage } from '../io/tuning-storage.ts';
import { store } from './store.ts';

/** Storage of the browser; reaching for it can itself throw, so that happens inside each call. */
export const localSettings = lazyStorage(() => window.localStorage);
/** Storage of this tab: survives a reload, is not shared, ends with the tab. */
export const tabStorage = lazyStorage(() => window.sessionStorage);

/**
 * The library's instance, the same that a developer creates with `createCrossrank()`. The page and
 * the console (`window.crossrank`) share it, so that one model is in memory.
 */
export const crossrank = new Crossrank({
  createWorker: () =>
    new Worker(new URL('../worker/reranker.worker.ts', import.meta.url), {
      type: 'module',
      name: 'crossrank',
    }),
  createStoreWorker: () =>
    new Worker(new URL('../worker/model-store.worker.ts', import.meta.url), {
      type: 'module',
      name: 'crossrank-models',
    }),
  tunings: createTuningStorage(localSettings),
  onModel: (model) =>
    store.setState({ model: model === null ? { phase: 'none' } : { phase: 'ready', model } }),
});

/** The keyword baseline, in a worker of its own so that it never waits for the model. */
export const lexicalReranker: Reranker = new WorkerReranker({
  createWorker: () =>
    new Worker(new URL('../worker/lexical.worker.ts', import.meta.url), {
      type: 'module',
      name: 'crossrank-lexical',
    }),
});

function lazyStorage(storage: () => Storage): KeyValueStorage {
  return {
    getItem: (key) => storage().getItem(key),
    setItem: (key, value) => storage().setItem(key, value),
    removeItem: (key) => storage().removeItem(key),
  };
}
