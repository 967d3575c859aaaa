import { importDropped } from '../app/model-actions.ts';
import { useFileDrop } from './use-file-drop.ts';
import { useModelsWords } from './use-models-words.ts';

/** Takes files that are dropped anywhere while the view is shown, and says so while they hover. */
export function ModelsDrop() {
  const modelsWords = useModelsWords();
  const hovering = useFileDrop(importDropped);
  if (!hovering) return null;
  return (
    <div className="drop-overlay" aria-hidden="true">
      <p>
        <strong>{modelsWords.disk.drop}</strong>
        <span>{modelsWords.disk.dropHint}</span>
      </p>
    </div>
  );
}
