import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type Key, type ReactNode, useRef } from 'react';
import { usePageTop } from '../use-page-top.ts';

interface Props {
  readonly length: number;
  /** Height of a row in pixels until it was measured. */
  readonly rowHeight: number;
  readonly keyOf: (index: number) => string | number;
  /**
   * Draws one row, a `tr`.
   * @param measure its `ref`
   */
  readonly drawRow: (
    index: number,
    key: Key,
    measure: (row: HTMLElement | null) => void,
  ) => ReactNode;
}

/** Of thousands of rows those that are in sight, between two that are as high as the rest. */
export function VirtualTableRows({ length, rowHeight, keyOf, drawRow }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  const scrollMargin = usePageTop(body);
  const virtualizer = useWindowVirtualizer({
    count: length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin,
    getItemKey: keyOf,
  });
  const drawn = virtualizer.getVirtualItems();
  const before = (drawn[0]?.start ?? scrollMargin) - scrollMargin;
  const after = virtualizer.getTotalSize() - ((drawn.at(-1)?.end ?? scrollMargin) - scrollMargin);
  return (
    <tbody ref={body}>
      <Space blockSize={before} />
      {drawn.map(({ index, key }) =>
        // The virtualizer's keys are those of `keyOf`, as React takes them.
        drawRow(index, typeof key === 'bigint' ? String(key) : key, virtualizer.measureElement),
      )}
      <Space blockSize={after} />
    </tbody>
  );
}

function Space({ blockSize }: { blockSize: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row takes no focus.
    <tr aria-hidden="true" className="table-space">
      {/* One cell: where columns are hidden, spanning all would bring their room back. */}
      <td style={{ blockSize }} />
    </tr>
  );
}
