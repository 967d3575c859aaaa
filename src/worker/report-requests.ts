import { type RequestsMessage, requestOfRecord } from '../engine/request-log.ts';

/**
 * Tells the page of every request that this worker makes, from its first on: each worker has a
 * timeline of its own, which the page cannot read. Called once, before anything else is done.
 */
export function reportRequests(): void {
  const clock = { timeOrigin: performance.timeOrigin, origin: location.origin };
  const observer = new PerformanceObserver((list) => {
    // An observer of this one type is given no other.
    const records = list.getEntries() as PerformanceResourceTiming[];
    report(
      records.map((record) => requestOfRecord(record, clock)).filter((request) => request !== null),
    );
  });
  observer.observe({ type: 'resource', buffered: true });
}

/**
 * `fetch`, and a word to the page of the address that it was redirected to, which the browser's
 * record leaves out.
 */
export const fetchAndReport: typeof fetch = async (...request) => {
  const startedAt = Date.now();
  const response = await fetch(...request);
  if (response.redirected) {
    const { url, status } = response;
    report([{ url, startedAt, ms: Date.now() - startedAt, bytes: null, status, via: 'network' }]);
  }
  return response;
};

function report(requests: RequestsMessage['requests']): void {
  if (requests.length === 0) return;
  postMessage({ type: 'crossrank-requests', requests } satisfies RequestsMessage);
}
