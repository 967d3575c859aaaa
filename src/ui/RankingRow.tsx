import { Suspense } from 'react';
import type { RankingRow as Row } from '../app/ranking-view.ts';
import type { RankingOrder, Result } from '../app/store.ts';
import { DocumentText } from './DocumentText.tsx';
import { GradeMark } from './GradeMark.tsx';
import { useLanguage } from './language.ts';
import { CascadeLogit, CascadeMark } from './lazy-cascade.ts';
import { Movement } from './Movement.tsx';
import { TrapRole } from './TrapCaption.tsx';

interface Props {
  readonly row: Row;
  readonly result: Result;
  readonly order: RankingOrder;
  readonly showLogits: boolean;
}

/** What stands in one row of a ranking; the list decides which element it is in. */
export function RankingRow({ row, result, order, showLogits }: Props) {
  const { words, decimal, count } = useLanguage();
  const value = orderValueOf(row, order);
  const pending = value === null;
  const docId = result.collection?.docIds[row.index];
  const title = result.collection?.titles[row.index] ?? null;
  const said = order === 'cross-encoder' ? words.result.relevanceOf : words.result.scoreOf;
  return (
    <>
      {row.beginsStage && row.stage !== null && result.cascade !== null && (
        <Suspense>
          <CascadeMark cascade={result.cascade} stage={row.stage} />
        </Suspense>
      )}
      <span className={row.rank === 1 ? 'rank rank-first' : 'rank'}>{count(row.rank)}</span>
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
            {result.cascade !== null && (
              <Suspense>
                <CascadeLogit cascade={result.cascade} index={row.index} />
              </Suspense>
            )}
          </span>
        )}
      </span>
      <div className="row-body">
        <DocumentText row={row} query={result.query}>
          <TrapRole trap={result.trap} index={row.index} />
          <GradeMark grade={row.grade} relevantFrom={result.collection?.relevantFrom} />
          {title !== null && <strong className="document-title">{title}</strong>}
        </DocumentText>
        <p className="row-notes">
          <span>{words.result.document(docId ?? count(row.index + 1))}</span>
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
    </>
  );
}

/** Whether a row still waits for the score that its order goes by. */
export function isPending(row: Row, order: RankingOrder): boolean {
  return order !== 'first-stage' && orderValueOf(row, order) === null;
}

/** The number that the order goes by; null while it is not known. */
function orderValueOf(row: Row, order: RankingOrder): number | null {
  if (order === 'bm25') return row.bm25Score;
  if (order === 'first-stage') return row.firstStageScore;
  if (!row.scored) return null;
  return order === 'both' ? row.zSum : row.relevance;
}
