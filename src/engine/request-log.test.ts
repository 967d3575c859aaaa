import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isRequestsMessage,
  type RequestRecord,
  requestOfRecord,
  requestsIn,
} from './request-log.ts';

const clock = { timeOrigin: 1_000_000, origin: 'https://app.example' };

const record: RequestRecord = {
  name: 'https://app.example/assets/a.js',
  ...{ startTime: 5, duration: 7, transferSize: 1_300, encodedBodySize: 1_000, workerStart: 0 },
  ...{ responseStatus: 200, nextHopProtocol: 'h2', deliveryType: '' },
};

describe("the browser's record of a request", () => {
  it('says what was asked, when, and what came', () => {
    expect(requestOfRecord(record, clock)).toEqual({
      url: 'https://app.example/assets/a.js',
      ...{ startedAt: 1_000_005, ms: 7, bytes: 1_000, status: 200, via: 'network' },
    });
  });

  it.each([
    { deliveryType: 'cache', transferSize: 300 },
    // Browsers that do not name it.
    { transferSize: 0 },
  ])('knows the cache of the browser: %j', (change) => {
    expect(requestOfRecord({ ...record, ...change }, clock)?.via).toBe('cache');
  });

  it('knows what the service worker answered, and what it only saw go by', () => {
    const seen = { ...record, workerStart: 3, transferSize: 0 };
    expect(requestOfRecord({ ...seen, nextHopProtocol: '' }, clock)?.via).toBe('service-worker');
    const part = { ...record, workerStart: 3 };
    expect(requestOfRecord(part, clock)?.via).toBe('network');
    // Hosts that do not let themselves be timed hide everything, the protocol included.
    const elsewhere = { ...seen, name: 'https://hub.example/x', nextHopProtocol: '' };
    const hidden = { ...elsewhere, encodedBodySize: 0, responseStatus: 0 };
    expect(requestOfRecord(hidden, clock)).toMatchObject({
      via: 'network',
      bytes: null,
      status: null,
    });
    expect(requestOfRecord({ ...hidden, encodedBodySize: 5 }, clock)).toMatchObject({
      via: 'network',
      bytes: 5,
    });
  });

  it('is none for what goes to no host', () => {
    for (const name of [
      'blob:https://app.example/1',
      'data:text/plain,x',
      'chrome-extension://a/b',
    ]) {
      expect(requestOfRecord({ ...record, name }, clock)).toBe(null);
    }
  });

  it('is not mistaken for one of this site by the beginning of a name', () => {
    const name = 'https://app.example.evil.example/x';
    const answered = { ...record, name, workerStart: 3, nextHopProtocol: '' };
    expect(requestOfRecord(answered, clock)?.via).toBe('network');
  });
});

describe("a worker's message about its requests", () => {
  const told = { url: 'https://hub.example/', startedAt: 1, ms: 2, bytes: 3, status: 200 };

  it('gives the requests, and the part of the app that asked', () => {
    const message = { type: 'crossrank-requests', requests: [{ ...told, via: 'cache', more: 1 }] };
    expect(isRequestsMessage(message)).toBe(true);
    expect(requestsIn(message, 'models')).toEqual([{ ...told, from: 'models', via: 'cache' }]);
  });

  it('leaves out what is none, and what is not told counts as unknown', () => {
    const odd = [null, 5, {}, { ...told, url: 5 }, { ...told, startedAt: Number.NaN }];
    const message = { type: 'crossrank-requests', requests: [...odd, { ...told, bytes: 'x' }] };
    expect(requestsIn(message, 'scoring')).toEqual([
      { ...told, from: 'scoring', bytes: null, via: 'network' },
    ]);
  });

  it('is told from every other message, and read without throwing', () => {
    expect(isRequestsMessage({ id: '1', type: 'RAW' })).toBe(false);
    fc.assert(
      fc.property(fc.anything(), (message) => {
        expect(isRequestsMessage(message)).toBe(false);
        expect(requestsIn(message, 'page')).toEqual([]);
        requestsIn({ type: 'crossrank-requests', requests: message }, 'page');
        requestsIn({ type: 'crossrank-requests', requests: [message] }, 'page');
      }),
      { numRuns: 300 },
    );
  });
});
