import type {
  ImportPlace,
  ImportProblem,
  ImportProblemCode,
  ImportSink,
  RecordField,
  RecordRole,
} from './import-types.ts';
import { type FieldChoice, neededFields } from './record-fields.ts';

/** Gives the value of a chosen column of one record; undefined: it has none. */
export type ValueOf = (column: string) => unknown;

/** Hands records, whatever file they come from, to the sink as what they are taken for. */
export interface RecordReader {
  /** Takes one record; what is wrong with it is reported at `place`. */
  take(columnValue: ValueOf, place: ImportPlace): void;
  /** Takes a record that is a text and nothing else: a document or a query. */
  takeText(text: string, place: ImportPlace): void;
  /** Ends the file: hands over what had to wait for it. */
  finish(): void;
}

/**
 * Makes the reader for a role.
 *
 * Ids are trimmed; numbers are ids and texts too, if JSON has read them exactly. A record without
 * something that its role needs is reported and left out. A document, query or pair without id where
 * the file has ids is kept and gets one, with a note. The candidates of a run that has ranks and no
 * scores are handed over by rank at the end; without ranks too, in the order of the file.
 */
export function createRecordReader(
  role: RecordRole,
  fields: FieldChoice,
  sink: ImportSink,
): RecordReader {
  return new RoleReader(role, fields, sink);
}

/**
 * Reports each field that a role needs and that is not chosen.
 * @returns whether none is missing
 */
export function checkFields(
  role: RecordRole,
  fields: FieldChoice,
  path: string,
  sink: ImportSink,
): boolean {
  const missing = neededFields[role].filter((field) => fields[field] === undefined);
  for (const subject of missing) sink.problem('field-not-chosen', 'file', { path, subject });
  return missing.length === 0;
}

/** A value as a place may quote it: at most 80 characters. */
function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : String(value);
  return text.slice(0, 80);
}

const decimalNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu;

interface RankedCandidate {
  readonly queryId: string;
  readonly docId: string;
  readonly rank: number;
  readonly place: ImportPlace;
}

class RoleReader implements RecordReader {
  readonly #role: RecordRole;
  readonly #fields: FieldChoice;
  readonly #sink: ImportSink;
  readonly #ranked: RankedCandidate[] = [];
  /** Texts of queries handed over, by id: a run repeats them with every document. */
  readonly #queries = new Map<string, string>();

  constructor(role: RecordRole, fields: FieldChoice, sink: ImportSink) {
    this.#role = role;
    this.#fields = fields;
    this.#sink = sink;
  }

  takeText(text: string, place: ImportPlace): void {
    if (this.#role !== 'documents' && this.#role !== 'queries') this.#refuse('wrong-type', place);
    else if (text.trim() === '') this.#refuse('empty-text', place);
    else if (this.#role === 'documents') this.#sink.document(null, null, text, place);
    else this.#sink.query(null, text, place);
  }

  take(columnValue: ValueOf, place: ImportPlace): void {
    const get = (field: RecordField): unknown => {
      const column = this.#fields[field];
      return column === undefined ? undefined : columnValue(column);
    };
    switch (this.#role) {
      case 'documents': {
        const text = this.#text('text', get, place);
        if (text === null) return;
        const docId = this.#optionalId('docId', get, place);
        this.#sink.document(docId, this.#title(get, place), text, place);
        return;
      }
      case 'queries': {
        const text = this.#text('query', get, place);
        if (text === null) return;
        this.#sink.query(this.#optionalId('queryId', get, place), text, place);
        return;
      }
      case 'judgements':
        this.#takeJudgement(get, place);
        return;
      case 'run':
        this.#takeCandidate(get, place);
        return;
      case 'pairs':
        this.#takePair(get, place);
        return;
      default: {
        const unknown: never = this.#role;
        throw new TypeError(`Unknown role: ${String(unknown)}`);
      }
    }
  }

  finish(): void {
    for (const { queryId, docId, place } of this.#ranked.toSorted((a, b) => a.rank - b.rank)) {
      this.#sink.candidate(queryId, docId, null, place);
    }
    this.#ranked.length = 0;
  }

  #takeJudgement(get: (field: RecordField) => unknown, place: ImportPlace): void {
    const queryId = this.#neededId('queryId', get, place);
    const docId = queryId === null ? null : this.#neededId('docId', get, place);
    if (queryId === null || docId === null) return;
    const grade = numberOf(get('grade'));
    if (grade === null || !Number.isSafeInteger(grade)) {
      const code = isBlank(get('grade')) ? 'field-missing' : 'not-a-number';
      this.#refuse(code, this.#about('grade', get('grade'), place));
    } else this.#sink.judgement(queryId, docId, grade, place);
  }

  #takeCandidate(get: (field: RecordField) => unknown, place: ImportPlace): void {
    const queryId = this.#neededId('queryId', get, place);
    const docId = queryId === null ? null : this.#neededId('docId', get, place);
    if (queryId === null || docId === null) return;
    this.#takeBesideCandidate(queryId, docId, get, place);
    const field = this.#fields.score === undefined ? 'rank' : 'score';
    if (this.#fields[field] === undefined) {
      this.#sink.candidate(queryId, docId, null, place);
      return;
    }
    const value = get(field);
    const number = numberOf(value);
    if (number === null) {
      const code = isBlank(value) ? 'field-missing' : 'not-a-number';
      this.#refuse(code, this.#about(field, value, place));
    } else if (field === 'score') this.#sink.candidate(queryId, docId, number, place);
    else this.#ranked.push({ queryId, docId, rank: number, place });
  }

