import { RerankError } from '../core/errors.ts';
import type { MachineLimits } from '../models/device-ladder.ts';
import type { DeviceChoice } from './reranker.ts';

/** What this browser offers WebGPU-wise. */
export type WebGpuReport =
  | { readonly available: false; readonly reason: 'no-api' | 'no-adapter' }
  | {
      readonly available: true;
      /** What the browser calls the adapter, for example `nvidia ada` or `google swiftshader`. */
      readonly adapter: string;
      /** True for an adapter that computes on the CPU; it is slower than WASM. */
      readonly software: boolean;
      /** Whether half-precision weights can run (`shader-f16`). */
      readonly shaderF16: boolean;
      readonly maxBufferBytes: number;
      readonly maxBindingBytes: number;
    };

/** What this machine offers to run a model on. */
export interface DeviceReport {
  readonly webgpu: WebGpuReport;
  /** Logical processors that the browser admits to. */
  readonly cores: number;
  /** Threads that WASM will use; 1 unless the page is cross-origin isolated. */
  readonly threads: number;
  /** Cross-origin isolated: without it there is no shared memory and so no WASM threads. */
  readonly isolated: boolean;
  /** Memory as the browser tells it, rounded and capped (Chromium: at most 8 GiB or so); or null. */
  readonly memoryBytes: number | null;
}

/** Asks the browser what it offers; works in a page and in a worker, and never rejects. */
export async function probeDevices(): Promise<DeviceReport> {
  // Optional, since Node has only some of it.
  const scope: {
    crossOriginIsolated?: boolean;
    navigator?: { gpu?: GPU; hardwareConcurrency?: number; deviceMemory?: number };
  } = globalThis;
  const isolated = scope.crossOriginIsolated === true;
  const cores = scope.navigator?.hardwareConcurrency ?? 1;
  const memoryGiB = scope.navigator?.deviceMemory;
  return {
    webgpu: await probeWebGpu(scope.navigator?.gpu),
    cores,
    threads: isolated ? wasmThreadsFor(cores) : 1,
    isolated,
    memoryBytes: memoryGiB === undefined ? null : memoryGiB * 2 ** 30,
  };
}

/** The report in the form that the choice of a model's build takes. */
export function machineLimitsOf({ webgpu, threads, memoryBytes }: DeviceReport): MachineLimits {
  return { webgpu: webgpu.available ? webgpu : null, threads, memoryBytes };
}

/**
 * Threads for a number of logical processors: all up to four, beyond that half of them (two
 * logical processors often share one core), at most eight.
 */
export function wasmThreadsFor(cores: number): number {
  return Math.max(1, Math.min(8, Math.max(Math.min(cores, 4), Math.floor(cores / 2))));
}

/**
 * Turns a choice into a device. `auto` means WebGPU on a real adapter and WASM everywhere else: a
 * software adapter has to be asked for by name.
 * @throws RerankError `webgpu-unavailable` when WebGPU was asked for and there is none.
 */
export function chooseDevice(report: DeviceReport, choice: DeviceChoice): 'webgpu' | 'wasm' {
  if (choice === 'wasm') return 'wasm';
  if (report.webgpu.available) {
    return choice === 'webgpu' || !report.webgpu.software ? 'webgpu' : 'wasm';
  }
  if (choice === 'auto') return 'wasm';
  throw new RerankError(
    'webgpu-unavailable',
    report.webgpu.reason === 'no-api'
      ? 'This browser has no WebGPU. Choose WASM, or use a browser with WebGPU.'
      : 'WebGPU found no graphics adapter. Choose WASM, or enable graphics acceleration.',
  );
}

async function probeWebGpu(gpu: GPU | undefined): Promise<WebGpuReport> {
  if (gpu === undefined) return { available: false, reason: 'no-api' };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return { available: false, reason: 'no-adapter' };
    // Safari 17 and Chrome before 121 have adapters without info.
    const described: Partial<GPUAdapterInfo> = adapter.info ?? {};
    const { vendor = '', architecture = '', description = '', device = '' } = described;
    const name = description || [vendor, architecture || device].filter(Boolean).join(' ');
    return {
      available: true,
      adapter: name || 'unnamed adapter',
      software: isSoftwareAdapter(described),
      shaderF16: adapter.features.has('shader-f16'),
      maxBufferBytes: adapter.limits.maxBufferSize,
      maxBindingBytes: adapter.limits.maxStorageBufferBindingSize,
    };
  } catch {
    // requestAdapter rejects only when the document is going away or the GPU process is gone.
    return { available: false, reason: 'no-adapter' };
  }
}

/** Browsers may fall back to a CPU rasteriser without saying so except in these fields. */
function isSoftwareAdapter(described: Partial<GPUAdapterInfo>): boolean {
  if (described.isFallbackAdapter) return true;
  const words = `${described.vendor} ${described.architecture} ${described.description}`;
  return /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i.test(words);
}
