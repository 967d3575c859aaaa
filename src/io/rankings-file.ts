import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';
import type { ImportPlace, ImportSink, ReadingCall } from './import-types.ts';
import { FieldReader, fieldOf, isJsonObject, titleOf } from './json-fields.ts';

/** True for rankings as this app exports them as JSON, of whatever version. */
export function isRankingsFile(value: unknown): boolean {
  return isJsonObject(value) && fieldOf(value, 'crossrank') === 'rankings';
}

/**
 * Reads rankings as `rankingsJson` writes them: queries, documents as far as there are texts,
 * candidates with the scores that the order goes by, and grades. The system is the candidates' tag.
 *
 * What does not fit is reported: `record` is the ranking in the file, from 1, and `subject` the
 * field, for example `documents[2].score`.
 * @throws RerankError `aborted`
 */
export async function readRankingsFile(
  value: unknown,
  path: string,
  sink: ImportSink,
  { signal }: ReadingCall,
): Promise<void> {
  checkAborted(signal);
  const version = isJsonObject(value) ? fieldOf(value, 'version') : undefined;
  if (typeof version === 'number' && version > knownVersion) {
    sink.problem('newer-version', 'file', { path });
    return;
  }
  const rankings = isJsonObject(value) ? fieldOf(value, 'rankings') : undefined;
  if (!isJsonObject(value) || !Array.isArray(rankings)) {
    sink.problem('wrong-shape', 'file', { path, subject: 'rankings' });
    return;
  }
  const system = fieldOf(value, 'system');
  const reader = new RankingsReader(path, typeof system === 'string' ? system.trim() : '', sink);
  let sincePause = 0;
  for (const [index, ranking] of rankings.entries()) {
    for (const read of reader.readRanking(ranking, index + 1)) {
      sincePause += read;
      if (sincePause < recordsPerPause) continue;
      sincePause = 0;
      await breathe();
      checkAborted(signal);
    }
  }
}

const knownVersion = 1;
/** Documents read in a few milliseconds. */
const recordsPerPause = 2_000;

class RankingsReader {
  readonly #path: string;
  readonly #system: string;
  readonly #sink: ImportSink;
  readonly #fields: FieldReader;
  /** Texts handed over, by document id: several queries may rank one document. */
  readonly #texts = new Map<string, string>();

  constructor(path: string, system: string, sink: ImportSink) {
    this.#path = path;
    this.#system = system;
    this.#sink = sink;
    this.#fields = new FieldReader(sink);
  }

  /** Yields records read, so that its caller can pause. */
  *readRanking(ranking: unknown, record: number): Generator<number> {
    const place = (subject: string): ImportPlace => ({ path: this.#path, record, subject });
    yield 1;
    if (!isJsonObject(ranking)) {
      this.#fields.refuse('wrong-type', { path: this.#path, record });
      return;
    }
    const queryId = this.#fields.id(fieldOf(ranking, 'queryId'), place('queryId'));
    if (queryId === null) return;
    const query = this.#fields.text(fieldOf(ranking, 'query'), place('query'));
    if (query !== null) this.#sink.query(queryId, query, { path: this.#path, record });
    const documents = fieldOf(ranking, 'documents');
    if (!Array.isArray(documents)) {
      const code = documents === undefined ? 'field-missing' : 'wrong-type';
      this.#fields.refuse(code, place('documents'));
      return;
    }
    for (const [number, document] of documents.entries()) {
      yield 1;
      this.#readDocument(document, queryId, (field) => place(`documents[${number}]${field}`));
    }
  }

  #readDocument(document: unknown, queryId: string, place: (field: string) => ImportPlace): void {
    if (!isJsonObject(document)) {
      this.#fields.refuse('wrong-type', place(''));
      return;
    }
    const docId = this.#fields.id(fieldOf(document, 'docId'), place('.docId'));
    if (docId === null) return;
    const score = fieldOf(document, 'score');
    if (typeof score !== 'number' || !Number.isFinite(score)) {
      this.#fields.refuse('not-a-number', place('.score'));
      return;
    }
    const written = fieldOf(document, 'text');
    // Rankings are also exported without texts: their documents are known already.
    const text = written === undefined ? null : this.#fields.text(written, place('.text'));
    if (text !== null && this.#texts.get(docId) !== text) {
      if (!this.#texts.has(docId)) this.#texts.set(docId, text);
      this.#sink.document(docId, titleOf(fieldOf(document, 'title')), text, place(''));
    }
    if (this.#system !== '') this.#sink.firstStageTag(this.#system);
    this.#sink.candidate(queryId, docId, score === 0 ? 0 : score, place(''));
    const grade = fieldOf(document, 'grade') ?? null;
    if (grade === null) return;
    if (typeof grade === 'number' && Number.isSafeInteger(grade)) {
      this.#sink.judgement(queryId, docId, grade === 0 ? 0 : grade, place(''));
    } else this.#sink.problem('not-a-number', 'note', place('.grade'));
  }
}
