import type { Bm25Index } from '../core/bm25.ts';
import { RerankError } from '../core/errors.ts';
import type {
  EvaluatedQuery,
  Evaluation,
  EvaluationSettings,
  Metric,
  MetricFigures,
  SystemFigures,
} from '../core/evaluation-types.ts';
import { metricName, parseMetric } from '../core/metrics.ts';
import { comparePaired, estimateMean } from '../core/significance.ts';
import type { RunSummary } from './collection.ts';
import { bm25Depth, candidatesOf, isScored, systemsOf } from './collection-systems.ts';
import type { CollectionsCall } from './collections-api.ts';
import {
  addQuery,
  addRunQuery,
  type JudgedQuery,
  type LoadedRun,
  type Measures,
  runFiguresOf,
  startRunTally,
  startTally,
} from './evaluation-tallies.ts';
import { Pauses } from './pauses.ts';
import type { OpenCollection } from './stored-collection.ts';

/**
 * Measures first stage, BM25, runs and fusions over the queries that count: judged ones that all
 * these model runs have finished. Orders are trec_eval's.
 *
 * A baseline that is not among the systems (the first stage where BM25 finds the candidates, a run
 * that is not shown) is replaced by the first system; the settings that come back say so.
 *
 * The distribution is of judged documents; but where no query that counts has a judgement below
 * `relevantFrom` (SQuAD, MS MARCO: only the right answer is marked), there would be nothing to
 * compare with, and candidates without judgement count as not relevant.
 * @param buildIndex gives BM25's index of the collection
 * @throws RerankError `invalid-request` for settings out of range, `aborted`
 */
export async function evaluateCollection(
  collection: OpenCollection,
  buildIndex: () => Promise<Bm25Index>,
  settings: EvaluationSettings,
  runs: readonly RunSummary[],
  { signal, onProgress }: CollectionsCall,
): Promise<Evaluation> {
  const { metrics, settings: asked } = checkSettings(settings);
  const index = await buildIndex();
  const pauses = new Pauses(signal);
  const loaded: LoadedRun[] = [];
  for (const run of runs) loaded.push({ run, queries: await collection.runQueries(run.runId) });
  const systems = systemsOf(collection.summary, runs);
  const baseline =
    systems.find(({ key }) => key === asked.baseline)?.key ?? systems[0]?.key ?? asked.baseline;
  const measures = { metrics, settings: { ...asked, baseline } };

  const judged = judgedQueries(collection, asked.relevantFrom);
  const modelRuns = loaded.filter(({ run }) => run.kind === 'model');
  const counting = judged.filter(({ number }) =>
    modelRuns.every(({ queries }) => isScored(queries[number])),
  );
  const tallies = systems.map((system) => startTally(system, loaded, metrics));
  const runTallies = modelRuns.map((run) => startRunTally(run, counting));
  const othersCount = counting.every(({ judgements }) =>
    [...judgements.values()].every((grade) => grade >= asked.relevantFrom),
  );

  // Going through the queries is one half of the work, the statistics of each system the other.
  const report = (queriesDone: number, systemsDone: number): void => {
    const share = counting.length === 0 ? 1 : queriesDone / counting.length;
    const done = Math.floor((systems.length * share + systemsDone) / 2);
    onProgress?.({ type: 'progress', step: 'evaluating', done, total: systems.length });
  };
  const depth = Math.max(bm25Depth, ...modelRuns.map(({ run }) => run.settings?.depth ?? 0));
  const queries: EvaluatedQuery[] = [];
  for (const query of counting) {
    report(queries.length, 0);
    if (pauses.due) await pauses.take();
    const candidates = candidatesOf(collection, index, query.number, depth);
    for (const tally of tallies) {
      addQuery(tally, collection.docIds, candidates, query, measures);
      if (pauses.due) await pauses.take();
    }
    for (const tally of runTallies) {
      addRunQuery(tally, collection.docIds, candidates, query, measures, othersCount);
      if (pauses.due) await pauses.take();
    }
    const { queryId, text, relevant, judged: judgedDocuments } = query;
    const found = candidates.documents.length;
    queries.push({ queryId, text, relevant, judged: judgedDocuments, candidates: found });
  }

  const baselineTally = tallies.find(({ system }) => system.key === baseline);
  const figures: SystemFigures[] = [];
  for (const tally of tallies) {
    report(counting.length, figures.length);
    const named: [string, MetricFigures][] = [];
    for (const [at, metric] of metrics.entries()) {
      await pauses.take();
      const values = tally.values[at] ?? [];
      const others = tally === baselineTally ? undefined : baselineTally?.values[at];
      named.push([metricName(metric), figuresOf(values, others)]);
    }
    const { system, firstRelevantRanks } = tally;
    const { key, kind, label } = system;
    const runId = system.run?.runId ?? null;
    figures.push({
      key,
      kind,
      runId,
      label,
      metrics: Object.fromEntries(named),
      firstRelevantRanks,
    });
  }
  report(counting.length, systems.length);
  return {
    settings: measures.settings,
    queries,
    pendingQueries: judged.length - counting.length,
    unjudgedQueries: collection.queries.length - judged.length,
    systems: figures,
    runs: runTallies.map((tally) => runFiguresOf(tally, counting.length)),
  };
}

function checkSettings(settings: EvaluationSettings): Measures {
  const metrics = new Map<string, Metric>();
  for (const name of settings.metrics) {
    const metric = parseMetric(name);
    if (metric === null) {
      throw new RerankError(
        'invalid-request',
        `There is no metric ${name.slice(0, 80)}; write nDCG@10, RR@10, AP, P@5, R@100 or Success@1.`,
      );
    }
    metrics.set(metricName(metric), metric);
  }
  const { relevantFrom, fusionWeight } = settings;
  if (metrics.size === 0) {
    throw new RerankError('invalid-request', 'Nothing is to be measured; choose a metric.');
  }
  if (!(Number.isSafeInteger(relevantFrom) && relevantFrom >= 1)) {
    throw new RerankError(
      'invalid-request',
      `Documents are relevant from a whole grade of at least 1 on, not ${relevantFrom}.`,
    );
  }
  if (!(fusionWeight >= 0 && fusionWeight <= 1)) {
    throw new RerankError(
      'invalid-request',
      `The weight of a fusion is 0 to 1, not ${fusionWeight}.`,
    );
  }
  return {
    metrics: [...metrics.values()],
    settings: { ...settings, metrics: [...metrics.keys()] },
  };
}

/** Without the number of candidates, which may take BM25 to know. */
function judgedQueries(
  { queries, qrels }: OpenCollection,
  relevantFrom: number,
): readonly JudgedQuery[] {
  return queries.flatMap(({ queryId, text }, number) => {
    const judgements = qrels.get(queryId);
    if (judgements === undefined || judgements.size === 0) return [];
    const relevant = [...judgements.values()].filter((grade) => grade >= relevantFrom).length;
    const judged = judgements.size;
    return [{ number, queryId, text, judgements, judged, relevant, candidates: 0 }];
  });
}

/** @param baseline values of the baseline; absent for the baseline itself */
function figuresOf(values: readonly number[], baseline?: readonly number[]): MetricFigures {
  return {
    ...estimateMean(values),
    perQuery: values,
    comparison: baseline === undefined ? null : comparePaired(values, baseline),
  };
}
