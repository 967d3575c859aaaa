import { useState } from 'react';
import { useStore } from 'zustand';
import { forgetEverything } from '../../app/work-actions.ts';
import { workStore } from '../../app/work-store.ts';
import { AsideList } from '../AsideList.tsx';
import { ModelsTwoStep } from '../ModelsTwoStep.tsx';
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
      {aside.length > 0 && <AsideList entries={aside} />}
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
