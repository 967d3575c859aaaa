import type { QuerySummary } from '../collections/collection.ts';
import type { Evaluation, SystemFigures } from '../core/evaluation-types.ts';
import { mainFigures } from './evaluation-view.ts';

/** One query under the baseline and under another system, by the main metric. */
export interface QueryGain {
  /** Place in the collection, from 0; null where the collection has no such query any more. */
  readonly number: number | null;
  readonly queryId: string;
  readonly text: string;
  readonly before: number;
  readonly after: number;
  /** `after` - `before`. */
  readonly gain: number;
  /** Ranks of the first relevant document, from 1; null where none is ranked. */
  readonly rankBefore: number | null;
  readonly rankAfter: number | null;
}

/** `gain`: most gained first; `loss`: most lost first; `order`: as in the collection. */
export type GainOrder = 'gain' | 'loss' | 'order';

/** What the system gains over the baseline, query by query, in the evaluation's order. */
export function queryGains(
  evaluation: Evaluation,
  system: SystemFigures,
  queries: readonly QuerySummary[],
): readonly QueryGain[] {
  const baseline = evaluation.systems.find(({ key }) => key === evaluation.settings.baseline);
  if (baseline === undefined) return [];
  const numbers = new Map(queries.map(({ queryId, number }) => [queryId, number]));
  const before = mainFigures(evaluation, baseline)?.perQuery ?? [];
  const after = mainFigures(evaluation, system)?.perQuery ?? [];
  return evaluation.queries.map(({ queryId, text }, place) => {
    const [from, to] = [before[place] ?? 0, after[place] ?? 0];
    return {
      number: numbers.get(queryId) ?? null,
      queryId,
      text,
      before: from,
      after: to,
      // The same tolerance as in the count of ties.
      gain: Math.abs(to - from) < 1e-12 ? 0 : to - from,
      rankBefore: baseline.firstRelevantRanks[place] ?? null,
      rankAfter: system.firstRelevantRanks[place] ?? null,
    };
  });
}

/** The queries in another order; equal gains stay in the order of the collection. */
export function sortGains(gains: readonly QueryGain[], order: GainOrder): readonly QueryGain[] {
  if (order === 'order') return gains;
  const sign = order === 'gain' ? 1 : -1;
  return [...gains].sort((a, b) => sign * (b.gain - a.gain));
}

/** The queries whose id, text or number (from 1) holds every word that is typed. */
export function filterGains(gains: readonly QueryGain[], typed: string): readonly QueryGain[] {
  const words = typed.trim().toLowerCase().split(/\s+/u);
  if (words.join('') === '') return gains;
  return gains.filter(({ queryId, text, number }) => {
    const searched = `${number === null ? '' : number + 1} ${queryId} ${text}`.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
}
