import { Crossrank } from '../engine/crossrank.ts';
import type { Reranker } from '../engine/reranker.ts';
import { WorkerReranker } from '../engine/worker-reranker.ts';
import { createTuningStorage } from '../io/tuning-storage.ts';
import { localSettings, tabStorage } from './browser-storage.ts';
import { watchRequests } from './requests-watch.ts';
import { startKeywordWorker, startScoringWorker } from './start-workers.ts';
import { store } from './store.ts';

export { localSettings, tabStorage };

/**
 * The library's instance, the same that a developer creates with `createCrossrank()`. The page and
 * the console (`window.crossrank`) share it, so that one model is in memory.
 */
export const crossrank = new Crossrank({
  createWorker: () => startScoringWorker('crossrank'),
  createStoreWorker: () =>
    watchRequests(
      new Worker(new URL('../worker/model-store.worker.ts', import.meta.url), {
        type: 'module',
        name: 'crossrank-models',
      }),
      'models',
    ),
  tunings: createTuningStorage(localSettings),
  // Fetched when a host is asked for the first time: most visits ask none.
  tokenOf: async (origin) => (await import('./token-actions.ts')).tokenOf(origin),
  onModel: (model) =>
    store.setState({ model: model === null ? { phase: 'none' } : { phase: 'ready', model } }),
});

/** The keyword baseline, in a worker of its own so that it never waits for the model. */
export const lexicalReranker: Reranker = new WorkerReranker({
  createWorker: () => startKeywordWorker('crossrank-lexical'),
});
