import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { findModel, modelCatalog } from './catalog.ts';
import {
  candidatePaths,
  cardOfRepository,
  commercialUseOf,
  refineCard,
  tokenizerFiles,
} from './inspect-repository.ts';
import type { ModelCard, ModelFile } from './model-card.ts';

/** About 22.5M parameters: 90 MB in fp32. */
const config = {
  architectures: ['BertForSequenceClassification'],
  hidden_size: 384,
  num_hidden_layers: 6,
  num_attention_heads: 12,
  intermediate_size: 1536,
  vocab_size: 30_522,
  max_position_embeddings: 512,
  id2label: { '0': 'LABEL_0' },
};
const tokenizer = { 'tokenizer.json': 700_000, 'tokenizer_config.json': 300 };

function listing(sizes: Readonly<Record<string, number | null>>): ModelFile[] {
  return Object.entries(sizes).map(([path, bytes]) => ({ path, bytes, sha256: null }));
}

function cardOf(sizes: Readonly<Record<string, number | null>>): ModelCard {
  return cardOfRepository({
    id: 'team/our-reranker',
    revision: 'main',
    files: listing({ 'config.json': 600, ...tokenizer, ...sizes }),
    licence: null,
    languages: ['zh'],
    config,
    tokenizerConfig: { sep_token: '[SEP]' },
  });
}

