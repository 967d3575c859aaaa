import type { RunSummary } from '../collections/collection.ts';
import type {
  DepthPoint,
  Evaluation,
  MetricFigures,
  SystemFigures,
} from '../core/evaluation-types.ts';
import { nameOfModel } from './model-display.ts';

/** What an evaluation comes to, for the sentence above the table. */
export type Verdict =
  /** No query counts. */
  | { readonly kind: 'no-queries' }
  /** There is nothing to compare with. */
  | { readonly kind: 'alone'; readonly system: SystemFigures; readonly mean: number }
  | {
      readonly kind: 'compared';
      readonly metric: string;
      /** What the sentence is about: the best model, else the best of what is not the baseline. */
      readonly system: SystemFigures;
      readonly baseline: SystemFigures;
      /**
       * `raises`, `lowers`: the test finds a difference (p < 0.05); `unclear`: it does not;
       * `same`: no query differs.
       */
      readonly effect: 'raises' | 'lowers' | 'unclear' | 'same';
      readonly from: number;
      readonly to: number;
      readonly comparison: NonNullable<MetricFigures['comparison']>;
      /** Models among the systems: the best of several looks better than it is. */
      readonly models: number;
      /** A system with a higher mean than this one; null where this is the best. */
      readonly better: SystemFigures | null;
      readonly queries: number;
    };

/** How deep reranking has to go. */
export interface DepthAdvice {
  /** The depth of the highest value, the smallest of equal ones. */
  readonly best: DepthPoint;
  /** The smallest depth whose value is within 1 % of the highest. */
  readonly enough: DepthPoint;
  /** The run's whole depth. */
  readonly full: DepthPoint;
}

/** The figures of a system for the main metric, the first one asked for. */
export function mainFigures(evaluation: Evaluation, system: SystemFigures): MetricFigures | null {
  return system.metrics[evaluation.settings.metrics[0] ?? ''] ?? null;
}

/** What the evaluation says, about the main metric. */
export function verdictOf(evaluation: Evaluation): Verdict {
  const { systems, settings, queries } = evaluation;
  if (queries.length === 0) return { kind: 'no-queries' };
  const baseline = systems.find(({ key }) => key === settings.baseline);
  const system = subjectOf(evaluation);
  const metric = settings.metrics[0] ?? '';
  const from = baseline && mainFigures(evaluation, baseline);
  const to = system && mainFigures(evaluation, system);
  if (!system || !to?.comparison || !baseline || !from) {
    const [only] = systems;
    if (only === undefined) return { kind: 'no-queries' };
    return { kind: 'alone', system: only, mean: mainFigures(evaluation, only)?.mean ?? 0 };
  }
  const { comparison } = to;
  const best = bestOf(evaluation, systems);
  const bestMean = (best && mainFigures(evaluation, best)?.mean) ?? 0;
  return {
    kind: 'compared',
    metric,
    system,
    baseline,
    effect: effectOf(comparison),
    from: from.mean,
    to: to.mean,
    comparison,
    models: systems.filter(({ kind }) => kind === 'model').length,
    better: best !== null && bestMean > to.mean + equalWithin ? best : null,
    queries: queries.length,
  };
}

/** The keys of the systems with the highest mean of a metric; several where they are equal. */
export function bestKeys(
  { systems }: Pick<Evaluation, 'systems'>,
  metric: string,
): ReadonlySet<string> {
  const means = systems.map(({ metrics }) => metrics[metric]?.mean ?? Number.NEGATIVE_INFINITY);
  const highest = Math.max(...means);
  // Where all are equal none is best.
  if (means.every((mean) => mean >= highest - equalWithin)) return new Set();
  return new Set(
    systems.flatMap(({ key }, place) =>
      (means[place] ?? 0) >= highest - equalWithin ? [key] : [],
    ),
  );
}

/** The system that pictures are about: the one that was chosen, else the verdict's. */
export function systemToLookAt(
  evaluation: Evaluation,
  chosenKey: string | null,
): SystemFigures | null {
  const { systems, settings } = evaluation;
  const others = systems.filter(({ key }) => key !== settings.baseline);
  return others.find(({ key }) => key === chosenKey) ?? subjectOf(evaluation) ?? null;
}

/** How deep it has to go; null with fewer than two depths, or where nothing relevant is found. */
export function depthAdvice(points: readonly DepthPoint[]): DepthAdvice | null {
  const full = points.at(-1);
  if (points.length < 2 || full === undefined) return null;
  const highest = Math.max(...points.map(({ value }) => value));
  const best = points.find(({ value }) => value === highest);
  const enough = points.find(({ value }) => value >= highest * (1 - withinShare));
  if (!(highest > 0) || best === undefined || enough === undefined) return null;
  return { best, enough, full };
}

/**
 * Names that tell runs apart, by run: the model's name; where several have the same, with depth,
 * then with weights and device, then numbered from the oldest.
 */
export function runNames(
  runs: readonly RunSummary[],
  depthWord: (depth: number) => string,
): ReadonlyMap<string, string> {
  const plain = ({ kind, tag }: RunSummary): string => (kind === 'model' ? nameOfModel(tag) : tag);
  const withDepth = (run: RunSummary): string =>
    run.settings === null ? plain(run) : `${plain(run)}, ${depthWord(run.settings.depth)}`;
  const withPlace = (run: RunSummary): string =>
    run.provenance === null
      ? withDepth(run)
      : `${withDepth(run)}, ${run.provenance.dtype} ${run.provenance.device}`;
  const levels = [plain, withDepth, withPlace];
  const names = new Map<string, string>();
  for (const run of runs) {
    const alike = runs.filter((other) => plain(other) === plain(run));
    const level = levels.find((name) => new Set(alike.map(name)).size === alike.length);
    if (level !== undefined) {
      names.set(run.runId, level(run));
      continue;
    }
    const twins = alike.filter((other) => withPlace(other) === withPlace(run));
    const oldestFirst = [...twins].sort((a, b) => a.createdAt - b.createdAt);
    const number = oldestFirst.indexOf(run) + 1;
    names.set(run.runId, twins.length === 1 ? withPlace(run) : `${withPlace(run)} (${number})`);
  }
  return names;
}

/** Of the best, in the value of the metric. */
const withinShare = 0.01;
/** Means that are closer are equal: they are sums of the same fractions in another order. */
const equalWithin = 1e-12;
/** The usual border; the sentence says the p itself, too. */
const significance = 0.05;

function subjectOf(evaluation: Evaluation): SystemFigures | null {
  const { systems, settings } = evaluation;
  const others = systems.filter(({ key }) => key !== settings.baseline);
  for (const kind of ['model', 'imported', 'fusion'] as const) {
    const best = bestOf(
      evaluation,
      others.filter((system) => system.kind === kind),
    );
    if (best !== null) return best;
  }
  return bestOf(evaluation, others);
}

function bestOf(evaluation: Evaluation, systems: readonly SystemFigures[]): SystemFigures | null {
  const mean = (system: SystemFigures): number => mainFigures(evaluation, system)?.mean ?? 0;
  return systems.reduce<SystemFigures | null>(
    (best, system) => (best === null || mean(system) > mean(best) + equalWithin ? system : best),
    null,
  );
}

function effectOf({
  difference,
  pValue,
  wins,
  losses,
}: NonNullable<MetricFigures['comparison']>): 'raises' | 'lowers' | 'unclear' | 'same' {
  if (wins + losses === 0) return 'same';
  if (!(pValue < significance) || difference.mean === 0) return 'unclear';
  return difference.mean > 0 ? 'raises' : 'lowers';
}
