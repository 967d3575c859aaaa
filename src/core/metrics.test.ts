import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricName, metricValue, orderAsTrecEval, parseMetric } from './metrics.ts';
import type { RunEntry } from './types.ts';

const log2 = Math.log2;

/** The metric named, of a ranking and grades; the name must be known. */
function valueFor(
  name: string,
  ranking: readonly string[],
  grades: Readonly<Record<string, number>>,
  relevantFrom = 1,
): number {
  const metric = parseMetric(name);
  if (metric === null) throw new Error(name);
  return metricValue(metric, ranking, new Map(Object.entries(grades)), relevantFrom);
}

const names = ['nDCG@3', 'nDCG@10', 'RR', 'RR@2', 'AP', 'AP@3', 'P@5', 'R', 'R@4', 'Success@1'];
const metrics = names.map(parseMetric).filter((metric) => metric !== null);
const docIds = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const judgements = fc
  .dictionary(fc.constantFrom(...docIds), fc.integer({ min: -2, max: 3 }))
  .map((grades) => new Map(Object.entries(grades)));
const ranking = fc.shuffledSubarray([...docIds]);

describe('parseMetric', () => {
  it.each([
    ['nDCG@10', 'nDCG', 10],
    ['RR@10', 'RR', 10],
    ['RR', 'RR', null],
    ['AP', 'AP', null],
    ['AP@100', 'AP', 100],
    ['P@5', 'P', 5],
    ['R@100', 'R', 100],
    ['R', 'R', null],
    ['Success@1', 'Success', 1],
  ] as const)('reads %s, in any case, and names it the same', (name, measure, k) => {
    expect(parseMetric(name)).toEqual({ measure, k });
    expect(parseMetric(name.toUpperCase())).toEqual({ measure, k });
    expect(parseMetric(name.toLowerCase())).toEqual({ measure, k });
    expect(metricName({ measure, k })).toBe(name);
  });

  it.each([
    '',
    'nDCG',
    'P',
    'Success',
    'nDCG@',
    'nDCG@0',
    'P@-1',
    'P@1.5',
    'P@010',
    'P@1e3',
    'AP@99999999999999999999',
    ' RR',
    'RR@10 ',
    'RR@10@5',
    'MAP',
    'constructor',
    '__proto__',
    'NDCG@１０',
  ])('does not know "%s"', (name) => {
    expect(parseMetric(name)).toBeNull();
  });
});

describe('orderAsTrecEval', () => {
  const orderOf = (...entries: readonly (readonly [string, number])[]): readonly string[] =>
    orderAsTrecEval(entries.map(([docId, score]) => ({ docId, score }))).map((e) => e.docId);

  it('ranks by falling score, and ties by falling id as text', () => {
    expect(orderOf(['a', 1], ['b', 3], ['c', 2])).toEqual(['b', 'c', 'a']);
    expect(orderOf(['10', 1], ['9', 1], ['100', 1], ['11', 1])).toEqual(['9', '11', '100', '10']);
    expect(orderOf(['a', 0], ['b', -0])).toEqual(['b', 'a']);
  });

  it('takes scores that are one float as ties', () => {
    // The next float after 1 is 1 + 2^-23; these two are nearer to 1.
    expect(orderOf(['a', 1 + 2 ** -30], ['b', 1])).toEqual(['b', 'a']);
    expect(orderOf(['a', 1 + 2 ** -23], ['b', 1])).toEqual(['a', 'b']);
    // DL19's SPLADE scores are whole numbers: a float holds them up to 2^24.
    expect(orderOf(['a', 140_998], ['b', 140_997])).toEqual(['a', 'b']);
    expect(orderOf(['a', 2 ** 24 + 1], ['b', 2 ** 24])).toEqual(['b', 'a']);
  });

  it('compares ids by code points, as strcmp does over UTF-8, not by UTF-16 units', () => {
    // UTF-8: U+FF01 is EF BC 81, U+1F600 is F0 9F 98 80. UTF-16: FF01, and D83D DE00.
    expect(orderOf(['\uff01', 1], ['\u{1f600}', 1])).toEqual(['\u{1f600}', '\uff01']);
    expect(orderOf(['é', 1], ['z', 1], ['中', 1])).toEqual(['中', 'é', 'z']);
  });

  it('puts NaN last, after minus infinity', () => {
    const entries = [
      ['a', Number.NaN],
      ['b', -Infinity],
      ['c', Number.NaN],
      ['d', Infinity],
      ['e', 1e300],
    ] as const;
    // As a float 1e300 is infinite, so e and d are tied.
    expect(orderOf(...entries)).toEqual(['e', 'd', 'b', 'c', 'a']);
  });

  it('gives one order, whatever order the entries come in, and that of UTF-8 bytes', () => {
    const entry = fc.record({
      docId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
      score: fc.constantFrom(0, 0.1, 0.1 + 1e-12, 2, Number.NaN),
    });
    const entries = fc.uniqueArray(entry, { selector: (e) => e.docId, maxLength: 20 });
    fc.assert(
      fc.property(entries, (all) => {
        expect(orderAsTrecEval(all.toReversed())).toEqual(orderAsTrecEval(all));
        const tied = all.map(({ docId }) => ({ docId, score: 1 }));
        const byBytes = (a: RunEntry, b: RunEntry): number =>
          Buffer.compare(Buffer.from(b.docId), Buffer.from(a.docId));
        expect(orderAsTrecEval(tied)).toEqual(tied.toSorted(byBytes));
      }),
      { numRuns: 200 },
    );
  });

  it('leaves its input as it is', () => {
    const entries = Object.freeze([
      { docId: 'a', score: 1 },
      { docId: 'b', score: 2 },
    ]);
    expect(orderAsTrecEval(entries)[0]?.docId).toBe('b');
    expect(entries[0]?.docId).toBe('a');
  });
});

