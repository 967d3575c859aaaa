import { useEffect, useState } from 'react';
import { importDropped } from '../app/model-actions.ts';
import { useLanguage } from './language.ts';

/** Takes files that are dropped anywhere while the view is shown, and says so while they hover. */
export function ModelsDrop() {
  const { words } = useLanguage();
  const [hovering, setHovering] = useState(false);

  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes('Files') === true;
    const onDragOver = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      // Without this the browser would open the file in place of the page.
      event.preventDefault();
      setHovering(true);
    };
    const onDragLeave = (event: DragEvent): void => {
      // Between elements there is a related one; there is none when the pointer leaves the page.
      if (event.relatedTarget === null) setHovering(false);
    };
    const onDrop = (event: DragEvent): void => {
      setHovering(false);
      const { dataTransfer } = event;
      if (dataTransfer === null || !hasFiles(event)) return;
      event.preventDefault();
      importDropped(dataTransfer);
    };
    addEventListener('dragover', onDragOver);
    addEventListener('dragleave', onDragLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('dragleave', onDragLeave);
      removeEventListener('drop', onDrop);
    };
  }, []);

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
