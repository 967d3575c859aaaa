import type { SeenRequest } from '../engine/request-log.ts';
import {
  type GpuRuntime,
  type OfflineMessage,
  readOwnRequests,
} from '../offline/offline-messages.ts';
import { mayKeepFiles, rememberKeepingFiles } from './offline-choice.ts';
import { isBusy, watchQuiet } from './offline-quiet.ts';
import { type OfflinePhase, type OfflineState, offlineStore } from './offline-store.ts';
import { holdPageVersion } from './offline-version.ts';
import { type OfflineWorker, openOfflineWorker } from './offline-worker.ts';
import { localSettings, tabStorage } from './services.ts';

/** Of this tab: it has been reloaded to get threads, and that is not tried again. */
const isolationKey = 'crossrank.isolation';

/** A service worker that says nothing for so long has been ended by the browser. */
const silenceMs = 30_000;

/** How long an answer of the service worker is waited for. */
const answerMs = 3000;

let worker: OfflineWorker | null = null;
/** The user has pressed *Reload*: the newer version brings the page with it. */
let reloading = false;

/**
 * Has the service worker keep what the app needs without a network, once nothing else is to be
 * done; called once. Never rejects: without a service worker the app works as before, online.
 */
export async function startOffline(): Promise<void> {
  const reason = whyUnsupported();
  if (reason !== null) return showOffline({ phase: 'unsupported', reason });
  holdPageVersion();
  try {
    worker = await openOfflineWorker({
      onMessage: showMessage,
      onWaiting: () => change({ update: 'waiting', noticeClosed: false }),
      onTakenOver: takeOver,
    });
  } catch {
    return showOffline({ phase: 'unsupported', reason: 'refused' });
  }
  isolate();
  if (!mayKeepFiles(localSettings)) return showOffline({ phase: 'none', reason: 'forgotten' });
  if (savesData()) return showOffline({ phase: 'none', reason: 'save-data' });
  keepWhenQuiet();
}

/** Takes the newer version: this tab is reloaded with it, other tabs are told. */
export function applyUpdate(): void {
  const { registration } = worker ?? {};
  reloading = true;
  if (registration?.waiting) registration.waiting.postMessage({ type: 'activate' });
  else location.reload();
}

/** Reloads the page, on a host that sends no headers, so that threads can be used. */
export function reloadForThreads(): void {
  rememberIsolation();
  location.reload();
}

/** Puts off what the notice says, until there is something new to say. */
export function closeOfflineNotice(): void {
  change({ noticeClosed: true });
}

/** Keeps files for use without a network, now and from now on: because the user asks for it. */
export function keepOffline(): void {
  rememberKeepingFiles(localSettings, true);
  keepWhenQuiet();
  if (!isBusy()) fill();
}

/** Removes the kept files, and keeps none until `keepOffline()`. */
export function forgetOffline(): void {
  rememberKeepingFiles(localSettings, false);
  worker?.send({ type: 'forget' });
}

/** Requests that the service worker itself made since the browser started it last. */
export async function offlineRequests(): Promise<readonly SeenRequest[]> {
  const { port1, port2 } = new MessageChannel();
  try {
    const answer = new Promise<unknown>((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
      // There may be no service worker, or one of another version.
      setTimeout(resolve, worker?.registration.active ? answerMs : 0);
    });
    worker?.send({ type: 'requests' }, [port2]);
    return readOwnRequests(await answer).map(({ networkBytes, status, ...request }) => ({
      ...request,
      from: 'service-worker',
      status: status === 0 ? null : status,
      via: networkBytes === 0 && request.bytes > 0 ? 'cache' : 'network',
    }));
  } finally {
    port1.close();
  }
}

function whyUnsupported(): Extract<OfflinePhase, { phase: 'unsupported' }>['reason'] | null {
  // The development server changes its files all the time.
  if (import.meta.env.DEV) return 'development';
  if ('serviceWorker' in navigator) return null;
  return isSecureContext ? 'browser' : 'insecure';
}

let watching = false;

function keepWhenQuiet(): void {
  if (watching) return;
  watching = true;
  watchQuiet(
    () => {
      if (mayKeepFiles(localSettings) && offlineStore.getState().offline.phase !== 'ready') fill();
    },
    () => {
      if (offlineStore.getState().offline.phase === 'filling') worker?.send({ type: 'pause' });
    },
  );
  addEventListener('online', () => {
    const { offline } = offlineStore.getState();
    if (offline.phase === 'failed' && offline.reason === 'network' && !isBusy()) fill();
  });
}

async function fill(): Promise<void> {
  if (worker === null) return;
  await navigator.serviceWorker.ready;
  worker.send({ type: 'fill', gpu: gpuRuntime() });
}

/** The build of the runtime that the scoring worker would take: see `worker/runtime.ts`. */
function gpuRuntime(): GpuRuntime {
  if (!('gpu' in navigator)) return 'none';
  return 'Suspending' in WebAssembly && 'promising' in WebAssembly ? 'suspending' : 'asyncify';
}

function savesData(): boolean {
  // Chromium alone tells, so the type has no such field: https://wicg.github.io/savedata/
  const { connection } = navigator as { readonly connection?: { readonly saveData?: boolean } };
  return connection?.saveData === true;
}

let silence: ReturnType<typeof setTimeout> | undefined;

function showMessage(message: OfflineMessage): void {
  clearTimeout(silence);
  switch (message.type) {
    case 'filling':
      // It goes on where it stopped, or, if it is still at it, nothing changes.
      silence = setTimeout(fill, silenceMs);
      showOffline({
        phase: 'filling',
        keptBytes: message.keptBytes,
        totalBytes: message.totalBytes,
      });
      break;
    case 'ready':
      showOffline({ phase: 'ready', keptBytes: message.keptBytes });
      break;
    case 'failed':
      // The host has the files of a newer version, then.
      if (message.reason === 'files-changed') worker?.lookForUpdate();
      showOffline({ phase: 'failed', reason: message.reason, keptBytes: message.keptBytes });
      break;
    case 'paused':
      showOffline({ phase: 'none', reason: 'waiting' });
      break;
    case 'forgotten':
      showOffline({ phase: 'none', reason: 'forgotten' });
      break;
    default:
      message satisfies never;
  }
}

function takeOver(first: boolean): void {
  if (reloading) location.reload();
  else if (first) isolate();
  else change({ update: 'elsewhere', noticeClosed: false });
}

/**
 * A host that sends no headers gets them from the service worker with the next load. That comes by
 * itself where the user has not touched the page, once; otherwise it is offered.
 */
function isolate(): void {
  if (crossOriginIsolated || navigator.serviceWorker.controller === null) return;
  // It was tried: something else is in the way, such as a page around this one.
  if (isolationTried()) return;
  if (!navigator.userActivation.hasBeenActive) reloadForThreads();
  else change({ isolation: 'after-reload', noticeClosed: false });
}

function isolationTried(): boolean {
  try {
    return tabStorage.getItem(isolationKey) !== null;
  } catch {
    // Nothing would keep it from being tried for ever.
    return true;
  }
}

function rememberIsolation(): void {
  try {
    tabStorage.setItem(isolationKey, '1');
  } catch {
    // Asked for by the user, then: it is done once in any case.
  }
}

function showOffline(offline: OfflinePhase): void {
  change({ offline });
}

function change(changes: Partial<OfflineState>): void {
  offlineStore.setState(changes);
}
