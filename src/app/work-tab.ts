import { tabStorage } from './services.ts';
import { tabIdKey } from './tab-id.ts';

/** How long a page waits for the one before it in the same tab to go. Milliseconds. */
const handOverMs = 400;

/**
 * Makes a name this tab's own for as long as it lives. Another tab has the name already where this
 * one is a copy of it (browsers copy what a tab keeps): then the answer is false.
 */
export async function holdTabId(id: string): Promise<boolean> {
  const { locks } = navigator;
  // Insecure pages and old browsers have none: nothing tells a copy there.
  if (locks === undefined) return true;
  return await new Promise((resolve) => {
    const left = new Promise<void>((release) => {
      // A page that is kept for "back" must not look like one that is open.
      const onHide = (): void => {
        release();
        addEventListener('pageshow', () => holdTabId(id), { once: true });
      };
      addEventListener('pagehide', onHide, { once: true });
    });
    locks
      .request(lockOf(id), { signal: AbortSignal.timeout(handOverMs) }, () => {
        resolve(true);
        return left;
      })
      .catch(() => resolve(false));
  });
}

/** Gives this tab a name that no other has, and remembers it for the next page in it. */
export async function takeNewTabId(): Promise<string> {
  const id = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) =>
    part.toString(36),
  ).join('-');
  try {
    tabStorage.setItem(tabIdKey, id);
  } catch {
    // The next page in this tab will find its work like that of a closed one.
  }
  await holdTabId(id);
  return id;
}

/** Which tabs are open now. Where nobody can tell, all of them. */
export async function openTabs(): Promise<(tabId: string) => boolean> {
  if (navigator.locks === undefined) return () => true;
  const { held = [], pending = [] } = await navigator.locks.query();
  const names = new Set([...held, ...pending].map(({ name }) => name));
  return (tabId) => names.has(lockOf(tabId));
}

function lockOf(id: string): string {
  return `crossrank-tab-${id}`;
}
