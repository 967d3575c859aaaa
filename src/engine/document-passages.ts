import { RerankError } from '../core/errors.ts';
import {
  type PassagePlan,
  planPassages,
  type SegmentRun,
  segmentText,
  type TextSpan,
} from '../core/passages.ts';
import {
  type EncodedPair,
  type EncodedQuery,
  type EncodeText,
  encodeLimited,
  encodePair,
  type PairLayout,
} from './pairs.ts';

/** One passage of a document as the model reads it. */
export interface EncodedPassage {
  /** `truncated` says that the query was cut; a passage is not (see `encodePassages`). */
  readonly pair: EncodedPair;
  /** Where the passage begins in the document, in UTF-16 units. */
  readonly start: number;
  /** Where it ends (exclusive), in UTF-16 units. */
  readonly end: number;
}

/** A document as passages. */
export interface DocumentPassages {
  /** In order of the text; at least one. */
  readonly passages: readonly EncodedPassage[];
  /** True when each character, white space aside, is in a passage. */
  readonly covered: boolean;
}

/** How a long document is divided. */
export interface PassageLimits {
  /** Most tokens of a pair, special tokens included. */
  readonly maxLength: number;
  /**
   * Most tokens that two neighbouring passages share, at least 0; never more than a quarter of
   * the room. Default `defaultOverlapTokens`. The last passage may share more.
   */
  readonly overlapTokens?: number | undefined;
  /** Most passages of one document, a whole number from 1 or infinity. Default `defaultMaxPassages`. */
  readonly maxPassages?: number | undefined;
}

/**
 * Tokens that two neighbouring passages share: three or four sentences, so that what is said
 * across a border stands whole in one of them. Jina's own code for its rerankers uses as many.
 */
export const defaultOverlapTokens = 80;

/**
 * Most passages of one document. At a maximum length of 512 this reads about 13,000 tokens (ten
 * thousand English words), more than most documents have, and keeps one pasted book from taking
 * the minutes that a hundred ordinary documents take.
 */
export const defaultMaxPassages = 32;

/** With more overlap a document would cost much more than its length. */
const mostOverlapShare = 1 / 4;
/** Longest segment at first, in UTF-16 units: one or two sentences. */
const segmentCharacters = 160;
/** A small overlap does not make segments finer than this: sentences should stay whole. */
const leastSegmentTokens = 16;
/**
 * So many characters count as one token at least. Megabytes that give hardly any tokens (one
 * endless word, marks that the tokenizer drops) then cost no more than megabytes of prose, and a
 * passage stays below the 64 characters per token from where `encodeLimited` looks no further.
 */
const charactersPerToken = 32;

interface CountedSegment extends TextSpan {
  readonly tokens: number;
}

/** A passage alone, and whether its own end had to be cut off. */
interface ReadPassage {
  readonly pair: EncodedPair;
  readonly cut: boolean;
}

/**
 * Encodes a document of any length. One that fits is one passage, the same pair as `encodePair`
 * gives. Another one becomes passages that overlap; together they hold the whole text, unless
 * `maxPassages` is too small: then the beginning, and `covered` is false. What lies behind is not
 * tokenised, so a document of megabytes costs what its passages cost.
 *
 * No passage is cut, so no token is lost. One exception: where the room is smaller than the tokens
 * of a single character (an emoji can give 4 or more), that character is cut and `truncated` true.
 * @throws RerankError `invalid-request` for limits out of range
 */
export function encodePassages(
  query: EncodedQuery,
  text: string,
  encode: EncodeText,
  layout: PairLayout,
  limits: PassageLimits,
): DocumentPassages {
  const { maxLength } = limits;
  const { overlapTokens = defaultOverlapTokens, maxPassages = defaultMaxPassages } = limits;
  checkLimits(overlapTokens, maxPassages);
  const read = (passage: string): ReadPassage => {
    // A truncated query makes every pair truncated; here only the passage's own end counts.
    const pair = encodePair({ ...query, truncated: false }, passage, encode, layout, maxLength);
    const truncated = query.truncated || pair.truncated;
    return { pair: { ...pair, truncated }, cut: pair.truncated };
  };
  const whole = read(text);
  if (!whole.cut) return { passages: [{ pair: whole.pair, ...spanOf(text) }], covered: true };

  const room = maxLength - read('').pair.ids.length;
  const overlap = Math.min(overlapTokens, Math.floor(room * mostOverlapShare));
  const segments = countSegments(text, encode, room, overlap, room * maxPassages);
  if (segments.length === 0) {
    return { passages: [{ pair: read('').pair, ...spanOf(text) }], covered: true };
  }
  return packPassages(text, segments, read, room, (segmentTokens) =>
    planPassages(segmentTokens, room, overlap, maxPassages),
  );
}

