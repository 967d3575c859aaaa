import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type {
  EvaluatedQuery,
  MetricFigures,
  PairedComparison,
  SystemFigures,
} from '../core/evaluation-types.ts';
import { type EvaluationReport, evaluationJson, evaluationMarkdown } from './evaluation-report.ts';

const comparison: PairedComparison = {
  difference: { mean: 0.125, low: -0.00001, high: 0.25 },
  pValue: 0.03125,
  wins: 5,
  ties: 1,
  losses: 2,
};

function figures(mean: number, compared: PairedComparison | null): MetricFigures {
  return { mean, low: mean - 0.1, high: mean + 0.1, perQuery: [0, mean * 2], comparison: compared };
}

function system(
  key: string,
  kind: SystemFigures['kind'],
  label: string,
  ndcg: MetricFigures,
): SystemFigures {
  const metrics = { 'nDCG@10': ndcg, 'RR@10': figures(0.5, ndcg.comparison) };
  return { key, kind, runId: null, label, metrics, firstRelevantRanks: [1, null] };
}

const query = (queryId: string): EvaluatedQuery => ({
  queryId,
  text: 'what',
  relevant: 3,
  judged: 20,
  candidates: 100,
});

const report: EvaluationReport = {
  collection: {
    name: 'dl19 | *test*\n# not a heading',
    documents: 4110,
    queries: 43,
    candidates: 4300,
    judgements: 9260,
    firstStageTag: 'Anserini',
  },
  evaluation: {
    settings: {
      metrics: ['nDCG@10', 'RR@10'],
      relevantFrom: 2,
      baseline: 'first-stage',
      fusionWeight: 0.7,
    },
    queries: [query('q1'), query('q2')],
    pendingQueries: 4,
    unjudgedQueries: 157,
    systems: [
      system('first-stage', 'first-stage', 'Anserini', figures(0.5058, null)),
      system('bm25', 'bm25', 'bm25', figures(0.4, { ...comparison, pValue: 0.00002 })),
      system('model:r1', 'model', 'owner/some|model_v2', figures(0.6308, comparison)),
    ],
    runs: [
      {
        runId: 'r1',
        depths: [
          { depth: 10, value: 0.55, latencyMs: 120.4 },
          { depth: 100, value: 0.6308, latencyMs: null },
        ],
        distribution: {
          edges: [-1, 0, 1],
          relevant: [0, 6],
          notRelevant: [30, 4],
          threshold: { logit: 1.5, relevance: 0.8176, precision: 0.6, recall: 1, f1: 0.75 },
          auc: 0.9,
        },
      },
    ],
  },
  runs: [
    {
      runId: 'r1',
      tag: 'owner/some|model_v2',
      provenance: {
        model: 'owner/some|model_v2',
        revision: 'abc123',
        dtype: 'q8',
        device: 'wasm',
        adapter: null,
        threads: 4,
        maxLength: 512,
        longDocuments: 'max',
        depth: 100,
        titles: true,
        browser: 'Chromium 156',
        createdAt: Date.UTC(2026, 10, 2),
      },
      scoredPairs: 4000,
      cachedPairs: 300,
      scoringMs: 65_432,
    },
    {
      runId: 'r2',
      tag: 'monoT5',
      provenance: null,
      scoredPairs: 0,
      cachedPairs: 0,
      scoringMs: 0,
    },
  ],
  machine: { browser: 'Chromium 157', cores: 8, adapter: null, memoryGb: 8 },
  app: { version: '0.1.0' },
  createdAt: Date.UTC(2026, 10, 3, 12),
};

