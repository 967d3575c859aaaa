import { RerankError } from './errors.ts';
import { wordsOf } from './words.ts';

/** The two knobs of BM25. */
export interface Bm25Parameters {
  /**
   * Term-frequency saturation: how much a word's second and third occurrence add. >= 0, usually
   * 1.2 to 2; at 0 only presence counts. Default 1.2.
   */
  readonly k1: number;
  /** Length normalisation: 0 ignores a document's length, 1 divides by it. 0..1, default 0.75. */
  readonly b: number;
}

/** Lucene's defaults. */
export const defaultBm25Parameters: Bm25Parameters = { k1: 1.2, b: 0.75 };

/** An inverted index: for every term the documents that hold it, as flat arrays. Plain data. */
export interface Bm25Index {
  readonly parameters: Bm25Parameters;
  /** Words per document, repeated ones included. */
  readonly lengths: Uint32Array;
  /** Mean of `lengths`; 0 without documents. */
  readonly averageLength: number;
  /** Term number by normalised word, from 0. */
  readonly termIds: ReadonlyMap<string, number>;
  /** The postings of term t are the positions starts[t] (inclusive) to starts[t + 1] (exclusive). */
  readonly starts: Uint32Array;
  /** Document index of each posting, ascending within a term. */
  readonly postingDocuments: Uint32Array;
  /** Occurrences of the term in that document, >= 1. */
  readonly postingCounts: Uint32Array;
}

/** An index under way, for callers that must pause between words. */
export interface Bm25IndexBuilder {
  /** Adds one word, as `wordsOf` gives it, to the document under way. */
  addWord(word: string): void;
  /** Closes the document under way, which may be empty, and begins the next. */
  endDocument(): void;
  /** The index of all closed documents. */
  build(): Bm25Index;
}

/**
 * Indexes documents by their words.
 * @throws RerankError `invalid-request` for parameters out of range
 */
export function createBm25Index(
  documents: readonly string[],
  parameters: Partial<Bm25Parameters> = {},
): Bm25Index {
  const builder = startBm25Index(parameters);
  for (const document of documents) {
    for (const { word } of wordsOf(document)) builder.addWord(word);
    builder.endDocument();
  }
  return builder.build();
}

/**
 * The score of every document for a query, in document order; >= 0, and 0 exactly where no word
 * is shared. The sum over the query's words of
 *
 *     ln(1 + (N - df + 0.5) / (df + 0.5)) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len / avgLen))
 *
 * with N documents, df of them holding the word, tf occurrences in this one of len words. This is
 * Lucene's variant: the idf is never negative. Lucene 8 dropped the constant factor k1 + 1 and
 * stores len in one byte; we keep the factor, which changes no order, and the exact length.
 *
 * A word that the query repeats counts once per occurrence, as in Lucene: who writes "loan loan
 * rate" asks for loans twice as much. Saturation is for documents; queries are too short for it.
 *
 * Source: Robertson and Zaragoza 2009, doi:10.1561/1500000019; variants compared in Kamphuis et
 * al. 2020, doi:10.1007/978-3-030-45442-5_4.
 */
export function bm25Scores(index: Bm25Index, query: string): Float64Array {
  const { lengths, averageLength, postingDocuments, postingCounts } = index;
  const { k1, b } = index.parameters;
  const scores = new Float64Array(lengths.length);
  for (const [termId, occurrences] of countTerms(index, query)) {
    const start = index.starts[termId] ?? 0;
    const end = index.starts[termId + 1] ?? start;
    const weight = occurrences * inverseDocumentFrequency(lengths.length, end - start) * (k1 + 1);
    for (let posting = start; posting < end; posting += 1) {
      const document = postingDocuments[posting] ?? 0;
      const tf = postingCounts[posting] ?? 0;
      const relativeLength = (lengths[document] ?? 0) / averageLength;
      const saturated = tf / (tf + k1 * (1 - b + b * relativeLength));
      scores[document] = (scores[document] ?? 0) + weight * saturated;
    }
  }
  return scores;
}

