// Tokenizers in the Hugging Face layout for the generated models: the algorithm, the special tokens
// and the pair template of each family, on a small vocabulary of our own.

/** @typedef {import('./architectures.mjs').Family} Family */
/** @typedef {{ vocab: number, maxLength: number }} TokenizerSize */
/**
 * @typedef {object} TokenizerFiles
 * @property {object} tokenizer tokenizer.json
 * @property {object} config tokenizer_config.json
 * @property {Readonly<Record<string, number>>} ids the special tokens' ids, as config.json names them
 */
/** @typedef {{ id: number, content: string }} SpecialToken */

const words = (
  'the of and to in is a for on with as by from that this it are was be at an or not what how who ' +
  'when where why which can do does has have loan house fund apply rent bank money tax city bear ' +
  'panda china paris france capital food water tea rice river mountain animal species bird fish ' +
  'plant tree leaf bamboo doctor heart blood sleep pain medicine book paper school teacher student ' +
  'law court contract company worker salary train ticket station road car engine battery computer ' +
  'program model memory browser search result rank query document answer question language word'
).split(' ');
const hanzi = [
  ...('的是不了在有人我他这中大国上个到说为子和你地出会也时要就可以对生能而去年公积金贷款住房办理指南' +
    '如何申请司员工缴纳五险一标准熊猫竹银行税城市北京法国首都水茶米河山动物鸟鱼树医心血睡药书学校'),
];
const digits = [...'0123456789'];
const marks = [...'.,?!:;()-\'"。，？！'];
const letters = [...'abcdefghijklmnopqrstuvwxyz'];

/**
 * BERT: WordPiece, lower case, `[CLS] $A [SEP] $B [SEP]` with token types 0 and 1. XLM-R: Unigram
 * with Metaspace, `<s> $A </s> </s> $B </s>`. ModernBERT: byte-level BPE, as BERT without types.
 * Entries beyond our words are made-up words, so that the files are as long as real ones.
 * @param {Family} family
 * @param {TokenizerSize} size
 * @returns {TokenizerFiles}
 * @throws when the vocabulary has no room for letters, digits and special tokens.
 */
export function buildTokenizer(family, size) {
  switch (family) {
    case 'bert':
      return wordPiece(size);
    case 'xlm-roberta':
      return unigram(size);
    case 'modernbert':
      return byteLevelBpe(size);
    default:
      throw new Error(`No such family: ${/** @type {never} */ (family)}.`);
  }
}

/** @param {TokenizerSize} size @returns {TokenizerFiles} */
function wordPiece({ vocab, maxLength }) {
  const tails = [...letters, ...digits].map((character) => `##${character}`);
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const base = [...specials, ...letters, ...digits, ...marks, ...tails];
  const entries = fill(base, mixedWords(''), '', vocab);
  const special = idsOf(specials, entries);
  return {
    tokenizer: {
      ...parts(special),
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: template(special, '[CLS]', ['[SEP]'], '[SEP]', 1),
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(entries.map((entry, id) => [entry, id])),
      },
    },
    config: {
      ...bracketTokens,
      do_lower_case: true,
      model_max_length: maxLength,
      tokenizer_class: 'BertTokenizer',
    },
    ids: { pad_token_id: 0 },
  };
}

/** @param {TokenizerSize} size @returns {TokenizerFiles} */
function unigram({ vocab, maxLength }) {
  const upper = letters.map((letter) => letter.toUpperCase());
  const base = ['<s>', '<pad>', '</s>', '<unk>'];
  const characters = ['▁', ...letters, ...upper, ...digits, ...marks];
  // The last entry is <mask>.
  const entries = fill([...base, ...characters], mixedWords('▁'), '▁', vocab - 1);
  entries.push('<mask>');
  const special = idsOf([...base, '<mask>'], entries);
  const known = base.length + characters.length + words.length + hanzi.length;
  return {
    tokenizer: {
      ...parts(special),
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'NFKC' },
          { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
        ],
      },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'WhitespaceSplit' },
          { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
        ],
      },
      post_processor: template(special, '<s>', ['</s>', '</s>'], '</s>', 0),
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      model: {
        type: 'Unigram',
        unk_id: 3,
        // Logarithms of chances: a word is likelier than its letters, a made-up word the least.
        vocab: entries.map((entry, id) => {
          if (special.some((token) => token.id === id)) return [entry, 0];
          return [entry, entry.length === 1 ? -9 : id < known ? -8 : -13];
        }),
      },
    },
    config: {
      bos_token: '<s>',
      cls_token: '<s>',
      eos_token: '</s>',
      mask_token: '<mask>',
      pad_token: '<pad>',
      sep_token: '</s>',
      unk_token: '<unk>',
      model_max_length: maxLength,
      tokenizer_class: 'XLMRobertaTokenizer',
    },
    ids: { bos_token_id: 0, pad_token_id: 1, eos_token_id: 2 },
  };
}

/** @param {TokenizerSize} size @returns {TokenizerFiles} */
function byteLevelBpe({ vocab, maxLength }) {
  const specials = ['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]'];
  const alphabet = byteCharacters();
  const room = vocab - alphabet.length - specials.length;
  if (room < 0) throw tooSmall(vocab, alphabet.length + specials.length);
  const merges = learnMerges(alphabet, room);
  const base = [...alphabet, ...merges.map((pair) => pair.join(''))];
  // The special tokens come last, as in the real one.
  const regular = fill(base, [], 'Ġ', vocab - specials.length);
  const special = idsOf(specials, [...regular, ...specials]);
  const [, cls, sep, pad] = special.map(({ id }) => id);
  return {
    tokenizer: {
      ...parts(special),
      normalizer: { type: 'NFC' },
      pre_tokenizer: {
        type: 'ByteLevel',
        add_prefix_space: false,
        trim_offsets: true,
        use_regex: true,
      },
      post_processor: template(special, '[CLS]', ['[SEP]'], '[SEP]', 0),
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        vocab: Object.fromEntries(regular.map((entry, id) => [entry, id])),
        merges,
      },
    },
    config: {
      ...bracketTokens,
      model_input_names: ['input_ids', 'attention_mask'],
      model_max_length: maxLength,
      tokenizer_class: 'PreTrainedTokenizerFast',
    },
    ids: {
      bos_token_id: cls ?? 0,
      cls_token_id: cls ?? 0,
      eos_token_id: sep ?? 0,
      sep_token_id: sep ?? 0,
      pad_token_id: pad ?? 0,
    },
  };
}

