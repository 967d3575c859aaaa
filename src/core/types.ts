/** The field's nouns, as plain data. */

/** A text that may be retrieved. */
export interface Document {
  /** Unique within its collection; never empty, no white space where it goes into TREC files. */
  readonly docId: string;
  /** Absent where there is none. */
  readonly title?: string;
  readonly text: string;
}

/** What somebody searches for. */
export interface Query {
  /** Unique within its collection. */
  readonly queryId: string;
  readonly text: string;
}

/**
 * Judgements: query id -> document id -> grade. Grades are whole numbers; 0 and below are not
 * relevant, higher is better. A document that is missing is not judged, and counts as 0.
 */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** One document of a run. */
export interface RunEntry {
  readonly docId: string;
  /** Higher is better; only the order within one query means something. */
  readonly score: number;
}

/** Rankings of one system: query id -> entries, in any order (`orderAsTrecEval` sorts them). */
export interface Run {
  /** Name of the system, without white space: TREC's run tag. */
  readonly tag: string;
  readonly rankings: ReadonlyMap<string, readonly RunEntry[]>;
}
