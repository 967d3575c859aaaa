/** Compute passes of one batch that can be timed; a query set holds two times this. */
const mostPasses = 2048;
const bytesPerPass = 16;

/**
 * Flags by their number: TypeScript's libraries do not have the names.
 * Source: https://gpuweb.github.io/gpuweb/#buffer-usage
 */
const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, queryResolve: 0x200 } as const;
const mapForReading = 0x1;

/**
 * Adds up how long the compute passes of a GPUDevice take, by the GPU's own clock. It watches a
 * device that somebody else computes on (ONNX Runtime's own profiling prints every kernel to the
 * console): each pass that begins between `start` and `stop` is given a place to write its two
 * times to, and nothing else about it changes.
 * Browsers round these times, Chromium to 0.1 ms, so that a sum over many passes tells more than
 * one of them. Source: https://gpuweb.github.io/gpuweb/#timestamp
 */
export class GpuClock {
  readonly #device: GPUDevice;
  readonly #createEncoder: GPUDevice['createCommandEncoder'];
  readonly #times: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #readable: GPUBuffer;
  /** Begun since `start`; null while nobody asks. */
  #passes: number | null = null;

  /** Null on a device without `timestamp-query`, and where the times have no room. */
  static of(device: GPUDevice): GpuClock | null {
    if (!device.features.has('timestamp-query')) return null;
    try {
      return new GpuClock(device);
    } catch {
      return null;
    }
  }

  private constructor(device: GPUDevice) {
    const size = mostPasses * bytesPerPass;
    this.#device = device;
    this.#times = device.createQuerySet({ type: 'timestamp', count: mostPasses * 2 });
    this.#resolved = device.createBuffer({
      size,
      usage: usage.queryResolve | usage.copySource,
    });
    this.#readable = device.createBuffer({
      size,
      usage: usage.copyTarget | usage.mapRead,
    });
    this.#createEncoder = device.createCommandEncoder.bind(device);
    device.createCommandEncoder = (descriptor) => this.#watch(this.#createEncoder(descriptor));
  }

  /** From here on passes count. Not before an earlier `stop` has settled. */
  start(): void {
    this.#passes = 0;
  }

  /**
   * Milliseconds in the passes since `start`; they must have been submitted. Null when there were
   * more than can be timed or the GPU gave no times. Never rejects.
   */
  async stop(): Promise<number | null> {
    const passes = this.#passes ?? 0;
    this.#passes = null;
    if (passes > mostPasses) return null;
    if (passes === 0) return 0;
    const bytes = passes * bytesPerPass;
    try {
      const encoder = this.#createEncoder();
      encoder.resolveQuerySet(this.#times, 0, passes * 2, this.#resolved, 0);
      encoder.copyBufferToBuffer(this.#resolved, 0, this.#readable, 0, bytes);
      this.#device.queue.submit([encoder.finish()]);
      await this.#readable.mapAsync(mapForReading, 0, bytes);
      const total = sumOfPasses(new BigInt64Array(this.#readable.getMappedRange(0, bytes)));
      this.#readable.unmap();
      return total;
    } catch {
      // The device is lost or full; the run itself reports that.
      return null;
    }
  }

  /** Leaves the device as it was. */
  dispose(): void {
    this.#device.createCommandEncoder = this.#createEncoder;
    this.#times.destroy();
    this.#resolved.destroy();
    this.#readable.destroy();
  }

  #watch(encoder: GPUCommandEncoder): GPUCommandEncoder {
    if (this.#passes === null) return encoder;
    const begin = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (descriptor) => begin(this.#timed(descriptor));
    return encoder;
  }

  #timed(descriptor: GPUComputePassDescriptor = {}): GPUComputePassDescriptor {
    if (this.#passes === null || descriptor.timestampWrites !== undefined) return descriptor;
    const pass = this.#passes++;
    if (pass >= mostPasses) return descriptor;
    return {
      ...descriptor,
      timestampWrites: {
        querySet: this.#times,
        beginningOfPassWriteIndex: pass * 2,
        endOfPassWriteIndex: pass * 2 + 1,
      },
    };
  }
}

/** Nanoseconds, begin and end by turns, as milliseconds; null when a clock ran backwards. */
function sumOfPasses(times: BigInt64Array): number | null {
  let total = 0;
  for (let index = 0; index + 1 < times.length; index += 2) {
    const passNs = Number((times[index + 1] ?? 0n) - (times[index] ?? 0n));
    if (passNs < 0) return null;
    total += passNs;
  }
  return total / 1e6;
}
