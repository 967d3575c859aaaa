import { describe, expect, it } from 'vitest';
import type { Document } from '../core/types.ts';
import type { Provenance } from '../io/export-types.ts';
import type { NewScores, RunSettings } from './collection.ts';
import { CollectionRuns } from './collection-runs.ts';
import {
  MemoryCollection,
  MemoryScoreRecords,
  type SampleCollection,
} from './collection-samples.ts';

const provenance: Provenance = {
  model: 'owner/model',
  revision: 'r1',
  dtype: 'q8',
  device: 'wasm',
  adapter: null,
  threads: 1,
  maxLength: 512,
  longDocuments: 'max',
  depth: 3,
  titles: true,
  browser: 'test',
  createdAt: 1,
};

const settings: RunSettings = {
  depth: 3,
  queryLimit: null,
  titles: true,
  longDocuments: 'max',
  maxLength: 512,
};

const documents: readonly Document[] = [
  { docId: 'd0', title: 'Zero', text: 'rivers run' },
  { docId: 'd1', text: 'the moon pulls' },
  { docId: 'd2', text: 'tides rise' },
  { docId: 'd3', text: 'the moon pulls' },
];

const sample: SampleCollection = {
  id: 'one',
  documents,
  queries: [
    { queryId: 'q0', text: 'moon' },
    { queryId: 'q1', text: 'rivers' },
  ],
  candidates: [
    ['d2', 'd0', 'd1', 'd3'],
    ['d1', 'd3'],
  ],
};

function newScores(logits: readonly number[], scoringMs = 10): NewScores {
  return {
    logits: Float64Array.from(logits),
    tokens: Int32Array.from(logits, () => 5),
    truncated: logits.map((logit) => logit > 2),
    scoringMs,
  };
}

function runsOf(...collections: readonly MemoryCollection[]): CollectionRuns {
  return new CollectionRuns(async (id) => {
    const found = collections.find(({ summary }) => summary.id === id);
    if (found === undefined) throw new Error(`no collection ${id}`);
    return found;
  }, new MemoryScoreRecords());
}

