import type { LoadedModel, Tuning } from './reranker.ts';

/** Keeps what was measured about models on this device. Neither method throws. */
export interface TuningMemory {
  /** Null where nothing was measured, or it cannot be read. */
  read(key: string): Tuning | null;
  /** Replaces what was there; where it cannot be kept, it is measured again some day. */
  write(key: string, tuning: Tuning): void;
}

/** What a tuning holds for: one build of a model, on one device, with so many threads. */
export function tuningKeyOf(model: LoadedModel): string {
  const { model: id, revision, dtype, device, adapter, threads } = model;
  return JSON.stringify([id, revision, dtype, device, adapter, threads]);
}
