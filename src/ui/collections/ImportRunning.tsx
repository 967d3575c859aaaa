import { useEffect } from 'react';
import { cancelImport } from '../../app/import-actions.ts';
import type { ImportState } from '../../app/import-store.ts';
import { useLanguage } from '../language.ts';
import { useFileSize, useImportWords } from './import-language.ts';

type Importing = Extract<ImportState, { phase: 'importing' }>;

/** How far the import is, and the way to stop it: the button, or Escape. */
export function ImportRunning({ state }: { state: Importing }) {
  const { running } = useImportWords();
  const { count } = useLanguage();
  const size = useFileSize();
  const { progress } = state;

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.isComposing) return;
      // It is this that is stopped, not a run elsewhere in the page.
      event.stopPropagation();
      cancelImport();
    };
    document.addEventListener('keydown', onKeyDown, true);
    return () => document.removeEventListener('keydown', onKeyDown, true);
  }, []);

  const amount = ((): string => {
    if (progress === null || progress.total === 0) return '';
    const { step, done, total } = progress;
    return step === 'indexing' || step === 'evaluating'
      ? running.documents(count(done), count(total))
      : running.bytes(size(done), size(total));
  })();
  return (
    <div className="import-running">
      <progress
        className="progress"
        aria-label={running.progress}
        max={1}
        {...(progress !== null && progress.total > 0 && { value: progress.done / progress.total })}
      />
      <p className="import-running-line">
        <span>
          <strong>{progress === null ? running.waiting : running.steps[progress.step]}</strong>{' '}
          {amount}
        </span>
        <button type="button" className="button" onClick={() => cancelImport()}>
          {running.cancel}
        </button>
      </p>
      <p className="import-note">{running.cancelHint}</p>
    </div>
  );
}
