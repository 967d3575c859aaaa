import { useEffect, useEffectEvent, useState } from 'react';

/**
 * Takes files that are dropped anywhere in the window while the component is shown.
 * @param onDrop called in the drop event itself: afterwards the browser empties the transfer
 * @returns whether files hover over the window
 */
export function useFileDrop(onDrop: (transfer: DataTransfer) => void): boolean {
  const [hovering, setHovering] = useState(false);
  const take = useEffectEvent(onDrop);

  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes('Files') === true;
    const whenOver = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      // Without this the browser would open the file in place of the page.
      event.preventDefault();
      setHovering(true);
    };
    const whenLeft = (event: DragEvent): void => {
      // Between elements there is a related one; there is none when the pointer leaves the page.
      if (event.relatedTarget === null) setHovering(false);
    };
    const whenDropped = (event: DragEvent): void => {
      setHovering(false);
      const { dataTransfer } = event;
      if (dataTransfer === null || !hasFiles(event)) return;
      event.preventDefault();
      take(dataTransfer);
    };
    addEventListener('dragover', whenOver);
    addEventListener('dragleave', whenLeft);
    addEventListener('drop', whenDropped);
    return () => {
      removeEventListener('dragover', whenOver);
      removeEventListener('dragleave', whenLeft);
      removeEventListener('drop', whenDropped);
    };
  }, []);

  return hovering;
}
