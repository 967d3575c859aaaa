import { describe, expect, it } from 'vitest';
import { RunTally } from './collection-progress.ts';

const three = new Map([
  [4, 100],
  [5, 100],
  [6, 50],
]);

describe('RunTally', () => {
  it('knows no speed before anything was scored', () => {
    const tally = new RunTally(4, 7, three);
    expect(tally.progress()).toEqual({
      doneQueries: 4,
      totalQueries: 7,
      queryNumber: null,
      queryDone: 0,
      queryTotal: 0,
      scoredPairs: 0,
      knownPairs: 0,
      pairsPerSecond: null,
      leftMs: null,
    });
    tally.begin(4, 100, 80);
    expect(tally.progress()).toMatchObject({ queryNumber: 4, queryTotal: 80, knownPairs: 20 });
    expect(tally.progress().leftMs).toBeNull();
  });

  it('measures by tokens inside a query, since its short pairs come first', () => {
    const tally = new RunTally(0, 3, three);
    tally.begin(4, 100, 100);
    // Half of the pairs, and a quarter of the work, in one second: 25 pairs/s.
    tally.score({ done: 50, doneTokens: 250, totalTokens: 1000 }, 1000);
    expect(tally.progress()).toMatchObject({
      queryDone: 50,
      scoredPairs: 50,
      pairsPerSecond: 25,
      // 75 of this query's and 150 of the others'.
      leftMs: 9000,
    });
  });

  it('goes on measuring over finished queries, known pairs left out', () => {
    const tally = new RunTally(0, 3, three);
    tally.begin(4, 100, 60);
    tally.score({ done: 60, doneTokens: 10, totalTokens: 10 }, 2900);
    tally.finish(3000);
    expect(tally.progress()).toEqual({
      doneQueries: 1,
      totalQueries: 3,
      queryNumber: null,
      queryDone: 0,
      queryTotal: 0,
      scoredPairs: 60,
      knownPairs: 40,
      pairsPerSecond: 20,
      leftMs: 7500,
    });
  });

  it('ends with nothing left', () => {
    const tally = new RunTally(0, 3, three);
    for (const [number, pairs] of three) {
      tally.begin(number, pairs, pairs);
      tally.finish(pairs * 10);
    }
    expect(tally.progress()).toMatchObject({ doneQueries: 3, scoredPairs: 250, leftMs: 0 });
  });

  it('takes no time for a query of which all is known', () => {
    const tally = new RunTally(0, 3, three);
    tally.begin(4, 100, 0);
    tally.finish(0);
    expect(tally.progress()).toMatchObject({
      doneQueries: 1,
      scoredPairs: 0,
      knownPairs: 100,
      pairsPerSecond: null,
    });
  });
});
