import { linearScale, niceAxis } from '../../app/chart-scale.ts';
import { fittingText } from '../../app/chart-text.ts';
import type { Evaluation, SystemFigures } from '../../core/evaluation-types.ts';
import { ChartXAxis } from './ChartAxis.tsx';
import { ChartFigure } from './ChartFigure.tsx';
import { useEvaluationWords, useFigures } from './evaluation-language.ts';

interface Props {
  readonly evaluation: Evaluation;
  readonly nameOf: (system: SystemFigures) => string;
}

/** From this width on names stand beside the bars, below it above them. */
const wideFrom = 460;
/** Least width of one metric's bars with its numbers. */
const panelWidth = 150;
const gap = 18;
const headHeight = 22;
const axisHeight = 30;
/** Room for a number right of the whisker. */
const numberWidth = 40;

/** Means of all systems, one group of bars per metric. */
export function ChartBars({ evaluation, nameOf }: Props) {
  const { bars } = useEvaluationWords();
  const { exact } = useFigures();
  const { systems, settings } = evaluation;
  return (
    <ChartFigure
      title={bars.title}
      text={bars.text}
      draw={(width, describedBy) => (
        <Bars evaluation={evaluation} nameOf={nameOf} width={width} describedBy={describedBy} />
      )}
      table={() => ({
        columns: [bars.metric, bars.system, bars.mean, bars.low, bars.high],
        rows: settings.metrics.flatMap((metric) =>
          systems.map((system) => {
            const { mean = 0, low = 0, high = 0 } = system.metrics[metric] ?? {};
            return [metric, nameOf(system), exact(mean), exact(low), exact(high)];
          }),
        ),
      })}
    />
  );
}

function Bars(props: Props & { width: number; describedBy: string }) {
  const { evaluation, nameOf, width, describedBy } = props;
  const { bars } = useEvaluationWords();
  const { systems, settings } = evaluation;
  const wide = width >= wideFrom;
  const labels = wide ? Math.min(220, Math.round(width * 0.26)) : 0;
  const columns = Math.max(
    1,
    Math.min(settings.metrics.length, Math.floor((width - labels + gap) / (panelWidth + gap))),
  );
  const rowHeight = wide ? 22 : 34;
  const panelHeight = headHeight + systems.length * rowHeight + axisHeight;
  const rows = Math.ceil(settings.metrics.length / columns);
  const height = rows * panelHeight - 6;
  const step = (width - labels + gap) / columns;
  return (
    <svg
      className="chart"
      role="img"
      aria-label={bars.title}
      aria-describedby={describedBy}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
    >
      {settings.metrics.map((metric, place) => {
        const column = place % columns;
        const top = Math.floor(place / columns) * panelHeight;
        return (
          <g key={metric}>
            {wide &&
              column === 0 &&
              systems.map((system, row) => (
                <text
                  key={system.key}
                  className="chart-name"
                  x={0}
                  y={top + headHeight + row * rowHeight + 14}
                >
                  {fittingText(nameOf(system), labels - 10)}
                </text>
              ))}
            <g transform={`translate(${labels + column * step} ${top})`}>
              <Panel
                metric={metric}
                systems={systems}
                nameOf={wide ? null : nameOf}
                width={step - gap}
                rowHeight={rowHeight}
              />
            </g>
          </g>
        );
      })}
    </svg>
  );
}

function Panel(props: {
  metric: string;
  systems: readonly SystemFigures[];
  /** Null where the names stand beside the panel. */
  nameOf: ((system: SystemFigures) => string) | null;
  width: number;
  rowHeight: number;
}) {
  const { metric, systems, nameOf, width, rowHeight } = props;
  const { value } = useFigures();
  const highest = Math.max(0, ...systems.map((system) => system.metrics[metric]?.high ?? 0));
  const { domain, ticks } = niceAxis(0, highest, 4);
  const x = linearScale(domain, [0, width - numberWidth]);
  const bottom = headHeight + systems.length * rowHeight;
  return (
    <>
      <text className="chart-heading" x={0} y={11}>
        {metric}
      </text>
      <ChartXAxis
        scale={x}
        ticks={ticks}
        label=""
        from={headHeight - 3}
        to={width}
        y={bottom}
        grid
      />
      {systems.map((system, row) => {
        const figures = system.metrics[metric];
        if (figures === undefined) return null;
        const middle = headHeight + row * rowHeight + (nameOf === null ? 10 : 24);
        const { mean, low, high } = figures;
        return (
          <g key={system.key} data-kind={system.kind}>
            {nameOf !== null && (
              <text className="chart-name" x={0} y={middle - 11}>
                {fittingText(nameOf(system), width)}
              </text>
            )}
            <rect
              className="chart-bar"
              x={0}
              y={middle - 5}
              width={Math.max(0, x(mean))}
              height={10}
            />
            <path
              className="chart-whisker"
              d={`M${x(low)} ${middle}H${x(high)}M${x(low)} ${middle - 3}v6M${x(high)} ${middle - 3}v6`}
            />
            <text className="chart-number" x={Math.max(x(high), x(mean)) + 5} y={middle + 4}>
              {value(mean)}
            </text>
          </g>
        );
      })}
    </>
  );
}
