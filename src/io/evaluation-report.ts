import type { Evaluation, RunFigures, SystemFigures } from '../core/evaluation-types.ts';
import type { Provenance } from './export-types.ts';

/** An evaluation with all that somebody else needs to check it. */
export interface EvaluationReport {
  readonly collection: {
    readonly name: string;
    readonly documents: number;
    readonly queries: number;
    readonly candidates: number;
    readonly judgements: number;
    /** Null where not known. */
    readonly firstStageTag: string | null;
  };
  readonly evaluation: Evaluation;
  /** The model and imported runs that the evaluation shows. */
  readonly runs: readonly ReportedRun[];
  readonly machine: {
    /** User agent. */
    readonly browser: string;
    readonly cores: number;
    /** Name of the GPU adapter; null where there is none. */
    readonly adapter: string | null;
    /** GiB as the browser tells it (rounded, at most 8 in most); null where it does not. */
    readonly memoryGb: number | null;
  };
  readonly app: { readonly version: string };
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Which run, what made its scores, and what that took. */
export interface ReportedRun {
  readonly runId: string;
  /** The model's id, or the tag of the imported run. */
  readonly tag: string;
  /** Null for imported runs. */
  readonly provenance: Provenance | null;
  /** Pairs scored by the model, and taken from earlier runs instead. */
  readonly scoredPairs: number;
  readonly cachedPairs: number;
  /** Time that the model took for `scoredPairs`, in ms. */
  readonly scoringMs: number;
}

/**
 * The report as one JSON object, `{ crossrank: "evaluation", version: 1, ... }` with the fields of
 * `EvaluationReport`: everything, also the values of every query and of every depth.
 */
export function evaluationJson(report: EvaluationReport): string {
  const { app, createdAt, collection, machine, runs, evaluation } = report;
  const created = new Date(createdAt).toISOString();
  const file = { app, createdAt, created, collection, machine, runs, evaluation };
  return `${JSON.stringify({ crossrank: 'evaluation', version: 1, ...file }, null, 2)}\n`;
}

/**
 * The report as Markdown, in English whatever language the page has: what was measured and with
 * what, the systems by metric with intervals and tests, what depth is worth, thresholds, how it was
 * computed, and what to beware of. Names are escaped, so that none breaks a table.
 */
export function evaluationMarkdown(report: EvaluationReport): string {
  const { collection, evaluation, app, createdAt } = report;
  const blocks = [
    `# Evaluation: ${oneLine(collection.name)}`,
    `Made with Crossrank ${oneLine(app.version)} on ${new Date(createdAt).toISOString()}.`,
    '## What was measured',
    ...measuredBlocks(report),
    '## With what',
    ...machineBlocks(report),
    '## Results',
    ...resultBlocks(evaluation),
    ...evaluation.runs.flatMap((figures) => runBlocks(figures, report)),
    '## How it was computed',
    list(methodLines(evaluation)),
    '## What to beware of',
    list(caveatLines(evaluation)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function measuredBlocks({ collection, evaluation }: EvaluationReport): readonly string[] {
  const judged = sum(evaluation.queries.map((query) => query.judged));
  const relevant = sum(evaluation.queries.map((query) => query.relevant));
  return [
    list([
      `Collection: ${oneLine(collection.name)}, ${count(collection.documents, 'document')}, ${count(collection.queries, 'query', 'queries')}, ${count(collection.candidates, 'candidate')}, ${count(collection.judgements, 'judgement')}`,
      `First stage: ${collection.firstStageTag === null ? 'not named' : oneLine(collection.firstStageTag)}`,
      `Queries that count: ${whole(evaluation.queries.length)}, with ${count(judged, 'judged document')}, of which ${whole(relevant)} relevant`,
      `Judged queries left out, as a run has not finished them: ${whole(evaluation.pendingQueries)}`,
      `Queries without judgements: ${whole(evaluation.unjudgedQueries)}`,
    ]),
  ];
}

function machineBlocks({ machine, runs }: EvaluationReport): readonly string[] {
  const memory =
    machine.memoryGb === null ? 'not told' : `${machine.memoryGb} GiB or more, as the browser says`;
  const models = runs.filter((run) => run.provenance !== null);
  const imported = runs.filter((run) => run.provenance === null);
  return [
    list([
      `Browser: ${oneLine(machine.browser)}`,
      `Processor cores: ${machine.cores}; memory: ${memory}`,
      `GPU adapter: ${machine.adapter === null ? 'none' : oneLine(machine.adapter)}`,
    ]),
    ...models.flatMap(({ provenance, ...run }) =>
      provenance === null
        ? []
        : [
            `### Run: ${oneLine(run.tag)}`,
            list([
              `Model: ${oneLine(provenance.model)}, revision ${oneLine(provenance.revision)}`,
              `Weights: ${oneLine(provenance.dtype)} on ${oneLine(provenance.device)}, adapter ${oneLine(provenance.adapter ?? 'none')}, ${count(provenance.threads, 'thread')}`,
              `Depth: ${count(provenance.depth, 'candidate')} per query; longest pair: ${count(provenance.maxLength, 'token')}; long documents: ${oneLine(provenance.longDocuments)}; titles before the texts: ${provenance.titles ? 'yes' : 'no'}`,
              `Pairs: ${whole(run.scoredPairs)} scored in ${duration(run.scoringMs)}, ${whole(run.cachedPairs)} taken from earlier runs`,
              `Scored on ${new Date(provenance.createdAt).toISOString()} in ${oneLine(provenance.browser)}`,
            ]),
          ],
    ),
    ...(imported.length === 0
      ? []
      : [
          `Imported runs, scored elsewhere: ${imported.map(({ tag }) => oneLine(tag)).join(', ')}.`,
        ]),
  ];
}

function resultBlocks({ settings, systems }: Evaluation): readonly string[] {
  const baseline = systems.find(({ key }) => key === settings.baseline);
  const overview = table(
    ['System', ...settings.metrics],
    systems.map((system) => [
      systemName(system),
      ...settings.metrics.map((metric) => metricValue(system.metrics[metric]?.mean)),
    ]),
  );
  return [
    overview,
    `Differences are against ${baseline ? systemName(baseline) : oneLine(settings.baseline)}; intervals are 95 %.`,
    ...settings.metrics.flatMap((metric) => [
      `### ${oneLine(metric)}`,
      metricTable(systems, metric),
    ]),
  ];
}

function metricTable(systems: readonly SystemFigures[], metric: string): string {
  return table(
    ['System', 'Mean', '95 % CI', 'Difference', '95 % CI of it', 'p', 'Better / equal / worse'],
    systems.map((system) => {
      const figures = system.metrics[metric];
      const comparison = figures?.comparison ?? null;
      const name = systemName(system);
      if (figures === undefined) return [name, ...new Array<string>(6).fill('')];
      const own = [name, metricValue(figures.mean), interval(figures, metricValue)];
      if (comparison === null) return [...own, 'baseline', '', '', ''];
      return [
        ...own,
        signed(comparison.difference.mean),
        interval(comparison.difference, signed),
        pValue(comparison.pValue),
        `${comparison.wins} / ${comparison.ties} / ${comparison.losses}`,
      ];
    }),
  );
}

function runBlocks(
  { runId, depths, distribution }: RunFigures,
  { evaluation, runs }: EvaluationReport,
): readonly string[] {
  const tag = runs.find((run) => run.runId === runId)?.tag ?? runId;
  const { threshold, auc } = distribution;
  const metric = evaluation.settings.metrics[0] ?? 'value';
  const separation = auc === null ? '' : ` Area under the ROC curve: ${metricValue(auc)}.`;
  return [
    `## Depth and threshold: ${oneLine(tag)}`,
    table(
      ['Depth', metric, 'ms per query'],
      depths.map(({ depth, value, latencyMs }) => [
        whole(depth),
        metricValue(value),
        latencyMs === null ? 'not measured' : latencyMs.toFixed(0),
      ]),
    ),
    threshold === null
      ? `No threshold: no relevant document was scored.${separation}`
      : `Best threshold by F1 over all judged, scored documents: logit ${threshold.logit.toFixed(3)} (relevance ${metricValue(threshold.relevance)}), precision ${metricValue(threshold.precision)}, recall ${metricValue(threshold.recall)}, F1 ${metricValue(threshold.f1)}.${separation}`,
  ];
}

function methodLines({ settings }: Evaluation): readonly string[] {
  return [
    "Metrics as trec_eval defines them: nDCG with the grades as linear gains and a log2 discount, the ideal order over all judged documents; RR@k and AP@k are cut at k. What is not judged counts as not relevant. `Success@1` is trec_eval's `success_1`.",
    `Relevant from grade ${settings.relevantFrom} on, for all but nDCG (trec_eval \`-l ${settings.relevantFrom}\`).`,
    "A query for which a system ranks nothing counts as 0 (trec_eval's `-c`).",
    'Scores are compared as 32-bit floats; ties go by falling document id, as in trec_eval, not by the order of the file.',
    // The numbers are those of core/significance.ts; a test compares them.
    'Intervals: 95 %, percentiles of a bootstrap over the queries, 10,000 resamples; of a difference: over the differences per query.',
    'p: two-sided paired randomisation test. Up to 14 differing queries: all assignments; else 10,000 random ones, (b + 1) / (10,000 + 1).',
    'Random numbers: xoshiro128\\*\\* with the fixed seed 243f6a88 85a308d3 13198a2e 03707344, so the same values give the same intervals and p.',
    `Fusions: reciprocal rank with k = 60; weighted with ${settings.fusionWeight} for the model's z-scores and ${Number((1 - settings.fusionWeight).toFixed(10))} for the other's.`,
    'Time per depth is the time measured for the whole depth, shared out by tokens.',
    "The JSON report has every query's value.",
  ];
}

function caveatLines({ settings, systems, queries }: Evaluation): readonly string[] {
  const baselines = systems.filter(({ key }) => key === settings.baseline).length;
  const tests = (systems.length - baselines) * settings.metrics.length;
  return [
    `The weight of the fusion, ${settings.fusionWeight}, was not tuned on other queries. Whoever picks it by this table reads a result that is too good.`,
    `The table holds ${count(tests, 'test')} without correction: at p < 0.05, one in twenty is a chance find where nothing differs. Decide beforehand which one counts.`,
    'A threshold and a depth chosen on these queries look better here than on others.',
    'Reranking finds nothing that the first stage has missed, and documents that nobody has judged count against a system that finds them.',
    ...(queries.length < 50
      ? [
          `${count(queries.length, 'query', 'queries')} are few: look at the intervals before the means.`,
        ]
      : []),
  ];
}

function systemName({ key, label }: SystemFigures): string {
  const kind = key.split(':', 1)[0] ?? key;
  return kind === label ? oneLine(label) : `${oneLine(kind)}: ${oneLine(label)}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(header.map(oneLine)), line(rule), ...rows.map(line)].join('\n');
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** A name as Markdown that reads as it is, on one line, also in a table's cell. */
function oneLine(text: string): string {
  return text.replace(/[\s\u0085]+/g, ' ').replace(/[\\`*[\]<>|]/g, '\\$&');
}

function interval(
  { low, high }: { readonly low: number; readonly high: number },
  write: (value: number) => string,
): string {
  return `${write(low)} to ${write(high)}`;
}

function metricValue(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

function signed(value: number): string {
  const text = value.toFixed(4);
  if (Number(text) === 0) return '0.0000';
  return value > 0 ? `+${text}` : text;
}

function pValue(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}

function duration(ms: number): string {
  return ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function whole(value: number): string {
  return value.toLocaleString('en');
}

function count(value: number, one: string, many = `${one}s`): string {
  return `${whole(value)} ${value === 1 ? one : many}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
