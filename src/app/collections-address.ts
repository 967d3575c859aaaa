/** Where in the Collections view one is; the address says it, so that links and "back" work. */
export type CollectionsPlace =
  | { readonly page: 'list' }
  | {
      readonly page: 'collection';
      readonly collectionId: string;
      readonly tab: CollectionTab;
    }
  | { readonly page: 'query'; readonly collectionId: string; readonly queryNumber: number };

export const collectionTabs = ['evaluation', 'queries', 'export'] as const;

/** Parts of one collection's page. */
export type CollectionTab = (typeof collectionTabs)[number];

/** The address of a place, for links: `#/collections`, `#/collections/<id>/queries/17`. */
export function addressOfPlace(place: CollectionsPlace): string {
  switch (place.page) {
    case 'list':
      return '#/collections';
    case 'collection':
      return `#/collections/${encodeURIComponent(place.collectionId)}/${place.tab}`;
    case 'query':
      // People count from 1.
      return `#/collections/${encodeURIComponent(place.collectionId)}/queries/${place.queryNumber + 1}`;
    default: {
      const unknown: never = place;
      return String(unknown);
    }
  }
}

/** The place that an address names; the list where it names none. */
export function placeOfAddress(hash: string): CollectionsPlace {
  const [, view, id = '', tab = '', number = ''] = hash.split('/');
  const collectionId = decode(id);
  if (view !== 'collections' || collectionId === '') return { page: 'list' };
  if (tab === 'queries' && /^[1-9]\d{0,8}$/u.test(number)) {
    return { page: 'query', collectionId, queryNumber: Number(number) - 1 };
  }
  const known = collectionTabs.find((name) => name === tab) ?? 'evaluation';
  return { page: 'collection', collectionId, tab: known };
}

/** Somebody may have edited the address by hand. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
