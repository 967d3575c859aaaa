import { describe, expect, it } from 'vitest';
import { createBm25Index } from '../core/bm25.ts';
import type { RunSummary } from './collection.ts';
import { MemoryCollection } from './collection-samples.ts';
import {
  candidatesOf,
  findSystem,
  isScored,
  modelEntries,
  needsBm25,
  type QueryCandidates,
  rankingOf,
  systemsOf,
} from './collection-systems.ts';
import type { StoredRunQuery } from './stored-collection.ts';

const nan = Number.NaN;
const docIds = ['a', 'b', 'c', 'd'];
const texts = ['moon moon', 'river', 'moon sea', 'sea'];
const documents = docIds.map((docId, place) => ({ docId, text: texts[place] ?? '' }));
const queries = [{ queryId: 'q', text: 'moon' }];

function runOf(runId: string, kind: RunSummary['kind']): RunSummary {
  return {
    ...{ runId, kind, tag: `tag-${runId}`, createdAt: 0, settings: null, provenance: null },
    ...{ doneQueries: 0, totalQueries: 1, scoredPairs: 0, cachedPairs: 0, scoringMs: 0 },
  };
}

function scored(places: readonly number[], scores: readonly number[]): StoredRunQuery {
  return {
    documents: Int32Array.from(places),
    scores: Float64Array.from(scores),
    tokens: Int32Array.from(places, () => 1),
    truncated: new Uint8Array(places.length),
    scoringMs: 1,
    scoredTokens: places.length,
  };
}

const given = new MemoryCollection({ documents, queries, candidates: [['d', 'a', 'b', 'c']] });
const found = new MemoryCollection({ documents, queries });
const runs = [runOf('i', 'imported'), runOf('m', 'model')];

function order(key: string, candidates: QueryCandidates, run: StoredRunQuery | null, weight = 0.5) {
  const system = systemsOf(given.summary, runs).find((candidate) => candidate.key === key);
  if (system === undefined) throw new Error(`no ${key}`);
  return rankingOf(system, docIds, candidates, run, weight)?.map(({ docId }) => docId);
}

describe('the systems of a collection', () => {
  it('are first stage, BM25, each model with its fusions, and imported runs last', () => {
    expect(
      systemsOf(given.summary, runs).map(({ key, kind, label }) => [key, kind, label]),
    ).toEqual([
      ['first-stage', 'first-stage', 'first-stage'],
      ['bm25', 'bm25', 'bm25'],
      ['model:m', 'model', 'tag-m'],
      ['rrf:m', 'fusion', 'first-stage + tag-m'],
      ['weighted:m', 'fusion', 'first-stage + tag-m'],
      ['imported:i', 'imported', 'tag-i'],
    ]);
  });

  it('have no first stage of their own where BM25 finds the candidates', () => {
    const systems = systemsOf(found.summary, runs);
    expect(systems.map(({ key }) => key)).not.toContain('first-stage');
    expect(systems[2]?.label).toBe('bm25 + tag-m');
    expect(() => findSystem(found.summary, 'first-stage')).toThrow(/no system first-stage/);
    expect(needsBm25(found.summary, findSystem(found.summary, 'bm25'))).toBe(true);
    expect(needsBm25(given.summary, findSystem(given.summary, 'first-stage'))).toBe(false);
  });
});

describe('the candidates of a query', () => {
  const index = createBm25Index(texts);

  it('are the given ones, with the scores of BM25 where there is an index', () => {
    expect(candidatesOf(given, null, 0, 2)).toEqual({
      documents: Int32Array.of(3, 0, 1, 2),
      firstStageScores: null,
      bm25Scores: null,
    });
    const { bm25Scores } = candidatesOf(given, index, 0, 2);
    expect(Array.from(bm25Scores ?? [], (score) => score > 0)).toEqual([false, true, false, true]);
  });

  it('are the best of BM25 where none were given', () => {
    const candidates = candidatesOf(found, index, 0, 3);
    expect([...candidates.documents]).toEqual([0, 2, 1]);
    expect(candidates.firstStageScores).toBe(candidates.bm25Scores);
  });
});

