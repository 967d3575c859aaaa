import { RerankError } from '../core/errors.ts';
import { relevanceOfLogit } from '../core/scores.ts';
import { type BatchLimits, paddedShareOf, planBatches } from './batches.ts';
import { CallTurns } from './call-turns.ts';
import { chooseDevice, probeDevices } from './device.ts';
import type { ModelCard } from './model-catalog.ts';
import type { ModelFiles, ReadModelOptions } from './model-store.ts';
import { type OnnxRuntime, OnnxSession } from './onnx-session.ts';
import { type EncodedPair, encodePair, encodeQuery } from './pairs.ts';
import { rankDocuments } from './rank-documents.ts';
import { checkRequest } from './request.ts';
import type {
  CallOptions,
  LoadedModel,
  LoadOptions,
  Reranker,
  RerankRequest,
  RerankResult,
  ScoredDocument,
} from './reranker.ts';
import { createPairTokenizer, type PairTokenizer } from './tokenizer.ts';

/** Where a cross-encoder gets its runtime and its files; both differ by host, not by model. */
export interface CrossEncoderHost {
  /** The build of ONNX Runtime for a device, with its wasm paths set. */
  openRuntime(device: 'webgpu' | 'wasm'): Promise<OnnxRuntime>;
  readModel(card: ModelCard, options: ReadModelOptions): Promise<ModelFiles>;
}

interface Loaded {
  readonly model: LoadedModel;
  readonly session: OnnxSession;
  readonly tokenizer: PairTokenizer;
}

/**
 * Small batches keep WASM inside its caches: on two cores 512 and 1,024 padded tokens are fastest
 * and 4,096 are a fifth slower. A GPU wants more work per call.
 */
const batchLimits: Record<'webgpu' | 'wasm', BatchLimits> = {
  wasm: { tokenBudget: 768, overheadTokens: 12 },
  webgpu: { tokenBudget: 4096, overheadTokens: 128 },
};

/** Tokenising gives way to other events after this long. Milliseconds. */
const breathAfterMs = 30;

/**
 * A cross-encoder on a real ONNX model: reads query and document together and gives one logit per
 * pair. Belongs into a worker, since a run blocks its thread.
 */
export class CrossEncoder implements Reranker {
  readonly #card: ModelCard;
  readonly #host: CrossEncoderHost;
  #loaded: Loaded | null = null;
  readonly #turns = new CallTurns();

  constructor(card: ModelCard, host: CrossEncoderHost) {
    this.#card = card;
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

  async #rerank(request: RerankRequest, call: CallOptions): Promise<RerankResult> {
    const loaded = await this.#ensureLoaded({}, call);
    const startedAt = performance.now();

    // Equal texts are one pair: half the work, and a tie that is exact, so that it keeps its order.
    const { texts, textOf } = distinct(request.documents);
    const pairs = await this.#encode(request.query, texts, loaded, call);
    const tokenizeMs = performance.now() - startedAt;

    const lengths = pairs.map((pair) => pair.ids.length);
    const device = loaded.model.device === 'webgpu' ? 'webgpu' : 'wasm';
    const batches = planBatches(lengths, batchLimits[device]);
    const totalTokens = lengths.reduce((sum, length) => sum + length, 0);
    const indexesOf = groupByText(textOf, texts.length);

    const scored = new Array<ScoredDocument>(request.documents.length);
    let done = 0;
    let doneTokens = 0;
    let inferenceMs = 0;
    for (const batch of batches) {
      await this.#turns.pause(call.signal);
      const runAt = performance.now();
      const logits = await loaded.session.logitsOf(batch, pairs);
      inferenceMs += performance.now() - runAt;
      const scores: ScoredDocument[] = [];
      batch.rows.forEach((row, line) => {
        const logit = logits[line] ?? Number.NaN;
        const tokens = lengths[row] ?? 0;
        const truncated = pairs[row]?.truncated === true;
        doneTokens += tokens;
        for (const index of indexesOf[row] ?? []) {
          const relevance = relevanceOfLogit(logit);
          const document = { index, logit, relevance, tokens, truncated };
          scores.push(document);
          scored[index] = document;
        }
      });
      done += scores.length;
      const total = scored.length;
      call.onEvent?.({ type: 'scoring', done, total, doneTokens, totalTokens, scores });
    }
    this.#turns.check(call.signal);

    const totalMs = performance.now() - startedAt;
    return {
      ...loaded.model,
      ranking: rankDocuments(scored, request.topK),
      timings: {
        totalMs,
        tokenizeMs,
        inferenceMs,
        pairsPerSecond: (scored.length / totalMs) * 1000,
        batches: batches.length,
        tokens: totalTokens,
        paddedShare: paddedShareOf(batches, lengths),
      },
    };
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
    const files = await this.#host.readModel(this.#card, {
      signal,
      onProgress: (loadedBytes, totalBytes) =>
        onEvent?.({ type: 'downloading', loadedBytes, totalBytes }),
    });
    onEvent?.({ type: 'preparing' });
    await this.#turns.pause(signal);
    const text = new TextDecoder();
    const tokenizer = createPairTokenizer(
      text.decode(files.tokenizer),
      text.decode(files.tokenizerConfig),
    );
    const session = await OnnxSession.create(await openedRuntime(runtime), files.weights, {
      device,
      threads: report.threads,
      padId: tokenizer.padId,
    });
    const onGpu = device === 'webgpu' && report.webgpu.available ? report.webgpu : null;
    const model: LoadedModel = {
      model: this.#card.id,
      revision: this.#card.revision,
      dtype: this.#card.dtype,
      device,
      adapter: onGpu?.adapter ?? null,
      softwareAdapter: onGpu?.software ?? false,
      threads: report.threads,
      maxLength: this.#card.maxLength,
    };
    this.#loaded = { model, session, tokenizer };
    onEvent?.({ type: 'ready', model });
    return this.#loaded;
  }

  async #encode(
    query: string,
    texts: readonly string[],
    { tokenizer }: Loaded,
    { signal }: CallOptions,
  ): Promise<EncodedPair[]> {
    const { encode, layout } = tokenizer;
    const { maxLength } = this.#card;
    const encodedQuery = encodeQuery(query, encode, layout, maxLength);
    const pairs: EncodedPair[] = [];
    let breathAt = performance.now() + breathAfterMs;
    for (const text of texts) {
      pairs.push(encodePair(encodedQuery, text, encode, layout, maxLength));
      if (performance.now() < breathAt) continue;
      await this.#turns.pause(signal);
      breathAt = performance.now() + breathAfterMs;
    }
    return pairs;
  }
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
