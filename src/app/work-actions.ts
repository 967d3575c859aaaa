import type { StoreApi } from 'zustand/vanilla';
import type { Draft } from '../io/settings-storage.ts';
import { problemOf, WorkDatabase, type WorkProblem } from '../io/work-database.ts';
import { readHeadProblem, readWork } from '../io/work-records.ts';
import { newestResting, planShelf } from '../io/work-shelf.ts';
import type { Work } from '../io/work-types.ts';
import { atMost } from './at-most.ts';
import { followSettings } from './follow-settings.ts';
import { restoreInput, stopKeepingDraft, tellDatabaseOutcome, textChanges } from './keep-draft.ts';
import { keywordScores } from './keyword-scores.ts';
import { cancelRerank, replaceInput } from './rerank-actions.ts';
import { type Input, type Result, store } from './store.ts';
import { asideFile, listAside, rememberTold, removeAside } from './work-aside.ts';
import { emptyStorage, hearToForget, tellToForget } from './work-forget.ts';
import { WorkKeeper } from './work-keeper.ts';
import { type KeptState, restoredResult } from './work-shape.ts';
import { workStore } from './work-store.ts';
import { holdTabId, openTabs, takeNewTabId } from './work-tab.ts';

/** How long the page waits for its own work before it goes on without. Milliseconds. */
const patienceMs = 3000;
/** When work of closed tabs is looked through: after what the visit is about. Milliseconds. */
const tidyAfterMs = 8000;
/** Of a query that is offered, so much is shown. UTF-16 units. */
const longestOfferedQuery = 120;

/** What a tab had before it was loaded again. */
export interface Restored {
  /** Whether a result is on the screen: nothing is to be ranked. */
  readonly result: boolean;
  /** How often the restored text was changed; 0 where it is the draft's. */
  readonly changes: number;
  /** The unchanged keyword trap that the boxes held. */
  readonly trapId: string | null;
}

const database = new WorkDatabase({
  onBlocked: () => showProblem('blocked'),
  onReplaced: () => showProblem('newer-release'),
});
let keeper: WorkKeeper | null = null;
let isForgetting = false;

/**
 * Brings back what this tab had, and from then on keeps what it has. Waits no longer than a few
 * seconds for the database; where that comes later, nothing that was typed meanwhile is touched.
 * @param tabId what the tab was called before; null for a new one
 */
export async function startWork(tabId: string | null, draft: Draft | null): Promise<Restored> {
  followSettings();
  hearToForget(() => forgetWithOthers());
  const begun = begin(tabId, draft?.changes ?? -1).catch(async (error: unknown) => {
    giveUp(error);
    await showAside();
    return nothing;
  });
  return await Promise.race([begun, withoutWork()]);
}

/** Puts offered work into the page; what was there can be brought back with "Restore my text". */
export async function bringBack(): Promise<void> {
  const { offer } = workStore.getState();
  if (offer === null) return;
  workStore.setState({ offer: null });
  const { work } = await readKept(offer.tabId).catch((error: unknown) => {
    giveUp(error);
    return { work: null };
  });
  await showAside();
  if (work === null) return;
  await quietRun();
  location.hash = '#/';
  store.setState({ ...replaceInput(inputOf(work)), ...work.head.view });
  if (work.result !== null) {
    const restored = restoredResult(work.result);
    store.setState(restored);
    addKeywordScores(restored.result);
  }
  // Not before it is kept of this tab: what is neither here nor offered would be lost.
  const isKept = await keeper?.save();
  if (isKept) await database.markBroughtBack(offer.tabId).catch(giveUp);
}

/** Does not speak of the offered work any more in this visit; it stays. */
export function declineWork(): void {
  workStore.setState({ offer: null });
}

/** Deletes the offered work, unless its tab is open again. */
export async function forgetWork(): Promise<void> {
  const { offer } = workStore.getState();
  if (offer === null) return;
  workStore.setState({ offer: null });
  // Its tab may have been opened again since it was offered: what a tab that lives has is its own.
  const remove = async (): Promise<void> => {
    if (!(await openTabs())(offer.tabId)) await database.remove(offer.tabId);
  };
  await remove().catch(giveUp);
}

