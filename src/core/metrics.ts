import type { Metric } from './evaluation-types.ts';
import type { RunEntry } from './types.ts';

/** By lower-case name. */
const measures: ReadonlyMap<string, Metric['measure']> = new Map([
  ['ndcg', 'nDCG'],
  ['rr', 'RR'],
  ['ap', 'AP'],
  ['p', 'P'],
  ['r', 'R'],
  ['success', 'Success'],
]);

/** Those that also mean something without a cut-off. */
const wholeRankingMeasures: ReadonlySet<Metric['measure']> = new Set(['RR', 'AP', 'R']);

/**
 * The metric of a name such as `nDCG@10`, `RR`, `AP@100` or `Success@1`; the case of the measure
 * does not matter. Cut-offs are whole numbers >= 1 without leading zeros; `nDCG`, `P` and `Success`
 * need one. Null for any other name.
 */
export function parseMetric(name: string): Metric | null {
  const [, measureName, cutOff] = /^([a-z]+)(?:@([1-9][0-9]*))?$/i.exec(name) ?? [];
  const measure = measures.get(measureName?.toLowerCase() ?? '');
  if (measure === undefined) return null;
  if (cutOff === undefined) return wholeRankingMeasures.has(measure) ? { measure, k: null } : null;
  const k = Number(cutOff);
  return Number.isSafeInteger(k) ? { measure, k } : null;
}

/** The one name of a metric, `nDCG@10` or `AP`: what `parseMetric` reads. */
export function metricName({ measure, k }: Metric): string {
  return k === null ? measure : `${measure}@${k}`;
}

/**
 * The entries in the order in which trec_eval ranks them, whatever order they come in: falling
 * score, ties by falling document id. Scores are compared in single precision, as trec_eval 9 keeps
 * them in a C `float` (later sources: `double`); ids by code points, the order of `strcmp` over
 * UTF-8. NaN is last.
 * Source: `comp_sim_docno` in form_res_rels.c, https://github.com/usnistgov/trec_eval
 */
export function orderAsTrecEval(entries: readonly RunEntry[]): readonly RunEntry[] {
  return [...entries].sort(
    (a, b) =>
      compareDescending(Math.fround(a.score), Math.fround(b.score)) ||
      compareCodePoints(b.docId, a.docId),
  );
}

/**
 * The metric of one query's ranking, 0..1, as trec_eval defines it (with RR@k and AP@k cut like
 * the others). A document is relevant from grade `relevantFrom` on; nDCG takes the grades as gains
 * instead. What is not judged, or judged below 0, counts as grade 0. In detail:
 *
 * - `nDCG@k`: sum of grade / log2(rank + 1) over the first k, divided by the largest such sum that
 *   any order of all judged documents gives. Linear gain (Järvelin and Kekäläinen 2002,
 *   doi:10.1145/582415.582418).
 * - `RR`: 1 / rank of the first relevant document; 0 where none is among the first k.
 * - `AP`: sum of the precision at each relevant document, divided by the relevant ones judged.
 * - `P@k`: relevant ones among the first k, divided by k, also where fewer are ranked.
 * - `R`: relevant ones among the first k, divided by the relevant ones judged.
 * - `Success@k`: 1 where a relevant one is among the first k, else 0; top-1 accuracy at k = 1.
 *
 * All are 0 where no judged document is relevant. A document that is ranked twice counts at its
 * first place; the second takes up a place and counts as not relevant (trec_eval refuses it).
 *
 * @param rankedDocIds best first
 * @param judgements grade by document id, of this query
 * @param relevantFrom whole number >= 1
 */
export function metricValue(
  metric: Metric,
  rankedDocIds: readonly string[],
  judgements: ReadonlyMap<string, number>,
  relevantFrom: number,
): number {
  const k = metric.k ?? Number.POSITIVE_INFINITY;
  if (metric.measure === 'nDCG') return ndcg(rankedDocIds, judgements, k);

  const ranks = relevantRanks(rankedDocIds, judgements, relevantFrom, k);
  const relevant = [...judgements.values()].filter((grade) => grade >= relevantFrom).length;
  const [firstRank] = ranks;
  if (firstRank === undefined || relevant === 0) return 0;
  switch (metric.measure) {
    case 'RR':
      return 1 / firstRank;
    case 'AP':
      return ranks.reduce((sum, rank, before) => sum + (before + 1) / rank, 0) / relevant;
    case 'P':
      return ranks.length / k;
    case 'R':
      return ranks.length / relevant;
    case 'Success':
      return 1;
    default:
      return metric.measure satisfies never;
  }
}

function ndcg(
  rankedDocIds: readonly string[],
  judgements: ReadonlyMap<string, number>,
  k: number,
): number {
  const ideal = [...judgements.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  if (ideal.length === 0) return 0;
  // Whatever is above 0 has a gain.
  const ranks = relevantRanks(rankedDocIds, judgements, Number.MIN_VALUE, k);
  const dcg = ranks.reduce((sum, rank) => {
    const grade = judgements.get(rankedDocIds[rank - 1] ?? '') ?? 0;
    return sum + grade / Math.log2(rank + 1);
  }, 0);
  const idealDcg = ideal
    .slice(0, k)
    .reduce((sum, grade, index) => sum + grade / Math.log2(index + 2), 0);
  return dcg / idealDcg;
}

/** Ranks, rising from 1 to k, of the documents whose grade is at least `fromGrade`. */
function relevantRanks(
  rankedDocIds: readonly string[],
  judgements: ReadonlyMap<string, number>,
  fromGrade: number,
  k: number,
): number[] {
  const ranks: number[] = [];
  const counted = new Set<string>();
  for (const [index, docId] of rankedDocIds.entries()) {
    if (index >= k) break;
    const grade = judgements.get(docId);
    if (grade === undefined || !(grade >= fromGrade) || counted.has(docId)) continue;
    counted.add(docId);
    ranks.push(index + 1);
  }
  return ranks;
}

/** Larger numbers first, NaN last. Not a subtraction, since infinity - infinity is NaN. */
function compareDescending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a > b ? -1 : 1;
}

/** Not `<`, which compares UTF-16 units and so puts U+1F600 before U+FF01. */
function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const [unitA, unitB] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (unitA !== unitB) return codePointPlace(unitA) - codePointPlace(unitB);
  }
  return a.length - b.length;
}

/** Moves surrogates, which stand for U+10000 and above, behind U+E000 to U+FFFF. */
function codePointPlace(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
