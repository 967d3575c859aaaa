import { failureOf } from './model-phase.ts';
import { logitsByIndex } from './ranking-view.ts';
import { lexicalReranker } from './services.ts';
import type { Result } from './store.ts';

/** BM25's scores of documents by their place in the request, or why there are none. */
export async function keywordScores(
  query: string,
  documents: readonly string[],
  signal?: AbortSignal,
): Promise<Pick<Result, 'bm25Scores' | 'bm25Failure'>> {
  try {
    const request = { query, documents };
    const { ranking } = await lexicalReranker.rerank(request, signal && { signal });
    return { bm25Scores: logitsByIndex(ranking), bm25Failure: null };
  } catch (error) {
    return { bm25Scores: null, bm25Failure: failureOf(error) };
  }
}
