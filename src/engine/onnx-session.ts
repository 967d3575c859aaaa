import type { Env, InferenceSession, Tensor, TypedTensor } from 'onnxruntime-web';
import { RerankError } from '../core/errors.ts';
import type { Batch } from './batches.ts';
import type { EncodedPair } from './pairs.ts';
import { unlessAborted } from './unless-aborted.ts';

/** The part of onnxruntime-web that is used here; its three builds all have it. */
export interface OnnxRuntime {
  readonly env: Env;
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: {
    new (type: 'int64', values: BigInt64Array, dims: readonly number[]): TypedTensor<'int64'>;
  };
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
  readonly #inputs: Record<InputName, Int64Buffer>;

  private constructor(
    runtime: OnnxRuntime,
    session: InferenceSession,
    padId: number,
    lost: AbortSignal,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#padId = padId;
    this.#lost = lost;
    this.#inputs = {
      input_ids: new Int64Buffer(),
      attention_mask: new Int64Buffer(),
      token_type_ids: new Int64Buffer(),
    };
  }

  /**
   * Creates the session on one device.
   * @throws RerankError `session-failed`, `out-of-memory`, or `model-corrupt` when the graph takes
   *   other inputs than a cross-encoder's.
   */
  static async create(
    runtime: OnnxRuntime,
    weights: Uint8Array,
    options: OnnxSessionOptions,
  ): Promise<OnnxSession> {
    runtime.env.logLevel = 'error';
    runtime.env.wasm.numThreads = options.threads;
    try {
      const session = await runtime.InferenceSession.create(weights, {
        executionProviders: [options.device],
        graphOptimizationLevel: 'all',
        // Errors only: that shape arithmetic stays on the CPU is a choice of the runtime.
        logSeverityLevel: 3,
      });
      const unknown = session.inputNames.find((name) => !isInputName(name));
      if (unknown !== undefined || !session.outputNames.includes('logits')) {
        await session.release();
        throw new RerankError(
          'model-corrupt',
          `This graph is no cross-encoder: inputs ${session.inputNames.join(', ')}, outputs ` +
            `${session.outputNames.join(', ')}.`,
        );
      }
      const lost = new AbortController();
      if (options.device === 'webgpu') watchDevice(await runtime.env.webgpu.device, lost);
      return new OnnxSession(runtime, session, options.padId, lost.signal);
    } catch (error) {
      throw translateRuntimeError(error, 'session-failed');
    }
  }

  /**
   * Logits of one batch, in the order of its rows. Runs must not overlap, and one that has begun
   * cannot be stopped.
   * @throws RerankError `inference-failed`, `out-of-memory`, `device-lost`.
   */
  async logitsOf(batch: Batch, pairs: readonly EncodedPair[]): Promise<Float32Array> {
    const feeds = this.#fill(batch, pairs);
    let outputs: InferenceSession.OnnxValueMapType | undefined;
    try {
      outputs = await unlessAborted(this.#session.run(feeds), this.#lost);
      const logits = outputs.logits?.data;
      if (!(logits instanceof Float32Array) || logits.length !== batch.rows.length) {
        throw new RerankError(
          'inference-failed',
          `The model gave ${logits?.length ?? 'no'} values for ${batch.rows.length} pairs; a ` +
            'cross-encoder gives one logit per pair.',
        );
      }
      if (!logits.every(Number.isFinite)) {
        throw new RerankError(
          'inference-failed',
          'The model gave a score that is not a number on this device. Try the other device.',
        );
      }
      return logits.slice();
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
    const { input_ids, attention_mask, token_type_ids } = this.#inputs;
    const size = rows.length * width;
    const ids = input_ids.take(size);
    const mask = attention_mask.take(size);
    const types = token_type_ids.take(size);
    rows.forEach((row, line) => {
      const pair = pairs[row];
      if (pair === undefined) return;
      const { length } = pair.ids;
      for (let column = 0; column < width; column++) {
        // Little-endian: the low half of each 64-bit value; the high half stays zero.
        const low = (line * width + column) * 2;
        ids[low] = pair.ids[column] ?? this.#padId;
        mask[low] = column < length ? 1 : 0;
        types[low] = column >= pair.passageStart && column < length ? 1 : 0;
      }
    });
    const feeds: Record<string, Tensor> = {};
    for (const name of this.#session.inputNames) {
      if (!isInputName(name)) continue;
      const values = this.#inputs[name].values(size);
      feeds[name] = new this.#runtime.Tensor('int64', values, [rows.length, width]);
    }
    return feeds;
  }
}

type InputName = 'input_ids' | 'attention_mask' | 'token_type_ids';

function isInputName(name: string): name is InputName {
  return name === 'input_ids' || name === 'attention_mask' || name === 'token_type_ids';
}

/**
 * A growing int64 array written through its 32-bit halves: token ids fit in the low half, and
 * BigInt arithmetic per token would cost more than the tokenizer.
 */
class Int64Buffer {
  #buffer = new ArrayBuffer(0);

  /** 32-bit view of the first `size` values; what was written before may still be there. */
  take(size: number): Int32Array {
    if (this.#buffer.byteLength < size * 8) this.#buffer = new ArrayBuffer(size * 16);
    return new Int32Array(this.#buffer, 0, size * 2);
  }

  values(size: number): BigInt64Array {
    return new BigInt64Array(this.#buffer, 0, size);
  }
}

function watchDevice(device: GPUDevice, lost: AbortController): void {
  device.lost.then(({ message, reason }) => {
    lost.abort(new RerankError('device-lost', `The GPU was lost: ${message || reason}.`));
  });
}

function translateRuntimeError(
  error: unknown,
  code: 'session-failed' | 'inference-failed',
): RerankError {
  if (error instanceof RerankError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // The runtime has no error codes: its own words are all there is to go by.
  if (/out of memory|bad_alloc|allocation failed|memory access out of bounds/i.test(message)) {
    return new RerankError('out-of-memory', `Not enough memory: ${message}`, { cause: error });
  }
  if (/device (is |was )?lost/i.test(message)) {
    return new RerankError('device-lost', `The GPU was lost: ${message}`, { cause: error });
  }
  return new RerankError(code, `The runtime failed: ${message}`, { cause: error });
}
