/**
 * What goes in when somebody brings data of their own: files or a pasted text, how each of them
 * is understood, what was found, and what is wrong with it.
 */

/** One file, or a pasted text as a file. A zip is expanded before: its entries are files. */
export interface ImportFile {
  /** Path as dropped, `beir/scifact/corpus.jsonl`; for pasted text `pasted text`. Unique. */
  readonly path: string;
  readonly blob: Blob;
}

/** How the characters are written. WHATWG labels, as TextDecoder knows them. */
export type ImportEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030' | 'windows-1252';

/** The outer shape of a file. */
export type ImportFormat =
  /** Lines or blocks of text. */
  | 'plain-text'
  /** A JSON array of strings or objects, also one inside an object; or an object by ids. */
  | 'json'
  /** One JSON value per line. */
  | 'jsonl'
  /** CSV or TSV. */
  | 'delimited'
  /** `qid Q0 docid rank score tag` */
  | 'trec-run'
  /** `qid 0 docid grade` */
  | 'trec-qrels'
  /**
   * `[{ query, hits: [{ content, qid, docid, rank, score }] }]`, as RankLLM writes them; or rankings
   * as this app exports them as JSON.
   */
  | 'first-stage-lists'
  /** `{ data: [{ paragraphs: [{ context, qas }] }] }` */
  | 'squad'
  /** Body of a request to Cohere, Jina, text-embeddings-inference, llama.cpp or Voyage. */
  | 'rerank-request'
  /** A collection as this app exports it. */
  | 'collection';

/** What one record of `json`, `jsonl` and `delimited` is. */
export type RecordRole =
  | 'documents'
  | 'queries'
  | 'judgements'
  /** A document at a place in a run: ids and a score, no text; perhaps the query's, and a grade. */
  | 'run'
  /** A query with one of its documents, as texts, perhaps with grade and score. */
  | 'pairs';

/** What a field of a record may be taken for. */
export type RecordField =
  | 'docId'
  | 'title'
  | 'text'
  | 'queryId'
  | 'query'
  | 'grade'
  | 'score'
  | 'rank';

/**
 * How one file is understood. Guessed by `recogniseFile`, changeable by the user before anything
 * is taken in. A part that the format does not use is absent.
 */
export interface Interpretation {
  readonly format: ImportFormat;
  readonly encoding: ImportEncoding;
  /** `json`, `jsonl`, `delimited`. */
  readonly role?: RecordRole;
  /**
   * `json`, `jsonl`, `delimited`: which field of the record is what. A name as `columns` of the
   * preview gives it (a key of the object; `a.b` for nested ones; a column's header or its number
   * from 1 as text); absent: there is none. In a JSON array of strings `text` is absent.
   */
  readonly fields?: Readonly<Partial<Record<RecordField, string>>>;
  /** `json`: path of the array inside the object, `''` at the top, else `a.b`. */
  readonly recordsPath?: string;
  /** `delimited`. */
  readonly delimiter?: ',' | '\t' | ';' | '|';
  /** `delimited`: the first row names the columns. */
  readonly hasHeader?: boolean;
  /** `plain-text`. */
  readonly layout?: 'lines' | 'blank-lines' | 'whole-file';
  /** `squad`: paragraphs become documents, questions queries. */
  readonly take?: 'both' | 'questions' | 'paragraphs';
  /** False: leave this file out. */
  readonly included: boolean;
}

/** Where something is wrong: as exact as it is known. */
export interface ImportPlace {
  readonly path: string;
  /** From 1. */
  readonly line?: number;
  /** From 1, in UTF-16 units. */
  readonly column?: number;
  /** Record in the file, from 1. */
  readonly record?: number;
  /** The id, field or value that it is about, shortened to 80 characters. */
  readonly subject?: string;
}

