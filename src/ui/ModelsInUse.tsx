import { useRef } from 'react';
import { unloadModel } from '../app/model-actions.ts';
import { nameOfModel } from '../app/model-display.ts';
import { crossrank } from '../app/services.ts';
import type { ModelPhase } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { useLanguage } from './language.ts';
import { LoadFailure } from './ModelsLoadFailure.tsx';
import { ModelsMeasure } from './ModelsMeasure.tsx';
import { ModelsProgress } from './ModelsProgress.tsx';
import { ModelsSelfTest } from './ModelsSelfTest.tsx';
import { ModelsStepDowns } from './ModelsStepDowns.tsx';
import { placeOf } from './model-summary.ts';
import { useApp } from './use-app.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModelsWords } from './use-models-words.ts';

type Loaded = Extract<ModelPhase, { phase: 'ready' }>['model'];

/** The model in memory: what it is, where it runs, whether it computes right and how fast. */
export function ModelsInUse() {
  const model = useApp((state) => state.model);
  const loading = useApp((state) => state.models.loading);
  // While another one is fetched the page's state tells of that; the library knows what works.
  const loaded = model.phase === 'ready' ? model.model : crossrank.model;
  const { use } = useModelsWords();
  const part = useRef<HTMLElement>(null);
  const keptFocus = useKeptFocus(part);
  return (
    <section
      ref={part}
      className="in-use models-card"
      aria-labelledby="models-in-use"
      tabIndex={-1}
      {...keptFocus}
    >
      <h2 id="models-in-use">{use.heading}</h2>
      <LoadFailure working={loaded} />
      {loading !== null && (
        <div className="in-use-loading">
          <p className="in-use-name">{nameOfModel(loading.model)}</p>
          <ModelsProgress />
          <ModelsStepDowns steps={loading.stepDowns} />
          {loaded !== null && (
            <p className="models-note">{use.before(nameOfModel(loaded.model))}</p>
          )}
        </div>
      )}
      {loading === null && model.phase === 'failed' && <FailureNotice failure={model.failure} />}
      {loading === null && loaded === null && <ModelsProgress />}
      {loading === null && model.phase === 'none' && <p className="models-note">{use.none}</p>}
      {loaded !== null && <LoadedFacts loaded={loaded} ready={model.phase === 'ready'} />}
    </section>
  );
}

function LoadedFacts({ loaded, ready }: { loaded: Loaded; ready: boolean }) {
  const language = useLanguage();
  const { words, count } = language;
  const { use, measure } = useModelsWords();
  const where = loaded.adapter ?? measure.threads(count(loaded.threads), loaded.threads !== 1);
  return (
    <>
      <div className="in-use-model" data-phase="ready">
        <p className="in-use-name">
          <span className="dot" aria-hidden="true" />
          {nameOfModel(loaded.model)}
        </p>
        <p>
          {placeOf(loaded, language)} · {where}
        </p>
        <p className="models-note">
          {use.longest(count(loaded.maxLength))}
          <br />
          {use.revision(loaded.revision.slice(0, 15))}
        </p>
        {loaded.softwareAdapter && <p className="models-note">{words.model.softwareWarning}</p>}
        <button
          type="button"
          className="button button-small"
          disabled={!ready}
          title={use.unloadHint}
          onClick={() => unloadModel()}
        >
          {use.unload}
        </button>
      </div>
      <ModelsStepDowns steps={loaded.stepDowns} />
      {loaded.selfTest !== null && <ModelsSelfTest report={loaded.selfTest} />}
      <ModelsMeasure ready={ready} />
    </>
  );
}
