import { describe, expect, it } from 'vitest';
import { findModel, modelCatalog } from './catalog.ts';
import { expectedBytes, formatOfDtype } from './catalog-builds.ts';
import { countParameters, encoderParameters } from './pair-cost.ts';

const rows = modelCatalog.map((card) => [card.id, card] as const);
const builds = modelCatalog.flatMap((card) =>
  card.builds.map((build) => [`${card.name} ${build.dtype}`, card, build] as const),
);

/** Builds with large constants beside their weights: tables of positions kept in 32 bit. */
const withConstants = new Set([
  'mxbai-rerank-xsmall-v1 q8',
  'gte-multilingual-reranker-base int8',
  'gte-multilingual-reranker-base q4f16',
]);

describe('the model catalog', () => {
  it('has every known reranker once, bge-reranker-v2-m3 first', () => {
    expect(modelCatalog.map(({ id }) => id)).toEqual([
      'onnx-community/bge-reranker-v2-m3-ONNX',
      'jinaai/jina-reranker-v2-base-multilingual',
      'jinaai/jina-reranker-v1-turbo-en',
      'jinaai/jina-reranker-v1-tiny-en',
      'Xenova/bge-reranker-base',
      'Xenova/bge-reranker-large',
      'cross-encoder/mmarco-mMiniLMv2-L12-H384-v1',
      'Alibaba-NLP/gte-reranker-modernbert-base',
      'onnx-community/gte-multilingual-reranker-base',
      'mixedbread-ai/mxbai-rerank-xsmall-v1',
      'Xenova/ms-marco-MiniLM-L-6-v2',
      'Xenova/ms-marco-MiniLM-L-12-v2',
      'Xenova/ms-marco-MiniLM-L-4-v2',
      'Xenova/ms-marco-MiniLM-L-2-v2',
      'Xenova/ms-marco-TinyBERT-L-2-v2',
    ]);
    const ids = modelCatalog.flatMap((card) => [card.id, ...card.aliases]);
    expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(ids.length);
  });

  it('finds a model by its id, the original repository and any case', () => {
    expect(findModel('BAAI/bge-reranker-v2-m3')).toBe(modelCatalog[0]);
    expect(findModel(' baai/BGE-reranker-v2-m3 ')).toBe(modelCatalog[0]);
    expect(findModel('cross-encoder/ms-marco-MiniLM-L-6-v2')?.id).toBe(
      'Xenova/ms-marco-MiniLM-L-6-v2',
    );
    expect(findModel('bge-reranker-v2-m3')).toBeUndefined();
    expect(findModel('')).toBeUndefined();
  });

  it('marks the one non-commercial model', () => {
    const barred = modelCatalog.filter(({ licence }) => licence.commercialUse !== true);
    expect(barred.map(({ licence, id }) => [id, licence])).toEqual([
      ['jinaai/jina-reranker-v2-base-multilingual', { id: 'CC-BY-NC-4.0', commercialUse: false }],
    ]);
  });

  it.each(rows)('says of %s what it is good for, in both languages', (_, { goodFor }) => {
    expect(goodFor?.en).toMatch(/\.$/);
    expect(goodFor?.zh).toMatch(/\p{Script=Han}.*。$/u);
  });

  it.each(rows)('gives every published score of %s a source and a place in 0..1', (_, card) => {
    for (const score of card.published) {
      expect(score.value).toBeGreaterThan(0.1);
      expect(score.value).toBeLessThan(1);
      expect(score.sourceUrl).toMatch(/^https:\/\//);
      expect(['nDCG@10', 'RR@10', 'AP']).toContain(score.metric);
    }
  });

  it.each(builds)('lists %s with the size that its weights have', (name, card, build) => {
    const encoder = encoderParameters(card.shape, card.architecture);
    const all = countParameters(card.shape, card.architecture, card.maxLength);
    if (build.dtype === 'none') throw new Error('A build without weights');
    const expected = expectedBytes(build.dtype, encoder, all);
    expect(build.bytes / expected).toBeGreaterThan(0.97);
    expect(build.bytes / expected).toBeLessThan(withConstants.has(name) ? 1.25 : 1.04);
    expect(build.largestTensorBytes).toBeLessThan(build.bytes);
    expect(build.format).toBe(formatOfDtype(build.dtype));
    expect(build.path).toMatch(/^onnx\/model[\w]*\.onnx$/);
  });

  it('knows how large the embedding of an XLM-R is in each dtype', () => {
    const sizes = modelCatalog[0]?.builds.map(({ dtype, largestTensorBytes }) => [
      dtype,
      Math.round(largestTensorBytes / 1e6),
    ]);
    expect(sizes).toEqual([
      ['fp32', 1024],
      ['fp16', 512],
      ['int8', 256],
      ['q4', 1024],
      ['q4f16', 512],
    ]);
  });
});
