import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { encodePair, encodeQuery } from './pairs.ts';
import { createPairTokenizer } from './tokenizer.ts';

const modelUrl = new URL('../../public/models/crossrank-tiny-en-zh/', import.meta.url);
const tokenizerJson = readFileSync(new URL('tokenizer.json', modelUrl), 'utf8');
const configJson = readFileSync(new URL('tokenizer_config.json', modelUrl), 'utf8');

/** XLM-R in small: the same parts in the same layout, with a vocabulary of ten. */
const smallXlmr = {
  version: '1.0',
  added_tokens: ['<s>', '<pad>', '</s>', '<unk>'].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: { type: 'NFKC' },
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('<s>', 0), sequence('A', 0), special('</s>', 0)],
    pair: [
      special('<s>', 0),
      sequence('A', 0),
      special('</s>', 0),
      special('</s>', 0),
      sequence('B', 0),
      special('</s>', 0),
    ],
    special_tokens: {
      '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] },
      '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
    },
  },
  decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
  model: {
    type: 'Unigram',
    unk_id: 3,
    vocab: [
      ['<s>', 0],
      ['<pad>', 0],
      ['</s>', 0],
      ['<unk>', 0],
      ['▁', -3],
      ['▁a', -2],
      ['▁b', -2.5],
      ['▁panda', -4],
      ['a', -5],
      ['b', -5.5],
    ],
  },
};
const fourSpecials = smallXlmr.model.vocab.slice(0, 4);
const padding = {
  strategy: 'BatchLongest',
  direction: 'Right',
  pad_to_multiple_of: null,
  pad_id: 1,
  pad_type_id: 0,
  pad_token: '<pad>',
};
const smallXlmrConfig = { tokenizer_class: 'XLMRobertaTokenizer', pad_token: '<pad>' };

