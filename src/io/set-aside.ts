/** Why a kept value cannot be used: written by a later release, or not what any release writes. */
export type AsideReason = 'newer-version' | 'damaged';

/** The part of a storage that is needed to set something aside. */
interface AsideStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/**
 * Copies a value to the first key that is free or already holds it: `KEY.unreadable`, then
 * `KEY.unreadable.2` and so on. Nothing is overwritten.
 * @throws what the storage throws: blocked, or full
 */
export function copyAside(storage: AsideStorage, key: string, value: string): void {
  for (let attempt = 1; ; attempt += 1) {
    const asideKey = `${key}.unreadable${attempt === 1 ? '' : `.${attempt}`}`;
    const present = storage.getItem(asideKey);
    if (present === value) return;
    if (present === null) {
      storage.setItem(asideKey, value);
      return;
    }
  }
}

/** Whether a key is one under which a value of this page was set aside. */
export function isAsideKey(key: string): boolean {
  return /^crossrank\.[a-z-]+\.unreadable(\.\d+)?$/u.test(key);
}

/** Why a value was set aside, by a look at it. */
export function reasonOf(value: string): AsideReason {
  try {
    const json: unknown = JSON.parse(value);
    const version =
      typeof json === 'object' && json !== null && 'version' in json ? json.version : null;
    return Number.isSafeInteger(version) && Number(version) > 1 ? 'newer-version' : 'damaged';
  } catch {
    return 'damaged';
  }
}
