import { describe, expect, it } from 'vitest';
import { findModel } from './catalog.ts';
import { publishedComparison } from './published-comparison.ts';

describe('the published comparison', () => {
  it('has the four models of the article with its figures', () => {
    const figures = publishedComparison.map((row) => [
      row.name,
      row.chineseQa,
      row.english,
      row.crossLingual,
      row.latencyMs,
      row.memory,
    ]);
    expect(figures).toEqual([
      ['BGE-Reranker-v2-m3', 0.891, 0.876, 0.852, 45, '~2 GB'],
      ['Cohere Rerank v2.0', 0.873, 0.882, 0.831, 120, null],
      ['Jina Reranker v1', 0.865, 0.861, 0.81, 60, '~2.3 GB'],
      ['xlm-r-multilingual-reranker', 0.842, 0.848, 0.795, 70, '~2.5 GB'],
    ]);
  });

  it('names a model of the catalog for all but Cohere, and says where that is a guess', () => {
    for (const { name, model, note } of publishedComparison) {
      if (model === null) expect(name).toMatch(/^Cohere/);
      else expect(findModel(model)?.id).toBe(model);
      if (name !== 'BGE-Reranker-v2-m3') expect(note?.zh).toMatch(/。$/);
    }
  });
});
