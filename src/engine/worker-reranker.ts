import { type Remote, releaseProxy, transfer, wrap } from 'comlink';
import { RerankError, type RerankErrorCode, toRerankError } from '../core/errors.ts';
import { chooseDevice, probeDevices } from './device.ts';
import { type Outcome, openCallPort, type RerankerWorkerApi, unwrapOutcome } from './protocol.ts';
import { checkDevice, checkRequest } from './request.ts';
import type {
  CallOptions,
  LoadedModel,
  LoadOptions,
  Reranker,
  RerankRequest,
  RerankResult,
} from './reranker.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface WorkerRerankerOptions {
  /** Starts the worker; called again after a crash or a change of device. */
  readonly createWorker: () => Worker;
  /** Told when a model becomes ready, and with null when its worker is gone. */
  readonly onModel?: (model: LoadedModel | null) => void;
  /** How long an aborted call may go on before its worker is terminated. Default 2,000 ms. */
  readonly abortGraceMs?: number;
}

/** A running worker. */
interface LiveWorker {
  readonly api: Remote<RerankerWorkerApi>;
  /** Aborts when the worker is gone; its reason is a RerankError. */
  readonly gone: AbortSignal;
  readonly end: (reason: RerankError) => void;
}

/** After these the worker's memory or GPU device cannot be trusted any more. */
const fatalCodes: ReadonlySet<RerankErrorCode> = new Set([
  'out-of-memory',
  'device-lost',
  'session-failed',
  'inference-failed',
  'worker-crashed',
]);

/** With these a load may have failed because of the GPU; WASM may still work. */
const gpuCodes: ReadonlySet<RerankErrorCode> = new Set([
  'session-failed',
  'device-lost',
  'out-of-memory',
]);

/**
 * The reranker that the page holds: it owns a worker, starts it on the first call, ends it when it
 * hangs or breaks, and starts a new one on the call after. Calls wait for each other.
 */
export class WorkerReranker implements Reranker {
  readonly #options: WorkerRerankerOptions;
  #live: LiveWorker | null = null;
  #model: LoadedModel | null = null;
  #choice: LoadOptions = {};
  #queue: Promise<void> = Promise.resolve();
  /** Workers that crashed so far: a call that waited through a crash is rejected with it. */
  #crashes = 0;
  #disposed = false;

  constructor(options: WorkerRerankerOptions) {
    this.#options = options;
  }

  /** The loaded model, or null while there is none. */
  get model(): LoadedModel | null {
    return this.#model;
  }

  load(options: LoadOptions = {}, call: CallOptions = {}): Promise<LoadedModel> {
    return this.#inTurn(call, () => this.#load(options, call));
  }

