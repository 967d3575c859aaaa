import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { linearScale, niceAxis, type Scale } from '../../app/chart-scale.ts';
import { addressOfPlace } from '../../app/collections-address.ts';
import type { QueryGain } from '../../app/evaluation-queries.ts';
import { useLanguage } from '../language.ts';
import { ChartYAxis } from './ChartAxis.tsx';
import { ChartFigure } from './ChartFigure.tsx';
import { useEvaluationWords, useFigures } from './evaluation-language.ts';

interface Props {
  readonly collectionId: string;
  readonly title: string;
  readonly text: string;
  readonly metric: string;
  /** Most gained first. */
  readonly gains: readonly QueryGain[];
}

const plotHeight = 190;
const left = 44;
const top = 26;
const widestBar = 26;
/** A table of more rows is the one below. */
const mostRows = 500;

/** What each query gains or loses; a bar leads to its query. */
export function ChartGain({ collectionId, title, text, metric, gains }: Props) {
  const { gain: words, queries, sentences } = useEvaluationWords();
  const { value, exact, signed } = useFigures();
  const { count } = useLanguage();
  const [chosen, setChosen] = useState<number | null>(null);
  const at = chosen === null ? null : Math.min(chosen, gains.length - 1);
  const query = at === null ? undefined : gains[at];
  return (
    <ChartFigure
      title={title}
      text={<p>{sentences([text, words.how, gains.length > mostRows ? words.long : ''])}</p>}
      draw={(width, describedBy) => (
        <Gains
          collectionId={collectionId}
          metric={metric}
          title={title}
          gains={gains}
          width={width}
          describedBy={describedBy}
          chosen={at}
          onChoose={setChosen}
        />
      )}
      table={
        gains.length > mostRows
          ? null
          : () => ({
              columns: [queries.query, queries.before, queries.after, queries.gain],
              rows: gains.map((one) => [
                one.text,
                exact(one.before),
                exact(one.after),
                signed(one.gain),
              ]),
            })
      }
    >
      <p className="chart-readout" role="status">
        {query !== undefined && (
          <>
            <span className="chart-readout-text" dir="auto">
              {query.text}
            </span>
            <span className="chart-readout-number">
              {words.bar(count((at ?? 0) + 1), count(gains.length))} ·{' '}
              {words.change(value(query.before), value(query.after), signed(query.gain))}
            </span>
          </>
        )}
      </p>
    </ChartFigure>
  );
}

interface GainsProps extends Omit<Props, 'text'> {
  readonly width: number;
  readonly describedBy: string;
  readonly chosen: number | null;
  readonly onChoose: (place: number | null) => void;
}

function Gains(props: GainsProps) {
  const { collectionId, title, metric, gains, width, describedBy, chosen, onChoose } = props;
  const { gain: words } = useEvaluationWords();
  const values = gains.map(({ gain }) => gain);
  const { domain, ticks } = niceAxis(Math.min(0, ...ends(values)), Math.max(0, ...ends(values)), 6);
  const y = linearScale(domain, [top + plotHeight, top]);
  const band = Math.min(widestBar, (width - left) / Math.max(1, gains.length));
  const height = top + plotHeight + 22;
  const query = gains[chosen ?? 0];
  const number = query?.number ?? null;
  const point = (event: PointerEvent<SVGElement>): void => {
    const { left: edge } = event.currentTarget.getBoundingClientRect();
    onChoose(within(Math.floor((event.clientX - edge) / band), gains.length));
  };
  const move = (event: KeyboardEvent): void => {
    const place = placeOfKey(event.key, chosen ?? 0, gains.length);
    if (place === null) return;
    event.preventDefault();
    onChoose(place);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no fieldset.
    <svg
      className="chart"
      role="group"
      aria-label={title}
      aria-describedby={describedBy}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
    >
      <ChartYAxis scale={y} ticks={ticks} label={words.axis(metric)} from={left} to={width} />
      <path className="chart-gain" d={barsPath(values, y, band, (gain) => gain > 0)} />
      <path className="chart-loss" d={barsPath(values, y, band, (gain) => gain < 0)} />
      <text className="chart-label" x={left} y={height - 6}>
        {words.queries}
      </text>
      {query !== undefined && (
        <a
          className="chart-pick"
          href={
            number === null
              ? undefined
              : addressOfPlace({ page: 'query', collectionId, queryNumber: number })
          }
          aria-label={words.open(query.text)}
          onKeyDown={move}
          onFocus={() => onChoose(chosen ?? 0)}
          onBlur={() => onChoose(null)}
        >
          {chosen !== null && (
            <rect
              data-screen=""
              className="chart-chosen"
              x={left + chosen * band - 1}
              y={top - 4}
              width={Math.max(band + 1, 3)}
              height={plotHeight + 8}
            />
          )}
          <rect
            data-screen=""
            className="chart-field"
            x={left}
            y={top - 4}
            width={band * gains.length}
            height={plotHeight + 8}
            onPointerMove={point}
            onPointerDown={point}
            onPointerLeave={() => onChoose(null)}
          />
        </a>
      )}
    </svg>
  );
}

/** All bars of one sign as one path: tens of thousands are drawn as fast as ten. */
function barsPath(
  gains: readonly number[],
  y: Scale,
  band: number,
  wanted: (gain: number) => boolean,
): string {
  const gap = band > 4 ? 1 : 0;
  const zero = y(0);
  return gains
    .map((gain, place) =>
      wanted(gain)
        ? `M${round(left + place * band)} ${round(zero)}V${round(y(gain))}h${round(band - gap)}V${round(zero)}Z`
        : '',
    )
    .join('');
}

/** Sorted, so the ends are the extremes: `Math.max` of a long list overflows the stack. */
function ends(values: readonly number[]): readonly number[] {
  const [first, last] = [values[0], values.at(-1)];
  return first === undefined || last === undefined ? [] : [first, last];
}

function placeOfKey(key: string, place: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return within(place + 1, count);
    case 'ArrowLeft':
      return within(place - 1, count);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

function within(place: number, count: number): number {
  return Math.max(0, Math.min(count - 1, place));
}

function round(pixels: number): number {
  return Math.round(pixels * 100) / 100;
}
