import { testModelAgain } from '../../app/diagnostics-actions.ts';
import { nameOfModel } from '../../app/model-display.ts';
import { useLanguage } from '../language.ts';
import { ModelsSelfTest } from '../ModelsSelfTest.tsx';
import { ModelsStepDowns } from '../ModelsStepDowns.tsx';
import { modelSummary } from '../model-summary.ts';
import { useApp } from '../use-app.ts';
import { FactSheet } from './FactSheet.tsx';
import { useDiagnosticsWords } from './use-diagnostics.ts';

/** What is loaded, and whether it computes what it should. */
export function DiagnosticsModel() {
  const language = useLanguage();
  const { words: page, count } = language;
  const { model: words } = useDiagnosticsWords();
  const phase = useApp((state) => state.model);
  const isBusy = useApp((state) => state.run.phase === 'scoring' || state.models.loading !== null);
  const { facts } = page.model;
  const model = phase.phase === 'ready' ? phase.model : null;
  return (
    <FactSheet
      heading={words.heading}
      facts={
        model === null
          ? []
          : [
              { term: facts.model, value: nameOfModel(model.model), mono: true },
              { term: facts.revision, value: model.revision, mono: true },
              { term: facts.dtype, value: model.dtype, mono: true },
              { term: facts.device, value: page.model.devices[model.device] },
              { term: facts.threads, value: count(model.threads) },
              { term: facts.maxLength, value: page.model.tokens(count(model.maxLength)) },
            ]
      }
    >
      {model === null && (
        <p className="diagnostics-note">
          {phase.phase === 'failed'
            ? `${words.failed} ${phase.failure.code}`
            : phase.phase === 'none'
              ? words.none
              : modelSummary(phase, language)}
        </p>
      )}
      {model?.selfTest != null && <ModelsSelfTest report={model.selfTest} label={words.selfTest} />}
      {model !== null && <ModelsStepDowns steps={model.stepDowns} />}
      <p className="diagnostics-actions">
        <button type="button" className="button" aria-disabled={isBusy} onClick={testModelAgain}>
          {isBusy ? words.busy : words.test}
        </button>
      </p>
    </FactSheet>
  );
}
