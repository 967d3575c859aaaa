import type { CollectionsEvent } from '../collections/collections-api.ts';

/** Progress is shown at most this often. */
const publishGapMs = 100;

/** Passes on the first event of each step, and later ones from time to time. */
export function gently(draw: (event: CollectionsEvent) => void): (event: CollectionsEvent) => void {
  let last: { readonly step: CollectionsEvent['step']; readonly atMs: number } | null = null;
  return (event) => {
    const atMs = performance.now();
    if (last?.step === event.step && atMs - last.atMs < publishGapMs && event.done < event.total) {
      return;
    }
    last = { step: event.step, atMs };
    draw(event);
  };
}
