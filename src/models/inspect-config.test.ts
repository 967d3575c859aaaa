import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { inspectConfig } from './inspect-config.ts';

/** The fields of public configs that matter here. */
const miniLm = {
  architectures: ['BertForSequenceClassification'],
  model_type: 'bert',
  hidden_size: 384,
  num_hidden_layers: 6,
  num_attention_heads: 12,
  intermediate_size: 1536,
  vocab_size: 30_522,
  max_position_embeddings: 512,
  position_embedding_type: 'absolute',
  id2label: { '0': 'LABEL_0' },
};
const bgeV2M3 = {
  architectures: ['XLMRobertaForSequenceClassification'],
  model_type: 'xlm-roberta',
  hidden_size: 1024,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  intermediate_size: 4096,
  vocab_size: 250_002,
  max_position_embeddings: 8194,
  position_embedding_type: 'absolute',
  id2label: { '0': 'LABEL_0' },
};
const jinaV1 = {
  _name_or_path: 'jinaai/jina-bert-implementation',
  architectures: ['JinaBertModel'],
  model_type: 'bert',
  hidden_size: 384,
  num_hidden_layers: 4,
  num_attention_heads: 12,
  intermediate_size: 1536,
  vocab_size: 61_056,
  max_position_embeddings: 8192,
  position_embedding_type: 'alibi',
};

function refusal(config: unknown): string {
  try {
    inspectConfig(config, null, 'someone/model');
  } catch (error) {
    if (error instanceof RerankError && error.code === 'model-unsupported') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a config of a cross-encoder', () => {
  it('gives architecture, shape, length and parameters', () => {
    expect(inspectConfig(bgeV2M3, { model_max_length: 8192 }, 'BAAI/bge-reranker-v2-m3')).toEqual({
      architecture: 'xlm-roberta',
      shape: { layers: 24, hidden: 1024, intermediate: 4096, heads: 16, vocabulary: 250_002 },
      maxLength: 8192,
      parametersMillions: 566.4,
    });
    expect(inspectConfig(miniLm, null, 'x').parametersMillions).toBe(22.5);
  });

  it.each([
    ['BertForSequenceClassification', 'bert'],
    ['XLMRobertaForSequenceClassification', 'xlm-roberta'],
    ['RobertaForSequenceClassification', 'xlm-roberta'],
    ['ModernBertForSequenceClassification', 'modernbert'],
    ['DebertaV2ForSequenceClassification', 'deberta-v2'],
    ['NewForSequenceClassification', 'new'],
    ['ElectraForSequenceClassification', 'other'],
  ])('of %s is of the architecture %s', (name, architecture) => {
    const config = { ...miniLm, architectures: [name] };
    expect(inspectConfig(config, null, 'x').architecture).toBe(architecture);
  });

  it.each([
    ['two rows for padding in XLM-R', bgeV2M3, 8192],
    ['XLM-R of 512', { ...bgeV2M3, max_position_embeddings: 514 }, 512],
    [
      'jina v2, whose config names no model_type',
      { ...bgeV2M3, model_type: undefined, max_position_embeddings: 1026 },
      1024,
    ],
    ['BERT', miniLm, 512],
    ['ALiBi', jinaV1, 8192],
    ['DeBERTa', { ...miniLm, architectures: ['DebertaV2ForSequenceClassification'] }, 512],
    ['nothing stated', { ...miniLm, max_position_embeddings: undefined }, 512],
    ['nonsense stated', { ...miniLm, max_position_embeddings: -1 }, 512],
  ])('takes its length from the positions: %s', (_, config, length) => {
    expect(inspectConfig(config, null, 'x').maxLength).toBe(length);
  });

  it('takes the shorter length of tokenizer and positions, unless it means no limit', () => {
    expect(inspectConfig(bgeV2M3, { model_max_length: 1024 }, 'x').maxLength).toBe(1024);
    expect(inspectConfig(bgeV2M3, { model_max_length: 1e30 }, 'x').maxLength).toBe(8192);
    expect(inspectConfig(miniLm, { model_max_length: 8192 }, 'x').maxLength).toBe(512);
    expect(inspectConfig(miniLm, { model_max_length: 'many' }, 'x').maxLength).toBe(512);
    expect(inspectConfig(miniLm, 'broken', 'x').maxLength).toBe(512);
  });

  it('may name its label in any of the three ways', () => {
    const { id2label: _, ...bare } = miniLm;
    expect(inspectConfig({ ...bare, num_labels: 1 }, null, 'x').shape.layers).toBe(6);
    expect(inspectConfig({ ...bare, id2label: { '0': 'relevance' } }, null, 'x').maxLength).toBe(
      512,
    );
  });

  it('may be of jina-reranker-v1, whose configs name no head', () => {
    expect(inspectConfig(jinaV1, null, 'x')).toMatchObject({
      architecture: 'jina-bert',
      parametersMillions: 32.9,
    });
    expect(inspectConfig({ ...jinaV1, num_hidden_layers: 6 }, null, 'x').shape.layers).toBe(6);
  });

  it('reads the names that DistilBERT has for its sizes', () => {
    const config = {
      architectures: ['DistilBertForSequenceClassification'],
      dim: 768,
      n_layers: 6,
      n_heads: 12,
      hidden_dim: 3072,
      vocab_size: 30_522,
      num_labels: 1,
    };
    expect(inspectConfig(config, null, 'x').shape).toEqual({
      layers: 6,
      hidden: 768,
      intermediate: 3072,
      heads: 12,
      vocabulary: 30_522,
    });
  });

  const embedded = new URL('../../public/models/crossrank-tiny-en-zh/', import.meta.url);
  it.skipIf(!existsSync(embedded))('is that of the embedded model', () => {
    const read = (name: string): unknown =>
      JSON.parse(readFileSync(new URL(name, embedded), 'utf8'));
    expect(inspectConfig(read('config.json'), read('tokenizer_config.json'), 'x')).toMatchObject({
      architecture: 'bert',
      shape: { layers: 4, hidden: 256, intermediate: 1024, heads: 4, vocabulary: 18_939 },
      maxLength: 512,
    });
  });
});

