import { RerankError } from '../core/errors.ts';
import { cardOfRepository, type InspectedRepository, refineCard } from './inspect-repository.ts';
import type { ModelCard } from './model-card.ts';

/**
 * The card of a repository: what the catalog knows of it, with paths, sizes and shape as they
 * really are there. What is not in the catalog is known by its files alone.
 * @throws RerankError `model-unsupported` with the reason, when it is no cross-encoder that runs
 *   here.
 */
export function describeModel(
  known: ModelCard | undefined,
  repository: InspectedRepository,
): ModelCard {
  if (known === undefined) return cardOfRepository(repository);
  const refined = { ...refineCard(known, repository.files), revision: repository.revision };
  try {
    const { architecture, shape, maxLength, builds } = cardOfRepository(repository);
    return { ...refined, architecture, shape, maxLength, builds };
  } catch (error) {
    // The catalog was written by people who looked; a config that only puzzles the inspection
    // does not make a known model unknown.
    if (error instanceof RerankError && error.code === 'model-unsupported') return refined;
    throw error;
  }
}
