import type { CollectionSummary } from '../collections/collection.ts';
import { openQuery } from './collection-query-actions.ts';
import { exportFileName, freeName } from './collection-view.ts';
import { addressOfPlace, type CollectionsPlace, placeOfAddress } from './collections-address.ts';
import { collections, storageKind } from './collections-service.ts';
import {
  type CollectionsState,
  type CollectionWork,
  collectionsStore,
} from './collections-store.ts';
import { failureOf } from './model-phase.ts';

/** How long a deleted collection can be brought back. */
const undoMs = 60_000;
/** Documents that are looked at to see whether there are titles. */
const looks = 20;

let listNumber = 0;
let openNumber = 0;
let working: AbortController | null = null;
let purging: ReturnType<typeof setTimeout> | undefined;

/**
 * Takes the place from the address, now and whenever it changes.
 * @returns ends that
 */
export function watchAddress(): () => void {
  showPlace();
  addEventListener('hashchange', showPlace);
  return () => removeEventListener('hashchange', showPlace);
}

/** Goes to a place of this view; "back" leads here again. */
export function goTo(place: CollectionsPlace): void {
  const address = addressOfPlace(place);
  if (location.hash === address) showPlace();
  else location.hash = address;
}

/** Reads which collections there are. The list before stays until then. */
export async function refreshCollections(): Promise<void> {
  listNumber += 1;
  const number = listNumber;
  try {
    const [storage, list] = await Promise.all([storageKind(), collections.list()]);
    if (number === listNumber) change({ storage, list: { phase: 'ready', collections: list } });
  } catch (error) {
    if (number === listNumber) change({ list: { phase: 'failed', failure: failureOf(error) } });
  }
}

/** Reads one collection anew and goes to its page, unless one is in it already. */
export async function openCollection(id: string): Promise<void> {
  const { place } = collectionsStore.getState();
  if (place.page === 'list' || place.collectionId !== id) {
    goTo({ page: 'collection', collectionId: id, tab: 'evaluation' });
  }
  await readCollection(id);
}

/** Reads one collection anew; what is shown of it stays until then. */
export async function readCollection(collectionId: string): Promise<void> {
  openNumber += 1;
  const number = openNumber;
  const { opened } = collectionsStore.getState();
  const same = opened.phase === 'ready' && opened.collectionId === collectionId;
  if (!same) change({ opened: { phase: 'opening', collectionId }, chosenRunId: null });
  try {
    const overview = await collections.open(collectionId);
    if (number !== openNumber) return;
    const titles = same ? opened.titles : null;
    change({ opened: { phase: 'ready', collectionId, overview, titles } });
    if (titles !== true) await lookForTitles(overview.summary);
  } catch (error) {
    if (number !== openNumber) return;
    change({ opened: { phase: 'failed', collectionId, failure: failureOf(error) } });
  }
}

/** Gives a collection another name; a blank one changes nothing. */
export async function renameCollection(collectionId: string, name: string): Promise<void> {
  settleRemoval();
  const wanted = name.trim();
  if (wanted === '') return;
  await attempt(async () => {
    const summary = await collections.rename(collectionId, wanted);
    const { opened } = collectionsStore.getState();
    if (opened.phase === 'ready' && opened.collectionId === collectionId) {
      change({ opened: { ...opened, overview: { ...opened.overview, summary } } });
    }
  });
}

/** Makes a copy with its runs, under a name that is free. */
export async function duplicateCollection({ id, name }: CollectionSummary): Promise<void> {
  settleRemoval();
  const { list } = collectionsStore.getState();
  const taken = list.phase === 'ready' ? list.collections.map((one) => one.name) : [name];
  await work(id, 'duplicating', async (call) => {
    await collections.duplicate(id, freeName(name, taken), call);
  });
}

/** Saves a whole collection with its runs as one file. */
export async function downloadCollection({ id, name }: CollectionSummary): Promise<void> {
  settleRemoval();
  await work(id, 'exporting', async (call) => {
    const blob = await collections.exportCollection(id, call);
    if (!call.signal.aborted) saveBlob(blob, exportFileName(name));
  });
}

