import { useRef } from 'react';
import { dismissModelFailures, removeAllModels, removeModel } from '../app/model-actions.ts';
import { storageViewOf } from '../app/models-view.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { ModelsKeptRow } from './ModelsKeptRow.tsx';
import { ModelsTwoStep } from './ModelsTwoStep.tsx';
import { useMeasures } from './models-measures.ts';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

/** The models that this browser keeps, and the room they take. */
export function ModelsKept() {
  const modelsWords = useModelsWords();
  const { size } = useMeasures();
  const { kept: models, failure } = useApp((state) => state.models);
  const heading = useRef<HTMLHeadingElement>(null);
  const { kept } = modelsWords;

  // The button that was pressed goes with its row: reading goes on from the top of the list.
  const remove = async (removal: Promise<void>): Promise<void> => {
    heading.current?.focus();
    await removal;
  };

  const total = (models ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <section className="models-kept models-card" aria-labelledby="models-kept">
      <div className="models-card-head">
        <h2 id="models-kept" ref={heading} tabIndex={-1}>
          {kept.heading}
        </h2>
        {models !== null && models.length > 0 && (
          <ModelsTwoStep
            label={kept.removeAll}
            name={kept.removeAll}
            question={kept.reallyRemove(size(total))}
            onConfirm={() => remove(removeAllModels())}
          />
        )}
      </div>
      {failure !== null && (
        <FailureNotice failure={failure}>
          <button type="button" className="button" onClick={dismissModelFailures}>
            {modelsWords.use.dismiss}
          </button>
        </FailureNotice>
      )}
      {models === null && <p className="models-note">{kept.loading}</p>}
      {models?.length === 0 && <p className="models-note">{kept.none}</p>}
      {models !== null && models.length > 0 && (
        <ul aria-labelledby="models-kept">
          {models.map((model) => (
            <ModelsKeptRow
              key={model.key}
              model={model}
              onRemove={() => remove(removeModel(model.key))}
            />
          ))}
        </ul>
      )}
      <Room />
    </section>
  );
}

/** What models take of the room that the browser gives, as a thin bar and in words. */
function Room() {
  const { size } = useMeasures();
  const models = useApp((state) => state.models);
  const { kept } = useModelsWords();
  if (models.storage === null) return null;
  const { modelBytes, usedBytes, quotaBytes, persisted, inMemory } = storageViewOf(models);
  const share = (bytes: number): string =>
    quotaBytes === null || quotaBytes === 0 ? '0%' : `${Math.min(1, bytes / quotaBytes) * 100}%`;
  const used = usedBytes ?? modelBytes;
  return (
    <div className="models-room">
      {quotaBytes !== null && (
        <span className="room-bar" aria-hidden="true">
          <span className="room-models" style={{ inlineSize: share(modelBytes) }} />
          <span className="room-rest" style={{ inlineSize: share(used - modelBytes) }} />
        </span>
      )}
      <p className="models-note">
        {quotaBytes === null
          ? kept.roomUnknown(size(modelBytes))
          : kept.room(size(modelBytes), size(quotaBytes))}
        {inMemory && (
          <>
            <br />
            {kept.nothingKept}
          </>
        )}
        {!inMemory && persisted !== null && (
          <>
            <br />
            {persisted ? kept.persisted : kept.notPersisted}
          </>
        )}
      </p>
    </div>
  );
}
