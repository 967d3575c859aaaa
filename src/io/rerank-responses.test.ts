import { describe, expect, it } from 'vitest';
import { relevanceOfLogit } from '../core/scores.ts';
import type { ExportedDocument, ExportedRun, Provenance } from './export-types.ts';
import { type RerankService, rerankResponses } from './rerank-responses.ts';

const provenance: Provenance = {
  model: 'cross-encoder/ms-marco-MiniLM-L6-v2',
  revision: 'abc',
  dtype: 'fp32',
  device: 'wasm',
  adapter: null,
  threads: 2,
  maxLength: 512,
  longDocuments: 'max',
  depth: 3,
  titles: false,
  browser: 'Chromium',
  createdAt: 0,
};

/** Sigmoids by hand: 0 is 0.5; ln 3 is 3 to 1, 0.75; -ln 4 is 1 to 4, 0.2. */
const logits = [Math.log(3), 0, -Math.log(4)];

function scored(logit: number, place: number): ExportedDocument {
  return {
    docId: `d${place}`,
    text: `text ${place}`,
    rank: place + 1,
    // Given in the opposite order.
    index: 2 - place,
    score: logit,
    logit,
    relevance: relevanceOfLogit(logit),
    firstStageScore: place,
    grade: null,
    tokens: 100 + place,
  };
}

const documents = logits.map(scored);
const oneQuery: ExportedRun = {
  system: 'cross-encoder',
  provenance,
  rankings: [{ query: { queryId: 'q7', text: 'what' }, documents }],
};

function respond(run: ExportedRun, service: RerankService, topK: number | null = null): unknown {
  return JSON.parse(rerankResponses(run, service, topK, false));
}

const about = (value: number): unknown => expect.closeTo(value, 12);

describe('rerankResponses', () => {
  it('writes what Cohere answers', () => {
    expect(respond(oneQuery, 'cohere')).toEqual({
      id: 'crossrank-q7',
      results: [
        { index: 2, relevance_score: about(0.75) },
        { index: 1, relevance_score: 0.5 },
        { index: 0, relevance_score: about(0.2) },
      ],
      meta: { api_version: { version: '2' }, billed_units: { search_units: 0 } },
    });
  });

  it('writes what Jina answers', () => {
    expect(respond(oneQuery, 'jina', 2)).toEqual({
      model: 'cross-encoder/ms-marco-MiniLM-L6-v2',
      results: [
        { index: 2, document: { text: 'text 0' }, relevance_score: about(0.75) },
        { index: 1, document: { text: 'text 1' }, relevance_score: 0.5 },
      ],
      usage: { total_tokens: 303, prompt_tokens: 303 },
    });
  });

  it('writes what text-embeddings-inference answers', () => {
    expect(respond(oneQuery, 'tei')).toEqual([
      { index: 2, score: about(0.75) },
      { index: 1, score: 0.5 },
      { index: 0, score: about(0.2) },
    ]);
  });

  it('writes logits for text-embeddings-inference when asked to, and for nobody else', () => {
    expect(JSON.parse(rerankResponses(oneQuery, 'tei', null, true))).toEqual([
      { index: 2, score: Math.log(3) },
      { index: 1, score: 0 },
      { index: 0, score: -Math.log(4) },
    ]);
    expect(rerankResponses(oneQuery, 'voyage', null, true)).toBe(
      rerankResponses(oneQuery, 'voyage', null, false),
    );
  });

  it('writes what Voyage answers', () => {
    expect(respond(oneQuery, 'voyage', 1)).toEqual({
      object: 'list',
      data: [{ relevance_score: about(0.75), index: 2 }],
      model: 'cross-encoder/ms-marco-MiniLM-L6-v2',
      usage: { total_tokens: 303 },
    });
  });

  it('writes an array of responses, in the order of the queries, for several or none', () => {
    const [first] = oneQuery.rankings;
    const rankings = [first, { query: { queryId: 'q8', text: 'why' }, documents: [] }].flatMap(
      (ranking) => ranking ?? [],
    );
    const several = { ...oneQuery, rankings };
    expect(respond(several, 'cohere')).toEqual([
      respond(oneQuery, 'cohere'),
      expect.objectContaining({ id: 'crossrank-q8', results: [] }),
    ]);
    expect(respond(several, 'tei')).toEqual([respond(oneQuery, 'tei'), []]);
    expect(respond({ ...oneQuery, rankings: [] }, 'tei')).toEqual([]);
  });

  it('takes relevance as the score too', () => {
    const byRelevance = documents.map((document) => ({
      ...document,
      score: document.relevance ?? 0,
    }));
    expect(respond(runOf(byRelevance), 'tei')).toEqual(respond(oneQuery, 'tei'));
  });

  it('leaves out what stands below the model’s order and was not scored', () => {
    const below = { ...scored(-9, 3), logit: null, relevance: null, index: 3, tokens: 0 };
    expect(respond(runOf([...documents, below]), 'voyage')).toEqual(respond(oneQuery, 'voyage'));
  });

  it('gives the order’s own scores and name where the order is not the model’s', () => {
    const fused = documents.map((document, place) => ({ ...document, score: 12.5 - place }));
    expect(respond({ ...runOf(fused), system: 'fusion-rrf' }, 'voyage')).toEqual({
      object: 'list',
      data: [
        { relevance_score: 12.5, index: 2 },
        { relevance_score: 11.5, index: 1 },
        { relevance_score: 10.5, index: 0 },
      ],
      model: 'fusion-rrf',
      usage: { total_tokens: 303 },
    });
    const unscored = fused.map((document) => ({ ...document, logit: null, relevance: null }));
    expect(respond(runOf(unscored), 'tei')).toEqual([
      { index: 2, score: 12.5 },
      { index: 1, score: 11.5 },
      { index: 0, score: 10.5 },
    ]);
  });

  it('never lets a score rise, though ranks follow single precision', () => {
    // Both are the same 32-bit float, and so a tie by id for trec_eval.
    const tie = [scored(0.1, 0), scored(0.1 + 1e-12, 1)];
    expect(respond(runOf(tie), 'tei')).toEqual([
      { index: 1, score: relevanceOfLogit(0.1 + 1e-12) },
      { index: 2, score: relevanceOfLogit(0.1) },
    ]);
  });
});

function runOf(ranked: readonly ExportedDocument[]): ExportedRun {
  return { ...oneQuery, rankings: [{ query: { queryId: 'q7', text: 'what' }, documents: ranked }] };
}