function brief(card: ModelCard): unknown[] {
  return card.builds.map(({ dtype, path, bytes }) => [dtype, path, bytes]);
}

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof RerankError && error.code === 'model-unsupported') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('the card of a repository', () => {
  it('holds what config, tokenizer and listing say', () => {
    expect(
      cardOf({ 'onnx/model.onnx': 91_000_000, 'onnx/model_quantized.onnx': 23_100_000 }),
    ).toEqual({
      id: 'team/our-reranker',
      name: 'our-reranker',
      aliases: [],
      revision: 'main',
      licence: { id: null, commercialUse: null },
      architecture: 'bert',
      shape: { layers: 6, hidden: 384, intermediate: 1536, heads: 12, vocabulary: 30_522 },
      parametersMillions: 22.5,
      maxLength: 512,
      languages: ['zh'],
      pairFormat: '[CLS] query [SEP] passage [SEP]',
      builds: [
        {
          dtype: 'fp32',
          format: 'float',
          path: 'onnx/model.onnx',
          externalData: [],
          bytes: 91_000_000,
          largestTensorBytes: 30_522 * 384 * 4,
        },
        {
          dtype: 'q8',
          format: 'dynamic-int8',
          path: 'onnx/model_quantized.onnx',
          externalData: [],
          bytes: 23_100_000,
          largestTensorBytes: 30_522 * 384,
        },
      ],
      tokenizerBytes: 700_300,
      goodFor: null,
      published: [],
    });
  });

  it('has one build per known name and passes over other variants', () => {
    const card = cardOf({
      'onnx/model_q4f16.onnx': 30e6,
      'onnx/model_bnb4.onnx': 55e6,
      'onnx/model_uint8.onnx': 23e6,
      'onnx/model_O2.onnx': 91e6,
      'onnx/model_fp16.onnx': 45e6,
      'onnx/model_q4.onnx': 54e6,
      'onnx/model_int8.onnx': 23e6,
      'onnx/model_qint8_avx512.onnx': 23e6,
      'onnx/model-opt.onnx': 91e6,
      'onnx/decoder_model.onnx': 91e6,
    });
    expect(card.builds.map(({ dtype, format }) => [dtype, format])).toEqual([
      ['fp16', 'float'],
      ['int8', 'dynamic-int8'],
      ['q4', 'blocks'],
      ['q4f16', 'blocks'],
    ]);
  });

  it('prefers the folder onnx and falls back to the top', () => {
    expect(brief(cardOf({ 'model.onnx': 91e6, 'onnx/model.onnx': 90e6 }))).toEqual([
      ['fp32', 'onnx/model.onnx', 90e6],
    ]);
    expect(brief(cardOf({ 'model.onnx': 91e6 }))).toEqual([['fp32', 'model.onnx', 91e6]]);
  });

  it('counts external data with the graph, split or not', () => {
    const card = cardOf({
      'onnx/model.onnx': 500_000,
      'onnx/model.onnx_data': 60e6,
      'onnx/model.onnx_data_1': 30e6,
      'onnx/model_fp16.onnx': 100_000,
      'onnx/model_fp16.onnx.data': 45e6,
      'onnx/model.onnx_data.sha256': 64,
    });
    expect(card.builds.map(({ externalData, bytes }) => [externalData, bytes])).toEqual([
      [['onnx/model.onnx_data', 'onnx/model.onnx_data_1'], 90_500_000],
      [['onnx/model_fp16.onnx.data'], 45_100_000],
    ]);
  });

  it('takes the 8-bit files that are named by processor where there is no other', () => {
    const card = cardOf({
      'onnx/model.onnx': 91e6,
      'onnx/model_quint8_avx2.onnx': 23e6,
      'onnx/model_qint8_arm64.onnx': 23e6,
    });
    expect(brief(card)).toEqual([
      ['fp32', 'onnx/model.onnx', 91e6],
      ['int8', 'onnx/model_qint8_arm64.onnx', 23e6],
    ]);
  });

  it('takes a single file of any name for what its size suggests', () => {
    expect(brief(cardOf({ 'reranker.onnx': 91e6 }))).toEqual([['fp32', 'reranker.onnx', 91e6]]);
    expect(brief(cardOf({ 'model_quant.onnx': 24e6 }))).toEqual([
      ['int8', 'model_quant.onnx', 24e6],
    ]);
    expect(cardOf({ 'reranker.onnx': null }).builds[0]?.dtype).toBe('fp32');
  });

  it('sees by its size that model.onnx was exported in half precision', () => {
    expect(brief(cardOf({ 'model.onnx': 45.5e6 }))).toEqual([['fp16', 'model.onnx', 45.5e6]]);
    const both = cardOf({ 'onnx/model.onnx': 45.5e6, 'onnx/model_fp16.onnx': 45.6e6 });
    expect(both.builds.map(({ dtype }) => dtype)).toEqual(['fp32', 'fp16']);
  });

  it('estimates a size that nobody stated', () => {
    const [build] = cardOf({ 'onnx/model.onnx': null }).builds;
    expect((build?.bytes ?? 0) / 90e6).toBeCloseTo(1, 1);
  });

  it.each([
    ['no ONNX files', { 'model.safetensors': 91e6 }, /no ONNX files.*README/],
    ['variants only', { 'onnx/model_O2.onnx': 91e6, 'onnx/model_O3.onnx': 91e6 }, /no ONNX files/],
    ['a lone decoder', { 'onnx/decoder_model.onnx': 91e6 }, /no ONNX files/],
    [
      'a graph without its weights',
      { 'onnx/model.onnx': 700_000 },
      /model\.onnx_data\) is missing/,
    ],
  ])('is refused where there is nothing to run: %s', (_, sizes, reason) => {
    expect(refusal(() => cardOf(sizes))).toMatch(reason);
  });

  it('is refused without tokenizer.json, and for a model that is no reranker', () => {
    const repository = {
      id: 'team/x',
      revision: 'main',
      files: listing({ 'onnx/model.onnx': 91e6 }),
      licence: null,
      languages: [],
      config,
      tokenizerConfig: null,
    };
    expect(refusal(() => cardOfRepository(repository))).toMatch(
      /^tokenizer\.json is missing in team\/x/,
    );
    const embedding = { ...config, architectures: ['BertModel'] };
    expect(refusal(() => cardOfRepository({ ...repository, config: embedding }))).toMatch(
      /embedding model/,
    );
  });

  it.each([
    [{ sep_token: { content: '</s>' } }, '<s> query </s></s> passage </s>'],
    [{ sep_token: '[SEP]' }, '[CLS] query [SEP] passage [SEP]'],
    [null, 'as tokenizer.json says'],
  ])('tells the layout of a pair from the separator %j', (tokenizerConfig, pairFormat) => {
    const card = cardOfRepository({
      id: 'a/b',
      revision: 'main',
      files: listing({ ...tokenizer, 'model.onnx': 91e6 }),
      licence: null,
      languages: [],
      config,
      tokenizerConfig,
    });
    expect(card.pairFormat).toBe(pairFormat);
  });
});

