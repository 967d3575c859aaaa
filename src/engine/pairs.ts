import { RerankError } from '../core/errors.ts';

/** Special tokens around the two segments, as the model's own post-processor places them. */
export interface PairLayout {
  /** Token ids before the query, for example `[CLS]`. */
  readonly prefix: readonly number[];
  /** Token ids between query and passage: `[SEP]` for BERT, `</s></s>` for XLM-R. */
  readonly between: readonly number[];
  /** Token ids after the passage. */
  readonly suffix: readonly number[];
  /** Token type of the passage and what follows it: 1 for BERT, 0 for RoBERTa and XLM-R. */
  readonly passageType: 0 | 1;
}

/** One (query, passage) pair as the model reads it. */
export interface EncodedPair {
  /** Token ids, special tokens included; at most maxLength. */
  readonly ids: Int32Array;
  /** Position of the first passage token: token type 0 lies before it. */
  readonly passageStart: number;
  /** Token type from `passageStart` on. */
  readonly passageType: 0 | 1;
  /** True when the end of the query or of the passage was cut off. */
  readonly truncated: boolean;
}

/** A query encoded once for all its passages. */
export interface EncodedQuery {
  readonly ids: readonly number[];
  readonly truncated: boolean;
}

/** Text to token ids without special tokens. */
export type EncodeText = (text: string) => readonly number[];

/**
 * Largest share of the room between the special tokens that a query may take.
 * 3/4 is what FlagEmbedding uses, so its published scores can be repeated.
 */
export const maxQueryShare = 3 / 4;

/** Longest pair unless the request says otherwise: what most rerankers were trained on. Tokens. */
export const defaultPairLength = 512;

/** Characters looked at first, per token of room; a text that fits has no more, usually. */
const usualCharactersPerToken = 8;
/**
 * Characters looked at in all, per token of room. Only megabytes of blanks or of one endless word
 * have more, and reading them would block the worker for seconds to find nothing.
 */
const mostCharactersPerToken = 64;
/** Characters looked at in all at least, however small the room. */
const leastCharacters = 8192;
/**
 * Cutting a text can change the tokens of its last word only, and no word gives more tokens than
 * this (WordPiece turns words over 100 characters into one unknown token).
 */
const tokensOfOneWord = 128;

/**
 * Encodes the query and limits it to `maxQueryShare` of the room, so that every passage keeps at
 * least a quarter of it.
 */
export function encodeQuery(
  query: string,
  encode: EncodeText,
  layout: PairLayout,
  maxLength: number,
): EncodedQuery {
  const room = roomOf(layout, maxLength);
  return encodeLimited(query, Math.floor(room * maxQueryShare), encode);
}

/**
 * Joins an encoded query with a passage. Only the passage is cut (`only_second`), at its end; the
 * special tokens always stay.
 */
export function encodePair(
  query: EncodedQuery,
  passage: string,
  encode: EncodeText,
  layout: PairLayout,
  maxLength: number,
): EncodedPair {
  const room = roomOf(layout, maxLength) - query.ids.length;
  const second = encodeLimited(passage, room, encode);
  const ids = Int32Array.from([
    ...layout.prefix,
    ...query.ids,
    ...layout.between,
    ...second.ids,
    ...layout.suffix,
  ]);
  return {
    ids,
    passageStart: layout.prefix.length + query.ids.length + layout.between.length,
    passageType: layout.passageType,
    truncated: query.truncated || second.truncated,
  };
}

/**
 * The first `limit` tokens of a text, as encoding the whole text would give them, without encoding
 * the whole of a long one. Of a text with over 64 characters per token of room the rest is not
 * looked at, and it counts as truncated.
 */
export function encodeLimited(text: string, limit: number, encode: EncodeText): EncodedQuery {
  const most = Math.max(limit * mostCharactersPerToken, leastCharacters);
  let end = limit * usualCharactersPerToken + tokensOfOneWord;
  for (;;) {
    const whole = end >= text.length;
    const ids = encode(withoutLoneSurrogates(whole ? text : text.slice(0, end)));
    if (whole) return { ids: ids.slice(0, limit), truncated: ids.length > limit };
    const enough = ids.length >= limit + tokensOfOneWord;
    if (enough || end >= most) return { ids: ids.slice(0, limit), truncated: true };
    end *= 2;
  }
}

/** Half of a surrogate pair is no character; tokenizers differ on it, so none ever sees one. */
function withoutLoneSurrogates(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

function roomOf(layout: PairLayout, maxLength: number): number {
  const room = maxLength - layout.prefix.length - layout.between.length - layout.suffix.length;
  if (room < 8) {
    throw new RerankError(
      'invalid-request',
      `A maximum length of ${maxLength} tokens leaves no room for query and document.`,
    );
  }
  return room;
}
