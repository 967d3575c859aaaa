import { useId, useMemo } from 'react';
import { closeImport, decideImport, startImport } from '../../app/import-actions.ts';
import { proposeName, takenFiles } from '../../app/import-files.ts';
import type { ImportState } from '../../app/import-store.ts';
import { noticeOf, totalsOf } from '../../app/import-view.ts';
import { useLanguage } from '../language.ts';
import { useFileSize, useImportWords } from './import-language.ts';
import { phraseOfCounts } from './import-phrases.ts';

type Choosing = Extract<ImportState, { phase: 'choosing' }>;

/** What the import will hold, where it goes, and the button that starts it. */
export function ImportGoal({ state }: { state: Choosing }) {
  const words = useImportWords();
  const { count } = useLanguage();
  const size = useFileSize();
  const { goal, list } = words;
  const { draft, looking } = state;
  const { previews, files, into, target } = draft;
  const totals = useMemo(() => totalsOf(previews), [previews]);
  const intoOpen = target === 'into' && into !== null;
  const proposed = useMemo(
    () => proposeName(takenFiles(files, previews), words.paste.name),
    [files, previews, words],
  );
  const name = draft.name ?? proposed;
  const holds = phraseOfCounts(totals, { words, count });
  const seen = previews.length > 0 && looking === 0;
  const notice = seen && totals.includedFiles > 0 ? noticeOf(totals, intoOpen) : null;
  return (
    <form
      className="import-goal"
      aria-label={goal.label}
      onSubmit={(event) => {
        event.preventDefault();
        if (totals.includedFiles > 0 && looking === 0) {
          startImport(name.trim() === '' ? proposed : name.trim());
        }
      }}
    >
      <dl>
        <div>
          <dt>{!totals.complete ? goal.found : intoOpen ? goal.adds : goal.holds}</dt>
          <dd>
            <strong>
              {holds === '' ? goal.nothing : totals.complete ? holds : list.soFar(holds)}
            </strong>
            <span className="muted">
              {goal.files(
                count(totals.includedFiles),
                totals.includedFiles !== 1,
                size(totals.includedBytes),
              )}
            </span>
          </dd>
        </div>
        {into !== null && <Target state={state} />}
        {!intoOpen && <Name name={draft.name} proposed={proposed} />}
      </dl>
      {!totals.complete && <p className="import-note">{goal.soFarNote}</p>}
      {intoOpen && <p className="import-note">{goal.intoNote}</p>}
      {notice !== null && (
        <p className="import-notice" data-notice={notice}>
          {goal.notices[notice]}
        </p>
      )}
      {previews.length > 0 && totals.includedFiles === 0 && (
        <p className="import-notice">{goal.noFiles}</p>
      )}
      <p className="import-buttons">
        <button
          type="submit"
          className="button button-main"
          disabled={totals.includedFiles === 0 || looking > 0}
        >
          {goal.start}
        </button>
        <button type="button" className="button" onClick={() => closeImport()}>
          {goal.cancel}
        </button>
      </p>
    </form>
  );
}

function Target({ state }: { state: Choosing }) {
  const { goal } = useImportWords();
  const name = useId();
  const { into, target } = state.draft;
  if (into === null) return null;
  const options = [
    { value: 'into', word: goal.existing(into.name) },
    { value: 'new', word: goal.newCollection },
  ] as const;
  return (
    <div>
      <dt id={name}>{goal.target}</dt>
      <dd>
        <div className="import-targets" role="radiogroup" aria-labelledby={name}>
          {options.map(({ value, word }) => (
            <label key={value} className="toggle">
              <input
                type="radio"
                name={name}
                checked={target === value}
                onChange={() => decideImport({ target: value })}
              />
              {word}
            </label>
          ))}
        </div>
      </dd>
    </div>
  );
}

function Name({ name, proposed }: { name: string | null; proposed: string }) {
  const { goal } = useImportWords();
  const id = useId();
  return (
    <div>
      <dt>
        <label htmlFor={id}>{goal.name}</label>
      </dt>
      <dd>
        <input
          id={id}
          type="text"
          className="box import-name-box"
          maxLength={200}
          autoComplete="off"
          placeholder={proposed}
          value={name ?? proposed}
          onChange={({ target }) => decideImport({ name: target.value })}
        />
      </dd>
    </div>
  );
}
