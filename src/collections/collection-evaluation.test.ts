import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EvaluationSettings } from '../core/evaluation-types.ts';
import type { Provenance } from '../io/export-types.ts';
import type { RunSettings } from './collection.ts';
import { CollectionRuns } from './collection-runs.ts';
import {
  MemoryCollection,
  MemoryScoreRecords,
  type SampleCollection,
} from './collection-samples.ts';
import type { CollectionsEvent } from './collections-api.ts';

const provenance: Provenance = {
  ...{ model: 'm', revision: 'r', dtype: 'q8', device: 'wasm', adapter: null, threads: 1 },
  ...{ maxLength: 512, longDocuments: 'max', depth: 3, titles: false, browser: '', createdAt: 0 },
};
const runSettings: RunSettings = {
  ...{ depth: 2, queryLimit: null, titles: false, longDocuments: 'max', maxLength: 512 },
};
const settings: EvaluationSettings = {
  metrics: ['RR@10', 'P@1'],
  relevantFrom: 1,
  baseline: 'first-stage',
  fusionWeight: 0.5,
};

const sample: SampleCollection = {
  documents: ['a', 'b', 'c', 'd'].map((docId) => ({ docId, text: `text ${docId}` })),
  queries: ['q0', 'q1', 'q2', 'q3'].map((queryId) => ({ queryId, text: `query ${queryId}` })),
  // Of equal scores trec_eval takes the larger id first: c before b.
  candidates: [
    [
      ['a', 3],
      ['b', 2],
      ['c', 2],
    ],
    [
      ['a', 3],
      ['b', 2],
      ['c', 1],
    ],
    [['a', 3]],
    [['a', 3]],
  ],
  qrels: { q0: { b: 1, a: 0 }, q1: { c: 2, d: 1 }, q2: { d: 1 } },
};

function libraryOf(collection: MemoryCollection): CollectionRuns {
  return new CollectionRuns(async () => collection, new MemoryScoreRecords());
}

/** Begins a run and keeps these logits, 10 tokens each, 2 ms per token; null: not scored. */
async function scoreAll(
  runs: CollectionRuns,
  logits: readonly (readonly number[] | null)[],
  changed: Partial<RunSettings> = {},
): Promise<string> {
  const { runId } = await runs.createRun('sample', { ...runSettings, ...changed }, 'model');
  for (const [number, values] of logits.entries()) {
    if (values === null) continue;
    await runs.keepScores(
      'sample',
      runId,
      number,
      [...values.keys()],
      {
        logits: Float64Array.from(values),
        tokens: Int32Array.from(values, () => 10),
        truncated: values.map(() => false),
        scoringMs: 20 * values.length,
      },
      provenance,
    );
  }
  return runId;
}

