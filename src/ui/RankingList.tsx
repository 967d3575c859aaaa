import { useMemo, useState } from 'react';
import { type RankingRow, rankingRows } from '../app/ranking-view.ts';
import type { RankingOrder, Result } from '../app/store.ts';
import { DocumentText } from './DocumentText.tsx';
import { useLanguage } from './language.ts';
import { Movement } from './Movement.tsx';
import { TrapRole } from './TrapCaption.tsx';

/** Rows drawn at first, and added by each "Show more": a page of 10,000 rows would not scroll. */
const pageSize = 50;
/** Rows drawn while partial results come in: about a screenful, so that drawing stays short. */
const partialRows = 20;

interface Props {
  readonly result: Result;
  readonly order: RankingOrder;
  readonly showLogits: boolean;
}

export function RankingList({ result, order, showLogits }: Props) {
  const { words, count } = useLanguage();
  const [asked, setAsked] = useState(0);
  const total = result.documents.length;
  const limit = Math.max(asked, result.done === total ? pageSize : partialRows);
  const rows = useMemo(() => rankingRows(result, order, limit), [result, order, limit]);
  const { columns } = words.result;
  const measured = {
    'cross-encoder': columns.relevance,
    bm25: columns.bm25Score,
    both: columns.sum,
  };
  return (
    <>
      <div className="ranking-columns" aria-hidden="true">
        <span>{columns.rank}</span>
        <span title={columns.movedHint}>{columns.moved}</span>
        <span>{columns.bm25}</span>
        <span>{measured[order]}</span>
        <span>{columns.document}</span>
      </div>
      <ol className="ranking" aria-label={words.result.ranking} data-order={order}>
        {rows.map((row) => (
          <Row key={row.index} row={row} result={result} order={order} showLogits={showLogits} />
        ))}
      </ol>
      {total > limit && (
        <p className="more">
          <button type="button" className="button" onClick={() => setAsked(limit + pageSize)}>
            {words.result.more(count(Math.min(pageSize, total - limit)))}
          </button>{' '}
          <span className="muted">{words.result.rowsShown(count(limit), count(total))}</span>
        </p>
      )}
    </>
  );
}

function Row({ row, result, order, showLogits }: { row: RankingRow } & Props) {
  const { words, decimal, count } = useLanguage();
  const value = orderValueOf(row, order);
  const pending = value === null;
  const said = order === 'cross-encoder' ? words.result.relevanceOf : words.result.scoreOf;
  return (
    <li className={pending ? 'row row-pending' : 'row'} data-index={row.index}>
      <span className="rank">{count(row.rank)}</span>
      <Movement places={row.movedFromRequest} against={words.result.againstRequest} />
      {row.movedFromBm25 === null ? (
        <span />
      ) : (
        <Movement places={row.movedFromBm25} against={words.result.againstBm25} />
      )}
      <span className="measure">
        <span className="bar" aria-hidden="true">
          <span className="bar-fill" style={{ inlineSize: `${pending ? 0 : row.bar * 100}%` }} />
        </span>
        <span className="value">
          <span aria-hidden="true">{pending ? '–' : decimal(value)}</span>
          <span className="visually-hidden">
            {pending ? words.result.pending : said(decimal(value))}
          </span>
        </span>
        {showLogits && row.scored && (
          <span className="logit">
            <span className="muted">{words.result.logit}</span> {row.logit.toFixed(3)}
          </span>
        )}
      </span>
      <div className="row-body">
        <DocumentText row={row} query={result.query}>
          <TrapRole trap={result.trap} index={row.index} />
        </DocumentText>
        <p className="row-notes">
          <span>{words.result.document(count(row.index + 1))}</span>
          {row.tokens > 0 && <span>{words.result.tokens(count(row.tokens))}</span>}
          {row.passage !== null && (
            <span className="passage-note" title={words.passages.decided}>
              {words.passages.which(count(row.passage.index + 1), count(row.passage.count))}
            </span>
          )}
          {row.truncated && (
            <span className="truncated" title={words.result.truncatedHint}>
              {words.result.truncated}
              <span className="visually-hidden"> {words.result.truncatedHint}</span>
            </span>
          )}
        </p>
      </div>
    </li>
  );
}

/** The number that the order goes by; null while it is not known. */
function orderValueOf(row: RankingRow, order: RankingOrder): number | null {
  if (order === 'bm25') return row.bm25Score;
  if (!row.scored) return null;
  return order === 'both' ? row.zSum : row.relevance;
}
