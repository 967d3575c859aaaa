import { cascadeTruth, type StageTruth } from '../app/cascade-truth.ts';
import { nameOfModel } from '../app/model-display.ts';
import { type FinishedResult, isFinished } from '../app/run-truth.ts';
import type { CascadePosition, CascadeScores, Failure, Result } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { useLanguage } from './language.ts';
import { placeOf } from './model-summary.ts';
import { durationText } from './run-summary.ts';
import { useCascadeWords } from './use-cascade-words.ts';
import './styles/cascade.css';

/** What stands over the documents that one of two models scored. */
export function CascadeMark({
  cascade,
  stage,
}: {
  cascade: CascadeScores;
  stage: CascadePosition['stage'];
}) {
  const { count } = useLanguage();
  const { marks } = useCascadeWords();
  const { fast, strong, depth, stages } = cascade;
  if (stage === 'fast') return <p className="stage-mark">{marks.fast(nameOfModel(fast))}</p>;
  const again = stages.filter((one) => one === 'strong').length;
  const name = nameOfModel(strong);
  return (
    <p className="stage-mark">
      {again === depth
        ? marks.strong(name, count(depth))
        : marks.some(name, count(again), count(depth))}
    </p>
  );
}

/** Which of two models a logit is of. */
export function CascadeLogit({ cascade, index }: { cascade: CascadeScores; index: number }) {
  const stage = cascade.stages[index] ?? 'fast';
  return <span className="muted"> · {nameOfModel(cascade[stage])}</span>;
}

/** What the line between the two models' cards means. */
export function CascadeSides({ cascade }: { cascade: CascadeScores }) {
  return <>{useCascadeWords().sides(nameOfModel(cascade.strong))}</>;
}

/** Which stage a run is in, and how far that is. */
export function CascadeProgress({ cascade }: { cascade: CascadePosition }) {
  const { words, count } = useLanguage();
  const { stages } = useCascadeWords();
  const { stage, fast, strong, depth, done, total } = cascade;
  const name =
    stage === 'fast'
      ? stages.fast(nameOfModel(fast))
      : stages.strong(nameOfModel(strong), count(depth));
  return <>{done === 0 ? name : `${name} · ${words.run.scored(count(done), count(total))}`}</>;
}

/** What is known after a run with two models was cancelled. */
export function CascadeCancelled({ cascade }: { cascade: CascadePosition }) {
  const { count } = useLanguage();
  const { cancelled } = useCascadeWords();
  const { stage, done, total, depth } = cascade;
  const [fast, strong] = [nameOfModel(cascade.fast), nameOfModel(cascade.strong)];
  return (
    <>
      {stage === 'fast'
        ? cancelled.fast(count(done), count(total), fast)
        : cancelled.strong(count(done), count(depth), fast, strong)}
    </>
  );
}

/** Why the strong model's scores are missing. */
export function CascadeFailure({ cascade, failure }: { cascade: CascadeScores; failure: Failure }) {
  const { failed } = useCascadeWords();
  return (
    <FailureNotice
      failure={failure}
      lead={failed(nameOfModel(cascade.strong), nameOfModel(cascade.fast))}
    />
  );
}

/** What both models took, and the strong one alone would have. */
export function CascadeSummary({ result }: { result: FinishedResult }) {
  const language = useLanguage();
  const words = useCascadeWords();
  const truth = cascadeTruth(result);
  if (truth === null) return null;
  const { count } = language;
  const { fast, strong, aloneMs, remembered, scores } = truth;
  const [fastName, strongName] = [nameOfModel(fast.model.model), nameOfModel(strong.model.model)];
  const time = (ms: number): string => durationText(ms, language);
  const both = words.list([
    words.cost(fastName, time(fast.totalMs), count(fast.documents)),
    words.costAgain(strongName, time(strong.totalMs), count(strong.documents)),
  ]);
  const parts = [
    both,
    ...(aloneMs === null ? [] : [words.alone(strongName, time(aloneMs))]),
    ...(remembered > 0 ? [words.remembered(count(remembered), count(scores))] : []),
  ];
  return <>{parts.join(' · ')}</>;
}

/** Both models, and what they took. */
export function CascadeStamp({ result }: { result: Result }) {
  const language = useLanguage();
  const words = useCascadeWords();
  const truth = isFinished(result) ? cascadeTruth(result) : null;
  if (!isFinished(result) || truth === null) return null;
  const nameOf = ({ model }: StageTruth): string =>
    `${model.model} ${model.revision} · ${placeOf(model, language)}`;
  return (
    <p className="stamp" data-testid="stamp">
      {language.words.result.madeBy} {words.inTurn(nameOf(truth.fast), nameOf(truth.strong))} ·{' '}
      <CascadeSummary result={result} />
    </p>
  );
}
