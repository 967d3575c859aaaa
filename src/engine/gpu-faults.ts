import { RerankError } from '../core/errors.ts';

/** An error that came before the browser said that the GPU is lost is held against it so long. */
const lossComesWithinMs = 500;

/**
 * Watches a GPUDevice that somebody else computes on. A lost device, and a call that the device
 * refuses (a shader that does not compile, a buffer that there is no room for), throw nothing where
 * they happen: what is read afterwards may be zeros, which look like scores.
 * Source: https://gpuweb.github.io/gpuweb/#errors-and-debugging
 */
export class GpuFaults {
  readonly #device: GPUDevice;
  readonly #lost = new AbortController();
  #refusal: RerankError | null = null;
  readonly #onRefusal = ({ error }: GPUUncapturedErrorEvent): void => {
    // The first one says why; the others follow from it.
    this.#refusal ??= refusalOf(error);
  };

  constructor(device: GPUDevice) {
    this.#device = device;
    device.addEventListener('uncapturederror', this.#onRefusal);
    device.lost.then(({ message, reason }) => {
      const what = message || reason;
      this.#lost.abort(new RerankError('device-lost', `The GPU was lost: ${what}`));
    });
  }

  /** Aborts, with a RerankError, when the GPU is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws RerankError of what went wrong since this watch began: nothing after it can be trusted */
  check(): void {
    this.lost.throwIfAborted();
    if (this.#refusal !== null) throw this.#refusal;
  }

  /** What an error of a run comes from: a GPU that is lost, a call it refused, or itself. */
  async causeOf(error: unknown): Promise<unknown> {
    if (!this.lost.aborted) await this.#untilLost();
    return this.lost.aborted ? this.lost.reason : (this.#refusal ?? error);
  }

  dispose(): void {
    this.#device.removeEventListener('uncapturederror', this.#onRefusal);
  }

  #untilLost(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, lossComesWithinMs);
      const onLoss = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.lost.addEventListener('abort', onLoss, { once: true });
    });
  }
}

function refusalOf({ message, constructor: { name } }: GPUError): RerankError {
  // Not by instanceof, since there are no such classes without WebGPU.
  if (name === 'GPUOutOfMemoryError') {
    return new RerankError('out-of-memory', `Not enough memory on the GPU: ${message}`);
  }
  return new RerankError(
    'inference-failed',
    `The GPU refused to compute: ${message} Try the other device.`,
  );
}