describe('scoring a run', () => {
  it('asks for the candidates within the depth, titles first', async () => {
    const runs = runsOf(new MemoryCollection(sample));
    const { runId } = await runs.createRun('one', settings, 'model');
    expect(await runs.queryToScore('one', runId, 0, provenance)).toEqual({
      number: 0,
      query: { queryId: 'q0', text: 'moon' },
      candidates: 3,
      missingPlaces: [0, 1, 2],
      missingTexts: ['tides rise', 'Zero\nrivers run', 'the moon pulls'],
    });
    const without = await runs.createRun('one', { ...settings, titles: false }, 'model');
    const query = await runs.queryToScore('one', without.runId, 0, provenance);
    expect(query.missingTexts[1]).toBe('rivers run');
  });

  it('keeps the scores also where they cannot be remembered for other runs', async () => {
    const collection = new MemoryCollection(sample);
    const records = new MemoryScoreRecords();
    records.put = () => Promise.reject(new Error('full'));
    const runs = new CollectionRuns(async () => collection, records);
    const { runId } = await runs.createRun('one', settings, 'model');
    const kept = await runs.keepScores(
      'one',
      runId,
      0,
      [0, 1, 2],
      newScores([1, 2, 3]),
      provenance,
    );
    expect(kept).toMatchObject({ doneQueries: 1, scoredPairs: 3 });
  });

  it('counts queries and pairs, and keeps what made the scores', async () => {
    const collection = new MemoryCollection(sample);
    const runs = runsOf(collection);
    const begun = await runs.createRun('one', settings, 'model');
    expect(begun).toMatchObject({ kind: 'model', tag: 'model', provenance: null, totalQueries: 2 });
    const { runId } = begun;
    expect(await runs.pendingQueries('one', runId)).toEqual([0, 1]);
    await runs.queryToScore('one', runId, 0, provenance);
    const one = await runs.keepScores('one', runId, 0, [0, 1, 2], newScores([1, 2, 3]), provenance);
    expect(one).toMatchObject({
      provenance,
      doneQueries: 1,
      scoredPairs: 3,
      cachedPairs: 0,
      scoringMs: 10,
    });
    expect(collection.summary.runs).toEqual([one]);
    expect(await runs.pendingQueries('one', runId)).toEqual([1]);

    // Both candidates of the second query have the same text.
    const second = await runs.queryToScore('one', runId, 1, provenance);
    expect(second).toMatchObject({ candidates: 2, missingPlaces: [0] });
    const two = await runs.keepScores('one', runId, 1, [0], newScores([0.5], 7), provenance);
    expect(two).toMatchObject({ doneQueries: 2, scoredPairs: 4, cachedPairs: 1, scoringMs: 17 });
    expect(await runs.pendingQueries('one', runId)).toEqual([]);
    expect((await collection.runQuery(runId, 1))?.scores).toEqual(Float64Array.of(0.5, 0.5));
    expect(await collection.runQuery(runId, 0)).toEqual({
      documents: Int32Array.of(2, 0, 1),
      scores: Float64Array.of(1, 2, 3),
      tokens: Int32Array.of(5, 5, 5),
      truncated: Uint8Array.of(0, 0, 1),
      scoringMs: 10,
      scoredTokens: 15,
    });
  });

  it('asks only for the new pairs when the depth is raised', async () => {
    const collection = new MemoryCollection({ ...sample, queries: sample.queries.slice(0, 1) });
    const runs = runsOf(collection);
    const first = await runs.createRun('one', { ...settings, depth: 1 }, 'model');
    await runs.keepScores('one', first.runId, 0, [0], newScores([1]), provenance);
    const { runId } = await runs.createRun('one', { ...settings, depth: 100 }, 'model');
    // The fourth has the text of the third.
    expect(await runs.queryToScore('one', runId, 0, provenance)).toMatchObject({
      candidates: 4,
      missingPlaces: [1, 2],
    });
    const done = await runs.keepScores('one', runId, 0, [1, 2], newScores([2, 3]), provenance);
    expect(done).toMatchObject({ doneQueries: 1, scoredPairs: 2, cachedPairs: 2 });
    const kept = await collection.runQuery(runId, 0);
    expect(kept?.scores).toEqual(Float64Array.of(1, 2, 3, 3));
    expect(kept?.scoredTokens).toBe(10);
  });

  it('asks for nothing where another collection had the same query and texts', async () => {
    const other = new MemoryCollection({ ...sample, id: 'two', candidates: [['d3', 'd0'], []] });
    const runs = runsOf(new MemoryCollection(sample), other);
    const first = await runs.createRun('one', settings, 'model');
    await runs.keepScores('one', first.runId, 0, [0, 1, 2], newScores([1, 2, 3]), provenance);
    const { runId } = await runs.createRun('two', settings, 'model');
    expect(await runs.queryToScore('two', runId, 0, provenance)).toMatchObject({
      candidates: 2,
      missingPlaces: [],
      missingTexts: [],
    });
    const done = await runs.keepScores('two', runId, 0, [], null, provenance);
    expect(done).toMatchObject({ doneQueries: 1, scoredPairs: 0, cachedPairs: 2, scoringMs: 0 });
    expect(await other.runQuery(runId, 0)).toMatchObject({
      scores: Float64Array.of(3, 2),
      scoringMs: null,
      scoredTokens: 0,
    });
    // A query without candidates is done as soon as somebody looks.
    expect((await runs.keepScores('two', runId, 1, [], null, provenance)).doneQueries).toBe(2);
    // Another model knows nothing.
    const fresh = await runs.createRun('two', settings, 'model');
    const asked = await runs.queryToScore('two', fresh.runId, 0, { ...provenance, model: 'x' });
    expect(asked.missingPlaces).toEqual([0, 1]);
  });

  it('keeps a part when it is cancelled, and asks for the rest later, also without the cache', async () => {
    const collection = new MemoryCollection(sample);
    const runs = runsOf(collection);
    const { runId } = await runs.createRun('one', settings, 'model');
    await runs.queryToScore('one', runId, 0, provenance);
    const part = await runs.keepScores('one', runId, 0, [0, 2], newScores([1, 3], 4), provenance);
    expect(part).toMatchObject({ doneQueries: 0, scoredPairs: 2, cachedPairs: 0, scoringMs: 4 });
    expect(await runs.pendingQueries('one', runId)).toEqual([0, 1]);
    expect(await runs.scoreCacheUse()).toMatchObject({ scores: 2 });
    await runs.clearScoreCache();

    const later = runsOf(collection);
    const rest = await later.queryToScore('one', runId, 0, provenance);
    expect(rest.missingPlaces).toEqual([1]);
    const whole = await later.keepScores('one', runId, 0, [1], newScores([2], 3), provenance);
    expect(whole).toMatchObject({ doneQueries: 1, scoredPairs: 3, cachedPairs: 0, scoringMs: 7 });
    expect(await collection.runQuery(runId, 0)).toMatchObject({
      scores: Float64Array.of(1, 2, 3),
      scoringMs: 7,
      scoredTokens: 15,
    });
    // What is done stays done.
    const again = await later.keepScores('one', runId, 0, [1], newScores([9]), provenance);
    expect(again).toEqual(whole);
  });

  it('knows what it gave out even if the cache is cleared in the meantime', async () => {
    const collection = new MemoryCollection(sample);
    const runs = runsOf(collection);
    const first = await runs.createRun('one', { ...settings, depth: 2 }, 'model');
    await runs.keepScores('one', first.runId, 0, [0, 1], newScores([1, 2]), provenance);
    const { runId } = await runs.createRun('one', settings, 'model');
    const asked = await runs.queryToScore('one', runId, 0, provenance);
    expect(asked.missingPlaces).toEqual([2]);
    await runs.clearScoreCache();
    const done = await runs.keepScores('one', runId, 0, [2], newScores([3]), provenance);
    expect(done).toMatchObject({ doneQueries: 1, cachedPairs: 2 });
  });

  it('loses no count when queries are kept at once', async () => {
    const runs = runsOf(new MemoryCollection(sample));
    const { runId } = await runs.createRun('one', settings, 'model');
    await Promise.all([
      runs.keepScores('one', runId, 0, [0, 1, 2], newScores([1, 2, 3]), provenance),
      runs.keepScores('one', runId, 1, [0], newScores([1]), provenance),
    ]);
    const [run] = (await runs.removeRun('one', 'absent')).runs;
    expect(run).toMatchObject({ doneQueries: 2, scoredPairs: 4, cachedPairs: 1 });
  });

  it('refuses another model in the middle of a run', async () => {
    const runs = runsOf(new MemoryCollection(sample));
    const { runId } = await runs.createRun('one', settings, 'model');
    await runs.keepScores('one', runId, 0, [0, 1, 2], newScores([1, 2, 3]), provenance);
    const other = { ...provenance, device: 'webgpu' };
    const message = /model changed in the middle.*device wasm.*device webgpu/;
    const refusal = { code: 'invalid-request', message: expect.stringMatching(message) };
    await expect(runs.queryToScore('one', runId, 1, other)).rejects.toMatchObject(refusal);
    const kept = runs.keepScores('one', runId, 1, [0], newScores([1]), other);
    await expect(kept).rejects.toMatchObject(refusal);
    // The machine may differ.
    const elsewhere = { ...provenance, threads: 8, browser: 'later', createdAt: 2 };
    await runs.keepScores('one', runId, 1, [0], newScores([1]), elsewhere);
    expect(await runs.pendingQueries('one', runId)).toEqual([]);
  });

  it('refuses what does not fit, and an aborted call', async () => {
    const runs = runsOf(new MemoryCollection(sample));
    const { runId } = await runs.createRun('one', { ...settings, queryLimit: 1 }, 'model');
    const invalid = { code: 'invalid-request' };
    const keep = (places: number[], scores: NewScores) =>
      runs.keepScores('one', runId, 0, places, scores, provenance);
    await expect(runs.createRun('one', { ...settings, depth: 0 }, 'm')).rejects.toMatchObject(
      invalid,
    );
    await expect(runs.queryToScore('one', runId, 1, provenance)).rejects.toMatchObject(invalid);
    await expect(runs.queryToScore('one', 'x', 0, provenance)).rejects.toMatchObject(invalid);
    await expect(keep([3], newScores([1]))).rejects.toMatchObject(invalid);
    await expect(keep([0, 1], newScores([1]))).rejects.toMatchObject(invalid);
    await expect(keep([0], newScores([Number.NaN]))).rejects.toMatchObject({
      code: 'inference-failed',
    });
    const signal = AbortSignal.abort();
    const aborted = runs.queryToScore('one', runId, 0, provenance, { signal });
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    expect(await runs.pendingQueries('one', runId)).toEqual([0]);
  });

  it('scores what BM25 finds, filled up, and stays with it when documents are added', async () => {
    const { candidates: _, ...without } = sample;
    const collection = new MemoryCollection(without);
    const runs = runsOf(collection);
    const { runId } = await runs.createRun('one', settings, 'model');
    const asked = await runs.queryToScore('one', runId, 0, provenance);
    // The two with the moon have one text; the first of the others fills up.
    expect(asked).toMatchObject({
      candidates: 3,
      missingPlaces: [0, 2],
      missingTexts: ['the moon pulls', 'Zero\nrivers run'],
    });
    await runs.keepScores('one', runId, 0, [0], newScores([4]), provenance);
    collection.add([{ docId: 'd4', text: 'moon' }]);
    expect((await runs.queryToScore('one', runId, 0, provenance)).missingPlaces).toEqual([2]);
    await runs.keepScores('one', runId, 0, [2], newScores([5]), provenance);
    const { documents: ranked } = (
      await runs.exportedRun('one', {
        system: `model:${runId}`,
        queryNumbers: null,
        fusionWeight: 0.5,
      })
    ).rankings[0] ?? { documents: [] };
    expect(ranked.map(({ docId }) => docId)).toEqual(['d0', 'd3', 'd1', 'd4', 'd2']);
  });
});

