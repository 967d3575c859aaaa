import { importDropped } from '../app/model-actions.ts';
import { useLanguage } from './language.ts';
import { useFileDrop } from './use-file-drop.ts';

/** Takes files that are dropped anywhere while the view is shown, and says so while they hover. */
export function ModelsDrop() {
  const { words } = useLanguage();
  const hovering = useFileDrop(importDropped);
  if (!hovering) return null;
  return (
    <div className="drop-overlay" aria-hidden="true">
      <p>
        <strong>{words.models.disk.drop}</strong>
        <span>{words.models.disk.dropHint}</span>
      </p>
    </div>
  );
}
