import { useState } from 'react';
import { useStore } from 'zustand';
import { deleteAside, downloadAside, forgetEverything } from '../../app/work-actions.ts';
import { type AsideEntry, workStore } from '../../app/work-store.ts';
import { useLanguage } from '../language.ts';
import { ModelsTwoStep } from '../ModelsTwoStep.tsx';
import { useMeasures } from '../models-measures.ts';
import { saveFile } from '../save-file.ts';
import { FactSheet } from './FactSheet.tsx';
import { useDiagnosticsWords } from './use-diagnostics.ts';

/** What of the user's work is kept, what of it could not be read, and the way to be rid of all. */
export function DiagnosticsKept() {
  const { kept: words } = useDiagnosticsWords();
  const aside = useStore(workStore, (state) => state.aside);
  const [isRefused, setRefused] = useState(false);
  const forget = async (): Promise<void> => {
    if (await forgetEverything()) location.reload();
    else setRefused(true);
  };
  return (
    <FactSheet heading={words.heading} facts={[]}>
      <p className="diagnostics-note">{words.note}</p>
      <p className="diagnostics-note">{aside.length === 0 ? words.noAside : words.aside}</p>
      {aside.length > 0 && (
        <ul className="set-aside">
          {aside.map((entry) => (
            <SetAside key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      <div className="diagnostics-actions">
        <ModelsTwoStep
          label={words.forget}
          name={words.forget}
          question={words.forgetQuestion}
          onConfirm={forget}
        />
      </div>
      <p role="status">{isRefused ? words.refused : ''}</p>
    </FactSheet>
  );
}

function SetAside({ entry }: { entry: AsideEntry }) {
  const { tag } = useLanguage();
  const { size } = useMeasures();
  const { kept: words } = useDiagnosticsWords();
  const { id, kind, bytes, setAsideAt } = entry;
  const format = new Intl.DateTimeFormat(tag === 'zh' ? 'zh-Hans' : 'en', { dateStyle: 'medium' });
  const name = words.kinds[kind];
  const when = setAsideAt === null ? '' : ` ${words.when(format.format(setAsideAt))}`;
  return (
    <li>
      <span>
        {name}
        {when} · {size(bytes)}
      </span>
      <button
        type="button"
        className="button button-quiet"
        aria-label={words.downloadName(name, size(bytes))}
        onClick={() => downloadAside(id, saveFile)}
      >
        {words.download}
      </button>
      <ModelsTwoStep
        label={words.remove}
        name={words.removeName(name, size(bytes))}
        question={words.removeQuestion}
        onConfirm={() => deleteAside(id)}
      />
    </li>
  );
}
