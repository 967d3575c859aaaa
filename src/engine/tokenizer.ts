import { Tokenizer } from '@huggingface/tokenizers';
import { RerankError } from '../core/errors.ts';
import type { EncodeText, PairLayout } from './pairs.ts';

/** What scoring needs to know of a model's tokenizer. */
export interface PairTokenizer {
  readonly encode: EncodeText;
  readonly layout: PairLayout;
  /** Token id that fills a row up to the width of its batch. */
  readonly padId: number;
}

/**
 * Reads the two tokenizer files of the Hugging Face layout. The places of the special tokens are
 * learnt by encoding one known pair, so every family (BERT, XLM-R, ModernBERT) is handled alike.
 * @throws RerankError `model-corrupt` when the files do not make a tokenizer.
 */
export function createPairTokenizer(tokenizerJson: string, configJson: string): PairTokenizer {
  try {
    const config = JSON.parse(configJson);
    const parts = JSON.parse(tokenizerJson);
    const tokenizer = new Tokenizer(parts, config);
    const textTokenizer = new Tokenizer(withoutSpecialTokens(parts), config);
    const encode: EncodeText = (text) =>
      text === '' ? [] : textTokenizer.encode(text, { add_special_tokens: false }).ids;
    const padToken: unknown = config.pad_token?.content ?? config.pad_token;
    const padId = typeof padToken === 'string' ? tokenizer.token_to_id(padToken) : undefined;
    if (padId === undefined) throw new Error('tokenizer_config.json names no known pad_token');
    return { encode, layout: learnLayout(tokenizer, encode), padId };
  } catch (error) {
    throw new RerankError('model-corrupt', `The tokenizer could not be read: ${String(error)}`, {
      cause: error,
    });
  }
}

/**
 * A tokenizer finds its special tokens in any text. In a document `[SEP]` is five characters and
 * must not end the passage, or a text could pretend to be query and document in one.
 */
function withoutSpecialTokens(parts: { added_tokens?: readonly { special?: boolean }[] }): object {
  return { ...parts, added_tokens: parts.added_tokens?.filter((token) => !token.special) ?? [] };
}

function learnLayout(tokenizer: Tokenizer, encode: EncodeText): PairLayout {
  const first = encode('a');
  const second = encode('b');
  const pair = tokenizer.encode('a', { text_pair: 'b' }).ids;
  const firstAt = findRun(pair, first, 0);
  const secondAt = firstAt < 0 ? -1 : findRun(pair, second, firstAt + first.length);
  if (secondAt < 0) throw new Error('the post-processor does not keep query and passage apart');
  return {
    prefix: pair.slice(0, firstAt),
    between: pair.slice(firstAt + first.length, secondAt),
    suffix: pair.slice(secondAt + second.length),
  };
}

function findRun(ids: readonly number[], run: readonly number[], from: number): number {
  if (run.length === 0) return -1;
  for (let start = from; start + run.length <= ids.length; start++) {
    if (run.every((id, offset) => ids[start + offset] === id)) return start;
  }
  return -1;
}
