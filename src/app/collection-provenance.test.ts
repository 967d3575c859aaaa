import { describe, expect, it } from 'vitest';
import type { RunSettings, RunSummary } from '../collections/collection.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import { isSameModel, provenanceOf, runToJoin } from './collection-provenance.ts';

const loaded: LoadedModel = {
  model: 'tiny',
  revision: 'r1',
  dtype: 'fp32',
  device: 'wasm',
  adapter: null,
  softwareAdapter: false,
  threads: 4,
  maxLength: 512,
  selfTest: null,
  stepDowns: [],
};
const settings: RunSettings = {
  depth: 50,
  queryLimit: null,
  titles: true,
  longDocuments: 'max',
  maxLength: 1024,
};
const provenance = provenanceOf(loaded, settings, { browser: 'Firefox', createdAt: 7 });

function runOf(runId: string, change: Partial<RunSummary> = {}): RunSummary {
  return {
    runId,
    kind: 'model',
    tag: 'tiny',
    createdAt: 7,
    settings,
    provenance,
    doneQueries: 1,
    totalQueries: 3,
    scoredPairs: 50,
    cachedPairs: 0,
    scoringMs: 10,
    ...change,
  };
}

describe('provenanceOf', () => {
  it('says what scores come from, with the length that was really read', () => {
    expect(provenance).toEqual({
      model: 'tiny',
      revision: 'r1',
      dtype: 'fp32',
      device: 'wasm',
      adapter: null,
      threads: 4,
      maxLength: 512,
      longDocuments: 'max',
      depth: 50,
      titles: true,
      browser: 'Firefox',
      createdAt: 7,
    });
  });
});

describe('isSameModel', () => {
  it('tells weights and devices apart, not threads', () => {
    const alone: LoadedModel = { ...loaded, threads: 1 };
    expect(isSameModel(provenance, alone)).toBe(true);
    for (const other of [
      { model: 'large' },
      { revision: 'r2' },
      { dtype: 'q8' },
      { device: 'webgpu' },
    ]) {
      expect(isSameModel(provenance, { ...loaded, ...other })).toBe(false);
    }
  });
});

describe('runToJoin', () => {
  it('takes the newest run that scores in the same way', () => {
    const runs = [
      runOf('other depth', { settings: { ...settings, depth: 20 } }),
      runOf('no titles', { settings: { ...settings, titles: false } }),
      runOf('other passages', { settings: { ...settings, longDocuments: 'first' } }),
      runOf('other length', { settings: { ...settings, maxLength: 256 } }),
      runOf('other model', { provenance: { ...provenance, model: 'large' } }),
      runOf('newest'),
      runOf('older'),
    ];
    expect(runToJoin(runs, settings, loaded, 0)?.runId).toBe('newest');
  });

  it('leaves out runs that do not come to the query, and those without settings', () => {
    const first = runOf('first two', { settings: { ...settings, queryLimit: 2 } });
    expect(runToJoin([first], settings, loaded, 1)?.runId).toBe('first two');
    expect(runToJoin([first], settings, loaded, 2)).toBeNull();
    const imported = runOf('imported', { kind: 'imported', settings: null, provenance: null });
    expect(runToJoin([imported], settings, loaded, 0)).toBeNull();
  });
});
