import { useRef } from 'react';
import {
  cancelEvaluation,
  changeEvaluation,
  retryEvaluation,
} from '../../app/evaluation-actions.ts';
import type { Evaluation } from '../../core/evaluation-types.ts';
import { useLanguage } from '../language.ts';
import { useKeptFocus } from '../use-kept-focus.ts';
import {
  type Overview,
  useEvaluation,
  useEvaluationWords,
  useSystemNames,
} from './evaluation-language.ts';

interface Props {
  readonly summary: Overview['summary'];
  readonly evaluation: Evaluation | null;
}

/** How many queries count and why others do not; while it is computed, how far it is. */
export function EvaluationStatus({ summary, evaluation }: Props) {
  const { progress: words } = useEvaluationWords();
  const { percent } = useLanguage();
  const progress = useEvaluation((state) => state.progress);
  const part = useRef<HTMLDivElement>(null);
  const keptFocus = useKeptFocus(part);
  return (
    <div ref={part} className="evaluation-status" tabIndex={-1} {...keptFocus}>
      <span className="visually-hidden" role="status">
        {progress.phase === 'evaluating' && words.started}
      </span>
      {progress.phase === 'evaluating' && (
        <>
          <progress
            className="progress evaluation-bar"
            aria-label={words.bar}
            max={1}
            {...(progress.share !== null && { value: progress.share })}
          />
          <span>
            {progress.step === 'indexing'
              ? words.indexing
              : evaluation === null
                ? words.evaluating
                : words.anew}
            {progress.share !== null && ` · ${percent(progress.share)}`}
          </span>
          <button type="button" className="button button-small" onClick={cancelEvaluation}>
            {words.cancel}
          </button>
        </>
      )}
      {progress.phase === 'cancelled' && (
        <>
          <span>{evaluation === null ? words.cancelled : words.cancelledAnew}</span>
          <button type="button" className="button button-small" onClick={retryEvaluation}>
            {words.compute}
          </button>
        </>
      )}
      {(progress.phase === 'idle' || progress.phase === 'failed') && evaluation !== null && (
        <Counts summary={summary} evaluation={evaluation} />
      )}
    </div>
  );
}

function Counts({ summary, evaluation }: { summary: Props['summary']; evaluation: Evaluation }) {
  const { counts: words } = useEvaluationWords();
  const { count } = useLanguage();
  const choices = useEvaluation((state) => state.choices);
  const nameOf = useSystemNames(summary, choices.fusionWeight);
  const { queries, pendingQueries, unjudgedQueries, settings } = evaluation;
  const shown = new Set(evaluation.runs.map(({ runId }) => runId));
  // The one that has least makes the others wait.
  const behind = summary.runs
    .filter(({ runId }) => shown.has(runId))
    .filter(
      ({ doneQueries, totalQueries }) => doneQueries < Math.max(totalQueries, summary.queries),
    )
    .sort((a, b) => a.doneQueries - b.doneQueries)[0];
  const noneRelevant = queries.length > 0 && queries.every(({ relevant }) => relevant === 0);
  const facts = [
    words.queries(count(queries.length), queries.length !== 1),
    ...(pendingQueries > 0 ? [words.pending(count(pendingQueries), pendingQueries !== 1)] : []),
    ...(unjudgedQueries > 0 ? [words.unjudged(count(unjudgedQueries))] : []),
    words.missing,
  ];
  return (
    <>
      <span>{facts.join(' · ')}</span>
      {noneRelevant && (
        <span className="models-warning">{words.noneRelevant(count(settings.relevantFrom))}</span>
      )}
      {pendingQueries > 0 && behind !== undefined && (
        <button
          type="button"
          className="button button-small"
          onClick={() =>
            changeEvaluation({ hiddenRunIds: [...choices.hiddenRunIds, behind.runId] })
          }
        >
          {words.leaveOut(
            nameOf({
              key: `model:${behind.runId}`,
              kind: 'model',
              runId: behind.runId,
              label: behind.tag,
            }).name,
          )}
        </button>
      )}
    </>
  );
}
