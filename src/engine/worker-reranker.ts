import { transfer } from 'comlink';
import { RerankError, toRerankError } from '../core/errors.ts';
import { abortedError } from '../models/abort.ts';
import type { ModelSource } from '../models/model-source.ts';
import { CallQueue } from './call-queue.ts';
import { isLoaded, mergeChoice, sameChoice } from './load-choice.ts';
import { climbDown, withoutDownloads } from './load-ladder.ts';
import {
  embeddedProvider,
  type LoadAttempt,
  type LoadPlan,
  type ModelProvider,
} from './model-provider.ts';
import { timingsInPage, timingsOfMemory } from './page-timings.ts';
import { Recoveries } from './recovery.ts';
import { RememberedRequest } from './remembered-request.ts';
import { reopenModel } from './reopen-model.ts';
import { checkLoadOptions, checkRequest } from './request.ts';
import type {
  BenchmarkReport,
  CallOptions,
  LoadedModel,
  LoadOptions,
  Reranker,
  RerankRequest,
  RerankResult,
  StepDown,
} from './reranker.ts';
import { ScoreMemory, scoreScopeOf } from './score-memory.ts';
import { type Invoke, type ScoringCall, ScoringWorker } from './scoring-worker.ts';
import { type TuningMemory, tuningKeyOf } from './tuning-memory.ts';
import { unlessAborted } from './unless-aborted.ts';

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
  /** How long to wait for a GPU that did not come back at once. Default 2,000 ms. */
  readonly comeBackMs?: number;
}

/** A load whose first files are here. */
interface Prepared {
  readonly choice: LoadOptions;
  readonly plan: LoadPlan;
  /** Of the first attempt; undefined when that is what is loaded. */
  readonly source: ModelSource | undefined;
}

/** What is loaded, and how it came to be. */
interface Current {
  readonly model: LoadedModel;
  readonly choice: LoadOptions;
  readonly attempt: LoadAttempt;
}

/**
 * The reranker that the page holds: it owns a worker, starts it on the first call, ends it when it
 * hangs or breaks, and starts a new one: in the midst of a run where that can go on (`Recoveries`
 * says when), else on the call after. Calls wait for each other.
 */
