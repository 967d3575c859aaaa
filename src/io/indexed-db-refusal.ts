/** What browsers say that keep nothing here: blocked storage, private windows. */
const refusals = ['SecurityError', 'InvalidStateError', 'NotAllowedError', 'InvalidAccessError'];

/**
 * Whether IndexedDB failed since the browser keeps nothing here. In `io`, since that is what both
 * databases may import: `collections -> io`. `core` knows no browser, and `models` keeps files.
 */
export function isIndexedDbRefused(error: unknown): boolean {
  return (error instanceof DOMException && refusals.includes(error.name)) || !hasIndexedDb();
}

/** Where storage is blocked, reaching for it can itself throw. */
function hasIndexedDb(): boolean {
  try {
    return globalThis.indexedDB !== undefined;
  } catch {
    return false;
  }
}
