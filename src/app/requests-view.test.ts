import { describe, expect, it } from 'vitest';
import type { SeenRequest } from '../engine/request-log.ts';
import { requestsAsJson, shownAddress, summariseRequests } from './requests-view.ts';

const own = 'https://app.example';

function requestTo(url: string, more: Partial<SeenRequest> = {}): SeenRequest {
  return { url, from: 'page', startedAt: 0, ms: 1, bytes: 10, status: 200, ...more };
}

describe('requests, counted', () => {
  it('by host, this site first, and only what left this machine as sent', () => {
    const summary = summariseRequests(
      [
        requestTo('https://hub.example/a', { from: 'models', bytes: null }),
        requestTo(`${own}/`),
        requestTo(`${own}/a.js`, { via: 'cache' }),
        requestTo(`${own}/b.js`, { via: 'service-worker' }),
        requestTo(`${own}/b.js`, { from: 'service-worker', via: 'network' }),
      ],
      own,
    );
    expect(summary).toEqual({
      sent: 3,
      total: 5,
      hosts: [
        { host: 'app.example', isOwn: true, sent: 2, total: 4, bytes: 20 },
        { host: 'hub.example', isOwn: false, sent: 1, total: 1, bytes: 0 },
      ],
    });
  });

  it('keep hosts apart that differ by their port alone', () => {
    const { hosts } = summariseRequests([requestTo('https://app.example:8443/')], own);
    expect(hosts).toMatchObject([{ host: 'app.example:8443', isOwn: false }]);
  });

  it('are none before the first', () => {
    expect(summariseRequests([], own)).toEqual({ sent: 0, total: 0, hosts: [] });
  });
});

describe('an address', () => {
  it('is a path on this site, and whole elsewhere, however alike the names are', () => {
    expect(shownAddress(requestTo(`${own}/a?b`), own)).toBe('/a?b');
    const other = 'https://app.example.evil.example/a';
    expect(shownAddress(requestTo(other), own)).toBe(other);
  });
});

describe('the copy', () => {
  it('is JSON with a version, times that can be read, and every request', () => {
    const text = requestsAsJson([requestTo(`${own}/`, { startedAt: 1_000, ms: 1.6 })], 500);
    expect(JSON.parse(text)).toEqual({
      version: 1,
      openedAt: '1970-01-01T00:00:00.500Z',
      requests: [
        {
          at: '1970-01-01T00:00:01.000Z',
          ...{ url: `${own}/`, from: 'page', via: 'network', status: 200, bytes: 10, ms: 2 },
        },
      ],
    });
  });
});
