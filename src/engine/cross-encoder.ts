import { RerankError } from '../core/errors.ts';
import type { ModelFiles, ReadModelOptions } from '../models/model-files.ts';
import type { ModelSource } from '../models/model-source.ts';
import { pairFlop } from '../models/pair-cost.ts';
import { BatchPlanner } from './batch-planner.ts';
import type { Batch } from './batches.ts';
import { CallTurns } from './call-turns.ts';
import { chooseDevice, probeDevices } from './device.ts';
import { documentEncoder } from './document-encoder.ts';
import { measurePairs } from './measure-pairs.ts';
import type { OnnxRuntime } from './onnx-session.ts';
import { type OpenModel, openModel } from './open-model.ts';
import { type EncodedPair, encodePair, encodeQuery } from './pairs.ts';
import { rankDocuments } from './rank-documents.ts';
import { checkRequest, checkTuning } from './request.ts';
import type {
  BenchmarkReport,
  BenchmarkRow,
  CallOptions,
  LoadedModel,
  LoadOptions,
  Reranker,
  RerankRequest,
  RerankResult,
  Tuning,
} from './reranker.ts';
import { translateRuntimeError } from './runtime-error.ts';
import { scoreDocuments } from './score-documents.ts';
import type { PairTokenizer } from './tokenizer.ts';
import { BudgetSearch, type MemoryLimits, memoryLimits } from './tuning.ts';

/** Where a cross-encoder gets its runtime and its files; both differ by host, not by model. */
export interface CrossEncoderHost {
  /** The build of ONNX Runtime for a device, with its wasm paths set. */
  openRuntime(device: 'webgpu' | 'wasm'): Promise<OnnxRuntime>;
  readModel(source: ModelSource, options: ReadModelOptions): Promise<ModelFiles>;
  /**
   * After a runtime did not start: which of its files is missing or damaged and what to do, in
   * English; null where the files are not to blame. Default: nobody knows.
   */
  explainRuntime?(device: 'webgpu' | 'wasm', reason: string): Promise<string | null>;
}

interface Loaded extends OpenModel {
  readonly model: LoadedModel;
  /** What batches may take, and the search for what they should. */
  readonly memory: MemoryLimits;
  readonly search: BudgetSearch;
}

/** What a call is told of the size of batches. */
interface Budgets {
  readonly tuning: Tuning | null;
  readonly mostTokens: number | null;
}

/** Lengths that are measured, and for how long each: together about six seconds. */
const benchmarkTokens = [64, 256, 512];
const benchmarkMs = 2000;

/** Length of the pairs that budgets are compared with, and for how long at most. */
const usualTokens = 96;
const mostTrialMs = 9000;

/**
 * A cross-encoder on a real ONNX model: reads query and document together and gives one logit per
 * pair. Belongs into a worker, since a run blocks its thread.
 */
export class CrossEncoder implements Reranker {
  readonly #source: ModelSource;
  readonly #host: CrossEncoderHost;
  #loaded: Loaded | null = null;
  /** True when a result has told what the search found. */
  #toldTuning = false;
  readonly #turns = new CallTurns();

  constructor(source: ModelSource, host: CrossEncoderHost) {
    this.#source = source;
    this.#host = host;
  }

