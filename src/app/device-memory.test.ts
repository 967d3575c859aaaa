import { describe, expect, test } from 'vitest';
import type { WebGpuReport } from '../engine/device.ts';
import type { FasterDevice } from '../io/device-memory-storage.ts';
import { deviceForAuto, fasterDeviceOf } from './device-memory.ts';
import type { AppState } from './store.ts';

const real: WebGpuReport = {
  ...{ available: true, adapter: 'nvidia ada', software: false, shaderF16: true },
  ...{ maxBufferBytes: 2 ** 31, maxBindingBytes: 2 ** 31 },
};
const software: WebGpuReport = { ...real, adapter: 'google swiftshader', software: true };
const none: WebGpuReport = { available: false, reason: 'no-adapter' };

describe('what automatic means', () => {
  test('is for the library to say where nothing was compared', () => {
    expect(deviceForAuto(stateOf(null, real), 'a')).toBe('auto');
    expect(deviceForAuto(stateOf(faster('wasm', real), real), 'another')).toBe('auto');
  });

  test('is WASM where it was faster, also before the machine is known', () => {
    expect(deviceForAuto(stateOf(faster('wasm', real), real), 'a')).toBe('wasm');
    expect(deviceForAuto(stateOf(faster('wasm', real), null), 'a')).toBe('wasm');
  });

  test('stays automatic for WebGPU on a real adapter, with WASM to fall back on', () => {
    expect(deviceForAuto(stateOf(faster('webgpu', real), real), 'a')).toBe('auto');
  });

  test('is WebGPU by name on a software adapter, which automatic would pass over', () => {
    const state = stateOf(faster('webgpu', software), software);
    expect(deviceForAuto(state, 'a')).toBe('webgpu');
  });

  test('is not decided by a comparison with another adapter, or with one that is gone', () => {
    for (const now of [software, none]) {
      const state = stateOf(faster('wasm', real), now);
      expect(fasterDeviceOf(state, 'a')).toBeNull();
      expect(deviceForAuto(state, 'a')).toBe('auto');
    }
  });
});

function faster(device: FasterDevice['device'], webgpu: WebGpuReport): FasterDevice {
  const adapter = webgpu.available ? webgpu.adapter : '';
  return { device, factor: 2, adapter, comparedAt: 1 };
}

/** A page that remembers a device for the model `a`. */
function stateOf(
  remembered: FasterDevice | null,
  webgpu: WebGpuReport | null,
): Pick<AppState, 'deviceMemory' | 'devices'> {
  return {
    deviceMemory: new Map(remembered === null ? [] : [['a', remembered]]),
    devices: webgpu && { webgpu, cores: 4, threads: 4, isolated: true, memoryBytes: null },
  };
}
