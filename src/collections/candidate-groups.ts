import { orderByScore } from '../core/scores.ts';
import type { ImportPlace } from '../io/import-types.ts';
import type { ResolvedTexts } from './identified-texts.ts';
import type { ProblemTally } from './problem-tally.ts';
import type { StoredCandidates } from './stored-collection.ts';

/**
 * References from a query to a document with a number beside them (a score, a grade), in columns:
 * millions of them take no object each.
 */
export class References {
  readonly queryKeys: number[] = [];
  readonly documentKeys: number[] = [];
  /** NaN where there is none. */
  readonly values: number[] = [];
  readonly #paths: string[] = [];
  readonly #lines: number[] = [];
  readonly #records: number[] = [];

  add(queryKey: number, documentKey: number, value: number, place: ImportPlace): void {
    this.queryKeys.push(queryKey);
    this.documentKeys.push(documentKey);
    this.values.push(value);
    this.#paths.push(place.path);
    this.#lines.push(place.line ?? 0);
    this.#records.push(place.record ?? 0);
  }

  get length(): number {
    return this.values.length;
  }

  /** Where a reference is from. @param subject the id that it is about, if that is known */
  placeOf(index: number, subject: string | null): ImportPlace {
    const line = this.#lines[index] ?? 0;
    const record = this.#records[index] ?? 0;
    return {
      path: this.#paths[index] ?? '',
      ...(line === 0 ? {} : { line }),
      ...(record === 0 ? {} : { record }),
      ...(subject === null ? {} : { subject: subject.slice(0, 80) }),
    };
  }
}

/** Candidates of one file and tag: one system's. */
export interface CandidateGroup {
  readonly path: string;
  readonly tag: string | null;
  readonly references: References;
}

/** The texts that references are about. */
export interface ReferenceTexts {
  readonly queries: ResolvedTexts;
  readonly documents: ResolvedTexts;
  readonly queryId: (key: number) => string | null;
  readonly docId: (key: number) => string | null;
}

/**
 * The candidates of a group by place of the query, those of one query ordered by falling score
 * (ties as they came) where all have one, else as they came. What points nowhere and what is there
 * twice goes into the tally.
 */
export function resolveCandidates(
  { references }: CandidateGroup,
  texts: ReferenceTexts,
  tally: ProblemTally,
): ReadonlyMap<number, StoredCandidates> {
  const { queries, documents } = texts;
  const byQuery = new Map<number, number[]>();
  const someQueryIsKnown = references.queryKeys.some((key) => placeIn(queries, key) >= 0);
  for (let index = 0; index < references.length; index += 1) {
    const queryKey = references.queryKeys[index] ?? -1;
    const documentKey = references.documentKeys[index] ?? -1;
    const query = placeIn(queries, queryKey);
    if (query < 0) {
      const code = someQueryIsKnown ? 'unknown-query' : 'query-without-text';
      tally.add(code, 'skipped', references.placeOf(index, texts.queryId(queryKey)));
    } else if (placeIn(documents, documentKey) < 0) {
      const place = references.placeOf(index, texts.docId(documentKey));
      tally.add('unknown-document', 'skipped', place);
    } else {
      const known = byQuery.get(query);
      if (known === undefined) byQuery.set(query, [index]);
      else known.push(index);
    }
  }

  const candidates = new Map<number, StoredCandidates>();
  const repeated: number[] = [];
  /** By document: the last query that has it. */
  const seenFor = new Int32Array(documents.ids.length).fill(-1);
  for (const [query, indexes] of byQuery) {
    const kept = indexes.filter((index) => {
      const document = placeIn(documents, references.documentKeys[index] ?? -1);
      const isNew = seenFor[document] !== query;
      seenFor[document] = query;
      if (!isNew) repeated.push(index);
      return isNew;
    });
    candidates.set(query, orderCandidates(kept, references, documents));
  }
  for (const index of repeated.sort((a, b) => a - b)) {
    const id = documents.ids[placeIn(documents, references.documentKeys[index] ?? -1)] ?? null;
    tally.add('duplicate-candidate', 'skipped', references.placeOf(index, id));
  }
  return candidates;
}

/** The place that a key stands for, -1 where nothing is. */
export function placeIn(texts: ResolvedTexts, key: number): number {
  return texts.places[key] ?? -1;
}

function orderCandidates(
  indexes: readonly number[],
  references: References,
  documents: ResolvedTexts,
): StoredCandidates {
  const places = Int32Array.from(indexes, (index) =>
    placeIn(documents, references.documentKeys[index] ?? -1),
  );
  const scores = Float64Array.from(indexes, (index) => references.values[index] ?? Number.NaN);
  if (scores.some(Number.isNaN)) return { documents: places, scores: null };
  const order = orderByScore(scores);
  return {
    documents: Int32Array.from(order, (index) => places[index] ?? 0),
    scores: Float64Array.from(order, (index) => scores[index] ?? 0),
  };
}
