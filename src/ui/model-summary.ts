import { otherModelName } from '../app/model-display.ts';
import type { ModelPhase } from '../app/store.ts';
import type { Language } from './language.ts';

/** The state of the model in a few words, as the badge shows it. */
export function modelSummary(model: ModelPhase, { words, count, percent }: Language): string {
  switch (model.phase) {
    case 'none':
      return words.model.none;
    case 'looking-up':
      return words.model.lookingUp;
    case 'downloading':
      return words.model.downloading(percent(model.loadedBytes / model.totalBytes));
    case 'preparing':
      return words.model.preparing;
    case 'testing':
      return words.model.testing;
    case 'failed':
      return words.model.failed;
    case 'ready': {
      const { device, dtype, threads, adapter } = model.model;
      const where = adapter ?? words.model.deviceHints.threads(count(threads), threads !== 1);
      const name = otherModelName(model.model.model);
      const place = `${words.model.devices[device]} · ${dtype}`;
      return name === null ? `${place} · ${where}` : `${name} · ${place}`;
    }
    default: {
      const unknown: never = model;
      return String(unknown);
    }
  }
}

/** Where and in which number format: `WebGPU · fp16`. */
export function placeOf(
  { device, dtype }: { readonly device: 'webgpu' | 'wasm' | 'js'; readonly dtype: string },
  { words }: Language,
): string {
  return words.model.place(words.model.devices[device], dtype);
}