  /** As in the contract; `options.device` loads on that device first, in the same turn. */
  async rerank(
    request: RerankRequest,
    call: CallOptions = {},
    options: LoadOptions = {},
  ): Promise<RerankResult> {
    this.#check(call.signal);
    checkRequest(request);
    const { query, documents, topK } = request;
    // A copy, since callers may change theirs while this waits; and of these fields alone, since
    // others may not survive the way to the worker.
    const copy = { query, documents: [...documents], ...(topK !== undefined && { topK }) };
    return this.#inTurn(call, async () => {
      const model = await this.#load(options, call);
      const result = await this.#call(call, this.#options.abortGraceMs ?? 2000, (api, port) =>
        api.rerank(copy, transfer(port, [port])),
      );
      // The worker knows what it loaded, but not what it stepped in for.
      return { ...result, ...model };
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#live?.end(new RerankError('disposed', 'The reranker was disposed.'));
  }

  async #load(options: LoadOptions, call: CallOptions): Promise<LoadedModel> {
    checkDevice(options);
    const choice = options.device === undefined ? this.#choice : options;
    const wanted = choice.device ?? 'auto';
    if (this.#model !== null && wanted !== (this.#choice.device ?? 'auto')) {
      const device = chooseDevice(await probeDevices(), wanted);
      if (this.#model !== null && device !== this.#model.device) {
        // A worker holds one build of the runtime, and ending it is the one way to get WASM memory
        // back.
        this.#live?.end(new RerankError('disposed', 'Another device was chosen.'));
      }
    }
    if (this.#model !== null) {
      this.#choice = choice;
      return this.#model;
    }
    const loadOn = (device: LoadOptions, listener: CallOptions): Promise<LoadedModel> =>
      // A session that is being created cannot be stopped: end its worker at once.
      this.#call(listener, 0, (api, port) => api.load(device, transfer(port, [port])));
    // Asked before, since a GPU that is lost may not be found any more.
    const report = wanted === 'auto' ? probeDevices() : null;
    let model: LoadedModel;
    try {
      model = await loadOn(choice, call);
    } catch (error) {
      const { code, message } = toRerankError(error, 'worker-crashed');
      const onGpu = report !== null && chooseDevice(await report, 'auto') === 'webgpu';
      const gpuMayBeTheCause = onGpu && gpuCodes.has(code);
      if (!gpuMayBeTheCause) throw error;
      // All was downloaded once, and progress must not fall.
      const onEvent: CallOptions['onEvent'] = (event) => {
        if (event.type !== 'downloading') call.onEvent?.(event);
      };
      model = {
        ...(await loadOn({ device: 'wasm' }, { ...call, onEvent })),
        fallbackReason: message,
      };
    }
    this.#choice = choice;
    this.#model = model;
    this.#options.onModel?.(model);
    return model;
  }

  /** Runs a job after the ones before it; an aborted caller does not wait for its turn. */
  #inTurn<T>(call: CallOptions, job: () => Promise<T>): Promise<T> {
    const before = this.#queue;
    const crashes = this.#crashes;
    const turn = (async () => {
      if (call.signal) await unlessAborted(before, call.signal).catch(() => undefined);
      this.#check(call.signal);
      await before;
      this.#check(call.signal);
      if (this.#crashes !== crashes) {
        throw new RerankError('worker-crashed', 'The worker stopped while this call waited.');
      }
      return await job();
    })();
    // The next call waits for both, however they end, and does not hold on to their results.
    this.#queue = Promise.allSettled([before, turn]).then(() => undefined);
    return turn;
  }

  #check(signal: AbortSignal | undefined): void {
    if (this.#disposed) {
      throw new RerankError('disposed', 'This reranker was disposed; create a new one.');
    }
    if (signal?.aborted) throw abortError(signal);
  }

  async #call<T>(
    { signal, onEvent }: CallOptions,
    graceMs: number,
    invoke: (api: Remote<RerankerWorkerApi>, port: MessagePort) => Promise<Outcome<T>>,
  ): Promise<T> {
    this.#check(signal);
    const live = this.#live ?? this.#spawn();
    const channel = openCallPort((event) => {
      // What the worker sent before it noticed the abort is not wanted any more.
      if (!signal?.aborted) onEvent?.(event);
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = (): void => live.end(abortError(signal));
    const onAbort = (): void => {
      channel.abort();
      if (graceMs === 0) end();
      else timer = setTimeout(end, graceMs);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const outcome = await unlessAborted(invoke(live.api, channel.port), live.gone);
      await unlessAborted(channel.drained, live.gone);
      const value = unwrapOutcome(outcome);
      // The worker may have finished before it read of the abort.
      if (signal?.aborted) throw abortError(signal);
      return value;
    } catch (error) {
      const failure = toRerankError(error, 'worker-crashed');
      if (fatalCodes.has(failure.code)) live.end(failure);
      throw signal?.aborted ? abortError(signal) : failure;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      channel.close();
    }
  }

  #spawn(): LiveWorker {
    const worker = startWorker(this.#options.createWorker);
    const api = wrap<RerankerWorkerApi>(worker);
    const watching = new AbortController();
    const live: LiveWorker = {
      api,
      gone: watching.signal,
      end: (reason) => {
        if (watching.signal.aborted) return;
        watching.abort(reason);
        api[releaseProxy]();
        worker.terminate();
        if (this.#live !== live) return;
        this.#live = null;
        if (this.#model === null) return;
        this.#model = null;
        this.#options.onModel?.(null);
      },
    };
    const crashed = (what: string): void => {
      this.#crashes += 1;
      live.end(new RerankError('worker-crashed', `The worker ${what}. Run again to restart it.`));
    };
    const { signal } = watching;
    worker.addEventListener('error', (e) => crashed(`failed: ${e.message || 'no reason given'}`), {
      signal,
    });
    worker.addEventListener('messageerror', () => crashed('sent an unreadable message'), {
      signal,
    });
    watchLock(api, signal, () => crashed('stopped without a word'));
    this.#live = live;
    return live;
  }
}

/**
 * A worker that is killed, runs out of memory or closes itself fires no event in the page, and
 * comlink's promises then stay pending for ever. A web lock that the worker holds is released by
 * the browser in all these cases. Where there are no locks (insecure origins) only error events
 * remain.
 * Source: https://w3c.github.io/web-locks/#agent-integration
 */
async function watchLock(
  api: Remote<RerankerWorkerApi>,
  signal: AbortSignal,
  onReleased: () => void,
): Promise<void> {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks === undefined) return;
  const name = `crossrank-worker-${crypto.randomUUID()}`;
  try {
    await api.holdLock(name);
    await locks.request(name, { signal }, onReleased);
  } catch {
    // The watch was ended together with the worker.
  }
}

function abortError(signal: AbortSignal | undefined): RerankError {
  return new RerankError('aborted', 'The call was cancelled.', { cause: signal?.reason });
}

function startWorker(createWorker: () => Worker): Worker {
  try {
    return createWorker();
  } catch (error) {
    throw new RerankError('worker-crashed', `The worker did not start: ${String(error)}`, {
      cause: error,
    });
  }
}