export class WorkerReranker implements Reranker {
  readonly #options: WorkerRerankerOptions;
  readonly #scores: ScoreMemory;
  readonly #recoveries = new Recoveries();
  #live: ScoringWorker | null = null;
  /** The model in the live worker. */
  #current: Current | null = null;
  /** What the next load is for, as far as it does not say otherwise. */
  #choice: LoadOptions = {};
  readonly #queue = new CallQueue();
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
    this.#queue.check(stoppable.signal);
    checkLoadOptions(options);
    const prepared =
      this.#current === null || options.model === undefined
        ? null
        : await this.#prepare(mergeChoice(this.#choice, options), stoppable);
    return this.#queue.run(stoppable.signal, async () => {
      const { model } = await this.#load(options, stoppable, prepared);
      return model;
    });
  }

  /**
   * As in the contract; other `options` than those in use load first, in the same turn. Scores
   * that came before a call was cancelled or failed are remembered, so that it goes on from there
   * when it is made again. After a lost GPU, a crash, or a batch that did not fit into memory it
   * goes on by itself, which an event `recovering` tells.
   */
  async rerank(
    request: RerankRequest,
    call: CallOptions = {},
    options: LoadOptions = {},
  ): Promise<RerankResult> {
    this.#queue.check(call.signal);
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
    const turn = this.#queue.run(stoppable.signal, async () => {
      const loaded = await this.#load(options, stoppable);
      return this.#score(copy, loaded, stoppable, calledAt);
    });
    return this.#atOnce(turn, stoppable.signal);
  }

  /**
   * Measures the model in use for about fifteen seconds; loads it first if that has not been done.
   * What is found to be the fastest budget of a batch is remembered.
   */
  async benchmark(call: CallOptions = {}): Promise<BenchmarkReport> {
    const stoppable = this.#stoppable(call);
    return this.#queue.run(stoppable.signal, async () => {
      const { model } = await this.#load({}, stoppable);
      const report = await this.#call(
        (api, port) => api.benchmark(transfer(port, [port])),
        stoppable,
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
    this.#queue.close();
    this.#live?.end(new RerankError('disposed', 'The reranker was disposed.'));
  }

  /** A call that `unload` stops, too. */
  #stoppable(call: CallOptions): CallOptions {
    const { signal } = this.#unloading;
    return { ...call, signal: call.signal ? AbortSignal.any([call.signal, signal]) : signal };
  }

  /** Has the worker score what is not remembered, and a new one the rest where it fails. */
  async #score(
    request: RerankRequest,
    loaded: Current,
    call: CallOptions,
    calledAt: number,
  ): Promise<RerankResult> {
    const turnAt = performance.now();
    const { model } = loaded;
    const known = new RememberedRequest(this.#scores, scoreScopeOf(model, request), request);
    const { opening } = known;
    this.#queue.check(call.signal);
    if (opening !== null) call.onEvent?.(opening);
    this.#queue.check(call.signal);
    const recoveryAfter = this.#recoveries.ofRun(tuningKeyOf(model));
    for (let legAt = turnAt; ; legAt = performance.now()) {
      try {
        return await this.#scoreRest(known, model, call, { calledAt, turnAt: legAt });
      } catch (error) {
        const failure = toRerankError(error, 'worker-crashed');
        const recovering = recoveryAfter(failure);
        if (recovering === null) throw failure;
        known.goOn();
        call.onEvent?.(recovering);
        await this.#reopen(loaded, failure, call);
      }
    }
  }

  /** Has the worker score what is not known. */
  async #scoreRest(
    known: RememberedRequest,
    model: LoadedModel,
    call: CallOptions,
    begun: { readonly calledAt: number; readonly turnAt: number },
  ): Promise<RerankResult> {
    const { unknown, remembered } = known;
    if (unknown === null) {
      const ranking = known.rankingOf([]);
      const clock = { ...begun, endedAt: performance.now() };
      return { ...model, ranking, timings: timingsOfMemory(clock, remembered) };
    }
    const key = tuningKeyOf(model);
    const tuning = this.#options.tunings?.read(key) ?? null;
    const mostTokens = this.#recoveries.mostTokensOf(key);
    const sentAt = performance.now();
    const result = await this.#call(
      (api, port) => api.rerank(unknown, tuning, mostTokens, transfer(port, [port])),
      { ...call, read: (event) => known.take(event) },
    );
    const answeredAt = performance.now();
    if (result.tuning !== undefined) this.#options.tunings?.write(key, result.tuning);
    const ranking = known.rankingOf(result.ranking);
    const clock = { ...begun, sentAt, answeredAt, endedAt: performance.now() };
    const timings = timingsInPage(result.timings, clock, remembered);
    // The worker knows what it loaded, but not what it stepped in for.
    return { ...result, ...model, ranking, timings };
  }

  /** Finds out what may be tried, and fetches the first of it. */
  async #prepare(choice: LoadOptions, call: CallOptions): Promise<Prepared | null> {
    if (this.#current !== null && sameChoice(choice, this.#current.choice)) return null;
    const provider = this.#options.provider ?? embeddedProvider;
    const plan = await provider.plan(choice, call);
    this.#queue.check(call.signal);
    const [first] = plan.attempts;
    const isHere = this.#current !== null && first && isLoaded(this.#current.model, plan, first);
    const source = isHere ? undefined : await first?.provide(call);
    this.#queue.check(call.signal);
    return { choice, plan, source };
  }

  async #load(
    options: LoadOptions,
    call: CallOptions,
    prepared: Prepared | null = null,
  ): Promise<Current> {
    checkLoadOptions(options);
    const choice = mergeChoice(this.#choice, options);
    if (this.#current !== null && sameChoice(choice, this.#current.choice)) return this.#current;
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
  ): Promise<Current> {
    const provider = this.#options.provider ?? embeddedProvider;
    const plan = prepared?.plan ?? (await provider.plan(choice, call));
    this.#queue.check(call.signal);
    const [first] = plan.attempts;
    if (this.#current !== null && first && isLoaded(this.#current.model, plan, first)) {
      this.#current = { ...this.#current, choice };
      this.#choice = choice;
      return this.#current;
    }
    const { loaded, attempt, stepDowns } = await climbDown(
      plan,
      call,
      {
        open: (tried, its, source) => this.#open(tried, its, source),
        remember: (model) => provider.remember(model),
        discard: (failure) => {
          if (this.#current === null) this.#live?.end(failure);
        },
        check: () => this.#queue.check(call.signal),
      },
      prepared?.source,
    );
    return this.#take(loaded, stepDowns, choice, attempt, call);
  }

  /** Makes a model that was opened the one in use. */
  #take(
    loaded: LoadedModel,
    stepDowns: readonly StepDown[],
    choice: LoadOptions,
    attempt: LoadAttempt,
    call: CallOptions,
  ): Current {
    const reason = stepDowns.at(-1)?.reason;
    const model: LoadedModel = {
      ...loaded,
      stepDowns,
      ...(reason !== undefined && { fallbackReason: reason }),
    };
    const current: Current = { model, choice, attempt };
    this.#current = current;
    this.#choice = choice;
    call.onEvent?.({ type: 'ready', model });
    this.#queue.check(call.signal);
    this.#options.onModel?.(model);
    return current;
  }

  /** Fetches one build and opens it in a worker of its own; the model before goes only then. */
  async #open(attempt: LoadAttempt, call: CallOptions, known?: ModelSource): Promise<LoadedModel> {
    const source = known ?? (await attempt.provide(call));
    this.#queue.check(call.signal);
    // A worker holds one model on one build of the runtime, and ending it is the one way to get
    // WASM memory back.
    this.#live?.end(new RerankError('disposed', 'Another model or device was chosen.'));
    const onEvent: CallOptions['onEvent'] = (event) => {
      // Ready it is when the self-test has been judged.
      if (event.type !== 'ready') call.onEvent?.(event);
    };
    // A session that is being created cannot be stopped: end its worker at once.
    try {
      return await this.#call(
        (api, port) => api.load(source, { device: attempt.device }, transfer(port, [port])),
        { ...call, onEvent, graceMs: 0 },
      );
    } catch (error) {
      this.#live?.end(toRerankError(error, 'worker-crashed'));
      throw error;
    }
  }

  /** Brings back, in its own turn, what was loaded before a load that failed. */
  #restore({ model, choice, attempt }: Current): void {
    const call = this.#stoppable({});
    this.#queue
      .run(call.signal, async () => {
        if (this.#current !== null) return;
        await this.#open(attempt, call);
        this.#current = { model, choice, attempt };
        this.#options.onModel?.(model);
      })
      .catch(() => undefined);
  }

  /** Opens what was in use in a new worker, for a run that goes on. */
  async #reopen(loaded: Current, failure: RerankError, call: CallOptions): Promise<void> {
    const { model, attempt } = loaded;
    const quiet = withoutDownloads(call);
    try {
      await reopenModel(model, failure, call, {
        open: () => this.#open(attempt, quiet),
        check: () => this.#queue.check(call.signal),
        comeBackMs: this.#options.comeBackMs ?? 2000,
      });
    } catch (error) {
      this.#live?.end(toRerankError(error, 'worker-crashed'));
      throw error;
    }
    this.#current = loaded;
    call.onEvent?.({ type: 'ready', model });
    this.#queue.check(call.signal);
    this.#options.onModel?.(model);
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

  async #call<T>(
    invoke: Invoke<T>,
    call: CallOptions & Partial<Pick<ScoringCall, 'graceMs' | 'read'>>,
  ): Promise<T> {
    this.#queue.check(call.signal);
    this.#live ??= new ScoringWorker(this.#options.createWorker, (ended) => this.#forget(ended));
    const graceMs = this.#options.abortGraceMs ?? 2000;
    return this.#live.call(invoke, { graceMs, ...call });
  }

  /** A worker has ended, and its model with it. */
  #forget(ended: ScoringWorker): void {
    if (this.#live !== ended) return;
    this.#live = null;
    if (this.#current === null) return;
    this.#current = null;
    this.#options.onModel?.(null);
  }
}
