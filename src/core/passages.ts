/**
 * Long documents: a text is cut into small segments at natural borders, segments are packed into
 * passages that fit the model and share some text, and the logits of the passages are folded to
 * one of the document.
 */

import { RerankError } from './errors.ts';

/** A part of a text. */
export interface TextSpan {
  /** Where it begins, in UTF-16 units. */
  readonly start: number;
  /** Where it ends (exclusive), in UTF-16 units. */
  readonly end: number;
}

/** A passage as a run of segments. */
export interface SegmentRun {
  /** Index (from 0) of the first segment. */
  readonly first: number;
  /** Index of the last segment, inclusive. */
  readonly last: number;
}

/** Which passages a document is read as. */
export interface PassagePlan {
  /** In order of the text: both `first` and `last` grow from one passage to the next. */
  readonly passages: readonly SegmentRun[];
  /** True when every segment is in a passage; false when `maxPassages` was too small for that. */
  readonly covered: boolean;
}

/**
 * How a document's logit comes from those of its passages. `max`: a document is as relevant as its
 * best passage. `mean-of-top-3`: one lucky passage does not decide alone. `first`: the beginning
 * stands for the document, as with truncation.
 */
export type PassageFold = 'max' | 'mean-of-top-3' | 'first';

/** What the passages say of their document. */
export interface FoldedLogit {
  /** Logit of the document. */
  readonly logit: number;
  /** Index (from 0) of the passage that decided: the largest logit, or the first passage. */
  readonly decided: number;
}

/** Segments are joined with the next line or sentence below this share of the limit. */
const leastSegmentShare = 1 / 8;
/** A border inside a sentence is taken only behind this share of the limit. */
const leastClauseShare = 1 / 2;
/** A last passage shorter than this share of the room reaches back. */
const leastTailShare = 1 / 2;
/** Characters behind the limit that decide whether a border lies before them. */
const lookAhead = 2;

/**
 * Ends of lines and sentences, with the white space behind them. A full stop, `!` and `?` count
 * before white space only (`3.5`, `example.com`) and not before a small letter (`e.g. this`);
 * marks of other scripts (`。`, `।`, `؟`) need neither. Own rules and not `Intl.Segmenter`, since
 * engines differ in details (and leave an opening `“` with the sentence before it): equal texts
 * should give equal passages, and so equal scores, in every browser.
 * Source of the marks: https://www.unicode.org/reports/tr44/#Sentence_Terminal
 */
const sentenceEnd =
  /[\n\u2028\u2029]\s*|[.!?]+[\p{Pe}\p{Pf}"']*(?:\n\s*|\s+(?![\s\p{Ll}]))|(?![.!?])[\p{Sentence_Terminal}…][\p{Sentence_Terminal}…\p{Pe}\p{Pf}"']*\s*/gu;

/** Ends of clauses; those of Latin script count before white space only (`3,520`, `12:30`). */
const clauseEnd = /[，、；：،؛]\s*|[,;:)\]–—]\s+/gu;

const blank = /\s+/gu;

let wordSegmenter: Intl.Segmenter | undefined;
let graphemeSegmenter: Intl.Segmenter | undefined;

/**
 * Cuts a text into small segments that cover it without gaps or overlap, found while you iterate:
 * nothing is read of a text of many megabytes behind the segment at which you stop. A segment ends
 * with a line or sentence (short ones stay together), in a longer sentence with a clause, else
 * with a word, else with a character as readers see it. Never inside a surrogate pair.
 * @param maxCharacters at least 1; no segment is longer, in UTF-16 units, but a single code point
 */
export function* segmentText(
  text: string,
  maxCharacters: number,
): Generator<TextSpan, void, undefined> {
  let start = 0;
  while (start < text.length) {
    const end = start + segmentLength(text, start, maxCharacters);
    yield { start, end };
    start = end;
  }
}

/**
 * Packs segments into passages, each as full as it goes. A passage begins with the last segments
 * of the one before, as many as `overlapTokens` allows, and has at least one new segment. The last
 * passage, if it would fill less than half of the room, reaches back further: a few words on their
 * own are judged differently from a passage.
 * @param segmentTokens tokens of each segment, at least 0
 * @param room most tokens of a passage; only a single segment that has more makes a larger one
 * @param overlapTokens most tokens that a passage, save the last, shares with the one before
 * @param maxPassages most passages; segments behind them are left out
 */
