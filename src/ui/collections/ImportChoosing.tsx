import { useMemo, useState } from 'react';
import { lookAtImportAgain } from '../../app/import-actions.ts';
import type { ImportState } from '../../app/import-store.ts';
import { rowsOf } from '../../app/import-view.ts';
import { useLanguage } from '../language.ts';
import { CollectionsFailure } from './CollectionsFailure.tsx';
import { ImportFormats } from './ImportFormats.tsx';
import { ImportGoal } from './ImportGoal.tsx';
import { ImportPaste } from './ImportPaste.tsx';
import { ImportRowView } from './ImportRowView.tsx';
import { useImportWords } from './import-language.ts';

/** Rows that are drawn at once. */
const pageLength = 100;

type Choosing = Extract<ImportState, { phase: 'choosing' }>;

/** What was brought and how it is understood, until it is taken in. */
export function ImportChoosing({ state }: { state: Choosing }) {
  const words = useImportWords();
  const { draft, looking, failure, cancelled } = state;
  const unseen = draft.files.length > 0 && draft.previews.length === 0;
  return (
    <>
      {draft.pasting && <ImportPaste into={draft.into} alone={draft.files.length === 0} />}
      {cancelled && <p className="import-note">{words.announce.cancelled}</p>}
      {failure !== null && (
        <CollectionsFailure failure={failure}>
          {unseen && (
            <button type="button" className="button" onClick={() => lookAtImportAgain()}>
              {words.list.lookAgain}
            </button>
          )}
        </CollectionsFailure>
      )}
      {draft.files.length === 0 && looking === 0 && <ImportFormats />}
      <Rows state={state} />
      {looking > 0 && <Looking state={state} />}
      {draft.files.length > 0 && <ImportGoal state={state} />}
    </>
  );
}

function Rows({ state }: { state: Choosing }) {
  const words = useImportWords();
  const { count } = useLanguage();
  const { previews, choices } = state.draft;
  const rows = useMemo(() => rowsOf(previews), [previews]);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState(pageLength);
  if (rows.length === 0) return null;
  // A single file is shown whole: there is nothing that it would push away.
  const openAtFirst = rows.length === 1;
  const toggle = (key: string): void => {
    const next = new Set(toggled);
    if (!next.delete(key)) next.add(key);
    setToggled(next);
  };
  const more = Math.min(pageLength, rows.length - shown);
  return (
    <div>
      <ul className="import-rows" aria-label={words.list.label}>
        {rows.slice(0, shown).map((row) => (
          <ImportRowView
            key={row.key}
            row={row}
            decided={choices.has(row.key)}
            open={toggled.has(row.key) !== openAtFirst}
            onToggle={() => toggle(row.key)}
          />
        ))}
      </ul>
      {more > 0 && (
        <button
          type="button"
          className="button button-quiet button-small"
          onClick={() => setShown(shown + pageLength)}
        >
          {words.list.more(count(more))}
        </button>
      )}
    </div>
  );
}

/** That files are looked at, and how far that is where it takes long. */
function Looking({ state }: { state: Choosing }) {
  const { list, running } = useImportWords();
  const { count } = useLanguage();
  const { draft, progress } = state;
  const unseen = draft.files.length;
  const again = draft.previews.length > 0;
  return (
    <div className="import-looking">
      <progress
        className="progress"
        aria-label={again ? list.lookingAgain : list.looking(count(unseen), unseen !== 1)}
        max={1}
        {...(progress !== null && progress.total > 0 && { value: progress.done / progress.total })}
      />
      <p className="import-note">
        {again ? list.lookingAgain : list.looking(count(unseen), unseen !== 1)}
        {progress?.step === 'unpacking' && ` ${running.steps.unpacking}…`}
      </p>
    </div>
  );
}
