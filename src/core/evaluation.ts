import { RerankError } from './errors.ts';
import type { Metric } from './evaluation-types.ts';
import { metricName, metricValue, orderAsTrecEval, parseMetric } from './metrics.ts';
import type { Qrels, Run } from './types.ts';

/** What to measure, and over which queries. */
export interface EvaluateOptions {
  /** Names such as `nDCG@10`, `RR@10`, `AP`, `P@5`, `R@100`, `Success@1`. */
  readonly metrics: readonly string[];
  /** Grades from this one on are relevant, for all but nDCG. Whole number >= 1, default 1. */
  readonly relevantFrom?: number;
  /**
   * What becomes of a judged query for which the run ranks nothing. Default `zero`: it counts as
   * 0, as with trec_eval's `-c`. `skip`: it does not count, as without it.
   */
  readonly missingQueries?: 'zero' | 'skip';
  /** Only these queries, in this order. Default: all judged ones, in the order of the qrels. */
  readonly queryIds?: readonly string[];
}

/** A run's figures. */
export interface RunEvaluation {
  /** The queries that count. A query without judgements never does, as in trec_eval. */
  readonly queryIds: readonly string[];
  /** By the metric's one name (`nDCG@10`, however it was written), 0..1; 0 without queries. */
  readonly means: Readonly<Record<string, number>>;
  /** By the metric's one name, then by place in `queryIds`, 0..1. */
  readonly perQuery: Readonly<Record<string, readonly number[]>>;
}

/**
 * Measures a run against judgements, with the numbers of trec_eval: `metricValue` has the
 * definitions, `orderAsTrecEval` the order of ties.
 * @throws RerankError `invalid-request` for an unknown metric or a `relevantFrom` out of range
 */
export function evaluateRun(run: Run, qrels: Qrels, options: EvaluateOptions): RunEvaluation {
  const metrics = options.metrics.map(requireMetric);
  const relevantFrom = options.relevantFrom ?? 1;
  if (!(Number.isSafeInteger(relevantFrom) && relevantFrom >= 1)) {
    throw new RerankError(
      'invalid-request',
      `relevantFrom is a grade, a whole number from 1 on, not ${relevantFrom}.`,
    );
  }
  const ranks = (queryId: string): boolean => (run.rankings.get(queryId)?.length ?? 0) > 0;
  const queryIds = [...new Set(options.queryIds ?? qrels.keys())].filter(
    (queryId) =>
      (qrels.get(queryId)?.size ?? 0) > 0 && (options.missingQueries !== 'skip' || ranks(queryId)),
  );
  const rankedDocIds = queryIds.map((queryId) =>
    orderAsTrecEval(run.rankings.get(queryId) ?? []).map(({ docId }) => docId),
  );
  const perQuery: Record<string, readonly number[]> = {};
  const means: Record<string, number> = {};
  for (const metric of metrics) {
    const name = metricName(metric);
    const values = queryIds.map((queryId, index) =>
      metricValue(metric, rankedDocIds[index] ?? [], qrels.get(queryId) ?? new Map(), relevantFrom),
    );
    perQuery[name] = values;
    means[name] = values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  }
  return { queryIds, means, perQuery };
}

function requireMetric(name: string): Metric {
  const metric = parseMetric(name);
  if (metric !== null) return metric;
  throw new RerankError(
    'invalid-request',
    `There is no metric "${name}". There are nDCG@k, RR, RR@k, AP, AP@k, P@k, R, R@k and ` +
      'Success@k, where k is a whole number from 1 on: write nDCG@10, for instance.',
  );
}
