import { useEffect, useRef } from 'react';
import { cancelCollectionRun } from '../../app/collection-run-actions.ts';
import { watchAddress } from '../../app/collections-actions.ts';
import { CollectionPage } from './CollectionPage.tsx';
import { CollectionQuery } from './CollectionQuery.tsx';
import { CollectionsAnnouncer } from './CollectionsAnnouncer.tsx';
import { CollectionsList } from './CollectionsList.tsx';
import { useCollections } from './use-collections.ts';
import '../styles/collections.css';

/** The user's own collections: what there is, a model over all of their queries, one query. */
export function CollectionsView() {
  const place = useCollections((state) => state.place);
  const view = useRef<HTMLDivElement>(null);
  const shown = useRef(place);

  useEffect(() => watchAddress(), []);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const closesPanel = document.querySelector(':popover-open') !== null;
      if (event.key === 'Escape' && !event.isComposing && !closesPanel) cancelCollectionRun();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);

  // A page of the view is gone to like a page of the site; its tabs and queries keep their place.
  useEffect(() => {
    const before = shown.current;
    shown.current = place;
    if (before.page === place.page) return;
    scrollTo(0, 0);
    view.current?.focus({ preventScroll: true });
  }, [place]);

  return (
    <div ref={view} className="collections-view" tabIndex={-1}>
      <CollectionsAnnouncer />
      {place.page === 'list' && <CollectionsList />}
      {place.page === 'collection' && (
        <CollectionPage
          key={place.collectionId}
          collectionId={place.collectionId}
          tab={place.tab}
        />
      )}
      {place.page === 'query' && (
        <CollectionQuery collectionId={place.collectionId} queryNumber={place.queryNumber} />
      )}
    </div>
  );
}
