import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { evaluateRun } from './evaluation.ts';
import { rerankCandidates } from './rerank-depth.ts';
import type { Qrels, Run, RunEntry } from './types.ts';

function runOf(rankings: Readonly<Record<string, Readonly<Record<string, number>>>>): Run {
  const entriesOf = (scores: Readonly<Record<string, number>>): readonly RunEntry[] =>
    Object.entries(scores).map(([docId, score]) => ({ docId, score }));
  return {
    tag: 'test',
    rankings: new Map(
      Object.entries(rankings).map(([queryId, scores]) => [queryId, entriesOf(scores)]),
    ),
  };
}

function qrelsOf(grades: Readonly<Record<string, Readonly<Record<string, number>>>>): Qrels {
  return new Map(
    Object.entries(grades).map(([queryId, judged]) => [queryId, new Map(Object.entries(judged))]),
  );
}

describe('evaluateRun', () => {
  const qrels = qrelsOf({
    q1: { a: 1, b: 0, c: 2 },
    q2: { a: 1 },
    q3: { a: 0 },
    q4: { d: 3 },
  });
  // q1: order x, c, a (x is not judged); q2: a is tied with b, and b wins by its id;
  // q3 has nothing relevant; q4 is missing; q9 is not judged.
  const run = runOf({
    q1: { a: 1, x: 3, c: 2 },
    q2: { a: 5, b: 5 },
    q3: { a: 1 },
    q4: {},
    q9: { a: 1 },
  });

  it('counts judged queries without a ranking as 0, and leaves out unjudged ones', () => {
    const { queryIds, perQuery, means } = evaluateRun(run, qrels, { metrics: ['RR', 'P@1'] });
    expect(queryIds).toEqual(['q1', 'q2', 'q3', 'q4']);
    expect(perQuery).toEqual({ RR: [1 / 2, 1 / 2, 0, 0], 'P@1': [0, 0, 0, 0] });
    expect(means).toEqual({ RR: 1 / 4, 'P@1': 0 });
  });

  it('leaves out queries without a ranking where asked to', () => {
    const options = { metrics: ['RR'], missingQueries: 'skip' } as const;
    const { queryIds, means } = evaluateRun(run, qrels, options);
    expect(queryIds).toEqual(['q1', 'q2', 'q3']);
    expect(means).toEqual({ RR: 1 / 3 });
  });

  it('takes grades from another one on as relevant', () => {
    const options = { metrics: ['RR', 'R@2', 'nDCG@2'], relevantFrom: 2 };
    const { perQuery } = evaluateRun(run, qrels, options);
    expect(perQuery.RR).toEqual([1 / 2, 0, 0, 0]);
    expect(perQuery['R@2']).toEqual([1, 0, 0, 0]);
    // nDCG goes by grades: (2 / log2 3) / (2 + 1 / log2 3), and 1 / log2 3.
    const discount = 1 / Math.log2(3);
    expect(perQuery['nDCG@2']?.[0]).toBeCloseTo((2 * discount) / (2 + discount), 15);
    expect(perQuery['nDCG@2']?.[1]).toBeCloseTo(discount, 15);
  });

  it('looks only at the queries named, once each, in that order', () => {
    const { queryIds, perQuery } = evaluateRun(run, qrels, {
      metrics: ['RR'],
      queryIds: ['q3', 'q1', 'q9', 'nowhere', 'q3'],
    });
    expect(queryIds).toEqual(['q3', 'q1']);
    expect(perQuery).toEqual({ RR: [0, 1 / 2] });
  });

  it('names each metric in one way', () => {
    const { means } = evaluateRun(run, qrels, { metrics: ['ndcg@10', 'nDCG@10', 'ap'] });
    expect(Object.keys(means)).toEqual(['nDCG@10', 'AP']);
  });

  it('is 0 without queries', () => {
    expect(evaluateRun(run, new Map(), { metrics: ['AP'] })).toEqual({
      queryIds: [],
      means: { AP: 0 },
      perQuery: { AP: [] },
    });
  });

  it('says which metrics there are', () => {
    const call = (): unknown => evaluateRun(run, qrels, { metrics: ['AP', 'MAP'] });
    expect(call).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    expect(call).toThrow(/"MAP".*nDCG@k.*Success@k/);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses relevantFrom %d', (relevantFrom) => {
    expect(() => evaluateRun(run, qrels, { metrics: ['AP'], relevantFrom })).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});

const folder = new URL('../../../shared/eval/trec-dl19/', import.meta.url);

describe.skipIf(!existsSync(folder))('evaluateRun on TREC DL 2019', () => {
  const readText = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

  function readQrels(): Qrels {
    const qrels = new Map<string, Map<string, number>>();
    for (const line of readText('qrels.txt').trim().split('\n')) {
      const [queryId = '', , docId = '', grade] = line.split(' ');
      const judged = qrels.get(queryId) ?? new Map<string, number>();
      qrels.set(queryId, judged.set(docId, Number(grade)));
    }
    return qrels;
  }

  function readRun(name: string): Run {
    // The layout of RankLLM's lists, of which this test needs no more.
    const lists = JSON.parse(readText(name)) as {
      hits: { qid: number; docid: string; score: number }[];
    }[];
    const rankings = lists.map(
      ({ hits }) =>
        [
          String(hits[0]?.qid),
          hits.map(({ docid, score }): RunEntry => ({ docId: docid, score })),
        ] as const,
    );
    return { tag: name, rankings: new Map(rankings) };
  }

  it.each([
    ['first-stage-bm25.json', '0.5058'],
    ['first-stage-splade.json', '0.7308'],
  ])('gives %s the published nDCG@10, %s', (name, expected) => {
    const { queryIds, means } = evaluateRun(readRun(name), readQrels(), { metrics: ['nDCG@10'] });
    expect(queryIds).toHaveLength(43);
    expect(means['nDCG@10']?.toFixed(4)).toBe(expected);
  });

  it.each(['first-stage-bm25.json', 'first-stage-splade.json'])(
    'measures the same after %s is reranked by its own scores, to any depth',
    (name) => {
      const run = readRun(name);
      const qrels = readQrels();
      const metrics = ['nDCG@10', 'AP', 'RR@10', 'R@100', 'P@5', 'Success@1'];
      const before = evaluateRun(run, qrels, { metrics });
      for (const depth of [1, 10, 37, 100]) {
        const rankings = Array.from(run.rankings, ([queryId, entries]) => {
          const scores = entries.map(({ score }) => score);
          return [queryId, rerankCandidates(entries, scores, depth)] as const;
        });
        const after = evaluateRun({ tag: 'same', rankings: new Map(rankings) }, qrels, { metrics });
        if (depth === 100) expect(after).toEqual(before);
        expect(after.means['nDCG@10']?.toFixed(4)).toBe(before.means['nDCG@10']?.toFixed(4));
      }
    },
  );
});
