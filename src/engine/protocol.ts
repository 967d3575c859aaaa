import { RerankError, type RerankErrorCode, toRerankError } from '../core/errors.ts';
import type { ModelSource } from '../models/model-source.ts';
import { BatchError, type FailedBatch } from './batch-error.ts';
import type {
  BenchmarkReport,
  CallOptions,
  LoadedModel,
  LoadOptions,
  RerankEvent,
  Reranker,
  RerankRequest,
  RerankResult,
  Tuning,
} from './reranker.ts';

/**
 * How a call ends on the wire: errors lose their code when they are thrown across comlink, so they
 * are sent as values.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly code: RerankErrorCode;
      readonly message: string;
      /** Set where it was one batch that failed. */
      readonly batch?: FailedBatch;
    };

/**
 * What the worker offers. Arguments are positional and each call brings its own port, which
 * carries events one way and the abort the other; it closes with the call, so nothing leaks.
 */
export interface RerankerWorkerApi {
  /** Takes the named web lock for as long as the worker lives: its release tells of its death. */
  holdLock(name: string): Promise<void>;
  /** Opens one build of a model; a worker opens one in its life. */
  load(source: ModelSource, options: LoadOptions, port: MessagePort): Promise<Outcome<LoadedModel>>;
  /**
   * @param tuning what an earlier call measured on this device; null: nothing yet
   * @param mostTokens most padded tokens of a batch that memory has room for; null: not known
   */
  rerank(
    request: RerankRequest,
    tuning: Tuning | null,
    mostTokens: number | null,
    port: MessagePort,
  ): Promise<Outcome<RerankResult>>;
  benchmark(port: MessagePort): Promise<Outcome<BenchmarkReport>>;
}

/** What a worker serves; not every reranker can be tuned, or measured. */
export interface ServedReranker extends Reranker {
  rerank(
    request: RerankRequest,
    call?: CallOptions,
    tuning?: Tuning | null,
    mostTokens?: number | null,
  ): Promise<RerankResult>;
  benchmark?(call?: CallOptions): Promise<BenchmarkReport>;
}

type FromPage = { readonly type: 'abort' };
type FromWorker<Event> =
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'end' };

/** Worker side of one call: how it is stopped, and where its events go. */
export interface ServedCall<Event> {
  readonly signal: AbortSignal;
  readonly onEvent: (event: Event) => void;
}

/** Worker side: runs a call whose signal and events go through `port`. Never rejects. */
export async function serveCall<T, Event = RerankEvent>(
  port: MessagePort,
  run: (call: ServedCall<Event>) => Promise<T>,
): Promise<Outcome<T>> {
  const controller = new AbortController();
  const send = (message: FromWorker<Event>): void => port.postMessage(message);
  port.onmessage = (message: MessageEvent<FromPage>) => {
    if (message.data.type === 'abort') controller.abort();
  };
  try {
    const onEvent = (event: Event): void => send({ type: 'event', event });
    return { ok: true, value: await run({ signal: controller.signal, onEvent }) };
  } catch (error) {
    const failure = toRerankError(error, 'inference-failed');
    const { code, message } = failure;
    const batch = failure instanceof BatchError ? { batch: failure.batch } : {};
    return { ok: false, code, message, ...batch };
  } finally {
    // The page closes the port when it has read this: closing here could lose events on the way.
    send({ type: 'end' });
  }
}

/** Page side of one call's port. */
export interface CallPort {
  /** To be transferred to the worker with the call. */
  readonly port: MessagePort;
  /** Resolves when every event of the call has been delivered. */
  readonly drained: Promise<void>;
  /** Asks the worker to stop between two batches. */
  abort(): void;
  close(): void;
}

/** Page side: opens the port of one call and delivers its events. */
export function openCallPort<Event = RerankEvent>(onEvent?: (event: Event) => void): CallPort {
  const { port1, port2 } = new MessageChannel();
  const drained = new Promise<void>((resolve) => {
    port1.onmessage = (message: MessageEvent<FromWorker<Event>>) => {
      if (message.data.type === 'end') resolve();
      else onEvent?.(message.data.event);
    };
  });
  const abort: FromPage = { type: 'abort' };
  return {
    port: port2,
    drained,
    abort: () => port1.postMessage(abort),
    close: () => port1.close(),
  };
}

/** The value of an outcome, or its error thrown as what it was. */
export function unwrapOutcome<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  const { code, message, batch } = outcome;
  throw batch === undefined ? new RerankError(code, message) : new BatchError(code, message, batch);
}
