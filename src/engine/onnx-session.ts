import type { Env, InferenceSession, Tensor, TypedTensor } from 'onnxruntime-web';
import { RerankError } from '../core/errors.ts';
import { float16FromBits } from '../models/float16.ts';
import type { ByteSource } from '../models/protobuf-reader.ts';
import { ofBatch } from './batch-error.ts';
import type { Batch } from './batches.ts';
import { GpuClock } from './gpu-clock.ts';
import { GpuFaults } from './gpu-faults.ts';
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

/** The logits of one batch, and where its time went. */
export interface BatchLogits {
  /** One per row, in the order of the rows. */
  readonly logits: Float32Array;
  /** In the runtime: computing, and what the runtime itself copies to and from a GPU. */
  readonly runMs: number;
  /** Around the runtime: writing inputs, reading and checking logits, freeing tensors. */
  readonly transferMs: number;
  /** What the GPU's own clock counted in compute passes; null where there is none. */
  readonly gpuMs: number | null;
}

/** A cross-encoder's graph, ready to turn batches of pairs into logits. */
export class OnnxSession {
  /**
   * Batches should be as wide as a multiple of this, in tokens: 1 where any width costs the same;
   * more where each new width has to be compiled.
   */
  readonly widthStep: number;
  readonly #runtime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #padId: number;
  readonly #inputs: readonly Input[];
  /** Both null where no GPU is used. */
  readonly #faults: GpuFaults | null;
  readonly #clock: GpuClock | null;

