import { describe, expect, it } from 'vitest';
import { CascadeProgress } from './cascade-progress.ts';
import type { RankedDocument, ScoredDocument, ScoringEvent } from './reranker.ts';

describe('the progress of a cascade', () => {
  const ranking = [3, 1, 0, 2].map((index, position) => ranked(index, position + 1));

  it('counts documents once per stage, and tokens as both models read them', () => {
    const progress = new CascadeProgress(4, 2);
    expect(progress.fast(event(1, 4, 10, 40))).toMatchObject({
      ...{ stage: 'fast', done: 1, total: 6 },
      // The strong model's part is an estimate: half the documents, half the tokens.
      ...{ doneTokens: 10, totalTokens: 60 },
    });
    progress.fast(event(4, 4, 40, 40));
    progress.startStrong(ranking.slice(0, 2));
    expect(progress.strong(event(1, 2, 20, 50, [scored(0)]))).toEqual({
      type: 'scoring',
      ...{ stage: 'strong', done: 5, total: 6, doneTokens: 60, totalTokens: 90 },
      scores: [scored(3)],
    });
    expect(progress.strong(event(2, 2, 50, 50, [scored(1)]))).toMatchObject({
      ...{ done: 6, total: 6, doneTokens: 90, totalTokens: 90 },
      scores: [{ index: 1 }],
    });
  });

  it('is not at its end while the strong model has not counted its tokens', () => {
    const progress = new CascadeProgress(4, 3);
    progress.fast(event(4, 4, 40, 40));
    progress.startStrong(ranking.slice(0, 3));
    // What is remembered comes first, with no tokens.
    expect(progress.strong(event(1, 3, 0, 0))).toMatchObject({ doneTokens: 40, totalTokens: 55 });
    expect(progress.strong(event(3, 3, 9, 9))).toMatchObject({ doneTokens: 49, totalTokens: 49 });
  });

  it('grows where more is scored again than was planned, and ends at its total', () => {
    const progress = new CascadeProgress(4, 2);
    expect(progress.fast(event(4, 4, 40, 40))).toMatchObject({ done: 4, total: 6 });
    progress.startStrong(ranking.slice(0, 3));
    expect(progress.strong(event(1, 3, 0, 0))).toMatchObject({ done: 5, total: 7 });
    expect(progress.strong(event(3, 3, 9, 9, [scored(2)]))).toMatchObject({
      ...{ done: 7, total: 7, doneTokens: 49, totalTokens: 49 },
      scores: [{ index: 0 }],
    });
  });

  it('ends at its total when everything was remembered', () => {
    const progress = new CascadeProgress(4, 2);
    expect(progress.fast(event(4, 4, 0, 0))).toMatchObject({ doneTokens: 0, totalTokens: 0 });
    progress.startStrong(ranking.slice(0, 2));
    expect(progress.strong(event(2, 2, 0, 0))).toMatchObject({
      ...{ done: 6, total: 6, doneTokens: 0, totalTokens: 0 },
    });
  });
});

function scored(index: number): ScoredDocument {
  return { index, logit: 0, relevance: 0.5, tokens: 5, truncated: false };
}

function ranked(index: number, rank: number): RankedDocument {
  return { ...scored(index), rank };
}

function event(
  done: number,
  total: number,
  doneTokens: number,
  totalTokens: number,
  scores: readonly ScoredDocument[] = [],
): ScoringEvent {
  return { type: 'scoring', done, total, doneTokens, totalTokens, scores };
}
