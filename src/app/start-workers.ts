import { watchRequests } from './requests-watch.ts';

// The build finds a worker's file by the literal beside `new Worker` alone.

/**
 * Starts a worker in which a model scores, and listens to what it requests.
 * @param name what the browser's tools show
 */
export function startScoringWorker(name: string): Worker {
  return watchRequests(
    new Worker(new URL('../worker/reranker.worker.ts', import.meta.url), { type: 'module', name }),
    'scoring',
  );
}

/**
 * Starts a worker in which BM25 scores, and listens to what it requests.
 * @param name what the browser's tools show
 */
export function startKeywordWorker(name: string): Worker {
  return watchRequests(
    new Worker(new URL('../worker/lexical.worker.ts', import.meta.url), { type: 'module', name }),
    'keywords',
  );
}
