import { type ComponentType, lazy } from 'react';

/** Thrown while drawing a part of the app that could not be fetched. */
export class PartMissingError extends Error {
  /** Has the part fetched anew by the next drawing. */
  readonly renew: () => void;

  constructor(renew: () => void, cause: unknown) {
    super('A part of the page could not be fetched.', { cause });
    this.name = 'PartMissingError';
    this.renew = renew;
  }
}

/**
 * A component that is fetched when it is first drawn. One that could not be fetched is not given
 * up for good, as with `lazy` alone: the error says how to try again.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  const fetchPart = () =>
    lazy(async () => {
      try {
        return { default: await load() };
      } catch (error) {
        throw isFetchFailure(error)
          ? new PartMissingError(() => {
              renewStylesheets();
              Part = fetchPart();
            }, error)
          : error;
      }
    });
  let Part = fetchPart();
  return function LazyPart(props: Props) {
    return <Part {...props} />;
  };
}

/**
 * Whether a script or a style sheet did not come, in the words of Chromium, Firefox, Safari and
 * Vite; browsers give these errors no name of their own. All else is a fault inside the part.
 */
function isFetchFailure(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|importing a module script|unable to preload/i.test(error.message)
  );
}

/** Style sheets are asked for once in a visit: those that failed are asked for again. */
function renewStylesheets(): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    // Chromium gives one that was not there a sheet without rules.
    if (!link.sheet?.cssRules.length) link.replaceWith(link.cloneNode());
  }
}
