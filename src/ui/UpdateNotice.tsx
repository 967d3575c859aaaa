import { useStore } from 'zustand';
import { collectionsStore } from '../app/collections-store.ts';
import { applyUpdate, closeOfflineNotice, reloadForThreads } from '../app/offline-actions.ts';
import { type OfflineState, offlineStore } from '../app/offline-store.ts';
import { isRunUnderWay } from '../app/run-under-way.ts';
import { useLanguage } from './language.ts';
import { catchFocus } from './lost-focus.ts';
import { type OfflineDictionary, offlineEn } from './offline-en.ts';
import { offlineZh } from './offline-zh.ts';
import { useApp } from './use-app.ts';

/**
 * Says what a reload would bring: a newer version, or threads on a host without headers. Nothing is
 * reloaded unasked, and the page works as it is.
 */
export function UpdateNotice() {
  const { tag } = useLanguage();
  const words = tag === 'zh' ? offlineZh : offlineEn;
  const reason = useStore(offlineStore, reasonOf);
  const collections = useStore(collectionsStore);
  const endsRun = useApp((app) => isRunUnderWay(app, collections));
  return (
    <div {...(reason !== null && { className: 'app-notice' })}>
      {/* There from the beginning, so that screen readers read out what comes. */}
      <div role="status">{reason !== null && <p>{words[reason]}</p>}</div>
      {reason !== null && (
        <>
          {endsRun && <p className="muted">{words.runEnds}</p>}
          <div className="work-actions">
            <button type="button" className="button button-main" onClick={reloads[reason]}>
              {words.reload}
            </button>
            <button type="button" className="button button-quiet" onClick={putOff}>
              {words.later}
            </button>
          </div>
        </>
      )}
    </div>
  );
}

function putOff(): void {
  closeOfflineNotice();
  catchFocus();
}

type Reason = keyof OfflineDictionary & ('waiting' | 'elsewhere' | 'isolation');

const reloads: Readonly<Record<Reason, () => void>> = {
  waiting: applyUpdate,
  elsewhere: applyUpdate,
  isolation: reloadForThreads,
};

function reasonOf({ update, isolation, noticeClosed }: OfflineState): Reason | null {
  if (noticeClosed) return null;
  if (update !== 'none') return update;
  return isolation === 'after-reload' ? 'isolation' : null;
}
