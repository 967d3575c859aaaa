import { expose } from 'comlink';
import { type RerankerWorkerApi, serveCall } from '../engine/protocol.ts';
import type { Reranker } from '../engine/reranker.ts';

/** Puts a reranker behind this worker's message port. */
export function serveReranker(reranker: Reranker): void {
  expose({
    holdLock: (name) =>
      new Promise((granted) => {
        navigator.locks.request(name, () => {
          granted();
          return new Promise(() => undefined);
        });
      }),
    load: (options, port) => serveCall(port, (call) => reranker.load(options, call)),
    rerank: (request, port) => serveCall(port, (call) => reranker.rerank(request, call)),
  } satisfies RerankerWorkerApi);
}
