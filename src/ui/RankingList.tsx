import { Suspense, useMemo } from 'react';
import { rankingTable } from '../app/ranking-view.ts';
import type { RankingOrder, Result } from '../app/store.ts';
import { useLanguage } from './language.ts';
import { lazyPart } from './lazy-part.tsx';
import { isPending, RankingRow } from './RankingRow.tsx';

/**
 * So many rows are in the page at once, where Ctrl+F finds them. A longer list holds only those in
 * sight: it must scroll with 10,000 rows, and be drawn again while partial results come in.
 */
const wholeRows = 50;

/** Fetched with the first list that needs it. */
const VirtualRanking = lazyPart(async () => (await import('./VirtualRanking.tsx')).VirtualRanking);

interface Props {
  readonly result: Result;
  readonly order: RankingOrder;
  readonly showLogits: boolean;
}

export function RankingList({ result, order, showLogits }: Props) {
  const { words } = useLanguage();
  const table = useMemo(() => rankingTable(result, order), [result, order]);
  const { columns } = words.result;
  const measured = {
    'cross-encoder': columns.relevance,
    bm25: columns.bm25Score,
    both: columns.sum,
    'first-stage': columns.firstStageScore,
  };
  const shown = { result, order, showLogits };
  const firstRows = (
    <ol className="ranking" aria-label={words.result.ranking} data-order={order}>
      {Array.from({ length: Math.min(wholeRows, table.length) }, (_, position) => {
        const row = table.rowAt(position);
        return (
          <li
            key={row.index}
            className={isPending(row, order) ? 'row row-pending' : 'row'}
            data-document={row.index}
            data-stage={row.stage ?? undefined}
          >
            <RankingRow row={row} {...shown} />
          </li>
        );
      })}
    </ol>
  );
  return (
    <>
      <div className="ranking-columns" aria-hidden="true">
        <span>{columns.rank}</span>
        <span title={columns.movedHint}>{columns.moved}</span>
        <span>{columns.bm25}</span>
        <span>{measured[order]}</span>
        <span>{columns.document}</span>
      </div>
      {table.length <= wholeRows ? (
        firstRows
      ) : (
        <Suspense fallback={firstRows}>
          <VirtualRanking table={table} {...shown} />
        </Suspense>
      )}
    </>
  );
}
