import { describe, expect, it } from 'vitest';
import type {
  CollectionOverview,
  CollectionSummary,
  RunSummary,
} from '../collections/collection.ts';
import {
  defaultDepth,
  expectedSpeed,
  mostCandidates,
  offeredDepths,
  pairsByQuery,
  planRun,
  typedCount,
} from './collection-plan.ts';

const model = { model: 'tiny', revision: 'r1', dtype: 'fp32', device: 'wasm' } as const;

function overviewOf(
  candidates: readonly number[],
  candidateSource: CollectionSummary['candidateSource'] = 'given',
  documents = 5000,
): CollectionOverview {
  return {
    summary: {
      id: 'c',
      name: 'Example',
      createdAt: 0,
      updatedAt: 0,
      documents,
      queries: candidates.length,
      candidates: candidates.reduce((sum, count) => sum + count, 0),
      judgements: 0,
      judgedQueries: 0,
      candidateSource,
      firstStageTag: null,
      textLength: documents * 350,
      runs: [],
      readable: true,
    },
    queries: candidates.map((count, number) => ({
      number,
      queryId: `q${number}`,
      text: 'text',
      candidates: count,
      judged: 0,
      relevant: 0,
    })),
  };
}

function runOf(change: Partial<RunSummary> = {}): RunSummary {
  return {
    runId: 'r',
    kind: 'model',
    tag: 'tiny',
    createdAt: 0,
    settings: null,
    provenance: {
      ...model,
      adapter: null,
      threads: 1,
      maxLength: 512,
      longDocuments: 'max',
      depth: 100,
      titles: false,
      browser: '',
      createdAt: 0,
    },
    doneQueries: 1,
    totalQueries: 1,
    scoredPairs: 200,
    cachedPairs: 0,
    scoringMs: 4000,
    ...change,
  };
}

describe('depth', () => {
  it('is 100 where there are more candidates, else all, and never 0', () => {
    expect(defaultDepth(overviewOf([1000, 20]))).toBe(100);
    expect(defaultDepth(overviewOf([7, 30]))).toBe(30);
    expect(defaultDepth(overviewOf([0]))).toBe(1);
    expect(defaultDepth(overviewOf([], 'none'))).toBe(1);
  });

  it('counts all documents as candidates where BM25 finds them', () => {
    expect(mostCandidates(overviewOf([0, 0], 'bm25', 64))).toBe(64);
    expect(mostCandidates(overviewOf([3, 9]))).toBe(9);
  });

  it('offers the presets that are below all, and all', () => {
    expect(offeredDepths(overviewOf([1000]))).toEqual([20, 50, 100, 1000]);
    expect(offeredDepths(overviewOf([50]))).toEqual([20, 50]);
    expect(offeredDepths(overviewOf([3]))).toEqual([3]);
  });
});

describe('planRun', () => {
  it('adds up candidates within the depth, of the first queries alone', () => {
    const overview = overviewOf([100, 30, 10]);
    expect(pairsByQuery(overview, { depth: 50, queryLimit: null })).toEqual([50, 30, 10]);
    expect(planRun(overview, { depth: 50, queryLimit: null })).toEqual({ queries: 3, pairs: 90 });
    expect(planRun(overview, { depth: 50, queryLimit: 2 })).toEqual({ queries: 2, pairs: 80 });
  });

  it('takes depth times queries where BM25 finds the candidates', () => {
    const overview = overviewOf([0, 0, 0], 'bm25', 400);
    expect(planRun(overview, { depth: 100, queryLimit: null })).toEqual({ queries: 3, pairs: 300 });
  });
});

describe('expectedSpeed', () => {
  const { summary } = overviewOf([10]);
  const measured = [
    {
      ...model,
      rows: [
        { tokens: 64, pairsPerSecond: 90 },
        { tokens: 512, pairsPerSecond: 8 },
      ],
    },
  ];

  it('is that of the newest run of the same model that scored something', () => {
    const known = runOf({ scoredPairs: 0, cachedPairs: 200, scoringMs: 5 });
    const slower = runOf({ scoringMs: 8000 });
    expect(expectedSpeed(model, [known, runOf(), slower], measured, summary)).toBe(50);
  });

  it('is the benchmark at the nearest length otherwise', () => {
    // 350 units are 100 tokens.
    expect(expectedSpeed(model, [], measured, summary)).toBe(90);
    expect(expectedSpeed(model, [], measured, { ...summary, textLength: 5000 * 4000 })).toBe(8);
  });

  it('is not known from another device or another model', () => {
    const webgpu = { ...model, device: 'webgpu' } as const;
    expect(expectedSpeed(webgpu, [runOf()], measured, summary)).toBeNull();
    expect(expectedSpeed({ ...model, model: 'large' }, [runOf()], measured, summary)).toBeNull();
  });
});

describe('typedCount', () => {
  it('takes whole numbers from 1 to the most there are', () => {
    expect(typedCount(' 20 ', 100)).toBe(20);
    expect(typedCount('100', 100)).toBe(100);
  });

  it.each(['', '0', '101', '-3', '1.5', '1e2', 'all', '99999999999'])('refuses %j', (typed) => {
    expect(typedCount(typed, 100)).toBeNull();
  });
});
