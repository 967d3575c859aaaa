import { nameOfModel } from '../../app/model-display.ts';
import type { Language } from '../language.ts';

/** What a run was computed with: as much of it as tells it from another. */
interface Made {
  readonly model: string;
  readonly dtype: string;
  readonly device: string;
}

/** Device and number format as the page names them; a device that is not known stands for itself. */
export function placeOfRun({ dtype, device }: Omit<Made, 'model'>, { words }: Language): string {
  const { devices, place } = words.model;
  const known = device === 'webgpu' || device === 'wasm' || device === 'js' ? device : null;
  return place(known === null ? device : devices[known], dtype);
}

/** Model, device and weights: runs of one model may differ in the last two only. */
export function labelOfRun(made: Made, language: Language): string {
  return `${nameOfModel(made.model)} (${placeOfRun(made, language)})`;
}
