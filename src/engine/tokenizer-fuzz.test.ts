import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { createPairTokenizer } from './tokenizer.ts';

// `npm run fuzz` takes more.
const numRuns = Number(process.env.CROSSRANK_FUZZ_RUNS ?? 300);
const timeout = 60_000 + numRuns * 100;

const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'panda', 'bear', '##s'];
const special = ['[CLS]', '[SEP]', '[UNK]', '[PAD]'].map((content) => ({
  id: words.indexOf(content),
  content,
  ...{ single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
}));
const tokenizer = {
  version: '1.0',
  added_tokens: special,
  normalizer: { type: 'BertNormalizer', lowercase: true, clean_text: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'BertProcessing',
    cls: ['[CLS]', 2],
    sep: ['[SEP]', 3],
  },
  decoder: null,
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};

const piece = fc.constantFrom(
  ...['null', '[]', '{}', '1e999', '-1', '"__proto__"', '"__proto__":{"a":1},', '"a\\u202Eb"'],
  ...[
    '{"type":"Sequence"}',
    '"Unigram"',
    '"BPE"',
    '0.5',
    ',',
    '"',
    '}',
    ']',
    '\\ud800',
    '2147483648',
  ],
);

describe("a tokenizer's file that somebody else made", () => {
  it('makes a tokenizer as it is', () => {
    const { encode } = createPairTokenizer(JSON.stringify(tokenizer), null);
    expect(encode('panda bear')).toEqual([4, 5]);
  });

  it(
    'makes a tokenizer or a refusal, whatever became of it',
    () => {
      const whole = JSON.stringify(tokenizer);
      const change = fc.tuple(fc.nat(), fc.nat({ max: 12 }), piece);
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          const spoilt = changes.reduce((text, [where, removed, inserted]) => {
            const at = where % (text.length + 1);
            return text.slice(0, at) + inserted + text.slice(at + removed);
          }, whole);
          try {
            createPairTokenizer(spoilt, null);
          } catch (error) {
            expect(error).toBeInstanceOf(RerankError);
          }
          expect(Object.keys(Object.prototype)).toEqual([]);
          expect(Reflect.get({}, 'a')).toBeUndefined();
        }),
        { numRuns },
      );
    },
    timeout,
  );
});