describe('createPairTokenizer', () => {
  it('learns the layout of the embedded model from its own files', () => {
    const { layout, padId } = createPairTokenizer(tokenizerJson, configJson);
    expect(layout).toEqual({ prefix: [2], between: [3], suffix: [3], passageType: 1 });
    expect(padId).toBe(0);
  });

  it('learns the layout of another family', () => {
    const { encode, layout, padId } = createPairTokenizer(
      JSON.stringify(smallXlmr),
      JSON.stringify(smallXlmrConfig),
    );
    expect(layout).toEqual({ prefix: [0], between: [2, 2], suffix: [2], passageType: 0 });
    expect(padId).toBe(1);
    const pair = encodePair(encodeQuery('panda', encode, layout, 20), 'a b', encode, layout, 20);
    expect([...pair.ids]).toEqual([0, 7, 2, 2, 5, 6, 2]);
    expect(pair).toMatchObject({ passageStart: 4, passageType: 0 });
  });

  it('takes a pad token written as an object', () => {
    const config = { ...smallXlmrConfig, pad_token: { content: '<pad>', special: true } };
    const { padId } = createPairTokenizer(JSON.stringify(smallXlmr), JSON.stringify(config));
    expect(padId).toBe(1);
  });

  it.each<[string, object, object | null]>([
    ['no config', {}, null],
    ['a config that says nothing of it', {}, { tokenizer_class: 'XLMRobertaTokenizer' }],
    ['null in the config', {}, { pad_token: null }],
    ['its padding section', { padding: { ...padding, pad_token: '</s>' } }, null],
  ])('finds the pad token with %s', (_, parts, config) => {
    const { padId } = createPairTokenizer(
      JSON.stringify({ ...smallXlmr, ...parts }),
      config === null ? null : JSON.stringify(config),
    );
    expect(padId).toBe('padding' in parts ? 2 : 1);
  });

  it('leaves truncation and padding of the file aside', () => {
    const plain = createPairTokenizer(JSON.stringify(smallXlmr), null);
    const parts = {
      ...smallXlmr,
      truncation: {
        direction: 'Right',
        max_length: 2,
        strategy: 'LongestFirst',
        stride: 0,
      },
      padding: { ...padding, strategy: { Fixed: 16 } },
    };
    const { encode, layout } = createPairTokenizer(JSON.stringify(parts), null);
    expect(layout).toEqual(plain.layout);
    expect(encode('a b panda a b')).toEqual([5, 6, 7, 5, 6]);
  });

  it('encodes without special tokens', () => {
    const { encode } = createPairTokenizer(tokenizerJson, configJson);
    expect(encode('')).toEqual([]);
    expect(encode('panda')).not.toContain(2);
    expect(encode('panda')).not.toContain(3);
    const other = createPairTokenizer(JSON.stringify(smallXlmr), JSON.stringify(smallXlmrConfig));
    expect(other.encode('')).toEqual([]);
    expect(other.encode('panda')).toEqual([7]);
  });

  it.each([
    ['a tokenizer cut short', tokenizerJson.slice(0, 1000), configJson],
    ['a page in place of the tokenizer', '<!doctype html><title>404</title>', configJson],
    ['an empty tokenizer', '', configJson],
    ['a tokenizer that is null', 'null', configJson],
    ['a tokenizer without a model', '{}', configJson],
    ['a config cut short', tokenizerJson, configJson.slice(0, 20)],
    ['a config that is null', tokenizerJson, 'null'],
    [
      'a vocabulary without pad token',
      JSON.stringify({ ...smallXlmr, added_tokens: [] }),
      JSON.stringify({}),
    ],
    [
      'a layout without separator',
      withPostProcessor({
        ...smallXlmr.post_processor,
        pair: [sequence('A', 0), sequence('B', 0)],
      }),
      JSON.stringify(smallXlmrConfig),
    ],
    ['no post-processor', withPostProcessor(null), JSON.stringify(smallXlmrConfig)],
    [
      'a post-processor that sets no separator',
      withPostProcessor({ type: 'ByteLevel', trim_offsets: false }),
      JSON.stringify(smallXlmrConfig),
    ],
    [
      'a special token that has no id',
      withPostProcessor({ type: 'BertProcessing', sep: ['[SEP]', 102], cls: ['<s>', 0] }),
      JSON.stringify(smallXlmrConfig),
    ],
    [
      'token types in an order of its own',
      withPostProcessor({
        ...smallXlmr.post_processor,
        pair: [sequence('A', 1), special('</s>', 1), sequence('B', 0), special('</s>', 0)],
      }),
      JSON.stringify(smallXlmrConfig),
    ],
    ['a pad token of the wrong kind', tokenizerJson, JSON.stringify({ pad_token: 0 })],
    ['an unknown pad token', tokenizerJson, JSON.stringify({ pad_token: '<nothing>' })],
    [
      'a layout that joins query and passage',
      JSON.stringify({ ...smallXlmr, post_processor: layoutOf(special('<s>', 0)) }),
      JSON.stringify(smallXlmrConfig),
    ],
  ])('refuses %s as a corrupt model', (_, tokenizer, config) => {
    const create = () => createPairTokenizer(tokenizer, config);
    expect(create).toThrow(RerankError);
    expect(create).toThrow(expect.objectContaining({ code: 'model-corrupt' }));
  });

  it('reads special tokens that somebody typed as the text that they are', () => {
    const { encode, layout } = createPairTokenizer(tokenizerJson, configJson);
    const special = [...layout.prefix, ...layout.between, ...layout.suffix];
    for (const text of ['[SEP]', 'a [SEP] b', '[CLS][SEP]', '[PAD] [MASK]']) {
      const ids = encode(text);
      expect(ids.length).toBeGreaterThan(0);
      expect(ids.filter((id) => special.includes(id))).toEqual([]);
    }
    expect(encode('[SEP]')).toEqual([...encode('['), ...encode('sep'), ...encode(']')]);
  });
});

// What is expected here is what the reference implementation gives for the same files: the Python
// package tokenizers 0.23.2.
describe('the layout of a pair follows the post-processor', () => {
  const sep = ['</s>', 2];
  const cls = ['<s>', 0];
  const bert = { type: 'BertProcessing', sep, cls };
  const roberta = { type: 'RobertaProcessing', sep, cls, trim_offsets: true };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false };

  it.each([
    ['BertProcessing', bert, [2], 1],
    ['RobertaProcessing', roberta, [2, 2], 0],
    ['TemplateProcessing', smallXlmr.post_processor, [2, 2], 0],
    ['ByteLevel before it', { type: 'Sequence', processors: [byteLevel, bert] }, [2], 1],
    ['ByteLevel behind it', { type: 'Sequence', processors: [bert, byteLevel] }, [2], 1],
  ])('%s', (_, processor, between, passageType) => {
    const { layout } = createPairTokenizer(withPostProcessor(processor), null);
    expect(layout).toEqual({ prefix: [0], between, suffix: [2], passageType });
  });

  it('with special tokens of several ids', () => {
    const template = {
      ...smallXlmr.post_processor,
      special_tokens: {
        '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] },
        '</s>': { id: '</s>', ids: [2, 1], tokens: ['</s>', '<pad>'] },
      },
    };
    const { layout } = createPairTokenizer(withPostProcessor(template), null);
    expect(layout).toMatchObject({ between: [2, 1, 2, 1], suffix: [2, 1] });
  });

  it('also where query and passage are unknown words', () => {
    const parts = { ...smallXlmr, model: { type: 'Unigram', unk_id: 3, vocab: fourSpecials } };
    const { encode, layout } = createPairTokenizer(JSON.stringify(parts), null);
    expect(encode('a')).toEqual([3]);
    expect(layout.between).toEqual([2, 2]);
  });
});