describe('a licence', () => {
  it.each([
    ['apache-2.0', true],
    ['MIT', true],
    ['cc-by-4.0', true],
    ['cc-by-nc-4.0', false],
    ['CC-BY-NC-SA-3.0', false],
    ['some-non-commercial-licence', false],
    ['gemma', null],
    ['other', null],
    [null, null],
  ])('%s allows commercial use: %s', (licence, allowed) => {
    expect(commercialUseOf(licence)).toBe(allowed);
  });
});

describe('a card of the catalog', () => {
  const bge = findModel('BAAI/bge-reranker-v2-m3');
  if (bge === undefined) throw new Error('No bge-reranker-v2-m3');

  it('takes paths, sizes and external data from a listing, and drops what is not there', () => {
    const refined = refineCard(
      bge,
      listing({
        ...tokenizer,
        'onnx/model.onnx': 656_000,
        'onnx/model.onnx_data': 2_270_000_000,
        'onnx/model_int8.onnx': 570_727_094,
        'onnx/model_quantized.onnx': 570_727_094,
      }),
    );
    expect(
      refined.builds.map(({ dtype, bytes, externalData }) => [dtype, bytes, externalData]),
    ).toEqual([
      ['fp32', 2_270_656_000, ['onnx/model.onnx_data']],
      ['int8', 570_727_094, []],
      ['q8', 570_727_094, []],
    ]);
    expect(refined.tokenizerBytes).toBe(700_300);
    expect(refined).toMatchObject({ id: bge.id, goodFor: bge.goodFor, published: bge.published });
  });

  it('keeps its own sizes where the host states none', () => {
    const sizes = Object.fromEntries(bge.builds.map(({ path }) => [path, null]));
    const external = { 'onnx/model.onnx_data': null, 'tokenizer.json': null };
    const refined = refineCard(bge, listing({ ...sizes, ...external }));
    expect(refined.tokenizerBytes).toBe(bge.tokenizerBytes);
    expect(refined.builds.map(({ bytes }) => bytes)).toEqual(bge.builds.map(({ bytes }) => bytes));
  });

  it('is refused when its repository has lost its files', () => {
    expect(refusal(() => refineCard(bge, listing(tokenizer)))).toMatch(/no ONNX files/);
    expect(refusal(() => refineCard(bge, []))).toMatch(/tokenizer\.json is missing/);
  });

  it.each(modelCatalog.map((card) => [card.name, card] as const))(
    'of %s comes back whole from the files that it names',
    (_, card) => {
      const sizes = card.builds.flatMap(({ path, externalData, bytes }) =>
        externalData.length === 0
          ? [[path, bytes] as const]
          : [[path, 0] as const, ...externalData.map((data) => [data, bytes] as const)],
      );
      const refined = refineCard(card, listing({ ...tokenizer, ...Object.fromEntries(sizes) }));
      expect(refined.builds).toEqual(card.builds);
    },
  );
});

describe('the paths to ask a host for that lists nothing', () => {
  it('are those of a known card', () => {
    expect(candidatePaths(findModel('Xenova/bge-reranker-base') ?? null)).toEqual([
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'onnx/model.onnx',
      'onnx/model_fp16.onnx',
      'onnx/model_quantized.onnx',
      'onnx/model.onnx_data',
      'onnx/model_fp16.onnx_data',
    ]);
  });

  it('are the usual ones otherwise, each once', () => {
    const paths = candidatePaths(null);
    expect(paths).toContain('onnx/model_q4f16.onnx');
    expect(paths).toContain('model.onnx_data');
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('lead to a card when all are there', () => {
    const files = listing(Object.fromEntries(candidatePaths(null).map((path) => [path, null])));
    expect(tokenizerFiles(files).tokenizer?.path).toBe('tokenizer.json');
    expect(tokenizerFiles([])).toEqual({ tokenizer: null, tokenizerConfig: null });
    expect(brief(cardOf(Object.fromEntries(files.map(({ path }) => [path, null]))))).toHaveLength(
      6,
    );
  });
});
