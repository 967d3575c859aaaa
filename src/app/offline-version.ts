import { versionLockOf } from '../offline/offline-messages.ts';
import { pageFolder } from './offline-worker.ts';

/**
 * Holds a web lock with the version of this page for as long as it is open, so that the service
 * worker of a newer one leaves its files alone.
 */
export function holdPageVersion(): void {
  const version = document.querySelector<HTMLMetaElement>('meta[name="version"]')?.content ?? '';
  // Missing on addresses that are not secure, and where a browser refuses it.
  const locks: LockManager | undefined = navigator.locks;
  locks
    ?.request(
      versionLockOf(pageFolder(), version),
      { mode: 'shared' },
      () => new Promise(() => undefined),
    )
    // A page that is being closed.
    .catch(() => undefined);
}
