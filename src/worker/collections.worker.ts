import { expose } from 'comlink';
import { openCollectionStorage } from '../collections/collection-database.ts';
import { CollectionLibrary } from '../collections/collection-library.ts';
import { type LibraryWorkerApi, serveCollections } from '../collections/serve-collections.ts';
import { holdLock } from './hold-lock.ts';
import { reportRequests } from './report-requests.ts';

reportRequests();

// Opened with the first call, and once: in memory it is the only copy.
let opened: Promise<CollectionLibrary> | null = null;

function openLibrary(): Promise<CollectionLibrary> {
  if (opened !== null) return opened;
  const opening = openCollectionStorage().then((storage) => new CollectionLibrary(storage));
  opened = opening;
  opening.catch(() => {
    // The next call tries again.
    opened = null;
  });
  return opening;
}

expose({ holdLock, ...serveCollections(openLibrary) } satisfies LibraryWorkerApi);
