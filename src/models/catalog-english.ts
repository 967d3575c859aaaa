import { hubBuild } from './catalog-builds.ts';
import { jinaV1Scores } from './catalog-sources.ts';
import type { ModelCard, ModelShape } from './model-card.ts';

const jinaV1Turbo: ModelShape = {
  layers: 6,
  hidden: 384,
  intermediate: 1536,
  heads: 12,
  vocabulary: 61_056,
};

const jinaV1Tiny: ModelShape = { ...jinaV1Turbo, layers: 4 };

const modernBertBase: ModelShape = {
  layers: 22,
  hidden: 768,
  intermediate: 1152,
  heads: 12,
  vocabulary: 50_368,
};

const debertaXsmall: ModelShape = {
  layers: 12,
  hidden: 384,
  intermediate: 1536,
  heads: 6,
  vocabulary: 128_100,
};

const apache = { id: 'Apache-2.0', commercialUse: true } as const;
/** RoBERTa's own layout: Jina v1 uses a byte-level vocabulary of that kind. */
const robertaPair = '<s> query </s></s> passage </s>';
const bertPair = '[CLS] query [SEP] passage [SEP]';
/** tokenizer.json (2.03 MB) and tokenizer_config.json. */
const jinaV1TokenizerBytes = 2_030_000;

/** Jina AI's first generation, six layers. */
export const jinaRerankerV1Turbo: ModelCard = {
  id: 'jinaai/jina-reranker-v1-turbo-en',
  name: 'jina-reranker-v1-turbo-en',
  aliases: [],
  revision: 'main',
  licence: apache,
  architecture: 'jina-bert',
  shape: jinaV1Turbo,
  parametersMillions: 38,
  maxLength: 8192,
  languages: ['en'],
  pairFormat: robertaPair,
  builds: [
    hubBuild(jinaV1Turbo, 'fp32', 151_000_000),
    hubBuild(jinaV1Turbo, 'fp16', 76_000_000),
    hubBuild(jinaV1Turbo, 'q8', 38_000_000),
  ],
  tokenizerBytes: jinaV1TokenizerBytes,
  goodFor: {
    en: 'English, long documents in one piece, a small download.',
    zh: '英文检索：能一次读完长文档，下载体积小。',
  },
  published: jinaV1Scores({ beir: 0.496, loco: 0.6921 }),
};

/** Jina AI's first generation, four layers. */
export const jinaRerankerV1Tiny: ModelCard = {
  id: 'jinaai/jina-reranker-v1-tiny-en',
  name: 'jina-reranker-v1-tiny-en',
  aliases: [],
  revision: 'main',
  licence: apache,
  architecture: 'jina-bert',
  shape: jinaV1Tiny,
  parametersMillions: 33,
  maxLength: 8192,
  languages: ['en'],
  pairFormat: robertaPair,
  builds: [
    hubBuild(jinaV1Tiny, 'fp32', 132_000_000),
    hubBuild(jinaV1Tiny, 'fp16', 66_000_000),
    hubBuild(jinaV1Tiny, 'q8', 33_000_000),
  ],
  tokenizerBytes: jinaV1TokenizerBytes,
  goodFor: {
    en: 'English at high speed on weak machines, with room for long documents.',
    zh: '英文检索：低配机器上也很快，同样支持长文档。',
  },
  published: jinaV1Scores({ beir: 0.4854, loco: 0.7029 }),
};

/** Alibaba's English reranker on ModernBERT. */
export const gteModernBertReranker: ModelCard = {
  id: 'Alibaba-NLP/gte-reranker-modernbert-base',
  name: 'gte-reranker-modernbert-base',
  aliases: [],
  revision: 'main',
  licence: apache,
  architecture: 'modernbert',
  shape: modernBertBase,
  parametersMillions: 149,
  maxLength: 8192,
  languages: ['en'],
  pairFormat: bertPair,
  builds: [
    hubBuild(modernBertBase, 'fp32', 599_000_000),
    hubBuild(modernBertBase, 'fp16', 300_000_000),
    hubBuild(modernBertBase, 'int8', 151_000_000),
    hubBuild(modernBertBase, 'q4f16', 140_000_000),
  ],
  // tokenizer.json of ModernBERT is 3.58 MB, tokenizer_config.json 20 kB.
  tokenizerBytes: 3_600_000,
  goodFor: {
    en: 'The strongest English model here, also for code and for long documents.',
    zh: '这里最强的英文模型，也适合代码和长文档。',
  },
  published: [
    { benchmark: 'BEIR (15 collections)', value: 0.5619 },
    { benchmark: 'LoCo', value: 0.9068 },
    { benchmark: 'CoIR', value: 0.7999 },
  ].map((score) => ({
    ...score,
    metric: 'nDCG@10',
    source: 'Alibaba',
    sourceUrl: 'https://huggingface.co/Alibaba-NLP/gte-reranker-modernbert-base',
  })),
};

/** Mixedbread's smallest reranker of the first generation. */
export const mxbaiRerankXsmall: ModelCard = {
  id: 'mixedbread-ai/mxbai-rerank-xsmall-v1',
  name: 'mxbai-rerank-xsmall-v1',
  aliases: [],
  revision: 'main',
  licence: apache,
  architecture: 'deberta-v2',
  shape: debertaXsmall,
  parametersMillions: 71,
  maxLength: 512,
  languages: ['en'],
  pairFormat: bertPair,
  builds: [hubBuild(debertaXsmall, 'fp32', 284_000_000), hubBuild(debertaXsmall, 'q8', 87_000_000)],
  // tokenizer.json is 8.65 MB.
  tokenizerBytes: 8_650_000,
  goodFor: {
    en: 'English questions about special subjects, behind a keyword search.',
    zh: '英文检索：放在关键词检索之后，处理专业领域的提问。',
  },
  published: [
    {
      benchmark: 'BEIR (11 collections)',
      metric: 'nDCG@10',
      value: 0.439,
      source: 'Mixedbread',
      sourceUrl: 'https://www.mixedbread.com/docs/reranking/models/mxbai-rerank-xsmall-v1',
    },
    ...jinaV1Scores({ beir: 0.488 }),
  ],
};
