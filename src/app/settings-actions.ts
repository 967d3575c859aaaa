import {
  readDraft,
  readSettings,
  type Settings,
  writeDraft,
  writeSettings,
} from '../io/settings-storage.ts';
import { cancelRerank, failureOf, openTrap, reportLoading, rerank } from './rerank-actions.ts';
import { crossrank, localSettings, tabStorage } from './services.ts';
import { type RankingOrder, store, type View } from './store.ts';
import { cancelTraps, loadTraps, runTraps } from './trap-actions.ts';

/** Draft documents up to this many characters are ranked again after a reload by themselves. */
const autoRerankCharacters = 20_000;

/** Starts the page: settings, devices, and either the draft of this tab or the first trap. */
export async function startApp(): Promise<void> {
  store.setState({ settings: readSettings(localSettings).settings, view: viewOfAddress() });
  addEventListener('hashchange', () => store.setState({ view: viewOfAddress() }));
  keepDraft();
  crossrank.devices().then((devices) => store.setState({ devices }));

  const { draft } = readDraft(tabStorage);
  if (draft !== undefined && (draft.query !== '' || draft.documents !== '')) {
    const { query, documents, layout } = draft;
    store.setState({ query, documentsText: documents, layout });
    if (documents.length <= autoRerankCharacters) await rerank();
    return;
  }
  const traps = await loadTraps().catch(() => []);
  const language = languageOf(store.getState().settings);
  const first = traps.find((trap) => trap.language === language) ?? traps[0];
  // Somebody may have begun to type while the gallery was on its way.
  const { query, documentsText } = store.getState();
  if (first !== undefined && query === '' && documentsText === '') await openTrap(first);
}

/** The language that the page speaks: the chosen one, or the browser's if it is Chinese. */
export function languageOf(settings: Settings): 'en' | 'zh' {
  if (settings.language !== 'auto') return settings.language;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function changeSettings(change: Partial<Omit<Settings, 'version'>>): void {
  const settings = { ...store.getState().settings, ...change };
  store.setState({ settings });
  writeSettings(localSettings, settings);
}

/** Moves the model to another device; a run in progress is cancelled and its scores are kept. */
export async function changeDevice(device: Settings['device']): Promise<void> {
  cancelRerank();
  cancelTraps();
  changeSettings({ device });
  try {
    await reportLoading((onEvent) => crossrank.load({ device, onEvent }));
  } catch (error) {
    store.setState({ model: { phase: 'failed', failure: failureOf(error) } });
  }
}

export function chooseOrder(order: RankingOrder): void {
  store.setState({ order });
}

export function chooseArrangement(arrangement: 'list' | 'side-by-side'): void {
  store.setState({ arrangement });
}

export function toggleLogits(): void {
  store.setState((state) => ({ showLogits: !state.showLogits }));
}

/** The address of a view, for links. */
export function addressOf(view: View): string {
  return view === 'traps' ? '#/traps' : '#/';
}

function viewOfAddress(): View {
  const view = location.hash.startsWith('#/traps') ? 'traps' : 'rerank';
  if (view === 'traps') showTraps();
  return view;
}

function showTraps(): void {
  const { traps } = store.getState();
  if (traps.phase !== 'running' && traps.outcomes.size === 0) runTraps();
}

/** Writes the draft a moment after the last change, and at once when the page is left. */
function keepDraft(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    clearTimeout(timer);
    const { query, documentsText, layout, loadedTrap } = store.getState();
    // An untouched trap is not the user's work: the next visit starts fresh.
    const [keptQuery, documents] = loadedTrap === null ? [query, documentsText] : ['', ''];
    const draft = writeDraft(tabStorage, { version: 1, query: keptQuery, documents, layout });
    if (draft !== store.getState().draft) store.setState({ draft });
  };
  store.subscribe((state, before) => {
    const { query, documentsText, layout } = before;
    if (state.query === query && state.documentsText === documentsText && state.layout === layout) {
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(write, 300);
  });
  addEventListener('pagehide', write);
}
