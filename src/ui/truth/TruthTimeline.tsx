import { idleMs } from '../../app/batch-timeline.ts';
import type { FinishedResult } from '../../app/run-truth.ts';
import { ChartFigure } from '../collections/ChartFigure.tsx';
import { useLanguage } from '../language.ts';
import { durationText } from '../run-summary.ts';
import { TimelineBars } from './TimelineBars.tsx';
import { useTruthWords } from './use-truth.ts';

/** Every batch of a run where it stood in time: a picture, and a table of the same. */
export function TruthTimeline({ timeline }: { timeline: FinishedResult['timings']['timeline'] }) {
  const language = useLanguage();
  const { count, percent } = language;
  const { timeline: words, sentences } = useTruthWords();
  if (timeline.length === 0) {
    return (
      <section>
        <h3>{words.heading}</h3>
        <p className="truth-note">{words.none}</p>
      </section>
    );
  }
  const idle = durationText(idleMs(timeline), language);
  return (
    <ChartFigure
      title={words.heading}
      text={
        <p>
          {sentences([
            words.text(count(timeline.length), timeline.length !== 1, idle),
            words.key,
            words.how,
          ])}
        </p>
      }
      draw={(width, describedBy) => (
        <TimelineBars timeline={timeline} width={width} describedBy={describedBy} />
      )}
      table={() => ({
        columns: Object.values(words.columns),
        rows: timeline.map(({ startMs, endMs, rows, width, tokens, gpuMs }, place) => [
          count(place + 1),
          startMs.toFixed(1),
          (endMs - startMs).toFixed(1),
          count(rows),
          count(width),
          count(tokens),
          percent(1 - tokens / Math.max(1, rows * width)),
          gpuMs === null ? '' : gpuMs.toFixed(1),
        ]),
      })}
    />
  );
}
