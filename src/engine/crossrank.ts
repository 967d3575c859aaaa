import { RerankError } from '../core/errors.ts';
import { modelCatalog } from '../models/catalog.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { KeptModel } from '../models/kept-model.ts';
import type { ModelCard } from '../models/model-card.ts';
import type { CascadeCall, CascadeResult } from './cascade.ts';
import { type DeviceReport, probeDevices } from './device.ts';
import type { HubProvider, ModelOutlook } from './hub-provider.ts';
import { HubTokens } from './hub-tokens.ts';
import { embeddedProvider, type ModelProvider } from './model-provider.ts';
import { checkCall, checkRequest } from './request.ts';
import type {
  BenchmarkReport,
  CallOptions,
  LoadedModel,
  LoadOptions,
  RerankRequest,
  RerankResult,
} from './reranker.ts';
import { ScoreMemory } from './score-memory.ts';
import { type ModelFromDisk, type StorageUse, WorkerModelStore } from './worker-model-store.ts';
import { WorkerReranker, type WorkerRerankerOptions } from './worker-reranker.ts';

export interface CrossrankOptions extends Omit<WorkerRerankerOptions, 'provider' | 'scores'> {
  /** Starts the worker that fetches and keeps models; it never sees a query or a document. */
  readonly createStoreWorker: () => Worker;
  /**
   * The access token for an origin that none was given for with a call; null where there is none.
   * Default: none.
   */
  readonly tokenOf?: (origin: string) => Promise<string | null>;
}

/** Everything of one rerank call in one object, as one writes it by hand. */
export interface CrossrankRequest extends RerankRequest, CallOptions, LoadOptions {}

/** Everything of one cascade in one object. */
export interface CrossrankCascade extends RerankRequest, CascadeCall {
  /** The model that scores every document. */
  readonly fast: LoadOptions;
  /** The model that scores the best of them again; it becomes the one in use. */
  readonly strong: LoadOptions;
  /** How many it scores again, and copies of their texts; a whole number >= 1. Default 20. */
  readonly depth?: number;
}

/**
 * The library in one object: a cross-encoder in a worker of its own, loaded on first use, and the
 * models on this machine.
 *
 *     const { ranking } = await crossrank.rerank({ query: 'q', documents: ['a', 'b'] });
 */
export class Crossrank {
  readonly #store: WorkerModelStore;
  #provider: Promise<HubProvider> | null = null;
  readonly #reranker: WorkerReranker;
  readonly #options: WorkerRerankerOptions & { readonly scores: ScoreMemory };
  /** Holds the fast model of cascades; there is none before the first. */
  #fastReranker: WorkerReranker | null = null;
  /** Cascades that are under way. */
  #cascades = 0;
  /** Whether the fast model goes when the last of them has ended. */
  #isFastLeft = false;
  #disposed = false;
  /** They go no further than to the store's worker; the scoring ones never see them. */
  readonly #tokens: HubTokens;

