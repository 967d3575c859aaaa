import { isRequestsMessage, type RequestOrigin } from '../engine/request-log.ts';

/** A message about requests, as it came: a worker's about its own, or the page's. */
export interface WorkerRequests {
  readonly from: RequestOrigin;
  readonly message: unknown;
}

/** Messages that are held; a long day makes hundreds. */
const mostMessages = 20_000;

/** All that was told so far, for the view that shows it; nothing here leaves the page. */
export const workerRequests: WorkerRequests[] = [];

let onMore: (() => void) | null = null;

// The browser's own record of the page's requests ends after 250 of them.
performance.setResourceTimingBufferSize(mostMessages);

/** Listens to what a worker tells of its requests, from its first message on; gives it back. */
export function watchRequests(worker: Worker, from: RequestOrigin): Worker {
  worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => noteRequests(from, data));
  return worker;
}

/** Holds a message about requests that the browser puts into no record; any other is ignored. */
export function noteRequests(from: RequestOrigin, message: unknown): void {
  if (!isRequestsMessage(message) || workerRequests.length >= mostMessages) return;
  workerRequests.push({ from, message });
  onMore?.();
}

/** Has a function called after each message from now on; it replaces the one before. */
export function onWorkerRequests(listener: () => void): void {
  onMore = listener;
}
