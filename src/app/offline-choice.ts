import type { KeyValueStorage } from '../io/settings-storage.ts';

const storageKey = 'crossrank.offline';

/** What is stored when the user wants nothing kept. */
const refusal = JSON.stringify({ version: 1, keep: false });

/** Whether files may be kept unasked: yes, unless the user has removed them. */
export function mayKeepFiles(storage: KeyValueStorage): boolean {
  try {
    return storage.getItem(storageKey) !== refusal;
  } catch {
    return true;
  }
}

/** Remembers whether files may be kept; where nothing can be stored, for this visit only. */
export function rememberKeepingFiles(storage: KeyValueStorage, keep: boolean): void {
  try {
    if (keep) storage.removeItem(storageKey);
    else storage.setItem(storageKey, refusal);
  } catch {
    // Storage is refused or full: the next visit asks nothing and keeps files again.
  }
}
