import { useEffect } from 'react';
import { chooseQueryArrangement, chooseQueryOrder } from '../../app/collection-query-actions.ts';
import { gradeCounts, ordersOf, scoredCount, stepOfKey } from '../../app/collection-view.ts';
import { goTo, readCollection } from '../../app/collections-actions.ts';
import { addressOfPlace, placeOfAddress } from '../../app/collections-address.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { toggleLogits } from '../../app/settings-actions.ts';
import { useLanguage } from '../language.ts';
import { RankingList } from '../RankingList.tsx';
import { Segments } from '../Segments.tsx';
import { SideBySide } from '../SideBySide.tsx';
import { useApp } from '../use-app.ts';
import { CollectionQueryRun } from './CollectionQueryRun.tsx';
import { CollectionsFailure } from './CollectionsFailure.tsx';
import { useCollections, useCollectionWords } from './use-collections.ts';

type Overview = Extract<CollectionsState['opened'], { phase: 'ready' }>['overview'];
type Ready = Extract<CollectionsState['query'], { phase: 'ready' }>;

const arrangements = ['list', 'side-by-side'] as const;

interface Props {
  readonly collectionId: string;
  readonly queryNumber: number;
}

/** One query: its candidates in every order, with their grades. */
export function CollectionQuery({ collectionId, queryNumber }: Props) {
  const words = useCollectionWords();
  const main = useLanguage().words;
  const opened = useCollections((state) => state.opened);
  const back = addressOfPlace({ page: 'collection', collectionId, tab: 'queries' });
  const overview =
    opened.phase === 'ready' && opened.collectionId === collectionId ? opened.overview : null;
  return (
    <>
      <p className="collection-back">
        <a href={back}>
          ← {overview === null ? words.page.back : words.query.backTo(overview.summary.name)}
        </a>
      </p>
      {opened.phase === 'opening' && <p className="models-note">{words.page.opening}</p>}
      {opened.phase === 'failed' && (
        <CollectionsFailure failure={opened.failure} lead={words.page.missing}>
          <button type="button" className="button" onClick={() => readCollection(collectionId)}>
            {main.reload}
          </button>
        </CollectionsFailure>
      )}
      {overview !== null && <Shown overview={overview} queryNumber={queryNumber} />}
    </>
  );
}

function Shown({ overview, queryNumber }: { overview: Overview; queryNumber: number }) {
  const words = useCollectionWords();
  const query = useCollections((state) => state.query);
  const total = overview.queries.length;
  const asked = overview.queries[queryNumber];
  const collectionId = overview.summary.id;

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (isTyping(event.target) || event.isComposing) return;
      // Keys come faster than pages are drawn: the address has the last word.
      const place = placeOfAddress(location.hash);
      if (place.page !== 'query') return;
      const next = stepOfKey(event, place.queryNumber, total);
      if (next === null) return;
      event.preventDefault();
      goTo({ page: 'query', collectionId, queryNumber: next });
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [collectionId, total]);

  if (asked === undefined) return <p className="notice">{words.queries.none}</p>;
  const isAsked = query.phase !== 'none' && query.queryNumber === queryNumber;
  return (
    <>
      <QueryHead overview={overview} asked={asked} />
      {query.phase === 'failed' && isAsked && <CollectionsFailure failure={query.failure} />}
      {query.phase === 'ready' && isAsked ? (
        <Candidates overview={overview} query={query} />
      ) : (
        query.phase !== 'failed' && (
          <p className="models-note collection-query-loading">{words.query.loading}</p>
        )
      )}
    </>
  );
}

function QueryHead({
  overview,
  asked,
}: {
  overview: Overview;
  asked: Overview['queries'][number];
}) {
  const { query: words } = useCollectionWords();
  const { count } = useLanguage();
  const total = overview.queries.length;
  const { number } = asked;
  const at = (queryNumber: number): string =>
    addressOfPlace({ page: 'query', collectionId: overview.summary.id, queryNumber });
  return (
    <header className="collection-query-head">
      <div className="collection-query-head-text">
        <p className="models-note">
          {words.number(count(number + 1), count(total))} · {words.id(asked.queryId)}
        </p>
        <h1 dir="auto">{asked.text}</h1>
      </div>
      <p className="collection-steps">
        <Step
          to={number > 0 ? at(number - 1) : null}
          label={`↑ ${words.previous}`}
          keys={words.previousKey}
        />
        <Step
          to={number + 1 < total ? at(number + 1) : null}
          label={`↓ ${words.next}`}
          keys={words.nextKey}
        />
      </p>
    </header>
  );
}

