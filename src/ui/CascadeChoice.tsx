import { useEffect, useId } from 'react';
import { forgetMissingCascade } from '../app/cascade-gone.ts';
import { cascadeDepths, chooseCascade, fastModelsOf } from '../app/cascade-models.ts';
import { changeSettings } from '../app/change-settings.ts';
import { pastedDocuments } from '../app/input-view.ts';
import { nameOfModel } from '../app/model-display.ts';
import { wantedModelId } from '../app/model-phase.ts';
import { useLanguage } from './language.ts';
import { useApp } from './use-app.ts';
import { useCascadeWords } from './use-cascade-words.ts';
import './styles/cascade.css';

/**
 * Which model scores everything before the one in use scores the best again. Without a second model
 * there is nothing to choose.
 */
export function CascadeChoice() {
  const { count } = useLanguage();
  const words = useCascadeWords();
  const id = useId();
  const settings = useApp((state) => state.settings);
  const models = useApp((state) => state.models);
  const gone = useApp((state) => state.cascadeGone);
  const documents = useApp((state) => {
    const pasted = pastedDocuments(state);
    return pasted.ok ? pasted.documents.length : 0;
  });
  const offered = fastModelsOf({ settings, models });
  const { cascadeModel, cascadeDepth } = settings;
  const strong = nameOfModel(wantedModelId(settings));
  const chosen = cascadeModel !== null && offered.includes(cascadeModel) ? cascadeModel : null;

  // The list may have lost the chosen one: here, in another tab, or since the last visit.
  useEffect(() => {
    if (models.kept !== null && cascadeModel !== null) forgetMissingCascade();
  }, [models.kept, cascadeModel]);

  const note =
    gone !== null
      ? words.gone(nameOfModel(gone))
      : chosen !== null && documents > 0 && documents <= cascadeDepth
        ? words.few(count(cascadeDepth), strong)
        : null;
  const depths = [...new Set([...cascadeDepths, cascadeDepth])].sort((a, b) => a - b);
  return (
    <>
      {offered.length > 0 && (
        <>
          <label className="muted" htmlFor={id}>
            {words.label}
          </label>
          <span className="cascade-choice">
            <select
              id={id}
              className="select"
              value={chosen ?? ''}
              title={words.hint(strong)}
              onChange={(event) => chooseCascade(event.target.value || null)}
            >
              <option value="">{words.off}</option>
              {offered.map((model) => (
                <option key={model} value={model}>
                  {words.first(nameOfModel(model))}
                </option>
              ))}
            </select>
            {chosen !== null && (
              <select
                className="select"
                aria-label={words.depthLabel}
                value={cascadeDepth}
                onChange={(event) => changeSettings({ cascadeDepth: Number(event.target.value) })}
              >
                {depths.map((depth) => (
                  <option key={depth} value={depth}>
                    {words.depth(count(depth))}
                  </option>
                ))}
              </select>
            )}
          </span>
        </>
      )}
      <span className="cascade-note" role="status">
        {note}
      </span>
    </>
  );
}