/**
 * The segments that are not blank, until they have more than `enoughTokens`. None has more than a
 * quarter of the room, nor more than the overlap (or passages would share nothing), save single
 * characters and where the overlap is small.
 */
function countSegments(
  text: string,
  encode: EncodeText,
  room: number,
  overlap: number,
  enoughTokens: number,
): CountedSegment[] {
  const finest = overlap === 0 ? room : Math.max(overlap, leastSegmentTokens);
  const most = Math.max(1, Math.min(finest, Math.floor(room * mostOverlapShare)));
  const counted: CountedSegment[] = [];
  let sum = 0;
  const count = (part: string, offset: number, maxCharacters: number): void => {
    for (const { start, end } of segmentText(part, maxCharacters)) {
      if (sum > enoughTokens) return;
      const segment = part.slice(start, end);
      if (!/\S/.test(segment)) continue;
      const tokens = encodeLimited(segment, Number.POSITIVE_INFINITY, encode).ids.length;
      const half = Math.ceil(segment.length / 2);
      if (tokens > most && half < maxCharacters) {
        count(segment, offset + start, half);
        continue;
      }
      // No more than the room, or passages of one large character would seem to hold more text.
      const least = Math.ceil(segment.length / charactersPerToken);
      const counts = Math.min(Math.max(tokens, least), room);
      counted.push({ start: offset + start, end: offset + end, tokens: counts });
      sum += counts;
    }
  };
  count(text, 0, segmentCharacters);
  return counted;
}

/**
 * Encodes the planned passages. The tokens of the parts are not always those of the whole (`▁`
 * before each part, a word cut in two): where a passage comes out too long, its last segment is
 * made to count so much that this run of segments is never planned again, and the plan is made
 * anew. The passages before it end before that segment, so they stay as they were and are not
 * encoded again.
 */
function packPassages(
  text: string,
  segments: readonly CountedSegment[],
  read: (passage: string) => ReadPassage,
  room: number,
  planOf: (segmentTokens: readonly number[]) => PassagePlan,
): DocumentPassages {
  const counts = segments.map(({ tokens }) => tokens);
  const passages: EncodedPassage[] = [];
  for (;;) {
    const plan = planOf(counts);
    let tooLong: SegmentRun | undefined;
    for (const run of plan.passages.slice(passages.length)) {
      const { pair, cut } = read(textOf(text, segments, run));
      // Nothing is left to take away from a single character.
      tooLong = cut && run.first < run.last ? run : undefined;
      if (tooLong !== undefined) break;
      const [start, end] = [segments[run.first]?.start ?? 0, segments[run.last]?.end ?? 0];
      passages.push({ pair, start, end });
    }
    if (tooLong === undefined) return { passages, covered: plan.covered };
    const sum = counts.slice(tooLong.first, tooLong.last + 1).reduce((all, one) => all + one, 0);
    counts[tooLong.last] = (counts[tooLong.last] ?? 0) + room + 1 - sum;
  }
}

/** The text of a passage. One line break stands for the blank segments that were left out. */
function textOf(
  text: string,
  segments: readonly CountedSegment[],
  { first, last }: SegmentRun,
): string {
  let passage = '';
  let end = segments[first]?.start ?? 0;
  for (const segment of segments.slice(first, last + 1)) {
    const gap = segment.start > end ? '\n' : '';
    passage += gap + text.slice(segment.start, segment.end);
    end = segment.end;
  }
  return passage;
}

function checkLimits(overlapTokens: number, maxPassages: number): void {
  const number = Number.isInteger(maxPassages) || maxPassages === Number.POSITIVE_INFINITY;
  // Written so that NaN is refused too.
  if (overlapTokens >= 0 && number && maxPassages >= 1) return;
  throw new RerankError(
    'invalid-request',
    `Passages need an overlap of 0 tokens or more and a whole number of passages from 1; got ${overlapTokens} and ${maxPassages}.`,
  );
}

function spanOf(text: string): TextSpan {
  return { start: 0, end: text.length };
}
