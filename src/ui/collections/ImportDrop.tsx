import { useEffect } from 'react';
import { beginImportOfText, importTransfer } from '../../app/import-actions.ts';
import { type ImportInto, importStore } from '../../app/import-store.ts';
import { useFileDrop } from '../use-file-drop.ts';
import { useImport, useImportWords } from './import-language.ts';

interface Props {
  /** The collection that is open, as a possible target; null where none is. */
  readonly into: ImportInto | null;
}

/**
 * Takes what is dropped anywhere while the view is shown, and says so while it hovers. Also takes
 * files and texts that are pasted while no text field has the focus.
 */
export function ImportDrop({ into }: Props) {
  const { drop } = useImportWords();
  const busy = useImport((state) => state.phase === 'importing');
  const collectionId = into?.collectionId;
  const name = into?.name;
  const hovering = useFileDrop((transfer) => {
    if (!isBusy()) importTransfer(transfer, into);
  });

  useEffect(() => {
    const target = collectionId === undefined || name === undefined ? null : { collectionId, name };
    const onPaste = (event: ClipboardEvent): void => {
      const { clipboardData } = event;
      if (clipboardData === null || isBusy() || takesText(event.target)) return;
      const text = clipboardData.getData('text/plain');
      const files = [...clipboardData.files];
      // Cells of a spreadsheet come as text and as a picture of it.
      if (files.some(({ type }) => text === '' || !type.startsWith('image/'))) {
        event.preventDefault();
        importTransfer(clipboardData, target);
        return;
      }
      if (text.trim() === '') return;
      event.preventDefault();
      beginImportOfText(text, target);
    };
    addEventListener('paste', onPaste);
    return () => removeEventListener('paste', onPaste);
  }, [collectionId, name]);

  if (!hovering) return null;
  return (
    <div className="drop-overlay" aria-hidden="true">
      <p>
        <strong>{busy ? drop.busy : drop.title}</strong>
        <span>{busy ? drop.busyHint : drop.hint}</span>
        {!busy && name !== undefined && <span>{drop.into(name)}</span>}
      </p>
    </div>
  );
}

/** One import at a time. */
function isBusy(): boolean {
  return importStore.getState().phase === 'importing';
}

/** Whether what is pasted there belongs there. */
function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  return (
    target instanceof HTMLInputElement &&
    !['checkbox', 'radio', 'button', 'file', 'range'].includes(target.type)
  );
}
