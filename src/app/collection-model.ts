import { embeddedModel } from '../models/embedded-model.ts';
import { nameOfModel } from './model-display.ts';
import type { AppState } from './store.ts';

/** Name of the model in memory, else of the one on its way, else of the one chosen last. */
export function chosenModelName({
  model,
  models,
  settings,
}: Pick<AppState, 'model' | 'models' | 'settings'>): string {
  if (model.phase === 'ready') return nameOfModel(model.model.model);
  return nameOfModel(models.loading?.model ?? settings.model ?? embeddedModel.id);
}
