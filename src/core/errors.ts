/**
 * Every way a call of this library can fail, as a closed union: callers switch on the code,
 * never on the words of the message.
 */
export type RerankErrorCode =
  | 'empty-query'
  | 'no-documents'
  | 'invalid-request'
  | 'aborted'
  | 'download-failed'
  | 'model-corrupt'
  | 'model-not-found'
  | 'model-unsupported'
  | 'access-denied'
  | 'storage-full'
  | 'storage-unavailable'
  | 'device-unsuitable'
  | 'self-test-failed'
  | 'webgpu-unavailable'
  | 'session-failed'
  | 'inference-failed'
  | 'out-of-memory'
  | 'device-lost'
  | 'worker-crashed'
  | 'collection-missing'
  | 'file-unreadable'
  | 'too-large'
  | 'disposed';

/**
 * The one error type of the library. `message` is English and says what failed and what to do;
 * `code` is stable and is what programs and translations go by.
 * An aborted call carries the name `AbortError`, as the platform's own aborted calls do.
 */
export class RerankError extends Error {
  readonly code: RerankErrorCode;

  constructor(code: RerankErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = code === 'aborted' ? 'AbortError' : 'RerankError';
    this.code = code;
  }
}

/** Wraps anything thrown as a RerankError; one that already is keeps its code. */
export function toRerankError(thrown: unknown, fallback: RerankErrorCode): RerankError {
  if (thrown instanceof RerankError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new RerankError(fallback, message, { cause: thrown });
}
