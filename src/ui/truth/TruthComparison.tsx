import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { collectionsStore } from '../../app/collections-store.ts';
import { compareOnResult } from '../../app/comparison-actions.ts';
import { type ComparisonPhase, comparisonStore } from '../../app/comparison-store.ts';
import { stopComparison } from '../../app/comparison-turn.ts';
import { wantedModelId } from '../../app/model-phase.ts';
import type { FinishedResult } from '../../app/run-truth.ts';
import { changeDevice } from '../../app/settings-actions.ts';
import { FailureNotice } from '../FailureNotice.tsx';
import { FasterDevice } from '../FasterDevice.tsx';
import { type Language, useLanguage } from '../language.ts';
import { durationText } from '../run-summary.ts';
import { useApp } from '../use-app.ts';
import { useKeptFocus } from '../use-kept-focus.ts';
import type { TruthDictionary } from './truth-en.ts';
import { useTruthWords } from './use-truth.ts';

/** Both devices on the user's own documents; it ends when it is not looked at any more. */
export function TruthComparison({ result, current }: { result: FinishedResult; current: boolean }) {
  const { comparison: words } = useTruthWords();
  const phase = useStore(comparisonStore);
  const webgpu = useApp((state) => state.devices?.webgpu);
  const part = useRef<HTMLElement>(null);
  const keptFocus = useKeptFocus(part);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.isComposing) stopComparison();
    };
    // Before the page's own listener, which would leave loading to whoever comes next.
    addEventListener('keydown', onKeyDown, { capture: true });
    return () => {
      removeEventListener('keydown', onKeyDown, { capture: true });
      stopComparison();
    };
  }, []);

  if (webgpu === undefined) return null;
  return (
    <section
      ref={part}
      className="truth-comparison"
      aria-labelledby="truth-comparison"
      tabIndex={-1}
      {...keptFocus}
    >
      <h3 id="truth-comparison">{words.heading}</h3>
      {webgpu.available ? (
        <>
          <p className="truth-note">
            {words.intro} {webgpu.software && words.software(webgpu.adapter)}
          </p>
          <Outcome phase={phase} />
          <Controls phase={phase} result={result} current={current} />
        </>
      ) : (
        <p className="truth-note">{webgpu.reason === 'no-api' ? words.noApi : words.noAdapter}</p>
      )}
      <Remembered />
    </section>
  );
}

function Controls(props: { phase: ComparisonPhase; result: FinishedResult; current: boolean }) {
  const { phase, result, current } = props;
  const language = useLanguage();
  const { comparison: words } = useTruthWords();
  const collectionRuns = useStore(collectionsStore, ({ run }) => run.phase === 'running');
  const loading = useApp((state) => state.models.loading !== null);
  const running = phase.phase === 'running';
  return (
    <div className="truth-controls">
      {running ? (
        <button type="button" className="button button-small" onClick={stopComparison}>
          {words.cancel}
        </button>
      ) : (
        <button
          type="button"
          className="button button-small"
          disabled={!current || loading || collectionRuns}
          onClick={() => compareOnResult(result)}
        >
          {phase.phase === 'done' ? words.again : words.compare}
        </button>
      )}
      <p className="truth-note" role="status">
        {running
          ? stepText(phase, words, language)
          : phase.phase === 'cancelled' && words.cancelled}
        {collectionRuns && words.busy}
      </p>
    </div>
  );
}

function Outcome({ phase }: { phase: ComparisonPhase }) {
  const { comparison: words } = useTruthWords();
  const model = useApp(({ settings }) => wantedModelId(settings));
  // Of another model it would be read as this one's.
  if (phase.phase === 'done') return phase.model === model ? <Compared {...phase} /> : null;
  if (phase.phase === 'not-here') return <p className="notice">{words.notHere}</p>;
  if (phase.phase === 'failed') {
    return (
      <FailureNotice
        lead={words.failed}
        failure={phase.failure}
        onWasm={() => changeDevice('wasm')}
      />
    );
  }
  return null;
}

function Compared({ comparison, remembered }: Extract<ComparisonPhase, { phase: 'done' }>) {
  const language = useLanguage();
  const { words: page, count, rough } = language;
  const { comparison: words, sentences } = useTruthWords();
  const { faster, factor, sameRanking, largestDifference } = comparison;
  const { devices } = page.model;
  const other = faster === 'wasm' ? 'webgpu' : 'wasm';
  const difference = new Intl.NumberFormat(language.tag === 'zh' ? 'zh-Hans' : 'en', {
    maximumSignificantDigits: 2,
  }).format(largestDifference);
  return (
    <>
      <p>
        <strong className="truth-verdict">
          {factor < 1.05
            ? words.same
            : words.faster(devices[faster], devices[other], rough(factor))}
        </strong>{' '}
        {sentences([
          sameRanking ? words.agree(difference) : words.disagree(difference),
          words.used(
            count(comparison.documents),
            count(comparison.ofDocuments),
            count(comparison.tokens),
          ),
          remembered ? '' : words.tooFew,
        ])}
      </p>
      <table className="truth-table truth-devices">
        <thead>
          <tr>
            {Object.entries(words.columns).map(([key, column]) => (
              <th key={key} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(['wasm', 'webgpu'] as const).map((device) => {
            const { model, medianMs, tokensPerSecond, roundsMs } = comparison[device];
            return (
              <tr key={device} data-faster={device === faster ? '' : undefined}>
                <th scope="row">{devices[device]}</th>
                <td>{model.dtype}</td>
                <td>{durationText(medianMs, language)}</td>
                <td>{count(tokensPerSecond)}</td>
                <td>{count(roundsMs.length)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

/** What was remembered, and what stands against it: a device that was chosen by name. */
function Remembered() {
  const { words: page } = useLanguage();
  const { comparison: words } = useTruthWords();
  const chosen = useApp(({ settings }) => settings.modelDevice ?? settings.device);
  const done = useStore(comparisonStore, ({ phase }) => phase === 'done');
  if (chosen === 'auto') return <FasterDevice />;
  if (!done) return null;
  return (
    <p className="faster-device">
      {words.chosen(page.model.devices[chosen])}{' '}
      <button type="button" className="link" onClick={() => changeDevice('auto')}>
        {words.useAuto}
      </button>
    </p>
  );
}

function stepText(
  { step }: Extract<ComparisonPhase, { phase: 'running' }>,
  words: TruthDictionary['comparison'],
  { words: page, count }: Language,
): string {
  if (step === null) return words.starting;
  const device = page.model.devices[step.device];
  switch (step.part) {
    case 'loading':
      return words.loading(device);
    case 'warming-up':
      return words.warmingUp(device);
    case 'measuring':
      return words.round(device, count(step.round), count(step.rounds));
    default:
      return step.part satisfies never;
  }
}
