import { describe, expect, test } from 'vitest';
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
  tokens: Int32Array.of(7, 0, 8),
  truncated: [false, false, false],
  passages: [null, null, null],
  bm25Scores: Float64Array.of(1.25, 0, 0.5),
  bm25Failure: null,
  collection: null,
  done: 2,
  model: {
    model: 'crossrank-tiny-en-zh',
    revision: 'v0',
    dtype: 'q8',
    device: 'wasm',
    adapter: null,
    softwareAdapter: false,
    threads: 2,
    maxLength: 256,
    selfTest: null,
    stepDowns: [],
  },
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
});
