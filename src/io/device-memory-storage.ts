import * as v from 'valibot';
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
 * Keeps which device was faster, in the place of what was kept before, and says whether that
 * worked; never throws.
 */
export function writeDeviceMemory(storage: KeyValueStorage, memory: DeviceMemory): boolean {
  try {
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