export function planPassages(
  segmentTokens: readonly number[],
  room: number,
  overlapTokens: number,
  maxPassages: number,
): PassagePlan {
  const count = segmentTokens.length;
  const tokensAt = (index: number): number => segmentTokens[index] ?? 0;
  const passages: SegmentRun[] = [];
  let first = 0;
  let next = 0;
  // Tokens from `first` to before `next`: what the coming passage shares with the one before.
  let tokens = 0;
  while (next < count && passages.length < maxPassages) {
    // At least one new segment: where it does not fit, the shared ones give way.
    while (first < next && tokens + tokensAt(next) > room) {
      tokens -= tokensAt(first);
      first += 1;
    }
    do {
      tokens += tokensAt(next);
      next += 1;
    } while (next < count && tokens + tokensAt(next) <= room);
    passages.push({ first, last: next - 1 });
    if (next === count) break;
    const earliest = first + 1;
    first = next;
    tokens = 0;
    while (first > earliest && tokens + tokensAt(first - 1) <= overlapTokens) {
      first -= 1;
      tokens += tokensAt(first);
    }
  }
  const [before, tail] = [passages.at(-2), passages.at(-1)];
  if (next === count && before !== undefined && tail !== undefined) {
    // Behind the loop `tokens` are those of the last passage.
    const least = room * leastTailShare;
    while (first > before.first + 1 && tokens < least && tokens + tokensAt(first - 1) <= room) {
      first -= 1;
      tokens += tokensAt(first);
    }
    passages[passages.length - 1] = { first, last: tail.last };
  }
  return { passages, covered: next === count };
}

/**
 * The logit of a document from those of its passages, in order of the text. `max`: the largest;
 * among equal ones the first passage decided. `mean-of-top-3`: the mean of the three largest, or
 * of all where there are fewer; the largest decided. `first`: that of the first passage.
 * A passage whose logit is NaN makes the document's NaN and is the one that decided, since nobody
 * knows what it would have said; with `first` only the first passage counts.
 * @throws RerankError `invalid-request` without any logit
 */
export function foldPassages(logits: readonly number[], fold: PassageFold): FoldedLogit {
  const [first] = logits;
  if (first === undefined) {
    throw new RerankError('invalid-request', 'A document without passages has no logit.');
  }
  if (fold === 'first') return { logit: first, decided: 0 };
  const unknown = logits.findIndex(Number.isNaN);
  if (unknown >= 0) return { logit: Number.NaN, decided: unknown };
  const largest = logits.reduce((most, logit) => (logit > most ? logit : most), first);
  const decided = logits.indexOf(largest);
  if (fold === 'max') return { logit: largest, decided };
  const top = logits.toSorted((a, b) => b - a).slice(0, 3);
  return { logit: top.reduce((sum, logit) => sum + logit, 0) / top.length, decided };
}

function segmentLength(text: string, start: number, maxCharacters: number): number {
  const window = text.slice(start, start + maxCharacters + lookAhead);
  const least = maxCharacters * leastSegmentShare;
  let shortest = 0;
  for (const match of window.matchAll(sentenceEnd)) {
    if (match.index >= maxCharacters) break;
    const end = Math.min(match.index + match[0].length, maxCharacters);
    if (end >= least) return cutLength(window, end);
    shortest = end;
  }
  if (start + maxCharacters >= text.length) return text.length - start;
  if (shortest > 0) return cutLength(window, shortest);
  const halfway = maxCharacters * leastClauseShare;
  for (const border of [clauseEnd, blank]) {
    const end = lastEnd(window, border, maxCharacters);
    if (end > halfway) return cutLength(window, end);
  }
  wordSegmenter ??= new Intl.Segmenter('en', { granularity: 'word' });
  graphemeSegmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const segmenter of [wordSegmenter, graphemeSegmenter]) {
    const end = segmenter.segment(window).containing(maxCharacters)?.index ?? 0;
    if (end > halfway) return cutLength(window, end);
  }
  return cutLength(window, maxCharacters);
}

/** The last end of a match within the limit; a match across the limit ends there. 0 for none. */
function lastEnd(window: string, border: RegExp, limit: number): number {
  let end = 0;
  for (const match of window.matchAll(border)) {
    if (match.index >= limit) break;
    end = Math.min(match.index + match[0].length, limit);
  }
  return end;
}

/** Moves a length out of a surrogate pair: back, or forward where nothing would be left. */
function cutLength(window: string, length: number): number {
  const inside = /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(window.slice(length - 1, length + 1));
  if (!inside) return length;
  return length > 1 ? length - 1 : length + 1;
}
