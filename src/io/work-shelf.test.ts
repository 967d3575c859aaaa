import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleHead } from './work-samples.ts';
import {
  longestRest,
  mostResting,
  mostRestingBytes,
  newestResting,
  planShelf,
  type ShelvedHead,
  sequenceAfter,
} from './work-shelf.ts';
import type { WorkHead } from './work-types.ts';

const now = sampleHead.updatedAt;
const day = 86_400_000;
const nobody = (): boolean => false;

function shelve(...heads: Partial<WorkHead>[]): ShelvedHead[] {
  return heads.map((head, at) => ({
    tabId: `tab-${at}`,
    head: { ...sampleHead, sequence: at + 1, ...head },
  }));
}

describe('work of closed tabs', () => {
  it('stays while it is new and little', () => {
    expect(planShelf(shelve({}, {}), nobody, now)).toEqual({ remove: [], correct: [] });
  });

  it('goes when there are ten newer ones, by their sequence and not by the clock', () => {
    const shelf = shelve(...Array.from({ length: mostResting }, () => ({})), {
      updatedAt: now - 5 * day,
    });
    expect(planShelf(shelf, nobody, now).remove).toEqual(['tab-0']);
  });

  it('goes when it is too much together, but never the newest', () => {
    const shelf = shelve({ bytes: 1000 }, { bytes: mostRestingBytes + 1 });
    expect(planShelf(shelf, nobody, now).remove).toEqual(['tab-0']);
  });

  it('goes when nothing is in it', () => {
    expect(planShelf(shelve({ bytes: 0 }), nobody, now).remove).toEqual(['tab-0']);
  });

  it('goes when two looks, a day apart, find it too old', () => {
    const old = { updatedAt: now - longestRest - 1 };
    const first = planShelf(shelve(old), nobody, now);
    expect(first.remove).toEqual([]);
    expect(first.correct[0]?.head.expiredSince).toBe(now);
    const marked = shelve({ ...old, expiredSince: now });
    expect(planShelf(marked, nobody, now + day - 1)).toEqual({ remove: [], correct: [] });
    expect(planShelf(marked, nobody, now + day).remove).toEqual(['tab-0']);
  });

  it('survives a clock that is years ahead for an hour', () => {
    const ahead = now + 3650 * day;
    const [marked] = planShelf(shelve({}), nobody, ahead).correct;
    expect(marked?.head.expiredSince).toBe(ahead);
    const after = planShelf([{ tabId: 'tab-0', head: marked?.head }], nobody, now + 3_600_000);
    expect(after.remove).toEqual([]);
    expect(after.correct[0]?.head.expiredSince).toBeNull();
  });

  it('of a clock that was ahead ages from the first look on', () => {
    const plan = planShelf(shelve({ updatedAt: now + 3650 * day }), nobody, now);
    expect(plan.correct[0]?.head.updatedAt).toBe(now);
  });

  it('of open tabs and of later releases is left alone', () => {
    const shelf = [
      ...shelve({ updatedAt: 0, expiredSince: 0, bytes: 0 }),
      { tabId: 'later', head: { ...sampleHead, version: 2 } },
    ];
    const plan = planShelf(shelf, (tabId) => tabId === 'tab-0', now);
    expect(plan).toEqual({ remove: [], correct: [] });
  });

  it('ends for every tab that is never opened again, whatever the clock said', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 * now }), { maxLength: 12 }), (times) => {
        let shelf = shelve(...times.map((updatedAt) => ({ updatedAt })));
        for (let look = 0; look <= 40; look += 1) {
          const { remove, correct } = planShelf(shelf, nobody, now + look * day);
          shelf = shelf
            .filter(({ tabId }) => !remove.includes(tabId))
            .map((one) => correct.find(({ tabId }) => tabId === one.tabId) ?? one);
        }
        expect(shelf).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the work that is offered', () => {
  it('is the newest by sequence of a tab that is closed', () => {
    const shelf = shelve({}, { updatedAt: 0 + now - day }, {});
    expect(newestResting(shelf, (tabId) => tabId === 'tab-2', now)?.tabId).toBe('tab-1');
  });

  it.each<[string, Partial<WorkHead>]>([
    ['blank', { query: ' ', documents: 0 }],
    ['brought back elsewhere', { broughtBack: true }],
    ['older than 30 days', { updatedAt: now - longestRest - 1 }],
  ])('is none that is %s', (_, head) => {
    expect(newestResting(shelve(head), nobody, now)).toBeNull();
  });

  it('is none that cannot be read', () => {
    expect(newestResting([{ tabId: 'a', head: { version: 1 } }], nobody, now)).toBeNull();
  });
});

describe('the sequence', () => {
  it('grows, and is not led astray by what cannot be read', () => {
    expect(sequenceAfter([])).toBe(1);
    const broken = { tabId: 'x', head: { ...sampleHead, sequence: Number.MAX_SAFE_INTEGER } };
    expect(sequenceAfter([...shelve({}, {}), broken])).toBe(3);
  });
});
