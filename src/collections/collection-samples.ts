import type { Document, Qrels, Query } from '../core/types.ts';
import type { CollectionSummary, RunSummary } from './collection.ts';
import type {
  OpenCollection,
  ScoreRecords,
  StoredCandidates,
  StoredRunQuery,
  StoredScores,
} from './stored-collection.ts';

/** What a collection for tests is made of. */
export interface SampleCollection {
  readonly id?: string;
  readonly documents: readonly Document[];
  readonly queries: readonly Query[];
  /** By query: ids of documents, best first, with scores or without; absent: BM25 finds them. */
  readonly candidates?: readonly (readonly (string | readonly [string, number])[])[];
  /** By query id, then by document id. */
  readonly qrels?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A collection in memory, for tests. Grows through `add`. */
export class MemoryCollection implements OpenCollection {
  readonly queries: readonly Query[];
  readonly candidates: readonly (StoredCandidates | null)[];
  readonly qrels: Qrels;
  #documents: readonly Document[];
  #summary: CollectionSummary;
  readonly #runQueries = new Map<string, StoredRunQuery>();

  constructor(sample: SampleCollection) {
    const { documents, queries, candidates, qrels = {} } = sample;
    const places = new Map(documents.map(({ docId }, place) => [docId, place]));
    this.#documents = documents;
    this.queries = queries;
    this.candidates = queries.map((_, number) => {
      const given = candidates?.[number];
      if (given === undefined) return null;
      const idOf = (entry: (typeof given)[number]) =>
        typeof entry === 'string' ? entry : entry[0];
      const scores = given.flatMap((entry) => (typeof entry === 'string' ? [] : [entry[1]]));
      return {
        documents: Int32Array.from(given, (entry) => places.get(idOf(entry)) ?? -1),
        scores: scores.length === 0 ? null : Float64Array.from(scores),
      };
    });
    this.qrels = new Map(
      Object.entries(qrels).map(([queryId, grades]) => [queryId, new Map(Object.entries(grades))]),
    );
    this.#summary = {
      id: sample.id ?? 'sample',
      name: 'Sample',
      createdAt: 0,
      updatedAt: 0,
      judgedQueries: this.qrels.size,
      candidateSource: candidates === undefined ? 'bm25' : 'given',
      firstStageTag: null,
      textLength: 0,
      runs: [],
      readable: true,
      documents: documents.length,
      queries: queries.length,
      candidates: candidates?.flat().length ?? 0,
      judgements: 0,
    };
  }

  get summary(): CollectionSummary {
    return this.#summary;
  }

  get docIds(): readonly string[] {
    return this.#documents.map(({ docId }) => docId);
  }

  /** Adds documents, as a second import does. */
  add(documents: readonly Document[]): void {
    this.#documents = [...this.#documents, ...documents];
  }

  async documentsAt(places: ArrayLike<number>): Promise<readonly Document[]> {
    return Array.from(places, (place) => this.#documents[place] ?? { docId: '', text: '' });
  }

  async *documentBlocks(): AsyncIterable<readonly Document[]> {
    for (let from = 0; from < this.#documents.length; from += 500) {
      yield this.#documents.slice(from, from + 500);
    }
  }

  async putRun(run: RunSummary): Promise<void> {
    const others = this.#summary.runs.filter(({ runId }) => runId !== run.runId);
    this.#summary = { ...this.#summary, runs: [run, ...others] };
  }

  async removeRun(runId: string): Promise<void> {
    const runs = this.#summary.runs.filter((run) => run.runId !== runId);
    this.#summary = { ...this.#summary, runs };
    for (const number of this.queries.keys()) this.#runQueries.delete(`${runId} ${number}`);
  }

  async runQuery(runId: string, queryNumber: number): Promise<StoredRunQuery | null> {
    return structuredClone(this.#runQueries.get(`${runId} ${queryNumber}`) ?? null);
  }

  async runQueries(runId: string): Promise<readonly (StoredRunQuery | null)[]> {
    return await Promise.all(this.queries.map((_, number) => this.runQuery(runId, number)));
  }

  async putRunQuery(run: RunSummary, queryNumber: number, scores: StoredRunQuery): Promise<void> {
    await this.putRun(run);
    this.#runQueries.set(`${run.runId} ${queryNumber}`, structuredClone(scores));
  }
}

/** Remembered scores in memory, for tests. */
export class MemoryScoreRecords implements ScoreRecords {
  readonly #records = new Map<string, StoredScores>();

  async get(key: string): Promise<StoredScores | null> {
    return structuredClone(this.#records.get(key) ?? null);
  }

  async put(key: string, scores: StoredScores): Promise<void> {
    this.#records.set(key, structuredClone(scores));
  }

  async use(): Promise<{ readonly scores: number; readonly bytes: number }> {
    const counts = Array.from(this.#records.values(), ({ logits }) => logits.length);
    const scores = counts.reduce((sum, count) => sum + count, 0);
    return { scores, bytes: scores * 29 };
  }

  async clear(): Promise<void> {
    this.#records.clear();
  }
}
