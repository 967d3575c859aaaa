import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkDatabase } from '../io/work-database.ts';
import { forgetWork } from './work-actions.ts';
import { workStore } from './work-store.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Forgets the offered work of the tab `a` while some tabs are open; gives what was deleted. */
async function forgetWhileOpen(open: readonly string[]): Promise<readonly string[]> {
  const removed: string[] = [];
  vi.spyOn(WorkDatabase.prototype, 'remove').mockImplementation(async (tabId) => {
    removed.push(tabId);
  });
  const held = open.map((id) => ({ name: `crossrank-tab-${id}` }));
  vi.stubGlobal('navigator', { locks: { query: async () => ({ held, pending: [] }) } });
  const offer = { tabId: 'a', query: 'q', documents: 1, rankedAt: null, updatedAt: 1 };
  workStore.setState({ offer });
  await forgetWork();
  expect(workStore.getState().offer).toBeNull();
  return removed;
}

describe('work that was offered', () => {
  it('is deleted when it is to be forgotten', async () => {
    expect(await forgetWhileOpen(['b'])).toEqual(['a']);
  });

  it('is left to its tab where that was opened again meanwhile', async () => {
    expect(await forgetWhileOpen(['a', 'b'])).toEqual([]);
  });
});
