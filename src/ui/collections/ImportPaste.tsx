import { useEffect, useId, useRef, useState } from 'react';
import { beginImportOfText, closeImport, decideImport } from '../../app/import-actions.ts';
import type { ImportInto } from '../../app/import-store.ts';
import { useImportWords } from './import-language.ts';

/** More than this is not put into the box: it would only make the page slow. */
const longestShown = 200_000;

interface Props {
  readonly into: ImportInto | null;
  /** There is nothing else in the import yet. */
  readonly alone: boolean;
}

/** A box for a text that is to be imported. */
export function ImportPaste({ into, alone }: Props) {
  const { paste } = useImportWords();
  const box = useRef<HTMLTextAreaElement>(null);
  const [empty, setEmpty] = useState(true);
  const hint = useId();
  useEffect(() => box.current?.focus(), []);
  const take = (text: string): void => {
    if (text.trim() !== '') beginImportOfText(text, into);
  };
  return (
    <form
      className="import-paste"
      onSubmit={(event) => {
        event.preventDefault();
        take(box.current?.value ?? '');
      }}
    >
      <textarea
        ref={box}
        className="box mono"
        rows={7}
        aria-label={paste.label}
        aria-describedby={hint}
        placeholder={paste.label}
        spellCheck={false}
        onInput={({ currentTarget }) => setEmpty(currentTarget.value.trim() === '')}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          take(event.currentTarget.value);
        }}
        onPaste={(event) => {
          const text = event.clipboardData.getData('text/plain');
          if (text.length <= longestShown || event.currentTarget.value !== '') return;
          event.preventDefault();
          take(text);
        }}
      />
      <p id={hint} className="import-note">
        {paste.hint}
      </p>
      <p className="import-buttons">
        <button type="submit" className="button" disabled={empty}>
          {paste.take}
        </button>
        <button
          type="button"
          className="button button-quiet"
          onClick={() => (alone ? closeImport() : decideImport({ pasting: false }))}
        >
          {paste.cancel}
        </button>
      </p>
    </form>
  );
}