describe('an evaluation', () => {
  it('without runs is of all judged queries, those that find nothing with 0', async () => {
    const runs = libraryOf(new MemoryCollection(sample));
    const evaluation = await runs.evaluate('sample', settings, null);
    expect(evaluation.queries).toEqual([
      { queryId: 'q0', text: 'query q0', relevant: 1, judged: 2, candidates: 3 },
      { queryId: 'q1', text: 'query q1', relevant: 2, judged: 2, candidates: 3 },
      { queryId: 'q2', text: 'query q2', relevant: 1, judged: 1, candidates: 1 },
    ]);
    expect(evaluation).toMatchObject({ pendingQueries: 0, unjudgedQueries: 1, runs: [], settings });
    const [first, bm25] = evaluation.systems;
    expect(first).toMatchObject({ key: 'first-stage', firstRelevantRanks: [3, 3, null] });
    expect(Object.keys(first?.metrics ?? {})).toEqual(['RR@10', 'P@1']);
    expect(first?.metrics['RR@10']?.perQuery).toEqual([1 / 3, 1 / 3, 0]);
    expect(first?.metrics['RR@10']?.mean).toBeCloseTo(2 / 9, 12);
    expect(first?.metrics['RR@10']?.comparison).toBeNull();
    // No word is shared, so all are tied.
    expect(bm25?.firstRelevantRanks).toEqual([2, 1, null]);
    expect(bm25?.metrics['RR@10']?.comparison).toMatchObject({ wins: 2, ties: 1, losses: 0 });
  });

  it('is of the queries that all model runs shown have finished', async () => {
    const runs = libraryOf(new MemoryCollection(sample));
    const one = await scoreAll(runs, [[1, 2], [1, 2], null, null]);
    const two = await scoreAll(runs, [[1, 2], null, [5], null]);
    const ids = async (runIds: string[] | null) => {
      const { queries, pendingQueries } = await runs.evaluate('sample', settings, runIds);
      return [queries.map(({ queryId }) => queryId), pendingQueries];
    };
    expect(await ids([one])).toEqual([['q0', 'q1'], 1]);
    expect(await ids([two])).toEqual([['q0', 'q2'], 1]);
    expect(await ids(null)).toEqual([['q0'], 2]);
    expect(await ids([])).toEqual([['q0', 'q1', 'q2'], 0]);
  });

  it('compares a model and its fusions with the baseline', async () => {
    const runs = libraryOf(new MemoryCollection(sample));
    const runId = await scoreAll(runs, [[1, 2], [1, 2], [1], null]);
    const { systems } = await runs.evaluate('sample', settings, [runId]);
    expect(systems.map(({ key }) => key)).toEqual([
      'first-stage',
      'bm25',
      `model:${runId}`,
      `rrf:${runId}`,
      `weighted:${runId}`,
    ]);
    const model = systems[2];
    expect(model).toMatchObject({ kind: 'model', runId, label: 'model' });
    expect(model?.firstRelevantRanks).toEqual([1, 3, null]);
    expect(model?.metrics['RR@10']?.perQuery).toEqual([1, 1 / 3, 0]);
    expect(model?.metrics['RR@10']?.comparison).toMatchObject({ wins: 1, ties: 2, losses: 0 });
    expect(model?.metrics['RR@10']?.comparison?.difference.mean).toBeCloseTo(2 / 9, 12);
    // Grade 2 is at place 3, grade 1 is no longer relevant.
    const strict = await runs.evaluate('sample', { ...settings, relevantFrom: 2 }, [runId]);
    expect(strict.systems[2]?.firstRelevantRanks).toEqual([null, 3, null]);
    expect(strict.queries.map(({ relevant }) => relevant)).toEqual([0, 1, 0]);
  });

  it('says what depth is worth, time shared out by tokens', async () => {
    const depth = 7;
    const documents = Array.from({ length: depth + 1 }, (_, at) => ({
      docId: `d${at}`,
      text: `${at}`,
    }));
    const runs = libraryOf(
      new MemoryCollection({
        documents,
        queries: [{ queryId: 'q', text: 'query' }],
        candidates: [documents.map(({ docId }) => docId)],
        qrels: { q: { d6: 1, d0: 0 } },
      }),
    );
    const runId = await scoreAll(runs, [[0, 1, 2, 3, 4, 5, 6]], { depth });
    const { runs: figures } = await runs.evaluate('sample', settings, null);
    expect(figures).toMatchObject([
      {
        runId,
        depths: [
          { depth: 5, value: 1 / 7, latencyMs: 100 },
          { depth: 7, value: 1, latencyMs: 140 },
        ],
      },
    ]);
    // All from the cache: nothing was measured.
    const again = await runs.createRun('sample', { ...runSettings, depth: 20 }, 'model');
    await runs.queryToScore('sample', again.runId, 0, provenance);
    const last = { logits: Float64Array.of(9), tokens: Int32Array.of(0), truncated: [false] };
    await runs.keepScores('sample', again.runId, 0, [7], { ...last, scoringMs: 0 }, provenance);
    const cached = await runs.evaluate('sample', settings, [again.runId]);
    expect(cached.runs[0]?.depths).toMatchObject([
      { depth: 5, latencyMs: null },
      { depth: 20, value: 1 / 2, latencyMs: null },
    ]);
  });

  it('has the logits of judged documents, and of all where only right answers are marked', async () => {
    const judged = libraryOf(new MemoryCollection(sample));
    const runId = await scoreAll(judged, [[1, 2], [3, 4], [5], null]);
    const count = (bins: readonly number[] | undefined) => bins?.reduce((sum, n) => sum + n, 0);
    const some = (await judged.evaluate('sample', settings, [runId])).runs[0]?.distribution;
    // b is relevant, a is judged; the others have no judgement.
    expect([count(some?.relevant), count(some?.notRelevant)]).toEqual([1, 1]);
    expect(some).toMatchObject({ auc: 1, threshold: { logit: 2, f1: 1 } });

    const marked = { ...sample, qrels: { q0: { b: 1 }, q1: { c: 1 } } };
    const sparse = libraryOf(new MemoryCollection(marked));
    const sparseId = await scoreAll(sparse, [[1, 2], [3, 4], null, null]);
    const all = (await sparse.evaluate('sample', settings, [sparseId])).runs[0]?.distribution;
    expect([count(all?.relevant), count(all?.notRelevant)]).toEqual([1, 3]);
    expect(all?.auc).toBeCloseTo(1 / 3, 12);
  });

  it('takes BM25 as first stage where it finds the candidates, and says so', async () => {
    const { candidates: _, ...without } = sample;
    const runs = libraryOf(new MemoryCollection(without));
    const runId = await scoreAll(runs, [
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    const evaluation = await runs.evaluate('sample', settings, null);
    expect(evaluation.settings.baseline).toBe('bm25');
    expect(evaluation.systems.map(({ key }) => key)).toEqual([
      'bm25',
      `model:${runId}`,
      `rrf:${runId}`,
      `weighted:${runId}`,
    ]);
    expect(evaluation.systems[0]?.metrics['P@1']?.comparison).toBeNull();
    // All four documents are found.
    expect(evaluation.queries[0]?.candidates).toBe(4);
  });

  it('takes metrics by their one name, and refuses others', async () => {
    const runs = libraryOf(new MemoryCollection(sample));
    const evaluate = (changed: Partial<EvaluationSettings>, runIds: string[] | null = null) =>
      runs.evaluate('sample', { ...settings, ...changed }, runIds);
    const { systems } = await evaluate({ metrics: ['ndcg@3', 'nDCG@3'] });
    expect(Object.keys(systems[0]?.metrics ?? {})).toEqual(['nDCG@3']);
    const invalid = { code: 'invalid-request' };
    await expect(evaluate({ metrics: ['nDCG'] })).rejects.toMatchObject(invalid);
    await expect(evaluate({ metrics: [] })).rejects.toMatchObject(invalid);
    await expect(evaluate({ relevantFrom: 0 })).rejects.toMatchObject(invalid);
    await expect(evaluate({ fusionWeight: 1.5 })).rejects.toMatchObject(invalid);
    await expect(evaluate({}, ['gone'])).rejects.toMatchObject(invalid);
  });

  it('tells its progress, and can be stopped', async () => {
    const runs = libraryOf(new MemoryCollection(sample));
    const events: CollectionsEvent[] = [];
    await runs.evaluate('sample', settings, null, { onProgress: (event) => events.push(event) });
    const done = events.flatMap((event) => (event.step === 'evaluating' ? event.done : []));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(events.at(-1)).toEqual({ type: 'progress', step: 'evaluating', done: 2, total: 2 });

    const abort = new AbortController();
    const stopped = runs.evaluate('sample', settings, null, {
      signal: abort.signal,
      onProgress: ({ step }) => {
        if (step === 'evaluating') abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  });
});

const lists = new URL('../../../shared/eval/trec-dl19/first-stage-bm25.json', import.meta.url);
const judgements = new URL('../../../shared/eval/trec-dl19/qrels.txt', import.meta.url);

describe('TREC DL19', () => {
  it.skipIf(!existsSync(lists))('has the published figure of its BM25 list', async () => {
    const runs = libraryOf(readDl19());
    const evaluation = await runs.evaluate('sample', { ...settings, metrics: ['nDCG@10'] }, null);
    expect(evaluation.queries).toHaveLength(43);
    const [first] = evaluation.systems;
    expect(first?.metrics['nDCG@10']?.mean.toFixed(4)).toBe('0.5058');
  });
});

/** Taken as it is: the layout is that of the file which lies beside it. */
function readDl19(): MemoryCollection {
  const read = JSON.parse(readFileSync(lists, 'utf8')) as readonly {
    readonly query: string;
    readonly hits: readonly {
      readonly content: string;
      readonly qid: number;
      readonly docid: string;
      readonly score: number;
    }[];
  }[];
  const documents = new Map<string, string>();
  for (const { hits } of read) for (const { docid, content } of hits) documents.set(docid, content);
  const qrels: Record<string, Record<string, number>> = {};
  for (const line of readFileSync(judgements, 'utf8').trim().split('\n')) {
    const [queryId = '', , docId = '', grade] = line.split(/\s+/);
    qrels[queryId] = { ...qrels[queryId], [docId]: Number(grade) };
  }
  return new MemoryCollection({
    documents: Array.from(documents, ([docId, text]) => ({ docId, text })),
    queries: read.map(({ query, hits }) => ({ queryId: String(hits[0]?.qid), text: query })),
    candidates: read.map(({ hits }) => hits.map(({ docid, score }) => [docid, score] as const)),
    qrels,
  });
}