  async load(options: LoadOptions = {}, call: CallOptions = {}): Promise<LoadedModel> {
    this.#turns.check(call.signal);
    const { model } = await this.#turns.run('session-failed', () =>
      this.#ensureLoaded(options, call),
    );
    return model;
  }

  /**
   * @param tuning what was measured for this model on this device. Without it the defaults are
   *   used and better ones are looked for while scoring; the result that ends the search has them,
   *   and later calls use them. Nothing is looked for where pairs have to be run one by one.
   * @param mostTokens most padded tokens of a batch where memory has no room for more; nothing is
   *   looked for then, either
   */
  async rerank(
    request: RerankRequest,
    call: CallOptions = {},
    tuning: Tuning | null = null,
    mostTokens: number | null = null,
  ): Promise<RerankResult> {
    const calledAt = performance.now();
    this.#turns.check(call.signal);
    checkRequest(request);
    if (tuning !== null) checkTuning(tuning);
    return this.#turns.run('inference-failed', () =>
      this.#rerank(request, call, { tuning, mostTokens }, calledAt),
    );
  }

  /** A call under way stops at its next pause. */
  async dispose(): Promise<void> {
    await this.#turns.close();
    const loaded = this.#loaded;
    this.#loaded = null;
    await loaded?.session.dispose();
  }

  /**
   * Scores synthetic pairs of 64, 256 and 512 tokens, and then pairs of usual lengths in batches of
   * different budgets, for about fifteen seconds in all; loads first if that has not been done.
   * Lengths over the model's maximum are left out. The fastest budget is in the report if the time
   * was enough to find it, and later calls use it.
   */
  async benchmark(call: CallOptions = {}): Promise<BenchmarkReport> {
    this.#turns.check(call.signal);
    return this.#turns.run('inference-failed', () => this.#benchmark(call));
  }

  async #rerank(
    request: RerankRequest,
    call: CallOptions,
    { tuning: asked, mostTokens }: Budgets,
    calledAt: number,
  ): Promise<RerankResult> {
    const loaded = await this.#ensureLoaded({}, call);
    const queueMs = performance.now() - calledAt;
    const { session, search, model, pairsAlone } = loaded;
    const given = asked ?? (mostTokens === null ? null : search.best);
    const memory: MemoryLimits = {
      ...loaded.memory,
      tokens: Math.min(mostTokens ?? Number.POSITIVE_INFINITY, loaded.memory.tokens),
    };
    const { widthStep } = session;
    const { promise, longDocuments: fold = 'max' } = request;
    const { shape, architecture, maxLength: mostWidth } = this.#source;
    const { scored, timings } = await scoreDocuments({
      documents: request.documents,
      ...(promise !== undefined && { promise }),
      fold: fold === 'truncate' ? 'first' : fold,
      encode: documentEncoder(request, loaded.tokenizer, this.#source.maxLength),
      run: (batch, pairs) => session.logitsOf(batch, pairs),
      overlaps: model.device === 'webgpu',
      flopOf:
        shape === null
          ? null
          : (tokens) => pairFlop(shape, tokens, architecture, flopOptionsOf(loaded)),
      planner: new BatchPlanner(search, given, { widthStep, mostWidth, memory, pairsAlone }),
      onScores: (event) => call.onEvent?.(event),
      check: () => this.#turns.check(call.signal),
      pause: () => this.#turns.pause(call.signal),
    });
    const tuning = given === null && !this.#toldTuning ? search.tuning : null;
    this.#toldTuning ||= tuning !== null;
    return {
      ...model,
      ranking: rankDocuments(scored, request.topK),
      timings: { ...timings, queueMs, remembered: 0 },
      ...(tuning !== null && { tuning }),
    };
  }

  async #benchmark(call: CallOptions): Promise<BenchmarkReport> {
    const { signal } = call;
    const loaded = await this.#ensureLoaded({}, call);
    const { session, tokenizer, model, search, pairsAlone } = loaded;
    const rows: BenchmarkRow[] = [];
    const { tokenBudget } = search.best;
    for (const tokens of benchmarkTokens.filter((length) => length <= model.maxLength)) {
      const row = await measurePairs(syntheticPair(tokenizer, tokens), {
        tokens,
        batchRows: pairsAlone ? 1 : Math.max(1, Math.floor(tokenBudget / tokens)),
        architecture: this.#source.architecture,
        shape: this.#source.shape,
        ...flopOptionsOf(loaded),
        forMs: benchmarkMs,
        run: async (pairs) => {
          await session.logitsOf(wholeBatch(pairs, tokens), pairs);
        },
        pause: () => this.#turns.pause(signal),
      });
      rows.push(row);
    }
    if (!pairsAlone) await this.#tryBudgets(loaded, signal);
    const { tuning } = search;
    return { ...model, rows, ...(tuning !== null && { tuning }), measuredAt: Date.now() };
  }

  /** Feeds the search for the fastest budget until it is over, or for some seconds. */
  async #tryBudgets(loaded: Loaded, signal: AbortSignal | undefined): Promise<void> {
    const { session, tokenizer, search, model } = loaded;
    const width = Math.min(usualTokens, model.maxLength);
    const pair = syntheticPair(tokenizer, width);
    const endAt = performance.now() + mostTrialMs;
    for (
      let tokenBudget = search.wanted;
      tokenBudget !== null && performance.now() < endAt;
      tokenBudget = search.wanted
    ) {
      const rows = Math.max(1, Math.floor(tokenBudget / width));
      const pairs = Array.from({ length: rows }, () => pair);
      const { runMs } = await session.logitsOf(wholeBatch(pairs, width), pairs);
      search.add({ tokenBudget, rows, width, ms: runMs });
      await this.#turns.pause(signal);
    }
  }

  async #ensureLoaded(options: LoadOptions, call: CallOptions): Promise<Loaded> {
    this.#turns.check(call.signal);
    if (this.#loaded !== null && options.device === undefined) return this.#loaded;
    const report = await probeDevices();
    const device = chooseDevice(report, options.device ?? 'auto');
    if (this.#loaded?.model.device === device) return this.#loaded;
    if (this.#loaded !== null) {
      // One worker holds one build of the runtime; the client starts a new worker to change it.
      throw new RerankError('session-failed', 'A loaded model cannot change its device.');
    }
    const { signal, onEvent } = call;
    const runtime = this.#host.openRuntime(device);
    runtime.catch(() => undefined);
    const files = await this.#readModel(call);
    let opened: OpenModel;
    try {
      onEvent?.({ type: 'preparing' });
      opened = await openModel(this.#source, files, await openedRuntime(runtime), {
        device,
        threads: report.threads,
        pause: () => this.#turns.pause(signal),
        onTesting: () => onEvent?.({ type: 'testing' }),
      });
    } catch (error) {
      throw await this.#explained(translateRuntimeError(error, 'session-failed'), device);
    } finally {
      files.close();
    }
    const onGpu = device === 'webgpu' && report.webgpu.available ? report.webgpu : null;
    const model: LoadedModel = {
      model: this.#source.id,
      revision: this.#source.revision,
      dtype: this.#source.dtype,
      device,
      adapter: onGpu?.adapter ?? null,
      softwareAdapter: onGpu?.software ?? false,
      threads: report.threads,
      maxLength: this.#source.maxLength,
      selfTest: opened.selfTest,
      stepDowns: [],
    };
    const memory = memoryLimits(device, this.#source.shape, this.#source.architecture);
    const search = new BudgetSearch(device, memory.tokens);
    this.#loaded = { ...opened, model, memory, search };
    onEvent?.({ type: 'ready', model });
    return this.#loaded;
  }

  async #readModel({ signal, onEvent }: CallOptions): Promise<ModelFiles> {
    try {
      return await this.#host.readModel(this.#source, {
        signal,
        onProgress: (loadedBytes, totalBytes) =>
          onEvent?.({ type: 'downloading', loadedBytes, totalBytes }),
      });
    } catch (error) {
      // There may be no room for them.
      throw translateRuntimeError(error, 'session-failed');
    }
  }

  /** A runtime says little about why it does not start; its host may know more. */
  async #explained(failure: RerankError, device: 'webgpu' | 'wasm'): Promise<RerankError> {
    if (failure.code !== 'session-failed') return failure;
    const reason = await this.#host.explainRuntime?.(device, failure.message);
    if (reason === null || reason === undefined) return failure;
    return new RerankError('session-failed', reason, { cause: failure });
  }
}

/** A pair that fills a row of so many tokens. */
function syntheticPair({ encode, layout }: PairTokenizer, tokens: number): EncodedPair {
  const query = encodeQuery('how to keep bread fresh', encode, layout, tokens);
  return encodePair(query, 'bread and water '.repeat(tokens), encode, layout, tokens);
}

/** All of some pairs as one batch. */
function wholeBatch(pairs: readonly EncodedPair[], width: number): Batch {
  return { rows: pairs.map((_, row) => row), width };
}

/** What the graph in use computes less of than the model's own. */
function flopOptionsOf({ rewritings }: OpenModel): { readonly firstTokenOnly: boolean } {
  return { firstTokenOnly: rewritings.includes('first-token-only') };
}

async function openedRuntime(runtime: Promise<OnnxRuntime>): Promise<OnnxRuntime> {
  try {
    return await runtime;
  } catch (error) {
    throw new RerankError('session-failed', `ONNX Runtime did not start: ${String(error)}`, {
      cause: error,
    });
  }
}
