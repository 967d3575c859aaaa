import type { ReactNode } from 'react';
import { cascadeTruth, type StageTruth } from '../../app/cascade-truth.ts';
import { nameOfModel } from '../../app/model-display.ts';
import type { FinishedResult } from '../../app/run-truth.ts';
import type { CascadePosition } from '../../app/store.ts';
import { useLanguage } from '../language.ts';
import { placeOf } from '../model-summary.ts';
import { durationText } from '../run-summary.ts';
import { Segments } from '../Segments.tsx';
import { useCascadeWords } from '../use-cascade-words.ts';
import { useTruthWords } from './use-truth.ts';

const stages = ['fast', 'strong'] as const;

interface Props {
  readonly result: FinishedResult;
  /** Whose figures stand below. */
  readonly stage: CascadePosition['stage'];
  readonly onChoose: (stage: CascadePosition['stage']) => void;
}

/** What each of two models took, and what the strong one alone would have taken. */
export function TruthStages({ result, stage, onChoose }: Props) {
  const language = useLanguage();
  const { count } = language;
  const { truth: words } = useCascadeWords();
  const { sentences, unknown } = useTruthWords();
  const truth = cascadeTruth(result);
  if (truth === null) return null;
  const { strong, aloneMs, allTokens, totalMs, remembered, scores } = truth;
  const name = nameOfModel(strong.model.model);
  const time = (ms: number): string => durationText(ms, language);
  const known = (all: number, remembered: number): ReactNode => (
    <>
      {count(all)}
      {remembered > 0 && <span className="truth-note">{words.remembered(count(remembered))}</span>}
    </>
  );
  const savedMs = aloneMs === null ? 0 : aloneMs - totalMs;
  const compared = savedMs >= 0 ? words.saved : words.lost;
  return (
    <section className="truth-parts truth-stages">
      <h3>{words.heading}</h3>
      <table className="truth-table">
        <thead>
          <tr>
            <th scope="col">{words.columns.stage}</th>
            <th scope="col">{words.columns.documents}</th>
            <th scope="col">{words.columns.time}</th>
            <th scope="col">{words.columns.tokens}</th>
          </tr>
        </thead>
        <tbody>
          {stages.map((one, place) => {
            const { model, documents, ...took }: StageTruth = truth[one];
            return (
              <tr key={one}>
                <th scope="row">
                  {count(place + 1)}. {nameOfModel(model.model)}{' '}
                  <span className="truth-note">{placeOf(model, language)}</span>
                </th>
                <td>{known(documents, took.remembered)}</td>
                <td>{time(took.totalMs)}</td>
                <td>{took.tokensPerSecond === null ? unknown : count(took.tokensPerSecond)}</td>
              </tr>
            );
          })}
          <tr className="truth-total">
            <th scope="row">{words.together}</th>
            <td>{known(scores, remembered)}</td>
            <td>{time(totalMs)}</td>
            <td />
          </tr>
        </tbody>
      </table>
      <p>
        {aloneMs === null || strong.tokensPerSecond === null
          ? words.notKnown(name)
          : sentences([
              compared(name, time(aloneMs), time(Math.abs(savedMs))),
              words.how(count(strong.tokensPerSecond), count(allTokens)),
            ])}
      </p>
      <Segments
        label={words.figuresOf}
        options={stages}
        value={stage}
        wordOf={(one) => nameOfModel(truth[one].model.model)}
        onChoose={onChoose}
      />
    </section>
  );
}