describe('the order of a system', () => {
  const candidates: QueryCandidates = {
    documents: Int32Array.of(3, 0, 1, 2),
    firstStageScores: Float64Array.of(9, 8, 8, 1),
    bm25Scores: Float64Array.of(0, 2, 0, 1),
  };

  it('is that of the first stage, with its scores where they fall', () => {
    const [system] = systemsOf(given.summary, []);
    if (system === undefined) throw new Error('no system');
    const scoresOf = (firstStageScores: Float64Array | null) =>
      rankingOf(system, docIds, { ...candidates, firstStageScores }, null, 0)?.map((e) => e.score);
    expect(scoresOf(Float64Array.of(9, 8, 8, 1))).toEqual([9, 8, 8, 1]);
    expect(scoresOf(null)).toEqual([-1, -2, -3, -4]);
    // Distances, and no numbers.
    expect(scoresOf(Float64Array.of(1, 8, 8, 9))).toEqual([-1, -2, -3, -4]);
    expect(scoresOf(Float64Array.of(9, 8, nan, 1))).toEqual([-1, -2, -3, -4]);
    expect(scoresOf(Float64Array.of(nan, 8, 7, 1))).toEqual([-1, -2, -3, -4]);
    expect(scoresOf(Float64Array.of(Infinity, 8, 7, 1))).toEqual([-1, -2, -3, -4]);
  });

  it('is that of BM25, ties as the candidates are', () => {
    expect(order('bm25', candidates, null)).toEqual(['a', 'c', 'd', 'b']);
  });

  it('is that of the model within the depth, the rest below', () => {
    expect(order('model:m', candidates, scored([3, 0, 1], [0, 1, 2]))).toEqual([
      'b',
      'a',
      'd',
      'c',
    ]);
    const entries = modelEntries(docIds, candidates, scored([3, 0, 1], [0, 1, 2]), 2);
    expect(entries.map(({ docId }) => docId)).toEqual(['a', 'd', 'b', 'c']);
  });

  it('keeps what the model scored in front, whatever is found by now', () => {
    expect(order('model:m', candidates, scored([2, 0], [0, 1]))).toEqual(['a', 'c', 'd', 'b']);
  });

  it('is none where the run has not finished', () => {
    const half = scored([3, 0], [0, nan]);
    expect(isScored(half)).toBe(false);
    expect(isScored(scored([], []))).toBe(true);
    for (const key of ['model:m', 'rrf:m', 'weighted:m']) {
      expect(order(key, candidates, half)).toBeUndefined();
      expect(order(key, candidates, null)).toBeUndefined();
    }
    expect(order('imported:i', candidates, null)).toBeUndefined();
  });

  it('is that of an imported run, also of documents that are no candidates', () => {
    expect(order('imported:i', candidates, scored([1, 3], [5, 4]))).toEqual(['b', 'd']);
  });

  it('is fused by ranks', () => {
    // Model: b a d c; first stage: d a b c. b and d: 1/61 + 1/63 > a: 2/62 > c: 2/64.
    const run = scored([3, 0, 1], [0, 1, 2]);
    expect(order('rrf:m', candidates, run)).toEqual(['b', 'd', 'a', 'c']);
  });

  it('is fused by weighted scores, over what the model scored', () => {
    const run = scored([3, 0, 1], [0, 1, 5]);
    expect(order('weighted:m', candidates, run, 1)).toEqual(['b', 'a', 'd', 'c']);
    expect(order('weighted:m', candidates, run, 0)?.at(0)).toBe('d');
    // z of 0, 1, 5 and of 9, 8, 8: d -0.93 + 1.41, a -0.46 - 0.71, b 1.39 - 0.71.
    expect(order('weighted:m', candidates, run, 0.5)).toEqual(['b', 'd', 'a', 'c']);
  });
});
