import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOfflineMessage, readOwnRequests, readPageMessage } from './offline-messages.ts';

describe('messages', () => {
  test('those of the page are read, without what does not belong to them', () => {
    expect(readPageMessage({ type: 'fill', gpu: 'asyncify', more: 1 })).toEqual({
      type: 'fill',
      gpu: 'asyncify',
    });
    expect(readPageMessage({ type: 'forget', gpu: 'asyncify' })).toEqual({ type: 'forget' });
    expect(readPageMessage({ type: 'fill', gpu: 'other' })).toBeNull();
    expect(readPageMessage({ type: 'unknown' })).toBeNull();
  });

  test('those of the service worker are read, and bad amounts are not', () => {
    const filling = { type: 'filling', keptBytes: 1, totalBytes: 2 };
    expect(readOfflineMessage(filling)).toEqual(filling);
    expect(readOfflineMessage({ ...filling, keptBytes: -1 })).toBeNull();
    expect(readOfflineMessage({ ...filling, totalBytes: '2' })).toBeNull();
    expect(readOfflineMessage({ type: 'ready', keptBytes: Number.NaN })).toBeNull();
    const failed = { type: 'failed', reason: 'network', keptBytes: 0 };
    expect(readOfflineMessage(failed)).toEqual(failed);
    expect(readOfflineMessage({ ...failed, reason: 'weather' })).toBeNull();
  });

  test('whatever comes, nothing is thrown and nothing of another type is read', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (received) => {
        expect([null, 'pause', 'forget', 'activate', 'requests', 'fill']).toContain(
          readPageMessage(received)?.type ?? null,
        );
        readOfflineMessage(received);
        expect(Array.isArray(readOwnRequests(received))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test('requests that are not told completely are left out', () => {
  const request = {
    url: 'https://example.test/a.js',
    startedAt: 1,
    ms: 2,
    bytes: 3,
    networkBytes: 0,
    status: 200,
  };
  const { status: _, ...incomplete } = request;
  expect(readOwnRequests([request, incomplete, null, { ...request, url: 5 }])).toEqual([request]);
  expect(readOwnRequests('none')).toEqual([]);
});
