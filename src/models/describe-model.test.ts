import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { findModel } from './catalog.ts';
import { describeModel } from './describe-model.ts';
import { cardOfRepository, type InspectedRepository } from './inspect-repository.ts';

const known = findModel('Xenova/ms-marco-MiniLM-L-6-v2');
if (known === undefined) throw new Error('the catalog lacks the model of these tests');

const config = {
  architectures: ['BertForSequenceClassification'],
  hidden_size: 384,
  num_hidden_layers: 5,
  num_attention_heads: 12,
  intermediate_size: 1536,
  vocab_size: 30_522,
  max_position_embeddings: 256,
  id2label: { '0': 'LABEL_0' },
};

const repository: InspectedRepository = {
  id: known.id,
  revision: '0123456789abcdef0123456789abcdef01234567',
  files: [
    { path: 'config.json', bytes: 600, sha256: null },
    { path: 'tokenizer.json', bytes: 700_000, sha256: null },
    { path: 'onnx/model.onnx', bytes: 91_011_230, sha256: null },
    { path: 'onnx/model_q4.onnx', bytes: 54_000_000, sha256: null },
  ],
  licence: 'mit',
  languages: ['zh'],
  config,
  tokenizerConfig: { sep_token: '[SEP]' },
};

const found = [
  ['fp32', 'onnx/model.onnx', 91_011_230],
  ['q4', 'onnx/model_q4.onnx', 54_000_000],
];

describe('the card of a model that the catalog knows', () => {
  const card = describeModel(known, repository);

  it('keeps what people wrote of it', () => {
    const { id, name, aliases, licence, languages, goodFor, published } = known;
    expect(card).toMatchObject({ id, name, aliases, licence, languages, goodFor, published });
    expect(goodFor).not.toBeNull();
  });

  it('has the builds, the shape and the commit that are really there', () => {
    expect(card.builds.map(({ dtype, path, bytes }) => [dtype, path, bytes])).toEqual(found);
    expect(card).toMatchObject({
      revision: repository.revision,
      tokenizerBytes: 700_000,
      maxLength: 256,
      shape: { layers: 5 },
    });
  });

  it.each([
    ['is missing', null],
    ['names no architecture', { ...config, architectures: [] }],
    ['says nothing of labels', { ...config, id2label: undefined }],
  ])('stays known where the config %s', (_, odd) => {
    const { builds, ...rest } = describeModel(known, { ...repository, config: odd });
    expect(builds.map(({ dtype, path, bytes }) => [dtype, path, bytes])).toEqual(found);
    const { shape, architecture, maxLength } = known;
    expect(rest).toMatchObject({
      ...{ shape, architecture, maxLength },
      revision: repository.revision,
    });
  });

  it('is refused where its repository has nothing to run', () => {
    const files = repository.files.slice(0, 2);
    expect(() => describeModel(known, { ...repository, files })).toThrow(RerankError);
    expect(() => describeModel(known, { ...repository, files })).toThrow(/no ONNX files/u);
  });
});

describe('the card of a model that nobody knows', () => {
  const other = { ...repository, id: 'team/our-reranker' };

  it('is made of its files', () => {
    expect(describeModel(undefined, other)).toEqual(cardOfRepository(other));
    expect(describeModel(undefined, other)).toMatchObject({ id: other.id, goodFor: null });
  });

  it('is refused where the config does not tell what it is', () => {
    expect(() => describeModel(undefined, { ...other, config: null })).toThrow(/config\.json/u);
  });
});
