import { useEffect, useRef, useState } from 'react';
import { closeImport } from '../../app/import-actions.ts';
import type { ImportState } from '../../app/import-store.ts';
import { useKeptFocus } from '../use-kept-focus.ts';
import { ImportAnnouncer } from './ImportAnnouncer.tsx';
import { ImportChoosing } from './ImportChoosing.tsx';
import { ImportOutcome } from './ImportOutcome.tsx';
import { ImportRunning } from './ImportRunning.tsx';
import { ImportSources } from './ImportSources.tsx';
import { useImport, useImportWords } from './import-language.ts';
import '../styles/import.css';

/** The whole import, from what was brought to the report; nothing while there is none. */
export function ImportPanel() {
  const state = useImport((current) => current);
  return (
    <>
      <ImportAnnouncer />
      {state.phase !== 'idle' && <Panel state={state} />}
    </>
  );
}

type Open = Exclude<ImportState, { phase: 'idle' }>;

function Panel({ state }: { state: Open }) {
  const words = useImportWords();
  const { phase, draft } = state;
  const panel = useRef<HTMLElement>(null);
  const keptFocus = useKeptFocus(panel);

  // Read while drawing: when effects run, the box for a text has the focus already.
  const [before] = useState(() => document.activeElement);

  useEffect(() => {
    return () => {
      // What had the focus may be gone, or the user may be elsewhere by now.
      if (document.activeElement !== document.body) return;
      if (before instanceof HTMLElement && before !== document.body && before.isConnected) {
        before.focus();
        return;
      }
      // The empty list was drawn anew, and with it the button that was pressed.
      const opener = document.querySelector<HTMLElement>('.import-sources button:not(:disabled)');
      (opener ?? document.getElementById('main'))?.focus();
    };
  }, [before]);

  useEffect(() => {
    // The box for a text takes the focus itself.
    if (panel.current?.contains(document.activeElement) && phase === 'choosing') return;
    panel.current?.focus();
    panel.current?.scrollIntoView({ block: 'nearest' });
  }, [phase]);

  return (
    <section
      ref={panel}
      className="import-panel"
      aria-labelledby="import-heading"
      tabIndex={-1}
      data-phase={phase}
      {...keptFocus}
    >
      <header className="import-head">
        <h2 id="import-heading">{phase === 'done' ? words.outcome.heading : words.heading}</h2>
        {phase === 'choosing' && draft.files.length > 0 && <ImportSources into={draft.into} adds />}
        {phase === 'choosing' && draft.files.length === 0 && (
          // The buttons that opened it are still there, and files can be dropped.
          <button type="button" className="button button-quiet" onClick={() => closeImport()}>
            {words.outcome.close}
          </button>
        )}
      </header>
      {phase === 'choosing' && <ImportChoosing state={state} />}
      {phase === 'importing' && <ImportRunning state={state} />}
      {phase === 'done' && <ImportOutcome state={state} />}
    </section>
  );
}
