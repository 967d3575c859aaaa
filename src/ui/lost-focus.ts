/**
 * Puts focus on the page's main part, unless it is anywhere else by then: for a notice that goes
 * away with the button that had it.
 */
export function catchFocus(): void {
  requestAnimationFrame(() => {
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body) return;
    document.getElementById('main')?.focus({ preventScroll: true });
  });
}