/**
 * Hands the file of something that was set aside to `save`, with all that was there.
 * @param save lets the browser save a file under a name
 */
export async function downloadAside(
  id: string,
  save: (name: string, content: Blob) => void,
): Promise<void> {
  const file = await asideFile(database, id);
  if (file !== null) save(file.name, file.content);
}

/** Deletes something that was set aside, for good. */
export async function deleteAside(id: string): Promise<void> {
  await removeAside(database, id).catch(giveUp);
  await showAside();
}

/** Remembers that the user knows of all that was set aside; it stays where it is. */
export function closeAside(): void {
  const { aside } = workStore.getState();
  rememberTold(aside.map(({ id }) => id));
  workStore.setState({ aside: aside.map((entry) => ({ ...entry, isNew: false })) });
}

/** Does not speak of the problem any more in this visit. */
export function closeProblem(): void {
  workStore.setState({ isProblemClosed: true });
}

/**
 * Deletes all that this page keeps of its own: settings, texts, results, access tokens, what was
 * set aside. Other tabs do so, too, and load themselves anew. Models, collections and the offline
 * copy stay. This page keeps nothing from then on, so load it anew.
 * @returns whether everything is gone; false where the browser refused
 */
export async function forgetEverything(): Promise<boolean> {
  await stopKeeping();
  const isEmpty = [emptyStorage('local'), emptyStorage('tab')].every(Boolean);
  tellToForget();
  const isGone = await database.destroy().then(
    () => true,
    () => false,
  );
  workStore.setState({ offer: null, aside: [] });
  return isEmpty && isGone;
}

async function stopKeeping(): Promise<void> {
  isForgetting = true;
  stopKeepingDraft();
  await keeper?.stop();
}

/** Another tab was told to forget everything: what this one has goes as well, and so does its text. */
async function forgetWithOthers(): Promise<void> {
  emptyStorage('tab');
  // What this tab was writing may have come after the other tab's deletion.
  const gone = stopKeeping().then(() => keeper?.remove());
  await atMost(gone, patienceMs).catch(() => undefined);
  location.reload();
}

const nothing: Restored = { result: false, changes: 0, trapId: null };

interface Reading {
  readonly work: Work | null;
  /** False where it was not there, or was set aside. */
  readonly isKept: boolean;
}

/** With the database at hand: restores, takes a name, and begins to keep. */
async function begin(tabId: string | null, draftChanges: number): Promise<Restored> {
  await database.connect();
  // It may have been held by another tab until now.
  showProblem(null);
  const { work, isKept }: Reading =
    tabId === null ? { work: null, isKept: false } : await readKept(tabId);
  const written = work === null ? null : restore(work, draftChanges);
  // What could not be restored must not be written over.
  const isLeft = work !== null && written === null;
  beginKeeping(isLeft ? null : tabId, isKept ? written : null).catch(giveUp);
  if (work === null || written === null) return nothing;
  const { trapId, changes } = work.head;
  const isShown = written.result !== null && store.getState().result === written.result;
  return { result: isShown, changes, trapId };
}

async function beginKeeping(tabId: string | null, written: KeptState | null): Promise<void> {
  // A copy of another tab gets a name of its own, and what it has is written under that.
  const isOwn = tabId !== null && (await holdTabId(tabId));
  const id = isOwn ? tabId : await takeNewTabId();
  if (isForgetting) return;
  keeper = new WorkKeeper(database, id, isOwn ? written : null, showProblem);
  keeper.start();
  await showAside();
  if (tabId === null) await showOffer();
  setTimeout(() => tidy().catch(giveUp), tidyAfterMs);
}

/**
 * Puts kept work into the page, as far as the tab's own draft is not newer and nobody has begun
 * anything meanwhile.
 * @returns what is kept; null where it is not in the page and would be lost by keeping another
 */
