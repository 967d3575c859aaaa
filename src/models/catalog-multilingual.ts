import { hubBuild } from './catalog-builds.ts';
import { jinaV2Scores } from './catalog-sources.ts';
import type { ModelCard, ModelShape, PublishedScore } from './model-card.ts';

const xlmRobertaLarge: ModelShape = {
  layers: 24,
  hidden: 1024,
  intermediate: 4096,
  heads: 16,
  vocabulary: 250_002,
};

const xlmRobertaBase: ModelShape = {
  layers: 12,
  hidden: 768,
  intermediate: 3072,
  heads: 12,
  vocabulary: 250_002,
};

const multilingualMiniLm: ModelShape = {
  layers: 12,
  hidden: 384,
  intermediate: 1536,
  heads: 12,
  vocabulary: 250_002,
};

const gteMultilingual: ModelShape = {
  layers: 12,
  hidden: 768,
  intermediate: 3072,
  heads: 12,
  vocabulary: 250_048,
};

const xlmRobertaPair = '<s> query </s></s> passage </s>';
/** tokenizer.json (17.1 MB) and tokenizer_config.json of the XLM-R family. */
const xlmRobertaTokenizerBytes = 17_100_000;

const apache = { id: 'Apache-2.0', commercialUse: true } as const;
const mit = { id: 'MIT', commercialUse: true } as const;

/** BAAI/bge-reranker-v2-m3: the model that this catalog begins with. */
export const bgeRerankerV2M3: ModelCard = {
  id: 'onnx-community/bge-reranker-v2-m3-ONNX',
  name: 'bge-reranker-v2-m3',
  aliases: ['BAAI/bge-reranker-v2-m3'],
  revision: 'main',
  licence: apache,
  architecture: 'xlm-roberta',
  shape: xlmRobertaLarge,
  parametersMillions: 568,
  maxLength: 8192,
  languages: ['mul'],
  pairFormat: xlmRobertaPair,
  builds: [
    hubBuild(xlmRobertaLarge, 'fp32', 2_270_700_000, { externalData: ['onnx/model.onnx_data'] }),
    hubBuild(xlmRobertaLarge, 'fp16', 1_140_000_000),
    hubBuild(xlmRobertaLarge, 'int8', 571_000_000),
    hubBuild(xlmRobertaLarge, 'q4', 1_250_000_000),
    hubBuild(xlmRobertaLarge, 'q4f16', 700_000_000),
  ],
  tokenizerBytes: xlmRobertaTokenizerBytes,
  goodFor: {
    en: 'The strongest all-round choice here: a hundred languages, queries and documents in different ones, long passages. Wants a graphics card.',
    zh: '综合能力最强：支持上百种语言，查询和文档可以是不同语言，也能处理长段落；建议在有独立显卡的机器上使用。',
  },
  published: jinaV2Scores({ mkqa: 0.5417, beir: 0.5365, airBench: 0.6128 }),
};

/** Jina AI's second generation. Non-commercial. */
export const jinaRerankerV2: ModelCard = {
  id: 'jinaai/jina-reranker-v2-base-multilingual',
  name: 'jina-reranker-v2-base-multilingual',
  aliases: [],
  revision: 'main',
  licence: { id: 'CC-BY-NC-4.0', commercialUse: false },
  architecture: 'xlm-roberta',
  shape: xlmRobertaBase,
  parametersMillions: 278,
  maxLength: 1024,
  languages: ['mul'],
  pairFormat: xlmRobertaPair,
  builds: [
    hubBuild(xlmRobertaBase, 'fp32', 1_110_000_000),
    hubBuild(xlmRobertaBase, 'fp16', 557_000_000),
    hubBuild(xlmRobertaBase, 'int8', 280_000_000),
  ],
  tokenizerBytes: xlmRobertaTokenizerBytes,
  goodFor: {
    en: 'Many languages, code and tables at half the size of bge-reranker-v2-m3. Not for commercial use.',
    zh: '体积只有 bge-reranker-v2-m3 的一半，支持多语言，也擅长代码和表格检索；许可证不允许商用。',
  },
  published: jinaV2Scores({ mkqa: 0.5483, beir: 0.5317 }),
};

/** BAAI's first generation, base size. */
export const bgeRerankerBase: ModelCard = {
  id: 'Xenova/bge-reranker-base',
  name: 'bge-reranker-base',
  aliases: ['BAAI/bge-reranker-base', 'onnx-community/bge-reranker-base'],
  revision: 'main',
  licence: mit,
  architecture: 'xlm-roberta',
  shape: xlmRobertaBase,
  parametersMillions: 278,
  maxLength: 512,
  languages: ['en', 'zh'],
  pairFormat: xlmRobertaPair,
  builds: [
    hubBuild(xlmRobertaBase, 'fp32', 1_110_000_000),
    hubBuild(xlmRobertaBase, 'fp16', 556_000_000),
    hubBuild(xlmRobertaBase, 'q8', 279_000_000),
  ],
  tokenizerBytes: xlmRobertaTokenizerBytes,
  goodFor: {
    en: 'Chinese and English passages of up to 512 tokens, at a quarter of the work of the large models.',
    zh: '适合 512 个词元以内的中英文段落，计算量约为大模型的四分之一。',
  },
  published: cMtebScores([0.6728, 0.3546, 0.8126, 0.841]),
};

