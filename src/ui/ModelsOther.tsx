import { lookUpModel, typeModelId } from '../app/model-actions.ts';
import { rowOfLookUp } from '../app/models-view.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { ModelsHost } from './ModelsHost.tsx';
import { ModelsRow } from './ModelsRow.tsx';
import { ModelsToken } from './ModelsToken.tsx';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

interface Props {
  readonly open: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
}

/** Any repository of a hub: asked about first, then loaded like those of the catalog. */
export function ModelsOther({ open, onToggle }: Props) {
  const typedId = useApp((state) => state.models.typedId);
  const lookUp = useApp((state) => state.models.lookUp);
  const { other } = useModelsWords();
  const row = rowOfLookUp(lookUp);
  return (
    <section className="models-other models-card" aria-labelledby="models-other">
      <h2 id="models-other">{other.heading}</h2>
      <div className="models-other-line">
        <form
          className="models-look-up"
          onSubmit={(event) => {
            event.preventDefault();
            lookUpModel();
          }}
        >
          <input
            type="text"
            className="box mono"
            aria-label={other.label}
            aria-describedby="models-other-hint"
            placeholder={other.placeholder}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            value={typedId}
            onChange={(event) => typeModelId(event.target.value)}
          />
          <button type="submit" className="button" disabled={typedId.trim() === ''}>
            {other.lookUp}
          </button>
        </form>
        <ModelsHost />
        <ModelsToken />
      </div>
      <p id="models-other-hint" className="models-note">
        {other.hint}
      </p>
      {lookUp.phase === 'asking' && <p className="models-note">{other.asking(lookUp.model)}</p>}
      {lookUp.phase === 'failed' && <FailureNotice failure={lookUp.failure} lead={lookUp.model} />}
      {row !== null && (
        <ul className="models-rows" aria-label={other.found}>
          <ModelsRow
            row={row}
            anchor={null}
            open={open.has(`found ${row.card.id}`)}
            onToggle={() => onToggle(`found ${row.card.id}`)}
          />
        </ul>
      )}
    </section>
  );
}
