import { describe, expect, test } from 'vitest';
import {
  type DeviceMemory,
  type FasterDevice,
  mostRememberedDevices,
  readDeviceMemory,
  writeDeviceMemory,
} from './device-memory-storage.ts';
import type { KeyValueStorage } from './settings-storage.ts';

const key = 'crossrank.devices';
const wasm: FasterDevice = {
  device: 'wasm',
  factor: 3.2,
  adapter: 'google swiftshader',
  comparedAt: 1,
};
const webgpu: FasterDevice = { device: 'webgpu', factor: 12, adapter: 'nvidia ada', comparedAt: 2 };

describe('the memory of the faster device', () => {
  test('is empty where nothing is kept', () => {
    expect(readDeviceMemory(memoryStorage())).toEqual(new Map());
  });

  test('reads back what was written, in its order', () => {
    const storage = memoryStorage();
    const memory: DeviceMemory = new Map([
      ['owner/b', webgpu],
      ['__proto__', wasm],
      ['a', wasm],
    ]);
    expect(writeDeviceMemory(storage, memory)).toBe(true);
    expect([...readDeviceMemory(storage)]).toEqual([...memory]);
  });

  test('leaves no trace once everything is forgotten', () => {
    const storage = memoryStorage();
    writeDeviceMemory(storage, new Map([['a', wasm]]));
    writeDeviceMemory(storage, new Map());
    expect(storage.getItem(key)).toBeNull();
  });

  test('forgets the models compared first when there are too many', () => {
    const storage = memoryStorage();
    const models = Array.from({ length: mostRememberedDevices + 5 }, (_, at) => `model-${at}`);
    writeDeviceMemory(storage, new Map(models.map((model) => [model, wasm])));
    expect([...readDeviceMemory(storage).keys()]).toEqual(models.slice(5));
  });

  test.each([
    ['no JSON', '{"version":1,"models":[['],
    ['a newer version', JSON.stringify({ version: 2, models: [['a', wasm]] })],
    [
      'an unknown device',
      JSON.stringify({ version: 1, models: [['a', { ...wasm, device: 'npu' }]] }),
    ],
    ['a factor below 1', JSON.stringify({ version: 1, models: [['a', { ...wasm, factor: 0.5 }]] })],
    [
      'a day that no calendar has',
      JSON.stringify({ version: 1, models: [['a', { ...wasm, comparedAt: 1e16 }]] }),
    ],
    ['an object of models', JSON.stringify({ version: 1, models: { a: wasm } })],
    ['null', 'null'],
  ])('is empty where %s is kept', (_, kept) => {
    const storage = memoryStorage();
    storage.setItem(key, kept);
    expect(readDeviceMemory(storage)).toEqual(new Map());
    expect(writeDeviceMemory(storage, new Map([['a', wasm]]))).toBe(true);
    expect(readDeviceMemory(storage).get('a')).toEqual(wasm);
  });

  test('is empty, and says that it keeps nothing, where the browser refuses', () => {
    const refused = (): never => {
      throw new DOMException('blocked', 'SecurityError');
    };
    const storage = { getItem: refused, setItem: refused, removeItem: refused };
    expect(readDeviceMemory(storage)).toEqual(new Map());
    expect(writeDeviceMemory(storage, new Map([['a', wasm]]))).toBe(false);
  });
});

function memoryStorage(): KeyValueStorage {
  const entries = new Map<string, string>();
  return {
    getItem: (name) => entries.get(name) ?? null,
    setItem: (name, value) => {
      entries.set(name, value);
    },
    removeItem: (name) => {
      entries.delete(name);
    },
  };
}
