import type {
  ModelArchitecture,
  ModelBuild,
  ModelCard,
  ModelShape,
  RuntimeDevice,
} from './model-card.ts';

/** Memory that loading one build and scoring with it takes, at its peak. Decimal bytes. */
export interface MemoryEstimate {
  /** Inside the 4 GB that WebAssembly can address. */
  readonly heapBytes: number;
  /** All of it: the heap, the files as the page reads them, and what lies on the GPU. */
  readonly totalBytes: number;
}

/**
 * Floating-point operations of one pair: 2 x multiply-add of the linear layers plus attention
 * (`Q K^T` and its product with `V`), per layer
 *
 *     2 n (4 h^2 + m h i) + 4 n^2 h      m = 3 where the feed-forward part is gated, else 2
 *
 * The head and the embeddings cost next to nothing and are left out.
 * @param tokens Length of the pair, padding and special tokens included. >= 0.
 * @param architecture Decides whether the feed-forward part is gated. Default: it is not.
 */
export function pairFlop(
  shape: ModelShape,
  tokens: number,
  architecture: ModelArchitecture = 'other',
): number {
  const linear = 2 * tokens * encoderParameters(shape, architecture);
  const attention = 4 * tokens * tokens * shape.hidden * shape.layers;
  return linear + attention;
}

/**
 * Weights in the encoder's matrices, without embeddings, biases and the head: what the linear
 * layers of `pairFlop` multiply with.
 */
export function encoderParameters(
  { layers, hidden, intermediate }: ModelShape,
  architecture: ModelArchitecture = 'other',
): number {
  const feedForward = gatedArchitectures.has(architecture) ? 3 : 2;
  return layers * (4 * hidden * hidden + feedForward * hidden * intermediate);
}

/**
 * Weights in all, near enough for sizes (within 2 %): encoder, word embedding, and position
 * embedding where the architecture learns one.
 * @param positions Longest pair in tokens.
 */
export function countParameters(
  shape: ModelShape,
  architecture: ModelArchitecture,
  positions: number,
): number {
  const learnt = learntPositions.has(architecture) ? positions * shape.hidden : 0;
  return encoderParameters(shape, architecture) + shape.vocabulary * shape.hidden + learnt;
}

/**
 * Peak memory of loading and scoring: an estimate, not a promise. Weights go from the file into
 * the runtime tensor by tensor, so the file itself is never in memory; one tensor at a time is.
 * On WASM float weights are repacked for speed, which takes nearly half as much again, and half
 * precision is widened to 32 bit. On WebGPU the tensors lie on the GPU. To that come activations
 * of the largest batch of 512-token pairs and the runtime itself. Seen with onnxruntime-web 1.31
 * on models of random weights: 569 MB of int8 took a heap of 651 MB, 436 MB of fp32 610 MB.
 */
export function memoryEstimate(
  card: ModelCard,
  build: ModelBuild,
  device: RuntimeDevice,
): MemoryEstimate {
  const activations = activationBytes(card.shape, card.maxLength, device);
  const heapBytes =
    runtimeBytes +
    (device === 'wasm' ? heapShare(build) * build.bytes + activations : webgpuShare * build.bytes);
  const onGpu = device === 'webgpu' ? build.bytes + activations : 0;
  return { heapBytes, totalBytes: heapBytes + build.largestTensorBytes + onGpu };
}

/** What weights take in the heap of WASM, as a multiple of their bytes in the file. */
function heapShare({ dtype, format }: ModelBuild): number {
  if (dtype === 'fp16') return 3;
  return format === 'float' ? 1.4 : 1.1;
}

/** What stays of the weights beside the GPU: small tensors, and arithmetic on shapes. */
const webgpuShare = 0.1;

/** Feed-forward parts with a gate (GeGLU): three matrices instead of two. */
const gatedArchitectures: ReadonlySet<ModelArchitecture> = new Set([
  'modernbert',
  'jina-bert',
  'new',
]);

/** Architectures with a table of positions; the others compute them (RoPE, ALiBi, relative). */
const learntPositions: ReadonlySet<ModelArchitecture> = new Set(['bert', 'xlm-roberta']);

/** The runtime itself, and the slack by which its heap grows (emscripten: at most 96 MiB). */
const runtimeBytes = 100_000_000;

/** Pairs longer than this are rare, and long documents are split; so memory is planned for it. */
const usualLongestPair = 512;

/** Padded tokens of the largest batch that is scored at once, by device. */
const batchTokens = { wasm: 768, webgpu: 4096 } as const;

/** Activations of one layer of the largest usual batch, in 32 bit, input and output alive. */
function activationBytes(shape: ModelShape, maxLength: number, device: RuntimeDevice): number {
  const width = Math.min(maxLength, usualLongestPair);
  const tokens = Math.max(batchTokens[device], width);
  const attention = 2 * shape.heads * tokens * width;
  const linear = tokens * (6 * shape.hidden + 2 * shape.intermediate);
  return 4 * (attention + linear);
}
