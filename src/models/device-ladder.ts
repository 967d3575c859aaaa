import { type RungReason, rungReasons } from './ladder-reasons.ts';
import type { Dtype, ModelBuild, ModelCard, RuntimeDevice } from './model-card.ts';
import { memoryEstimate } from './pair-cost.ts';

/** What this machine allows, as far as a browser tells. */
export interface MachineLimits {
  readonly webgpu: null | {
    /** What the browser calls the adapter. */
    readonly adapter: string;
    /** True for an adapter that computes on the CPU; it is slower than WASM. */
    readonly software: boolean;
    readonly shaderF16: boolean;
    readonly maxBufferBytes: number;
    readonly maxBindingBytes: number;
  };
  /** Threads that WASM will use. */
  readonly threads: number;
  /** `navigator.deviceMemory` in bytes: rounded and capped by the browser; null when not told. */
  readonly memoryBytes: number | null;
}

/** What somebody asked for. */
export interface LadderChoice {
  readonly device: 'auto' | RuntimeDevice;
  /** Default: whatever suits the device. `int8` and `q8` stand in for each other. */
  readonly dtype?: Dtype | undefined;
}

/** One way to run a model here. */
export interface Rung {
  readonly device: RuntimeDevice;
  readonly build: ModelBuild;
  /** Weights and tokenizer. */
  readonly downloadBytes: number;
  /** Estimate of the most that loading and scoring takes. */
  readonly memoryBytes: number;
  /** Why this one, and what speaks against it; the first is the main one. */
  readonly reasons: readonly RungReason[];
}

/** Why a build does not run on a device. */
export type RuledOutReason =
  | 'not-chosen-device'
  | 'not-chosen-dtype'
  | 'no-webgpu'
  | 'software-adapter'
  | 'needs-shader-f16'
  | 'buffer-too-small'
  | 'array-buffer'
  | 'wasm-memory'
  /** A build with the same kind of weights is on the ladder already. */
  | 'same-weights';

/** One way that is closed, and why. */
export interface RuledOut {
  readonly device: RuntimeDevice;
  readonly build: ModelBuild;
  readonly reason: RuledOutReason;
  /** For reasons of size: what it would need and what there is. */
  readonly detail: { readonly neededBytes?: number; readonly limitBytes?: number };
}

/** All ways to run a model here, best first, and those that are closed. */
export interface LadderPlan {
  readonly rungs: readonly Rung[];
  readonly ruledOut: readonly RuledOut[];
}

/** A tensor is read as one array, which ends at about 2 GiB in some browsers. */
const maxTensorBytes = 2 ** 31 - 2 ** 21;

/** WebAssembly addresses 4 GiB; the rest is for the runtime's other needs and fragmentation. */
export const maxHeapBytes = 3_500_000_000;

/**
 * Below this an fp32 build goes first on WebGPU although an fp16 one exists: the download costs
 * seconds, and full precision cannot overflow and needs no optional feature.
 */
const smallBuildBytes = 150_000_000;

/** From here on an fp32 build goes behind dynamic 8 bit on WebGPU. */
const largeBuildBytes = 1_000_000_000;

/**
 * Decides, before anything is downloaded, which builds of a model run on which device and in which
 * order to try them.
 *
 * WebGPU on a real adapter comes first: weight-only 8 bit, then fp32 when it is small, fp16, fp32,
 * dynamic 8 bit, and the lossy 4-bit builds last. Dynamic 8 bit comes before an fp32 build of a
 * gigabyte and more: it is a quarter of the download and of the GPU's memory, and computes the same
 * products in floats (`blocksFromInt8`). WASM follows: 8 bit, fp32, 4 bit, and half precision last,
 * which a CPU has to widen. A software adapter is used only when WebGPU was asked for by name.
 * @returns No rungs when nothing runs; `explainNoRung` then says why.
 */
export function planLadder(
  card: ModelCard,
  limits: MachineLimits,
  choice: LadderChoice = { device: 'auto' },
): LadderPlan {
  const rungs: Rung[] = [];
  const ruledOut: RuledOut[] = [];
  const accepted = acceptedDtypes(card, choice.dtype);
  for (const device of ['webgpu', 'wasm'] as const) {
    const order = orderOn[device];
    const builds = card.builds.toSorted((a, b) => order(a) - order(b));
    const seen8Bit = new Set<string>();
    for (const build of builds) {
      const twin = is8Bit(build) && seen8Bit.has(build.format) ? closed('same-weights') : null;
      const obstacle = obstacleOf(card, build, device, limits, choice, accepted) ?? twin;
      if (obstacle !== null) {
        ruledOut.push({ device, build, ...obstacle });
        continue;
      }
      if (is8Bit(build)) seen8Bit.add(build.format);
      rungs.push({
        device,
        build,
        downloadBytes: build.bytes + card.tokenizerBytes,
        memoryBytes: memoryEstimate(card, build, device).totalBytes,
        reasons: rungReasons(build, device, {
          askedForDevice: choice.device === device,
          askedForDtype: choice.dtype !== undefined,
          software: limits.webgpu?.software === true,
          small: isSmall(build),
        }),
      });
    }
  }
  return { rungs, ruledOut };
}

/**
 * One English sentence per build and device on why nothing of a model runs here, and what to do;
 * for the message of `device-unsuitable`.
 */
