import { isStale } from '../../app/input-view.ts';
import { rerank } from '../../app/rerank-actions.ts';
import { documentsTimed, type FinishedResult, runTruth } from '../../app/run-truth.ts';
import { useLanguage } from '../language.ts';
import { placeOf } from '../model-summary.ts';
import { useApp } from '../use-app.ts';
import { useTruthWords } from './use-truth.ts';

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly hint?: string;
}

/** The numbers of a run, the main ones first. */
export function TruthFigures({ result, current }: { result: FinishedResult; current: boolean }) {
  const language = useLanguage();
  const { count, rough, percent } = language;
  const { figures: words, unknown, again, againHint } = useTruthWords();
  const stale = useApp((state) => isStale(state, result));
  const { timings, model } = result;
  const truth = runTruth(timings);
  const known = (value: number | null): string =>
    value === null ? unknown : value < 100 ? rough(value) : count(value);
  const threads = language.words.model.deviceHints.threads(
    count(model.threads),
    model.threads !== 1,
  );
  const where = [
    placeOf(model, language),
    model.adapter ?? threads,
    ...(model.softwareAdapter ? [words.software] : []),
  ];
  const main: readonly Figure[] = [
    { name: words.tokens, value: known(truth.tokensPerSecond) },
    { name: words.pairs, value: known(truth.pairsPerSecond) },
    { name: words.gflops, value: known(truth.gflops), hint: words.gflopsHint },
    { name: words.padding, value: percent(timings.paddedShare), hint: words.paddingHint },
  ];
  const more: readonly Figure[] = [
    {
      name: words.scored,
      value: words.scoredValue(count(timings.pairs), timings.pairs !== 1, count(timings.tokens)),
    },
    {
      name: words.batches,
      value: words.batchesValue(count(timings.batches), count(timings.tokenBudget)),
    },
    { name: words.runsOn, value: where.join(' · ') },
  ];
  return (
    <div className="truth-figures">
      <dl className="truth-main">
        {main.map(({ name, value, hint }) => (
          <div key={name} title={hint}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <dl className="truth-more">
        {more.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div title={words.rememberedHint}>
          <dt>{words.remembered}</dt>
          <dd>
            {words.rememberedValue(count(timings.remembered), count(documentsTimed(result)))}
            {timings.remembered > 0 && current && !stale && (
              <>
                {' '}
                <button
                  type="button"
                  className="link"
                  title={againHint}
                  onClick={(event) => {
                    // The button goes as soon as the run begins; the line that opened all this stays.
                    event.currentTarget.closest('details')?.querySelector('summary')?.focus();
                    rerank({ remember: false });
                  }}
                >
                  {again}
                </button>
              </>
            )}
          </dd>
        </div>
      </dl>
    </div>
  );
}
