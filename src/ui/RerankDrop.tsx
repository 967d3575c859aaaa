import { addressOf } from '../app/settings-actions.ts';
import { useLanguage } from './language.ts';
import { useFileDrop } from './use-file-drop.ts';

/** Files dropped on the Rerank view are imported as a collection; the boxes stay as they are. */
export function RerankDrop() {
  const { words } = useLanguage();
  const hovering = useFileDrop((transfer) => {
    // Read now: by the time the import is fetched the browser has emptied the transfer.
    const files = Array.from(transfer.files, (file) => ({ path: file.name, blob: file }));
    location.hash = addressOf('collections');
    import('../app/import-actions.ts').then(({ beginImport }) => beginImport(files, null));
  });
  if (!hovering) return null;
  return (
    <div className="drop-overlay" aria-hidden="true">
      <p>
        <strong>{words.input.drop}</strong>
        <span>{words.input.dropHint}</span>
      </p>
    </div>
  );
}
