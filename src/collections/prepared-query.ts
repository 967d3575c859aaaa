import type { Document } from '../core/types.ts';
import type { NewScores } from './collection.ts';
import { Pauses } from './pauses.ts';
import { copyScore, emptyScores, FingerprintPlaces, type TextScores } from './score-cache.ts';
import type { StoredRunQuery } from './stored-collection.ts';
import { startFingerprints, wordsPerFingerprint } from './text-fingerprint.ts';

/** A query of a run with what is known of its candidates. All arrays go by candidate. */
export interface PreparedQuery {
  /** Key of the model's scores for this query among the remembered ones. */
  readonly scoreKey: string;
  /** Places in the collection's documents. */
  readonly documents: Int32Array;
  /** Of the texts as the model reads them, one after the other. */
  readonly fingerprints: Uint32Array;
  /** From earlier runs and from this one. */
  readonly known: TextScores;
}

/** The text of a pair: with `titles` the title is its first line. */
export function pairText({ title, text }: Document, titles: boolean): string {
  return titles && title !== undefined && title !== '' ? `${title}\n${text}` : text;
}

/**
 * Fingerprints of texts, one after the other.
 * @throws RerankError `aborted`; `storage-unavailable` where WebAssembly is refused
 */
export async function fingerprintsOf(
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Uint32Array> {
  const pauses = new Pauses(signal);
  const fingerprints = await startFingerprints();
  const words = new Uint32Array(texts.length * wordsPerFingerprint);
  for (const [place, text] of texts.entries()) {
    fingerprints.write(text, words, place * wordsPerFingerprint);
    if (pauses.due) await pauses.take();
  }
  return words;
}

/** The places whose scores are not known; of equal texts only the first. */
export function missingPlaces({ known, fingerprints }: PreparedQuery): readonly number[] {
  const texts = new FingerprintPlaces(fingerprints);
  const missing: number[] = [];
  known.logits.forEach((logit, place) => {
    if (Number.isNaN(logit) && texts.find(fingerprints, place) === place) missing.push(place);
  });
  return missing;
}

/** Scores of all places as far as they are known: the run's own, remembered, those of equal texts. */
export function mergeScores(
  { known, fingerprints }: PreparedQuery,
  own: TextScores | null,
): TextScores {
  const merged = emptyScores(known.logits.length);
  for (const place of merged.logits.keys()) {
    const isOwn = own !== null && !Number.isNaN(own.logits[place]);
    copyScore(isOwn ? own : known, place, merged, place);
  }
  const texts = new FingerprintPlaces(fingerprints);
  merged.logits.forEach((logit, place) => {
    const first = Number.isNaN(logit) ? texts.find(fingerprints, place) : null;
    if (first !== null) copyScore(merged, first, merged, place);
  });
  return merged;
}

/** What the model itself gave for this run so far: before, and now. */
export function ownScores(
  documents: Int32Array,
  before: StoredRunQuery | null,
  places: readonly number[],
  scores: NewScores | null,
): TextScores {
  const own = emptyScores(documents.length);
  if (before !== null) {
    const earlier = { ...before, logits: before.scores };
    for (const place of documents.keys()) copyScore(earlier, place, own, place);
  }
  if (scores !== null) {
    const given = { ...scores, truncated: Uint8Array.from(scores.truncated, Number) };
    places.forEach((place, at) => {
      copyScore(given, at, own, place);
    });
  }
  return own;
}
