import type { PublishedScore } from './model-card.ts';

/**
 * Scores from the comparison in Jina's card of jina-reranker-v2, which measured other makers'
 * models as well: MKQA over 26 languages, 17 BEIR collections, AIR-Bench in Chinese and English.
 */
export function jinaV2Scores(values: {
  readonly mkqa: number;
  readonly beir: number;
  readonly airBench?: number;
}): readonly PublishedScore[] {
  const score = (benchmark: string, value: number): PublishedScore => ({
    benchmark,
    metric: 'nDCG@10',
    value,
    source: 'Jina AI',
    sourceUrl: 'https://huggingface.co/jinaai/jina-reranker-v2-base-multilingual',
  });
  return [
    score('MKQA (26 languages)', values.mkqa),
    score('BEIR (17 collections)', values.beir),
    ...(values.airBench === undefined ? [] : [score('AIR-Bench (zh, en)', values.airBench)]),
  ];
}

/** Scores from the comparison in Jina's cards of jina-reranker-v1: 17 BEIR collections, 5 of LoCo. */
export function jinaV1Scores(values: {
  readonly beir: number;
  readonly loco?: number;
}): readonly PublishedScore[] {
  const score = (benchmark: string, value: number): PublishedScore => ({
    benchmark,
    metric: 'nDCG@10',
    value,
    source: 'Jina AI',
    sourceUrl: 'https://huggingface.co/jinaai/jina-reranker-v1-turbo-en',
  });
  return [
    score('BEIR (17 collections)', values.beir),
    ...(values.loco === undefined ? [] : [score('LoCo (5 collections)', values.loco)]),
  ];
}

/** TREC Deep Learning 2019 and MS MARCO passage dev, as the Sentence Transformers team lists them. */
export function msMarcoScores(values: {
  readonly trecDl19: number;
  readonly msMarcoDev: number;
}): readonly PublishedScore[] {
  const source = {
    source: 'Sentence Transformers',
    sourceUrl: 'https://sbert.net/docs/pretrained-models/ce-msmarco.html',
  };
  return [
    { benchmark: 'TREC DL 2019', metric: 'nDCG@10', value: values.trecDl19, ...source },
    { benchmark: 'MS MARCO passage dev', metric: 'RR@10', value: values.msMarcoDev, ...source },
  ];
}
