import { type RefObject, useEffect, useRef } from 'react';

/**
 * Keeps focus in a part of the page when the button that had it goes away: it moves to the next
 * button there, or to the part itself. Spread the result on the element.
 */
export function useKeptFocus(part: RefObject<HTMLElement | null>): {
  readonly onFocus: () => void;
  readonly onBlur: () => void;
} {
  const inside = useRef(false);
  useEffect(() => {
    // Elements that are taken out of the page send no blur event through React.
    if (!inside.current || document.activeElement !== document.body) return;
    const next = part.current?.querySelector<HTMLElement>('button:not(:disabled)') ?? part.current;
    next?.focus();
  });
  return {
    onFocus: () => {
      inside.current = true;
    },
    onBlur: () => {
      inside.current = false;
    },
  };
}
