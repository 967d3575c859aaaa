import { describe, expect, it } from 'vitest';
import { ScoresDraft } from './collection-scoring.ts';

describe('ScoresDraft', () => {
  it('keeps what has arrived, at its places, and nothing else', () => {
    const draft = new ScoresDraft({ missingPlaces: [3, 8, 11] });
    expect(draft.known(5)).toBeNull();
    draft.add([
      { index: 2, logit: -1.5, relevance: 0.18, tokens: 40, truncated: true },
      { index: 0, logit: 2, relevance: 0.88, tokens: 20, truncated: false },
    ]);
    expect(draft.known(5)).toEqual({
      places: [3, 11],
      scores: {
        logits: Float64Array.of(2, -1.5),
        tokens: Int32Array.of(20, 40),
        truncated: [false, true],
        scoringMs: 5,
      },
    });
    expect([...draft.logits]).toEqual([2, Number.NaN, -1.5]);
  });
});
