import { importPickedFiles, openImport } from '../../app/import-actions.ts';
import type { ImportInto } from '../../app/import-store.ts';
import { useImport, useImportWords } from './import-language.ts';

interface Props {
  readonly into: ImportInto | null;
  /** The main button of its place. */
  readonly main?: boolean;
  /** Beside an import that is being chosen: adds to it. */
  readonly adds?: boolean;
}

/** The ways to bring data besides dropping it: files, a folder, a text. */
export function ImportSources({ into, main = false, adds = false }: Props) {
  const { sources } = useImportWords();
  const busy = useImport((state) => state.phase === 'importing');
  return (
    <div className="import-sources">
      <Picker
        label={adds ? sources.addFiles : sources.files}
        look={main ? 'button button-main' : 'button'}
        into={into}
        disabled={busy}
        folder={false}
      />
      <Picker
        label={sources.folder}
        hint={sources.folderLabel}
        look="button"
        into={into}
        disabled={busy}
        folder
      />
      <button
        type="button"
        className="button"
        aria-label={sources.pasteLabel}
        disabled={busy}
        onClick={() => openImport(into, true)}
      >
        {sources.paste}
      </button>
    </div>
  );
}

interface PickerProps {
  readonly label: string;
  /** Name for those who do not see where it stands. */
  readonly hint?: string;
  readonly look: string;
  readonly into: ImportInto | null;
  readonly disabled: boolean;
  readonly folder: boolean;
}

function Picker({ label, hint, look, into, disabled, folder }: PickerProps) {
  return (
    <label className={`${look} file-button`} data-disabled={disabled}>
      <input
        type="file"
        className="visually-hidden"
        aria-label={hint ?? label}
        disabled={disabled}
        multiple
        ref={(input) => {
          // React knows no such attribute; without it the picker offers files only.
          if (folder && input !== null) input.webkitdirectory = true;
        }}
        onChange={({ target }) => {
          if (target.files !== null && target.files.length > 0) {
            importPickedFiles(target.files, into);
          }
          // So that the same files can be chosen again.
          target.value = '';
        }}
      />
      {label}
    </label>
  );
}
