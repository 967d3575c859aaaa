import { useEffect } from 'react';
import { leaveEvaluation, retryEvaluation, showEvaluation } from '../../app/evaluation-actions.ts';
import type { Evaluation } from '../../core/evaluation-types.ts';
import { CollectionsFailure } from './CollectionsFailure.tsx';
import { EvaluationPictures } from './EvaluationPictures.tsx';
import { EvaluationReport } from './EvaluationReport.tsx';
import { EvaluationSettings } from './EvaluationSettings.tsx';
import { EvaluationStatus } from './EvaluationStatus.tsx';
import { EvaluationTable } from './EvaluationTable.tsx';
import { EvaluationVerdict } from './EvaluationVerdict.tsx';
import { type Overview, useEvaluation, useEvaluationWords } from './evaluation-language.ts';
import '../styles/evaluation.css';

/** What the systems of a collection are worth: verdict, figures, pictures, queries, report. */
export function EvaluationPanel({ overview }: { overview: Overview }) {
  const words = useEvaluationWords();
  const isHere = useEvaluation((state) => state.collectionId === overview.summary.id);
  const { summary } = overview;
  useEffect(() => showEvaluation(summary), [summary]);
  useEffect(() => leaveEvaluation, []);
  return (
    <section className="evaluation" aria-label={words.label}>
      {summary.queries === 0 ? (
        <NoQueries />
      ) : summary.judgedQueries === 0 ? (
        <NoJudgements />
      ) : (
        isHere && <Judged overview={overview} />
      )}
    </section>
  );
}

function Judged({ overview }: { overview: Overview }) {
  const { progress: words } = useEvaluationWords();
  const evaluation = useEvaluation((state) => state.evaluation);
  const progress = useEvaluation((state) => state.progress);
  const { summary } = overview;
  return (
    <>
      {evaluation !== null && <EvaluationVerdict summary={summary} evaluation={evaluation} />}
      <EvaluationSettings summary={summary} evaluation={evaluation} />
      <EvaluationStatus summary={summary} evaluation={evaluation} />
      {progress.phase === 'failed' && (
        <CollectionsFailure failure={progress.failure} lead={words.failed}>
          <button type="button" className="button" onClick={retryEvaluation}>
            {words.retry}
          </button>
        </CollectionsFailure>
      )}
      {evaluation !== null && evaluation.queries.length > 0 && (
        <div
          className="evaluation-figures"
          data-stale={progress.phase === 'idle' ? undefined : true}
          aria-busy={progress.phase === 'evaluating'}
        >
          <Figures overview={overview} evaluation={evaluation} />
        </div>
      )}
    </>
  );
}

function Figures({ overview, evaluation }: { overview: Overview; evaluation: Evaluation }) {
  return (
    <>
      <EvaluationTable summary={overview.summary} evaluation={evaluation} />
      <EvaluationPictures overview={overview} evaluation={evaluation} />
      <EvaluationReport summary={overview.summary} evaluation={evaluation} />
    </>
  );
}

function NoQueries() {
  const { noQueries: words } = useEvaluationWords();
  return (
    <div className="evaluation-empty">
      <h2>{words.heading}</h2>
      <p>{words.text}</p>
    </div>
  );
}

function NoJudgements() {
  const { noJudgements: words } = useEvaluationWords();
  return (
    <div className="evaluation-empty">
      <h2>{words.heading}</h2>
      <p>{words.text}</p>
      <dl className="evaluation-formats">
        {words.formats.map(([name, example]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{example}</code>
            </dd>
          </div>
        ))}
      </dl>
      <p>{words.grades}</p>
    </div>
  );
}
