import { embeddedModel } from '../models/embedded-model.ts';
import type { KeptModel } from '../models/kept-model.ts';
import { changeSettings } from './change-settings.ts';
import { crossrank } from './services.ts';
import { store } from './store.ts';

/**
 * Ends the cascade whose fast model is no longer on this machine, and says so.
 * @returns whether that was so; false where nobody can tell
 */
export async function forgetMissingCascade(): Promise<boolean> {
  const { cascadeModel } = store.getState().settings;
  if (cascadeModel === null || cascadeModel === embeddedModel.id) return false;
  const kept = await crossrank.models().catch(() => null);
  if (kept === null || kept.some((model) => model.id === cascadeModel && isUsable(model))) {
    return false;
  }
  // Another may have been chosen meanwhile.
  if (store.getState().settings.cascadeModel !== cascadeModel) return true;
  changeSettings({ cascadeModel: null });
  crossrank.unloadFast();
  store.setState({ cascadeGone: cascadeModel });
  return true;
}

/** Whether something of a model can be used: one of its builds is here as a whole. */
export function isUsable({ builds }: KeptModel): boolean {
  return builds.some(({ complete }) => complete);
}
