import { findModel } from '../models/catalog.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { ModelPhase } from './store.ts';

/** The name for people of a model's id; ids that are not known stand for themselves. */
export function nameOfModel(id: string): string {
  return findModel(id)?.name ?? id;
}

/** The name of a model where it has to be told from the one that ships with the app; else null. */
export function otherModelName(id: string): string | null {
  return id === embeddedModel.id ? null : nameOfModel(id);
}

/** Milliseconds until a download ends; null while nothing tells how fast it is. */
export function downloadLeftMs(
  phase: Extract<ModelPhase, { phase: 'downloading' }>,
): number | null {
  const { loadedBytes, totalBytes, bytesPerSecond } = phase;
  if (bytesPerSecond === null || bytesPerSecond <= 0) return null;
  return ((totalBytes - loadedBytes) / bytesPerSecond) * 1000;
}

/** A moment as people say it: how many of which unit, negative for the past. */
export function relativeTime(
  atMs: number,
  nowMs: number,
): { readonly value: number; readonly unit: 'minute' | 'hour' | 'day' | 'month' | 'year' } {
  const minutes = (atMs - nowMs) / 60_000;
  const units = [
    ['year', 525_960],
    ['month', 43_830],
    ['day', 1440],
    ['hour', 60],
  ] as const;
  const unit = units.find(([, size]) => Math.abs(minutes) >= size);
  if (unit === undefined) return { value: Math.trunc(minutes), unit: 'minute' };
  return { value: Math.trunc(minutes / unit[1]), unit: unit[0] };
}
