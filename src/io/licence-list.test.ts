import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { parseLicenceList } from './licence-list.ts';

const list = {
  version: 1,
  app: '0.1.0',
  packages: [{ name: 'idb', version: '8.0.4', licence: 'ISC', text: 'Permission to use' }],
};

test('a list as the build writes it is read', () => {
  expect(parseLicenceList(JSON.stringify(list))).toEqual(list);
});

test('whatever else a server answers is refused with a code', () => {
  const refused = (text: string) => {
    try {
      parseLicenceList(text);
      return 'read';
    } catch (error) {
      return error instanceof RerankError ? error.code : 'other';
    }
  };
  expect(refused('<!doctype html>')).toBe('file-unreadable');
  expect(refused(JSON.stringify({ ...list, version: 2 }))).toBe('file-unreadable');
  expect(refused(JSON.stringify({ ...list, packages: [{ name: 'idb' }] }))).toBe('file-unreadable');
  fc.assert(
    fc.property(fc.json(), (text) => refused(text) === 'file-unreadable'),
    { numRuns: 200 },
  );
});
