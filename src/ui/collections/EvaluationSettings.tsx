import { useId } from 'react';
import { changeEvaluation } from '../../app/evaluation-actions.ts';
import { exportSystems } from '../../app/evaluation-export.ts';
import type { Evaluation } from '../../core/evaluation-types.ts';
import { useLanguage } from '../language.ts';
import { EvaluationMetrics } from './EvaluationMetrics.tsx';
import {
  type Overview,
  useEvaluation,
  useEvaluationWords,
  useSystemNames,
} from './evaluation-language.ts';

interface Props {
  readonly summary: Overview['summary'];
  /** What is shown; null until there is something. */
  readonly evaluation: Evaluation | null;
}

/** What is computed, on one line; metrics, weight and runs open below it. */
export function EvaluationSettings({ summary, evaluation }: Props) {
  const { settings: words } = useEvaluationWords();
  return (
    <fieldset className="evaluation-settings">
      <legend className="visually-hidden">{words.label}</legend>
      <EvaluationMetrics />
      <RelevantFrom />
      <Baseline summary={summary} evaluation={evaluation} />
      <Weight summary={summary} />
      <Runs summary={summary} />
    </fieldset>
  );
}

function RelevantFrom() {
  const { settings: words } = useEvaluationWords();
  const relevantFrom = useEvaluation((state) => state.choices.relevantFrom);
  return (
    <label className="evaluation-setting" title={words.relevantHint}>
      <span>{words.relevantFrom}</span>
      <input
        type="number"
        className="box evaluation-small"
        min={1}
        max={99}
        value={relevantFrom}
        onChange={({ target }) => {
          const grade = Number(target.value);
          if (Number.isSafeInteger(grade) && grade >= 1) {
            changeEvaluation({ relevantFrom: grade }, 'rests');
          }
        }}
      />
    </label>
  );
}

function Baseline({ summary, evaluation }: Props) {
  const { settings: words } = useEvaluationWords();
  const choices = useEvaluation((state) => state.choices);
  const nameOf = useSystemNames(summary, choices.fusionWeight);
  const systems = exportSystems(summary).filter(
    ({ runId }) => runId === null || !choices.hiddenRunIds.includes(runId),
  );
  const chosen = systems.find(({ key }) => key === choices.baseline)?.key;
  return (
    <label className="evaluation-setting">
      <span>{words.baseline}</span>
      <select
        className="select evaluation-select"
        value={chosen ?? evaluation?.settings.baseline ?? systems[0]?.key}
        onChange={({ target }) => changeEvaluation({ baseline: target.value })}
      >
        {systems.map((system) => (
          <option key={system.key} value={system.key}>
            {nameOf(system).name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Weight({ summary }: { summary: Props['summary'] }) {
  const { settings: words, systems } = useEvaluationWords();
  const { decimal } = useLanguage();
  const id = useId();
  const weight = useEvaluation((state) => state.choices.fusionWeight);
  if (!summary.runs.some(({ kind }) => kind === 'model')) return null;
  const other = systems[summary.candidateSource === 'bm25' ? 'bm25' : 'firstStageInText'];
  const shares = words.weightValue(decimal(weight), decimal(1 - weight), other);
  return (
    <details className="evaluation-setting-more">
      <summary>
        {words.weight} <b>{decimal(weight)}</b>
      </summary>
      <div className="evaluation-open">
        <input
          type="range"
          className="evaluation-range"
          aria-label={words.weight}
          aria-describedby={`${id}-note`}
          aria-valuetext={shares}
          min={0}
          max={1}
          step={0.05}
          value={weight}
          onChange={({ target }) =>
            changeEvaluation({ fusionWeight: Number(target.value) }, 'rests')
          }
        />
        <span>{shares}</span>
        <p id={`${id}-note`} className="models-note">
          {words.weightNote}
        </p>
      </div>
    </details>
  );
}

function Runs({ summary }: { summary: Props['summary'] }) {
  const { settings: words } = useEvaluationWords();
  const { count } = useLanguage();
  const choices = useEvaluation((state) => state.choices);
  const nameOf = useSystemNames(summary, choices.fusionWeight);
  const { runs } = summary;
  const { hiddenRunIds: hidden } = choices;
  if (runs.length === 0) {
    return (
      <span className="evaluation-setting">
        <span>{words.runs}</span> {words.noRuns}
      </span>
    );
  }
  const shown = runs.filter(
    ({ runId, doneQueries }) => doneQueries > 0 && !hidden.includes(runId),
  ).length;
  return (
    <details className="evaluation-setting-more">
      <summary>
        {words.runs} <b>{words.runsShown(count(shown), count(runs.length))}</b>
      </summary>
      <div className="evaluation-open evaluation-runs">
        {runs.map(({ runId, kind, tag, doneQueries, totalQueries }) => (
          <label key={runId} className="toggle">
            <input
              type="checkbox"
              disabled={doneQueries === 0}
              checked={doneQueries > 0 && !hidden.includes(runId)}
              onChange={({ target }) =>
                changeEvaluation({
                  hiddenRunIds: target.checked
                    ? hidden.filter((id) => id !== runId)
                    : [...hidden, runId],
                })
              }
            />
            {nameOf({ key: `${kind}:${runId}`, kind, runId, label: tag }).name}
            <span className="muted">
              {doneQueries === 0
                ? words.runEmpty
                : words.runQueries(count(doneQueries), count(totalQueries))}
            </span>
          </label>
        ))}
      </div>
    </details>
  );
}