export function explainNoRung(plan: LadderPlan, card: ModelCard): string {
  const dtypes = card.builds.map(({ dtype }) => dtype).join(', ');
  const asked = plan.ruledOut.filter(({ reason }) => reason !== 'not-chosen-device');
  if (asked.every(({ reason }) => reason === 'not-chosen-dtype')) {
    return `${card.id} has no build of the dtype that was asked for. It has: ${dtypes || 'none'}.`;
  }
  const told = asked.filter(({ reason }) => reason !== 'not-chosen-dtype');
  const lines = [...new Set(told.map((entry) => sentenceOf(entry)))];
  return (
    `No build of ${card.id} that was asked for runs on this machine. ${lines.join(' ')} ` +
    'Choose another device or dtype, or a smaller model.'
  );
}

type Obstacle = Pick<RuledOut, 'reason' | 'detail'>;

/** Position in the order of trying; lower is earlier. */
const orderOn: Readonly<Record<RuntimeDevice, (build: ModelBuild) => number>> = {
  webgpu: (build) => {
    if (build.format === 'blocks' && is8Bit(build)) return 0;
    if (isSmall(build)) return 1;
    if (build.dtype === 'fp32' && build.bytes >= largeBuildBytes) return 6;
    return 2 + ['fp16', 'fp32', 'q8', 'int8', '', 'q4f16', 'q4'].indexOf(build.dtype);
  },
  wasm: ({ dtype }) => ['q8', 'int8', 'fp32', 'q4', 'fp16', 'q4f16'].indexOf(dtype),
};

function is8Bit({ dtype }: ModelBuild): boolean {
  return dtype === 'q8' || dtype === 'int8';
}

function isSmall({ dtype, bytes }: ModelBuild): boolean {
  return dtype === 'fp32' && bytes < smallBuildBytes;
}

/** Null accepts all. */
function acceptedDtypes(card: ModelCard, asked: Dtype | undefined): readonly Dtype[] | null {
  if (asked === undefined) return null;
  const present = card.builds.some(({ dtype }) => dtype === asked);
  if (present || (asked !== 'int8' && asked !== 'q8')) return [asked];
  return ['int8', 'q8'];
}

function obstacleOf(
  card: ModelCard,
  build: ModelBuild,
  device: RuntimeDevice,
  limits: MachineLimits,
  choice: LadderChoice,
  accepted: readonly Dtype[] | null,
): Obstacle | null {
  if (choice.device !== 'auto' && choice.device !== device) return closed('not-chosen-device');
  if (accepted !== null && !accepted.includes(build.dtype)) return closed('not-chosen-dtype');
  const onDevice = device === 'webgpu' ? obstacleOnWebGpu(build, limits, choice) : null;
  return onDevice ?? obstacleOfSize(card, build, device, limits);
}

function obstacleOnWebGpu(
  build: ModelBuild,
  { webgpu }: MachineLimits,
  choice: LadderChoice,
): Obstacle | null {
  if (webgpu === null) return closed('no-webgpu');
  if (webgpu.software && choice.device === 'auto') return closed('software-adapter');
  const half = build.dtype === 'fp16' || build.dtype === 'q4f16';
  if (half && !webgpu.shaderF16) return closed('needs-shader-f16');
  // Its large tables stay on the CPU.
  if (build.format === 'dynamic-int8') return null;
  const limit = Math.min(webgpu.maxBufferBytes, webgpu.maxBindingBytes);
  return build.largestTensorBytes > limit
    ? closed('buffer-too-small', build.largestTensorBytes, limit)
    : null;
}

function obstacleOfSize(
  card: ModelCard,
  build: ModelBuild,
  device: RuntimeDevice,
  { memoryBytes }: MachineLimits,
): Obstacle | null {
  const { largestTensorBytes } = build;
  if (largestTensorBytes > maxTensorBytes) {
    return closed('array-buffer', largestTensorBytes, maxTensorBytes);
  }
  const { heapBytes, totalBytes } = memoryEstimate(card, build, device);
  if (heapBytes > maxHeapBytes) return closed('wasm-memory', heapBytes, maxHeapBytes);
  if (device === 'wasm' && memoryBytes !== null && totalBytes > memoryBytes) {
    return closed('wasm-memory', totalBytes, memoryBytes);
  }
  return null;
}

function closed(reason: RuledOutReason, neededBytes?: number, limitBytes?: number): Obstacle {
  if (neededBytes === undefined || limitBytes === undefined) return { reason, detail: {} };
  return { reason, detail: { neededBytes: Math.round(neededBytes), limitBytes } };
}

function sentenceOf({ device, build, reason, detail }: RuledOut): string {
  const place = device === 'webgpu' ? 'WebGPU' : 'WASM';
  const subject = `${build.dtype} on ${place}`;
  const needed = `${gigabytes(detail.neededBytes)} of ${gigabytes(detail.limitBytes)} at most`;
  switch (reason) {
    case 'no-webgpu':
      return 'This browser offers no WebGPU.';
    case 'software-adapter':
      return 'The only WebGPU adapter computes on the CPU; it has to be asked for by name.';
    case 'needs-shader-f16':
      return `${subject}: the graphics adapter lacks shader-f16.`;
    case 'buffer-too-small':
      return `${subject}: the word embedding needs a buffer of ${needed}.`;
    case 'array-buffer':
      return `${subject}: its word embedding needs ${needed} in one piece.`;
    case 'wasm-memory':
      return `${subject}: it would need about ${needed} of memory.`;
    case 'not-chosen-device':
      return `${subject}: another device was asked for.`;
    case 'not-chosen-dtype':
      return `${subject}: another dtype was asked for.`;
    case 'same-weights':
      return `${subject}: the other 8-bit build holds the same weights.`;
    default:
      return reason satisfies never;
  }
}

/** Decimal, with a decimal point as messages of errors are English. */
function gigabytes(bytes: number | undefined): string {
  return bytes === undefined ? 'an unknown size' : `${(bytes / 1e9).toFixed(2)} GB`;
}
