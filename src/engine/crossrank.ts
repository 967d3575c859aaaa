import { RerankError } from '../core/errors.ts';
import { modelCatalog } from '../models/catalog.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { KeptModel } from '../models/kept-model.ts';
import type { ModelCard } from '../models/model-card.ts';
import { type DeviceReport, probeDevices } from './device.ts';
import type { HubProvider, ModelOutlook } from './hub-provider.ts';
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
import { type ModelFromDisk, type StorageUse, WorkerModelStore } from './worker-model-store.ts';
import { WorkerReranker, type WorkerRerankerOptions } from './worker-reranker.ts';

export interface CrossrankOptions extends Omit<WorkerRerankerOptions, 'provider'> {
  /** Starts the worker that fetches and keeps models; it never sees a query or a document. */
  readonly createStoreWorker: () => Worker;
}

/** Everything of one rerank call in one object, as one writes it by hand. */
export interface CrossrankRequest extends RerankRequest, CallOptions, LoadOptions {}

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

  constructor({ createStoreWorker, ...options }: CrossrankOptions) {
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
    this.#reranker = new WorkerReranker({ ...options, provider });
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
    return this.#reranker.rerank(request, callOf(request), loadOptionsOf(request));
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
    return this.#reranker.load(loadOptionsOf(given), callOf(given));
  }

  /** Ends the worker and gives its memory back; the next call loads the model again. */
  async unload(): Promise<void> {
    this.#reranker.unload();
  }

  /** The models that are known by name; any other cross-encoder with ONNX files can be loaded, too. */
  catalog(): readonly ModelCard[] {
    return modelCatalog;
  }

  /** What would be loaded here, how large it is and why; asks the host, fetches no weights. */
  async plan(options: LoadOptions & CallOptions = {}): Promise<ModelOutlook> {
    const given = options ?? {};
    checkCall(given);
    return (await this.#hub()).outlook(loadOptionsOf(given), callOf(given));
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
   * about ten seconds.
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
    await Promise.all([this.#reranker.dispose(), this.#store.dispose()]);
  }

  #hub(): Promise<HubProvider> {
    this.#provider ??= importHubProvider().then((Provider) => new Provider(this.#store));
    // A failed import (the page was offline) may work the next time.
    this.#provider.catch(() => {
      this.#provider = null;
    });
    return this.#provider;
  }
}

async function importHubProvider(): Promise<typeof HubProvider> {
  try {
    return (await import('./hub-provider.ts')).HubProvider;
  } catch (error) {
    throw new RerankError(
      'download-failed',
      `A part of the page could not be fetched (${String(error)}). Reload the page and try again.`,
      { cause: error },
    );
  }
}

function loadOptionsOf({ device, model, revision, host, dtype }: LoadOptions): LoadOptions {
  return {
    ...(device !== undefined && { device }),
    ...(model !== undefined && { model }),
    ...(revision !== undefined && { revision }),
    ...(host !== undefined && { host }),
    ...(dtype !== undefined && { dtype }),
  };
}

function callOf(call: { [K in keyof CallOptions]: CallOptions[K] | undefined }): CallOptions {
  return {
    ...(call.signal && { signal: call.signal }),
    ...(call.onEvent && { onEvent: call.onEvent }),
  };
}
