import type { Result } from '../app/store.ts';
import type { Language } from './language.ts';

/** How many pairs a finished run scored and how fast; empty while it has not finished. */
export function runSummary({ timings }: Result, language: Language): string {
  if (timings === null) return '';
  const { words, count, rough } = language;
  return words.run.summary(
    count(timings.pairs),
    timings.pairs !== 1,
    rough(timings.totalMs / 1000),
    rough(timings.pairsPerSecond),
  );
}
