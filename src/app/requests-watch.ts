import { isRequestsMessage, type RequestOrigin } from '../engine/request-log.ts';

/** A worker's message about its requests, as it came. */
export interface WorkerRequests {
  readonly from: RequestOrigin;
  readonly message: unknown;
}

/** Messages that are held; a long day makes hundreds. */
const mostMessages = 20_000;

/** All that workers told so far, for the view that shows it; nothing here leaves the page. */
export const workerRequests: WorkerRequests[] = [];

let onMore: (() => void) | null = null;

// The browser's own record of the page's requests ends after 250 of them.
performance.setResourceTimingBufferSize(mostMessages);

/** Listens to what a worker tells of its requests, from its first message on; gives it back. */
export function watchRequests(worker: Worker, from: RequestOrigin): Worker {
  worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!isRequestsMessage(data) || workerRequests.length >= mostMessages) return;
    workerRequests.push({ from, message: data });
    onMore?.();
  });
  return worker;
}

/** Has a function called after each message from now on; it replaces the one before. */
export function onWorkerRequests(listener: () => void): void {
  onMore = listener;
}