/**
 * Begins an index that is filled word by word; `createBm25Index` does it in one go.
 * @throws RerankError `invalid-request` for parameters out of range
 */
export function startBm25Index(parameters: Partial<Bm25Parameters> = {}): Bm25IndexBuilder {
  const checked = checkParameters({ ...defaultBm25Parameters, ...parameters });
  const termIds = new Map<string, number>();
  const lengths: number[] = [];
  // One entry per (document, term), in document order; `build` turns them round.
  const entryTerms: number[] = [];
  const entryCounts: number[] = [];
  const entryEnds: number[] = [];
  // The document under way: its terms, and by term how often each was seen.
  let seen: number[] = [];
  const seenCounts: number[] = [];
  let length = 0;

  return {
    addWord(word) {
      let termId = termIds.get(word);
      if (termId === undefined) {
        termId = termIds.size;
        termIds.set(word, termId);
        seenCounts.push(0);
      }
      const count = seenCounts[termId] ?? 0;
      if (count === 0) seen.push(termId);
      seenCounts[termId] = count + 1;
      length += 1;
    },

    endDocument() {
      for (const termId of seen) {
        entryTerms.push(termId);
        entryCounts.push(seenCounts[termId] ?? 0);
        seenCounts[termId] = 0;
      }
      entryEnds.push(entryTerms.length);
      lengths.push(length);
      seen = [];
      length = 0;
    },

    build() {
      const starts = startsOf(entryTerms, termIds.size);
      const next = starts.slice();
      const postingDocuments = new Uint32Array(entryTerms.length);
      const postingCounts = new Uint32Array(entryTerms.length);
      let entry = 0;
      entryEnds.forEach((end, document) => {
        for (; entry < end; entry += 1) {
          const termId = entryTerms[entry] ?? 0;
          const posting = next[termId] ?? 0;
          postingDocuments[posting] = document;
          postingCounts[posting] = entryCounts[entry] ?? 0;
          next[termId] = posting + 1;
        }
      });
      const words = lengths.reduce((sum, documentLength) => sum + documentLength, 0);
      return {
        parameters: checked,
        lengths: Uint32Array.from(lengths),
        averageLength: lengths.length === 0 ? 0 : words / lengths.length,
        termIds: new Map(termIds),
        starts,
        postingDocuments,
        postingCounts,
      };
    },
  };
}

function inverseDocumentFrequency(documentCount: number, documentFrequency: number): number {
  return Math.log(1 + (documentCount - documentFrequency + 0.5) / (documentFrequency + 0.5));
}

/** The query's words that the index knows, with their occurrences, in order of appearance. */
function countTerms(index: Bm25Index, query: string): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { word } of wordsOf(query)) {
    const termId = index.termIds.get(word);
    if (termId !== undefined) counts.set(termId, (counts.get(termId) ?? 0) + 1);
  }
  return counts;
}

/** Where each term's postings begin, and at the end their number: a counting sort's first half. */
function startsOf(entryTerms: readonly number[], termCount: number): Uint32Array {
  const starts = new Uint32Array(termCount + 1);
  for (const termId of entryTerms) starts[termId + 1] = (starts[termId + 1] ?? 0) + 1;
  for (let termId = 0; termId < termCount; termId += 1) {
    starts[termId + 1] = (starts[termId + 1] ?? 0) + (starts[termId] ?? 0);
  }
  return starts;
}

function checkParameters(parameters: Bm25Parameters): Bm25Parameters {
  const { k1, b } = parameters;
  if (!(Number.isFinite(k1) && k1 >= 0)) {
    throw new RerankError('invalid-request', `BM25's k1 is ${k1}; it must be a number >= 0.`);
  }
  if (!(Number.isFinite(b) && b >= 0 && b <= 1)) {
    throw new RerankError('invalid-request', `BM25's b is ${b}; it must be between 0 and 1.`);
  }
  return parameters;
}