function restore(work: Work, draftChanges: number): KeptState | null {
  const { head, text } = work;
  const state = store.getState();
  const hasGoneOn =
    state.run.phase !== 'idle' || state.result !== null || state.loadedTrap !== null;
  const isTouched = textChanges() !== Math.max(0, draftChanges);
  if (head.changes > draftChanges) {
    if (hasGoneOn || isTouched) return null;
    restoreInput(inputOf(work), head.changes);
  }
  if (state.replaced === null) store.setState({ replaced: text.replaced });
  const restored = work.result === null ? null : restoredResult(work.result);
  if (!hasGoneOn) store.setState({ ...head.view, ...restored });
  if (!hasGoneOn && restored !== null) addKeywordScores(restored.result);
  return {
    ...inputOf(work),
    ...head.view,
    replaced: text.replaced,
    trapId: head.trapId,
    result: restored?.result ?? null,
    end: work.result?.scores.end ?? null,
    rankedAt: head.rankedAt,
  };
}

/** Where the page went away before BM25 had answered, its order is made up for. */
async function addKeywordScores(restored: Result): Promise<void> {
  if (restored.bm25Scores !== null) return;
  const scored = await keywordScores(restored.query, restored.documents);
  const { result } = store.getState();
  if (result === restored) store.setState({ result: { ...restored, ...scored } });
}

/** Reads what is kept of a tab; what cannot be read is set aside. */
async function readKept(tabId: string): Promise<Reading> {
  const parts = await database.read(tabId);
  const { work, problem } = readWork(parts);
  if (problem === null) return { work, isKept: work !== null };
  const setAsideAt = Date.now();
  await database.setAside(tabId, { version: 1, reason: problem, setAsideAt, parts });
  return { work, isKept: false };
}

async function showOffer(): Promise<void> {
  const found = newestResting(await database.shelf(), await openTabs(), Date.now());
  if (found === null) return;
  const { tabId, head } = found;
  const { documents, rankedAt, updatedAt } = head;
  const query = head.query.trim().slice(0, longestOfferedQuery);
  workStore.setState({ offer: { tabId, query, documents, rankedAt, updatedAt } });
}

async function showAside(): Promise<void> {
  workStore.setState({ aside: await listAside(database) });
}

/** Sets aside what is damaged of closed tabs, and deletes what has been kept long enough. */
async function tidy(): Promise<void> {
  const isOpen = await openTabs();
  for (const { tabId, head } of await database.shelf()) {
    // What a later release wrote is that one's to read.
    if (!isOpen(tabId) && readHeadProblem(head) === 'damaged') await readKept(tabId);
  }
  await database.tidy((shelf) => planShelf(shelf, isOpen, Date.now()));
  await showAside();
}

/** Ends the run under way, and waits until nothing of it can come any more. */
async function quietRun(): Promise<void> {
  cancelRerank();
  await untilState(
    store,
    ({ result }) => result === null || result.bm25Scores !== null || result.bm25Failure !== null,
  );
}

/** Resolves when the page has to go on without what is kept: it takes too long, or there is a problem. */
async function withoutWork(): Promise<Restored> {
  await untilState(workStore, ({ problem }) => problem !== null);
  return nothing;
}

/** Waits until a state is as it is wanted, but no longer than the page is patient. */
async function untilState<State>(
  { getState, subscribe }: StoreApi<State>,
  isWanted: (state: State) => boolean,
): Promise<void> {
  if (isWanted(getState())) return;
  let unsubscribe = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    unsubscribe = subscribe((state) => {
      if (isWanted(state)) resolve();
    });
  });
  await atMost(reached, patienceMs);
  unsubscribe();
}

function showProblem(problem: WorkProblem | null): void {
  if (problem !== null) tellDatabaseOutcome('failed');
  if (problem === workStore.getState().problem) return;
  workStore.setState({ problem, isProblemClosed: false });
}

function giveUp(error: unknown): void {
  showProblem(problemOf(error));
}

function inputOf({ head, text }: Work): Input {
  return { query: head.query, documentsText: text.documentsText, layout: head.layout };
}
