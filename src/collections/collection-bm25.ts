import { type Bm25Index, bm25Scores, startBm25Index } from '../core/bm25.ts';
import { orderByScore } from '../core/scores.ts';
import { wordsOf } from '../core/words.ts';
import { KeyLocks } from '../models/key-locks.ts';
import type { CollectionsCall } from './collections-api.ts';
import { Pauses } from './pauses.ts';
import type { OpenCollection, StoredCandidates } from './stored-collection.ts';

/** Documents that BM25 found or was asked about, with their scores. */
export interface ScoredCandidates extends StoredCandidates {
  readonly scores: Float64Array;
}

/** The clock is read once in so many words, and after every document. */
const wordsPerClock = 512;

/**
 * BM25 over all documents (title and text) of a collection. The index of the last collection is
 * kept: it is asked for again and again, and two of 100,000 documents would be too much memory.
 */
export class CollectionBm25 {
  /** One build at a time; who waits may find what it wants. */
  readonly #locks = new KeyLocks(null);
  #kept: { readonly key: string; readonly index: Bm25Index } | null = null;

  /**
   * The index of a collection, built where it is not kept; reports `indexing`.
   * @throws RerankError `aborted`, and then nothing is kept; as the collection's documents do
   */
  async indexOf(collection: OpenCollection, call: CollectionsCall = {}): Promise<Bm25Index> {
    // Documents are only ever added to a collection, so their number tells its states apart.
    const key = `${collection.docIds.length} ${collection.summary.id}`;
    const build = async (): Promise<Bm25Index> => {
      if (this.#kept?.key === key) return this.#kept.index;
      // Not both at once.
      this.#kept = null;
      const index = await buildIndex(collection, call);
      this.#kept = { key, index };
      return index;
    };
    return await this.#locks.hold('index', build, { signal: call.signal });
  }
}

/**
 * The best documents of all for a query, best first, ties in collection order. Documents that
 * share no word with the query fill up at the end.
 * @param count most documents, >= 0
 */
export function bm25Best(index: Bm25Index, query: string, count: number): ScoredCandidates {
  const all = bm25Scores(index, query);
  const kept = Math.min(count, all.length);
  const picked = new Int32Array(kept);
  if (kept > 0) {
    // The worst score that still gets in; sorting numbers is far cheaper than sorting documents.
    const threshold = all.slice().sort()[all.length - kept] ?? 0;
    let above = 0;
    for (const score of all) if (score > threshold) above += 1;
    let atThreshold = kept - above;
    let filled = 0;
    all.forEach((score, document) => {
      if (score < threshold || (score === threshold && atThreshold === 0)) return;
      if (score === threshold) atThreshold -= 1;
      picked[filled] = document;
      filled += 1;
    });
  }
  return sorted(picked, scoresAt(all, picked));
}

/** BM25 scores of some documents, in their order; 0 where no word is shared. */
export function bm25ScoresAt(
  index: Bm25Index,
  query: string,
  documents: ArrayLike<number>,
): Float64Array {
  return scoresAt(bm25Scores(index, query), documents);
}

function scoresAt(all: Float64Array, documents: ArrayLike<number>): Float64Array {
  return Float64Array.from(documents, (document) => all[document] ?? 0);
}

function sorted(documents: Int32Array, scores: Float64Array): ScoredCandidates {
  const order = orderByScore(scores);
  return {
    documents: Int32Array.from(order, (place) => documents[place] ?? 0),
    scores: Float64Array.from(order, (place) => scores[place] ?? 0),
  };
}

async function buildIndex(
  collection: OpenCollection,
  { signal, onProgress }: CollectionsCall,
): Promise<Bm25Index> {
  const pauses = new Pauses(signal);
  const builder = startBm25Index();
  const total = collection.docIds.length;
  let done = 0;
  let words = 0;
  const pause = async (): Promise<void> => {
    onProgress?.({ type: 'progress', step: 'indexing', done, total });
    await pauses.take();
  };
  await pause();
  for await (const block of collection.documentBlocks()) {
    for (const { title, text } of block) {
      for (const part of [title ?? '', text]) {
        for (const { word } of wordsOf(part)) {
          builder.addWord(word);
          words += 1;
          if (words % wordsPerClock === 0 && pauses.due) await pause();
        }
      }
      builder.endDocument();
      done += 1;
      if (pauses.due) await pause();
    }
  }
  const index = builder.build();
  await pause();
  return index;
}
