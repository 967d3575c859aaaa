import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../collections/collection.ts';
import { type SampleSystem, sampleEvaluation } from './evaluation-samples.ts';
import { bestKeys, depthAdvice, runNames, systemToLookAt, verdictOf } from './evaluation-view.ts';

/** The same values for 20 queries, a little different by query. */
function systemOf(key: string, kind: SampleSystem['kind'], value: number): SampleSystem {
  return { key, kind, values: Array.from({ length: 20 }, (_, at) => value + (at % 4) / 100) };
}

const first = systemOf('first-stage', 'first-stage', 0.5);
const bm25 = systemOf('bm25', 'bm25', 0.4);
const model = systemOf('model:a', 'model', 0.6);

function compared(systems: readonly SampleSystem[], baseline?: string) {
  const verdict = verdictOf(sampleEvaluation(systems, baseline));
  if (verdict.kind !== 'compared') throw new Error(verdict.kind);
  return verdict;
}

describe('the verdict', () => {
  it('is about the best model, and says by how much it is better', () => {
    const verdict = compared([first, bm25, systemOf('model:b', 'model', 0.55), model]);
    expect(verdict.system.key).toBe('model:a');
    expect(verdict).toMatchObject({ effect: 'raises', models: 2, queries: 20, better: null });
    expect(verdict.from).toBeCloseTo(0.515, 12);
    expect(verdict.to).toBeCloseTo(0.615, 12);
    expect(verdict.comparison).toMatchObject({ wins: 20, losses: 0 });
  });

  it('says that a model makes it worse', () => {
    const verdict = compared([first, bm25, systemOf('model:b', 'model', 0.3)]);
    expect(verdict).toMatchObject({ effect: 'lowers', better: { key: 'first-stage' } });
  });

  it('does not call chance a difference', () => {
    const values = first.values.map((value, at) => value + (at % 2 === 0 ? 0.1 : -0.06));
    const verdict = compared([first, { key: 'model:a', kind: 'model', values }]);
    expect(verdict.effect).toBe('unclear');
    expect(verdict.comparison.pValue).toBeGreaterThan(0.05);
  });

  it('tells equal values from an unclear difference', () => {
    expect(compared([first, { ...first, key: 'model:a', kind: 'model' }]).effect).toBe('same');
  });

  it('names what is better than the model', () => {
    const fused = systemOf('rrf:a', 'fusion', 0.7);
    expect(compared([first, bm25, model, fused]).better?.key).toBe('rrf:a');
  });

  it('is about what there is while no model has run, or where the model is the baseline', () => {
    expect(compared([first, bm25]).system.key).toBe('bm25');
    expect(compared([first, bm25, model], 'model:a').system.key).toBe('first-stage');
  });

  it('says when there is nothing to say', () => {
    expect(verdictOf(sampleEvaluation([{ ...first, values: [] }])).kind).toBe('no-queries');
    expect(verdictOf(sampleEvaluation([bm25], 'bm25')).kind).toBe('alone');
  });
});

describe('the best of a column', () => {
  it('is the highest mean, and nobody where all are equal', () => {
    const twin = { ...model, key: 'rrf:a' };
    expect([...bestKeys(sampleEvaluation([first, model]), 'nDCG@10')]).toEqual(['model:a']);
    expect([...bestKeys(sampleEvaluation([first, model, twin]), 'nDCG@10')]).toEqual([
      'model:a',
      'rrf:a',
    ]);
    expect(bestKeys(sampleEvaluation([model, twin], 'model:a'), 'nDCG@10').size).toBe(0);
  });
});

describe('the system to look at', () => {
  const evaluation = sampleEvaluation([first, bm25, model]);
  it('is the chosen one, unless it is gone or the baseline', () => {
    expect(systemToLookAt(evaluation, 'bm25')?.key).toBe('bm25');
    expect(systemToLookAt(evaluation, 'first-stage')?.key).toBe('model:a');
    expect(systemToLookAt(evaluation, 'model:gone')?.key).toBe('model:a');
    expect(systemToLookAt(evaluation, null)?.key).toBe('model:a');
  });
});

describe('the advice on depth', () => {
  const point = (depth: number, value: number) => ({ depth, value, latencyMs: depth });

  it('is the smallest depth within 1 % of the best', () => {
    const points = [point(5, 0.4), point(20, 0.549), point(50, 0.551), point(100, 0.55)];
    expect(depthAdvice(points)).toEqual({
      best: points[2],
      enough: points[1],
      full: points[3],
    });
    const [, second, third] = points;
    // 0.545 is more than 1 % below 0.551.
    const stricter = [point(5, 0.4), point(20, 0.545), ...points.slice(2)];
    expect(depthAdvice(stricter)?.enough).toEqual(third);
    expect(second).toBeDefined();
  });

  it('is none with one depth or without anything found', () => {
    expect(depthAdvice([point(5, 0.4)])).toBeNull();
    expect(depthAdvice([point(5, 0), point(10, 0)])).toBeNull();
  });
});

describe('names of runs', () => {
  const runOf = (runId: string, depth: number, createdAt = 0, device = 'wasm'): RunSummary => {
    const settings = { depth, queryLimit: null, titles: false, longDocuments: 'max' } as const;
    const counts = { doneQueries: 1, totalQueries: 1, scoredPairs: 0, cachedPairs: 0 };
    return {
      ...{ runId, kind: 'model', tag: 'some/model', createdAt, ...counts, scoringMs: 0 },
      settings: { ...settings, maxLength: 512 },
      provenance: {
        ...{ model: 'some/model', revision: 'r', dtype: 'q8', device, adapter: null, threads: 1 },
        ...{ maxLength: 512, longDocuments: 'max', depth, titles: false, browser: '', createdAt },
      },
    };
  };
  const namesOf = (runs: readonly RunSummary[]) => [
    ...runNames(runs, (depth) => `depth ${depth}`).values(),
  ];

  it('say no more than is needed to tell them apart', () => {
    expect(namesOf([runOf('a', 100)])).toEqual(['some/model']);
    expect(namesOf([runOf('a', 100), runOf('b', 20)])).toEqual([
      'some/model, depth 100',
      'some/model, depth 20',
    ]);
    expect(namesOf([runOf('a', 100), runOf('b', 100, 0, 'webgpu')])).toEqual([
      'some/model, depth 100, q8 wasm',
      'some/model, depth 100, q8 webgpu',
    ]);
  });

  it('number twins from the oldest', () => {
    expect(namesOf([runOf('b', 100, 2), runOf('a', 100, 1), runOf('c', 20)])).toEqual([
      'some/model, depth 100, q8 wasm (2)',
      'some/model, depth 100, q8 wasm (1)',
      'some/model, depth 20, q8 wasm',
    ]);
  });

  it('of imported runs are their tags', () => {
    const imported: RunSummary = {
      ...runOf('i', 1),
      ...{ kind: 'imported', tag: 'splade', settings: null, provenance: null },
    };
    expect(namesOf([imported, runOf('a', 1)])).toEqual(['splade', 'some/model']);
  });
});
