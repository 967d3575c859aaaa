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
  const message = error instanceof Error ? error.message : String(error);
  // The runtime has no error codes: its own words are all there is to go by.
  if (/out of memory|bad_alloc|allocation failed|memory access out of bounds/i.test(message)) {
    return new RerankError('out-of-memory', `Not enough memory: ${message}`, { cause: error });
  }
  if (/device (is |was )?lost/i.test(message)) {
    return new RerankError('device-lost', `The GPU was lost: ${message}`, { cause: error });
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

/** The three ways in which ONNX Runtime says that it lacks an operator, with its name. */
const unknownOperator =
  /No Op registered for (\S+)|(\w+)\(-?\d+\) is not a registered function\/op|Could not find an implementation for (\w+)/;
