import type { ImportPlace, ImportSink } from './import-types.ts';

/** What a reader handed over, for tests: a list per kind, in order of appearance. */
export interface Recording {
  readonly sink: ImportSink;
  readonly documents: (readonly [docId: string | null, title: string | null, text: string])[];
  readonly queries: (readonly [queryId: string | null, text: string])[];
  readonly candidates: (readonly [queryId: string, docId: string, score: number | null])[];
  readonly judgements: (readonly [queryId: string, docId: string, grade: number])[];
  readonly pairs: Parameters<ImportSink['pair']>[0][];
  /** `code severity`, then what is known of the place but for the path. */
  readonly problems: (readonly [string, Omit<ImportPlace, 'path'>, number])[];
  /** Of records, in order of appearance. */
  readonly places: ImportPlace[];
}

/** A sink that remembers everything. */
export function recordImport(): Recording {
  const recording: Omit<Recording, 'sink'> = {
    documents: [],
    queries: [],
    candidates: [],
    judgements: [],
    pairs: [],
    problems: [],
    places: [],
  };
  const sink: ImportSink = {
    document: (docId, title, text, place) => {
      recording.documents.push([docId, title, text]);
      recording.places.push(place);
    },
    query: (queryId, text, place) => {
      recording.queries.push([queryId, text]);
      recording.places.push(place);
    },
    candidate: (queryId, docId, score, place) => {
      recording.candidates.push([queryId, docId, score]);
      recording.places.push(place);
    },
    judgement: (queryId, docId, grade, place) => {
      recording.judgements.push([queryId, docId, grade]);
      recording.places.push(place);
    },
    pair: (pair, place) => {
      recording.pairs.push(pair);
      recording.places.push(place);
    },
    problem: (code, severity, { path: _, ...place }, count = 1) => {
      recording.problems.push([`${code} ${severity}`, place, count]);
    },
    firstStageTag: () => {},
  };
  return { ...recording, sink };
}
