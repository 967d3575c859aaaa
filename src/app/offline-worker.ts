import type { RequestsMessage } from '../engine/request-log.ts';
import {
  type OfflineMessage,
  type PageMessage,
  readOfflineMessage,
} from '../offline/offline-messages.ts';
import { noteRequests } from './requests-watch.ts';

/** The service worker of this page, as far as the page has to do with it. */
export interface OfflineWorker {
  readonly registration: ServiceWorkerRegistration;
  /** Looks for a newer version now; a look that fails is as good as none. */
  readonly lookForUpdate: () => void;
  /** Goes to the version that is in charge; lost where none is yet. */
  send(message: PageMessage, ports?: Transferable[]): void;
}

export interface OfflineEvents {
  readonly onMessage: (message: OfflineMessage) => void;
  /** A newer version is kept and waits for its turn. */
  readonly onWaiting: () => void;
  /** A version has taken charge of this page; `first`: there was none before. */
  readonly onTakenOver: (first: boolean) => void;
}

/** A tab that is open for days looks for a newer version this often. */
const updateMs = 60 * 60 * 1000;

/**
 * Registers the service worker in the page's folder and follows its versions.
 * @throws Error of the browser where it refuses one.
 */
export async function openOfflineWorker(events: OfflineEvents): Promise<OfflineWorker> {
  const { serviceWorker } = navigator;
  let controlled = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    events.onTakenOver(!controlled);
    controlled = true;
  });
  serviceWorker.addEventListener('message', ({ data }) => {
    const message = readOfflineMessage(data);
    if (message !== null) events.onMessage(message);
  });
  serviceWorker.startMessages();
  const registration = await noted(
    // Hosts let copies live for minutes, and an update is looked for now.
    serviceWorker.register(scriptAddress(), { updateViaCache: 'none' }),
  );
  const lookForUpdate = (): void => {
    noted(registration.update()).catch(() => undefined);
  };
  followVersions(registration, events.onWaiting);
  followTime(lookForUpdate);
  return {
    registration,
    lookForUpdate,
    send: (message, ports = []) => registration.active?.postMessage(message, ports),
  };
}

/** Address of the folder that the page lies in: the service worker is in charge of that. */
export function pageFolder(): string {
  return new URL(import.meta.env.BASE_URL, new URL('.', location.href)).href;
}

function scriptAddress(): string {
  return new URL('service-worker.js', pageFolder()).href;
}

/**
 * The browser records its requests for this script nowhere. Each call counts as one over the
 * network: where there is a service worker already, the browser asks when the page is opened.
 */
async function noted<Result>(call: Promise<Result>): Promise<Result> {
  const begunMs = performance.now();
  try {
    return await call;
  } finally {
    const request = {
      url: scriptAddress(),
      startedAt: performance.timeOrigin + begunMs,
      ms: performance.now() - begunMs,
      bytes: null,
      status: null,
    };
    const message: RequestsMessage = { type: 'crossrank-requests', requests: [request] };
    noteRequests('service-worker', message);
  }
}

function followVersions(registration: ServiceWorkerRegistration, onWaiting: () => void): void {
  const follow = (): void => {
    const { installing, waiting, active } = registration;
    if (waiting !== null && active !== null) onWaiting();
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed' && registration.active !== null) onWaiting();
    });
  };
  registration.addEventListener('updatefound', follow);
  follow();
}

function followTime(lookForUpdate: () => void): void {
  let lookedAt = Date.now();
  const look = (): void => {
    if (document.visibilityState !== 'visible' || !navigator.onLine) return;
    const elapsedMs = Date.now() - lookedAt;
    // A clock that was set back says nothing.
    if (elapsedMs >= 0 && elapsedMs < updateMs) return;
    lookedAt = Date.now();
    lookForUpdate();
  };
  setInterval(look, updateMs);
  document.addEventListener('visibilitychange', look);
  // A part that is gone from the server belongs to a version that was replaced there.
  addEventListener('vite:preloadError', lookForUpdate);
}
