import { foldPassages, type PassageFold } from '../core/passages.ts';
import { relevanceOfLogit } from '../core/scores.ts';
import type { EncodedPassage } from './document-passages.ts';
import type { DecidingPassage, ScoredDocument } from './reranker.ts';

/** A distinct text of a request, cut into the passages that are scored for it. */
export interface EncodedDocument {
  readonly passages: readonly EncodedPassage[];
  /** False when its end lies beyond the last passage. */
  readonly covered: boolean;
}

/**
 * Collects logits of passages until a document has all of its own, and then gives its score. Equal
 * documents share their passages, so one text may stand for several positions of the request.
 */
export class DocumentScores {
  readonly #documents: readonly EncodedDocument[];
  readonly #indexesOf: readonly (readonly number[])[];
  readonly #fold: PassageFold;
  readonly #logits: Float64Array[];
  readonly #missing: Int32Array;
  /** For each pair: which document, and which of its passages. */
  readonly #places: readonly { readonly document: number; readonly passage: number }[];
  /** By position in the request; holes where not scored yet. */
  readonly scored: ScoredDocument[];

  /**
   * @param indexesOf positions in the request of each document
   * @param scored where the scores are put, by position in the request; other documents may be there
   */
  constructor(
    documents: readonly EncodedDocument[],
    indexesOf: readonly (readonly number[])[],
    fold: PassageFold,
    scored: ScoredDocument[] = [],
  ) {
    this.#documents = documents;
    this.#indexesOf = indexesOf;
    this.#fold = fold;
    this.#logits = documents.map(({ passages }) => new Float64Array(passages.length));
    this.#missing = Int32Array.from(documents, ({ passages }) => passages.length);
    this.#places = documents.flatMap(({ passages }, document) =>
      passages.map((_, passage) => ({ document, passage })),
    );
    this.scored = scored;
  }

  /** Takes the logits of some pairs; gives the documents that are complete with them. */
  add(pairs: readonly number[], logits: ArrayLike<number>): ScoredDocument[] {
    const complete: ScoredDocument[] = [];
    pairs.forEach((pair, line) => {
      const place = this.#places[pair];
      if (place === undefined) return;
      const { document, passage } = place;
      const known = this.#logits[document];
      if (known === undefined) return;
      known[passage] = logits[line] ?? Number.NaN;
      const missing = (this.#missing[document] ?? 0) - 1;
      this.#missing[document] = missing;
      if (missing === 0) complete.push(...this.#complete(document));
    });
    return complete;
  }

  #complete(document: number): ScoredDocument[] {
    const { passages = [], covered = true } = this.#documents[document] ?? {};
    const { logit, decided } = foldPassages([...(this.#logits[document] ?? [])], this.#fold);
    const tokens = passages.reduce((sum, { pair }) => sum + pair.ids.length, 0);
    const decidedBy = passages[decided];
    const passage: DecidingPassage | null =
      decidedBy === undefined || (passages.length === 1 && covered)
        ? null
        : { start: decidedBy.start, end: decidedBy.end, index: decided, count: passages.length };
    const truncated = !covered || passages.some(({ pair }) => pair.truncated);
    return (this.#indexesOf[document] ?? []).map((index) => {
      const scored: ScoredDocument = {
        index,
        logit,
        relevance: relevanceOfLogit(logit),
        tokens,
        truncated,
        ...(passage !== null && { passage }),
      };
      this.scored[index] = scored;
      return scored;
    });
  }
}
