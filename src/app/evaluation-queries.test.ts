import { describe, expect, it } from 'vitest';
import { filterGains, queryGains, sortGains } from './evaluation-queries.ts';
import { sampleEvaluation } from './evaluation-samples.ts';

const evaluation = sampleEvaluation([
  { key: 'first-stage', kind: 'first-stage', values: [0.5, 0.2, 1, 0.2] },
  { key: 'model:a', kind: 'model', values: [0.5 + 1e-15, 1, 0, 0.25] },
]);
const model = evaluation.systems[1];
// The collection has another order, and q3 is gone from it.
const queries = ['q2', 'q1', 'q0'].map((queryId, number) => ({
  ...{ queryId, number, text: '', candidates: 0, judged: 0, relevant: 0 },
}));
const gains = model === undefined ? [] : queryGains(evaluation, model, queries);

describe('gains by query', () => {
  it('are the differences to the baseline, with the ranks of both', () => {
    expect(gains.map(({ gain }) => Number(gain.toFixed(6)))).toEqual([0, 0.8, -1, 0.05]);
    expect(gains[0]?.gain).toBe(0);
    expect(gains[1]).toMatchObject({ queryId: 'q1', before: 0.2, after: 1, number: 1 });
    expect(gains[1]).toMatchObject({ rankBefore: 5, rankAfter: 1 });
    expect(gains[2]).toMatchObject({ number: 0, rankBefore: 1, rankAfter: null });
    expect(gains[3]?.number).toBeNull();
  });

  it('are sorted by gain, by loss, or as the queries come', () => {
    const ids = (order: 'gain' | 'loss' | 'order') =>
      sortGains(gains, order).map(({ queryId }) => queryId);
    expect(ids('gain')).toEqual(['q1', 'q3', 'q0', 'q2']);
    expect(ids('loss')).toEqual(['q2', 'q0', 'q3', 'q1']);
    expect(ids('order')).toEqual(['q0', 'q1', 'q2', 'q3']);
  });

  it('are filtered by all words of what is typed', () => {
    const found = (typed: string) => filterGains(gains, typed).map(({ queryId }) => queryId);
    expect(found(' ')).toHaveLength(4);
    expect(found('WHAT q1')).toEqual(['q1']);
    expect(found('is nothing')).toEqual([]);
  });
});
