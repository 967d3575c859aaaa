import { cancelImport, dismissModelFailures, importPicked } from '../app/model-actions.ts';
import type { ModelsState } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { useMeasures } from './models-measures.ts';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

/** Takes a model from a folder or a zip; the whole view takes what is dropped on it. */
export function ModelsDisk() {
  const modelsWords = useModelsWords();
  const importing = useApp((state) => state.models.importing);
  const { disk } = modelsWords;
  return (
    <section className="models-disk models-card" aria-labelledby="models-disk">
      <h2 id="models-disk">{disk.heading}</h2>
      <div className="drop-zone">
        {importing.phase === 'copying' ? (
          <Copying importing={importing} />
        ) : (
          <>
            <p className="models-note">{disk.text}</p>
            <p className="drop-buttons">
              <FilePicker label={disk.folder} folder />
              <FilePicker label={disk.zip} folder={false} />
            </p>
          </>
        )}
      </div>
      {importing.phase === 'failed' && (
        <FailureNotice
          failure={importing.failure}
          {...(importing.name !== '' && { lead: disk.failed(importing.name) })}
        >
          <button type="button" className="button" onClick={dismissModelFailures}>
            {modelsWords.use.dismiss}
          </button>
        </FailureNotice>
      )}
    </section>
  );
}

function FilePicker({ label, folder }: { label: string; folder: boolean }) {
  return (
    <label className="button file-button">
      <input
        type="file"
        className="visually-hidden"
        {...(!folder && { accept: '.zip,application/zip' })}
        ref={(input) => {
          // React knows no such attribute; without it the picker offers files only.
          if (folder && input !== null) input.webkitdirectory = true;
        }}
        onChange={({ target }) => {
          if (target.files !== null && target.files.length > 0) importPicked(target.files);
          // So that the same folder can be chosen again.
          target.value = '';
        }}
      />
      {label}
    </label>
  );
}

type CopyPhase = Extract<ModelsState['importing'], { phase: 'copying' }>;

function Copying({ importing }: { importing: CopyPhase }) {
  const modelsWords = useModelsWords();
  const { size } = useMeasures();
  const { disk } = modelsWords;
  const { name, loadedBytes, totalBytes } = importing;
  return (
    <div className="models-progress">
      <p className="in-use-name">{disk.copying(name)}</p>
      <progress
        className="progress"
        aria-label={disk.progress}
        max={1}
        {...(totalBytes > 0 && { value: loadedBytes / totalBytes })}
      />
      <p className="models-progress-line">
        <span>{totalBytes > 0 && modelsWords.amount(size(loadedBytes), size(totalBytes))}</span>
        <button type="button" className="button button-quiet" onClick={cancelImport}>
          {disk.cancel}
        </button>
      </p>
    </div>
  );
}
