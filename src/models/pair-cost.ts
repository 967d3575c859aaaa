import { mostFloatBytes, mostFloatTableBytes } from './float-limits.ts';
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

/** How a model is run. */
export interface PairFlopOptions {
  /**
   * The last layer is computed for the first token only (`lastLayerForFirstToken`): of the others
   * only keys and values, `2 n 2 h^2 + 2 (2 h^2 + m h i) + 4 n h`. Default false.
   */
  readonly firstTokenOnly?: boolean;
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
  { firstTokenOnly = false }: PairFlopOptions = {},
): number {
  const { hidden, layers } = shape;
  const linear = 2 * tokens * encoderParameters(shape, architecture);
  const attention = 4 * tokens * tokens * hidden * layers;
  if (!firstTokenOnly || layers === 0) return linear + attention;
  // Of the last layer's matrices all but those of keys and values; one row of n of its attention.
  const spared = encoderParameters(shape, architecture) / layers - 2 * hidden * hidden;
  return linear + attention - Math.max(0, tokens - 1) * (2 * spared + 4 * tokens * hidden);
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
 * To that come activations of the largest batch of 512-token pairs and the runtime itself.
 *
 * On WASM float weights are repacked for speed, which takes nearly half as much again, and half
 * precision is widened to 32 bit; so are the encoder's weights in blocks, where they fit into
 * `mostFloatBytes`, but those of dynamic int8 are not. On WebGPU the tensors lie on the GPU, and
 * weights in blocks stay what they are; only a large 8-bit table of words (dynamic int8) lies in
 * the heap. Seen with onnxruntime-web 1.31 on models of random weights: 569 MB of int8 took a heap
 * of 651 MB, 436 MB of fp32 610 MB.
 */
export function memoryEstimate(
  card: ModelCard,
  build: ModelBuild,
  device: RuntimeDevice,
): MemoryEstimate {
  const activations = activationBytes(card.shape, card.maxLength, device);
  const weights = device === 'wasm' ? bytesOnWasm(card, build) : bytesOnWebGpu(card, build);
  const heapBytes = runtimeBytes + weights.inHeap + (device === 'wasm' ? activations : 0);
  const onGpu = device === 'webgpu' ? weights.onGpu + activations : 0;
  return { heapBytes, totalBytes: heapBytes + build.largestTensorBytes + onGpu };
}

/** Where weights lie once they are loaded. Decimal bytes. */
interface WeightBytes {
  readonly inHeap: number;
  readonly onGpu: number;
}

function bytesOnWasm({ shape, architecture }: ModelCard, build: ModelBuild): WeightBytes {
  const { bytes, dtype, format } = build;
  const weights = encoderParameters(shape, architecture);
  if (format !== 'blocks' || 4 * weights > mostFloatBytes) {
    return { inHeap: heapShare(build) * bytes, onGpu: 0 };
  }
  const packed = dtype === 'q4' || dtype === 'q4f16' ? weights / 2 : weights;
  const others = Math.max(0, bytes - packed);
  return { inHeap: heapShare(build) * others + 4 * floatShare * weights, onGpu: 0 };
}

function bytesOnWebGpu(
  { shape, architecture }: ModelCard,
  { bytes, format }: ModelBuild,
): WeightBytes {
  const inHeap = webgpuShare * bytes;
  if (format === 'float') return { inHeap, onGpu: bytes };
  const weights = encoderParameters(shape, architecture);
  // A float for each 32 weights, whatever blocks the file has.
  const scales = weights / 8;
  if (format === 'blocks') return { inHeap, onGpu: bytes + scales };
  const words = shape.vocabulary * shape.hidden;
  const others = 4 * Math.max(0, bytes - weights - words);
  const onGpu = weights + scales + others;
  const wide = 4 * words <= mostFloatTableBytes;
  return wide ? { inHeap, onGpu: onGpu + 4 * words } : { inHeap: inHeap + words, onGpu };
}

/** What weights take in the heap of WASM, as a multiple of their bytes in the file. */
function heapShare({ dtype, format }: ModelBuild): number {
  if (dtype === 'fp16') return 3;
  return format === 'float' ? floatShare : 1.1;
}

/** Of weights in 32 bit: they are repacked. */
const floatShare = 1.4;

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