export type ImportProblemCode =
  // The whole file is left out:
  | 'binary'
  | 'too-large'
  | 'json-syntax'
  | 'unrecognised'
  | 'wrong-shape'
  | 'newer-version'
  | 'unreadable'
  | 'archive-entry'
  /** A column is needed that was not chosen; `subject` is the RecordField. */
  | 'field-not-chosen'
  // One record is left out:
  | 'bad-line'
  | 'ragged-row'
  | 'empty-text'
  | 'empty-id'
  | 'not-a-number'
  | 'field-missing'
  | 'wrong-type'
  | 'duplicate-document'
  | 'duplicate-query'
  | 'duplicate-candidate'
  | 'duplicate-judgement'
  | 'unknown-query'
  | 'unknown-document'
  | 'query-without-text'
  // Kept, and worth knowing:
  | 'repeated-document'
  | 'repeated-query'
  | 'judged-document-absent'
  | 'undecodable-bytes'
  | 'ids-assigned'
  | 'structured-document'
  | 'nothing-found';

/** Every occurrence of one problem, with the first few places. */
export interface ImportProblem {
  readonly code: ImportProblemCode;
  /** `file`: the file is left out. `skipped`: records are. `note`: kept. */
  readonly severity: 'file' | 'skipped' | 'note';
  readonly count: number;
  /** At most 5, in order of appearance. */
  readonly places: readonly ImportPlace[];
}

/** How much of what a file or an import holds. */
export interface ImportCounts {
  readonly documents: number;
  readonly queries: number;
  readonly candidates: number;
  readonly judgements: number;
}

/** What is known of one file after a look at its beginning (whole, if it is small). */
export interface FilePreview {
  readonly path: string;
  readonly bytes: number;
  readonly interpretation: Interpretation;
  /** False when nothing fits and the interpretation is the least bad guess. */
  readonly recognised: boolean;
  /** Names that `fields` may use, in order of appearance; empty where there are none. */
  readonly columns: readonly string[];
  /** The first few records as they would be taken in, at most 3 of each kind. */
  readonly sample: readonly SampleRecord[];
  /** What was seen to be wrong in the beginning; the report of the import is complete. */
  readonly problems: readonly ImportProblem[];
  /** Of the part that was looked at; `complete` when that is the whole file. */
  readonly counts: ImportCounts;
  readonly complete: boolean;
}

/** A record as it would be taken in, texts shortened to 300 characters. */
export type SampleRecord =
  | {
      readonly kind: 'document';
      readonly docId: string | null;
      readonly title: string | null;
      readonly text: string;
    }
  | { readonly kind: 'query'; readonly queryId: string | null; readonly text: string }
  | {
      readonly kind: 'candidate';
      readonly queryId: string;
      readonly docId: string;
      readonly score: number | null;
    }
  | {
      readonly kind: 'judgement';
      readonly queryId: string;
      readonly docId: string;
      readonly grade: number;
    };

/** How a reader hands over what it finds, in order of appearance. Ids are trimmed and not empty. */
export interface ImportSink {
  /** @param docId null: there is none, one is assigned */
  document(docId: string | null, title: string | null, text: string, place: ImportPlace): void;
  query(queryId: string | null, text: string, place: ImportPlace): void;
  /**
   * A document retrieved for a query.
   * @param score null where only the order is known
   */
  candidate(queryId: string, docId: string, score: number | null, place: ImportPlace): void;
  judgement(queryId: string, docId: string, grade: number, place: ImportPlace): void;
  /**
   * A query together with a document, both as texts; ids null: equal texts are the same thing.
   * Also a candidate of that query, unless `grade` alone is given with `isCandidate` false.
   */
  pair(pair: ImportedPair, place: ImportPlace): void;
  problem(
    code: ImportProblemCode,
    severity: ImportProblem['severity'],
    place: ImportPlace,
    count?: number,
  ): void;
  /** Name of the first stage, for example a TREC run tag; the first one counts. */
  firstStageTag(tag: string): void;
}

export interface ImportedPair {
  readonly queryId: string | null;
  readonly query: string;
  readonly docId: string | null;
  readonly title: string | null;
  readonly text: string;
  readonly score: number | null;
  readonly grade: number | null;
}

/** How a long reading is watched and stopped. */
export interface ReadingCall {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the file read so far, never falling; the last equals its size. */
  readonly onProgress?: ((readBytes: number) => void) | undefined;
}
