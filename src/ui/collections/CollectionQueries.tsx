import { useDeferredValue, useMemo, useState } from 'react';
import { filterQueries } from '../../app/collection-view.ts';
import { addressOfPlace } from '../../app/collections-address.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { useLanguage } from '../language.ts';
import { CollectionAddQuery } from './CollectionAddQuery.tsx';
import { useCollectionWords } from './use-collections.ts';
import { VirtualTableRows } from './VirtualTableRows.tsx';

type Overview = Extract<CollectionsState['opened'], { phase: 'ready' }>['overview'];
type Query = Overview['queries'][number];

/** Up to this many rows are simply drawn: the browser's own search then finds all of them. */
const drawnAtOnce = 200;
/** Height of a row in pixels until it was measured. */
const rowHeight = 38;

/** All queries of a collection as a table, a row a link to its query. */
export function CollectionQueries({ overview }: { overview: Overview }) {
  const words = useCollectionWords();
  const { count } = useLanguage();
  const [typed, setTyped] = useState('');
  const wanted = useDeferredValue(typed);
  const { queries, summary } = overview;
  const shown = useMemo(() => filterQueries(queries, wanted), [queries, wanted]);
  const { queries: said } = words;
  if (queries.length === 0) {
    return (
      <section className="collection-queries" aria-label={said.label}>
        <CollectionAddQuery collectionId={summary.id} />
        <p className="models-note">{said.empty}</p>
      </section>
    );
  }
  return (
    <section className="collection-queries" aria-label={said.label}>
      <CollectionAddQuery collectionId={summary.id} />
      <div className="collection-filter">
        <input
          type="search"
          className="box"
          value={typed}
          placeholder={said.filter}
          aria-label={said.filter}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            // Empties the box, and is not meant for a run that goes on.
            if (event.key === 'Escape' && typed !== '') event.stopPropagation();
          }}
        />
        <span className="models-note" role="status">
          {said.shown(count(shown.length), count(queries.length))}
        </span>
      </div>
      {shown.length === 0 ? (
        <p className="models-note">{said.none}</p>
      ) : (
        <table className="query-table" aria-rowcount={shown.length + 1}>
          <caption className="visually-hidden">{said.label}</caption>
          <ColumnNames />
          {shown.length <= drawnAtOnce ? (
            <tbody>
              {shown.map((query, index) => (
                <Row key={query.number} index={index} query={query} summary={summary} />
              ))}
            </tbody>
          ) : (
            <VirtualTableRows
              length={shown.length}
              rowHeight={rowHeight}
              keyOf={(index) => shown[index]?.number ?? index}
              drawRow={(index, key, measure) => {
                const query = shown[index];
                if (query === undefined) return null;
                return (
                  <Row key={key} index={index} query={query} summary={summary} measure={measure} />
                );
              }}
            />
          )}
        </table>
      )}
    </section>
  );
}

function ColumnNames() {
  const { columns } = useCollectionWords().queries;
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th scope="col" className="query-number">
          {columns.number}
        </th>
        <th scope="col">{columns.query}</th>
        <th scope="col" className="query-count">
          {columns.candidates}
        </th>
        <th scope="col" className="query-count">
          {columns.judged}
        </th>
        <th scope="col" className="query-count">
          {columns.relevant}
        </th>
      </tr>
    </thead>
  );
}

function Row(props: {
  query: Query;
  index: number;
  summary: Overview['summary'];
  measure?: (row: HTMLElement | null) => void;
}) {
  const { query, index, summary, measure } = props;
  const { queries: words } = useCollectionWords();
  const { count } = useLanguage();
  const { number, text, judged, relevant, candidates } = query;
  const place = { page: 'query', collectionId: summary.id, queryNumber: number } as const;
  const found = summary.candidateSource === 'bm25' ? words.byBm25 : count(candidates);
  const { columns } = words;
  return (
    <tr ref={measure} className="query-row" aria-rowindex={index + 2} data-index={index}>
      <td className="query-number">{count(number + 1)}</td>
      <td className="query-text">
        <a href={addressOfPlace(place)} dir="auto">
          {text}
        </a>
        {/* Where there is no room for the columns. */}
        <span className="query-notes">
          {`${found} ${columns.candidates} · ${count(judged)} ${columns.judged} · ${count(relevant)} ${columns.relevant}`}
        </span>
      </td>
      <td className="query-count">{found}</td>
      <td className="query-count">{count(judged)}</td>
      <td className="query-count">{count(relevant)}</td>
    </tr>
  );
}
