import { useEffect } from 'react';
import { useStore } from 'zustand';
import { readRequests, requestsStore, showHost } from '../../app/requests-store.ts';
import { hostOf, requestsAsJson, summariseRequests } from '../../app/requests-view.ts';
import { CopyButton } from '../CopyButton.tsx';
import { useLanguage } from '../language.ts';
import { PrivacyHosts } from './PrivacyHosts.tsx';
import { PrivacyTable } from './PrivacyTable.tsx';
import { usePrivacyWords } from './use-privacy-words.ts';
import '../styles/privacy.css';

/** The service worker tells of its requests when it is asked. */
const askAgainMs = 3_000;

/** What left this machine since the page was opened. */
export function PrivacyView() {
  const { count } = useLanguage();
  const words = usePrivacyWords();
  const requests = useStore(requestsStore, (state) => state.requests);
  const host = useStore(requestsStore, (state) => state.host);

  useEffect(() => {
    readRequests();
    const timer = setInterval(readRequests, askAgainMs);
    return () => clearInterval(timer);
  }, []);

  const { origin } = window.location;
  const summary = summariseRequests(requests, origin);
  const kept = summary.total - summary.sent;
  const shown = host === null ? requests : requests.filter((request) => hostOf(request) === host);
  const parts = summary.hosts
    .filter(({ sent }) => sent > 0)
    .map((one) =>
      one.isOwn ? words.toThisSite(count(one.sent)) : words.toHost(count(one.sent), one.host),
    );
  const keptWords = words.kept(kept, count(kept), summary.sent > 0);
  return (
    <div className="privacy-view">
      <header className="privacy-head">
        <h1>{words.heading}</h1>
        <p className="lead">{words.lead}</p>
      </header>
      {!window.crossOriginIsolated && <p className="notice">{words.weak}</p>}
      {requests.length === 0 ? (
        <p className="models-note">{words.none}</p>
      ) : (
        <>
          <section className="privacy-summary" aria-labelledby="privacy-sum">
            <h2 id="privacy-sum">
              {summary.sent === 0
                ? words.nothingSent
                : words.total(words.sent(summary.sent, count(summary.sent)))}
            </h2>
            <p>{words.list(kept === 0 ? parts : [...parts, keptWords])}</p>
            <p className="models-note">{words.guarantee}</p>
          </section>
          <section className="privacy-requests" aria-label={words.table}>
            <div className="privacy-tools">
              <PrivacyHosts summary={summary} chosen={host} onChoose={showHost} />
              <CopyButton
                text={() => requestsAsJson(shown, performance.timeOrigin)}
                label={words.copy}
              />
            </div>
            <PrivacyTable requests={shown} ownOrigin={origin} />
          </section>
        </>
      )}
      <section className="privacy-unseen" aria-labelledby="privacy-unseen">
        <h2 id="privacy-unseen">{words.unseen.heading}</h2>
        <ul>
          {words.unseen.points.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      </section>
    </div>
  );
}