describe('evaluationMarkdown', () => {
  const markdown = evaluationMarkdown(report);
  const lines = markdown.split('\n');

  it('shows means of all systems by metric', () => {
    expect(lines).toContain('| System | nDCG@10 | RR@10 |');
    expect(lines).toContain('| first-stage: Anserini | 0.5058 | 0.5000 |');
    expect(lines).toContain('| bm25 | 0.4000 | 0.5000 |');
  });

  it('shows each difference with interval, p and counts, and none for the baseline', () => {
    expect(lines).toContain(
      '| first-stage: Anserini | 0.5058 | 0.4058 to 0.6058 | baseline |  |  |  |',
    );
    // What rounds to nothing has no sign.
    expect(lines).toContain(
      '| model: owner/some\\|model_v2 | 0.6308 | 0.5308 to 0.7308 | +0.1250 | 0.0000 to +0.2500 | 0.0313 | 5 / 1 / 2 |',
    );
    expect(markdown).toContain('| < 0.0001 | 5 / 1 / 2 |');
    expect(markdown).toContain('Differences are against first-stage: Anserini');
  });

  it('says what was measured, and what was left out', () => {
    expect(markdown).toContain('4,110 documents, 43 queries, 4,300 candidates, 9,260 judgements');
    expect(markdown).toContain(
      'Queries that count: 2, with 40 judged documents, of which 6 relevant',
    );
    expect(markdown).toContain('a run has not finished them: 4');
    expect(markdown).toContain('Queries without judgements: 157');
  });

  it('says with what: machine, model, revision, weights, device, depth, lengths', () => {
    for (const part of [
      'Crossrank 0.1.0 on 2026-11-03T12:00:00.000Z',
      'Browser: Chromium 157',
      'Processor cores: 8; memory: 8 GiB or more',
      'GPU adapter: none',
      'revision abc123',
      'Weights: q8 on wasm, adapter none, 4 threads',
      'Depth: 100 candidates per query; longest pair: 512 tokens; long documents: max; titles before the texts: yes',
      '4,000 scored in 65.4 s, 300 taken from earlier runs',
      'Scored on 2026-11-02T00:00:00.000Z in Chromium 156',
      'Imported runs, scored elsewhere: monoT5.',
    ]) {
      expect(markdown).toContain(part);
    }
  });

  it('shows depths and the threshold of each run', () => {
    expect(lines).toContain('| Depth | nDCG@10 | ms per query |');
    expect(lines).toContain('| 10 | 0.5500 | 120 |');
    expect(lines).toContain('| 100 | 0.6308 | not measured |');
    expect(markdown).toContain(
      'logit 1.500 (relevance 0.8176), precision 0.6000, recall 1.0000, F1 0.7500. Area under the ROC curve: 0.9000.',
    );
  });

  it('warns of untuned fusion, many tests and few queries', () => {
    expect(markdown).toContain('The weight of the fusion, 0.7, was not tuned');
    expect(markdown).toContain('The table holds 4 tests without correction');
    expect(markdown).toContain('2 queries are few');
  });

  it('lets no name break a line, a table or the document', () => {
    expect(lines[0]).toBe('# Evaluation: dl19 \\| \\*test\\* # not a heading');
    const columns = lines
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split(/(?<!\\)\|/).length - 2);
    expect(new Set(columns)).toEqual(new Set([3, 7]));
  });

  it('names the numbers that the statistics really use', () => {
    const source = readFileSync(new URL('../core/significance.ts', import.meta.url), 'utf8');
    for (const constant of ['resamples = 10_000', 'exactUpTo = 14']) {
      expect(source).toContain(`const ${constant};`);
    }
    expect(source).toContain('[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]');
    expect(readFileSync(new URL('../core/fusion.ts', import.meta.url), 'utf8')).toContain('k = 60');
  });

  it('does without runs, thresholds and a named first stage', () => {
    const { evaluation, collection } = report;
    const [run] = evaluation.runs;
    const empty = { edges: [0, 1], relevant: [0], notRelevant: [0], threshold: null, auc: null };
    const runs = run === undefined ? [] : [{ ...run, distribution: empty }];
    const written = evaluationMarkdown({
      ...report,
      collection: { ...collection, firstStageTag: null },
      evaluation: { ...evaluation, runs },
      runs: [],
      machine: { ...report.machine, memoryGb: null },
    });
    expect(written).toContain('First stage: not named');
    expect(written).toContain('No threshold: no relevant document was scored.');
    expect(written).toContain('memory: not told');
    expect(written).not.toMatch(/undefined|null|NaN/);
  });
});

describe('evaluationJson', () => {
  it('is versioned and holds everything, values per query included', () => {
    const { crossrank, version, created, ...rest } = JSON.parse(evaluationJson(report));
    expect({ crossrank, version, created }).toEqual({
      crossrank: 'evaluation',
      version: 1,
      created: '2026-11-03T12:00:00.000Z',
    });
    expect(rest).toEqual(report);
    expect(rest.evaluation.systems[2].metrics['nDCG@10'].perQuery).toEqual([0, 1.2616]);
  });
});
