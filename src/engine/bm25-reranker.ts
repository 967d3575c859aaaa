import { type Bm25Index, bm25Scores, defaultBm25Parameters, startBm25Index } from '../core/bm25.ts';
import { wordsOf } from '../core/words.ts';
import { CallTurns } from './call-turns.ts';
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

const { k1, b } = defaultBm25Parameters;

const bm25Model: LoadedModel = {
  model: 'bm25',
  revision: `k1=${k1},b=${b}`,
  dtype: 'none',
  device: 'js',
  adapter: null,
  softwareAdapter: false,
  threads: 1,
  maxLength: Number.MAX_SAFE_INTEGER,
  selfTest: null,
  stepDowns: [],
};

/** Documents per scoring event. */
const documentsPerEvent = 2000;

/** Other events get their turn after this long. Milliseconds. */
const breathAfterMs = 30;

/** The clock is read once per document and once in so many words. */
const wordsPerClock = 512;

/**
 * BM25 as a reranker: the lexical baseline, the fallback where no model can run, and an honest
 * test double. Nothing is downloaded and every document is read to its end; a document's weight
 * depends on the others in the same request, since rare words count more.
 */
export class Bm25Reranker implements Reranker {
  readonly #turns = new CallTurns();

  /** Answers at once. `options.device` is ignored: BM25 runs in plain JavaScript only. */
  async load(_options: LoadOptions = {}, call: CallOptions = {}): Promise<LoadedModel> {
    this.#turns.check(call.signal);
    call.onEvent?.({ type: 'ready', model: bm25Model });
    return bm25Model;
  }

  async rerank(request: RerankRequest, call: CallOptions = {}): Promise<RerankResult> {
    this.#turns.check(call.signal);
    checkRequest(request);
    const calledAt = performance.now();
    return this.#turns.run('inference-failed', () => this.#rerank(request, call, calledAt));
  }

  /** Nothing to free; a call under way stops at its next pause. */
  async dispose(): Promise<void> {
    await this.#turns.close();
  }

  async #rerank(
    request: RerankRequest,
    call: CallOptions,
    calledAt: number,
  ): Promise<RerankResult> {
    const { query, documents, topK } = request;
    const startedAt = performance.now();
    const index = await this.#readDocuments(documents, call);
    const tokenizeMs = performance.now() - startedAt;
    const logits = bm25Scores(index, query);
    const inferenceMs = performance.now() - startedAt - tokenizeMs;

    const scored = scoredDocuments(logits, index.lengths);
    const tokens = await this.#announce(scored, call);
    const totalMs = performance.now() - startedAt;
    return {
      ...bm25Model,
      ranking: rankDocuments(scored, topK),
      timings: {
        totalMs,
        queueMs: startedAt - calledAt,
        tokenizeMs,
        inferenceMs,
        transferMs: 0,
        gpuMs: null,
        pairs: documents.length,
        // A coarse clock may not see so short a time.
        pairsPerSecond: totalMs > 0 ? (documents.length / totalMs) * 1000 : 0,
        batches: 1,
        tokens,
        paddedShare: 0,
        // There is no model, so no shape, no batches of tokens and nothing worth remembering.
        flop: null,
        tokenBudget: 0,
        remembered: 0,
        timeline: [],
      },
    };
  }

  /** Finding words is nearly all of the work, so this is what pauses, even within a document. */
  async #readDocuments(documents: readonly string[], { signal }: CallOptions): Promise<Bm25Index> {
    const builder = startBm25Index();
    let breathAt = performance.now() + breathAfterMs;
    const pauseIfDue = async (): Promise<void> => {
      if (performance.now() < breathAt) return;
      await this.#turns.pause(signal);
      breathAt = performance.now() + breathAfterMs;
    };
    this.#turns.check(signal);
    let words = 0;
    for (const document of documents) {
      for (const { word } of wordsOf(document)) {
        builder.addWord(word);
        words += 1;
        if (words % wordsPerClock === 0) await pauseIfDue();
      }
      builder.endDocument();
      await pauseIfDue();
    }
    return builder.build();
  }

  /** Tells the scores in order of the request. Returns the number of words in all. */
  async #announce(scored: readonly ScoredDocument[], call: CallOptions): Promise<number> {
    const totalTokens = scored.reduce((sum, { tokens }) => sum + tokens, 0);
    const total = scored.length;
    let doneTokens = 0;
    for (let done = 0; done < total; ) {
      const scores = scored.slice(done, done + documentsPerEvent);
      done += scores.length;
      doneTokens += scores.reduce((sum, { tokens }) => sum + tokens, 0);
      call.onEvent?.({ type: 'scoring', done, total, doneTokens, totalTokens, scores });
      await this.#turns.pause(call.signal);
    }
    return totalTokens;
  }
}

function scoredDocuments(logits: Float64Array, lengths: Uint32Array): ScoredDocument[] {
  const best = logits.reduce((highest, logit) => Math.max(highest, logit), 0);
  return Array.from(logits, (logit, index) => ({
    index,
    logit,
    relevance: best > 0 ? logit / best : 0,
    tokens: lengths[index] ?? 0,
    truncated: false,
  }));
}