describe('a query in detail', () => {
  const judged = { ...sample, qrels: { q0: { d1: 2, d2: 0, absent: 1, zero: 0 } } };

  it('has all that is known of the candidates, in their order', async () => {
    const runs = runsOf(new MemoryCollection(judged));
    const { runId } = await runs.createRun('one', settings, 'model');
    await runs.keepScores('one', runId, 0, [0, 1, 2], newScores([1, 2, 3]), provenance);
    const detail = await runs.queryDetail('one', 0, runId, null);
    expect(detail.documents.map(({ docId }) => docId)).toEqual(['d2', 'd0', 'd1', 'd3']);
    expect(detail).toMatchObject({
      query: { queryId: 'q0', text: 'moon' },
      firstStageScores: null,
      logits: Float64Array.of(1, 2, 3, Number.NaN),
      tokens: Int32Array.of(5, 5, 5, 0),
      truncated: [false, false, true, false],
      grades: Float64Array.of(0, Number.NaN, 2, Number.NaN),
      missedRelevant: 1,
    });
    expect([...detail.bm25Scores].map((score) => score > 0)).toEqual([false, false, true, true]);

    const cut = await runs.queryDetail('one', 0, null, 2);
    expect(cut.documents.map(({ docId }) => docId)).toEqual(['d2', 'd0']);
    expect(cut.logits).toEqual(Float64Array.of(Number.NaN, Number.NaN));
    // d1 is a candidate still.
    expect(cut.missedRelevant).toBe(1);
    await expect(runs.queryDetail('one', 2, null, null)).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it('has the scores of BM25 as first stage where it found the candidates', async () => {
    const { candidates: _, ...without } = judged;
    const runs = runsOf(new MemoryCollection(without));
    const detail = await runs.queryDetail('one', 0, null, 2);
    expect(detail.documents.map(({ docId }) => docId)).toEqual(['d1', 'd3']);
    expect(detail.firstStageScores).toEqual(detail.bm25Scores);
  });
});

describe('an exported run', () => {
  const scored: SampleCollection = {
    ...sample,
    candidates: [
      [
        ['d2', 9],
        ['d0', 8],
        ['d1', 7],
        ['d3', 6],
      ],
      [['d1', 1]],
    ],
    qrels: { q0: { d1: 2 } },
  };

  it('has places, scores, logits and grades of a model and its first stage', async () => {
    const runs = runsOf(new MemoryCollection(scored));
    const { runId } = await runs.createRun('one', settings, 'owner/model');
    await runs.keepScores('one', runId, 0, [0, 1, 2], newScores([0, -1, 2]), provenance);
    const what = { system: `model:${runId}`, queryNumbers: null, fusionWeight: 0.5 };
    const exported = await runs.exportedRun('one', what);
    // The second query is not done.
    expect(exported).toMatchObject({ system: 'cross-encoder', provenance });
    expect(exported.rankings.map(({ query }) => query.queryId)).toEqual(['q0']);
    expect(exported.rankings[0]?.documents).toEqual([
      {
        docId: 'd1',
        text: 'the moon pulls',
        ...{ rank: 1, index: 2, score: 2, logit: 2, relevance: 1 / (1 + Math.exp(-2)) },
        ...{ firstStageScore: 7, grade: 2, tokens: 5 },
      },
      {
        docId: 'd2',
        text: 'tides rise',
        ...{ rank: 2, index: 0, score: 0, logit: 0, relevance: 0.5 },
        ...{ firstStageScore: 9, grade: null, tokens: 5 },
      },
      expect.objectContaining({ docId: 'd0', title: 'Zero', rank: 3, index: 1, score: -1 }),
      {
        docId: 'd3',
        text: 'the moon pulls',
        ...{ rank: 4, index: 3, score: expect.any(Number), logit: null, relevance: null },
        ...{ firstStageScore: 6, grade: null, tokens: 0 },
      },
    ]);

    const trec = await runs.exportRun('one', what, 'trec-run', { topK: 2 });
    expect(trec.name).toBe('Sample.cross-encoder.run');
    expect(trec.text).toBe('q0 Q0 d1 1 2 cross-encoder\nq0 Q0 d2 2 0 cross-encoder\n');
    const csv = await runs.exportRun('one', what, 'csv', { topK: 1 });
    expect(csv.text).toContain('the moon pulls');
  });

  it('is the first stage, of the queries asked for', async () => {
    const runs = runsOf(new MemoryCollection(scored));
    const what = { system: 'first-stage', queryNumbers: [1], fusionWeight: 0.5 };
    expect(await runs.exportedRun('one', what)).toMatchObject({
      system: 'first-stage',
      provenance: null,
      rankings: [{ query: { queryId: 'q1' }, documents: [{ docId: 'd1', score: 1, logit: null }] }],
    });
    const unknown = runs.exportedRun('one', { ...what, system: 'model:gone' });
    await expect(unknown).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