/** Stops the copy or the export under way; nothing half done stays. */
export function cancelWork(): void {
  working?.abort();
}

/** Takes a collection out of the list; for a minute, or until the next action, it can come back. */
export async function removeCollection(summary: CollectionSummary): Promise<void> {
  settleRemoval();
  await attempt(async () => {
    await collections.remove(summary.id);
    change({ removed: summary });
    purging = setTimeout(settleRemoval, undoMs);
  });
}

/** Brings back what was deleted last. */
export async function restoreCollection(): Promise<void> {
  const { removed } = collectionsStore.getState();
  if (removed === null) return;
  clearTimeout(purging);
  change({ removed: null });
  await attempt(async () => {
    await collections.restore(removed.id);
  });
}

/** Deletes for good what was deleted last: from now on it cannot be brought back. */
function settleRemoval(): void {
  const { removed } = collectionsStore.getState();
  clearTimeout(purging);
  if (removed === null) return;
  change({ removed: null });
  // Nobody waits for it, and what could not be deleted now is deleted when the page opens next.
  collections.purge(removed.id).catch(() => undefined);
}

/** Takes away what was said to have failed. */
export function dismissCollectionFailure(): void {
  change({ failure: null });
}

/** Shows a failure of something that was asked for. */
export function showCollectionFailure(error: unknown): void {
  const failure = failureOf(error);
  if (failure.code !== 'aborted') change({ failure });
}

async function showPlace(): Promise<void> {
  // The view goes away with the address; its place stays what it was.
  if (!location.hash.startsWith('#/collections')) return;
  const place = placeOfAddress(location.hash);
  change({ place, failure: null });
  if (place.page === 'list') return refreshCollections();
  settleRemoval();
  const { opened, list } = collectionsStore.getState();
  const isOpen = opened.phase === 'ready' && opened.collectionId === place.collectionId;
  // For the names that are taken, and for runs of other collections that tell how fast it goes.
  if (list.phase === 'loading') refreshCollections();
  if (!isOpen) await readCollection(place.collectionId);
  const { place: now } = collectionsStore.getState();
  if (now === place && place.page === 'query')
    await openQuery(place.collectionId, place.queryNumber);
}

/** Candidates are a cheap look; where BM25 has to find them first, titles are simply offered. */
async function lookForTitles({ id, candidateSource }: CollectionSummary): Promise<void> {
  if (candidateSource !== 'given') return;
  const detail = await collections.queryDetail(id, 0, null, looks).catch(() => null);
  const { opened } = collectionsStore.getState();
  if (detail === null || opened.phase !== 'ready' || opened.collectionId !== id) return;
  const titles = detail.documents.some(({ title }) => title !== undefined && title !== '');
  change({ opened: { ...opened, titles } });
}

async function work(
  collectionId: string,
  kind: CollectionWork['kind'],
  run: (call: {
    readonly signal: AbortSignal;
    readonly onProgress: (event: { readonly done: number; readonly total: number }) => void;
  }) => Promise<void>,
): Promise<void> {
  working?.abort();
  const controller = new AbortController();
  working = controller;
  const { signal } = controller;
  change({ work: { collectionId, kind, share: null } });
  await attempt(() =>
    run({
      signal,
      onProgress: ({ done, total }) => {
        if (working !== controller || signal.aborted || total === 0) return;
        change({ work: { collectionId, kind, share: Math.min(1, done / total) } });
      },
    }),
  );
  if (working === controller) change({ work: null });
}

/** Does something with the list and reads it again; a failure is shown above it. */
async function attempt(action: () => Promise<void>): Promise<void> {
  change({ failure: null });
  try {
    await action();
  } catch (error) {
    showCollectionFailure(error);
  }
  await refreshCollections();
}

function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has to have begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function change(state: Partial<CollectionsState>): void {
  collectionsStore.setState(state);
}
