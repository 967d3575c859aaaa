import { type RefObject, useLayoutEffect, useState } from 'react';

/**
 * How far an element is from the top of the page, in whole pixels, also when what stands above it
 * grows or shrinks: what a virtual list in the window has to know.
 */
export function usePageTop(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void => {
      if (element.current === null) return;
      setTop(Math.round(element.current.getBoundingClientRect().top + scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
