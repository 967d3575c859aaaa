/**
 * Words as all of Crossrank sees them: what BM25 counts is what highlighting marks.
 * Where a word begins and ends is decided by the engine's own `Intl.Segmenter`, which knows
 * Chinese, Japanese and Thai from dictionaries. Engines differ in details (Chromium splits `U.S.`
 * and `a:b`, Node joins them), so there is no shortcut for plain English with rules of our own.
 */

/** One word of a text. */
export interface Word {
  /** The word as it is compared: compatibility forms unified (NFKC), then lower case. */
  readonly word: string;
  /** Where it begins in the original text, in UTF-16 units. */
  readonly start: number;
  /** Where it ends in the original text (exclusive), in UTF-16 units. */
  readonly end: number;
}

/**
 * How much text the segmenter is given at once, in UTF-16 units. In older V8s the cost of every
 * single step grows with the text: 100,000 Chinese characters at once took 11 s in Node 20, and
 * 0.05 s in windows of this size. Chromium 156 is equally fast with and without windows.
 */
const windowLength = 1000;

/** So many last segments of a window are read again when it ends in the middle of a long run. */
const uncertainSegments = 4;

let segmenter: Intl.Segmenter | undefined;

/**
 * The words of a text in order of appearance, found while you iterate: a text of many megabytes
 * can be left, or paused, at any word. White space, punctuation and emoji are not words.
 *
 * The words are those of `Intl.Segmenter` on the whole text, with one exception: in a run of more
 * than 1,000 characters without any white space or punctuation, a window's edge may fall inside
 * a word; and one "word" longer than that comes in pieces.
 * Source of the rules: https://unicode.org/reports/tr29/#Word_Boundaries
 */
export function* wordsOf(text: string): Generator<Word, void, undefined> {
  // A fixed locale, since some (Swedish, Finnish) have rules of their own. Made on first use, so
  // that importing this file does nothing.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' });
  let from = 0;
  while (from < text.length) {
    const to = Math.min(from + windowLength, text.length);
    const segments = [...segmenter.segment(text.slice(from, to))];
    const certain = to === text.length ? segments.length : countCertain(segments);
    for (let i = 0; i < certain; i += 1) {
      const found = segments[i];
      if (found?.isWordLike !== true) continue;
      const start = from + found.index;
      yield { word: normalizeWord(found.segment), start, end: start + found.segment.length };
    }
    const next = segments[certain];
    from = next === undefined ? to : from + next.index;
  }
}

/** Makes equal words equal: full-width `Ａ` and `A`, the ligature `ﬁ` and `fi`, `Loan` and `loan`. */
export function normalizeWord(word: string): string {
  return word.normalize('NFKC').toLowerCase();
}

/**
 * How many segments of a window would be the same if the text went on. The rules read forward
 * only, and dictionaries divide one run of letters as a whole; so everything is certain up to the
 * last segment that follows a non-word (a space, a comma) and is not itself cut by the edge. The
 * last segment, which may end with half a surrogate pair, is never kept unless it is the only one.
 */
function countCertain(segments: readonly Intl.SegmentData[]): number {
  for (let i = segments.length - 2; i > 0; i -= 1) {
    if (segments[i - 1]?.isWordLike === false) return i;
  }
  return Math.max(1, segments.length - uncertainSegments);
}
