import { runTruth } from '../app/run-truth.ts';
import type { Result } from '../app/store.ts';
import type { Language } from './language.ts';

/** How many pairs a finished run scored, how fast, and what it did not have to score again. */
export function runSummary({ timings, documents }: Result, language: Language): string {
  if (timings === null) return '';
  const { words, count } = language;
  const { tokensPerSecond } = runTruth(timings);
  const scored =
    tokensPerSecond === null
      ? []
      : [
          words.run.summary(
            count(timings.pairs),
            timings.pairs !== 1,
            durationText(timings.totalMs, language),
            count(tokensPerSecond),
          ),
        ];
  const remembered =
    timings.remembered > 0
      ? [words.run.remembered(count(timings.remembered), count(documents.length))]
      : [];
  return [...scored, ...remembered].join(' · ');
}

/** A time as people read it: 53 ms, 1.2 s, 68 s. */
export function durationText(ms: number, { words, rough }: Language): string {
  return ms < 1000 ? words.run.ms(rough(ms)) : words.run.seconds(rough(ms / 1000));
}