describe('metricValue', () => {
  // Grades: a 3, b 2, c 1, d 0, e -1, f 2 (never ranked). x is not judged.
  const grades = { a: 3, b: 2, c: 1, d: 0, e: -1, f: 2 };
  const ranked = ['x', 'b', 'e', 'a', 'd', 'c'];

  it('computes nDCG with linear gains, over the ideal of all that is judged', () => {
    // Gains by rank: 0, 2, 0, 3, 0, 1; discounts log2(rank + 1).
    const dcg = 2 / log2(3) + 3 / log2(5) + 1 / log2(7);
    // Best order of all judged: a 3, b 2, f 2, c 1 (then 0), though f was never ranked.
    const ideal = 3 / log2(2) + 2 / log2(3) + 2 / log2(4) + 1 / log2(5);
    expect(valueFor('nDCG@10', ranked, grades)).toBeCloseTo(dcg / ideal, 15);
    // Cut at 2: only b at rank 2 against a, b.
    expect(valueFor('nDCG@2', ranked, grades)).toBeCloseTo(2 / log2(3) / (3 + 2 / log2(3)), 15);
    // Exponential gains would give (2^2 - 1) and (2^3 - 1) instead.
    expect(valueFor('nDCG@1', ['b'], grades)).toBeCloseTo(2 / 3, 15);
  });

  it('computes nDCG by grades, whatever is taken as relevant', () => {
    expect(valueFor('nDCG@10', ranked, grades, 3)).toBe(valueFor('nDCG@10', ranked, grades, 1));
  });

  it('computes the reciprocal rank of the first relevant document', () => {
    expect(valueFor('RR', ranked, grades)).toBe(1 / 2);
    expect(valueFor('RR@2', ranked, grades)).toBe(1 / 2);
    expect(valueFor('RR@1', ranked, grades)).toBe(0);
    // Grade 3 alone is relevant: a at rank 4.
    expect(valueFor('RR', ranked, grades, 3)).toBe(1 / 4);
    expect(valueFor('RR@3', ranked, grades, 3)).toBe(0);
  });

  it('divides the average precision by all relevant ones, ranked or not', () => {
    // Relevant: a, b, c, f. b at rank 2 (1/2), a at 4 (2/4), c at 6 (3/6), f nowhere.
    expect(valueFor('AP', ranked, grades)).toBeCloseTo((1 / 2 + 2 / 4 + 3 / 6) / 4, 15);
    expect(valueFor('AP@4', ranked, grades)).toBeCloseTo((1 / 2 + 2 / 4) / 4, 15);
    // From grade 2 on: a, b, f.
    expect(valueFor('AP', ranked, grades, 2)).toBeCloseTo((1 / 2 + 2 / 4) / 3, 15);
  });

  it('divides precision by k, also where fewer are ranked', () => {
    expect(valueFor('P@4', ranked, grades)).toBe(2 / 4);
    expect(valueFor('P@10', ranked, grades)).toBe(3 / 10);
    expect(valueFor('P@5', ['a'], grades)).toBe(1 / 5);
  });

  it('divides recall by all relevant ones', () => {
    expect(valueFor('R@4', ranked, grades)).toBe(2 / 4);
    expect(valueFor('R', ranked, grades)).toBe(3 / 4);
    expect(valueFor('R@100', ranked, grades, 3)).toBe(1);
  });

  it('knows whether one relevant document is among the first k', () => {
    expect(valueFor('Success@1', ranked, grades)).toBe(0);
    expect(valueFor('Success@2', ranked, grades)).toBe(1);
    expect(valueFor('Success@3', ranked, grades, 3)).toBe(0);
  });

  it.each(names)('is 0 in %s where nothing is ranked, or nothing is relevant', (name) => {
    expect(valueFor(name, [], grades)).toBe(0);
    expect(valueFor(name, ranked, {})).toBe(0);
    expect(valueFor(name, ranked, { a: 0, b: -3 })).toBe(0);
    expect(valueFor(name, ['x', 'y'], grades)).toBe(0);
  });

  it('counts a document that is ranked twice at its first place only', () => {
    // As if the second a were not relevant: a at 1, nothing at 2, b at 3.
    expect(valueFor('P@3', ['a', 'a', 'b'], grades)).toBe(2 / 3);
    expect(valueFor('AP', ['a', 'a', 'b'], { a: 1, b: 1 })).toBeCloseTo((1 + 2 / 3) / 2, 15);
    expect(valueFor('nDCG@3', ['a', 'a', 'a'], { a: 1, b: 1, c: 1 })).toBeLessThan(0.5);
    expect(valueFor('R', ['a', 'a'], { a: 1 })).toBe(1);
  });

  it('takes ids such as __proto__ as what they are', () => {
    const judged = new Map([['__proto__', 1]]);
    expect(metricValue({ measure: 'RR', k: null }, ['constructor', '__proto__'], judged, 1)).toBe(
      1 / 2,
    );
  });

  it('stays within 0 and 1', () => {
    const withRepeats = fc.array(fc.constantFrom(...docIds, 'x'), { maxLength: 15 });
    fc.assert(
      fc.property(withRepeats, judgements, fc.integer({ min: 1, max: 3 }), (docs, judged, from) => {
        for (const metric of metrics) {
          const value = metricValue(metric, docs, judged, from);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is 1 in nDCG, AP, RR and R for the ideal order of all judged documents', () => {
    fc.assert(
      fc.property(judgements, (judged) => {
        fc.pre([...judged.values()].some((grade) => grade >= 1));
        const ideal = [...judged].sort(([, a], [, b]) => b - a).map(([docId]) => docId);
        for (const name of ['nDCG@1', 'nDCG@3', 'nDCG@10', 'AP', 'RR', 'R', 'Success@1']) {
          expect(valueFor(name, ideal, Object.fromEntries(judged))).toBeCloseTo(1, 12);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('does not fall where a better document moves up past its neighbour', () => {
    fc.assert(
      fc.property(ranking, judgements, fc.nat(), (docs, judged, place) => {
        fc.pre(docs.length >= 2);
        const upper = place % (docs.length - 1);
        const gradeAt = (index: number): number => Math.max(judged.get(docs[index] ?? '') ?? 0, 0);
        fc.pre(gradeAt(upper) <= gradeAt(upper + 1));
        const pair = docs.slice(upper, upper + 2).reverse();
        const swapped = docs.toSpliced(upper, 2, ...pair);
        for (const metric of metrics) {
          const before = metricValue(metric, docs, judged, 1);
          expect(metricValue(metric, swapped, judged, 1)).toBeGreaterThanOrEqual(before - 1e-12);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not care in which order the judgements come', () => {
    fc.assert(
      fc.property(ranking, judgements, (docs, judged) => {
        const reversed = new Map([...judged].reverse());
        for (const metric of metrics) {
          expect(metricValue(metric, docs, reversed, 2)).toBe(metricValue(metric, docs, judged, 2));
        }
      }),
      { numRuns: 100 },
    );
  });
});
