import type { DeviceReport } from '../engine/device.ts';
import type { DeviceChoice } from '../engine/reranker.ts';
import { changeDeviceMemory, type FasterDevice } from '../io/device-memory-storage.ts';
import { localSettings } from './services.ts';
import { type AppState, store } from './store.ts';

/**
 * The device that was faster with a model when both were compared here; null where they were not,
 * or with another adapter than the one there is now.
 */
export function fasterDeviceOf(
  { deviceMemory, devices }: Pick<AppState, 'deviceMemory' | 'devices'>,
  model: string,
): FasterDevice | null {
  const faster = deviceMemory.get(model);
  if (faster === undefined) return null;
  return devices === null || adapterOf(devices) === faster.adapter ? faster : null;
}

/** What `auto` means for a model: the device that was faster here, or the library's own choice. */
export function deviceForAuto(
  state: Pick<AppState, 'deviceMemory' | 'devices'>,
  model: string,
): DeviceChoice {
  const faster = fasterDeviceOf(state, model);
  if (faster === null) return 'auto';
  if (faster.device === 'wasm') return 'wasm';
  const webgpu = state.devices?.webgpu;
  // On a real adapter `auto` takes WebGPU, and has WASM to fall back on.
  return webgpu?.available && webgpu.software ? 'webgpu' : 'auto';
}

/** Remembers, also for later visits, which device was faster with a model. */
export function rememberFaster(model: string, faster: FasterDevice): void {
  changeMemory((memory) => {
    memory.delete(model);
    memory.set(model, faster);
  });
}

/** Forgets which device was faster with a model: `auto` decides by the machine again. */
export function forgetFaster(model: string): void {
  changeMemory((memory) => memory.delete(model));
}

function changeMemory(change: (memory: Map<string, FasterDevice>) => unknown): void {
  const deviceMemory = new Map(store.getState().deviceMemory);
  change(deviceMemory);
  store.setState({ deviceMemory });
  changeDeviceMemory(localSettings, change);
}

function adapterOf({ webgpu }: DeviceReport): string | null {
  return webgpu.available ? webgpu.adapter : null;
}
