import type {
  ImportedPair,
  ImportPlace,
  ImportProblem,
  ImportProblemCode,
  ImportSink,
} from './import-types.ts';

/** Passes everything on, and remembers whether there was anything. */
export class WatchedSink implements ImportSink {
  readonly #sink: ImportSink;
  readonly #place: ImportPlace | undefined;
  #isSilent = true;

  /** @param place added to each place, as a line of the file is to what a reader of values says */
  constructor(sink: ImportSink, place?: ImportPlace) {
    this.#sink = sink;
    this.#place = place;
  }

  /** Neither a record nor a problem has come so far. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  document(docId: string | null, title: string | null, text: string, place: ImportPlace): void {
    this.#sink.document(docId, title, text, this.#placed(place));
  }

  query(queryId: string | null, text: string, place: ImportPlace): void {
    this.#sink.query(queryId, text, this.#placed(place));
  }

  candidate(queryId: string, docId: string, score: number | null, place: ImportPlace): void {
    this.#sink.candidate(queryId, docId, score, this.#placed(place));
  }

  judgement(queryId: string, docId: string, grade: number, place: ImportPlace): void {
    this.#sink.judgement(queryId, docId, grade, this.#placed(place));
  }

  pair(pair: ImportedPair, place: ImportPlace): void {
    this.#sink.pair(pair, this.#placed(place));
  }

  problem(
    code: ImportProblemCode,
    severity: ImportProblem['severity'],
    place: ImportPlace,
    count = 1,
  ): void {
    this.#sink.problem(code, severity, this.#placed(place), count);
  }

  firstStageTag(tag: string): void {
    this.#sink.firstStageTag(tag);
  }

  #placed(place: ImportPlace): ImportPlace {
    this.#isSilent = false;
    return this.#place === undefined ? place : { ...place, ...this.#place };
  }
}
