import { describe, expect, test } from 'vitest';
import {
  changeDeviceMemory,
  type DeviceMemory,
  type FasterDevice,
  mostRememberedDevices,
  readDeviceMemory,
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
    expect(writeAll(storage, memory)).toBe(true);
    expect([...readDeviceMemory(storage)]).toEqual([...memory]);
  });

  test('leaves no trace once everything is forgotten', () => {
    const storage = memoryStorage();
    writeAll(storage, new Map([['a', wasm]]));
    changeDeviceMemory(storage, (memory) => memory.delete('a'));
    expect(storage.getItem(key)).toBeNull();
  });

  test('forgets the models compared first when there are too many', () => {
    const storage = memoryStorage();
    const models = Array.from({ length: mostRememberedDevices + 5 }, (_, at) => `model-${at}`);
    writeAll(storage, new Map(models.map((model) => [model, wasm])));
    expect([...readDeviceMemory(storage).keys()]).toEqual(models.slice(5));
  });

  test.each([
    ['no JSON', '{"version":1,"models":[['],
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
  ])('is empty where %s is kept, which is set aside by the next writing', (_, kept) => {
    const storage = memoryStorage();
    storage.setItem(key, kept);
    expect(readDeviceMemory(storage)).toEqual(new Map());
    expect(writeAll(storage, new Map([['a', wasm]]))).toBe(true);
    expect(readDeviceMemory(storage).get('a')).toEqual(wasm);
    expect(storage.getItem(`${key}.unreadable`)).toBe(kept);
  });

  test('of a newer release is left to that one', () => {
    const storage = memoryStorage();
    const newer = JSON.stringify({ version: 2, models: [['a', wasm]] });
    storage.setItem(key, newer);
    expect(readDeviceMemory(storage)).toEqual(new Map());
    expect(writeAll(storage, new Map([['a', webgpu]]))).toBe(false);
    expect(storage.getItem(key)).toBe(newer);
  });

  test('keeps what another tab has compared meanwhile', () => {
    const storage = memoryStorage();
    const known = readDeviceMemory(storage);
    writeAll(storage, new Map([['other', webgpu]]));
    expect(known.size).toBe(0);
    changeDeviceMemory(storage, (memory) => memory.set('own', wasm));
    expect([...readDeviceMemory(storage)]).toEqual([
      ['other', webgpu],
      ['own', wasm],
    ]);
  });

  test('is empty, and says that it keeps nothing, where the browser refuses', () => {
    const refused = (): never => {
      throw new DOMException('blocked', 'SecurityError');
    };
    const storage = { getItem: refused, setItem: refused, removeItem: refused };
    expect(readDeviceMemory(storage)).toEqual(new Map());
    expect(writeAll(storage, new Map([['a', wasm]]))).toBe(false);
  });
});

function writeAll(storage: KeyValueStorage, models: DeviceMemory): boolean {
  return changeDeviceMemory(storage, (memory) => {
    for (const [model, faster] of models) memory.set(model, faster);
  });
}

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
