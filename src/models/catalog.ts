import {
  gteModernBertReranker,
  jinaRerankerV1Tiny,
  jinaRerankerV1Turbo,
  mxbaiRerankXsmall,
} from './catalog-english.ts';
import { msMarcoCards } from './catalog-ms-marco.ts';
import {
  bgeRerankerBase,
  bgeRerankerLarge,
  bgeRerankerV2M3,
  gteMultilingualReranker,
  jinaRerankerV2,
  mmarcoMiniLm,
} from './catalog-multilingual.ts';
import type { ModelCard } from './model-card.ts';

/**
 * The known cross-encoders that run in a browser, the most useful first. Sizes come from the
 * listings of the repositories and are rounded: `refineCard` replaces them by what the host says.
 */
export const modelCatalog: readonly ModelCard[] = [
  bgeRerankerV2M3,
  jinaRerankerV2,
  jinaRerankerV1Turbo,
  jinaRerankerV1Tiny,
  bgeRerankerBase,
  bgeRerankerLarge,
  mmarcoMiniLm,
  gteModernBertReranker,
  gteMultilingualReranker,
  mxbaiRerankXsmall,
  ...msMarcoCards,
];

/**
 * The catalog's card for a hub id, or for the id of the repository that its ONNX files were made
 * of; upper and lower case are one, as they are on the hub. Undefined when there is none.
 */
export function findModel(idOrAlias: string): ModelCard | undefined {
  return modelCatalog.find((card) => isIdOf(card, idOrAlias));
}

/** Whether an id, or one of its other spellings, means this model. */
export function isIdOf(card: Pick<ModelCard, 'id' | 'aliases'>, id: string): boolean {
  const wanted = id.trim().toLowerCase();
  return [card.id, ...card.aliases].some((known) => known.toLowerCase() === wanted);
}
