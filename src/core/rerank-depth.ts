import { orderByScore } from './scores.ts';
import type { RunEntry } from './types.ts';

/** Beyond this no single-precision number is left for the documents below. No model comes near. */
const largestLogit = 1e37;

/** Whole numbers up to here, times a power of two, are all exact in single precision. */
const exactIntegers = 2 ** 24;

/**
 * The ranking that a model gives when only the first `depth` candidates are reranked, best first.
 * Those of them that have a logit come first, by falling logit (ties in first-stage order), with
 * the logit as score. All others follow in first-stage order, with whole numbers as scores that
 * fall from below the lowest logit on (from -1 on where nothing is scored). They fall in single
 * precision too, so a program that reads scores as floats, as trec_eval does, cannot mix them.
 * NaN, infinities, magnitudes over 1e37 and missing logits count as not scored.
 * @param candidates in first-stage order
 * @param logits by place in `candidates`; those from `depth` on are not looked at
 * @param depth >= 0; 0 keeps the first stage's order
 */
export function rerankCandidates(
  candidates: readonly RunEntry[],
  logits: ArrayLike<number>,
  depth: number,
): readonly RunEntry[] {
  const scored: RunEntry[] = [];
  const others: RunEntry[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const logit = index < depth ? logits[index] : undefined;
    if (logit === undefined || !(Math.abs(logit) <= largestLogit)) others.push(candidate);
    else scored.push({ docId: candidate.docId, score: logit });
  }
  const order = orderByScore(scored.map(({ score }) => score));
  const ranked = order.flatMap((index) => scored[index] ?? []);
  return [...ranked, ...placeBelow(ranked, others)];
}

/**
 * The `others` in their order, with scores strictly below those of `ranked`, and each strictly
 * below the one before, in single precision too; their own scores are not looked at. Whole numbers where `ranked` allows it (down to
 * about -16 million), else multiples of a larger power of two.
 * @param ranked best first, finite scores of at most 1e37 in magnitude; -1 is the first score where
 * it is empty
 */
export function placeBelow(
  ranked: readonly RunEntry[],
  others: readonly RunEntry[],
): readonly RunEntry[] {
  const lowest = ranked.at(-1)?.score ?? 0;
  // Every score is a multiple of the step, of at most 2^24 steps: a float holds all of these
  // exactly. Rounding to a float never crosses such a number, so `lowest` stays above them too.
  let step = 1;
  while (Math.abs(lowest) / step + others.length + 1 > exactIntegers && step < largestLogit) {
    step *= 2;
  }
  const start = Math.floor(lowest / step);
  return others.map(({ docId }, index) => ({ docId, score: (start - 1 - index) * step }));
}