/** BAAI's first generation, large size. */
export const bgeRerankerLarge: ModelCard = {
  id: 'Xenova/bge-reranker-large',
  name: 'bge-reranker-large',
  aliases: ['BAAI/bge-reranker-large'],
  revision: 'main',
  licence: mit,
  architecture: 'xlm-roberta',
  shape: xlmRobertaLarge,
  parametersMillions: 560,
  maxLength: 512,
  languages: ['en', 'zh'],
  pairFormat: xlmRobertaPair,
  builds: [hubBuild(xlmRobertaLarge, 'q8', 562_000_000)],
  tokenizerBytes: xlmRobertaTokenizerBytes,
  goodFor: {
    en: 'Chinese and English where accuracy counts more than time; bge-reranker-v2-m3 costs the same and knows more languages.',
    zh: '中英文场景下精度优先的选择；bge-reranker-v2-m3 开销相同，但支持更多语言。',
  },
  published: cMtebScores([0.676, 0.3716, 0.8215, 0.8418]),
};

/** The small XLM-R reranker, taught on machine-translated MS MARCO. */
export const mmarcoMiniLm: ModelCard = {
  id: 'cross-encoder/mmarco-mMiniLMv2-L12-H384-v1',
  name: 'mmarco-mMiniLMv2-L12-H384-v1',
  aliases: ['nreimers/mmarco-mMiniLMv2-L12-H384-v1'],
  revision: 'main',
  licence: apache,
  architecture: 'xlm-roberta',
  shape: multilingualMiniLm,
  parametersMillions: 118,
  maxLength: 512,
  languages: 'ar de en es fr hi id it ja nl pt ru vi zh'.split(' '),
  pairFormat: xlmRobertaPair,
  builds: [
    // The Sentence Transformers team names its 8-bit files by processor; they hold the same kind
    // of weights and run everywhere.
    hubBuild(multilingualMiniLm, 'int8', 119_000_000, {
      path: 'onnx/model_qint8_avx512_vnni.onnx',
    }),
  ],
  tokenizerBytes: xlmRobertaTokenizerBytes,
  goodFor: {
    en: 'The small multilingual choice: 14 languages, fast enough without a graphics card.',
    zh: '轻量的多语言模型：支持包括中文在内的 14 种语言，没有显卡也能流畅运行。',
  },
  published: jinaV2Scores({ mkqa: 0.5337, beir: 0.454, airBench: 0.5646 }),
};

/** Alibaba's multilingual reranker. */
export const gteMultilingualReranker: ModelCard = {
  id: 'onnx-community/gte-multilingual-reranker-base',
  name: 'gte-multilingual-reranker-base',
  aliases: ['Alibaba-NLP/gte-multilingual-reranker-base'],
  revision: 'main',
  licence: apache,
  architecture: 'new',
  shape: gteMultilingual,
  parametersMillions: 306,
  maxLength: 8192,
  languages: ['mul'],
  pairFormat: xlmRobertaPair,
  builds: [
    hubBuild(gteMultilingual, 'fp32', 1_260_000_000),
    hubBuild(gteMultilingual, 'fp16', 629_000_000),
    hubBuild(gteMultilingual, 'int8', 341_000_000),
    hubBuild(gteMultilingual, 'q4f16', 466_000_000),
  ],
  tokenizerBytes: xlmRobertaTokenizerBytes,
  goodFor: {
    en: 'Over 70 languages and long documents, at about 40 % of the work of bge-reranker-v2-m3.',
    zh: '支持 70 多种语言和长文档，计算量约为 bge-reranker-v2-m3 的四成。',
  },
  published: [],
};

/** MAP on the four monolingual C-MTEB reranking tasks, from FlagEmbedding's README. */
function cMtebScores(
  values: readonly [t2: number, mmarco: number, cmedqa1: number, cmedqa2: number],
): readonly PublishedScore[] {
  const tasks = ['T2Reranking', 'MMarcoReranking', 'CMedQAv1', 'CMedQAv2'] as const;
  return tasks.map((task, index) => ({
    benchmark: `C-MTEB ${task}`,
    metric: 'AP',
    value: values[index] ?? 0,
    source: 'BAAI',
    sourceUrl: 'https://huggingface.co/BAAI/bge-reranker-large',
  }));
}
