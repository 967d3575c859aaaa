import { orderByScore } from '../core/scores.ts';
import type { RankedDocument, ScoredDocument } from './reranker.ts';

/**
 * Documents by falling logit, with ranks from 1; ties keep their order.
 * @param topK how many to keep; default all
 */
export function rankDocuments(
  scored: readonly ScoredDocument[],
  topK = scored.length,
): readonly RankedDocument[] {
  const order = orderByScore(scored.map(({ logit }) => logit));
  return order.slice(0, topK).flatMap((index, position) => {
    const document = scored[index];
    return document === undefined ? [] : [{ rank: position + 1, ...document }];
  });
}
