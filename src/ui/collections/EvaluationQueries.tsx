import { useDeferredValue, useMemo, useState } from 'react';
import { addressOfPlace } from '../../app/collections-address.ts';
import { orderGains } from '../../app/evaluation-actions.ts';
import {
  filterGains,
  type GainOrder,
  type QueryGain,
  sortGains,
} from '../../app/evaluation-queries.ts';
import { useLanguage } from '../language.ts';
import { Segments } from '../Segments.tsx';
import { useEvaluation, useEvaluationWords, useFigures } from './evaluation-language.ts';
import { VirtualTableRows } from './VirtualTableRows.tsx';

interface Props {
  readonly collectionId: string;
  readonly gains: readonly QueryGain[];
  readonly metric: string;
  readonly baseline: string;
  readonly system: string;
}

interface Drawn extends Pick<Props, 'collectionId'> {
  /** Half of the width of the column of gains. */
  readonly most: number;
}

const orders: readonly GainOrder[] = ['gain', 'loss', 'order'];
/** Up to this many rows are simply drawn: the browser's own search then finds all of them. */
const drawnAtOnce = 200;
/** Height of a row in pixels until it was measured. */
const rowHeight = 36;

/** Every query with what it gains or loses; a row leads to its query. */
export function EvaluationQueries(props: Props) {
  const { collectionId, gains, metric, baseline, system } = props;
  const { queries: words } = useEvaluationWords();
  const { count } = useLanguage();
  const order = useEvaluation((state) => state.gainOrder);
  const [typed, setTyped] = useState('');
  const wanted = useDeferredValue(typed);
  const sorted = useMemo(() => sortGains(gains, order), [gains, order]);
  const shown = useMemo(() => filterGains(sorted, wanted), [sorted, wanted]);
  const most = gains.reduce((largest, { gain }) => Math.max(largest, Math.abs(gain)), 0);
  return (
    <section className="evaluation-part" aria-labelledby="evaluation-queries">
      <div className="evaluation-part-head">
        <h2 id="evaluation-queries">{words.heading}</h2>
        <div className="evaluation-filter">
          <Segments
            label={words.order}
            options={orders}
            value={order}
            wordOf={(option) => words.orders[option]}
            onChoose={orderGains}
          />
          <input
            type="search"
            className="box"
            value={typed}
            placeholder={words.filter}
            aria-label={words.filter}
            onChange={(event) => setTyped(event.target.value)}
          />
          <span className="models-note" role="status">
            {words.shown(count(shown.length), count(gains.length))}
          </span>
        </div>
      </div>
      {shown.length === 0 ? (
        <p className="models-note">{words.none}</p>
      ) : (
        <table className="gain-table" aria-rowcount={shown.length + 1}>
          <caption className="visually-hidden">{words.caption(metric, baseline, system)}</caption>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col">{words.query}</th>
              <th scope="col" className="gain-number" title={baseline}>
                {words.before}
              </th>
              <th scope="col" className="gain-number" title={system}>
                {words.after}
              </th>
              <th scope="col" className="gain-number gain-gain">
                {words.gain}
              </th>
              <th scope="col" className="gain-rank" title={words.rankHint}>
                {words.rank}
              </th>
            </tr>
          </thead>
          {shown.length <= drawnAtOnce ? (
            <tbody>
              {shown.map((row, index) => (
                <Row
                  key={row.queryId}
                  index={index}
                  row={row}
                  collectionId={collectionId}
                  most={most}
                />
              ))}
            </tbody>
          ) : (
            <VirtualTableRows
              length={shown.length}
              rowHeight={rowHeight}
              keyOf={(index) => shown[index]?.queryId ?? index}
              drawRow={(index, key, measure) => {
                const row = shown[index];
                if (row === undefined) return null;
                return (
                  <Row
                    key={key}
                    index={index}
                    row={row}
                    collectionId={collectionId}
                    most={most}
                    measure={measure}
                  />
                );
              }}
            />
          )}
        </table>
      )}
    </section>
  );
}

function Row(
  props: Drawn & {
    row: QueryGain;
    index: number;
    measure?: (row: HTMLElement | null) => void;
  },
) {
  const { row, index, collectionId, most, measure } = props;
  const { queries: words } = useEvaluationWords();
  const { value, signed } = useFigures();
  const { count } = useLanguage();
  const { number, text, before, after, gain, rankBefore, rankAfter } = row;
  const rank = (at: number | null): string => (at === null ? words.noRank : count(at));
  const ranks = words.arrow(rank(rankBefore), rank(rankAfter));
  const effect = gain > 0 ? 'raises' : gain < 0 ? 'lowers' : 'same';
  return (
    <tr ref={measure} className="gain-row" aria-rowindex={index + 2} data-index={index}>
      <td className="gain-text">
        {number === null ? (
          <span dir="auto">{text}</span>
        ) : (
          <a href={addressOfPlace({ page: 'query', collectionId, queryNumber: number })} dir="auto">
            {text}
          </a>
        )}
        {/* Where there is no room for the columns. */}
        <span className="gain-notes">
          {words.arrow(value(before), value(after))} · {words.rank} {ranks}
        </span>
      </td>
      <td className="gain-number">{value(before)}</td>
      <td className="gain-number">{value(after)}</td>
      <td className="gain-number gain-gain" data-effect={effect}>
        {signed(gain)}
        <span
          className="gain-bar"
          style={{ inlineSize: `${most === 0 ? 0 : (Math.abs(gain) / most) * 50}%` }}
        />
      </td>
      <td className="gain-rank">{ranks}</td>
    </tr>
  );
}
