import { RerankError } from '../core/errors.ts';

/**
 * What ONNX Runtime threw, as a RerankError: out of memory, a lost device, an operator that it
 * lacks, external data that is not there, or else the code given. An error that already is one
 * stays as it is.
 */
export function translateRuntimeError(
  error: unknown,
  code: 'session-failed' | 'inference-failed',
): RerankError {
  if (error instanceof RerankError) return error;
  if (typeof error === 'number') {
    // The address of a C++ exception that nobody caught; in practice one of memory.
    const message = `Not enough memory: the runtime threw ${error}`;
    return new RerankError('out-of-memory', message, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  // The runtime has no error codes: its own words are all there is to go by.
  if (deviceLost.test(message)) {
    return new RerankError('device-lost', `The GPU was lost: ${message}`, { cause: error });
  }
  if (outOfMemory.test(message)) {
    return new RerankError('out-of-memory', `Not enough memory: ${message}`, { cause: error });
  }
  const operator = unknownOperator
    .exec(message)
    ?.slice(1)
    .find((name) => name !== undefined);
  if (operator !== undefined) {
    return new RerankError(
      'model-unsupported',
      `The runtime cannot compute the operator ${operator} on this device. Choose another dtype ` +
        `of the model or the other device. (${message})`,
      { cause: error },
    );
  }
  const file = /external data file "*([^"]+)"*, error: (.*)/.exec(message);
  if (file?.[2]?.startsWith('Unknown error')) {
    // Neither missing nor short: there was no room to copy them to.
    const why = 'there was no room for the weights on this device';
    return new RerankError('out-of-memory', `Not enough memory: ${why}. (${message})`, {
      cause: error,
    });
  }
  if (file !== null) {
    return new RerankError(
      'model-corrupt',
      `The model's weights in ${file[1]} are missing or incomplete (${file[2]}). Delete the model ` +
        'and load it again.',
      { cause: error },
    );
  }
  return new RerankError(code, `The runtime failed: ${message}`, { cause: error });
}

/**
 * What Chromium's GPU process, Dawn and ONNX Runtime say when a device is gone, or the process that
 * had it.
 */
const deviceLost =
  /device (is |was )?lost|instance dropped|external instance reference no longer exists|gpu connection lost/i;

/**
 * What engines, Emscripten, C++ and WebGPU say where there is no room: for a WebAssembly.Memory or
 * an ArrayBuffer, for growing one, in the heap, and for a buffer on the GPU.
 */
const outOfMemory =
  /out of memory|aborted\(oom|bad_alloc|(could not|failed to|cannot) allocate|allocation failed|cannot enlarge memory|memory access out of bounds|createbuffer failed|exceeds the max buffer size/i;

/** The three ways in which ONNX Runtime says that it lacks an operator, with its name. */
const unknownOperator =
  /No Op registered for (\S+)|(\w+)\(-?\d+\) is not a registered function\/op|Could not find an implementation for (\w+)/;
