import { useId, useMemo } from 'react';
import { lookAtSystem } from '../../app/evaluation-actions.ts';
import { queryGains, sortGains } from '../../app/evaluation-queries.ts';
import { depthAdvice, mainFigures, systemToLookAt } from '../../app/evaluation-view.ts';
import type { Evaluation, RunFigures, SystemFigures } from '../../core/evaluation-types.ts';
import { useLanguage } from '../language.ts';
import { ChartBars } from './ChartBars.tsx';
import { ChartDepth } from './ChartDepth.tsx';
import { ChartGain } from './ChartGain.tsx';
import { ChartScores } from './ChartScores.tsx';
import { EvaluationQueries } from './EvaluationQueries.tsx';
import {
  type Overview,
  useEvaluation,
  useEvaluationWords,
  useFigures,
  useSystemNames,
} from './evaluation-language.ts';

interface Props {
  readonly overview: Overview;
  readonly evaluation: Evaluation;
}

/** The figures as pictures, and the queries behind them. */
export function EvaluationPictures({ overview, evaluation }: Props) {
  const { pictures: words, gain: gainWords } = useEvaluationWords();
  const { count } = useLanguage();
  const id = useId();
  const { summary, queries } = overview;
  const { fusionWeight } = evaluation.settings;
  const names = useSystemNames(summary, fusionWeight);
  const nameOf = (system: SystemFigures): string => names(system).name;
  const systemKey = useEvaluation((state) => state.systemKey);
  const system = systemToLookAt(evaluation, systemKey);
  const baseline = evaluation.systems.find(({ key }) => key === evaluation.settings.baseline);
  const metric = evaluation.settings.metrics[0] ?? '';
  const gains = useMemo(
    () => (system === null ? [] : queryGains(evaluation, system, queries)),
    [evaluation, system, queries],
  );
  const sorted = useMemo(() => sortGains(gains, 'gain'), [gains]);
  const comparison = system && mainFigures(evaluation, system)?.comparison;
  const run =
    evaluation.runs.find(({ runId }) => runId === system?.runId) ?? evaluation.runs[0] ?? null;
  return (
    <>
      <section className="evaluation-part" aria-labelledby={id}>
        <div className="evaluation-part-head">
          <h2 id={id}>{words.heading}</h2>
          {system !== null && baseline !== undefined && (
            <label className="evaluation-setting">
              <span>{words.lookAt}</span>
              <select
                className="select evaluation-select"
                value={system.key}
                onChange={({ target }) => lookAtSystem(target.value)}
              >
                {evaluation.systems
                  .filter(({ key }) => key !== baseline.key)
                  .map((one) => (
                    <option key={one.key} value={one.key}>
                      {nameOf(one)}
                    </option>
                  ))}
              </select>
              <span>{words.against(names(baseline).inText)}</span>
            </label>
          )}
        </div>
        <div className="evaluation-charts">
          <ChartBars evaluation={evaluation} nameOf={nameOf} />
          {system !== null && baseline !== undefined && comparison && (
            <div data-kind={system.kind} className="chart-wide">
              <ChartGain
                collectionId={summary.id}
                title={gainWords.title(nameOf(system))}
                text={gainWords.text(
                  count(comparison.wins),
                  count(comparison.ties),
                  count(comparison.losses),
                  count(gains.length),
                  names(baseline).inText,
                )}
                metric={metric}
                gains={sorted}
              />
            </div>
          )}
          {run !== null && <RunPictures run={run} evaluation={evaluation} names={names} />}
        </div>
      </section>
      {system !== null && baseline !== undefined && (
        <EvaluationQueries
          collectionId={summary.id}
          gains={gains}
          metric={metric}
          baseline={nameOf(baseline)}
          system={nameOf(system)}
        />
      )}
    </>
  );
}

function RunPictures(props: {
  run: RunFigures;
  evaluation: Evaluation;
  names: ReturnType<typeof useSystemNames>;
}) {
  const { run, evaluation, names } = props;
  const { depth: words, scores } = useEvaluationWords();
  const model = evaluation.systems.find(({ key }) => key === `model:${run.runId}`);
  // Without a model it is the first stage's order that reranking begins with, or BM25's.
  const first = evaluation.systems[0];
  const mean = first && mainFigures(evaluation, first)?.mean;
  const advice = depthAdvice(run.depths);
  const reference = first === undefined || mean === undefined ? null : { ...names(first), mean };
  const text = useDepthText(run, reference);
  const name = model === undefined ? '' : names(model).name;
  return (
    <div data-kind="model" className="evaluation-pair">
      <ChartDepth
        title={words.title(name)}
        text={text}
        metric={evaluation.settings.metrics[0] ?? ''}
        points={run.depths}
        advice={advice}
        reference={reference}
      />
      <ChartScores title={scores.title(name)} distribution={run.distribution} />
    </div>
  );
}

/** Is the whole depth worth it? */
function useDepthText(
  { depths }: RunFigures,
  firstStage: { readonly inText: string; readonly mean: number } | null,
): string {
  const { depth: words } = useEvaluationWords();
  const { value, time } = useFigures();
  const { count } = useLanguage();
  const advice = depthAdvice(depths);
  if (advice === null) return words.none;
  const { best, enough, full } = advice;
  if (firstStage !== null && best.value < firstStage.mean) {
    return words.worse(firstStage.inText, count(best.depth), value(best.value));
  }
  if (enough.depth === full.depth) {
    const whole = words.whole(count(full.depth), value(full.value));
    return full.latencyMs === null ? whole : whole + words.wholeTime(time(full.latencyMs));
  }
  const lead = words.enough(
    ...([count(enough.depth), value(enough.value)] as const),
    ...([value(best.value), count(best.depth)] as const),
  );
  return enough.latencyMs === null || full.latencyMs === null
    ? lead + words.end
    : lead + words.times(time(enough.latencyMs), time(full.latencyMs), count(full.depth));
}
