import { collectionsStore } from './collections-store.ts';
import { importStore } from './import-store.ts';
import { type AppState, store } from './store.ts';

/** How long nothing must have been computed or loaded before files are kept. */
const quietMs = 2000;

/** The model is at work or on its way. */
const busyPhases: ReadonlySet<AppState['model']['phase']> = new Set([
  'looking-up',
  'downloading',
  'preparing',
  'testing',
]);

/**
 * Tells when the machine has nothing else to do, each time anew, and when it has again.
 * @param onQuiet two seconds after the last run, load or import has ended
 * @param onBusy as soon as the next begins
 */
export function watchQuiet(onQuiet: () => void, onBusy: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wasBusy: boolean | null = null;
  const look = (): void => {
    const busy = isBusy();
    if (busy === wasBusy) return;
    wasBusy = busy;
    clearTimeout(timer);
    if (busy) onBusy();
    else timer = setTimeout(onQuiet, quietMs);
  };
  store.subscribe(look);
  collectionsStore.subscribe(look);
  importStore.subscribe(look);
  look();
}

/** Whether something is being computed, loaded or imported for the user. */
export function isBusy(): boolean {
  const { run, model, traps, models } = store.getState();
  return (
    run.phase === 'scoring' ||
    busyPhases.has(model.phase) ||
    traps.phase === 'loading' ||
    traps.phase === 'running' ||
    models.importing.phase === 'copying' ||
    models.benchmark.phase === 'running' ||
    collectionsStore.getState().run.phase === 'running' ||
    importStore.getState().phase === 'importing'
  );
}
