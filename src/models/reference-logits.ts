import * as v from 'valibot';
import type { ReferenceLogits } from './model-card.ts';

/** Name of the file that a model may bring along at the root of its repository or folder. */
export const referenceLogitsFile = 'reference-logits.json';

/** The logits that came with a model's files. */
export interface BroughtLogits extends ReferenceLogits {
  /** With which number format they were computed. */
  readonly referenceDtype: 'fp32' | 'fp16';
}

/** More would only make the load longer. */
const mostPairs = 16;
const textSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(4000));

const fileSchema = v.object({
  version: v.literal(1),
  source: v.optional(v.pipe(v.string(), v.maxLength(500)), referenceLogitsFile),
  reference_dtype: v.optional(v.picklist(['fp32', 'fp16']), 'fp32'),
  pairs: v.pipe(
    v.array(
      v.object({ query: textSchema, document: textSchema, logit: v.pipe(v.number(), v.finite()) }),
    ),
    v.minLength(1),
  ),
});

/**
 * Reads `reference-logits.json`: `{ "version": 1, "source", "reference_dtype": "fp32" | "fp16",
 * "pairs": [{ "query", "document", "logit" }] }`, of which the first 16 pairs are used. Null when
 * the file is of another kind: it is there to help, so a model does not fail because of it.
 */
export function readReferenceLogits(text: string): BroughtLogits | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = v.safeParse(fileSchema, json);
  if (!parsed.success) return null;
  const { source, reference_dtype: referenceDtype, pairs } = parsed.output;
  return { source, referenceDtype, pairs: pairs.slice(0, mostPairs) };
}
