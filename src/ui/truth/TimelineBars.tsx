import { type PointerEvent, useState } from 'react';
import { columnAt, type TimelineColumn, timelineColumns } from '../../app/batch-timeline.ts';
import { linearScale, niceAxis, niceTicks } from '../../app/chart-scale.ts';
import type { FinishedResult } from '../../app/run-truth.ts';
import { ChartXAxis, ChartYAxis } from '../collections/ChartAxis.tsx';
import { useLanguage } from '../language.ts';
import { durationText } from '../run-summary.ts';
import { useTruthWords } from './use-truth.ts';

interface Props {
  readonly timeline: FinishedResult['timings']['timeline'];
  readonly width: number;
  readonly describedBy: string;
}

const plotHeight = 96;
const left = 44;
const right = 14;
const top = 26;
const bottom = top + plotHeight;
const height = bottom + 34;
/** Pixels per bar from which each batch has one of its own. */
const leastBar = 4;

/** The batches as bars over time, as high as their tokens; one of them is told in words. */
export function TimelineBars({ timeline, width, describedBy }: Props) {
  const { count } = useLanguage();
  const { timeline: words } = useTruthWords();
  const textOf = useColumnText(timeline.length);
  const [chosen, setChosen] = useState<number | null>(null);
  const columns = timelineColumns(timeline, Math.max(8, (width - left - right) / leastBar));
  const at = chosen === null ? null : Math.min(chosen, columns.length - 1);
  const column = columns[at ?? 0];
  const perBar = columns[0]?.batches ?? 1;

  const lastMs = columns.reduce((last, { endMs }) => Math.max(last, endMs), 0);
  const x = linearScale([0, lastMs || 1], [left, width - right]);
  const highest = columns.reduce((most, one) => Math.max(most, one.paddedTokens / one.batches), 0);
  const { domain, ticks } = niceAxis(0, highest, 4);
  const y = linearScale(domain, [bottom, top]);
  const point = (event: PointerEvent<SVGElement>): void => {
    const { left: edge } = event.currentTarget.getBoundingClientRect();
    setChosen(columnAt(columns, ((event.clientX - edge) / (width - left - right)) * lastMs));
  };
  return (
    <div className="truth-timeline">
      <svg
        className="chart"
        role="img"
        aria-label={words.heading}
        aria-describedby={describedBy}
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
      >
        <ChartYAxis scale={y} ticks={ticks} label={words.axis} from={left} to={width} />
        <ChartXAxis
          scale={x}
          ticks={niceTicks(0, lastMs || 1, Math.max(3, Math.floor(width / 80)))}
          label={words.time}
          from={top}
          to={width}
          y={bottom}
        />
        {columns.map(({ first, batches, startMs, endMs, tokens, paddedTokens }, place) => {
          // A hair's breadth less than it took, so that bars that follow each other are told apart.
          const bar = { x: x(startMs), width: Math.max(0.75, x(endMs) - x(startMs) - 0.75) };
          const [padded, read] = [y(paddedTokens / batches), y(tokens / batches)];
          return (
            <g key={first} className="truth-batch">
              {place === at && (
                <rect
                  data-screen=""
                  className="chart-chosen"
                  x={bar.x - 2}
                  y={top - 4}
                  width={bar.width + 4}
                  height={plotHeight + 4}
                />
              )}
              <rect className="truth-padded" {...bar} y={padded} height={bottom - padded} />
              <rect className="truth-read" {...bar} y={read} height={bottom - read} />
            </g>
          );
        })}
        <rect
          data-screen=""
          className="chart-field"
          x={left}
          y={top - 4}
          width={Math.max(0, width - left - right)}
          height={plotHeight + 8}
          onPointerMove={point}
          onPointerDown={point}
        />
      </svg>
      {/*
        What is chosen is marked in the picture; this is for the keyboard and for screen readers. It
        stays chosen: words that go away would move what is below from under the pointer.
      */}
      <input
        type="range"
        className="truth-pick visually-hidden"
        aria-label={words.pick}
        aria-valuetext={column === undefined ? '' : textOf(column)}
        min={1}
        max={columns.length}
        value={(at ?? 0) + 1}
        onChange={(event) => setChosen(event.target.valueAsNumber - 1)}
        onFocus={() => setChosen(at ?? 0)}
      />
      <p className="chart-readout truth-readout">
        {at !== null && column !== undefined
          ? textOf(column)
          : perBar > 1 && words.merged(count(perBar))}
      </p>
    </div>
  );
}

/** One bar in words. */
function useColumnText(total: number): (column: TimelineColumn) => string {
  const language = useLanguage();
  const { count, percent } = language;
  const { timeline: words } = useTruthWords();
  const time = (ms: number): string => durationText(ms, language);
  return ({ first, batches, rows, width, tokens, paddedTokens, busyMs, startMs, gpuMs }) =>
    [
      batches === 1
        ? words.one(count(first), count(total))
        : words.several(count(first), count(first + batches - 1), count(total)),
      words.shape(count(rows), rows !== 1, count(width)),
      words.tokens(count(tokens), percent(1 - tokens / Math.max(1, paddedTokens))),
      words.took(time(busyMs), time(startMs)),
      ...(gpuMs === null ? [] : [words.gpu(time(gpuMs))]),
    ].join(' · ');
}
