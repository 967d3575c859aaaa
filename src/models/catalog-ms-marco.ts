import { hubBuild } from './catalog-builds.ts';
import { jinaV1Scores, msMarcoScores } from './catalog-sources.ts';
import type { ModelCard, ModelShape } from './model-card.ts';

/**
 * The English models of the Sentence Transformers team, taught on MS MARCO: quick first choices on
 * any machine, and what most papers compare with.
 */
export const msMarcoCards: readonly ModelCard[] = [
  msMarcoCard({
    variant: 'MiniLM-L-6-v2',
    newName: 'MiniLM-L6-v2',
    shape: miniLm(6),
    parametersMillions: 22.7,
    megabytes: { fp32: 91, fp16: 45.6, q8: 23.1 },
    scores: { trecDl19: 0.743, msMarcoDev: 0.3901 },
    more: jinaV1Scores({ beir: 0.4864 }),
    goodFor: {
      en: 'The usual English reranker: small, fast, well studied. Short passages only.',
      zh: '最常用的英文重排模型：小而快，研究充分；只适合较短的段落。',
    },
  }),
  msMarcoCard({
    variant: 'MiniLM-L-12-v2',
    newName: 'MiniLM-L12-v2',
    shape: miniLm(12),
    parametersMillions: 33,
    megabytes: { fp32: 134, fp16: 67, q8: 34 },
    scores: { trecDl19: 0.7431, msMarcoDev: 0.3902 },
    goodFor: {
      en: 'English; twice the work of MiniLM-L-6 for nearly the same quality.',
      zh: '英文；计算量是 MiniLM-L-6 的两倍，效果相差无几。',
    },
  }),
  msMarcoCard({
    variant: 'MiniLM-L-4-v2',
    newName: 'MiniLM-L4-v2',
    shape: miniLm(4),
    parametersMillions: 19.2,
    megabytes: { fp32: 76.8, fp16: 38.4, q8: 19.5 },
    scores: { trecDl19: 0.7304, msMarcoDev: 0.377 },
    goodFor: {
      en: 'English on slow machines: a third less work than MiniLM-L-6.',
      zh: '适合较慢机器的英文模型：计算量比 MiniLM-L-6 少三分之一。',
    },
  }),
  msMarcoCard({
    variant: 'MiniLM-L-2-v2',
    newName: 'MiniLM-L2-v2',
    shape: miniLm(2),
    parametersMillions: 15.6,
    megabytes: { fp32: 62.5, fp16: 31.3, q8: 15.8 },
    scores: { trecDl19: 0.7101, msMarcoDev: 0.3485 },
    goodFor: {
      en: 'English, many candidates in little time.',
      zh: '英文；候选很多、时间很紧时使用。',
    },
  }),
  msMarcoCard({
    variant: 'TinyBERT-L-2-v2',
    newName: 'TinyBERT-L2-v2',
    shape: { layers: 2, hidden: 128, intermediate: 512, heads: 2, vocabulary: 30_522 },
    parametersMillions: 4.4,
    megabytes: { fp32: 17.6, fp16: 8.8, q8: 4.5 },
    scores: { trecDl19: 0.6984, msMarcoDev: 0.3256 },
    goodFor: {
      en: 'English; the smallest download, for a first try or thousands of candidates.',
      zh: '英文；下载体积最小，适合先试一试，或一次处理成千上万个候选。',
    },
  }),
];

function msMarcoCard(row: {
  readonly variant: string;
  /** The name that the original repository was given later. */
  readonly newName: string;
  readonly shape: ModelShape;
  readonly parametersMillions: number;
  readonly megabytes: { readonly fp32: number; readonly fp16: number; readonly q8: number };
  readonly scores: Parameters<typeof msMarcoScores>[0];
  readonly more?: ModelCard['published'];
  readonly goodFor: ModelCard['goodFor'];
}): ModelCard {
  const { shape, megabytes } = row;
  const bytes = (size: number): number => Math.round(size * 1e6);
  return {
    id: `Xenova/ms-marco-${row.variant}`,
    name: `ms-marco-${row.variant}`,
    aliases: [`cross-encoder/ms-marco-${row.variant}`, `cross-encoder/ms-marco-${row.newName}`],
    revision: 'main',
    licence: { id: 'Apache-2.0', commercialUse: true },
    architecture: 'bert',
    shape,
    parametersMillions: row.parametersMillions,
    maxLength: 512,
    languages: ['en'],
    pairFormat: '[CLS] query [SEP] passage [SEP]',
    builds: [
      hubBuild(shape, 'fp32', bytes(megabytes.fp32)),
      hubBuild(shape, 'fp16', bytes(megabytes.fp16)),
      hubBuild(shape, 'q8', bytes(megabytes.q8)),
    ],
    // tokenizer.json of BERT is 712 kB.
    tokenizerBytes: 713_000,
    goodFor: row.goodFor,
    published: [...msMarcoScores(row.scores), ...(row.more ?? [])],
  };
}

function miniLm(layers: number): ModelShape {
  return { layers, hidden: 384, intermediate: 1536, heads: 12, vocabulary: 30_522 };
}
