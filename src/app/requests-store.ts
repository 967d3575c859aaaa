import { createStore } from 'zustand/vanilla';
import {
  type RequestRecord,
  requestOfRecord,
  requestsIn,
  type SeenRequest,
} from '../engine/request-log.ts';
import { onWorkerRequests, workerRequests } from './requests-watch.ts';

export type { RequestOrigin, SeenRequest } from '../engine/request-log.ts';

/** Where an answer came from. */
export type RequestVia = NonNullable<SeenRequest['via']>;

export interface RequestsState {
  /** In the order in which they began. */
  readonly requests: readonly SeenRequest[];
  /** Host that alone is shown; null: all. */
  readonly host: string | null;
}

/** What was asked of any host since the page was opened; filled once its view was opened. */
export const requestsStore = createStore<RequestsState>(() => ({ requests: [], host: null }));

const ofPage: SeenRequest[] = [];
/** By time and address: it tells all of them again each time, until the browser restarts it. */
const ofServiceWorker = new Map<string, SeenRequest>();
let observer: PerformanceObserver | null = null;

/**
 * Reads what was recorded since the page was opened, and goes on with what comes. A second call
 * only asks the service worker again, which tells nothing by itself.
 */
export async function readRequests(): Promise<void> {
  if (observer === null) {
    observer = new PerformanceObserver((list) => {
      // An observer of this one type is given no other.
      addOfPage(list.getEntries() as PerformanceResourceTiming[]);
    });
    // The page itself is on a list of its own.
    addOfPage(performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]);
    observer.observe({ type: 'resource', buffered: true });
    onWorkerRequests(publish);
  }
  publish();
  // The same part that is fetched soon after the page was opened, whatever is looked at.
  const { offlineRequests } = await import('./offline-actions.ts');
  for (const request of await offlineRequests()) {
    // It serves all tabs, and may have been at work before this one was opened.
    if (request.startedAt < performance.timeOrigin) continue;
    ofServiceWorker.set(`${request.startedAt} ${request.url}`, request);
  }
  publish();
}

/** Shows the requests to one host alone; null: all. */
export function showHost(host: string | null): void {
  requestsStore.setState({ host });
}

function addOfPage(records: readonly RequestRecord[]): void {
  const clock = { timeOrigin: performance.timeOrigin, origin: location.origin };
  for (const record of records) {
    const request = requestOfRecord(record, clock);
    if (request !== null) ofPage.push({ ...request, from: 'page' });
  }
  publish();
}

function publish(): void {
  const ofWorkers = workerRequests.flatMap(({ from, message }) => requestsIn(message, from));
  const requests = [...ofPage, ...ofWorkers, ...ofServiceWorker.values()].toSorted(
    (a, b) => a.startedAt - b.startedAt,
  );
  requestsStore.setState({ requests });
}
