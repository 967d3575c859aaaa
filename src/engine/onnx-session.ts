import type { Env, InferenceSession, Tensor, TypedTensor } from 'onnxruntime-web';
import { RerankError } from '../core/errors.ts';
import type { ByteSource } from '../models/protobuf-reader.ts';
import type { Batch } from './batches.ts';
import { MountedBytes } from './mounted-bytes.ts';
import type { EncodedPair } from './pairs.ts';
import { translateRuntimeError } from './runtime-error.ts';
import { unlessAborted } from './unless-aborted.ts';

/** The part of onnxruntime-web that is used here; its three builds all have it. */
export interface OnnxRuntime {
  readonly env: Env;
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: {
    new (type: 'int64', values: BigInt64Array, dims: readonly number[]): TypedTensor<'int64'>;
    new (type: 'int32', values: Int32Array, dims: readonly number[]): TypedTensor<'int32'>;
  };
}

/** A graph and the files its weights are in. */
export interface GraphWeights {
  /** The ONNX model. */
  readonly graph: Uint8Array;
  /**
   * External data by the path that the graph names. The runtime reads each tensor where it needs
   * it, so a file on disk (`FileBytes`) never is in memory as a whole.
   */
  readonly externalData: readonly { readonly path: string; readonly data: ByteSource }[];
}

export interface OnnxSessionOptions {
  readonly device: 'webgpu' | 'wasm';
  readonly threads: number;
  readonly padId: number;
}

/** A cross-encoder's graph, ready to turn batches of pairs into logits. */
export class OnnxSession {
  readonly #runtime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #padId: number;
  /** Aborts, with a RerankError, when the GPU is lost. */
  readonly #lost: AbortSignal;
  readonly #inputs: readonly Input[];

  private constructor(
    runtime: OnnxRuntime,
    session: InferenceSession,
    inputs: readonly Input[],
    padId: number,
    lost: AbortSignal,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#padId = padId;
    this.#lost = lost;
    this.#inputs = inputs;
  }

  /**
   * Creates the session on one device. The weights are the session's own afterwards: neither it
   * nor the runtime holds on to the bytes given here.
   * @throws RerankError `session-failed`, `out-of-memory`, `model-corrupt` when weights are
   *   missing, or `model-unsupported` when the graph is no cross-encoder's or has an operator that
   *   the runtime does not know.
   */
  static async create(
    runtime: OnnxRuntime,
    weights: Uint8Array | GraphWeights,
    options: OnnxSessionOptions,
  ): Promise<OnnxSession> {
    runtime.env.logLevel = 'error';
    runtime.env.wasm.numThreads = options.threads;
    const { graph, externalData } =
      weights instanceof Uint8Array ? { graph: weights, externalData: [] } : weights;
    const files = externalData.map(({ path, data }) => new MountedBytes(path, data));
    let session: InferenceSession;
    try {
      session = await runtime.InferenceSession.create(graph, {
        executionProviders: [options.device],
        graphOptimizationLevel: 'all',
        // Errors only: that shape arithmetic stays on the CPU is a choice of the runtime.
        logSeverityLevel: 3,
        externalData: files.map((file) => ({ path: file.path, data: file.bytes })),
      });
    } catch (error) {
      // The runtime says only that a copy failed; the file knows why.
      const unread = files.find(({ failure }) => failure !== undefined);
      throw translateRuntimeError(unread?.failure ?? error, 'session-failed');
    }
    try {
      const inputs = inputsOf(session);
      const lost = new AbortController();
      if (options.device === 'webgpu') watchDevice(await runtime.env.webgpu.device, lost);
      return new OnnxSession(runtime, session, inputs, options.padId, lost.signal);
    } catch (error) {
      await session.release();
      throw translateRuntimeError(error, 'session-failed');
    }
  }

