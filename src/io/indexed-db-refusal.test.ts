import { afterEach, expect, it, vi } from 'vitest';
import { isIndexedDbRefused } from './indexed-db-refusal.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(globalThis, 'indexedDB');
});

it.each(['SecurityError', 'InvalidStateError', 'NotAllowedError', 'InvalidAccessError'])(
  'a browser that says %s keeps nothing',
  (name) => {
    vi.stubGlobal('indexedDB', {});
    expect(isIndexedDbRefused(new DOMException('no', name))).toBe(true);
  },
);

it.each([
  new DOMException('full', 'QuotaExceededError'),
  new DOMException('later', 'VersionError'),
  new Error('anything else'),
  undefined,
])('where there is a database, %s is no refusal', (error) => {
  vi.stubGlobal('indexedDB', {});
  expect(isIndexedDbRefused(error)).toBe(false);
});

it('a browser without a database refuses, whatever it said', () => {
  vi.stubGlobal('indexedDB', undefined);
  expect(isIndexedDbRefused(new Error('anything'))).toBe(true);
});

it('a browser that throws where one only looks for the database refuses', () => {
  Object.defineProperty(globalThis, 'indexedDB', {
    configurable: true,
    get: () => {
      throw new DOMException('no', 'SecurityError');
    },
  });
  expect(isIndexedDbRefused(new Error('anything'))).toBe(true);
});
