import type { Settings } from '../io/settings-storage.ts';
import { wantedModelId } from './model-phase.ts';
import type { CascadePlan } from './store.ts';

/**
 * The two models that the settings ask for with so many documents. Null where one works alone: no
 * cascade is wanted, its fast model is the one in use, or the strong model reads all documents
 * anyway.
 */
export function cascadePlanOf(settings: Settings, documents: number): CascadePlan | null {
  const { cascadeModel: fast, cascadeDepth: depth } = settings;
  const strong = wantedModelId(settings);
  return fast === null || fast === strong || depth >= documents ? null : { fast, strong, depth };
}
