import { defaultMaxPassages, defaultOverlapTokens, encodePassages } from './document-passages.ts';
import type { EncodedDocument } from './document-scores.ts';
import { defaultPairLength, encodePair, encodeQuery } from './pairs.ts';
import type { RerankRequest } from './reranker.ts';
import type { PairTokenizer } from './tokenizer.ts';

/**
 * Encodes documents against the request's query, which is tokenised here and once: cut into
 * passages, or truncated, as the request says.
 * @param mostTokens longest pair that the model can read
 */
export function documentEncoder(
  request: Pick<RerankRequest, 'query' | 'longDocuments' | 'maxLength'>,
  { encode, layout }: PairTokenizer,
  mostTokens: number,
): (text: string) => EncodedDocument {
  const maxLength = Math.min(request.maxLength ?? defaultPairLength, mostTokens);
  const query = encodeQuery(request.query, encode, layout, maxLength);
  if (request.longDocuments === 'truncate') {
    return (text) => {
      const pair = encodePair(query, text, encode, layout, maxLength);
      return { passages: [{ pair, start: 0, end: text.length }], covered: true };
    };
  }
  const limits = {
    maxLength,
    overlapTokens: defaultOverlapTokens,
    maxPassages: request.longDocuments === 'first' ? 1 : defaultMaxPassages,
  };
  return (text) => encodePassages(query, text, encode, layout, limits);
}
