import { wordsOf } from './words.ts';

/** A stretch of a text: `text.slice(start, end)`. */
export interface TermMatch {
  /** First UTF-16 unit, from 0. */
  readonly start: number;
  /** Just past the last UTF-16 unit; greater than `start`. */
  readonly end: number;
}

/**
 * Where a text has words of the query: exactly the occurrences that BM25 counts, since both go by
 * `wordsOf`. In order and without overlap; words that touch, as Chinese ones do, make one match.
 * Finding the words of 10,000 Chinese characters takes a few milliseconds: mark what is on screen.
 */
export function findTermMatches(text: string, query: string): TermMatch[] {
  const queryWords = new Set<string>();
  for (const { word } of wordsOf(query)) queryWords.add(word);
  const matches: TermMatch[] = [];
  if (queryWords.size === 0) return matches;
  for (const { word, start, end } of wordsOf(text)) {
    if (!queryWords.has(word)) continue;
    const last = matches.at(-1);
    if (last?.end === start) matches[matches.length - 1] = { start: last.start, end };
    else matches.push({ start, end });
  }
  return matches;
}
