import type { ModelBuild, RuntimeDevice } from './model-card.ts';

/** Why a build is on the ladder, and what speaks against it. */
export type RungReason =
  | 'asked-for-device'
  | 'asked-for-dtype'
  /** A real graphics adapter is there, and every tensor fits one buffer. */
  | 'fits-graphics-adapter'
  /** The adapter computes in half precision. */
  | 'has-shader-f16'
  /** Full precision at a small download. */
  | 'exact-and-small'
  /** Full precision. */
  | 'exact'
  /** Weight-only 8 bit: small, and runs on both devices. */
  | 'blocks-run-anywhere'
  /** Dynamic 8 bit, rewritten to weight-only 8 bit: a small download that runs on the GPU. */
  | 'int8-as-blocks'
  /** 8-bit arithmetic is what WASM does best for its size. */
  | 'int8-suits-wasm'
  /** 4-bit weights: the scores differ noticeably from the original's. */
  | 'lossy-4-bit'
  /** The CPU widens half precision first: slow, and twice the memory. */
  | 'widened-on-cpu'
  /** The adapter computes on the CPU: slower than WASM. */
  | 'software-adapter';

/** What the reasons of a rung follow from, beside build and device. */
export interface RungCircumstances {
  readonly askedForDevice: boolean;
  readonly askedForDtype: boolean;
  /** The WebGPU adapter computes on the CPU. */
  readonly software: boolean;
  /** The fp32 build is small enough to be taken before fp16. */
  readonly small: boolean;
}

/** The reasons of one rung, the main one first. */
export function rungReasons(
  build: ModelBuild,
  device: RuntimeDevice,
  circumstances: RungCircumstances,
): readonly RungReason[] {
  const reasons: RungReason[] = [];
  if (circumstances.askedForDevice) reasons.push('asked-for-device');
  if (circumstances.askedForDtype) reasons.push('asked-for-dtype');
  if (device === 'webgpu') {
    reasons.push(circumstances.software ? 'software-adapter' : 'fits-graphics-adapter');
  }
  reasons.push(...reasonsOfDtype(build, device, circumstances.small));
  return reasons;
}

function reasonsOfDtype(
  build: ModelBuild,
  device: RuntimeDevice,
  small: boolean,
): readonly RungReason[] {
  const { dtype, format } = build;
  switch (dtype) {
    case 'fp32':
      return [small ? 'exact-and-small' : 'exact'];
    case 'fp16':
      return [device === 'webgpu' ? 'has-shader-f16' : 'widened-on-cpu'];
    case 'q4f16':
      return [device === 'webgpu' ? 'has-shader-f16' : 'widened-on-cpu', 'lossy-4-bit'];
    case 'q4':
      return ['lossy-4-bit'];
    case 'int8':
    case 'q8':
      if (format === 'blocks') return ['blocks-run-anywhere'];
      return [device === 'webgpu' ? 'int8-as-blocks' : 'int8-suits-wasm'];
    case 'none':
      return [];
    default:
      return dtype satisfies never;
  }
}
