import { afterEach, describe, expect, it, vi } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { chooseDevice, type DeviceReport, probeDevices, wasmThreadsFor } from './device.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('wasmThreadsFor', () => {
  it.each([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [6, 4],
    [8, 4],
    [10, 5],
    [12, 6],
    [16, 8],
    [17, 8],
    [128, 8],
  ])('takes for %i logical processors %i threads', (cores, threads) => {
    expect(wasmThreadsFor(cores)).toBe(threads);
  });
});

describe('chooseDevice', () => {
  const real = reportOf({ available: true, adapter: 'nvidia ada', software: false });
  const software = reportOf({ available: true, adapter: 'google swiftshader', software: true });
  const noApi = reportOf({ available: false, reason: 'no-api' });
  const noAdapter = reportOf({ available: false, reason: 'no-adapter' });

  it.each([
    ['auto', 'a real adapter', real, 'webgpu'],
    ['auto', 'a software adapter', software, 'wasm'],
    ['auto', 'no WebGPU', noApi, 'wasm'],
    ['auto', 'no adapter', noAdapter, 'wasm'],
    ['webgpu', 'a real adapter', real, 'webgpu'],
    ['webgpu', 'a software adapter', software, 'webgpu'],
    ['wasm', 'a real adapter', real, 'wasm'],
    ['wasm', 'a software adapter', software, 'wasm'],
    ['wasm', 'no WebGPU', noApi, 'wasm'],
  ] as const)('turns %s with %s into the right device', (choice, _, report, device) => {
    expect(chooseDevice(report, choice)).toBe(device);
  });

  it.each([
    ['there is no WebGPU', noApi, /no WebGPU/],
    ['there is no adapter', noAdapter, /no graphics adapter/],
  ])('refuses webgpu where %s, and says so', (_, report, words) => {
    const choose = () => chooseDevice(report, 'webgpu');
    expect(choose).toThrow(RerankError);
    expect(choose).toThrow(expect.objectContaining({ code: 'webgpu-unavailable' }));
    expect(choose).toThrow(words);
  });
});

describe('probeDevices', () => {
  it('answers outside a browser', async () => {
    const report = await probeDevices();
    expect(report.webgpu).toEqual({ available: false, reason: 'no-api' });
    expect(report.isolated).toBe(false);
    expect(report.threads).toBe(1);
    expect(report.cores).toBeGreaterThanOrEqual(1);
    expect(chooseDevice(report, 'auto')).toBe('wasm');
  });

  it('uses threads in an isolated page only', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 16 });
    vi.stubGlobal('crossOriginIsolated', false);
    expect(await probeDevices()).toMatchObject({ cores: 16, threads: 1, isolated: false });
    vi.stubGlobal('crossOriginIsolated', true);
    expect(await probeDevices()).toMatchObject({ cores: 16, threads: 8, isolated: true });
  });

  it.each([
    ['SwiftShader', { vendor: 'google', architecture: 'swiftshader' }],
    ['SwiftShader by its description', { description: 'SwiftShader Device (Subzero)' }],
    ['llvmpipe', { vendor: 'mesa', description: 'llvmpipe (LLVM 17.0.6, 256 bits)' }],
    ['Windows without a driver', { description: 'Microsoft Basic Render Driver' }],
    ['an adapter that calls itself a fallback', { vendor: 'acme', isFallbackAdapter: true }],
  ])('recognises a software adapter: %s', async (_, info) => {
    stubAdapter({ info });
    expect((await probeDevices()).webgpu).toMatchObject({ available: true, software: true });
  });

  it.each([
    ['nvidia ada', { vendor: 'nvidia', architecture: 'ada' }],
    ['apple metal-3', { vendor: 'apple', architecture: 'metal-3' }],
    ['intel 0x4680', { vendor: 'intel', device: '0x4680' }],
    ['Radeon RX 7600', { vendor: 'amd', architecture: 'rdna-3', description: 'Radeon RX 7600' }],
    ['unnamed adapter', {}],
  ])('calls a real adapter by its name: %s', async (adapter, info) => {
    stubAdapter({ info });
    expect((await probeDevices()).webgpu).toMatchObject({ adapter, software: false });
  });

  it('reads the features and limits that models need', async () => {
    const limits = { maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 27 };
    stubAdapter({ features: new Set(['shader-f16']), limits });
    expect((await probeDevices()).webgpu).toMatchObject({
      shaderF16: true,
      maxBufferBytes: 2 ** 31,
      maxBindingBytes: 2 ** 27,
    });
    stubAdapter({ features: new Set(['timestamp-query']) });
    expect((await probeDevices()).webgpu).toMatchObject({ shaderF16: false });
  });

  it('tells the memory where the browser does', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 4, deviceMemory: 8 });
    expect((await probeDevices()).memoryBytes).toBe(8 * 2 ** 30);
    vi.stubGlobal('navigator', { hardwareConcurrency: 4 });
    expect((await probeDevices()).memoryBytes).toBeNull();
  });

  it('reports no adapter where the browser gives none or fails', async () => {
    stubGpu(async () => null);
    expect((await probeDevices()).webgpu).toEqual({ available: false, reason: 'no-adapter' });
    stubGpu(async () => {
      throw new DOMException('The GPU process is gone', 'OperationError');
    });
    expect((await probeDevices()).webgpu).toEqual({ available: false, reason: 'no-adapter' });
  });
});

type Available = Extract<DeviceReport['webgpu'], { available: true }>;
type Missing = Extract<DeviceReport['webgpu'], { available: false }>;

function reportOf(
  webgpu: Missing | Pick<Available, 'available' | 'adapter' | 'software'>,
): DeviceReport {
  const limits = { shaderF16: false, maxBufferBytes: 2 ** 28, maxBindingBytes: 2 ** 27 };
  return {
    webgpu: webgpu.available ? { ...limits, ...webgpu } : webgpu,
    cores: 4,
    threads: 4,
    isolated: true,
    memoryBytes: null,
  };
}

/** The parts of a GPUAdapter that are read, with the defaults of a modest one. */
function stubAdapter(adapter: { info?: object; features?: Set<string>; limits?: object }): void {
  const info = {
    vendor: '',
    architecture: '',
    device: '',
    description: '',
    isFallbackAdapter: false,
    ...adapter.info,
  };
  const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
  stubGpu(async () => ({ features: new Set(), limits, ...adapter, info }));
}

function stubGpu(requestAdapter: () => Promise<object | null>): void {
  vi.stubGlobal('navigator', { hardwareConcurrency: 4, gpu: { requestAdapter } });
}
