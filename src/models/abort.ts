import { RerankError } from '../core/errors.ts';

/** The error of a call that its caller cancelled. */
export function abortedError(signal: AbortSignal | undefined): RerankError {
  return new RerankError('aborted', 'The call was cancelled.', { cause: signal?.reason });
}

/** @throws RerankError `aborted` when the signal is. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}
