import { describe, expect, it } from 'vitest';
import { bm25Scores, createBm25Index } from '../core/bm25.ts';
import { Bm25Reranker } from './bm25-reranker.ts';
import type { RerankEvent, ScoringEvent } from './reranker.ts';

const failsWith = (code: string) => expect.objectContaining({ code });
const isScoring = (event: RerankEvent): event is ScoringEvent => event.type === 'scoring';

/** About half a second of work within a single document. */
const longDocument = 'apply for a housing fund loan '.repeat(50_000);

describe('Bm25Reranker', () => {
  it('loads at once and says what it is', async () => {
    const model = await new Bm25Reranker().load({ device: 'webgpu' });
    expect(model).toEqual({
      model: 'bm25',
      revision: 'k1=1.2,b=0.75',
      dtype: 'none',
      device: 'js',
      adapter: null,
      softwareAdapter: false,
      threads: 1,
      maxLength: Number.MAX_SAFE_INTEGER,
      selfTest: null,
      stepDowns: [],
    });
  });

  it('ranks by BM25, with relevance as the share of the best score', async () => {
    const documents = ['bird', 'cat sat', 'Cat cat dog', 'cat sat'];
    const [, sat = 0, dog = 0] = bm25Scores(createBm25Index(documents), 'cat');
    const result = await new Bm25Reranker().rerank({ query: 'cat', documents });
    const truncated = false;
    expect(result.ranking).toEqual([
      { rank: 1, index: 2, logit: dog, relevance: 1, tokens: 3, truncated },
      { rank: 2, index: 1, logit: sat, relevance: sat / dog, tokens: 2, truncated },
      { rank: 3, index: 3, logit: sat, relevance: sat / dog, tokens: 2, truncated },
      { rank: 4, index: 0, logit: 0, relevance: 0, tokens: 1, truncated },
    ]);
    expect(result).toMatchObject({ model: 'bm25', device: 'js', timings: { tokens: 8 } });
    expect(result.timings.totalMs).toBeGreaterThanOrEqual(result.timings.tokenizeMs);
    // There is no model to count operations of, and no runtime to call.
    const nothing = { flop: null, gpuMs: null, transferMs: 0, tokenBudget: 0, remembered: 0 };
    expect(result.timings).toMatchObject({ ...nothing, timeline: [] });
    expect(result.timings.queueMs).toBeGreaterThanOrEqual(0);
    expect(result.tuning).toBeUndefined();
  });

  it('keeps the order of the request, at relevance 0, where no word is shared', async () => {
    const request = { query: '👋', documents: ['\ud800', ' ', '<b>a</b>', 'שלום'] };
    const { ranking } = await new Bm25Reranker().rerank(request);
    expect(ranking.map(({ index, relevance }) => [index, relevance])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
  });

  it('keeps the best topK', async () => {
    const documents = ['x', 'cat', 'y'];
    const { ranking } = await new Bm25Reranker().rerank({ query: 'cat', documents, topK: 2 });
    expect(ranking.map(({ index }) => index)).toEqual([1, 0]);
    const all = await new Bm25Reranker().rerank({ query: 'cat', documents, topK: 99 });
    expect(all.ranking).toHaveLength(3);
  });

  it('tells every score once, in slices that add up', async () => {
    const documents = Array.from({ length: 4500 }, (_, index) => `cat ${index}`);
    const events: RerankEvent[] = [];
    const onEvent = (event: RerankEvent): number => events.push(event);
    await new Bm25Reranker().rerank({ query: 'cat 17', documents }, { onEvent });
    const scoring = events.filter(isScoring);
    expect(scoring.map(({ done, total }) => [done, total])).toEqual([
      [2000, 4500],
      [4000, 4500],
      [4500, 4500],
    ]);
    expect(scoring.map(({ doneTokens }) => doneTokens)).toEqual([4000, 8000, 9000]);
    expect(scoring.every(({ totalTokens }) => totalTokens === 9000)).toBe(true);
    const indexes = scoring.flatMap(({ scores }) => scores.map(({ index }) => index));
    expect(indexes).toEqual(documents.map((_, index) => index));
  });

  it('stops inside a long document when it is aborted', async () => {
    const controller = new AbortController();
    const events: RerankEvent[] = [];
    const call = new Bm25Reranker().rerank(
      { query: 'loan', documents: [longDocument] },
      { signal: controller.signal, onEvent: (event) => events.push(event) },
    );
    // Runs at the first pause: until then the call holds the thread.
    setTimeout(() => controller.abort('enough'), 0);
    await expect(call).rejects.toMatchObject({
      code: 'aborted',
      name: 'AbortError',
      cause: 'enough',
    });
    expect(events).toEqual([]);
  });

  it('says nothing more after it is aborted between slices', async () => {
    const controller = new AbortController();
    const events: RerankEvent[] = [];
    const documents = Array.from({ length: 4500 }, () => 'cat');
    const onEvent = (event: RerankEvent): void => {
      events.push(event);
      controller.abort();
    };
    const { signal } = controller;
    const call = new Bm25Reranker().rerank({ query: 'cat', documents }, { signal, onEvent });
    await expect(call).rejects.toEqual(failsWith('aborted'));
    expect(events).toHaveLength(1);
  });

  it('does not begin when it is aborted already', async () => {
    const call = { signal: AbortSignal.abort() };
    const reranker = new Bm25Reranker();
    await expect(reranker.load({}, call)).rejects.toEqual(failsWith('aborted'));
    const request = { query: 'cat', documents: ['cat'] };
    await expect(reranker.rerank(request, call)).rejects.toEqual(failsWith('aborted'));
  });

  it('runs calls one after the other, also after one that failed', async () => {
    const reranker = new Bm25Reranker();
    const order: string[] = [];
    const rerank = (name: string, document: string) =>
      reranker.rerank(
        { query: 'loan', documents: [document] },
        { onEvent: () => order.push(name) },
      );
    const controller = new AbortController();
    const failing = reranker.rerank(
      { query: 'loan', documents: [longDocument] },
      { signal: controller.signal },
    );
    controller.abort();
    const calls = [rerank('long', longDocument), rerank('short', 'loan')];
    await expect(failing).rejects.toEqual(failsWith('aborted'));
    await Promise.all(calls);
    expect(order).toEqual(['long', 'short']);
  });

  it('rejects every call after dispose, and the one under way', async () => {
    const reranker = new Bm25Reranker();
    const request = { query: 'loan', documents: [longDocument] };
    const underWay = reranker.rerank(request);
    await reranker.dispose();
    await expect(underWay).rejects.toEqual(failsWith('disposed'));
    await expect(reranker.load()).rejects.toEqual(failsWith('disposed'));
    await expect(reranker.rerank(request)).rejects.toEqual(failsWith('disposed'));
    await reranker.dispose();
  });

  it('turns whatever a listener throws into an error of the library', async () => {
    const onEvent = (): void => {
      throw new TypeError('listener');
    };
    const call = new Bm25Reranker().rerank({ query: 'cat', documents: ['cat'] }, { onEvent });
    await expect(call).rejects.toMatchObject({ code: 'inference-failed', message: 'listener' });
  });

  it('rejects, and does not throw, for a request that cannot be ranked', async () => {
    const call = new Bm25Reranker().rerank({ query: 'cat', documents: [] });
    await expect(call).rejects.toEqual(failsWith('no-documents'));
  });
});
