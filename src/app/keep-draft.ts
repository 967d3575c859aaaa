import { type Draft, type DraftOutcome, readDraft, writeDraft } from '../io/settings-storage.ts';
import { dropForgotten } from './forgotten-mark.ts';
import { tabStorage } from './services.ts';
import { type AppState, type Input, store } from './store.ts';

/** Whether the database has the text in the boxes as well; `pending` while it is being written. */
export type DatabaseOutcome = 'pending' | 'kept' | 'failed';

/** How often the text in the boxes was changed in this tab, earlier visits to the page included. */
let changes = 0;
let inTab: DraftOutcome = 'kept';
let inDatabase: DatabaseOutcome = 'failed';
let isRestoring = false;
let isStopped = false;

/**
 * Puts the draft of this tab into the boxes, and from then on writes it a moment after the last change, and at
 * once when the page is left: a database may be too slow for that.
 */
export function keepDraft(): Draft | null {
  dropForgotten();
  const draft = readDraft(tabStorage).draft ?? null;
  if (draft !== null) {
    const { query, documents: documentsText, layout } = draft;
    restoreInput({ query, documentsText, layout }, draft.changes);
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    clearTimeout(timer);
    if (isStopped) return;
    const { query, documentsText: documents, layout } = ownInput(store.getState());
    inTab = writeDraft(tabStorage, { version: 1, query, documents, layout, changes });
    showOutcome();
  };
  store.subscribe((state, before) => {
    if (isRestoring || isSameInput(ownInput(state), ownInput(before))) return;
    changes += 1;
    clearTimeout(timer);
    timer = setTimeout(write, 300);
  });
  addEventListener('pagehide', write);
  return draft;
}

/** How often the text in the boxes was changed: with it a copy of the text says how new it is. */
export function textChanges(): number {
  return changes;
}

/** Puts a kept text into the boxes that is `count` changes old; it is not a change itself. */
export function restoreInput(input: Input, count: number): void {
  isRestoring = true;
  try {
    store.setState(input);
    changes = Math.max(changes, count);
  } finally {
    isRestoring = false;
  }
}

/** Takes note of what the database did with the text. */
export function tellDatabaseOutcome(outcome: DatabaseOutcome): void {
  inDatabase = outcome;
  showOutcome();
}

/** Keeps no draft any more, until the page is loaded again. */
export function stopKeepingDraft(): void {
  isStopped = true;
}

/** An untouched trap is not the user's work: what it replaced is, if anything. */
export function ownInput(
  state: Pick<AppState, 'query' | 'documentsText' | 'layout' | 'loadedTrap' | 'replaced'>,
): Input {
  if (state.loadedTrap === null) return state;
  return state.replaced ?? { query: '', documentsText: '', layout: 'auto' };
}

/** Whether two inputs are equal. */
function isSameInput(one: Input, other: Input): boolean {
  return (
    one.query === other.query &&
    one.documentsText === other.documentsText &&
    one.layout === other.layout
  );
}

/** Says whether the text would survive a reload; while that is not known, what was so before. */
function showOutcome(): void {
  if (inTab !== 'kept' && inDatabase === 'pending') return;
  const draft = inDatabase === 'kept' ? 'kept' : inTab;
  if (draft !== store.getState().draft) store.setState({ draft });
}
