import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findModel, modelCatalog } from './catalog.ts';
import { goldenTolerances, publishedLogits, referencesOf, toleranceOf } from './golden-logits.ts';

const sharedFile = new URL('../../../shared/golden/golden-scores.json', import.meta.url);

describe('published logits', () => {
  it.skipIf(!existsSync(sharedFile))('are those of the shared file', () => {
    // The file's shape is its own: a differing one fails below.
    const shared = JSON.parse(readFileSync(sharedFile, 'utf8')) as {
      tolerance: unknown;
      models: Record<string, { reference_dtype: string }>;
    };
    const models = Object.entries(shared.models).map(([id, { reference_dtype, ...rest }]) => [
      id,
      { ...rest, referenceDtype: reference_dtype },
    ]);
    const ours = JSON.parse(JSON.stringify(publishedLogits));
    const spelled = Object.fromEntries(models);
    expect(ours).toEqual(spelled);
    expect(goldenTolerances).toEqual(shared.tolerance);
  });

  it('all belong to a model of the catalog', () => {
    for (const id of Object.keys(publishedLogits)) expect(findModel(id), id).toBeDefined();
    const without = modelCatalog.filter((card) => referencesOf(card) === null);
    expect(without.map(({ name }) => name)).toEqual([
      'mmarco-mMiniLMv2-L12-H384-v1',
      'mxbai-rerank-xsmall-v1',
      'ms-marco-MiniLM-L-4-v2',
      'ms-marco-MiniLM-L-2-v2',
      'ms-marco-TinyBERT-L-2-v2',
    ]);
  });

  it('are found by the alias of the original repository', () => {
    const card = findModel('onnx-community/bge-reranker-v2-m3-ONNX');
    expect(card && referencesOf(card)).toBe(publishedLogits['BAAI/bge-reranker-v2-m3']);
    expect(referencesOf({ id: 'someone/bge-reranker-v2-m3', aliases: [] })).toBeNull();
  });

  it('are distinct within a model, so that an order can be checked', () => {
    for (const { pairs } of Object.values(publishedLogits)) {
      expect(new Set(pairs.map(({ logit }) => logit)).size).toBe(pairs.length);
      expect(pairs.length).toBeGreaterThan(1);
    }
  });
});

describe('the tolerance', () => {
  it.each([
    ['fp32', 'wasm', 0.001],
    ['fp32', 'webgpu', 0.01],
    ['fp16', 'webgpu', 0.05],
    ['int8', 'wasm', 0.3],
    ['q8', 'webgpu', 0.3],
    ['q4', 'webgpu', 0.6],
    ['q4f16', 'webgpu', 0.6],
  ] as const)('of %s on %s is %f', (dtype, device, tolerance) => {
    expect(toleranceOf(dtype, device)).toBe(tolerance);
  });

  it('is never smaller than that of the dtype of the published number', () => {
    expect(toleranceOf('fp32', 'wasm', 'fp16')).toBe(0.05);
    expect(toleranceOf('fp32', 'webgpu', 'fp16')).toBe(0.05);
    expect(toleranceOf('int8', 'wasm', 'fp16')).toBe(0.3);
  });
});
