import { decimalsOf, type Scale } from '../../app/chart-scale.ts';
import { useLanguage } from '../language.ts';

interface AxisProps {
  readonly scale: Scale;
  readonly ticks: readonly number[];
  readonly label: string;
  /** Where the other axis begins and ends, in pixels. */
  readonly from: number;
  readonly to: number;
}

interface YAxisProps extends AxisProps {
  /** What is written at a tick; plain numbers when absent. */
  readonly format?: (tick: number) => string;
}

interface XAxisProps extends AxisProps {
  readonly format?: (tick: number) => string;
  /** Height of the axis line. */
  readonly y: number;
  /** Lines across the picture. */
  readonly grid?: boolean;
}

/** Rising values: numbers at the left, thin lines across, the label above. */
export function ChartYAxis({ scale, ticks, label, from, to, format }: YAxisProps) {
  const write = useTickText(ticks, format);
  const top = Math.min(...ticks.map(scale));
  return (
    <g className="chart-axis">
      {ticks.map((tick) => (
        <g key={tick}>
          <line
            className={tick === 0 ? 'chart-zero' : 'chart-grid'}
            x1={from}
            x2={to}
            y1={scale(tick)}
            y2={scale(tick)}
          />
          <text className="chart-tick chart-end" x={from - 6} y={scale(tick) + 3.5}>
            {write(tick)}
          </text>
        </g>
      ))}
      <text className="chart-label" x={0} y={top - 10}>
        {label}
      </text>
    </g>
  );
}

/** Values to the right: numbers below the line, the label at its end. */
export function ChartXAxis({ scale, ticks, label, from, to, y, grid, format }: XAxisProps) {
  const write = useTickText(ticks, format);
  return (
    <g className="chart-axis">
      {ticks.map((tick) => (
        <g key={tick}>
          <line
            className={grid ? 'chart-grid' : 'chart-zero'}
            x1={scale(tick)}
            x2={scale(tick)}
            y1={grid ? from : y}
            y2={grid ? y : y + 4}
          />
          <text className="chart-tick chart-middle" x={scale(tick)} y={y + 15}>
            {write(tick)}
          </text>
        </g>
      ))}
      {label !== '' && (
        <text className="chart-label chart-end" x={to} y={y + 30}>
          {label}
        </text>
      )}
    </g>
  );
}

function useTickText(
  ticks: readonly number[],
  format: ((tick: number) => string) | undefined,
): (tick: number) => string {
  const { tag } = useLanguage();
  if (format !== undefined) return format;
  const decimals = decimalsOf(ticks);
  const numbers = new Intl.NumberFormat(tag === 'zh' ? 'zh-Hans' : 'en', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return (tick) => numbers.format(tick).replace('-', '\u2212');
}
