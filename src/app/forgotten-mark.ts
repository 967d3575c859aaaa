import { localSettings, tabStorage } from './browser-storage.ts';

/**
 * Where it is remembered that everything was to be forgotten: on this machine, and by each tab that
 * knows of it. What a tab had that was asleep or closed then is older than that.
 */
export const forgottenKey = 'crossrank.forgotten';

/** Removes what this tab kept before everything was to be forgotten. Never throws. */
export function dropForgotten(): void {
  try {
    const mark = localSettings.getItem(forgottenKey);
    if (mark === null || mark === tabStorage.getItem(forgottenKey)) return;
    removeOwnKeys(window.sessionStorage);
    tabStorage.setItem(forgottenKey, mark);
  } catch {
    // What cannot be read cannot come back.
  }
}

/** Removes the keys of this app: another one may have the same origin. */
export function removeOwnKeys(storage: Storage, staying: readonly string[] = []): void {
  for (const key of Object.keys(storage)) {
    if (key.startsWith('crossrank.') && !staying.includes(key)) storage.removeItem(key);
  }
}
