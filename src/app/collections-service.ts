import { WorkerCollections } from '../collections/worker-collections.ts';
import { watchRequests } from './requests-watch.ts';

/** The collections on this machine. Fetched together with the views that show them. */
export const collections = new WorkerCollections({
  createWorker: () =>
    watchRequests(
      new Worker(new URL('../worker/collections.worker.ts', import.meta.url), {
        type: 'module',
        name: 'crossrank-collections',
      }),
      'collections',
    ),
});

/** Whether collections outlive this tab: `memory` where the browser refuses to keep any. */
export function storageKind(): Promise<'disk' | 'memory'> {
  return collections.storageKind();
}
