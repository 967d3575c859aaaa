import { expose } from 'comlink';
import { type RerankerWorkerApi, type ServedReranker, serveCall } from '../engine/protocol.ts';
import type { ModelSource } from '../models/model-source.ts';
import { holdLock } from './hold-lock.ts';

/** Puts a reranker behind this worker's message port; it is made when the first load comes. */
export function serveReranker(open: (source: ModelSource) => ServedReranker): void {
  let served: ServedReranker | null = null;
  const loaded = (): ServedReranker => {
    if (served === null) throw new Error('No model was loaded here.');
    return served;
  };
  expose({
    holdLock,
    load: (source, options, port) =>
      serveCall(port, (call) => {
        served ??= open(source);
        return served.load(options, call);
      }),
    rerank: (request, tuning, mostTokens, port) =>
      serveCall(port, async (call) => loaded().rerank(request, call, tuning, mostTokens)),
    benchmark: (port) =>
      serveCall(port, async (call) => {
        const { benchmark } = loaded();
        if (benchmark === undefined) {
          throw new Error('This reranker cannot be measured.');
        }
        return benchmark.call(served, call);
      }),
  } satisfies RerankerWorkerApi);
}
