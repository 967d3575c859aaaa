import { useRef } from 'react';
import { loadModel } from '../app/model-actions.ts';
import type { CatalogRow, firstRung, Presence } from '../app/models-view.ts';
import { ModelsProgress } from './ModelsProgress.tsx';
import { useMeasures } from './models-measures.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModelsWords } from './use-models-words.ts';

interface Props {
  readonly row: CatalogRow;
  readonly rung: ReturnType<typeof firstRung>;
  readonly presence: Presence;
}

/** The one thing to do with a model now; what it costs is on the button. */
export function ModelsAction({ row, rung, presence }: Props) {
  const modelsWords = useModelsWords();
  const { size } = useMeasures();
  const { catalog } = modelsWords;
  const { card } = row;
  const part = useRef<HTMLDivElement>(null);
  const keptFocus = useKeptFocus(part);
  const left =
    (rung?.downloadBytes ?? 0) - (presence.state === 'partial' ? presence.storedBytes : 0);
  const labels = {
    here: catalog.load,
    partial: catalog.resume(size(Math.max(0, left))),
    'not-here': catalog.download(size(left)),
  };
  return (
    <div
      ref={part}
      className="models-action"
      data-busy={presence.state === 'loading'}
      tabIndex={-1}
      {...keptFocus}
    >
      {presence.state === 'loading' && <ModelsProgress brief />}
      {rung !== null && presence.state !== 'loading' && presence.state !== 'in-use' && (
        <button
          type="button"
          className="button"
          aria-label={catalog.nameOf(labels[presence.state], card.name)}
          onClick={() => loadModel(card.id)}
        >
          {labels[presence.state]}
        </button>
      )}
      {presence.state === 'partial' && (
        <span className="models-note">
          {modelsWords.amount(size(presence.storedBytes), size(presence.totalBytes))}
        </span>
      )}
    </div>
  );
}
