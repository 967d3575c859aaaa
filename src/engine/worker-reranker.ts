import { type Remote, releaseProxy, transfer, wrap } from 'comlink';
import { RerankError, type RerankErrorCode, toRerankError } from '../core/errors.ts';
import { abortedError } from '../models/abort.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { ModelSource } from '../models/model-source.ts';
import {
  embeddedProvider,
  type LoadAttempt,
  type LoadPlan,
  type ModelProvider,
} from './model-provider.ts';
import { timingsInPage, timingsOfMemory } from './page-timings.ts';
import { type Outcome, openCallPort, type RerankerWorkerApi, unwrapOutcome } from './protocol.ts';
import { RememberedRequest } from './remembered-request.ts';
import { checkLoadOptions, checkRequest } from './request.ts';
import type {
  BenchmarkReport,
  CallOptions,
  LoadedModel,
  LoadOptions,
  RerankEvent,
  Reranker,
  RerankRequest,
  RerankResult,
  StepDown,
} from './reranker.ts';
import { ScoreMemory, scoreScopeOf } from './score-memory.ts';
import { type TuningMemory, tuningKeyOf } from './tuning-memory.ts';
import { unlessAborted } from './unless-aborted.ts';
import { startWorker, watchWorker } from './worker-life.ts';

export interface WorkerRerankerOptions {
  /** Starts the worker; called again after a crash or a change of device. */
  readonly createWorker: () => Worker;
  /** Default: the embedded model alone. */
  readonly provider?: ModelProvider;
  /** Told when a model becomes ready, and with null when its worker is gone. */
  readonly onModel?: (model: LoadedModel | null) => void;
  /** Scores of earlier calls; rerankers may share one. Default: one of its own. */
  readonly scores?: ScoreMemory;
  /** What was measured about models on this device. Default: nothing is kept. */
  readonly tunings?: TuningMemory;
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

/** With these another build or another device may still work. */
const stepDownCodes: ReadonlySet<RerankErrorCode> = new Set([
  'session-failed',
  'inference-failed',
  'device-lost',
  'out-of-memory',
  'model-unsupported',
  'self-test-failed',
]);

/** A load whose first files are here. */
interface Prepared {
  readonly choice: LoadOptions;
  readonly plan: LoadPlan;
  /** Of the first attempt; undefined when that is what is loaded. */
  readonly source: ModelSource | undefined;
}

/** What may be fetched to see whether it does better. */
const smallDownloadBytes = 100_000_000;

/** What is loaded, and how it came to be. */
interface Current {
  readonly model: LoadedModel;
  readonly choice: LoadOptions;
  readonly attempt: LoadAttempt;
}

/**
 * The reranker that the page holds: it owns a worker, starts it on the first call, ends it when it
 * hangs or breaks, and starts a new one on the call after. Calls wait for each other.
 */
export class WorkerReranker implements Reranker {
  readonly #options: WorkerRerankerOptions;
  readonly #scores: ScoreMemory;
  #live: LiveWorker | null = null;
  /** The model in the live worker. */
  #current: Current | null = null;
  /** What the next load is for, as far as it does not say otherwise. */
  #choice: LoadOptions = {};
  #queue: Promise<void> = Promise.resolve();
  /** Workers that crashed so far: a call that waited through a crash is rejected with it. */
  #crashes = 0;
  #disposed = false;
  /** Aborts what is under way when the model is unloaded. */
  #unloading = new AbortController();

  constructor(options: WorkerRerankerOptions) {
    this.#options = options;
    this.#scores = options.scores ?? new ScoreMemory();
  }

  /** The loaded model, or null while there is none. */
  get model(): LoadedModel | null {
    return this.#current?.model ?? null;
  }

  /**
   * As in the contract. The files of another model are fetched before it is this call's turn, so
   * that meanwhile the model before goes on scoring.
   */
  async load(options: LoadOptions = {}, call: CallOptions = {}): Promise<LoadedModel> {
    const stoppable = this.#stoppable(call);
    this.#check(stoppable.signal);
    checkLoadOptions(options);
    const prepared =
      this.#current === null || options.model === undefined
        ? null
        : await this.#prepare(mergeChoice(this.#choice, options), stoppable);
    return this.#inTurn(stoppable, () => this.#load(options, stoppable, prepared));
  }

