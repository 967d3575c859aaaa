import { describe, expect, test } from 'vitest';
import { loadedOnWasm, timingsOf } from '../engine/result-samples.ts';
import { readRankings } from '../io/ranking-records.ts';
import { exportedRunOf, exportResult } from './export-result.ts';
import type { Result } from './store.ts';

/** Three documents; the second has not been scored by the model. */
const result: Result = {
  runNumber: 1,
  query: 'loans for students',
  documents: ['a loan', 'a river', 'money for students'],
  reading: { longDocuments: 'max', maxLength: 512 },
  trap: null,
  logits: Float64Array.of(-1, Number.NaN, 2.5),
  cascade: null,
  tokens: Int32Array.of(7, 0, 8),
  truncated: [false, false, false],
  passages: [null, null, null],
  bm25Scores: Float64Array.of(1.25, 0, 0.5),
  bm25Failure: null,
  collection: null,
  done: 2,
  model: { ...loadedOnWasm, maxLength: 256 },
  timings: null,
};

describe('a result on its way out', () => {
  test("follows the model's order, and keeps what was not scored at the end", () => {
    const { rankings, provenance, system } = exportedRunOf(result, 'cross-encoder');
    expect(system).toBe('cross-encoder');
    expect(rankings[0]?.documents.map(({ docId, score, logit }) => [docId, score, logit])).toEqual([
      ['d3', 2.5, 2.5],
      ['d1', -1, -1],
      ['d2', -2, null],
    ]);
    // The model reads no more than it can.
    expect(provenance).toMatchObject({ model: 'crossrank-tiny-en-zh', maxLength: 256, depth: 3 });
  });

  test('names no model for an order that no model made', () => {
    const { rankings, provenance } = exportedRunOf(result, 'bm25');
    expect(provenance).toBeNull();
    expect(rankings[0]?.documents.map(({ docId, score }) => [docId, score])).toEqual([
      ['d1', 1.25],
      ['d3', 0.5],
      ['d2', 0],
    ]);
  });

  test('becomes a TREC run that reads as it is ranked', async () => {
    const file = await exportResult(result, 'cross-encoder', 'trec-run', { topK: 2 });
    expect(file.name).toBe('loans-for-students.cross-encoder.run');
    expect(file.text.trim().split('\n')).toEqual([
      'q1 Q0 d3 1 2.5 cross-encoder',
      'q1 Q0 d1 2 -1 cross-encoder',
    ]);
  });

  describe('of two models', () => {
    const { model } = result;
    if (model === null) throw new Error('The result has a model.');
    const timings = timingsOf({});
    /** The second and the third document were scored again, on another scale. */
    const cascaded: Result = {
      ...result,
      documents: ['a loan', 'a river', 'money for students', 'green paper'],
      logits: Float64Array.of(5, -7, -2, 4),
      tokens: Int32Array.of(7, 6, 8, 5),
      truncated: [false, false, false, false],
      passages: [null, null, null, null],
      bm25Scores: null,
      model: { ...model, model: 'strong' },
      timings,
      cascade: {
        fast: 'fast',
        strong: 'strong',
        depth: 2,
        stages: ['fast', 'strong', 'strong', 'fast'],
        fastLogits: Float64Array.of(5, 9, 8, 4),
        fastTokens: Int32Array.of(7, 6, 8, 5),
        fastRun: { model: { ...model, model: 'fast' }, timings },
        strongFailure: null,
      },
    };

    test('has the order that is shown and the scores of one model', () => {
      const { rankings, provenance, system } = exportedRunOf(cascaded, 'cross-encoder');
      expect(system).toBe('cascade');
      const fields = rankings[0]?.documents.map(({ docId, score, logit, firstStageScore }) => [
        docId,
        score,
        logit,
        firstStageScore,
      ]);
      expect(fields).toEqual([
        ['d3', -2, -2, 8],
        ['d2', -7, -7, 9],
        ['d1', -8, null, 5],
        ['d4', -9, null, 4],
      ]);
      expect(provenance).toMatchObject({ model: 'strong', depth: 2, firstStage: 'fast v0 q8' });
    });

    test('comes back from JSON as it went, and as a run in its order', async () => {
      const sent = exportedRunOf(cascaded, 'cross-encoder');
      const json = await exportResult(cascaded, 'cross-encoder', 'json', { topK: null });
      const read = readRankings(JSON.parse(json.text));
      expect(read?.rankings).toEqual(sent.rankings);
      expect(read?.provenance?.firstStage).toBe('fast v0 q8');
      const run = await exportResult(cascaded, 'cross-encoder', 'trec-run', { topK: null });
      expect(run.text.trim().split('\n')).toEqual([
        'q1 Q0 d3 1 -2 cascade',
        'q1 Q0 d2 2 -7 cascade',
        'q1 Q0 d1 3 -8 cascade',
        'q1 Q0 d4 4 -9 cascade',
      ]);
    });

    test('is a run of the fast model where the strong one failed', () => {
      if (cascaded.cascade === null) throw new Error('There are two models.');
      const { rankings, provenance, system } = exportedRunOf(
        {
          ...cascaded,
          logits: cascaded.cascade.fastLogits,
          model: { ...model, model: 'fast' },
          cascade: {
            ...cascaded.cascade,
            stages: ['fast', 'fast', 'fast', 'fast'],
            strongFailure: { code: 'out-of-memory', detail: '' },
          },
        },
        'cross-encoder',
      );
      expect(system).toBe('cross-encoder');
      expect(rankings[0]?.documents.map(({ docId, logit }) => [docId, logit])).toEqual([
        ['d2', 9],
        ['d3', 8],
        ['d1', 5],
        ['d4', 4],
      ]);
      expect(provenance).toMatchObject({ model: 'fast', depth: 4 });
      expect(provenance).not.toHaveProperty('firstStage');
    });
  });
});
