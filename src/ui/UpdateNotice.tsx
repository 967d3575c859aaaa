import './styles/update-notice.css';
import { useStore } from 'zustand';
import { applyUpdate, closeOfflineNotice, reloadForThreads } from '../app/offline-actions.ts';
import { type OfflineState, offlineStore } from '../app/offline-store.ts';
import { useLanguage } from './language.ts';
import { type OfflineDictionary, offlineEn } from './offline-en.ts';
import { offlineZh } from './offline-zh.ts';

/**
 * Says what a reload would bring: a newer version, or threads on a host without headers. Nothing is
 * reloaded unasked, and the page works as it is.
 */
export function UpdateNotice() {
  const { tag } = useLanguage();
  const words = tag === 'zh' ? offlineZh : offlineEn;
  const reason = useStore(offlineStore, reasonOf);
  return (
    // There from the beginning, so that screen readers read out what comes.
    <div role="status">
      {reason !== null && (
        <div className="update-notice">
          <p>{words[reason]}</p>
          <div className="update-notice-actions">
            <button type="button" className="button button-main" onClick={reloads[reason]}>
              {words.reload}
            </button>
            <button type="button" className="button button-quiet" onClick={closeOfflineNotice}>
              {words.later}
            </button>
          </div>
        </div>
      )}
    </div>
  );
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