  /**
   * As in the contract; other `options` than those in use load first, in the same turn. Scores
   * that came before a call was cancelled or failed are remembered, so that it goes on from there
   * when it is made again.
   */
  async rerank(
    request: RerankRequest,
    call: CallOptions = {},
    options: LoadOptions = {},
  ): Promise<RerankResult> {
    this.#check(call.signal);
    checkRequest(request);
    const calledAt = performance.now();
    const { query, documents, topK, longDocuments, maxLength, promise, remember } = request;
    // A copy, since callers may change theirs while this waits; and of these fields alone, since
    // others may not survive the way to the worker.
    const copy: RerankRequest = {
      query,
      documents: [...documents],
      ...(topK !== undefined && { topK }),
      ...(longDocuments !== undefined && { longDocuments }),
      ...(maxLength !== undefined && { maxLength }),
      ...(promise !== undefined && { promise: [...promise] }),
      ...(remember !== undefined && { remember }),
    };
    const stoppable = this.#stoppable(call);
    const turn = this.#inTurn(stoppable, async () => {
      const model = await this.#load(options, stoppable);
      return this.#score(copy, model, stoppable, calledAt);
    });
    return this.#atOnce(turn, stoppable.signal);
  }

  /**
   * Measures the model in use for about fifteen seconds; loads it first if that has not been done.
   * What is found to be the fastest budget of a batch is remembered.
   */
  async benchmark(call: CallOptions = {}): Promise<BenchmarkReport> {
    const stoppable = this.#stoppable(call);
    return this.#inTurn(stoppable, async () => {
      const model = await this.#load({}, stoppable);
      const report = await this.#call(stoppable, this.#graceMs, (api, port) =>
        api.benchmark(transfer(port, [port])),
      );
      if (report.tuning !== undefined) {
        this.#options.tunings?.write(tuningKeyOf(model), report.tuning);
      }
      return { ...report, ...model };
    });
  }

  /**
   * Ends the worker and gives its memory back; the model stays chosen, and the next call loads it
   * again. Calls under way, downloads included, are rejected with `aborted`.
   */
  unload(): void {
    const reason = new RerankError('aborted', 'The model was unloaded.');
    const stopped = this.#unloading;
    this.#unloading = new AbortController();
    stopped.abort(reason);
    this.#live?.end(reason);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#live?.end(new RerankError('disposed', 'The reranker was disposed.'));
  }

  get #graceMs(): number {
    return this.#options.abortGraceMs ?? 2000;
  }

  /** A call that `unload` stops, too. */
  #stoppable(call: CallOptions): CallOptions {
    const { signal } = this.#unloading;
    return { ...call, signal: call.signal ? AbortSignal.any([call.signal, signal]) : signal };
  }

  /** Has the worker score what is not remembered. */
  async #score(
    request: RerankRequest,
    model: LoadedModel,
    call: CallOptions,
    calledAt: number,
  ): Promise<RerankResult> {
    const turnAt = performance.now();
    const known = new RememberedRequest(this.#scores, scoreScopeOf(model, request), request);
    const { remembered, unknown, opening } = known;
    this.#check(call.signal);
    if (opening !== null) call.onEvent?.(opening);
    this.#check(call.signal);
    if (unknown === null) {
      const ranking = known.rankingOf([]);
      const clock = { calledAt, turnAt, endedAt: performance.now() };
      return { ...model, ranking, timings: timingsOfMemory(clock, remembered) };
    }
    const tuningKey = tuningKeyOf(model);
    const tuning = this.#options.tunings?.read(tuningKey) ?? null;
    const sentAt = performance.now();
    const result = await this.#call(
      call,
      this.#graceMs,
      (api, port) => api.rerank(unknown, tuning, transfer(port, [port])),
      (event) => known.take(event),
    );
    const answeredAt = performance.now();
    if (result.tuning !== undefined) this.#options.tunings?.write(tuningKey, result.tuning);
    const ranking = known.rankingOf(result.ranking);
    const clock = { calledAt, turnAt, sentAt, answeredAt, endedAt: performance.now() };
    const timings = timingsInPage(result.timings, clock, remembered);
    // The worker knows what it loaded, but not what it stepped in for.
    return { ...result, ...model, ranking, timings };
  }

  /** Finds out what may be tried, and fetches the first of it. */
  async #prepare(choice: LoadOptions, call: CallOptions): Promise<Prepared | null> {
    if (this.#current !== null && sameChoice(choice, this.#current.choice)) return null;
    const provider = this.#options.provider ?? embeddedProvider;
    const plan = await provider.plan(choice, call);
    this.#check(call.signal);
    const [first] = plan.attempts;
    const isHere = this.#current !== null && first && isLoaded(this.#current, plan, first);
    const source = isHere ? undefined : await first?.provide(call);
    this.#check(call.signal);
    return { choice, plan, source };
  }

  async #load(
    options: LoadOptions,
    call: CallOptions,
    prepared: Prepared | null = null,
  ): Promise<LoadedModel> {
    checkLoadOptions(options);
    const choice = mergeChoice(this.#choice, options);
    if (this.#current !== null && sameChoice(choice, this.#current.choice)) {
      return this.#current.model;
    }
    const before = this.#current;
    const unloading = this.#unloading;
    const known = prepared !== null && sameChoice(choice, prepared.choice) ? prepared : null;
    try {
      return await this.#loadChoice(choice, call, known);
    } catch (error) {
      // What worked before goes on working: not awaited, the next call waits for it.
      const wanted = before !== null && unloading === this.#unloading;
      if (wanted && this.#current === null) this.#restore(before);
      throw error;
    }
  }

  async #loadChoice(
    choice: LoadOptions,
    call: CallOptions,
    prepared: Prepared | null,
  ): Promise<LoadedModel> {
    const provider = this.#options.provider ?? embeddedProvider;
    const plan = prepared?.plan ?? (await provider.plan(choice, call));
    this.#check(call.signal);
    const [first] = plan.attempts;
    if (this.#current !== null && first !== undefined && isLoaded(this.#current, plan, first)) {
      this.#current = { ...this.#current, choice };
      this.#choice = choice;
      return this.#current.model;
    }
    const stepDowns: StepDown[] = [];
    /** Differs from what was expected, but works: better than nothing. */
    let doubtful: LoadAttempt | null = null;
    let last: RerankError | null = null;
    for (const [position, attempt] of plan.attempts.entries()) {
      const next = plan.attempts[position + 1];
      const sameFiles = plan.attempts[position - 1]?.dtype === attempt.dtype;
      const source = position === 0 ? prepared?.source : undefined;
      try {
        const loaded = await this.#open(attempt, sameFiles ? withoutDownloads(call) : call, source);
        await provider.remember(loaded);
        this.#check(call.signal);
        const verdict = loaded.selfTest?.verdict ?? 'passed';
        if (verdict === 'differs') doubtful = attempt;
        if (verdict === 'broken' || (verdict === 'differs' && isWorthTrying(attempt, next))) {
          throw new RerankError(
            'self-test-failed',
            `The self-test of ${loaded.model} failed: ${loaded.selfTest?.reason}`,
          );
        }
        return this.#take(loaded, stepDowns, choice, attempt, call);
      } catch (error) {
        const failure = toRerankError(error, 'worker-crashed');
        if (this.#current === null) this.#live?.end(failure);
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
      const loaded = await this.#open(doubtful, withoutDownloads(call));
      return this.#take(loaded, stepDowns, choice, doubtful, call);
    }
    throw last ?? new RerankError('device-unsuitable', `Nothing of ${plan.model} can run here.`);
  }

  /** Makes a model that was opened the one in use. */
  #take(
    loaded: LoadedModel,
    stepDowns: readonly StepDown[],
    choice: LoadOptions,
    attempt: LoadAttempt,
    call: CallOptions,
  ): LoadedModel {
    const reason = stepDowns.at(-1)?.reason;
    const model: LoadedModel = {
      ...loaded,
      stepDowns,
      ...(reason !== undefined && { fallbackReason: reason }),
    };
    this.#current = { model, choice, attempt };
    this.#choice = choice;
    call.onEvent?.({ type: 'ready', model });
    this.#check(call.signal);
    this.#options.onModel?.(model);
    return model;
  }

  /** Fetches one build and opens it in a worker of its own; the model before goes only then. */
  async #open(attempt: LoadAttempt, call: CallOptions, known?: ModelSource): Promise<LoadedModel> {
    const source = known ?? (await attempt.provide(call));
    this.#check(call.signal);
    // A worker holds one model on one build of the runtime, and ending it is the one way to get
    // WASM memory back.
    this.#live?.end(new RerankError('disposed', 'Another model or device was chosen.'));
    const onEvent: CallOptions['onEvent'] = (event) => {
      // Ready it is when the self-test has been judged.
      if (event.type !== 'ready') call.onEvent?.(event);
    };
    // A session that is being created cannot be stopped: end its worker at once.
    try {
      return await this.#call({ ...call, onEvent }, 0, (api, port) =>
        api.load(source, { device: attempt.device }, transfer(port, [port])),
      );
    } catch (error) {
      this.#live?.end(toRerankError(error, 'worker-crashed'));
      throw error;
    }
  }

  /** Brings back, in its own turn, what was loaded before a load that failed. */
  #restore({ model, choice, attempt }: Current): void {
    const call = this.#stoppable({});
    this.#inTurn(call, async () => {
      if (this.#current !== null || this.#disposed) return;
      await this.#open(attempt, call);
      this.#current = { model, choice, attempt };
      this.#options.onModel?.(model);
    }).catch(() => undefined);
  }

  /** A caller that aborts hears of it at once, though a batch under way runs to its end. */
  async #atOnce<T>(turn: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) return turn;
    // Whatever the turn ends with after that is nobody's business any more.
    turn.catch(() => undefined);
    try {
      return await unlessAborted(turn, signal);
    } catch (error) {
      throw signal.aborted ? abortedError(signal) : error;
    }
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
    if (signal?.aborted) throw abortedError(signal);
  }

  /** @param read takes every event, also those that the caller does not want any more */
  async #call<T>(
    { signal, onEvent }: CallOptions,
    graceMs: number,
    invoke: (api: Remote<RerankerWorkerApi>, port: MessagePort) => Promise<Outcome<T>>,
    read: (event: RerankEvent) => RerankEvent = (event) => event,
  ): Promise<T> {
    this.#check(signal);
    const live = this.#live ?? this.#spawn();
    const channel = openCallPort((event) => {
      const told = read(event);
      // What the worker sent before it noticed the abort is not wanted any more.
      if (!signal?.aborted) onEvent?.(told);
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = (): void => live.end(abortedError(signal));
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
      if (signal?.aborted) throw abortedError(signal);
      return value;
    } catch (error) {
      const failure = toRerankError(error, 'worker-crashed');
      if (fatalCodes.has(failure.code)) live.end(failure);
      throw signal?.aborted ? abortedError(signal) : failure;
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
        if (this.#current === null) return;
        this.#current = null;
        this.#options.onModel?.(null);
      },
    };
    const crashed = (what: string): void => {
      this.#crashes += 1;
      live.end(new RerankError('worker-crashed', `The worker ${what}. Run again to restart it.`));
    };
    const { signal } = watching;
    watchWorker(worker, (name) => api.holdLock(name), signal, crashed);
    this.#live = live;
    return live;
  }
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

/** The files were fetched for the attempt before, and progress must not fall. */
function withoutDownloads(call: CallOptions): CallOptions {
  const onEvent: CallOptions['onEvent'] = (event) => {
    if (event.type !== 'downloading') call.onEvent?.(event);
  };
  return { ...call, onEvent };
}

/** Another model forgets what was said of the one before, but for the device. */
function mergeChoice(before: LoadOptions, options: LoadOptions): LoadOptions {
  const { model, device } = options;
  const sameModel = model === undefined || model === (before.model ?? embeddedModel.id);
  const kept: LoadOptions = sameModel
    ? before
    : before.device === undefined
      ? {}
      : { device: before.device };
  const merged = { ...kept, ...options };
  // Weights that were asked for on one device may not run on another.
  const sameDevice = device === undefined || device === (before.device ?? 'auto');
  if (sameDevice || options.dtype !== undefined) return merged;
  const { dtype: _, ...rest } = merged;
  return rest;
}

function sameChoice(a: LoadOptions, b: LoadOptions): boolean {
  return (
    (a.model ?? embeddedModel.id) === (b.model ?? embeddedModel.id) &&
    (a.device ?? 'auto') === (b.device ?? 'auto') &&
    a.dtype === b.dtype &&
    a.revision === b.revision &&
    a.host === b.host
  );
}

/** Another choice may mean what is loaded already. */
function isLoaded(
  { model }: Current,
  plan: { readonly model: string; readonly revision: string },
  attempt: LoadAttempt,
): boolean {
  return (
    model.model === plan.model &&
    model.revision === plan.revision &&
    model.device === attempt.device &&
    model.dtype === attempt.dtype
  );
}
