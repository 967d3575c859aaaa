import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';
import type { ImportPlace, ImportSink, ReadingCall } from './import-types.ts';
import { FieldReader, fieldOf, firstElements, isJsonObject, titleOf } from './json-fields.ts';

/** True for `{ data: [{ paragraphs: [...] }] }`, the layout of SQuAD, XQuAD, MLQA and others. */
export function isSquad(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  return firstElements(fieldOf(value, 'data')).some(
    (article) => isJsonObject(article) && Array.isArray(fieldOf(article, 'paragraphs')),
  );
}

/**
 * Reads SQuAD's layout. A paragraph is a document with the id `<article>.<paragraph>`, both from 1,
 * whatever its language, so that the questions of one file fit the paragraphs of another; its title
 * is the article's. A question is a query with its own id, and its paragraph is judged with grade 1,
 * but for questions that say of themselves that the paragraph does not answer them
 * (`is_impossible`, SQuAD 2.0): those are not judged.
 *
 * What does not fit is reported: `record` is the paragraph in the file, from 1, and `subject` the
 * field, for example `data[0].paragraphs[3].context`.
 * Source: https://rajpurkar.github.io/SQuAD-explorer/
 * @param take `questions`: queries and judgements only; `paragraphs`: documents only
 * @throws RerankError `aborted`
 */
export async function readSquad(
  value: unknown,
  path: string,
  take: 'both' | 'questions' | 'paragraphs',
  sink: ImportSink,
  call: ReadingCall,
): Promise<void> {
  checkAborted(call.signal);
  const articles = isJsonObject(value) ? fieldOf(value, 'data') : undefined;
  if (!Array.isArray(articles)) {
    sink.problem('wrong-shape', 'file', { path, subject: 'data' });
    return;
  }
  const reader = new SquadReader(path, take, sink);
  let sincePause = 0;
  for (const [index, article] of articles.entries()) {
    for (const paragraph of reader.paragraphsOf(article, index)) {
      sincePause += reader.readParagraph(paragraph);
      if (sincePause < recordsPerPause) continue;
      sincePause = 0;
      await breathe();
      checkAborted(call.signal);
    }
  }
}

/** Paragraphs and questions read in a few milliseconds. */
const recordsPerPause = 2_000;

interface Paragraph {
  readonly value: unknown;
  readonly docId: string;
  readonly title: string | null;
  /** Where it is, for example `data[0].paragraphs[3]`. */
  readonly at: string;
}

class SquadReader {
  readonly #path: string;
  readonly #take: 'both' | 'questions' | 'paragraphs';
  readonly #sink: ImportSink;
  readonly #fields: FieldReader;
  #record = 0;

  constructor(path: string, take: 'both' | 'questions' | 'paragraphs', sink: ImportSink) {
    this.#path = path;
    this.#take = take;
    this.#sink = sink;
    this.#fields = new FieldReader(sink);
  }

  *paragraphsOf(article: unknown, index: number): Generator<Paragraph> {
    const at = `data[${index}]`;
    const isObject = isJsonObject(article);
    const paragraphs = isObject ? fieldOf(article, 'paragraphs') : undefined;
    if (!isObject || !Array.isArray(paragraphs)) {
      const missing = isObject && paragraphs === undefined;
      const subject = isObject ? `${at}.paragraphs` : at;
      this.#fields.refuse(missing ? 'field-missing' : 'wrong-type', { path: this.#path, subject });
      return;
    }
    const title = titleOf(fieldOf(article, 'title'));
    for (const [number, value] of paragraphs.entries()) {
      const docId = `${index + 1}.${number + 1}`;
      yield { value, docId, title, at: `${at}.paragraphs[${number}]` };
    }
  }

  /** @returns how many records it held, at least 1 */
  readParagraph({ value, docId, title, at }: Paragraph): number {
    this.#record += 1;
    const place: ImportPlace = { path: this.#path, record: this.#record };
    if (!isJsonObject(value)) {
      this.#fields.refuse('wrong-type', { ...place, subject: at });
      return 1;
    }
    if (this.#take !== 'questions') {
      const subject = `${at}.context`;
      const text = this.#fields.text(fieldOf(value, 'context'), { ...place, subject });
      if (text !== null) this.#sink.document(docId, title, text, place);
    }
    const questions = fieldOf(value, 'qas');
    if (this.#take === 'paragraphs' || questions === undefined) return 1;
    if (!Array.isArray(questions)) {
      this.#fields.refuse('wrong-type', { ...place, subject: `${at}.qas` });
      return 1;
    }
    for (const [number, question] of questions.entries()) {
      this.#readQuestion(question, docId, `${at}.qas[${number}]`, place);
    }
    return 1 + questions.length;
  }

  #readQuestion(question: unknown, docId: string, at: string, place: ImportPlace): void {
    if (!isJsonObject(question)) {
      this.#fields.refuse('wrong-type', { ...place, subject: at });
      return;
    }
    const id = this.#fields.id(fieldOf(question, 'id'), { ...place, subject: `${at}.id` });
    if (id === null) return;
    const subject = `${at}.question`;
    const text = this.#fields.text(fieldOf(question, 'question'), { ...place, subject });
    if (text === null) return;
    this.#sink.query(id, text, place);
    if (fieldOf(question, 'is_impossible') === true) return;
    this.#sink.judgement(id, docId, 1, place);
  }
}