  /**
   * Logits of one batch, in the order of its rows. Runs must not overlap, and one that has begun
   * cannot be stopped.
   * @throws RerankError `inference-failed`, `out-of-memory`, `device-lost`, or `model-unsupported`
   *   when the model gives more than one logit per pair.
   */
  async logitsOf(batch: Batch, pairs: readonly EncodedPair[]): Promise<Float32Array> {
    const feeds = this.#fill(batch, pairs);
    let outputs: InferenceSession.OnnxValueMapType | undefined;
    try {
      outputs = await unlessAborted(this.#session.run(feeds), this.#lost);
      const logits = readLogits(outputs.logits, batch.rows.length);
      if (!logits.every(Number.isFinite)) {
        throw new RerankError(
          'inference-failed',
          'The model gave a score that is not a number on this device. Try the other device.',
        );
      }
      return logits;
    } catch (error) {
      throw translateRuntimeError(error, 'inference-failed');
    } finally {
      for (const tensor of Object.values(feeds)) tensor.dispose();
      for (const tensor of Object.values(outputs ?? {})) tensor.dispose();
    }
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }

  #fill(batch: Batch, pairs: readonly EncodedPair[]): Record<string, Tensor> {
    const { rows, width } = batch;
    const size = rows.length * width;
    const feeds: Record<string, Tensor> = {};
    for (const { name, buffer } of this.#inputs) {
      const { values, step } = buffer.take(size);
      const valueAt = valueReaders[name];
      rows.forEach((row, line) => {
        const pair = pairs[row];
        if (pair === undefined) return;
        for (let column = 0; column < width; column++) {
          values[(line * width + column) * step] = valueAt(pair, column, this.#padId);
        }
      });
      feeds[name] = buffer.tensor(this.#runtime, [rows.length, width]);
    }
    return feeds;
  }
}

type InputName = 'input_ids' | 'attention_mask' | 'token_type_ids';

/** An input of the graph, and the memory its values are written to, batch after batch. */
interface Input {
  readonly name: InputName;
  readonly buffer: InputBuffer;
}

/** What each input holds at a column of a pair's row; behind the pair's end lies padding. */
const valueReaders: Readonly<
  Record<InputName, (pair: EncodedPair, column: number, padId: number) => number>
> = {
  input_ids: (pair, column, padId) => pair.ids[column] ?? padId,
  attention_mask: (pair, column) => (column < pair.ids.length ? 1 : 0),
  token_type_ids: (pair, column) =>
    column >= pair.passageStart && column < pair.ids.length ? pair.passageType : 0,
};

function isInputName(name: string): name is InputName {
  return Object.hasOwn(valueReaders, name);
}

/** @throws RerankError `model-unsupported` when the graph is no cross-encoder's. */
function inputsOf({ inputMetadata, outputMetadata }: InferenceSession): Input[] {
  const refuse = (reason: string): RerankError =>
    new RerankError(
      'model-unsupported',
      `This model is no cross-encoder that runs here: ${reason}. Choose a reranker with one logit ` +
        'per pair.',
    );
  const inputs = inputMetadata.map((input): Input => {
    const { name } = input;
    if (!isInputName(name)) throw refuse(`it wants the input "${name}"`);
    const type = input.isTensor ? input.type : 'no tensor';
    if (type !== 'int64' && type !== 'int32') throw refuse(`its input "${name}" is ${type}`);
    return { name, buffer: new InputBuffer(type) };
  });
  const logits = outputMetadata.find(({ name }) => name === 'logits');
  if (logits?.isTensor !== true) {
    const names = outputMetadata.map(({ name }) => name).join(', ');
    throw refuse(`it has no output "logits", only ${names}`);
  }
  const labels = logits.shape.length > 1 ? logits.shape.at(-1) : 1;
  if (typeof labels === 'number' && labels > 1) {
    throw refuse(`it gives ${labels} logits per pair`);
  }
  return inputs;
}

/**
 * Growing memory for int32 or int64 values, written as 32-bit ones: token ids fit in the low half
 * of an int64, and BigInt arithmetic per token would cost more than the tokenizer.
 */
class InputBuffer {
  readonly #type: 'int64' | 'int32';
  #buffer = new ArrayBuffer(0);

  constructor(type: 'int64' | 'int32') {
    this.#type = type;
  }

  /**
   * Where to write `size` values: one every `step` places. What was written before may still be
   * there; of an int64, little-endian, the high half stays zero.
   */
  take(size: number): { readonly values: Int32Array; readonly step: 1 | 2 } {
    const step = this.#type === 'int64' ? 2 : 1;
    if (this.#buffer.byteLength < size * step * 4) this.#buffer = new ArrayBuffer(size * step * 8);
    return { values: new Int32Array(this.#buffer, 0, size * step), step };
  }

  /** The values written, as a tensor of that shape. */
  tensor({ Tensor }: OnnxRuntime, dims: readonly [rows: number, width: number]): Tensor {
    const size = dims[0] * dims[1];
    return this.#type === 'int64'
      ? new Tensor('int64', new BigInt64Array(this.#buffer, 0, size), dims)
      : new Tensor('int32', new Int32Array(this.#buffer, 0, size), dims);
  }
}

/** One float32 per pair, of a tensor [pairs, 1] or [pairs]. */
function readLogits(output: Tensor | undefined, pairCount: number): Float32Array {
  const values = output?.data;
  if (output === undefined || values === undefined) {
    throw new RerankError('inference-failed', 'The model gave no logits.');
  }
  if (values.length > pairCount && values.length % pairCount === 0) {
    throw new RerankError(
      'model-unsupported',
      `The model gave ${values.length / pairCount} values per pair; a cross-encoder gives one ` +
        'logit per pair. Choose another model.',
    );
  }
  const logits = toFloat32(output.type, values);
  if (logits === null || logits.length !== pairCount) {
    throw new RerankError(
      'inference-failed',
      `The model gave ${values.length} values of type ${output.type} for ${pairCount} pairs; a ` +
        'cross-encoder gives one logit per pair.',
    );
  }
  return logits;
}

/** A copy as float32; null for other types than float32 and float16. */
function toFloat32(type: Tensor.Type, values: Tensor.DataType): Float32Array | null {
  if (values instanceof Float32Array) return values.slice();
  if (type !== 'float16') return null;
  // Where there is no Float16Array, the runtime gives the bits.
  if (values instanceof Uint16Array) return Float32Array.from(values, float16FromBits);
  return Float32Array.from(values, Number);
}

/** Value of an IEEE 754 half: sign, five bits of exponent, ten of fraction. */
function float16FromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function watchDevice(device: GPUDevice, lost: AbortController): void {
  device.lost.then(({ message, reason }) => {
    lost.abort(new RerankError('device-lost', `The GPU was lost: ${message || reason}.`));
  });
}
