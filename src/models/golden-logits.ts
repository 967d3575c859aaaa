import { isIdOf } from './catalog.ts';
import type { Dtype, ModelCard, ReferenceLogits, RuntimeDevice } from './model-card.ts';

/** Logits that a model's makers or users published. */
export interface PublishedLogits extends ReferenceLogits {
  /** With which number format they were computed. */
  readonly referenceDtype: 'fp32' | 'fp16';
}

/**
 * The largest |logit - published| that still counts as the same, by dtype, and for fp32 by device.
 * Beyond it the order of the pairs must hold for every dtype.
 */
export const goldenTolerances = {
  'fp32-wasm': 0.001,
  'fp32-webgpu': 0.01,
  fp16: 0.05,
  q8: 0.3,
  q4: 0.6,
  q4f16: 0.6,
} as const;

const flagEmbedding = 'FlagEmbedding README, examples/inference/reranker (use_fp16=True)';
const fastEmbed = 'fastembed tests/test_text_cross_encoder.py (fp32 ONNX, atol 1e-3)';
const pandaQuery = 'what is panda?';
const pandaDocument =
  'The giant panda (Ailuropoda melanoleuca), sometimes called a panda bear or simply panda, is a bear species endemic to China.';

/** Published logits by the id of the model that they were computed with. */
export const publishedLogits: Readonly<Record<string, PublishedLogits>> = {
  'BAAI/bge-reranker-v2-m3': {
    source: flagEmbedding,
    referenceDtype: 'fp16',
    pairs: [
      { query: 'query', document: 'passage', logit: -5.65234375 },
      { query: pandaQuery, document: 'hi', logit: -8.1875 },
      { query: pandaQuery, document: pandaDocument, logit: 5.26171875 },
    ],
  },
  'BAAI/bge-reranker-large': {
    source: flagEmbedding,
    referenceDtype: 'fp16',
    pairs: [
      { query: 'query', document: 'passage', logit: -1.5263671875 },
      { query: pandaQuery, document: 'hi', logit: -5.60546875 },
      { query: pandaQuery, document: pandaDocument, logit: 5.76171875 },
    ],
  },
  'BAAI/bge-reranker-base': capitals(6.15733337, -3.65939403),
  'Xenova/ms-marco-MiniLM-L-6-v2': {
    source: `${fastEmbed}; sentence-transformers docs, cross_encoder usage`,
    referenceDtype: 'fp32',
    pairs: [
      ...capitals(8.500708, -2.541011).pairs,
      {
        query: 'How many people live in Berlin?',
        document:
          'Berlin had a population of 3,520,031 registered inhabitants in an area of 891.82 square kilometers.',
        logit: 8.607138,
      },
      {
        query: 'How many people live in Berlin?',
        document: 'Berlin is well known for its museums.',
        logit: -4.3200774,
      },
    ],
  },
  'Xenova/ms-marco-MiniLM-L-12-v2': capitals(9.330912, -2.0380247),
  'jinaai/jina-reranker-v1-tiny-en': capitals(2.5911, 0.1122),
  'jinaai/jina-reranker-v1-turbo-en': capitals(1.8295, -2.8908),
  'jinaai/jina-reranker-v2-base-multilingual': capitals(1.6533, -1.6455),
  'Alibaba-NLP/gte-reranker-modernbert-base': {
    source: 'model card (fp16)',
    referenceDtype: 'fp16',
    pairs: [
      { query: 'what is the capital of China?', document: 'Beijing', logit: 2.1387 },
      {
        query: 'how to implement quick sort in python?',
        document: 'Introduction of quick sort',
        logit: 2.4609,
      },
      {
        query: 'how to implement quick sort in python?',
        document: 'The weather is nice today',
        logit: -1.6729,
      },
    ],
  },
  'onnx-community/gte-multilingual-reranker-base': {
    source: 'Alibaba-NLP/gte-multilingual-reranker-base model card (fp16)',
    referenceDtype: 'fp16',
    pairs: [
      { query: '中国的首都在哪儿', document: '北京', logit: 1.2315 },
      { query: 'what is the capital of China?', document: '北京', logit: 0.5923 },
      {
        query: 'how to implement quick sort in python?',
        document: 'Introduction of quick sort',
        logit: 0.3041,
      },
    ],
  },
};

/** What was published for this model, by its id or any alias; null when nothing was. */
export function referencesOf(card: Pick<ModelCard, 'id' | 'aliases'>): PublishedLogits | null {
  const known = Object.entries(publishedLogits).find(([id]) => isIdOf(card, id));
  return known?.[1] ?? null;
}

/**
 * The largest accepted |logit - reference| of a build on a device: the larger one of its own
 * dtype's and the reference dtype's, since a number computed in fp16 is no better known than that.
 * @param referenceDtype Default fp32.
 */
export function toleranceOf(
  dtype: Dtype,
  device: RuntimeDevice,
  referenceDtype: PublishedLogits['referenceDtype'] = 'fp32',
): number {
  const own = toleranceOfDtype(dtype, device);
  return referenceDtype === 'fp16' ? Math.max(own, goldenTolerances.fp16) : own;
}

function toleranceOfDtype(dtype: Dtype, device: RuntimeDevice): number {
  switch (dtype) {
    case 'none':
    case 'fp32':
      return goldenTolerances[`fp32-${device}`];
    case 'fp16':
      return goldenTolerances.fp16;
    case 'int8':
    case 'q8':
      return goldenTolerances.q8;
    case 'q4':
      return goldenTolerances.q4;
    case 'q4f16':
      return goldenTolerances.q4f16;
    default:
      return dtype satisfies never;
  }
}

/** The two pairs of fastembed's tests, with one model's logits for them. */
function capitals(paris: number, berlin: number): PublishedLogits {
  const query = 'What is the capital of France?';
  return {
    source: fastEmbed,
    referenceDtype: 'fp32',
    pairs: [
      { query, document: 'Paris is the capital of France.', logit: paris },
      { query, document: 'Berlin is the capital of Germany.', logit: berlin },
    ],
  };
}
