import { RerankError } from '../core/errors.ts';
import type { ModelFiles, ReadModelOptions } from '../models/model-files.ts';
import type { ModelSource } from '../models/model-source.ts';
import { type BatchLimits, paddedShareOf, planBatches } from './batches.ts';
import { CallTurns } from './call-turns.ts';
import { chooseDevice, probeDevices } from './device.ts';
import { defaultMaxPassages, defaultOverlapTokens, encodePassages } from './document-passages.ts';
import { DocumentScores, type EncodedDocument } from './document-scores.ts';
import { measurePairs } from './measure-pairs.ts';
import type { OnnxRuntime } from './onnx-session.ts';
import { type OpenModel, openModel } from './open-model.ts';
import { encodePair, encodeQuery } from './pairs.ts';
import { rankDocuments } from './rank-documents.ts';
import { checkRequest } from './request.ts';
import type {
  BenchmarkReport,
  BenchmarkRow,
  CallOptions,
  LoadedModel,
  LoadOptions,
  Reranker,
  RerankRequest,
  RerankResult,
} from './reranker.ts';

/** Where a cross-encoder gets its runtime and its files; both differ by host, not by model. */
export interface CrossEncoderHost {
  /** The build of ONNX Runtime for a device, with its wasm paths set. */
  openRuntime(device: 'webgpu' | 'wasm'): Promise<OnnxRuntime>;
  readModel(source: ModelSource, options: ReadModelOptions): Promise<ModelFiles>;
}

interface Loaded extends OpenModel {
  readonly model: LoadedModel;
}

/**
 * Small batches keep WASM inside its caches: on two cores 512 and 1,024 padded tokens are fastest
 * and 4,096 are a fifth slower. A GPU wants more work per call.
 */
const batchLimits: Record<'webgpu' | 'wasm', BatchLimits> = {
  wasm: { tokenBudget: 768, overheadTokens: 12 },
  webgpu: { tokenBudget: 4096, overheadTokens: 128 },
};

/** Longest pair unless the request says otherwise: what most rerankers were trained on. Tokens. */
const defaultPairLength = 512;

/** Lengths that are measured, and for how long each: together about ten seconds. */
const benchmarkTokens = [64, 256, 512];
const benchmarkMs = 2500;

/** Tokenising gives way to other events after this long. Milliseconds. */
const breathAfterMs = 30;

/**
 * A cross-encoder on a real ONNX model: reads query and document together and gives one logit per
 * pair. Belongs into a worker, since a run blocks its thread.
 */
export class CrossEncoder implements Reranker {
  readonly #source: ModelSource;
  readonly #host: CrossEncoderHost;
  #loaded: Loaded | null = null;
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

  async rerank(request: RerankRequest, call: CallOptions = {}): Promise<RerankResult> {
    this.#turns.check(call.signal);
    checkRequest(request);
    return this.#turns.run('inference-failed', () => this.#rerank(request, call));
  }

  /** A call under way stops at its next pause. */
  async dispose(): Promise<void> {
    await this.#turns.close();
    const loaded = this.#loaded;
    this.#loaded = null;
    await loaded?.session.dispose();
  }

  /**
   * Scores synthetic pairs of 64, 256 and 512 tokens for about ten seconds; loads first if that
   * has not been done. Lengths over the model's maximum are left out.
   */
  async benchmark(call: CallOptions = {}): Promise<BenchmarkReport> {
    this.#turns.check(call.signal);
    return this.#turns.run('inference-failed', () => this.#benchmark(call));
  }

  async #rerank(request: RerankRequest, call: CallOptions): Promise<RerankResult> {
    const loaded = await this.#ensureLoaded({}, call);
    const startedAt = performance.now();

    // Equal texts are scored once: half the work, and a tie that is exact, so that it keeps its
    // order.
    const { texts, textOf } = distinct(request.documents);
    const documents = await this.#encode(request, texts, loaded, call);
    const tokenizeMs = performance.now() - startedAt;

    const pairs = documents.flatMap(({ passages }) => passages.map(({ pair }) => pair));
    const lengths = pairs.map((pair) => pair.ids.length);
    const batches = planBatches(lengths, batchLimits[runtimeDeviceOf(loaded)]);
    const totalTokens = lengths.reduce((sum, length) => sum + length, 0);
    const fold = request.longDocuments ?? 'max';
    const scores = new DocumentScores(
      documents,
      groupByText(textOf, texts.length),
      fold === 'truncate' ? 'first' : fold,
    );

