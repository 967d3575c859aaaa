import { tabStorage } from './services.ts';

/** Where a tab remembers its name; kept by the tab alone, and copied with it. */
export const tabIdKey = 'crossrank.tab';

/** What this tab was called when it was loaded before; null in a new tab, or where nothing tells. */
export function rememberedTabId(): string | null {
  try {
    const id = tabStorage.getItem(tabIdKey);
    return id !== null && /^[\w-]{1,64}$/u.test(id) ? id : null;
  } catch {
    return null;
  }
}
