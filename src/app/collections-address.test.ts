import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOfPlace, type CollectionsPlace, placeOfAddress } from './collections-address.ts';

describe('the address of a place among the collections', () => {
  test.each<[string, CollectionsPlace]>([
    ['#/collections', { page: 'list' }],
    ['#/collections/', { page: 'list' }],
    ['#/collections/a', { page: 'collection', collectionId: 'a', tab: 'evaluation' }],
    ['#/collections/a/queries', { page: 'collection', collectionId: 'a', tab: 'queries' }],
    ['#/collections/a/nonsense', { page: 'collection', collectionId: 'a', tab: 'evaluation' }],
    ['#/collections/a/queries/3', { page: 'query', collectionId: 'a', queryNumber: 2 }],
    ['#/collections/a/queries/0', { page: 'collection', collectionId: 'a', tab: 'queries' }],
    ['#/collections/%E0%A4%A/queries', { page: 'list' }],
    ['#/models', { page: 'list' }],
  ])('%s names a place', (address, place) => {
    expect(placeOfAddress(address)).toEqual(place);
  });

  test('leads back to the place', () => {
    const ids = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(ids, fc.nat({ max: 99_999_999 }), (collectionId, queryNumber) => {
        const places: CollectionsPlace[] = [
          { page: 'collection', collectionId, tab: 'export' },
          { page: 'query', collectionId, queryNumber },
        ];
        for (const place of places) expect(placeOfAddress(addressOfPlace(place))).toEqual(place);
      }),
    );
  });
});
