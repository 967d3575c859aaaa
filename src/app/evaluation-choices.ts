import type { RunSummary } from '../collections/collection.ts';
import type { EvaluationSettings } from '../core/evaluation-types.ts';
import { metricName, parseMetric } from '../core/metrics.ts';
import type { KeyValueStorage } from '../io/settings-storage.ts';

/** What somebody wants to see of an evaluation; kept per collection while the tab lives. */
export interface EvaluationChoices extends EvaluationSettings {
  /** Runs that are left out; new runs are shown. */
  readonly hiddenRunIds: readonly string[];
}

/** Metrics that are offered at one press; any other cut-off can be typed. */
export const offeredMetrics: readonly string[] = [
  ...['nDCG@5', 'nDCG@10', 'nDCG@20', 'nDCG@100', 'RR@10', 'AP', 'P@5', 'P@10', 'R@10', 'R@100'],
  'Success@1',
];

/** Most metrics at once: more are no longer looked at, and each one costs its statistics. */
export const mostMetrics = 8;

/** Of a collection that nobody has looked at yet. */
export const defaultChoices: EvaluationChoices = {
  metrics: ['nDCG@10', 'RR@10', 'R@10', 'Success@1'],
  relevantFrom: 1,
  baseline: 'first-stage',
  fusionWeight: 0.5,
  hiddenRunIds: [],
};

/**
 * The choices for a collection. For one that was not looked at in this tab, the metrics and the
 * weight chosen last, and defaults otherwise; also where what is kept cannot be read.
 */
export function readChoices(storage: KeyValueStorage, collectionId: string): EvaluationChoices {
  const kept = readAll(storage);
  const own = kept.find(([id]) => id === collectionId)?.[1];
  if (own !== undefined) return own;
  const last = kept.at(-1)?.[1];
  if (last === undefined) return defaultChoices;
  return { ...defaultChoices, metrics: last.metrics, fusionWeight: last.fusionWeight };
}

/** Keeps the choices for a collection. A browser that keeps nothing is not a failure. */
export function keepChoices(
  storage: KeyValueStorage,
  collectionId: string,
  choices: EvaluationChoices,
): void {
  const others = readAll(storage).filter(([id]) => id !== collectionId);
  const entries = [...others, [collectionId, choices]].slice(-mostKept);
  try {
    storage.setItem(storageKey, JSON.stringify({ version: 1, entries }));
  } catch {
    // Blocked or full: the choices hold until the page is left.
  }
}

/**
 * The runs to evaluate: all but those that were left out and those that have not finished a single
 * query, with which no query would count.
 */
export function shownRunIds(
  { hiddenRunIds }: Pick<EvaluationChoices, 'hiddenRunIds'>,
  runs: readonly RunSummary[],
): readonly string[] {
  return runs
    .filter(({ runId, doneQueries }) => doneQueries > 0 && !hiddenRunIds.includes(runId))
    .map(({ runId }) => runId);
}

/** The metrics with one more at the end, by its one name; the same where it is no metric or there. */
export function withMetric(metrics: readonly string[], typed: string): readonly string[] {
  const metric = parseMetric(typed.trim());
  if (metric === null || metrics.length >= mostMetrics) return metrics;
  const name = metricName(metric);
  return metrics.includes(name) ? metrics : [...metrics, name];
}

/** The metrics with another cut-off at one place; the same where that is none or there already. */
export function withCutOff(
  metrics: readonly string[],
  place: number,
  k: string,
): readonly string[] {
  const before = parseMetric(metrics[place] ?? '');
  if (before === null) return metrics;
  const typed = k.trim();
  const after = parseMetric(typed === '' ? before.measure : `${before.measure}@${typed}`);
  const name = after === null ? null : metricName(after);
  if (name === null || metrics.includes(name)) return metrics;
  return metrics.map((metric, at) => (at === place ? name : metric));
}

/** The metrics without one; the last one stays. */
export function withoutMetric(metrics: readonly string[], name: string): readonly string[] {
  const rest = metrics.filter((metric) => metric !== name);
  return rest.length === 0 ? metrics : rest;
}

/** The metrics with one of them first, which makes it the main one. */
export function withMainMetric(metrics: readonly string[], name: string): readonly string[] {
  return metrics.includes(name) ? [name, ...metrics.filter((metric) => metric !== name)] : metrics;
}

const storageKey = 'crossrank.evaluation';
/** Collections whose choices are remembered. */
const mostKept = 20;

type Entry = readonly [collectionId: string, choices: EvaluationChoices];

function readAll(storage: KeyValueStorage): readonly Entry[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(storageKey) ?? 'null');
    const entries = fieldOf(kept, 'entries');
    if (fieldOf(kept, 'version') !== 1 || !Array.isArray(entries)) return [];
    return entries.flatMap((entry: unknown): readonly Entry[] => {
      const [id, value]: readonly unknown[] = Array.isArray(entry) ? entry : [];
      const choices = choicesOf(value);
      return typeof id === 'string' && choices !== null ? [[id, choices]] : [];
    });
  } catch {
    return [];
  }
}

function choicesOf(value: unknown): EvaluationChoices | null {
  const metrics = stringsOf(fieldOf(value, 'metrics'));
  const hiddenRunIds = stringsOf(fieldOf(value, 'hiddenRunIds'));
  const relevantFrom = fieldOf(value, 'relevantFrom');
  const fusionWeight = fieldOf(value, 'fusionWeight');
  const baseline = fieldOf(value, 'baseline');
  if (metrics === null || hiddenRunIds === null || typeof baseline !== 'string') return null;
  if (metrics.length === 0 || metrics.length > mostMetrics) return null;
  if (metrics.some((name) => parseMetric(name) === null)) return null;
  if (typeof relevantFrom !== 'number' || !Number.isSafeInteger(relevantFrom)) return null;
  if (relevantFrom < 1 || typeof fusionWeight !== 'number') return null;
  if (!(fusionWeight >= 0 && fusionWeight <= 1)) return null;
  return { metrics, relevantFrom, baseline, fusionWeight, hiddenRunIds };
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  // An object's own field can be read by its name, whatever it is.
  return (value as Readonly<Record<string, unknown>>)[name];
}

function stringsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.every((one): one is string => typeof one === 'string')
    ? value
    : null;
}
