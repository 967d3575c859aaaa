import { RerankError, type RerankErrorCode } from '../core/errors.ts';

/** The batch that failed: how many pairs, and the tokens that each was padded to. */
export interface FailedBatch {
  readonly rows: number;
  readonly width: number;
}

/** A failure of one batch; its size decides whether a smaller one can be tried. */
export class BatchError extends RerankError {
  readonly batch: FailedBatch;

  constructor(
    code: RerankErrorCode,
    message: string,
    { rows, width }: FailedBatch,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.batch = { rows, width };
  }
}

/** An error of a batch that did not fit into memory, saying which; others stay as they are. */
export function ofBatch(error: RerankError, { rows, width }: FailedBatch): RerankError {
  if (error.code !== 'out-of-memory') return error;
  const message =
    rows === 1
      ? `A single pair of ${width} tokens does not fit into memory. Choose a shorter maximum ` +
        `length, smaller weights or the other device. (${error.message})`
      : `A batch of ${rows} pairs of ${width} tokens does not fit into memory. (${error.message})`;
  return new BatchError('out-of-memory', message, { rows, width }, { cause: error });
}
