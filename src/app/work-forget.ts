import { tabStorage } from './browser-storage.ts';
import { forgottenKey, removeOwnKeys } from './forgotten-mark.ts';

/** All tabs of this origin, of whatever folder: what they keep lies in one place. */
const channelName = 'crossrank.forget';
/** The user's word that no files are to be kept for use without a network holds on. */
const staying: readonly string[] = ['crossrank.offline'];

let channel: BroadcastChannel | null = null;

/** Has other tabs forget what they have: those that listen now, and the others when they wake up. */
export function tellToForget(): void {
  const mark = crypto.randomUUID();
  try {
    // The tab that tells has nothing left to forget.
    tabStorage.setItem(forgottenKey, mark);
  } catch {
    // Then it forgets once more when it is loaded again, which is nothing.
  }
  try {
    window.localStorage.setItem(forgottenKey, mark);
  } catch {
    // Refused: tabs that are asleep cannot be told.
  }
  openChannel()?.postMessage(channelName);
}

/**
 * Listens for another tab that is told to forget everything.
 * @param forget called once, also when the page wakes up and has missed it
 */
export function hearToForget(forget: () => void): void {
  const markNow = (): string | null => {
    try {
      return window.localStorage.getItem(forgottenKey);
    } catch {
      return null;
    }
  };
  const known = markNow();
  let isHeard = false;
  const hear = (): void => {
    if (!isHeard) forget();
    isHeard = true;
  };
  const look = (): void => {
    const mark = markNow();
    if (mark !== null && mark !== known) hear();
  };
  openChannel()?.addEventListener('message', ({ data }) => data === channelName && hear());
  addEventListener('storage', ({ key }) => key === forgottenKey && look());
  addEventListener('pageshow', look);
}

/** Removes what the page keeps for this machine or for its tab; false where the browser refuses. */
export function emptyStorage(of: 'local' | 'tab'): boolean {
  try {
    removeOwnKeys(of === 'local' ? window.localStorage : window.sessionStorage, staying);
    return true;
  } catch {
    return false;
  }
}

function openChannel(): BroadcastChannel | null {
  try {
    channel ??= new BroadcastChannel(channelName);
  } catch {
    // Refused by the browser, or not there: the mark tells, a moment later.
  }
  return channel;
}
