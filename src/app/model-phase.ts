import { toRerankError } from '../core/errors.ts';
import type { LoadOptions, RerankEvent } from '../engine/reranker.ts';
import type { Settings } from '../io/settings-storage.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { deviceForAuto } from './device-memory.ts';
import { crossrank } from './services.ts';
import { type Failure, store } from './store.ts';

/** With these it is a model's files, its host or its builds that failed, not the device. */
export const modelCodes = [
  'download-failed',
  'model-corrupt',
  'model-not-found',
  'model-unsupported',
  'access-denied',
  'storage-full',
  'storage-unavailable',
  'device-unsuitable',
  'self-test-failed',
] as const satisfies readonly Failure['code'][];

/** With these it is the model itself that could not be had. */
const loadCodes: ReadonlySet<Failure['code']> = new Set([
  ...modelCodes,
  'webgpu-unavailable',
  'session-failed',
  'out-of-memory',
]);

/** Where the download under way stood when it was first seen: speed is measured from there. */
let meter: { readonly atMs: number; readonly loadedBytes: number } | null = null;

/** Shows the loading part of a call's events; other events are not its business. */
export function showLoading(event: RerankEvent): void {
  switch (event.type) {
    case 'downloading': {
      const { loadedBytes, totalBytes } = event;
      const nowMs = performance.now();
      if (meter === null || loadedBytes < meter.loadedBytes) meter = { atMs: nowMs, loadedBytes };
      const elapsedMs = nowMs - meter.atMs;
      const bytesPerSecond =
        elapsedMs > 500 ? ((loadedBytes - meter.loadedBytes) / elapsedMs) * 1000 : null;
      store.setState({ model: { phase: 'downloading', loadedBytes, totalBytes, bytesPerSecond } });
      break;
    }
    case 'looking-up':
    case 'preparing':
    case 'testing':
      meter = null;
      store.setState({ model: { phase: event.type } });
      break;
    default:
  }
}

/**
 * Sets the model's phase to what is really loaded. After every call, since one that was aborted or
 * that found the model ready tells nothing.
 */
export function settleModelPhase(failure?: Failure): void {
  const { model } = crossrank;
  if (model !== null) store.setState({ model: { phase: 'ready', model } });
  else if (failure !== undefined && loadCodes.has(failure.code)) {
    store.setState({ model: { phase: 'failed', failure } });
  } else store.setState({ model: { phase: 'none' } });
}

/** An error of the library as the page keeps it. */
export function failureOf(error: unknown): Failure {
  const { code, message } = toRerankError(error, 'inference-failed');
  return { code, detail: message };
}

/** The model that the settings ask for. */
export function wantedModelId({ model }: Settings): string {
  return model ?? embeddedModel.id;
}

/**
 * What the settings ask for: the model chosen last, on the device chosen last. Where none was chosen
 * by name it is the one that was faster when both were compared.
 */
export function loadOptionsOf(settings: Settings): LoadOptions {
  const { model, modelRevision, modelDevice, dtype, host } = settings;
  const id = wantedModelId(settings);
  const chosen = model === null ? settings.device : (modelDevice ?? settings.device);
  const device = chosen === 'auto' ? deviceForAuto(store.getState(), id) : chosen;
  if (model === null) return { device, model: id, host };
  return {
    device,
    model,
    host,
    ...(modelRevision !== null && { revision: modelRevision }),
    ...(dtype !== null && { dtype }),
  };
}

/**
 * Loads what the settings ask for, where something else is loaded; a run or a load under way does
 * so itself. What fails is told where the model is.
 */
export async function loadWanted(): Promise<void> {
  const { models, run, settings } = store.getState();
  if (models.loading !== null || run.phase === 'scoring') return;
  try {
    await crossrank.load({ ...loadOptionsOf(settings), onEvent: showLoading });
    settleModelPhase();
  } catch (error) {
    settleModelPhase(failureOf(error));
  }
}
