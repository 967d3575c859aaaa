import { linearScale, niceTicks } from '../../app/chart-scale.ts';
import { textWidth } from '../../app/chart-text.ts';
import type { ScoreDistribution } from '../../core/evaluation-types.ts';
import { useLanguage } from '../language.ts';
import { ChartXAxis } from './ChartAxis.tsx';
import { ChartFigure } from './ChartFigure.tsx';
import { useEvaluationWords, useFigures } from './evaluation-language.ts';

interface Props {
  readonly title: string;
  readonly distribution: ScoreDistribution;
}

const sideHeight = 88;
const left = 44;
const top = 26;

/** Where logits lie: relevant documents above the line, others below it. */
export function ChartScores({ title, distribution }: Props) {
  const { scores: words, sentences } = useEvaluationWords();
  const { value } = useFigures();
  const { percent, count } = useLanguage();
  const { threshold, auc, edges, relevant, notRelevant } = distribution;
  return (
    <ChartFigure
      title={title}
      text={
        <p>
          {sentences([
            threshold === null
              ? words.none
              : words.best(
                  value(threshold.logit),
                  value(threshold.relevance),
                  value(threshold.precision),
                  value(threshold.recall),
                  value(threshold.f1),
                ),
            auc === null ? '' : words.auc(value(auc), percent(auc)),
            threshold === null ? '' : words.own,
          ])}
        </p>
      }
      draw={(width, describedBy) => <Histogram {...{ title, distribution, width, describedBy }} />}
      table={() => ({
        columns: [words.from, words.to, words.relevantColumn, words.notRelevantColumn],
        rows: relevant.map((documents, bin) => [
          value(edges[bin] ?? 0),
          value(edges[bin + 1] ?? 0),
          count(documents),
          count(notRelevant[bin] ?? 0),
        ]),
      })}
    />
  );
}

function Histogram(props: Props & { width: number; describedBy: string }) {
  const { title, distribution, width, describedBy } = props;
  const { scores: words } = useEvaluationWords();
  const { value } = useFigures();
  const { count, percent } = useLanguage();
  const { edges, relevant, notRelevant, threshold } = distribution;
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const totals = [sum(relevant), sum(notRelevant)] as const;
  const shares = [sharesOf(relevant, totals[0]), sharesOf(notRelevant, totals[1])] as const;
  const most = Math.max(...shares[0], ...shares[1], 1e-9);
  const middle = top + sideHeight;
  const height = middle + sideHeight + 38;
  const x = linearScale([low, high], [left, width - 4]);
  const y = linearScale([-most, most], [middle + sideHeight, top]);
  const upper = niceTicks(0, most, 3);
  const thresholdText = threshold === null ? '' : words.threshold(value(threshold.logit));
  const place = threshold === null ? 0 : x(threshold.logit);
  const leftwards = place + textWidth(thresholdText) + 8 > width;
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
      <g className="chart-axis">
        {[...new Set(upper.flatMap((tick) => [tick, -tick + 0]))].map((tick) => (
          <g key={tick}>
            <line
              className={tick === 0 ? 'chart-zero' : 'chart-grid'}
              x1={left}
              x2={width}
              y1={y(tick)}
              y2={y(tick)}
            />
            <text className="chart-tick chart-end" x={left - 6} y={y(tick) + 3.5}>
              {percent(Math.abs(tick))}
            </text>
          </g>
        ))}
        <text className="chart-label" x={0} y={12}>
          {words.share}
        </text>
      </g>
      <ChartXAxis
        scale={x}
        ticks={niceTicks(low, high, Math.max(3, Math.floor(width / 64)))}
        label={words.axis}
        from={top}
        to={width}
        y={middle + sideHeight}
      />
      {relevant.map((_, bin) => {
        const [from, to] = [x(edges[bin] ?? 0), x(edges[bin + 1] ?? 0)];
        const bar = { x: from + 0.5, width: Math.max(0.5, to - from - 1) };
        const [above, below] = [shares[0][bin] ?? 0, shares[1][bin] ?? 0];
        return (
          <g key={edges[bin]}>
            <rect className="chart-relevant" {...bar} y={y(above)} height={middle - y(above)} />
            <rect className="chart-other" {...bar} y={middle} height={y(-below) - middle} />
          </g>
        );
      })}
      {threshold !== null && (
        <>
          <line
            className="chart-mark"
            x1={place}
            x2={place}
            y1={top - 8}
            y2={middle + sideHeight}
          />
          <text
            className={leftwards ? 'chart-name chart-end' : 'chart-name'}
            x={leftwards ? place - 5 : place + 5}
            y={top - 2}
          >
            {thresholdText}
          </text>
        </>
      )}
      <SideName shares={shares[0]} width={width} y={top + 26}>
        {words.relevant(count(totals[0]))}
      </SideName>
      <SideName shares={shares[1]} width={width} y={middle + sideHeight - 8}>
        {words.notRelevant(count(totals[1]))}
      </SideName>
    </svg>
  );
}

/** Stands where its bars are low: at the left when most of them are at the right, and vice versa. */
function SideName(props: {
  shares: readonly number[];
  width: number;
  y: number;
  children: string;
}) {
  const { shares, width, y, children } = props;
  const mean = shares.reduce((total, share, bin) => total + share * (bin + 0.5), 0);
  const atLeft = mean >= shares.length / 2;
  return (
    <text
      className={atLeft ? 'chart-name chart-over' : 'chart-name chart-over chart-end'}
      x={atLeft ? left + 6 : width - 4}
      y={y}
    >
      {children}
    </text>
  );
}

function sharesOf(counts: readonly number[], total: number): readonly number[] {
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
