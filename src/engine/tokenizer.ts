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
 * Reads the tokenizer of the Hugging Face layout: tokenizer.json, and tokenizer_config.json or
 * null where a model has none. The places and types of the special tokens are what the
 * tokenizer's own post-processor gives to a pair, so every family (BERT, XLM-R, ModernBERT) is
 * handled alike. The file's own truncation and padding are left aside: pairs have theirs.
 * @throws RerankError `model-corrupt` when the files do not make a tokenizer of pairs.
 */
export function createPairTokenizer(
  tokenizerJson: string,
  configJson: string | null,
): PairTokenizer {
  try {
    const config = configJson === null ? {} : JSON.parse(configJson);
    const parts: TokenizerParts = JSON.parse(tokenizerJson);
    const tokenizer = new Tokenizer(textParts(parts), config);
    const encode = encoderOf(tokenizer, parts);
    const idOf = specialIdsOf(tokenizer, parts);
    return {
      encode,
      layout: learnLayout(tokenizer, parts, idOf),
      padId: padIdOf(parts, config, idOf),
    };
  } catch (error) {
    throw new RerankError('model-corrupt', `The tokenizer could not be read: ${String(error)}`, {
      cause: error,
    });
  }
}

/** The parts of tokenizer.json that are looked at here; whatever is amiss throws. */
interface TokenizerParts {
  readonly added_tokens?: readonly AddedToken[];
  readonly normalizer?: Normalizer | null;
  readonly post_processor?: PostProcessor | null;
  readonly model?: { readonly type?: string; readonly byte_fallback?: boolean };
  readonly padding?: { readonly pad_token?: unknown } | null;
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
}

interface Normalizer {
  readonly type: string;
  /** Of a `Sequence`. */
  readonly normalizers?: readonly Normalizer[];
}

interface PostProcessor {
  readonly type: string;
  /** Of a `Sequence`. */
  readonly processors?: readonly PostProcessor[];
  /** Of a `TemplateProcessing`: the ids of each name in the template. */
  readonly special_tokens?: Readonly<Record<string, { readonly ids?: readonly number[] }>>;
}

/** Token ids of a special token's name; it throws for a name that nobody knows. */
type SpecialIds = (name: string) => readonly number[];

/** Models that name no padding token use one of these: BERT and XLM-R families. */
const usualPadTokens: readonly string[] = ['[PAD]', '<pad>'];

const zeroWidthJoiner = '\u200D';
/** A noncharacter: Unicode keeps it free for ever. */
const disguisedJoiner = '\uFDD0';

/** Stand for query and passage where a pair is laid out; no tokenizer has such tokens. */
const queryMark = '\u0000query';
const passageMark = '\u0000passage';

/**
 * The tokenizer of plain text. It must not know the special tokens: it would find them in any
 * text, and in a document `[SEP]` is five characters and must not end the passage, or a text could
 * pretend to be query and document in one.
 */
function textParts(parts: TokenizerParts): object {
  return {
    ...parts,
    added_tokens: parts.added_tokens?.filter((token) => !token.special) ?? [],
    ...(parts.normalizer && { normalizer: withJoiners(parts.normalizer) }),
    // ByteLevel trims offsets, which nobody asks for here, and would lose the token types.
    post_processor: withoutByteLevel(parts.post_processor),
  };
}

/**
 * SentencePiece's own normalisation (nmt_nfkc) keeps the zero-width joiner, which Sinhala and other
 * scripts write words with; the package makes it a blank. So it passes in disguise, as a code point
 * that no text has.
 */
function withJoiners(normalizer: Normalizer): Normalizer {
  if (normalizer.normalizers !== undefined) {
    return { ...normalizer, normalizers: normalizer.normalizers.map(withJoiners) };
  }
  if (normalizer.type !== 'Precompiled') return normalizer;
  const replace = (text: string, content: string) => ({
    type: 'Replace',
    pattern: { String: text },
    content,
  });
  return {
    type: 'Sequence',
    normalizers: [
      replace(zeroWidthJoiner, disguisedJoiner),
      normalizer,
      replace(disguisedJoiner, zeroWidthJoiner),
    ],
  };
}