  /** A file of rankings may have the query's text, and the document's grade, in each line. */
  #takeBesideCandidate(
    queryId: string,
    docId: string,
    get: (field: RecordField) => unknown,
    place: ImportPlace,
  ): void {
    const query = get('query');
    if (typeof query === 'string' && query.trim() !== '' && this.#queries.get(queryId) !== query) {
      if (!this.#queries.has(queryId)) this.#queries.set(queryId, query);
      this.#sink.query(queryId, query, place);
    }
    const grade = this.#optionalNumber('grade', get, place);
    if (grade !== null) this.#sink.judgement(queryId, docId, grade, place);
  }

  #takePair(get: (field: RecordField) => unknown, place: ImportPlace): void {
    const query = this.#text('query', get, place);
    const text = query === null ? null : this.#text('text', get, place);
    if (query === null || text === null) return;
    const queryId = this.#optionalId('queryId', get, place);
    const docId = this.#optionalId('docId', get, place);
    const score = this.#optionalNumber('score', get, place);
    const grade = this.#optionalNumber('grade', get, place);
    const title = this.#title(get, place);
    this.#sink.pair({ queryId, query, docId, title, text, score, grade }, place);
  }

  #text(
    field: 'text' | 'query',
    get: (field: RecordField) => unknown,
    place: ImportPlace,
  ): string | null {
    const value = get(field);
    const text = typeof value === 'number' ? String(value) : value;
    if (text === undefined || text === null) this.#refuse('field-missing', this.#in(field, place));
    else if (typeof text !== 'string') this.#refuse('wrong-type', this.#in(field, place));
    else if (text.trim() === '') this.#refuse('empty-text', this.#in(field, place));
    else return text;
    return null;
  }

  #title(get: (field: RecordField) => unknown, place: ImportPlace): string | null {
    const value = get('title');
    if (isBlank(value)) return null;
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    this.#note('wrong-type', this.#in('title', place));
    return null;
  }

  #neededId(
    field: 'docId' | 'queryId',
    get: (field: RecordField) => unknown,
    place: ImportPlace,
  ): string | null {
    return this.#id(field, get, place, 'skipped');
  }

  #optionalId(
    field: 'docId' | 'queryId',
    get: (field: RecordField) => unknown,
    place: ImportPlace,
  ): string | null {
    return this.#fields[field] === undefined ? null : this.#id(field, get, place, 'note');
  }

  #id(
    field: 'docId' | 'queryId',
    get: (field: RecordField) => unknown,
    place: ImportPlace,
    severity: ImportProblem['severity'],
  ): string | null {
    const value = get(field);
    if (isBlank(value)) {
      this.#sink.problem('empty-id', severity, this.#in(field, place));
      return null;
    }
    if (typeof value === 'string') return value.trim();
    // A whole number past 2^53 was read as another one: two ids could become the same.
    const exact = Number.isSafeInteger(value) || !Number.isInteger(value);
    if (typeof value === 'number' && exact) return String(value);
    this.#sink.problem('wrong-type', severity, this.#in(field, place));
    return null;
  }

  #optionalNumber(
    field: 'score' | 'grade',
    get: (field: RecordField) => unknown,
    place: ImportPlace,
  ): number | null {
    const value = get(field);
    if (isBlank(value)) return null;
    const number = numberOf(value);
    if (number !== null && (field === 'score' || Number.isSafeInteger(number))) return number;
    this.#note('not-a-number', this.#about(field, value, place));
    return null;
  }

  #refuse(code: ImportProblemCode, place: ImportPlace): void {
    this.#sink.problem(code, 'skipped', place);
  }

  #note(code: ImportProblemCode, place: ImportPlace): void {
    this.#sink.problem(code, 'note', place);
  }

  /** The place, with the column that a field is taken from. */
  #in(field: RecordField, place: ImportPlace): ImportPlace {
    return { ...place, subject: quoted(this.#fields[field] ?? field) };
  }

  /** The place, with a value that is not as it should be; without one, its column. */
  #about(field: RecordField, value: unknown, place: ImportPlace): ImportPlace {
    const shown = typeof value === 'string' || typeof value === 'number' ? quoted(value) : '';
    return shown === '' ? this.#in(field, place) : { ...place, subject: shown };
  }
}

function isBlank(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}

/** A finite number, also one written as text; null for anything else. */
function numberOf(value: unknown): number | null {
  const written = typeof value === 'string' ? value.trim() : '';
  const number =
    typeof value === 'number' ? value : decimalNumber.test(written) ? Number(written) : NaN;
  if (!Number.isFinite(number)) return null;
  // -0 is 0 to everybody who compares.
  return number === 0 ? 0 : number;
}