    const total = request.documents.length;
    let done = 0;
    let doneTokens = 0;
    let inferenceMs = 0;
    for (const batch of batches) {
      await this.#turns.pause(call.signal);
      const runAt = performance.now();
      const logits = await loaded.session.logitsOf(batch, pairs);
      inferenceMs += performance.now() - runAt;
      const complete = scores.add(batch.rows, logits);
      done += complete.length;
      for (const row of batch.rows) doneTokens += lengths[row] ?? 0;
      const progress = { done, total, doneTokens, totalTokens };
      call.onEvent?.({ type: 'scoring', ...progress, scores: complete });
    }
    this.#turns.check(call.signal);

    const totalMs = performance.now() - startedAt;
    return {
      ...loaded.model,
      ranking: rankDocuments(scores.scored, request.topK),
      timings: {
        totalMs,
        tokenizeMs,
        inferenceMs,
        pairs: pairs.length,
        pairsPerSecond: (pairs.length / totalMs) * 1000,
        batches: batches.length,
        tokens: totalTokens,
        paddedShare: paddedShareOf(batches, lengths),
      },
    };
  }

  async #benchmark(call: CallOptions): Promise<BenchmarkReport> {
    const { signal } = call;
    const loaded = await this.#ensureLoaded({}, call);
    const { session, tokenizer, model } = loaded;
    const { encode, layout } = tokenizer;
    const rows: BenchmarkRow[] = [];
    const { tokenBudget } = batchLimits[runtimeDeviceOf(loaded)];
    for (const tokens of benchmarkTokens.filter((length) => length <= model.maxLength)) {
      const query = encodeQuery('how to keep bread fresh', encode, layout, tokens);
      const pair = encodePair(query, 'bread and water '.repeat(tokens), encode, layout, tokens);
      const run = async (pairs: readonly (typeof pair)[]): Promise<void> => {
        await session.logitsOf({ rows: pairs.map((_, row) => row), width: tokens }, pairs);
      };
      const row = await measurePairs(pair, {
        tokens,
        batchRows: Math.max(1, Math.floor(tokenBudget / tokens)),
        architecture: this.#source.architecture,
        shape: this.#source.shape,
        forMs: benchmarkMs,
        run,
        pause: () => this.#turns.pause(signal),
      });
      rows.push(row);
    }
    return { ...model, rows, measuredAt: Date.now() };
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
    const files = await this.#host.readModel(this.#source, {
      signal,
      onProgress: (loadedBytes, totalBytes) =>
        onEvent?.({ type: 'downloading', loadedBytes, totalBytes }),
    });
    let opened: OpenModel;
    try {
      onEvent?.({ type: 'preparing' });
      opened = await openModel(this.#source, files, await openedRuntime(runtime), {
        device,
        threads: report.threads,
        pause: () => this.#turns.pause(signal),
        onTesting: () => onEvent?.({ type: 'testing' }),
      });
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
    this.#loaded = { ...opened, model };
    onEvent?.({ type: 'ready', model });
    return this.#loaded;
  }

  async #encode(
    request: RerankRequest,
    texts: readonly string[],
    { tokenizer: { encode, layout } }: Loaded,
    { signal }: CallOptions,
  ): Promise<EncodedDocument[]> {
    const wanted = request.maxLength ?? defaultPairLength;
    const maxLength = Math.min(wanted, this.#source.maxLength);
    const query = encodeQuery(request.query, encode, layout, maxLength);
    const limits = {
      maxLength,
      overlapTokens: defaultOverlapTokens,
      maxPassages: request.longDocuments === 'first' ? 1 : defaultMaxPassages,
    };
    const encodeDocument = (text: string): EncodedDocument => {
      if (request.longDocuments !== 'truncate') {
        return encodePassages(query, text, encode, layout, limits);
      }
      const pair = encodePair(query, text, encode, layout, maxLength);
      return { passages: [{ pair, start: 0, end: text.length }], covered: true };
    };
    const documents: EncodedDocument[] = [];
    let breathAt = performance.now() + breathAfterMs;
    for (const text of texts) {
      documents.push(encodeDocument(text));
      if (performance.now() < breathAt) continue;
      await this.#turns.pause(signal);
      breathAt = performance.now() + breathAfterMs;
    }
    return documents;
  }
}

function runtimeDeviceOf({ model }: Loaded): 'webgpu' | 'wasm' {
  return model.device === 'webgpu' ? 'webgpu' : 'wasm';
}

function distinct(documents: readonly string[]): { texts: string[]; textOf: number[] } {
  const positions = new Map<string, number>();
  const textOf = documents.map((text) => {
    const known = positions.get(text);
    if (known !== undefined) return known;
    positions.set(text, positions.size);
    return positions.size - 1;
  });
  return { texts: [...positions.keys()], textOf };
}

function groupByText(textOf: readonly number[], count: number): number[][] {
  const groups: number[][] = Array.from({ length: count }, () => []);
  textOf.forEach((position, index) => {
    groups[position]?.push(index);
  });
  return groups;
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
