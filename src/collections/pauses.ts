import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';

/** Other events get their turn after this long. Milliseconds. */
const breathAfterMs = 30;

/** The pauses of a long loop in a worker: without them nobody could cancel it. */
export class Pauses {
  readonly #signal: AbortSignal | undefined;
  #breathAt = performance.now() + breathAfterMs;

  /** @throws RerankError `aborted` when the signal is. */
  constructor(signal: AbortSignal | undefined) {
    checkAborted(signal);
    this.#signal = signal;
  }

  /** Whether it is time for `take`; asked in the loop, since an await in every round is slow. */
  get due(): boolean {
    return performance.now() >= this.#breathAt;
  }

  /**
   * Lets waiting messages be handled.
   * @throws RerankError `aborted` when the signal is.
   */
  async take(): Promise<void> {
    await breathe();
    checkAborted(this.#signal);
    this.#breathAt = performance.now() + breathAfterMs;
  }
}
