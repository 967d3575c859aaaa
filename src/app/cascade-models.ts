import { embeddedModel } from '../models/embedded-model.ts';
import { modelsFolder } from '../models/model-manifests.ts';
import { isUsable } from './cascade-gone.ts';
import { changeSettings } from './change-settings.ts';
import { refreshModels } from './model-actions.ts';
import { wantedModelId } from './model-phase.ts';
import { crossrank } from './services.ts';
import { type AppState, store } from './store.ts';

/** Depths to choose from. */
export const cascadeDepths: readonly number[] = [10, 20, 50, 100];

/**
 * Ids of the models that can go before the one in use: the embedded one and all that are on this
 * machine, without the one in use itself.
 */
export function fastModelsOf({
  settings,
  models,
}: Pick<AppState, 'settings' | 'models'>): string[] {
  const kept = (models.kept ?? []).filter(isUsable).map(({ id }) => id);
  const strong = wantedModelId(settings);
  return [...new Set([embeddedModel.id, ...kept])].filter((id) => id !== strong);
}

/**
 * Reads which models are on this machine, unless that is known or there is nothing to read: who
 * stays with the embedded model needs nothing of what other models take.
 */
export async function lookForModels(): Promise<void> {
  if (store.getState().models.kept !== null) return;
  const { model, cascadeModel } = store.getState().settings;
  if (model !== null || cascadeModel !== null || (await hasModelsFolder())) await refreshModels();
}

/**
 * Chooses the model that scores everything first; null: no cascade. A cascade under way goes on to
 * its end, then the memory of its fast model is given back.
 */
export function chooseCascade(cascadeModel: string | null): void {
  store.setState({ cascadeGone: null });
  changeSettings({ cascadeModel });
  if (cascadeModel === null) crossrank.unloadFast();
}

async function hasModelsFolder(): Promise<boolean> {
  try {
    const root = await navigator.storage.getDirectory();
    await root.getDirectoryHandle(modelsFolder);
    return true;
  } catch {
    return false;
  }
}
