import * as v from 'valibot';
import { copyAside, reasonOf } from './set-aside.ts';
import type { KeyValueStorage } from './settings-storage.ts';

/** The device that was faster with one model, when both were compared on this machine. */
export interface FasterDevice {
  readonly device: 'webgpu' | 'wasm';
  /** How many times as fast as the other one, >= 1. */
  readonly factor: number;
  /** Name of the GPU adapter that was compared; with another one the comparison says nothing. */
  readonly adapter: string;
  /** Milliseconds since 1970. */
  readonly comparedAt: number;
}

/** The faster device by model id, the one compared last at the end. */
export type DeviceMemory = ReadonlyMap<string, FasterDevice>;

/** So many models are remembered; beyond that the ones compared first are forgotten. */
export const mostRememberedDevices = 100;

/**
 * Reads which device was faster with which model; never throws. Nothing there, something damaged
 * or something of a newer version is an empty memory: a comparison is quickly made again.
 */
export function readDeviceMemory(storage: KeyValueStorage): DeviceMemory {
  try {
    const kept = storage.getItem(deviceMemoryKey);
    if (kept === null) return new Map();
    const parsed = v.safeParse(memorySchema, JSON.parse(kept));
    return new Map(parsed.success ? parsed.output.models : []);
  } catch {
    return new Map();
  }
}

/**
 * Changes which device was faster and says whether that was kept; never throws. What is there is
 * read first, so that what another tab has compared meanwhile stays. Something damaged is set aside
 * first; what a newer release wrote is left as it is.
 */
export function changeDeviceMemory(
  storage: KeyValueStorage,
  change: (memory: Map<string, FasterDevice>) => unknown,
): boolean {
  try {
    const present = storage.getItem(deviceMemoryKey);
    const kept = readDeviceMemory(storage);
    if (present !== null && !isReadable(present)) {
      if (reasonOf(present) === 'newer-version') return false;
      copyAside(storage, deviceMemoryKey, present);
    }
    const memory = new Map(kept);
    change(memory);
    const models = [...memory].slice(-mostRememberedDevices);
    if (models.length === 0) storage.removeItem(deviceMemoryKey);
    else storage.setItem(deviceMemoryKey, JSON.stringify({ version: 1, models }));
    return true;
  } catch {
    return false;
  }
}

const deviceMemoryKey = 'crossrank.devices';

const fasterDeviceSchema = v.object({
  device: v.picklist(['webgpu', 'wasm']),
  factor: v.pipe(v.number(), v.finite(), v.minValue(1)),
  adapter: v.string(),
  // Beyond that there is no date, and formatting one would throw.
  comparedAt: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15)),
});

// Pairs and not an object, so that no id of a model can be the name of something else.
const memorySchema = v.object({
  version: v.literal(1),
  models: v.pipe(
    v.array(v.tuple([v.string(), fasterDeviceSchema])),
    v.maxLength(mostRememberedDevices),
  ),
});

function isReadable(kept: string): boolean {
  try {
    return v.is(memorySchema, JSON.parse(kept));
  } catch {
    return false;
  }
}
