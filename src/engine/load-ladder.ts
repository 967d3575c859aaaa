import { RerankError, type RerankErrorCode, toRerankError } from '../core/errors.ts';
import type { ModelSource } from '../models/model-source.ts';
import type { LoadAttempt, LoadPlan } from './model-provider.ts';
import type { CallOptions, LoadedModel, StepDown } from './reranker.ts';

/** What a ladder is climbed down with. */
export interface LadderHost {
  /** Fetches one build, if it is not given, and opens it in a worker of its own. */
  open(attempt: LoadAttempt, call: CallOptions, source?: ModelSource): Promise<LoadedModel>;
  /** Told of every model that was opened, whatever its self-test said. */
  remember(model: LoadedModel): Promise<void>;
  /** Ends the worker of a build that is not to be used. */
  discard(failure: RerankError): void;
  /** Throws when nobody waits for the model any more. */
  check(): void;
}

/** A build that works, and what was tried before it. */
export interface LadderFind {
  readonly loaded: LoadedModel;
  readonly attempt: LoadAttempt;
  readonly stepDowns: readonly StepDown[];
}

/** With these another build or another device may still work. */
const stepDownCodes: ReadonlySet<RerankErrorCode> = new Set([
  'session-failed',
  'inference-failed',
  'device-lost',
  'out-of-memory',
  'model-unsupported',
  'self-test-failed',
]);

/** What may be fetched to see whether it does better. */
const smallDownloadBytes = 100_000_000;

/**
 * Tries the builds of a plan in their order, until one passes its self-test; each step is told
 * with an event. A build whose numbers differ from what was expected is kept if nothing else works.
 * @param firstSource the files of the first build, where they were fetched before
 * @throws RerankError of the last build that was tried; its message names those before it
 */
export async function climbDown(
  plan: LoadPlan,
  call: CallOptions,
  host: LadderHost,
  firstSource?: ModelSource,
): Promise<LadderFind> {
  const stepDowns: StepDown[] = [];
  /** Differs from what was expected, but works: better than nothing. */
  let doubtful: LoadAttempt | null = null;
  let last: RerankError | null = null;
  for (const [position, attempt] of plan.attempts.entries()) {
    const next = plan.attempts[position + 1];
    const sameFiles = plan.attempts[position - 1]?.dtype === attempt.dtype;
    const source = position === 0 ? firstSource : undefined;
    try {
      const loaded = await host.open(attempt, sameFiles ? withoutDownloads(call) : call, source);
      await host.remember(loaded);
      host.check();
      const verdict = loaded.selfTest?.verdict ?? 'passed';
      if (verdict === 'differs') doubtful = attempt;
      if (verdict === 'broken' || (verdict === 'differs' && isWorthTrying(attempt, next))) {
        throw new RerankError(
          'self-test-failed',
          `The self-test of ${loaded.model} failed: ${loaded.selfTest?.reason}`,
        );
      }
      return { loaded, attempt, stepDowns };
    } catch (error) {
      const failure = toRerankError(error, 'worker-crashed');
      host.discard(failure);
      if (failure.code === 'aborted' || failure.code === 'disposed') throw failure;
      last = failure;
      if (next === undefined || !stepDownCodes.has(failure.code)) break;
      const step: StepDown = {
        from: { device: attempt.device, dtype: attempt.dtype },
        to: { device: next.device, dtype: next.dtype },
        code: failure.code,
        reason: failure.message,
      };
      stepDowns.push(step);
      call.onEvent?.({ type: 'stepping-down', step });
    }
  }
  if (doubtful !== null) {
    const loaded = await host.open(doubtful, withoutDownloads(call));
    return { loaded, attempt: doubtful, stepDowns };
  }
  throw last === null
    ? new RerankError('device-unsuitable', `Nothing of ${plan.model} can run here.`)
    : withSteps(last, stepDowns);
}

/** The same call, deaf to downloads: the files were fetched before, and progress must not fall. */
export function withoutDownloads(call: CallOptions): CallOptions {
  const onEvent: CallOptions['onEvent'] = (event) => {
    if (event.type !== 'downloading') call.onEvent?.(event);
  };
  return { ...call, onEvent };
}

/**
 * Whether wrong numbers of one build are reason enough to try the next. On WebGPU they are, since
 * drivers do compute wrong. On WASM it is rather the weights that differ, so there the next one is
 * tried only when that costs next to nothing.
 */
function isWorthTrying(attempt: LoadAttempt, next: LoadAttempt | undefined): boolean {
  if (next === undefined) return false;
  return attempt.device === 'webgpu' || next.downloadBytes <= smallDownloadBytes;
}

/** Whoever has to choose something else wants to know what was tried already. */
function withSteps(failure: RerankError, stepDowns: readonly StepDown[]): RerankError {
  if (stepDowns.length === 0) return failure;
  const before = stepDowns.map(({ from, reason }) => `${from.dtype} on ${from.device} (${reason})`);
  return new RerankError(failure.code, `${failure.message} Tried before it: ${before.join('; ')}`, {
    cause: failure,
  });
}
