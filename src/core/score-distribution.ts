import type { ScoreDistribution, Threshold } from './evaluation-types.ts';
import { relevanceOfLogit } from './scores.ts';

/**
 * Where the logits of relevant and of other judged documents lie: a histogram of both, the area
 * under the ROC curve, and the threshold of the best F1.
 *
 * - Bins: 20 to 40, as wide as 1, 2, 2.5 or 5 times a power of ten, with edges at multiples of
 *   that. A bin holds its lower edge; the last one holds its upper edge too.
 * - AUC: how often a relevant document's logit lies above another's, ties counted half; that is
 *   Mann and Whitney's U over the number of pairs (Hanley and McNeil 1982,
 *   doi:10.1148/radiology.143.1.7063747).
 * - Threshold: the best of all there are, as every distinct logit is tried; of equally good ones
 *   the highest, which takes the fewest documents.
 *
 * NaN and what a float32 cannot hold are ignored. Without any logit the bins lie around 0.
 */
export function distributionOf(
  relevant: ArrayLike<number>,
  notRelevant: ArrayLike<number>,
): ScoreDistribution {
  const positives = ascendingLogits(relevant);
  const negatives = ascendingLogits(notRelevant);
  const edges = binEdges(positives, negatives);
  return {
    edges,
    relevant: countPerBin(positives, edges),
    notRelevant: countPerBin(negatives, edges),
    threshold: bestThreshold(positives, negatives),
    auc: areaUnderRoc(positives, negatives),
  };
}

function ascendingLogits(logits: ArrayLike<number>): Float64Array {
  // Typed arrays sort by number.
  return Float64Array.from(logits)
    .filter((logit) => Number.isFinite(Math.fround(logit)))
    .sort();
}

function binEdges(positives: Float64Array, negatives: Float64Array): readonly number[] {
  const ends = [positives, negatives].flatMap((side) => [side.at(0) ?? [], side.at(-1) ?? []]);
  const logits = ends.flat();
  let [low, high] = logits.length > 0 ? [Math.min(...logits), Math.max(...logits)] : [0, 0];
  // One value, or values closer than a readable axis could tell apart.
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= Math.max(magnitude * 1e-9, 1e-30)) {
    const margin = Math.max(1, magnitude * 1e-3);
    [low, high] = [low - margin, high + margin];
  }
  // From 19.5 to 39 widths in the range: aligning the edges makes them 20 to 40 bins.
  const widest = (high - low) / 19.5;
  const exponent = Math.floor(Math.log10(widest));
  const tenths = [50, 25, 20, 10, 5].find((width) => times10(width, exponent - 1) <= widest) ?? 5;
  const edgeAt = (place: number): number => times10(place * tenths, exponent - 1);
  const width = edgeAt(1);
  let first = Math.floor(low / width);
  let last = Math.ceil(high / width);
  // The quotient may be rounded to the wrong side of an edge.
  if (edgeAt(first) > low) first -= 1;
  if (edgeAt(last) < high) last += 1;
  return Array.from({ length: last - first + 1 }, (_, index) => edgeAt(first + index));
}

/** value * 10^exponent, rounded once where it is a fraction: 3 * 10^-1 is 0.3. */
function times10(value: number, exponent: number): number {
  return exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
}

function countPerBin(ascending: Float64Array, edges: readonly number[]): readonly number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  let bin = 0;
  for (const logit of ascending) {
    while (bin < counts.length - 1 && logit >= (edges[bin + 1] ?? Infinity)) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

function areaUnderRoc(positives: Float64Array, negatives: Float64Array): number | null {
  if (positives.length === 0 || negatives.length === 0) return null;
  let below = 0;
  let notAbove = 0;
  let halves = 0;
  for (const logit of positives) {
    while (below < negatives.length && (negatives[below] ?? Infinity) < logit) below += 1;
    while (notAbove < negatives.length && (negatives[notAbove] ?? Infinity) <= logit) notAbove += 1;
    halves += below + notAbove;
  }
  return halves / (2 * positives.length * negatives.length);
}

function bestThreshold(positives: Float64Array, negatives: Float64Array): Threshold | null {
  let best: Threshold | null = null;
  let [positive, negative] = [positives.length - 1, negatives.length - 1];
  while (positive >= 0) {
    // Only a logit of a relevant document can be best: any other takes in more that is not.
    const logit = positives[positive] ?? Number.NaN;
    while (positive >= 0 && positives[positive] === logit) positive -= 1;
    while (negative >= 0 && (negatives[negative] ?? -Infinity) >= logit) negative -= 1;
    const found = positives.length - 1 - positive;
    const taken = found + negatives.length - 1 - negative;
    const f1 = (2 * found) / (taken + positives.length);
    if (best === null || f1 > best.f1) {
      best = {
        logit,
        relevance: relevanceOfLogit(logit),
        precision: found / taken,
        recall: found / positives.length,
        f1,
      };
    }
  }
  return best;
}
