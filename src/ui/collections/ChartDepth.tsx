import { linearScale, niceAxis } from '../../app/chart-scale.ts';
import { roomyPlaces } from '../../app/chart-text.ts';
import type { DepthAdvice } from '../../app/evaluation-view.ts';
import type { DepthPoint } from '../../core/evaluation-types.ts';
import { useLanguage } from '../language.ts';
import { ChartXAxis, ChartYAxis } from './ChartAxis.tsx';
import { ChartFigure } from './ChartFigure.tsx';
import { useEvaluationWords, useFigures } from './evaluation-language.ts';

interface Props {
  readonly title: string;
  /** What depth comes to, in words. */
  readonly text: string;
  readonly metric: string;
  readonly points: readonly DepthPoint[];
  readonly advice: DepthAdvice | null;
  /** The order without a model: what depth 0 gives. */
  readonly reference: { readonly name: string; readonly mean: number } | null;
}

interface PanelProps {
  readonly label: string;
  /** Ascending by depth. */
  readonly points: readonly (readonly [depth: number, value: number])[];
  readonly width: number;
  /** From here the axis of values begins; below 0 is never shown. */
  readonly from: number;
  readonly marked: number | null;
  readonly reference: { readonly name: string; readonly mean: number } | null;
}

const plotHeight = 150;
const left = 44;
const top = 26;
const panelHeight = top + plotHeight + 40;
const wideFrom = 420;

/** What reranking less deep gives and costs: the main metric, and the time per query. */
export function ChartDepth({ title, text, metric, points, advice, reference }: Props) {
  const { depth: words, sentences } = useEvaluationWords();
  const { exact } = useFigures();
  const { count } = useLanguage();
  const measured = points.some(({ latencyMs }) => latencyMs !== null);
  return (
    <ChartFigure
      title={title}
      text={<p>{sentences([text, measured ? words.shared : words.unmeasured])}</p>}
      draw={(width, describedBy) => (
        <Depths {...{ title, metric, points, advice, reference, width, describedBy }} />
      )}
      table={() => ({
        columns: [words.depth, metric, words.time],
        rows: points.map(({ depth, value, latencyMs }) => [
          count(depth),
          exact(value),
          latencyMs === null ? '' : count(latencyMs),
        ]),
      })}
    />
  );
}

function Depths(props: Omit<Props, 'text'> & { width: number; describedBy: string }) {
  const { title, metric, points, advice, reference, width, describedBy } = props;
  const { depth: words } = useEvaluationWords();
  const timed = points.flatMap(({ depth, latencyMs }) =>
    latencyMs === null ? [] : [[depth, latencyMs] as const],
  );
  const beside = timed.length > 0 && width >= wideFrom;
  const panelWidth = beside ? (width - 28) / 2 : width;
  const height = timed.length > 0 && !beside ? 2 * panelHeight + 12 : panelHeight;
  const marked = advice?.enough.depth ?? null;
  const values = [
    ...points.map(({ value }) => value),
    ...(reference === null ? [] : [reference.mean]),
  ];
  const lowest = Math.min(...values);
  // Below the lowest line there is room for its name.
  const from = Math.max(0, lowest - (Math.max(...values) - lowest) * 0.12);
  return (
    <svg
      className="chart"
      role="img"
      aria-label={title}
      aria-describedby={describedBy}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
    >
      <Panel
        label={metric}
        points={points.map(({ depth, value }) => [depth, value])}
        width={panelWidth}
        from={from}
        marked={marked}
        reference={reference}
      />
      {timed.length > 0 && (
        <g
          transform={
            beside ? `translate(${panelWidth + 28} 0)` : `translate(0 ${panelHeight + 12})`
          }
        >
          <Panel
            label={words.time}
            points={timed}
            width={panelWidth}
            from={0}
            marked={marked}
            reference={null}
          />
        </g>
      )}
    </svg>
  );
}

function Panel({ label, points, width, from, marked, reference }: PanelProps) {
  const { depth: words } = useEvaluationWords();
  const { value } = useFigures();
  const { count } = useLanguage();
  const depths = points.map(([depth]) => depth);
  const highest = Math.max(...points.map(([, high]) => high), reference?.mean ?? 0);
  // A curve of small differences is seen when the axis does not begin at 0; it says where it does.
  const { domain, ticks } = niceAxis(from, highest, 6);
  const y = linearScale(domain, [top + plotHeight, top]);
  const x = linearScale([0, Math.max(...depths)], [left, width - 8]);
  const named = roomyPlaces(depths.map(x), 26);
  const bottom = top + plotHeight;
  return (
    <>
      <ChartYAxis scale={y} ticks={ticks} label={label} from={left} to={width} />
      <ChartXAxis
        scale={x}
        ticks={depths.filter((_, place) => named.has(place))}
        label={words.depth}
        from={top}
        to={width}
        y={bottom}
        format={count}
      />
      {reference !== null && (
        <>
          <line
            className="chart-reference"
            x1={left}
            x2={width}
            y1={y(reference.mean)}
            y2={y(reference.mean)}
          />
          <text className="chart-label" x={left + 4} y={y(reference.mean) + 13}>
            {words.baseline(reference.name, value(reference.mean))}
          </text>
        </>
      )}
      {marked !== null && (
        <line className="chart-mark" x1={x(marked)} x2={x(marked)} y1={top} y2={bottom} />
      )}
      <polyline
        className="chart-line"
        points={points.map(([depth, height]) => `${x(depth)},${y(height)}`).join(' ')}
      />
      {points.map(([depth, height]) => (
        <circle
          key={depth}
          className={depth === marked ? 'chart-dot chart-dot-marked' : 'chart-dot'}
          cx={x(depth)}
          cy={y(height)}
          r={depth === marked ? 4.5 : 3}
        />
      ))}
    </>
  );
}
