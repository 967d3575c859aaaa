import { type DeviceReport, probeDevices } from './device.ts';
import { checkCall, checkRequest } from './request.ts';
import type {
  CallOptions,
  DeviceChoice,
  LoadedModel,
  RerankRequest,
  RerankResult,
} from './reranker.ts';
import { WorkerReranker, type WorkerRerankerOptions } from './worker-reranker.ts';

/** Everything of one rerank call in one object, as one writes it by hand. */
export interface CrossrankRequest extends RerankRequest, CallOptions {
  /** Default: the device in use, or `auto` when nothing is loaded yet. */
  readonly device?: DeviceChoice;
}

/**
 * The library in one object: a cross-encoder in a worker of its own, loaded on first use.
 *
 *     const { ranking } = await crossrank.rerank({ query: 'q', documents: ['a', 'b'] });
 */
export class Crossrank {
  readonly #reranker: WorkerReranker;

  constructor(options: WorkerRerankerOptions) {
    this.#reranker = new WorkerReranker(options);
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
    const { device, signal, onEvent, ...pairs } = request;
    return this.#reranker.rerank(pairs, callOf({ signal, onEvent }), deviceOf(device));
  }

  /** Loads the model ahead of the first rerank, or changes the device. */
  async load(options: CallOptions & { device?: DeviceChoice } = {}): Promise<LoadedModel> {
    // Typed by hand in a console, so it may be null.
    const given = options ?? {};
    checkCall(given);
    return this.#reranker.load(deviceOf(given.device), callOf(given));
  }

  /** What this browser offers: adapter, limits, threads. Loads nothing. */
  devices(): Promise<DeviceReport> {
    return probeDevices();
  }

  /** Ends the worker and frees its memory; the object cannot be used after that. */
  dispose(): Promise<void> {
    return this.#reranker.dispose();
  }
}

function deviceOf(device: DeviceChoice | undefined): { device?: DeviceChoice } {
  return device === undefined ? {} : { device };
}

function callOf(call: { [K in keyof CallOptions]: CallOptions[K] | undefined }): CallOptions {
  return {
    ...(call.signal && { signal: call.signal }),
    ...(call.onEvent && { onEvent: call.onEvent }),
  };
}