const bracketTokens = {
  cls_token: '[CLS]',
  mask_token: '[MASK]',
  pad_token: '[PAD]',
  sep_token: '[SEP]',
  unk_token: '[UNK]',
};

/** @param {readonly SpecialToken[]} special */
function parts(special) {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(({ id, content }) => ({ id, content, ...flags, special: true })),
  };
}

/**
 * @param {readonly SpecialToken[]} special
 * @param {string} start
 * @param {readonly string[]} between
 * @param {string} end
 * @param {number} secondType token type of the second segment
 */
function template(special, start, between, end, secondType) {
  const token = (/** @type {string} */ id, type = 0) => ({ SpecialToken: { id, type_id: type } });
  const text = (/** @type {'A' | 'B'} */ id, type = 0) => ({ Sequence: { id, type_id: type } });
  return {
    type: 'TemplateProcessing',
    single: [token(start), text('A'), token(end)],
    pair: [
      token(start),
      text('A'),
      ...between.map((id) => token(id)),
      text('B', secondType),
      token(end, secondType),
    ],
    special_tokens: Object.fromEntries(
      special.map(({ id, content }) => [content, { id: content, ids: [id], tokens: [content] }]),
    ),
  };
}

/** English words and Chinese characters by turns, so that a short list has of both. */
function mixedWords(/** @type {string} */ prefix) {
  const pairs = Array.from({ length: Math.max(words.length, hanzi.length) }, (_, index) => {
    const word = words[index];
    return [word && `${prefix}${word}`, hanzi[index]];
  });
  return pairs.flat().filter((entry) => entry !== undefined);
}

/**
 * `base`, then as many words as fit, then made-up ones up to `count`.
 * @param {readonly string[]} base
 * @param {readonly string[]} more
 * @param {string} prefix of the made-up words
 * @param {number} count
 */
function fill(base, more, prefix, count) {
  if (base.length > count) throw tooSmall(count, base.length);
  const entries = new Set(base);
  for (const word of more) {
    if (entries.size < count) entries.add(word);
  }
  for (let index = 0; entries.size < count; index++) entries.add(prefix + madeUpWord(index));
  return [...entries];
}

/** At least three syllables of consonant and vowel. */
function madeUpWord(/** @type {number} */ index) {
  const consonants = 'bdfghjklmnprstvz';
  const vowels = 'aeiou';
  let word = '';
  for (let rest = index, syllable = 0; rest > 0 || syllable < 3; syllable++) {
    word += consonants.charAt(rest % 16) + vowels.charAt(Math.floor(rest / 16) % 5);
    rest = Math.floor(rest / 80);
  }
  return word;
}

/**
 * @param {readonly string[]} contents
 * @param {readonly string[]} entries
 * @returns {SpecialToken[]}
 */
function idsOf(contents, entries) {
  return contents.map((content) => ({ id: entries.indexOf(content), content }));
}

/** GPT-2's way of writing the 256 bytes as characters that can be seen. */
function byteCharacters() {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const seen = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(seen ? byte : next++);
  });
}

/**
 * Byte-pair encoding learnt from our words: the most frequent pair of neighbours first, ties in
 * the order in which they are met.
 * @param {readonly string[]} alphabet
 * @param {number} most
 */
function learnMerges(alphabet, most) {
  const texts = [...words, ...words.map((word) => ` ${word}`), ...hanzi];
  const sequences = texts.map((text) =>
    Array.from(new TextEncoder().encode(text), (byte) => alphabet[byte] ?? ''),
  );
  /** @type {[string, string][]} */
  const merges = [];
  while (merges.length < most) {
    /** @type {Map<string, { pair: [string, string], count: number }>} */
    const counts = new Map();
    for (const sequence of sequences) {
      for (const [index, second] of sequence.slice(1).entries()) {
        const first = sequence[index] ?? '';
        const seen = counts.get(`${first} ${second}`) ?? { pair: [first, second], count: 0 };
        seen.count += 1;
        counts.set(`${first} ${second}`, seen);
      }
    }
    const best = [...counts.values()].reduce((a, b) => (b.count > a.count ? b : a), {
      pair: /** @type {[string, string]} */ (['', '']),
      count: 1,
    });
    // A pair that occurs once is no pattern.
    if (best.count < 2) break;
    merges.push(best.pair);
    for (const sequence of sequences) merge(sequence, best.pair);
  }
  return merges;
}

/**
 * @param {string[]} sequence
 * @param {readonly [string, string]} pair
 */
function merge(sequence, [first, second]) {
  for (let index = 0; index + 1 < sequence.length; index++) {
    if (sequence[index] !== first || sequence[index + 1] !== second) continue;
    sequence.splice(index, 2, first + second);
  }
}

/**
 * @param {number} vocab
 * @param {number} least
 */
function tooSmall(vocab, least) {
  return new Error(
    `A vocabulary of ${vocab} is too small: this tokenizer needs ${least} at least.`,
  );
}
