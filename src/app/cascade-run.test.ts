import { afterEach, expect, test, vi } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { type CascadeModels, rerankInCascade } from '../engine/cascade.ts';
import { rankDocuments } from '../engine/rank-documents.ts';
import type { RerankRequest, ScoredDocument } from '../engine/reranker.ts';
import { loadedOnWasm, timingsOf } from '../engine/result-samples.ts';
import { scoreInCascade } from './cascade-run.ts';
import { exportedRunOf } from './export-result.ts';
import { rankingRows } from './ranking-view.ts';
import { ResultDraft } from './result-draft.ts';
import { crossrank } from './services.ts';

type Model = CascadeModels['strong'];

const plan = { fast: 'small', strong: 'large', depth: 3 };
const request: RerankRequest = {
  query: 'q',
  documents: ['dd', 'a', 'cccc', 'bbb'],
  longDocuments: 'max',
  maxLength: 512,
};

afterEach(() => vi.restoreAllMocks());

test('the result of two models is of the strong one where it scored', async () => {
  const { draft, done } = await run(modelOf('large', (text) => -text.length));
  expect(done).toBe(true);
  const result = draft.snapshot();
  expect([...result.logits]).toEqual([-2, 1, -4, -3]);
  expect(result.cascade?.stages).toEqual(['strong', 'fast', 'strong', 'strong']);
  expect(result.model?.model).toBe('large');
});

test('a strong model that fails halfway leaves nothing of its own', async () => {
  const failing = modelOf('large', (text) => {
    if (text !== 'cccc') throw new RerankError('worker-crashed', 'gone');
    return 99;
  });
  const { draft, seen } = await run(failing);
  // It did score one document before.
  expect(seen).toContain(99);
  const result = draft.snapshot();
  const alone = (await run(null)).draft.snapshot();
  expect(result.cascade?.strongFailure).toEqual({ code: 'worker-crashed', detail: 'gone' });
  expect(result.cascade?.stages).toEqual(['fast', 'fast', 'fast', 'fast']);
  const { logits, tokens, truncated, passages } = alone;
  expect(result).toMatchObject({ logits, tokens, truncated, passages });
  expect(rankingRows(result, 'cross-encoder')).toEqual(rankingRows(alone, 'cross-encoder'));

  const { rankings, system, provenance } = exportedRunOf(result, 'cross-encoder');
  expect(system).toBe('cross-encoder');
  expect(provenance).toMatchObject({ model: 'small', depth: 4 });
  expect(provenance).not.toHaveProperty('firstStage');
  expect(rankings).toEqual(exportedRunOf(alone, 'cross-encoder').rankings);
  expect(rankings[0]?.documents.map(({ docId, logit }) => [docId, logit])).toEqual([
    ['d3', 4],
    ['d4', 3],
    ['d1', 2],
    ['d2', 1],
  ]);
});

/**
 * One run of the page's, with models that score in this thread.
 * @param strong null: the fast one scores alone
 */
async function run(strong: Model | null) {
  const { query, documents } = request;
  const reading = { longDocuments: 'max', maxLength: 512 } as const;
  const draft = new ResultDraft({ runNumber: 1, query, documents, reading, trap: null });
  const fast = modelOf('small', (text) => text.length);
  const seen: number[] = [];
  const onScores = (): void => {
    seen.push(...draft.snapshot().logits);
  };
  if (strong === null) {
    const result = await fast.rerank(request, {
      onEvent: (e) => e.type === 'scoring' && draft.add(e),
    });
    draft.model = loadedOnWasm;
    draft.timings = result.timings;
    return { draft, seen, done: true };
  }
  vi.spyOn(crossrank, 'cascade').mockImplementation(
    ({ fast: fastOptions, strong: strongOptions, depth = 20, signal, onEvent, ...asked }) =>
      rerankInCascade(
        asked,
        { fast, strong, fastOptions, strongOptions, depth },
        { ...(signal && { signal }), ...(onEvent && { onEvent }) },
      ),
  );
  const { signal } = new AbortController();
  const done = await scoreInCascade({ plan, request, strong: {}, draft, signal, onScores });
  return { draft, seen, done };
}

/** A model with this logit for each text; an event for each document. */
function modelOf(name: string, logitOf: (text: string) => number): Model {
  const model = { ...loadedOnWasm, model: name };
  return {
    load: async () => model,
    rerank: async ({ documents }, { onEvent } = {}) => {
      const total = documents.length;
      const scored: ScoredDocument[] = [];
      for (const [index, text] of documents.entries()) {
        const logit = logitOf(text);
        // What one model read in pieces or cut off the other may have read as a whole.
        const isStrong = name === plan.strong;
        const score: ScoredDocument = {
          ...{ index, logit, relevance: 0.5, tokens: isStrong ? 9 : 5, truncated: isStrong },
          ...(isStrong && { passage: { index: 0, count: 2, start: 0, end: 1 } }),
        };
        scored.push(score);
        const done = index + 1;
        const counts = { done, total, doneTokens: 5 * done, totalTokens: 5 * total };
        onEvent?.({ type: 'scoring', ...counts, scores: [score] });
      }
      return { ...model, ranking: rankDocuments(scored), timings: timingsOf({}) };
    },
  };
}
