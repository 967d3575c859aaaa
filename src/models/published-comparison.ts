/** One model of the comparison article, as the article reports it: never measured here. */
export interface ComparedModel {
  /** As the article writes it. */
  readonly name: string;
  /** Id in the catalog of the model that runs here; null when it runs on its maker's servers only. */
  readonly model: string | null;
  /** nDCG@10, 0..1. */
  readonly chineseQa: number;
  /** nDCG@10, 0..1. */
  readonly english: number;
  /** nDCG@10, 0..1: Chinese queries, English documents. */
  readonly crossLingual: number;
  /** About; the article names neither the machine nor the number of candidates. */
  readonly latencyMs: number;
  /** In half precision, as the article writes it; null where it gives none. */
  readonly memory: string | null;
  /** What a reader has to know before comparing; null when the model is surely the same. */
  readonly note: { readonly en: string; readonly zh: string } | null;
}

/** What the three columns of quality were measured on, in the article's words. */
export const comparedBenchmarks = {
  chineseQa: 'CMMLU',
  english: 'TREC',
  crossLingual: 'XQuAD zh->en',
} as const;

/**
 * The table of a comparison article on rerankers, best first. Published claims: show them as such,
 * beside our own figures and never as ours.
 */
export const publishedComparison: readonly ComparedModel[] = [
  {
    name: 'BGE-Reranker-v2-m3',
    model: 'onnx-community/bge-reranker-v2-m3-ONNX',
    chineseQa: 0.891,
    english: 0.876,
    crossLingual: 0.852,
    latencyMs: 45,
    memory: '~2 GB',
    note: null,
  },
  {
    name: 'Cohere Rerank v2.0',
    model: null,
    chineseQa: 0.873,
    english: 0.882,
    crossLingual: 0.831,
    latencyMs: 120,
    memory: null,
    note: {
      en: 'A service: its weights are not public, so it does not run here.',
      zh: '云端服务：权重未公开，无法在这里运行。',
    },
  },
  {
    name: 'Jina Reranker v1',
    model: 'jinaai/jina-reranker-v1-turbo-en',
    chineseQa: 0.865,
    english: 0.861,
    crossLingual: 0.81,
    latencyMs: 60,
    memory: '~2.3 GB',
    note: {
      en: 'The article does not say which v1. The turbo model, for English, runs here; the base model is a service. For Chinese take Jina v2.',
      zh: '文章没有说明是 v1 的哪一款。这里运行的是英文的 turbo 版；base 版只作为云服务提供。中文请用 Jina v2。',
    },
  },
  {
    name: 'xlm-r-multilingual-reranker',
    model: 'cross-encoder/mmarco-mMiniLMv2-L12-H384-v1',
    chineseQa: 0.842,
    english: 0.848,
    crossLingual: 0.795,
    latencyMs: 70,
    memory: '~2.5 GB',
    note: {
      en: 'No model of this name is public. The XLM-R multilingual reranker in use today runs in its place; it is far smaller than the memory given.',
      zh: '没有找到同名的公开模型。这里用目前通行的 XLM-R 多语言重排模型代替，它占用的内存远小于文章所列。',
    },
  },
];
