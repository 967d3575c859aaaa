import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CollectionOverview, RunSummary } from '../collections/collection.ts';
import { appVersion, exportSize, exportSystems } from './evaluation-export.ts';

function overviewOf(
  candidateSource: 'given' | 'bm25',
  runs: readonly RunSummary[] = [],
): CollectionOverview {
  const counts = { documents: 5000, queries: 3, candidates: 60, judgements: 0 };
  return {
    summary: {
      ...{ id: 'c', name: 'c', createdAt: 0, updatedAt: 0, judgedQueries: 0, textLength: 0 },
      ...{ ...counts, candidateSource, firstStageTag: null, runs, readable: true },
    },
    queries: [10, 30, 20].map((candidates, number) => ({
      ...{ queryId: `q${number}`, text: '', number, candidates, judged: 0, relevant: 0 },
    })),
  };
}

function runOf(runId: string, doneQueries: number): RunSummary {
  const counts = { doneQueries, totalQueries: 3, scoredPairs: 0, cachedPairs: 0, scoringMs: 0 };
  return {
    ...{ runId, kind: 'model', tag: 'm', createdAt: 0, settings: null, provenance: null },
    ...counts,
  };
}

describe('orders to export', () => {
  it('are first stage, BM25, and those of runs that have finished a query', () => {
    const keys = (overview: CollectionOverview) =>
      exportSystems(overview.summary).map(({ key }) => key);
    expect(keys(overviewOf('given', [runOf('a', 1), runOf('b', 0)]))).toEqual([
      ...['first-stage', 'bm25', 'model:a', 'rrf:a', 'weighted:a'],
    ]);
    expect(keys(overviewOf('bm25'))).toEqual(['bm25']);
  });
});

describe('the size of an export', () => {
  it('counts the candidates of the queries that are wanted', () => {
    expect(exportSize(overviewOf('given'), null)).toEqual({ documents: 60, most: 30, queries: 3 });
    expect(exportSize(overviewOf('given'), 1)).toEqual({ documents: 10, most: 10, queries: 1 });
    expect(exportSize(overviewOf('given'), 9).queries).toBe(3);
  });

  it('is that of BM25’s rankings where BM25 finds the candidates', () => {
    expect(exportSize(overviewOf('bm25'), 2)).toEqual({ documents: 2000, most: 1000, queries: 2 });
  });
});

it('reports the version of the package', () => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ version: appVersion });
});
