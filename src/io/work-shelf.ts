import { readHeadRecord } from './work-records.ts';
import type { WorkHead } from './work-types.ts';

/** The head of one tab's work, as it is stored. */
export interface ShelvedHead {
  readonly tabId: string;
  readonly head: unknown;
}

/** What becomes of the work of closed tabs. */
export interface ShelfPlan {
  readonly remove: readonly string[];
  /** Heads to be written in the place of what is there. */
  readonly correct: readonly { readonly tabId: string; readonly head: WorkHead }[];
}

/** Work of a closed tab is kept so long. Milliseconds. */
export const longestRest = 30 * 24 * 3_600_000;

/** Work of so many closed tabs is kept, the newest. */
export const mostResting = 10;

/** And so much of it together; the newest stays whatever its size. Bytes. */
export const mostRestingBytes = 50_000_000;

/**
 * Between the first and the second look that find work too old there is at least so much time: a
 * clock that jumps ahead for an hour must not cost a month's work. Milliseconds.
 */
const secondLookAfter = 24 * 3_600_000;

/** A clock that was set back by less than this has not jumped. Milliseconds. */
const clockSlack = 60_000;

/**
 * Which work of closed tabs is no longer kept. Records that cannot be read are left alone: they
 * are not this release's to judge.
 * @param isOpen whether a tab lives; what it has is its own
 * @param now milliseconds since 1970
 */
export function planShelf(
  shelf: readonly ShelvedHead[],
  isOpen: (tabId: string) => boolean,
  now: number,
): ShelfPlan {
  const remove: string[] = [];
  const correct: { tabId: string; head: WorkHead }[] = [];
  let resting = 0;
  let bytes = 0;
  for (const { tabId, head } of newestFirst(shelf)) {
    if (isOpen(tabId)) continue;
    if (head.bytes === 0) {
      remove.push(tabId);
      continue;
    }
    const aged = age(head, now);
    const isExpired = aged.expiredSince !== null && now - aged.expiredSince >= secondLookAfter;
    resting += 1;
    bytes += head.bytes;
    const isTooMuch = resting > mostResting || (resting > 1 && bytes > mostRestingBytes);
    if (isExpired || isTooMuch) remove.push(tabId);
    else if (aged !== head) correct.push({ tabId, head: aged });
  }
  return { remove, correct };
}

/** The newest work of a closed tab that is worth bringing back; null where there is none. */
export function newestResting(
  shelf: readonly ShelvedHead[],
  isOpen: (tabId: string) => boolean,
  now: number,
): { readonly tabId: string; readonly head: WorkHead } | null {
  const isOffered = ({ tabId, head }: { tabId: string; head: WorkHead }): boolean =>
    !isOpen(tabId) && !head.broughtBack && hasWork(head) && age(head, now).expiredSince === null;
  return newestFirst(shelf).find(isOffered) ?? null;
}

/** Whether there is anything of the user's own. */
function hasWork({ query, documents }: Pick<WorkHead, 'query' | 'documents'>): boolean {
  return query.trim() !== '' || documents > 0;
}

/** What comes after the greatest sequence of a shelf. */
export function sequenceAfter(shelf: readonly ShelvedHead[]): number {
  const known = readable(shelf).map(({ head }) => head.sequence);
  return Math.max(0, ...known) + 1;
}

function newestFirst(shelf: readonly ShelvedHead[]): { tabId: string; head: WorkHead }[] {
  return readable(shelf).sort((a, b) => b.head.sequence - a.head.sequence);
}

function readable(shelf: readonly ShelvedHead[]): { tabId: string; head: WorkHead }[] {
  return shelf.flatMap(({ tabId, head }) => {
    const read = readHeadRecord(head);
    return read === null ? [] : [{ tabId, head: read }];
  });
}

/** The head as it is to be kept from now on: the same one where nothing changes. */
function age(head: WorkHead, now: number): WorkHead {
  // Written by a clock that was ahead: its time counts from now on, or it would never end.
  if (head.updatedAt > now + clockSlack) return { ...head, updatedAt: now, expiredSince: null };
  const isOld = now - head.updatedAt > longestRest;
  if (!isOld) return head.expiredSince === null ? head : { ...head, expiredSince: null };
  // Found too old by a clock that was ahead of this one: looked at anew.
  const known = head.expiredSince !== null && head.expiredSince <= now + clockSlack;
  return known ? head : { ...head, expiredSince: now };
}
