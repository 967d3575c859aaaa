import { embeddedModel } from '../models/embedded-model.ts';
import type { LoadAttempt, LoadPlan } from './model-provider.ts';
import type { LoadedModel, LoadOptions } from './reranker.ts';

/** What the next load is for. Another model forgets what was said of the one before, but for the device. */
export function mergeChoice(before: LoadOptions, options: LoadOptions): LoadOptions {
  const { model, device } = options;
  const sameModel = model === undefined || model === (before.model ?? embeddedModel.id);
  const kept: LoadOptions = sameModel
    ? before
    : before.device === undefined
      ? {}
      : { device: before.device };
  const merged = { ...kept, ...options };
  // Weights that were asked for on one device may not run on another.
  const sameDevice = device === undefined || device === (before.device ?? 'auto');
  if (sameDevice || options.dtype !== undefined) return merged;
  const { dtype: _, ...rest } = merged;
  return rest;
}

/** Whether two choices ask for the same, defaults filled in. */
export function sameChoice(a: LoadOptions, b: LoadOptions): boolean {
  return (
    (a.model ?? embeddedModel.id) === (b.model ?? embeddedModel.id) &&
    (a.device ?? 'auto') === (b.device ?? 'auto') &&
    a.dtype === b.dtype &&
    a.revision === b.revision &&
    a.host === b.host
  );
}

/** Whether an attempt would open what is loaded already: another choice may mean the same. */
export function isLoaded(
  model: LoadedModel,
  plan: Pick<LoadPlan, 'model' | 'revision'>,
  attempt: LoadAttempt,
): boolean {
  return (
    model.model === plan.model &&
    model.revision === plan.revision &&
    model.device === attempt.device &&
    model.dtype === attempt.dtype
  );
}
