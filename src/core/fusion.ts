import { RerankError } from './errors.ts';
import { placeBelow } from './rerank-depth.ts';
import { orderByScore, zScores } from './scores.ts';
import type { RunEntry } from './types.ts';

/**
 * Reciprocal rank fusion, best first: a document's score is the sum of 1 / (k + rank) over the
 * rankings that hold it; a ranking without it adds nothing. Only places count, not scores. Ties
 * keep the order in which the rankings, one after the other, name the documents. A document that
 * one ranking names twice counts at its first place there.
 * Source: Cormack, Clarke and Büttcher 2009, doi:10.1145/1571941.1572114.
 * @param rankings each best first
 * @param k how little the very first ranks stand out; >= 0, default 60 as in the paper
 * @throws RerankError `invalid-request` for another k
 */
export function reciprocalRankFusion(
  rankings: readonly (readonly RunEntry[])[],
  k = 60,
): readonly RunEntry[] {
  if (!(k >= 0 && Number.isFinite(k))) {
    throw new RerankError('invalid-request', `Reciprocal rank fusion needs k >= 0, not ${k}.`);
  }
  const ranksByDocId = new Map<string, number[]>();
  for (const ranking of rankings) {
    const seen = new Set<string>();
    for (const [index, { docId }] of ranking.entries()) {
      if (seen.has(docId)) continue;
      seen.add(docId);
      const ranks = ranksByDocId.get(docId);
      if (ranks) ranks.push(index + 1);
      else ranksByDocId.set(docId, [index + 1]);
    }
  }
  return bestFirst(
    Array.from(ranksByDocId, ([docId, ranks]) => {
      // Sorted, since ranks 1, 2, 3 and 3, 1, 2 must give the same sum to the last bit.
      ranks.sort((a, b) => a - b);
      return { docId, score: ranks.reduce((sum, rank) => sum + 1 / (k + rank), 0) };
    }),
  );
}

/**
 * Weighted fusion of the model's logits with another ranking's scores, best first:
 * weight * z(model) + (1 - weight) * z(other), with z-scores over the documents that both score.
 * Scores of different scale become addable so, and the documents below the rerank depth, which the
 * model never saw, do not shift them. Ties keep the model's order.
 *
 * A document that only one side scores cannot be compared with the fused ones, and goes below all
 * of them: first those that only the model scores, in its order, then those that only the other
 * ranking has, in its order. The latter are the candidates below the rerank depth: they stay where
 * the first stage had them. Their scores only keep that order, in single precision too.
 *
 * Source: a weighted CombSUM (Fox and Shaw 1994, TREC-2) over the normalisation of `zScores`.
 * @param model only what the model scored, best first; NaN and infinities count as not scored
 * @param other best first
 * @param weight of the model, 0..1: 1 is the model's order, 0 the other's, over what both score
 * @throws RerankError `invalid-request` for a weight out of range
 */
export function weightedFusion(
  model: readonly RunEntry[],
  other: readonly RunEntry[],
  weight: number,
): readonly RunEntry[] {
  if (!(weight >= 0 && weight <= 1)) {
    throw new RerankError('invalid-request', `The weight of a fusion is 0 to 1, not ${weight}.`);
  }
  const modelScores = finiteScores(model);
  const otherScores = finiteScores(other);
  const both = [...modelScores.keys()].filter((docId) => otherScores.has(docId));
  const modelZ = zScores(both.map((docId) => modelScores.get(docId) ?? 0));
  const otherZ = zScores(both.map((docId) => otherScores.get(docId) ?? 0));
  const fused = bestFirst(
    both.map((docId, index) => ({
      docId,
      score: weight * (modelZ[index] ?? 0) + (1 - weight) * (otherZ[index] ?? 0),
    })),
  );
  const rest = new Set([...modelScores.keys(), ...[...other, ...model].map(({ docId }) => docId)]);
  for (const docId of both) rest.delete(docId);
  const others = Array.from(rest, (docId) => ({ docId, score: Number.NaN }));
  return [...fused, ...placeBelow(fused, others)];
}

/** Scores by document id, in the ranking's order; the first of a document counts. A float's range. */
function finiteScores(ranking: readonly RunEntry[]): ReadonlyMap<string, number> {
  const scores = new Map<string, number>();
  for (const { docId, score } of ranking) {
    if (Number.isFinite(Math.fround(score)) && !scores.has(docId)) scores.set(docId, score);
  }
  return scores;
}

/** Falling score; ties stay in order. */
function bestFirst(entries: readonly RunEntry[]): readonly RunEntry[] {
  return orderByScore(entries.map(({ score }) => score)).flatMap((index) => entries[index] ?? []);
}
