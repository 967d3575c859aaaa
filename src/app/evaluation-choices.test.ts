import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../collections/collection.ts';
import {
  defaultChoices,
  keepChoices,
  readChoices,
  shownRunIds,
  withCutOff,
  withMainMetric,
  withMetric,
  withoutMetric,
} from './evaluation-choices.ts';

function tabOf(kept: Record<string, string> = {}) {
  const values = new Map(Object.entries(kept));
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

function runOf(runId: string, doneQueries: number): RunSummary {
  const counts = { doneQueries, totalQueries: 5, scoredPairs: 0, cachedPairs: 0, scoringMs: 0 };
  return {
    ...{ runId, kind: 'model', tag: 'm', createdAt: 0, settings: null, provenance: null },
    ...counts,
  };
}

describe('choices', () => {
  it('are those of the collection, and for a new one the metrics and the weight of the last', () => {
    const tab = tabOf();
    expect(readChoices(tab, 'a')).toEqual(defaultChoices);
    const chosen = { ...defaultChoices, metrics: ['AP'], fusionWeight: 0.25, relevantFrom: 2 };
    keepChoices(tab, 'a', chosen);
    expect(readChoices(tab, 'a')).toEqual(chosen);
    expect(readChoices(tab, 'b')).toEqual({ ...chosen, relevantFrom: 1 });
  });

  it.each([
    'not JSON',
    '[]',
    '{"version":2,"entries":[]}',
    '{"version":1,"entries":[["a",{"metrics":["what"]}]]}',
    '{"version":1,"entries":[["a",null],7,[]]}',
    '{"version":1,"entries":[["a",{"metrics":["AP"],"relevantFrom":0,"baseline":"b","fusionWeight":0.5,"hiddenRunIds":[]}]]}',
  ])('are the defaults where %s is kept', (text) => {
    expect(readChoices(tabOf({ 'crossrank.evaluation': text }), 'a')).toEqual(defaultChoices);
  });

  it('are the defaults where the browser refuses', () => {
    const refuse = (): never => {
      throw new Error('blocked');
    };
    const tab = { getItem: refuse, setItem: refuse, removeItem: refuse };
    expect(readChoices(tab, 'a')).toEqual(defaultChoices);
    expect(() => keepChoices(tab, 'a', defaultChoices)).not.toThrow();
  });

  it('of at most 20 collections are kept, the latest', () => {
    const tab = tabOf();
    for (let at = 0; at < 21; at += 1) {
      keepChoices(tab, `c${at}`, { ...defaultChoices, relevantFrom: at + 2 });
    }
    expect(readChoices(tab, 'c0').relevantFrom).toBe(1);
    expect(readChoices(tab, 'c1').relevantFrom).toBe(3);
    expect(readChoices(tab, 'c20').relevantFrom).toBe(22);
  });
});

describe('runs that are shown', () => {
  it('are all but those left out and those without a finished query', () => {
    const runs = [runOf('a', 5), runOf('b', 0), runOf('c', 1)];
    expect(shownRunIds({ hiddenRunIds: [] }, runs)).toEqual(['a', 'c']);
    expect(shownRunIds({ hiddenRunIds: ['c', 'gone'] }, runs)).toEqual(['a']);
  });
});

describe('metrics', () => {
  const metrics = ['nDCG@10', 'RR', 'P@5'];

  it('are added by their one name, each once', () => {
    expect(withMetric(metrics, ' ndcg@20 ')).toEqual([...metrics, 'nDCG@20']);
    expect(withMetric(metrics, 'rr')).toBe(metrics);
    expect(withMetric(metrics, 'nDCG')).toBe(metrics);
    expect(withMetric(Array<string>(8).fill('AP'), 'RR')).toHaveLength(8);
  });

  it('take another cut-off, or none where that means something', () => {
    expect(withCutOff(metrics, 0, '20')).toEqual(['nDCG@20', 'RR', 'P@5']);
    expect(withCutOff(metrics, 1, '10')).toEqual(['nDCG@10', 'RR@10', 'P@5']);
    expect(withCutOff(['RR@10'], 0, '')).toEqual(['RR']);
    expect(withCutOff(metrics, 2, '')).toBe(metrics);
    expect(withCutOff(metrics, 0, '0')).toBe(metrics);
    expect(withCutOff(metrics, 0, '1e3')).toBe(metrics);
    expect(withCutOff(['P@5', 'P@10'], 0, '10')).toEqual(['P@5', 'P@10']);
  });

  it('are never none', () => {
    expect(withoutMetric(metrics, 'RR')).toEqual(['nDCG@10', 'P@5']);
    expect(withoutMetric(['RR'], 'RR')).toEqual(['RR']);
  });

  it('have the main one first', () => {
    expect(withMainMetric(metrics, 'P@5')).toEqual(['P@5', 'nDCG@10', 'RR']);
    expect(withMainMetric(metrics, 'AP')).toBe(metrics);
  });
});
