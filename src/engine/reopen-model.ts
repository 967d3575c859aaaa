import { RerankError, type RerankErrorCode, toRerankError } from '../core/errors.ts';
import { waitByClock } from '../models/wait.ts';
import type { CallOptions, LoadedModel } from './reranker.ts';

/** What a model is opened again with. */
export interface ReopenHost {
  /** Opens the build that was in use, in a new worker. */
  open(): Promise<LoadedModel>;
  /** Throws when nobody waits for it any more. */
  check(): void;
  /** How long to wait for a GPU that did not come back at once. Milliseconds. */
  readonly comeBackMs: number;
}

/** Where a model that worked a moment ago cannot be opened with these, it may be a bit later. */
const passingCodes: ReadonlySet<RerankErrorCode> = new Set([
  'webgpu-unavailable',
  'device-lost',
  'session-failed',
  'inference-failed',
  'out-of-memory',
]);

/**
 * Opens what was in use again, for a run that goes on. What can pass is tried once more after a
 * moment: a browser takes that long to start its GPU process again.
 * @param before what was in use: the same has to come back, since scores of two adapters differ
 * @param failure why it has to be opened again
 * @throws RerankError `device-lost` where the GPU stays away
 */
export async function reopenModel(
  before: LoadedModel,
  failure: RerankError,
  { signal }: CallOptions,
  { open, check, comeBackMs }: ReopenHost,
): Promise<void> {
  try {
    const opened = await open().catch(async (error: unknown) => {
      if (!passingCodes.has(toRerankError(error, 'worker-crashed').code)) throw error;
      await waitByClock(comeBackMs, signal).catch(() => undefined);
      check();
      return open();
    });
    if (opened.selfTest?.verdict === 'broken') {
      const { reason } = opened.selfTest;
      throw new RerankError('self-test-failed', `It computes wrong since then: ${reason}`);
    }
    // Browsers put a software adapter in the place of a GPU that fails.
    if (opened.adapter !== before.adapter) {
      throw new RerankError('device-lost', `In its place there is ${opened.adapter}.`);
    }
  } catch (error) {
    const last = toRerankError(error, 'worker-crashed');
    if (before.device !== 'webgpu' || !passingCodes.has(last.code)) throw last;
    const message = `The GPU did not come back (${last.message}). Use WASM. ${failure.message}`;
    throw new RerankError('device-lost', message, { cause: last });
  }
}
