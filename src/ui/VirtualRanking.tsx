import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { RankingTable } from '../app/ranking-view.ts';
import type { RankingOrder, Result } from '../app/store.ts';
import { useLanguage } from './language.ts';
import { isPending, RankingRow } from './RankingRow.tsx';
import { usePageTop } from './use-page-top.ts';

/** Height of a row before it is measured, in pixels: two lines of text and a line of notes. */
const usualHeight = 84;
/** Rows drawn beyond each edge of the window, so that fast scrolling shows no holes. */
const overscan = 8;

interface Props {
  readonly table: RankingTable;
  readonly result: Result;
  readonly order: RankingOrder;
  readonly showLogits: boolean;
}

/**
 * A ranking of any length: rows in and near the window are in the page, each at its place. Screen
 * readers are told every row's place in the whole.
 */
export function VirtualRanking({ table, result, order, showLogits }: Props) {
  const { words, count } = useLanguage();
  const list = useRef<HTMLOListElement>(null);
  const top = usePageTop(list);
  const rows = useWindowVirtualizer({
    count: table.length,
    estimateSize: () => usualHeight,
    overscan,
    scrollMargin: top,
    // A document keeps its measured height when it moves, or the list would jump while scoring.
    getItemKey: (position) => table.rowAt(position).index,
  });

  useEffect(() => {
    // Browsers glide to an end, and correcting for rows measured on the way stops them halfway.
    const jump = (event: KeyboardEvent): void => {
      const { key, target } = event;
      if ((key !== 'Home' && key !== 'End') || event.defaultPrevented) return;
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (target instanceof HTMLElement && target.closest('input, textarea, select')) return;
      event.preventDefault();
      const top = key === 'Home' ? 0 : document.documentElement.scrollHeight;
      window.scrollTo({ top, behavior: 'instant' });
    };
    addEventListener('keydown', jump);
    return () => removeEventListener('keydown', jump);
  }, []);

  return (
    <>
      <ol
        ref={list}
        className="ranking ranking-virtual"
        aria-label={words.result.ranking}
        data-order={order}
        style={{ blockSize: `${rows.getTotalSize()}px` }}
      >
        {rows.getVirtualItems().map(({ index: position, key, start }) => {
          const row = table.rowAt(position);
          return (
            <li
              key={key}
              ref={rows.measureElement}
              className={isPending(row, order) ? 'row row-pending' : 'row'}
              aria-setsize={table.length}
              aria-posinset={position + 1}
              // Read by the virtualizer when it measures.
              data-index={position}
              data-document={row.index}
              data-stage={row.stage ?? undefined}
              style={{ transform: `translateY(${start - top}px)` }}
            >
              <RankingRow row={row} result={result} order={order} showLogits={showLogits} />
            </li>
          );
        })}
      </ol>
      <p className="more muted">{words.result.allRows(count(table.length))}</p>
    </>
  );
}
