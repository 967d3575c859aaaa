import type { CollectionsState } from './collections-store.ts';
import type { AppState } from './store.ts';

/** Whether a run would end with a reload of the page: of the boxes, the gallery or a collection. */
export function isRunUnderWay(
  { run, traps }: Pick<AppState, 'run' | 'traps'>,
  collections: Pick<CollectionsState, 'run'>,
): boolean {
  return (
    run.phase === 'scoring' || traps.phase === 'running' || collections.run.phase === 'running'
  );
}
