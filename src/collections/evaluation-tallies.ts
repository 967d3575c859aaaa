import type {
  DepthPoint,
  EvaluatedQuery,
  EvaluationSettings,
  Metric,
  RunFigures,
} from '../core/evaluation-types.ts';
import { metricValue, orderAsTrecEval } from '../core/metrics.ts';
import { distributionOf } from '../core/score-distribution.ts';
import type { RunEntry } from '../core/types.ts';
import type { RunSummary } from './collection.ts';
import {
  isScored,
  modelEntries,
  type QueryCandidates,
  rankingOf,
  type System,
} from './collection-systems.ts';
import type { StoredRunQuery } from './stored-collection.ts';

/** Depths that a curve shows, as far as the run's depth and the candidates reach. */
const curveDepths = [5, 10, 20, 30, 50, 75, 100, 200, 300, 500, 750].concat([
  1000, 2000, 3000, 5000, 7500, 10_000,
]);

/** A run with what it has of the queries. */
export interface LoadedRun {
  readonly run: RunSummary;
  readonly queries: readonly (StoredRunQuery | null)[];
}

/** A judged query that counts. */
export interface JudgedQuery extends EvaluatedQuery {
  readonly number: number;
  readonly judgements: ReadonlyMap<string, number>;
}

/** What is gathered of a system while the queries pass by. */
export interface SystemTally {
  readonly system: System;
  readonly run: LoadedRun | null;
  /** By metric, then by query. */
  readonly values: readonly number[][];
  readonly firstRelevantRanks: (number | null)[];
}

/** What is gathered of a model run. */
export interface RunTally {
  readonly run: LoadedRun;
  readonly depths: readonly number[];
  /** By depth: sum of the first metric over the queries, and tokens of the pairs. */
  readonly values: number[];
  readonly tokens: number[];
  readonly relevantLogits: number[];
  readonly otherLogits: number[];
}

/** Settings as they were understood. */
export interface Measures {
  readonly settings: EvaluationSettings;
  readonly metrics: readonly Metric[];
}

/** Begins with no query. */
export function startTally(
  system: System,
  runs: readonly LoadedRun[],
  metrics: readonly Metric[],
): SystemTally {
  const run = runs.find(({ run: { runId } }) => runId === system.run?.runId) ?? null;
  return { system, run, values: metrics.map(() => []), firstRelevantRanks: [] };
}

/** Begins with no query; the depths reach as far as there are candidates, and the run's depth. */
export function startRunTally(run: LoadedRun, counting: readonly JudgedQuery[]): RunTally {
  const most = counting.reduce(
    (length, { number }) => Math.max(length, run.queries[number]?.documents.length ?? 0),
    0,
  );
  const depth = run.run.settings?.depth ?? most;
  const depths = [...curveDepths.filter((shown) => shown < depth && shown <= most), depth];
  return {
    run,
    depths,
    values: depths.map(() => 0),
    tokens: depths.map(() => 0),
    relevantLogits: [],
    otherLogits: [],
  };
}

/** Measures one query; a system that ranks nothing for it gets 0. */
export function addQuery(
  { system, run, values, firstRelevantRanks }: SystemTally,
  docIds: readonly string[],
  candidates: QueryCandidates,
  query: JudgedQuery,
  { metrics, settings }: Measures,
): void {
  const runQuery = run?.queries[query.number] ?? null;
  const entries = rankingOf(system, docIds, candidates, runQuery, settings.fusionWeight) ?? [];
  const ranked = rankedIds(entries);
  metrics.forEach((metric, at) => {
    values[at]?.push(metricValue(metric, ranked, query.judgements, settings.relevantFrom));
  });
  const first = ranked.findIndex(
    (docId) => (query.judgements.get(docId) ?? 0) >= settings.relevantFrom,
  );
  firstRelevantRanks.push(first === -1 ? null : first + 1);
}

/**
 * Adds one query to a run's curve and distribution.
 * @param othersCount whether documents without judgement count as not relevant
 */
export function addRunQuery(
  tally: RunTally,
  docIds: readonly string[],
  candidates: QueryCandidates,
  { number, judgements }: JudgedQuery,
  { metrics, settings }: Measures,
  othersCount: boolean,
): void {
  const runQuery = tally.run.queries[number];
  const [metric] = metrics;
  if (!isScored(runQuery) || metric === undefined) return;
  tally.depths.forEach((depth, at) => {
    const ranked = rankedIds(modelEntries(docIds, candidates, runQuery, depth));
    const value = metricValue(metric, ranked, judgements, settings.relevantFrom);
    tally.values[at] = (tally.values[at] ?? 0) + value;
    const tokens = runQuery.tokens.subarray(0, depth).reduce((sum, count) => sum + count, 0);
    tally.tokens[at] = (tally.tokens[at] ?? 0) + tokens;
  });
  runQuery.documents.forEach((document, place) => {
    const grade = judgements.get(docIds[document] ?? '');
    const logit = runQuery.scores[place] ?? Number.NaN;
    if ((grade ?? 0) >= settings.relevantFrom) tally.relevantLogits.push(logit);
    else if (grade !== undefined || othersCount) tally.otherLogits.push(logit);
  });
}

/**
 * What the queries came to.
 * @param queries number of those that were added
 */
export function runFiguresOf(tally: RunTally, queries: number): RunFigures {
  const perQuery = (sum: number | undefined): number => (sum ?? 0) / Math.max(1, queries);
  const msPerToken = msPerTokenOf(tally.run.queries);
  const depths = tally.depths.map(
    (depth, at): DepthPoint => ({
      depth,
      value: perQuery(tally.values[at]),
      latencyMs: msPerToken === null ? null : perQuery(tally.tokens[at]) * msPerToken,
    }),
  );
  const distribution = distributionOf(tally.relevantLogits, tally.otherLogits);
  return { runId: tally.run.run.runId, depths, distribution };
}

function rankedIds(entries: readonly RunEntry[]): readonly string[] {
  return orderAsTrecEval(entries).map(({ docId }) => docId);
}

/** Over all that was measured in the run; null where nothing was. */
function msPerTokenOf(queries: readonly (StoredRunQuery | null)[]): number | null {
  let ms = 0;
  let tokens = 0;
  for (const query of queries) {
    if (query?.scoringMs == null) continue;
    ms += query.scoringMs;
    tokens += query.scoredTokens;
  }
  return tokens === 0 ? null : ms / tokens;
}
