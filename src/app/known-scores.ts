import type { ScoreCacheUse } from '../collections/collection.ts';
import { showCollectionFailure } from './collections-actions.ts';
import { collections } from './collections-service.ts';
import { crossrank } from './services.ts';

/** How many scores of earlier runs are remembered, and what room they take; null: not known. */
export async function knownScores(): Promise<ScoreCacheUse | null> {
  try {
    return await collections.scoreCacheUse();
  } catch (error) {
    showCollectionFailure(error);
    return null;
  }
}

/**
 * Forgets the scores of earlier runs: the next run computes them again. Runs keep theirs.
 * @returns what is remembered now
 */
export async function forgetScores(): Promise<ScoreCacheUse | null> {
  try {
    await collections.clearScoreCache();
    // Else the page's own memory would answer what is to be computed again.
    crossrank.forgetScores();
  } catch (error) {
    showCollectionFailure(error);
  }
  return knownScores();
}
