import type {
  ImportCounts,
  ImportedPair,
  ImportPlace,
  ImportProblem,
  ImportProblemCode,
  ImportSink,
  SampleRecord,
} from './import-types.ts';

/** Keeps the first few of each kind of what is found, and counts the rest. */
export class PreviewSink implements ImportSink {
  readonly #samples: SampleRecord[] = [];
  readonly #problems = new Map<string, ImportProblem>();
  /** Texts or ids of what came in pairs, which repeat one another. */
  readonly #pairedDocuments = new Set<string>();
  readonly #pairedQueries = new Set<string>();
  readonly #counts = { document: 0, query: 0, candidate: 0, judgement: 0 };

  document(docId: string | null, title: string | null, text: string): void {
    this.#keep({ kind: 'document', docId, title: title && shown(title), text: shown(text) });
  }

  query(queryId: string | null, text: string): void {
    this.#keep({ kind: 'query', queryId, text: shown(text) });
  }

  candidate(queryId: string, docId: string, score: number | null): void {
    this.#keep({ kind: 'candidate', queryId, docId, score });
  }

  judgement(queryId: string, docId: string, grade: number): void {
    this.#keep({ kind: 'judgement', queryId, docId, grade });
  }

  pair({ queryId, query, docId, title, text, score, grade }: ImportedPair): void {
    if (isNew(this.#pairedQueries, queryId ?? query)) this.query(queryId, query);
    if (isNew(this.#pairedDocuments, docId ?? text)) this.document(docId, title, text);
    if (queryId !== null && docId !== null) {
      this.candidate(queryId, docId, score);
      if (grade !== null) this.judgement(queryId, docId, grade);
    } else {
      this.#counts.candidate += 1;
      if (grade !== null) this.#counts.judgement += 1;
    }
  }

  problem(
    code: ImportProblemCode,
    severity: ImportProblem['severity'],
    place: ImportPlace,
    count = 1,
  ): void {
    const key = `${code} ${severity}`;
    const before = this.#problems.get(key);
    const places = before?.places ?? [];
    this.#problems.set(key, {
      code,
      severity,
      count: (before?.count ?? 0) + count,
      places: places.length < placesKept ? [...places, place] : places,
    });
  }

  firstStageTag(): void {
    // A preview shows none.
  }

  /** The first records, at most 3 of each kind, in order of appearance. */
  get sample(): readonly SampleRecord[] {
    return [...this.#samples];
  }

  get problems(): readonly ImportProblem[] {
    return [...this.#problems.values()];
  }

  get counts(): ImportCounts {
    const { document, query, candidate, judgement } = this.#counts;
    return { documents: document, queries: query, candidates: candidate, judgements: judgement };
  }

  #keep(record: SampleRecord): void {
    this.#counts[record.kind] += 1;
    if (this.#counts[record.kind] <= samplesKept) this.#samples.push(record);
  }
}

const samplesKept = 3;
const placesKept = 5;
const shownLength = 300;

function shown(text: string): string {
  return text.length <= shownLength ? text : `${text.slice(0, shownLength - 1)}…`;
}

function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