function withoutByteLevel(processor: PostProcessor | null | undefined): PostProcessor | null {
  if (processor?.processors === undefined) return processor ?? null;
  const processors = processor.processors.filter(({ type }) => type !== 'ByteLevel');
  return { ...processor, processors };
}

function encoderOf(tokenizer: Tokenizer, { model }: TokenizerParts): EncodeText {
  const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false });
  if (model?.type !== 'Unigram' || model.byte_fallback !== true) {
    return (text) => (text === '' ? [] : encode(text).ids);
  }
  // The package's Unigram gives one unknown token where `byte_fallback` asks for its bytes.
  const utf8 = new TextEncoder();
  const bytesOf = (token: string): number[] | null => {
    const ids = Array.from(utf8.encode(token), (byte) =>
      tokenizer.token_to_id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    const known = ids.filter((id) => id !== undefined);
    return known.length === ids.length ? known : null;
  };
  return (text) => {
    if (text === '') return [];
    const { ids, tokens } = encode(text);
    return ids.flatMap((id, index) => {
      const token = tokens[index] ?? '';
      return tokenizer.token_to_id(token) === undefined ? (bytesOf(token) ?? id) : id;
    });
  };
}

function specialIdsOf(tokenizer: Tokenizer, parts: TokenizerParts): SpecialIds {
  const added = new Map(parts.added_tokens?.map(({ content, id }) => [content, id]));
  const templates = processorsOf(parts);
  return (name) => {
    for (const { special_tokens } of templates) {
      const ids = special_tokens?.[name]?.ids;
      if (ids !== undefined) return ids;
    }
    const id = added.get(name) ?? tokenizer.token_to_id(name);
    if (id === undefined) throw new Error(`the special token ${name} is not in the vocabulary`);
    return [id];
  };
}

function processorsOf({ post_processor: processor }: TokenizerParts): readonly PostProcessor[] {
  return processor?.processors ?? (processor ? [processor] : []);
}

function learnLayout(tokenizer: Tokenizer, parts: TokenizerParts, idOf: SpecialIds): PairLayout {
  const pair = tokenizer.post_processor?.post_process([queryMark], [passageMark], true);
  const tokens = pair?.tokens ?? [];
  const queryAt = tokens.indexOf(queryMark);
  const passageAt = tokens.indexOf(passageMark);
  if (queryAt < 0 || passageAt <= queryAt + 1) {
    throw new Error('the post-processor does not keep query and passage apart');
  }
  // RoBERTa has one token type; the package gives its passages the second one.
  const oneType = processorsOf(parts).some(({ type }) => type === 'RobertaProcessing');
  const types = (oneType ? undefined : pair?.token_type_ids) ?? tokens.map(() => 0);
  const passageType = types[passageAt] === 1 ? 1 : 0;
  if (types.some((type, at) => type !== (at < passageAt ? 0 : passageType))) {
    throw new Error(`the post-processor gives a pair the token types ${types.join(', ')}`);
  }
  return {
    prefix: tokens.slice(0, queryAt).flatMap(idOf),
    between: tokens.slice(queryAt + 1, passageAt).flatMap(idOf),
    suffix: tokens.slice(passageAt + 1).flatMap(idOf),
    passageType,
  };
}

function padIdOf(
  { padding, added_tokens: added }: TokenizerParts,
  config: { readonly pad_token?: unknown },
  idOf: SpecialIds,
): number {
  const named = contentOf(config.pad_token) ?? contentOf(padding?.pad_token);
  const usual = usualPadTokens.find((name) => added?.some(({ content }) => content === name));
  const name = named ?? usual;
  if (name === undefined) throw new Error('no padding token is named');
  const [padId] = idOf(name);
  if (padId === undefined) throw new Error(`the padding token ${name} has no id`);
  return padId;
}

/** A token is its text, or an object with the text as `content`; undefined where none is named. */
function contentOf(token: unknown): string | undefined {
  if (token === undefined || token === null) return undefined;
  const content: unknown = typeof token === 'object' && 'content' in token ? token.content : token;
  if (typeof content !== 'string') throw new Error('the pad_token is no text');
  return content;
}
