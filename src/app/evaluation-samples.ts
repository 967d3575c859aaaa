import type { Evaluation, SystemFigures, SystemKind } from '../core/evaluation-types.ts';
import { comparePaired, estimateMean } from '../core/significance.ts';

/** A system of a made-up evaluation: its values of the one metric, by query. */
export interface SampleSystem {
  readonly key: string;
  readonly kind: SystemKind;
  readonly values: readonly number[];
}

/** An evaluation with these values, for tests: statistics are computed as they are for real. */
export function sampleEvaluation(
  systems: readonly SampleSystem[],
  baseline = 'first-stage',
): Evaluation {
  const base = systems.find(({ key }) => key === baseline)?.values;
  const count = systems[0]?.values.length ?? 0;
  return {
    settings: { metrics: ['nDCG@10'], relevantFrom: 1, baseline, fusionWeight: 0.5 },
    queries: Array.from({ length: count }, (_, place) => ({
      queryId: `q${place}`,
      text: `what is ${place}`,
      ...{ relevant: 1, judged: 2, candidates: 10 },
    })),
    pendingQueries: 0,
    unjudgedQueries: 0,
    systems: systems.map(
      ({ key, kind, values }): SystemFigures => ({
        key,
        kind,
        runId: key.includes(':') ? key.slice(key.indexOf(':') + 1) : null,
        label: key,
        metrics: {
          'nDCG@10': {
            ...estimateMean(values),
            perQuery: values,
            comparison: key === baseline || base === undefined ? null : comparePaired(values, base),
          },
        },
        firstRelevantRanks: values.map((value) => (value === 0 ? null : Math.round(1 / value))),
      }),
    ),
    runs: [],
  };
}
