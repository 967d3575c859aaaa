import { afterEach, expect, it, vi } from 'vitest';
import { encodeShare } from '../io/share-link.ts';
import { openShared } from './share-actions.ts';
import { store } from './store.ts';

afterEach(() => vi.unstubAllGlobals());

it('a link stays in the address until its text is in the boxes, and no longer', async () => {
  const link = await encodeShare({
    version: 1,
    query: 'shared',
    documents: ['one', 'two'],
    model: null,
    longDocuments: 'max',
    maxLength: 512,
    order: 'cross-encoder',
  });
  const location = { hash: link.ok ? link.fragment : '' };
  /** What the query box held whenever the address was changed. */
  const queries: string[] = [];
  vi.stubGlobal('location', location);
  vi.stubGlobal('history', {
    replaceState: (_state: unknown, _title: string, address: string) => {
      location.hash = address;
      // The same step of the page goes on: nothing can come between.
      queueMicrotask(() => queries.push(store.getState().query));
    },
  });
  await openShared(location.hash);
  expect(location.hash).toBe('#/');
  expect(queries).toEqual(['shared']);
});
