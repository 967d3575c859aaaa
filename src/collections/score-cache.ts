import type { Provenance } from '../io/export-types.ts';
import { KeyLocks } from '../models/key-locks.ts';
import type { ScoreCacheUse } from './collection.ts';
import type { ScoreRecords, StoredScores } from './stored-collection.ts';
import { startFingerprints, wordsPerFingerprint } from './text-fingerprint.ts';

/** Scores of texts, in their order. */
export interface TextScores {
  /** NaN where not known. */
  readonly logits: Float64Array;
  /** 0 where not known. */
  readonly tokens: Int32Array;
  /** 1 where truncated. */
  readonly truncated: Uint8Array;
}

/** A record that was used within this time is not written again to say so. Milliseconds. */
const useCountsForMs = 24 * 60 * 60 * 1000;

/**
 * Scores that a model gave, remembered by model, query and text: whoever asks for the same again,
 * in another run or another collection, need not compute it. One record per model and query.
 */
export class ScoreCache {
  readonly #records: ScoreRecords;
  /** Between reading a record and replacing it. */
  readonly #locks = new KeyLocks(null);

  constructor(records: ScoreRecords) {
    this.#records = records;
  }

  /**
   * What is known of these texts.
   * @param fingerprints of the texts, one after the other
   */
  async find(key: string, fingerprints: Uint32Array): Promise<TextScores> {
    const stored = await this.#records.get(key);
    const found = emptyScores(fingerprints.length / wordsPerFingerprint);
    if (stored === null) return found;
    const places = new FingerprintPlaces(stored.fingerprints);
    for (let text = 0; text < found.logits.length; text += 1) {
      const place = places.find(fingerprints, text);
      if (place !== null) copyScore(stored, place, found, text);
    }
    // What is used stays longest.
    if (stored.usedAt < Date.now() - useCountsForMs) {
      const renewed = this.#locks.hold(key, async () => {
        const now = await this.#records.get(key);
        if (now !== null) await this.#records.put(key, { ...now, usedAt: Date.now() });
      });
      // The scores are found, whether or not that can be noted.
      await renewed.catch(() => undefined);
    }
    return found;
  }

  /**
   * Adds scores to what is known; texts whose logit is NaN are passed over.
   * @param fingerprints of the texts, one after the other
   */
  async remember(key: string, fingerprints: Uint32Array, scores: TextScores): Promise<void> {
    await this.#locks.hold(key, async () => {
      const stored = await this.#records.get(key);
      const merged = mergeScores(stored, fingerprints, scores);
      if (merged !== null) await this.#records.put(key, { ...merged, usedAt: Date.now() });
    });
  }

  async use(): Promise<ScoreCacheUse> {
    return await this.#records.use();
  }

  async clear(): Promise<void> {
    await this.#records.clear();
  }
}

/** Where texts lie among fingerprints, by their first word and then by all of them. */
export class FingerprintPlaces {
  readonly #fingerprints: Uint32Array;
  readonly #firstByWord = new Map<number, number>();
  /** The next text with the same first word; -1: none. */
  readonly #next: Int32Array;

  constructor(fingerprints: Uint32Array) {
    const texts = fingerprints.length / wordsPerFingerprint;
    this.#fingerprints = fingerprints;
    this.#next = new Int32Array(texts).fill(-1);
    // Backwards, so that of equal ones the first is found.
    for (let text = texts - 1; text >= 0; text -= 1) {
      const word = fingerprints[text * wordsPerFingerprint] ?? 0;
      this.#next[text] = this.#firstByWord.get(word) ?? -1;
      this.#firstByWord.set(word, text);
    }
  }

  /** Place of the first text that equals the given one of other fingerprints; null: none. */
  find(fingerprints: Uint32Array, text: number): number | null {
    const at = text * wordsPerFingerprint;
    let place = this.#firstByWord.get(fingerprints[at] ?? 0) ?? -1;
    while (place >= 0) {
      const from = place * wordsPerFingerprint;
      let word = 1;
      while (
        word < wordsPerFingerprint &&
        this.#fingerprints[from + word] === fingerprints[at + word]
      ) {
        word += 1;
      }
      if (word === wordsPerFingerprint) return place;
      place = this.#next[place] ?? -1;
    }
    return null;
  }
}

/**
 * The key of a model's scores for a query: a fingerprint of all that makes a score what it is,
 * but the text.
 * @throws RerankError `storage-unavailable` where WebAssembly is refused
 */
export async function scoreKey(provenance: Provenance, query: string): Promise<string> {
  const { model, revision, dtype, device, maxLength, longDocuments } = provenance;
  const fingerprints = await startFingerprints();
  return fingerprints.hex(
    JSON.stringify([1, model, revision, dtype, device, maxLength, longDocuments, query]),
  );
}

/** Scores of so many texts of which nothing is known. */
export function emptyScores(texts: number): TextScores {
  return {
    logits: new Float64Array(texts).fill(Number.NaN),
    tokens: new Int32Array(texts),
    truncated: new Uint8Array(texts),
  };
}

/** Copies one text's score. */
export function copyScore(from: TextScores, at: number, to: TextScores, place: number): void {
  to.logits[place] = from.logits[at] ?? Number.NaN;
  to.tokens[place] = from.tokens[at] ?? 0;
  to.truncated[place] = from.truncated[at] ?? 0;
}

/** Both together, what was there first; null where nothing is new. */
function mergeScores(
  stored: StoredScores | null,
  fingerprints: Uint32Array,
  scores: TextScores,
): Omit<StoredScores, 'usedAt'> | null {
  const known = stored?.fingerprints ?? new Uint32Array();
  const places = new FingerprintPlaces(known);
  const own = new FingerprintPlaces(fingerprints);
  const added: number[] = [];
  scores.logits.forEach((logit, text) => {
    if (Number.isNaN(logit) || places.find(fingerprints, text) !== null) return;
    // Of equal texts one is enough.
    const first = own.find(fingerprints, text);
    if (first !== null && first < text && !Number.isNaN(scores.logits[first])) return;
    added.push(text);
  });
  if (added.length === 0) return null;
  const before = known.length / wordsPerFingerprint;
  const merged = emptyScores(before + added.length);
  const mergedFingerprints = new Uint32Array((before + added.length) * wordsPerFingerprint);
  mergedFingerprints.set(known);
  if (stored !== null) {
    merged.logits.set(stored.logits);
    merged.tokens.set(stored.tokens);
    merged.truncated.set(stored.truncated);
  }
  added.forEach((text, i) => {
    const from = text * wordsPerFingerprint;
    const words = fingerprints.subarray(from, from + wordsPerFingerprint);
    mergedFingerprints.set(words, (before + i) * wordsPerFingerprint);
    copyScore(scores, text, merged, before + i);
  });
  return { fingerprints: mergedFingerprints, ...merged };
}