  private constructor(
    runtime: OnnxRuntime,
    session: InferenceSession,
    inputs: readonly Input[],
    options: OnnxSessionOptions,
    device: GPUDevice | null,
  ) {
    this.widthStep = widthSteps[options.device];
    this.#runtime = runtime;
    this.#session = session;
    this.#padId = options.padId;
    this.#inputs = inputs;
    this.#faults = device && new GpuFaults(device);
    this.#clock = device && GpuClock.of(device);
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
      const device = options.device === 'webgpu' ? await runtime.env.webgpu.device : null;
      return new OnnxSession(runtime, session, inputs, options, device);
    } catch (error) {
      await session.release();
      throw translateRuntimeError(error, 'session-failed');
    }
  }

  /**
   * Logits of one batch, in the order of its rows. Runs must not overlap, and one that has begun
   * cannot be stopped.
   * @throws RerankError `inference-failed`, `out-of-memory` (a `BatchError`), `device-lost`, or
   *   `model-unsupported` when the model gives more than one logit per pair.
   */
  async logitsOf(batch: Batch, pairs: readonly EncodedPair[]): Promise<BatchLogits> {
    const startedAt = performance.now();
    const feeds: Record<string, Tensor> = {};
    let logits: Float32Array;
    let runMs: number;
    let gpuMs: Promise<number | null> = Promise.resolve(null);
    try {
      this.#fill(feeds, batch, pairs);
      this.#faults?.check();
      this.#clock?.start();
      const runAt = performance.now();
      const outputs = await this.#run(feeds);
      runMs = performance.now() - runAt;
      if (this.#clock !== null) gpuMs = this.#clock.stop();
      try {
        // Before what came out is believed.
        this.#faults?.check();
        logits = readLogits(outputs.logits, batch.rows.length);
      } finally {
        disposeAll(outputs);
      }
      if (!logits.every(Number.isFinite)) {
        throw new RerankError(
          'inference-failed',
          'The model gave a score that is not a number on this device. Try the other device.',
        );
      }
    } catch (error) {
      const { rows, width } = batch;
      const cause = (await this.#faults?.causeOf(error)) ?? error;
      const failure = translateRuntimeError(cause, 'inference-failed');
      throw ofBatch(failure, { rows: rows.length, width });
    } finally {
      disposeAll(feeds);
      // Also after a failure: the clock takes one batch at a time.
      await gpuMs;
    }
    const clocked = { logits, runMs, gpuMs: await gpuMs };
    return { ...clocked, transferMs: performance.now() - startedAt - runMs };
  }

  async dispose(): Promise<void> {
    this.#clock?.dispose();
    this.#faults?.dispose();
    await this.#session.release();
  }

  /** Nobody waits for a run on a lost GPU, which may never end; but what it gives must not stay. */
  async #run(feeds: Record<string, Tensor>): Promise<InferenceSession.OnnxValueMapType> {
    const run = this.#session.run(feeds);
    if (this.#faults === null) return run;
    try {
      return await unlessAborted(run, this.#faults.lost);
    } catch (error) {
      run.then(disposeAll, () => undefined);
      throw error;
    }
  }

  #fill(feeds: Record<string, Tensor>, batch: Batch, pairs: readonly EncodedPair[]): void {
    const { rows, width } = batch;
    for (const { name, buffer } of this.#inputs) {
      buffer.reserve(rows.length * width);
      rows.forEach((row, line) => {
        const pair = pairs[row];
        if (pair === undefined)
          throw new RangeError(`The batch names a pair ${row}: there is none`);
        rowWriters[name](buffer, line * width, width, pair, this.#padId);
      });
      feeds[name] = buffer.tensor(this.#runtime, [rows.length, width]);
    }
  }
}

/**
 * On WebGPU the runtime compiles shaders for classes of shapes, not for shapes: width a multiple
 * of 4, of 2, or odd; one row, several, or four and more. Multiples of 4 keep to one class of
 * width, the one with vectors of four; multiples of 8 compile as much and pad more.
 */
const widthSteps = { wasm: 1, webgpu: 4 } as const;

type InputName = 'input_ids' | 'attention_mask' | 'token_type_ids';

/** An input of the graph, and the memory its values are written to, batch after batch. */
interface Input {
  readonly name: InputName;
  readonly buffer: InputBuffer;
}

type RowWriter = (
  buffer: InputBuffer,
  at: number,
  width: number,
  pair: EncodedPair,
  padId: number,
) => void;

/** Writes all columns of a pair's row; behind the pair's end lies padding. */
const rowWriters: Readonly<Record<InputName, RowWriter>> = {
  input_ids: (buffer, at, width, { ids }, padId) => {
    buffer.set(ids.length > width ? ids.subarray(0, width) : ids, at);
    buffer.fill(padId, at + ids.length, at + width);
  },
  attention_mask: (buffer, at, width, { ids }) => {
    const end = at + Math.min(ids.length, width);
    buffer.fill(1, at, end);
    buffer.fill(0, end, at + width);
  },
  token_type_ids: (buffer, at, width, { ids, passageStart, passageType }) => {
    const end = at + Math.min(ids.length, width);
    const passageAt = Math.min(at + passageStart, end);
    buffer.fill(0, at, passageAt);
    buffer.fill(passageType, passageAt, end);
    buffer.fill(0, end, at + width);
  },
};

function isInputName(name: string): name is InputName {
  return Object.hasOwn(rowWriters, name);
}

function disposeAll(tensors: Readonly<Record<string, Tensor>>): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
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
 * Growing memory for int32 or int64 values, used for batch after batch: what an earlier one wrote
 * is there until it is written over. Values are token ids, masks and types, none of them negative.
 */
class InputBuffer {
  readonly #type: 'int64' | 'int32';
  #int32 = new Int32Array(0);
  /** The same memory. */
  #int64 = new BigInt64Array(0);

  constructor(type: 'int64' | 'int32') {
    this.#type = type;
  }

  /** Makes room for `size` values. */
  reserve(size: number): void {
    const bytes = size * (this.#type === 'int64' ? 8 : 4);
    if (this.#int32.byteLength >= bytes) return;
    // Twice what is needed, so that batches that grow slowly do not ask each time.
    const memory = new ArrayBuffer(Math.ceil((bytes * 2) / 8) * 8);
    this.#int32 = new Int32Array(memory);
    this.#int64 = new BigInt64Array(memory);
  }

  set(values: Int32Array, at: number): void {
    if (this.#type === 'int32') {
      this.#int32.set(values, at);
      return;
    }
    // Low halves only, since a BigInt per token would cost more than the tokenizer. Nothing ever
    // writes anything but zero to the high halves. Little-endian, as all of WebAssembly is.
    const target = this.#int32;
    for (let index = 0; index < values.length; index++) {
      target[(at + index) * 2] = values[index] ?? 0;
    }
  }

  /** Writes nothing where `end` is not behind `start`. */
  fill(value: number, start: number, end: number): void {
    if (this.#type === 'int32') this.#int32.fill(value, start, end);
    else this.#int64.fill(BigInt(value), start, end);
  }

  /** The values written, as a tensor of that shape. */
  tensor({ Tensor }: OnnxRuntime, dims: readonly [rows: number, width: number]): Tensor {
    const size = dims[0] * dims[1];
    return this.#type === 'int64'
      ? new Tensor('int64', this.#int64.subarray(0, size), dims)
      : new Tensor('int32', this.#int32.subarray(0, size), dims);
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
