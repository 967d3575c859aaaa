import type { KeyValueStorage } from '../io/settings-storage.ts';

/** Storage of the browser; reaching for it can itself throw, so that happens inside each call. */
export const localSettings = lazyStorage(() => window.localStorage);
/** Storage of this tab: survives a reload, is not shared, ends with the tab. */
export const tabStorage = lazyStorage(() => window.sessionStorage);

function lazyStorage(storage: () => Storage): KeyValueStorage {
  return {
    getItem: (key) => storage().getItem(key),
    setItem: (key, value) => storage().setItem(key, value),
    removeItem: (key) => storage().removeItem(key),
  };
}