  constructor({ createStoreWorker, tokenOf, ...options }: CrossrankOptions) {
    this.#tokens = new HubTokens(tokenOf);
    this.#store = new WorkerModelStore({ createWorker: createStoreWorker });
    // Whoever stays with the embedded model needs nothing of what other models take.
    const provider: ModelProvider = {
      plan: async (wanted, call) =>
        (wanted.model ?? embeddedModel.id) === embeddedModel.id
          ? embeddedProvider.plan(wanted, call)
          : (await this.#hub()).plan(wanted, call),
      remember: async (model) => {
        if (model.model !== embeddedModel.id) await (await this.#hub()).remember(model);
      },
    };
    // A score is one of a model, whichever worker computed it.
    this.#options = { ...options, provider, scores: new ScoreMemory() };
    this.#reranker = new WorkerReranker(this.#options);
  }

  /** The loaded model and where it runs, or null. */
  get model(): LoadedModel | null {
    return this.#reranker.model;
  }

  /**
   * Scores every document against the query and returns them best first.
   * @throws RerankError; the promise rejects, with a stable `code`.
   */
  async rerank(request: CrossrankRequest): Promise<RerankResult> {
    // Typed by hand in a console, so it may be anything.
    checkRequest(request);
    checkCall(request);
    return this.#reranker.rerank(request, callOf(request), this.#loadOptionsOf(request));
  }

  /**
   * Scores every document with a fast model and the best again with a strong one, as one run. The
   * two are loaded side by side in a worker each; the fast one's stays until `unloadFast` or
   * `unload`.
   *
   *     await crossrank.cascade({ query, documents, fast: { model }, strong: { model }, depth: 20 });
   *
   * @throws RerankError, of the strong model only `aborted` and `disposed`: any other failure of
   * it is in the result, which is the fast model's then
   */
  async cascade(cascade: CrossrankCascade): Promise<CascadeResult> {
    // Typed by hand in a console, so it may be anything.
    checkRequest(cascade);
    const { fast, strong, depth, signal, onEvent, ...given } = cascade;
    // A copy, since callers may change theirs while this waits.
    const request = { ...given, documents: [...given.documents] };
    const models = {
      fast: this.#cascadeReranker(),
      strong: this.#reranker,
      fastOptions: this.#loadOptionsIn(fast),
      strongOptions: this.#loadOptionsIn(strong),
      ...(depth !== undefined && { depth }),
    };
    this.#cascades += 1;
    this.#isFastLeft = false;
    try {
      const { rerankInCascade } = await importPart(() => import('./cascade.ts'));
      return await rerankInCascade(request, models, {
        ...(signal !== undefined && { signal }),
        ...(onEvent !== undefined && { onEvent }),
      });
    } finally {
      this.#cascades -= 1;
      this.#leaveFast();
    }
  }

  /** Forgets the scores of earlier calls, and with them the texts that they were computed for. */
  forgetScores(): void {
    this.#options.scores.clear();
  }

  /**
   * Loads a model ahead of the first rerank, or changes model, weights or device. Of a model that
   * is not on this machine yet the weights are downloaded, and kept. The model before goes on
   * working until the new one's files are here.
   */
  async load(options: LoadOptions & CallOptions = {}): Promise<LoadedModel> {
    // Typed by hand in a console, so it may be null.
    const given = options ?? {};
    checkCall(given);
    return this.#reranker.load(this.#loadOptionsOf(given), callOf(given));
  }

  /** Ends the scoring workers and gives their memory back; the next call loads its model again. */
  async unload(): Promise<void> {
    this.#fastReranker?.unload();
    this.#reranker.unload();
  }

  /**
   * Ends the worker of the fast model of cascades alone and gives its memory back, at once or when
   * the cascades under way have ended; one that begins meanwhile keeps it.
   */
  async unloadFast(): Promise<void> {
    this.#isFastLeft = true;
    this.#leaveFast();
  }

  /** The models that are known by name; any other cross-encoder with ONNX files can be loaded, too. */
  catalog(): readonly ModelCard[] {
    return modelCatalog;
  }

  /** What would be loaded here, how large it is and why; asks the host, fetches no weights. */
  async plan(options: LoadOptions & CallOptions = {}): Promise<ModelOutlook> {
    const given = options ?? {};
    checkCall(given);
    return (await this.#hub()).outlook(this.#loadOptionsOf(given), callOf(given));
  }

  /** What is on this machine, last used first. */
  async models(): Promise<readonly KeptModel[]> {
    return (await this.#hub()).keptModels();
  }

  /**
   * Takes a model in Hugging Face layout from a folder or a zip; nothing is uploaded. Load it by
   * the id of what comes back.
   */
  async importModel(from: ModelFromDisk, call: CallOptions = {}): Promise<KeptModel> {
    checkCall(call);
    return (await this.#hub()).importModel(from, callOf(call));
  }

  /** Deletes a model from this machine, by the `key` that `models()` gives. */
  async removeModel(key: string): Promise<void> {
    await this.#store.remove(key);
  }

  /** Deletes all models from this machine. */
  async removeAllModels(): Promise<void> {
    await this.#store.removeAll();
  }

  /** How much the browser keeps for this origin, and how much it would. */
  storage(): Promise<StorageUse> {
    return this.#store.usage();
  }

  /**
   * Measures the model in use on this device with synthetic pairs of 64, 256 and 512 tokens, for
   * about fifteen seconds, and remembers the fastest budget of a batch.
   */
  async benchmark(call: CallOptions = {}): Promise<BenchmarkReport> {
    checkCall(call);
    const report = await this.#reranker.benchmark(callOf(call));
    await (await this.#hub()).rememberBenchmark(report);
    return report;
  }

  /** What this browser offers: adapter, limits, threads. Loads nothing. */
  devices(): Promise<DeviceReport> {
    return probeDevices();
  }

  /** Ends the workers and frees their memory; the object cannot be used after that. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.forgetScores();
    await Promise.all([
      this.#fastReranker?.dispose(),
      this.#reranker.dispose(),
      this.#store.dispose(),
    ]);
  }

  #cascadeReranker(): WorkerReranker {
    if (this.#disposed) {
      throw new RerankError('disposed', 'This library object was disposed; create a new one.');
    }
    // The model in use, of which the page is told, is the strong one.
    const { onModel: _, ...options } = this.#options;
    this.#fastReranker ??= new WorkerReranker(options);
    return this.#fastReranker;
  }

  #leaveFast(): void {
    if (this.#isFastLeft && this.#cascades === 0) this.#fastReranker?.unload();
  }

  /** What a call says of the model; a token is taken out of it and remembered for its host. */
  #loadOptionsOf({ device, model, revision, host, dtype, token }: LoadOptions): LoadOptions {
    if (token !== undefined) this.#tokens.give(token, host);
    return {
      ...(device !== undefined && { device }),
      ...(model !== undefined && { model }),
      ...(revision !== undefined && { revision }),
      ...(host !== undefined && { host }),
      ...(dtype !== undefined && { dtype }),
    };
  }

  /** What is no object is refused where it is used. */
  #loadOptionsIn(given: LoadOptions): LoadOptions {
    return typeof given === 'object' && given !== null ? this.#loadOptionsOf(given) : given;
  }

  #hub(): Promise<HubProvider> {
    this.#provider ??= importPart(() => import('./hub-provider.ts')).then(
      ({ HubProvider }) => new HubProvider(this.#store, this.#tokens),
    );
    // A failed import (the page was offline) may work the next time.
    this.#provider.catch(() => {
      this.#provider = null;
    });
    return this.#provider;
  }
}

/** What only some visits need is fetched with the first call that needs it. */
async function importPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    throw new RerankError(
      'download-failed',
      `A part of the page could not be fetched (${String(error)}). Reload the page and try again.`,
      { cause: error },
    );
  }
}

function callOf(call: { [K in keyof CallOptions]: CallOptions[K] | undefined }): CallOptions {
  return {
    ...(call.signal && { signal: call.signal }),
    ...(call.onEvent && { onEvent: call.onEvent }),
  };
}
