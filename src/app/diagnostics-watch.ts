import type { NotedError } from './diagnostics-errors.ts';
import { runRecovery } from './run-recovery.ts';
import { store } from './store.ts';

/**
 * Keeps class, code and places of an error for the diagnostics; what does so is fetched with the
 * first, and where that fails too the error is only in the browser's console.
 */
export function noteErrorLater(where: NotedError['where'], thrown: unknown): void {
  import('./diagnostics-errors.ts').then(
    ({ noteError }) => noteError(where, thrown),
    () => undefined,
  );
}

/**
 * Notes from now on what fails outside of views, every failed run and load, and what runs have
 * survived; returns how to stop.
 */
export function watchErrors(): () => void {
  const onError = ({ error }: ErrorEvent): void => noteErrorLater('page', error);
  const onRejection = ({ reason }: PromiseRejectionEvent): void =>
    noteErrorLater('promise', reason);
  addEventListener('error', onError);
  addEventListener('unhandledrejection', onRejection);
  const unsubscribe = store.subscribe((state, before) => {
    for (const part of ['run', 'model'] as const) {
      const phase = state[part];
      if (phase === before[part] || phase.phase !== 'failed') continue;
      import('./diagnostics-errors.ts').then(
        ({ noteFailure }) => noteFailure(part, phase.failure),
        () => undefined,
      );
    }
  });
  const unsubscribeRecovery = runRecovery.subscribe(({ recovery }) => {
    if (recovery === null) return;
    import('./diagnostics-errors.ts').then(
      ({ noteRecovered }) => noteRecovered(recovery.code),
      () => undefined,
    );
  });
  return () => {
    removeEventListener('error', onError);
    removeEventListener('unhandledrejection', onRejection);
    unsubscribe();
    unsubscribeRecovery();
  };
}
