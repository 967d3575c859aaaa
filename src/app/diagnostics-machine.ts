/** What the browser says of itself. */
export interface BrowserFacts {
  readonly userAgent: string;
  /** Product and version, `Chromium 142`; empty where the browser does not name them. */
  readonly brands: readonly string[];
  readonly platform: string;
  readonly cores: number;
  /** Rounded and capped by the browser; null where it does not tell. */
  readonly memoryGiB: number | null;
  readonly languages: readonly string[];
  readonly online: boolean;
  /** Width and height of the window in CSS pixels, and device pixels per one of them. */
  readonly window: { readonly width: number; readonly height: number; readonly density: number };
}

/** What of WebAssembly there is, each tried. */
export interface WasmFacts {
  readonly simd: boolean;
  /** Atomics and shared memory as such; they can be used when `isolation` allows it. */
  readonly threads: boolean;
  readonly isolation: 'isolated' | 'not-secure' | 'no-headers';
  /** WASM that waits for the GPU by suspending: a smaller and faster runtime. */
  readonly suspending: boolean;
  /** Memory beyond 4 GiB. */
  readonly memory64: boolean;
}

/** The GPU as WebGPU shows it. */
export type GpuFacts =
  | { readonly available: false; readonly reason: 'no-api' | 'no-adapter' }
  | {
      readonly available: true;
      readonly vendor: string;
      readonly architecture: string;
      readonly description: string;
      /** Computes on the CPU. */
      readonly software: boolean;
      readonly features: readonly string[];
      readonly limits: Readonly<Record<GpuLimit, number>>;
    };

/** The limits that decide which models fit. */
export const gpuLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

export type GpuLimit = (typeof gpuLimits)[number];

/** Reads what the browser says of itself. */
export function readBrowserFacts(): BrowserFacts {
  // Not in every browser, and not in TypeScript's description of one.
  const described: {
    userAgentData?: { brands?: readonly { brand: string; version: string }[]; platform?: string };
    deviceMemory?: number;
  } = navigator as object;
  const { userAgentData } = described;
  return {
    userAgent: navigator.userAgent,
    // Chromium adds a brand that is none, so that nobody relies on a fixed list.
    brands: (userAgentData?.brands ?? [])
      .filter(({ brand }) => !/not.?a.?brand/i.test(brand))
      .map(({ brand, version }) => `${brand} ${version}`),
    platform: userAgentData?.platform || navigator.platform,
    cores: navigator.hardwareConcurrency,
    memoryGiB: described.deviceMemory ?? null,
    languages: navigator.languages,
    online: navigator.onLine,
    window: { width: innerWidth, height: innerHeight, density: devicePixelRatio },
  };
}

/** Tries what WebAssembly offers; compiles nothing. */
export function readWasmFacts(): WasmFacts {
  return {
    simd: WebAssembly.validate(simdModule),
    threads: typeof SharedArrayBuffer !== 'undefined' || WebAssembly.validate(sharedMemoryModule),
    isolation: crossOriginIsolated ? 'isolated' : isSecureContext ? 'no-headers' : 'not-secure',
    suspending: 'Suspending' in WebAssembly,
    memory64: WebAssembly.validate(memory64Module),
  };
}

/** Asks WebGPU for its adapter; never rejects. */
export async function readGpuFacts(software: boolean): Promise<GpuFacts> {
  // Absent in some browsers, whatever TypeScript says.
  const gpu: GPU | undefined = navigator.gpu;
  if (gpu === undefined) return { available: false, reason: 'no-api' };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return { available: false, reason: 'no-adapter' };
    // Safari 17 and Chrome before 121 have adapters without info.
    const {
      vendor = '',
      architecture = '',
      description = '',
    }: Partial<GPUAdapterInfo> = adapter.info ?? {};
    const limits = Object.fromEntries(gpuLimits.map((name) => [name, adapter.limits[name]]));
    return {
      available: true,
      vendor,
      architecture,
      description,
      software,
      features: [...adapter.features].toSorted(),
      // Every name of the list was just read.
      limits: limits as Record<GpuLimit, number>,
    };
  } catch {
    return { available: false, reason: 'no-adapter' };
  }
}

const wasmHead = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** One function: counts the bits of a vector of sixteen zeros. */
const simdModule = new Uint8Array([
  ...wasmHead,
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x0a, 0x01, 0x08, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62, 0x0b],
]);

/** One shared memory of one page. */
const sharedMemoryModule = new Uint8Array([...wasmHead, 0x05, 0x04, 0x01, 0x03, 0x01, 0x01]);

/** One memory with 64-bit addresses. */
const memory64Module = new Uint8Array([...wasmHead, 0x05, 0x03, 0x01, 0x04, 0x01]);
