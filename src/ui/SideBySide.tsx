import { Suspense, useMemo, useState } from 'react';
import { type RankingRow, rankingRows } from '../app/ranking-view.ts';
import type { RankingOrder, Result } from '../app/store.ts';
import { GradeMark } from './GradeMark.tsx';
import { useLanguage } from './language.ts';
import { CascadeSides } from './lazy-cascade.ts';
import { MarkedText } from './MarkedText.tsx';
import { TrapRole } from './TrapCaption.tsx';

/** Cards on each side at first: more lines than this can't be told apart. */
const pageSize = 30;
/** Cards on each side while partial results come in. */
const partialCards = 12;
const excerptCharacters = 160;

interface Props {
  readonly result: Result;
  readonly order: RankingOrder;
  /** The order to compare with; default BM25. */
  readonly left?: 'bm25' | 'first-stage';
}

/** One order on the left, another on the right, and a line for every document. */
export function SideBySide({ result, order, left: leftOrder = 'bm25' }: Props) {
  const { words, count } = useLanguage();
  const [asked, setAsked] = useState(0);
  const limit = Math.max(asked, result.done === result.documents.length ? pageSize : partialCards);
  const [followed, setFollowed] = useState<number | null>(null);
  const left = useMemo(() => rankingRows(result, leftOrder), [result, leftOrder]);
  const right = useMemo(() => rankingRows(result, order), [result, order]);
  const shown = Math.min(limit, result.documents.length);
  const side = { result, shown, followed, setFollowed };
  const names = {
    bm25: words.result.bm25Order,
    'first-stage': words.result.firstStageOrder,
    'cross-encoder': words.result.modelOrder,
    both: words.result.bothOrder,
  };
  return (
    <>
      <div className="sides" data-order={order}>
        <Side {...side} rows={left} name={names[leftOrder]} order={leftOrder} />
        <Lines left={left} right={right} shown={shown} followed={followed} />
        <Side {...side} rows={right} name={names[order]} order={order} />
      </div>
      <p className="more">
        {result.documents.length > shown && (
          <button type="button" className="button" onClick={() => setAsked(limit + pageSize)}>
            {words.result.more(count(Math.min(pageSize, result.documents.length - shown)))}
          </button>
        )}{' '}
        <span className="muted">
          {words.result.sideBySideHint}{' '}
          {result.cascade !== null && right.some(({ stage }) => stage === 'strong') && (
            <Suspense>
              <CascadeSides cascade={result.cascade} />
            </Suspense>
          )}
        </span>
      </p>
    </>
  );
}

function Side(props: {
  result: Result;
  rows: readonly RankingRow[];
  name: string;
  order: RankingOrder;
  shown: number;
  followed: number | null;
  setFollowed: (index: number | null) => void;
}) {
  const { result, rows, name, order, shown, followed, setFollowed } = props;
  const { decimal, count } = useLanguage();
  return (
    <section className="side" data-order={order}>
      <h3 className="side-name">{name}</h3>
      <ol className="side-list" aria-label={name}>
        {rows.slice(0, shown).map((row) => (
          <li
            key={row.index}
            className="card"
            data-document={row.index}
            data-stage={row.stage ?? undefined}
            data-begins-stage={row.beginsStage ? '' : undefined}
            data-followed={followed === row.index}
            onPointerEnter={() => setFollowed(row.index)}
            onPointerLeave={() => setFollowed(null)}
          >
            <span className={row.rank === 1 ? 'rank rank-first' : 'rank'}>{count(row.rank)}</span>
            <span className="bar bar-upright" aria-hidden="true">
              <span className="bar-fill" style={{ blockSize: `${row.bar * 100}%` }} />
            </span>
            <p className="card-text" dir="auto" title={row.text.slice(0, 600)}>
              <TrapRole trap={result.trap} index={row.index} />
              <GradeMark grade={row.grade} relevantFrom={result.collection?.relevantFrom} />
              <MarkedText text={row.text.slice(0, excerptCharacters)} query={result.query} />
            </p>
            <span className="value">{shownValue(row, order, decimal)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function shownValue(
  row: RankingRow,
  order: RankingOrder,
  decimal: (value: number) => string,
): string {
  if (order === 'bm25' || order === 'first-stage') {
    const score = order === 'bm25' ? row.bm25Score : row.firstStageScore;
    return score === null ? '–' : decimal(score);
  }
  if (!row.scored) return '–';
  return decimal(order === 'both' ? (row.zSum ?? 0) : row.relevance);
}

/**
 * A curve from each document's place on the left to its place on the right. Cards have one fixed
 * height, so a unit of the picture is a card and nothing has to be measured.
 */
function Lines(props: {
  left: readonly RankingRow[];
  right: readonly RankingRow[];
  shown: number;
  followed: number | null;
}) {
  const { left, right, shown, followed } = props;
  const placeOnRight = new Map(right.map((row, place) => [row.index, place]));
  return (
    <svg
      className="lines"
      viewBox={`0 0 100 ${shown}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ blockSize: `calc(${shown} * var(--card))` }}
    >
      {left.map((row, from) => {
        const to = placeOnRight.get(row.index) ?? from;
        if (from >= shown && to >= shown) return null;
        const direction = to < from ? 'up' : to > from ? 'down' : 'same';
        const [y1, y2] = [from + 0.5, to + 0.5];
        return (
          <path
            key={row.index}
            className={`line line-${direction}`}
            data-followed={followed === row.index}
            d={`M0 ${y1} C50 ${y1} 50 ${y2} 100 ${y2}`}
            vectorEffect="non-scaling-stroke"
          />
        );
      })}
    </svg>
  );
}