function Step({ to, label, keys }: { to: string | null; label: string; keys: string }) {
  // Without an address it is not a link, and says so: nothing moves when the end is reached, and
  // whoever pressed it keeps the focus.
  return (
    <a
      className="button"
      title={keys}
      {...(to === null ? { 'aria-disabled': true, role: 'link', tabIndex: -1 } : { href: to })}
    >
      {label}
    </a>
  );
}

function Candidates({ overview, query }: { overview: Overview; query: Ready }) {
  const words = useCollectionWords();
  const main = useLanguage().words;
  const { query: said } = words;
  const { detail, result } = query;
  const chosenOrder = useCollections((state) => state.order);
  const chosenArrangement = useCollections((state) => state.arrangement);
  const showLogits = useApp((state) => state.showLogits);
  const scored = scoredCount(detail) > 0;
  const { orders, possible, left } = ordersOf(overview.summary.candidateSource === 'given', scored);
  const arrangement = scored ? chosenArrangement : 'list';
  const besides = arrangement === 'side-by-side';
  const right = chosenOrder === 'both' ? 'both' : 'cross-encoder';
  const order = possible.includes(chosenOrder) ? chosenOrder : left;
  const impossible = orders.filter((one) =>
    besides ? one === 'first-stage' || one === 'bm25' : !possible.includes(one),
  );
  if (detail.documents.length === 0) {
    const bm25 = overview.summary.candidateSource === 'bm25';
    return (
      <>
        <QueryFacts query={query} />
        <p className="notice">{bm25 ? said.noMatches : said.noCandidates}</p>
      </>
    );
  }
  return (
    <>
      <QueryFacts query={query} />
      <CollectionQueryRun overview={overview} query={query} />
      <div className="result-controls">
        <Segments
          label={main.result.order}
          options={orders}
          value={besides ? right : order}
          wordOf={(option) => said.orders[option]}
          hintOf={(option) => said.orderHints[option]}
          disabled={impossible}
          onChoose={chooseQueryOrder}
        />
        <Segments
          label={main.result.arrangement}
          options={arrangements}
          value={arrangement}
          wordOf={(option) => main.result.arrangements[option]}
          disabled={scored ? [] : ['side-by-side']}
          onChoose={chooseQueryArrangement}
        />
        <label className="toggle">
          <input type="checkbox" checked={showLogits} onChange={toggleLogits} />
          {main.result.logits}
        </label>
      </div>
      {besides ? (
        <SideBySide key={result.runNumber} result={result} order={right} left={left} />
      ) : (
        <RankingList key={result.runNumber} result={result} order={order} showLogits={showLogits} />
      )}
    </>
  );
}

/** How many candidates there are, what they were judged, and what no reranker can bring back. */
function QueryFacts({ query }: { query: Ready }) {
  const { query: words } = useCollectionWords();
  const { count } = useLanguage();
  const { detail } = query;
  const { graded, unjudged } = gradeCounts(detail);
  const total = detail.documents.length;
  const facts = [
    words.candidates(count(total), total !== 1),
    ...graded.map(([grade, documents]) => words.grade(String(grade), count(documents))),
    ...(graded.length > 0 && unjudged > 0 ? [words.unjudged(count(unjudged))] : []),
  ];
  return (
    <>
      <p className="collection-facts">
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      {detail.missedRelevant > 0 && (
        <p className="notice collection-missed">
          {words.missed(count(detail.missedRelevant), detail.missedRelevant !== 1)}
        </p>
      )}
    </>
  );
}

/** Whether keys belong to a field, a choice or a button's own doing. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select') !== null)
  );
}
