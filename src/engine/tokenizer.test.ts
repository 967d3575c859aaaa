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
const smallXlmrConfig = { tokenizer_class: 'XLMRobertaTokenizer', pad_token: '<pad>' };

describe('createPairTokenizer', () => {
  it('learns the layout of the embedded model from its own files', () => {
    const { layout, padId } = createPairTokenizer(tokenizerJson, configJson);
    expect(layout).toEqual({ prefix: [2], between: [3], suffix: [3] });
    expect(padId).toBe(0);
  });

  it('learns the layout of another family', () => {
    const { encode, layout, padId } = createPairTokenizer(
      JSON.stringify(smallXlmr),
      JSON.stringify(smallXlmrConfig),
    );
    expect(layout).toEqual({ prefix: [0], between: [2, 2], suffix: [2] });
    expect(padId).toBe(1);
    const pair = encodePair(encodeQuery('panda', encode, layout, 20), 'a b', encode, layout, 20);
    expect([...pair.ids]).toEqual([0, 7, 2, 2, 5, 6, 2]);
    expect(pair.passageStart).toBe(4);
  });

  it('takes a pad token written as an object', () => {
    const config = { ...smallXlmrConfig, pad_token: { content: '<pad>', special: true } };
    const { padId } = createPairTokenizer(JSON.stringify(smallXlmr), JSON.stringify(config));
    expect(padId).toBe(1);
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
    ['a config without pad token', tokenizerJson, JSON.stringify({ pad_token: undefined })],
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