describe('a config of something else', () => {
  const as = (name: string): unknown => ({ ...miniLm, architectures: [name] });

  it.each([
    ['no object', 'text', /no JSON object/],
    ['null', null, /no JSON object/],
    ['an array', [], /no JSON object|not an object|does not name/],
    ['no architecture', { ...miniLm, architectures: undefined }, /does not name an architecture/],
    ['an empty list of them', { ...miniLm, architectures: [] }, /does not name an architecture/],
    ['a masked language model', as('BertForMaskedLM'), /without a ranking head/],
    ['an embedding model', as('BertModel'), /embedding model/],
    ['a Jina embedding model', { ...jinaV1, hidden_size: 768 }, /embedding model/],
    ['a decoder', as('Qwen3ForCausalLM'), /decoder/],
    ['a decoder with a head', as('Qwen2ForSequenceClassification'), /decoder/],
    ['T5', { architectures: ['T5ForConditionalGeneration'], d_model: 512 }, /encoder-decoder/],
    ['an entity tagger', as('BertForTokenClassification'), /another task/],
    ['an image model', { architectures: ['ViTForImageClassification'] }, /images/],
    ['a picture-and-text model', { architectures: ['CLIPModel'], vision_config: {} }, /images/],
    [
      'five labels',
      { ...miniLm, id2label: { 0: 'a', 1: 'b', 2: 'c', 3: 'd', 4: 'e' } },
      /5 labels/,
    ],
    ['two labels unsaid', { ...miniLm, id2label: undefined }, /2 labels/],
    ['two labels', { ...miniLm, num_labels: 2 }, /2 labels/],
    ['no sizes', { ...miniLm, hidden_size: undefined }, /no hidden_size/],
    ['no vocabulary', { ...miniLm, vocab_size: undefined }, /no vocab_size/],
    ['a wrong type', { ...miniLm, hidden_size: 'large' }, /wrong at hidden_size/],
  ])('is refused with the reason: %s', (_, config, reason) => {
    const message = refusal(config);
    expect(message).toMatch(reason);
    expect(message).toMatch(
      /^someone\/model cannot rerank here: .*Choose a cross-encoder with one/,
    );
  });

  it('never fails in any other way', () => {
    const field = fc.constantFrom(...Object.keys(miniLm));
    fc.assert(
      fc.property(field, fc.jsonValue(), fc.jsonValue(), (name, value, tokenizer) => {
        try {
          const { maxLength } = inspectConfig({ ...miniLm, [name]: value }, tokenizer, 'x');
          expect(maxLength).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RerankError);
        }
      }),
    );
  });
});
