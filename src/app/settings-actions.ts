import { readDeviceMemory } from '../io/device-memory-storage.ts';
import { type Draft, readSettings, type Settings } from '../io/settings-storage.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { changeSettings } from './change-settings.ts';
import { keepDraft, textChanges } from './keep-draft.ts';
import { loadModel } from './model-actions.ts';
import { openTrap, rerank } from './rerank-actions.ts';
import { crossrank, localSettings } from './services.ts';
import { type AppState, store, type View } from './store.ts';
import { rememberedTabId } from './tab-id.ts';
import { loadTraps, runTraps } from './trap-actions.ts';
import type { Restored } from './work-actions.ts';

/** Draft documents up to this many characters are ranked again after a reload by themselves. */
const autoRerankCharacters = 20_000;

/** Starts the page: settings, devices, and either the draft of this tab or the first trap. */
export async function startApp(): Promise<void> {
  const deviceMemory = readDeviceMemory(localSettings);
  store.setState({ settings: readSettings(localSettings).settings, deviceMemory });
  const draft = keepDraft();
  const restoring = restoreWork(draft);
  const shared = isShareAddress(location.hash) ? location.hash : null;
  if (shared === null) showAddress();
  addEventListener('hashchange', showAddress);
  const probed = crossrank.devices().then((devices) => store.setState({ devices }));
  // What is remembered holds for one adapter.
  if (deviceMemory.size > 0) await probed;
  await forgetMissingModel();

  const before = await restoring;
  if (shared !== null) return openShared(shared);
  if (before.result) return;
  const { query, documentsText } = store.getState();
  if (query !== '' || documentsText !== '') {
    // What is typed while the page starts waits for its button.
    const isKept = textChanges() <= Math.max(draft?.changes ?? 0, before.changes);
    if (isKept && documentsText.length <= autoRerankCharacters) await rerank();
    return;
  }
  const traps = (await loadTraps()) ?? [];
  const language = languageOf(store.getState().settings);
  const first =
    traps.find(({ id }) => id === before.trapId) ??
    traps.find((trap) => trap.language === language) ??
    traps[0];
  // Somebody may have begun to type while the gallery was on its way.
  const now = store.getState();
  if (first !== undefined && now.query === '' && now.documentsText === '') await openTrap(first);
}

/** Fetched at once: what this tab had should be there before anything is shown in its place. */
async function restoreWork(draft: Draft | null): Promise<Restored> {
  const tabId = rememberedTabId();
  const restored = import('./work-actions.ts')
    .then(({ startWork }) => startWork(tabId, draft))
    .catch(() => nothingRestored);
  // A new tab has nothing to wait for.
  return tabId === null ? nothingRestored : restored;
}

const nothingRestored: Restored = { result: false, changes: 0, trapId: null };

/**
 * A model that was chosen once and is gone from this machine is not fetched again by opening the
 * page: hundreds of megabytes want to be asked for.
 */
async function forgetMissingModel(): Promise<void> {
  const { model, modelRevision, dtype } = store.getState().settings;
  if (model === null) return;
  const kept = await crossrank.models().catch(() => []);
  const isHere = kept.some(
    ({ id, revision, builds }) =>
      id === model &&
      (modelRevision === null || revision === modelRevision) &&
      builds.some((one) => one.complete && (dtype === null || one.dtype === dtype)),
  );
  if (!isHere) changeSettings({ model: null, modelRevision: null, modelDevice: null, dtype: null });
}

/** The language that the page speaks: the chosen one, or the browser's if it is Chinese. */
export function languageOf(settings: Settings): 'en' | 'zh' {
  if (settings.language !== 'auto') return settings.language;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/**
 * Moves the model to another device; a run in progress is cancelled and its scores are kept. Of a
 * model that has other weights for that device these are fetched, visibly, and it can be stopped.
 */
export async function changeDevice(device: Settings['device']): Promise<void> {
  await loadModel(store.getState().settings.model ?? embeddedModel.id, { deviceChoice: device });
}

/** The way out of a failure of the GPU: moves to WASM and does again what failed. */
export async function retryOnWasm(): Promise<void> {
  const { view, run, traps } = store.getState();
  await changeDevice('wasm');
  if (view === 'traps' && traps.phase === 'failed') await runTraps();
  else if (run.phase === 'failed') await rerank();
}

export function chooseOrder(order: AppState['order']): void {
  store.setState({ order });
}

export function chooseArrangement(arrangement: AppState['arrangement']): void {
  store.setState({ arrangement });
}

export function toggleLogits(): void {
  store.setState((state) => ({ showLogits: !state.showLogits }));
}

/** Whether an address carries a query and documents. */
function isShareAddress(hash: string): boolean {
  return hash.startsWith('#/share/');
}

/** What reads such addresses is fetched with the first. */
async function openShared(hash: string): Promise<void> {
  await (await import('./share-actions.ts')).openShared(hash);
}

/** The address of a view, for links. */
export function addressOf(view: View): string {
  return view === 'rerank' ? '#/' : `#/${view}`;
}

/** Takes the view from the address; one that names no view changes nothing. */
function showAddress(): void {
  const { hash } = location;
  if (isShareAddress(hash)) {
    openShared(hash);
    return;
  }
  if (hash !== '' && !hash.startsWith('#/')) return;
  const view =
    (['traps', 'collections', 'models', 'privacy', 'diagnostics'] as const).find((name) =>
      hash.startsWith(addressOf(name)),
    ) ?? 'rerank';
  store.setState({ view });
  const { traps } = store.getState();
  if (view === 'traps' && traps.phase !== 'running' && traps.outcomes.size === 0) runTraps();
}