describe('text is encoded as the reference does', () => {
  it.each([
    ['always', [7, 5]],
    ['first', [7, 5]],
    ['never', [8, 5]],
  ])('Metaspace that prepends %s', (scheme, ids) => {
    const parts = {
      ...smallXlmr,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split: true },
      model: { ...smallXlmr.model, vocab: [...smallXlmr.model.vocab.slice(0, 8), ['panda', -6]] },
    };
    const { encode } = createPairTokenizer(JSON.stringify(parts), null);
    expect(encode('panda a')).toEqual(ids);
  });

  it('Unigram with byte_fallback gives the bytes of an unknown word if it has all of them', () => {
    const bytes = ['<0xE9>', '<0xBE>', '<0x98>'].map((token) => [token, -20]);
    const vocab = [...smallXlmr.model.vocab, ...bytes];
    const encoderWith = (byteFallback: boolean) => {
      const model = { ...smallXlmr.model, vocab, byte_fallback: byteFallback };
      return createPairTokenizer(JSON.stringify({ ...smallXlmr, model }), null).encode;
    };
    const [plain, fallback] = [encoderWith(false), encoderWith(true)];
    // 龘 is E9 BE 98, and é is C3 A9.
    expect(fallback('龘')).toEqual([4, 10, 11, 12]);
    expect(fallback('a 龘龘 b')).toEqual([5, 4, 10, 11, 12, 10, 11, 12, 6]);
    expect(fallback('a龘')).toEqual([5, 10, 11, 12]);
    expect(fallback('é')).toEqual([4, 3]);
    expect(plain('a 龘龘 b')).toEqual([5, 4, 3, 6]);
    expect(fallback('')).toEqual([]);
  });

  it('Precompiled normalises width and blanks, and keeps the joiner', () => {
    const parts = {
      ...smallXlmr,
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Precompiled', precompiled_charsmap: 'ALQCAACEAAAAAACAAQAAgMz8AgC4BQAAhyIAgMzk' },
          { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
        ],
      },
    };
    const { encode } = createPairTokenizer(JSON.stringify(parts), null);
    for (const text of ['panda a', 'ｐａｎｄａ\u3000ａ', 'panda\n\ta', 'pan\u0007da \u00a0 a']) {
      expect(encode(text), JSON.stringify(text)).toEqual([7, 5]);
    }
    // The joiner is no blank: it stays inside the word, here as an unknown character.
    expect(encode('a\u200db')).toEqual([5, 3, 9]);
  });

  it('special tokens that strip blanks are text like any other', () => {
    const mask = { id: 10, content: '<mask>', lstrip: true, special: true, normalized: false };
    const parts = { ...smallXlmr, added_tokens: [...smallXlmr.added_tokens, mask] };
    const { encode } = createPairTokenizer(JSON.stringify(parts), null);
    expect(encode('a <mask>')).not.toContain(10);
    expect(encode('a <mask>').slice(0, 2)).toEqual([5, 4]);
  });

  it('added tokens that are not special stay whole, and strip the blanks they should', () => {
    const added = { id: 10, content: 'qq', lstrip: true, special: false, normalized: false };
    const parts = { ...smallXlmr, added_tokens: [...smallXlmr.added_tokens, added] };
    const { encode } = createPairTokenizer(JSON.stringify(parts), null);
    expect(encode('a qq')).toEqual([5, 10]);
  });
});

function special(id: string, typeId: number): object {
  return { SpecialToken: { id, type_id: typeId } };
}

function sequence(id: string, typeId: number): object {
  return { Sequence: { id, type_id: typeId } };
}

/** A post-processor that gives these parts for every pair. */
function layoutOf(...pair: object[]): object {
  return { ...smallXlmr.post_processor, pair };
}

function withPostProcessor(processor: object | null): string {
  return JSON.stringify({ ...smallXlmr, post_processor: processor });
}
