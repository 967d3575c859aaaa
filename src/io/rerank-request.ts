import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';
import type { ImportPlace, ImportSink, ReadingCall } from './import-types.ts';
import {
  FieldReader,
  fieldOf,
  firstElements,
  isJsonObject,
  type JsonObject,
  titleOf,
} from './json-fields.ts';

/**
 * True for the body of a request to a rerank service, or an array of them: an object with a `query`
 * as text and an array of `documents` (Cohere, Jina, Voyage, Infinity, vLLM, llama.cpp) or `texts`
 * (text-embeddings-inference, llama.cpp).
 */
export function isRerankRequest(value: unknown): boolean {
  return (Array.isArray(value) ? firstElements(value) : [value]).some(
    (body) =>
      isJsonObject(body) &&
      typeof fieldOf(body, 'query') === 'string' &&
      documentsOf(body) !== null,
  );
}

/**
 * Reads the bodies of requests to rerank services: one, or an array of them. Documents are texts, or
 * objects with a `text`; of objects without one, and of those for which the body names
 * `rank_fields`, the fields become a text in the way of YAML, as Cohere recommends, with the note
 * `structured-document`. Each document goes to the sink as a pair, in the body's order.
 *
 * What does not fit is reported: `record` is the body, from 1, and `subject` the field, for example
 * `documents[3]`.
 * Source: https://docs.cohere.com/reference/rerank, https://docs.cohere.com/v1/reference/rerank
 * @throws RerankError `aborted`
 */
export async function readRerankRequest(
  value: unknown,
  path: string,
  sink: ImportSink,
  call: ReadingCall,
): Promise<void> {
  checkAborted(call.signal);
  const bodies: readonly unknown[] = Array.isArray(value) ? value : [value];
  let sincePause = 0;
  for (const [index, body] of bodies.entries()) {
    for (const read of readBody(body, { path, record: index + 1 }, sink)) {
      sincePause += read;
      if (sincePause < recordsPerPause) continue;
      sincePause = 0;
      await breathe();
      checkAborted(call.signal);
    }
  }
}

/** Documents read in a few milliseconds. */
const recordsPerPause = 2_000;

/** Reads a body document by document, so that its caller can pause; yields records read. */
function* readBody(body: unknown, place: ImportPlace, sink: ImportSink): Generator<number> {
  const fields = new FieldReader(sink);
  yield 1;
  if (!isJsonObject(body)) {
    fields.refuse('wrong-type', place);
    return;
  }
  const query = fields.text(fieldOf(body, 'query'), { ...place, subject: 'query' });
  if (query === null) return;
  const documents = documentsOf(body);
  if (documents === null) {
    const stated = fieldOf(body, 'documents') ?? fieldOf(body, 'texts');
    const code = stated === undefined ? 'field-missing' : 'wrong-type';
    fields.refuse(code, { ...place, subject: 'documents' });
    return;
  }
  if (documents.list.length === 0) {
    fields.refuse('nothing-found', { ...place, subject: documents.name });
    return;
  }
  const rankFields = rankFieldsOf(body);
  for (const [number, document] of documents.list.entries()) {
    yield 1;
    const where: ImportPlace = { ...place, subject: `${documents.name}[${number}]` };
    const found = readDocument(document, rankFields);
    const text = fields.text(found.text, where);
    if (text === null) continue;
    if (found.structured) sink.problem('structured-document', 'note', where);
    const { title } = found;
    const pair = { queryId: null, query, docId: null, title, text, score: null, grade: null };
    sink.pair(pair, where);
  }
}

function documentsOf(body: JsonObject): { name: string; list: readonly unknown[] } | null {
  for (const name of ['documents', 'texts']) {
    const list = fieldOf(body, name);
    if (Array.isArray(list)) return { name, list };
  }
  return null;
}

/** Fields of the documents that the service is to rank by; null: by their text. */
function rankFieldsOf(body: JsonObject): readonly string[] | null {
  const stated = fieldOf(body, 'rank_fields');
  if (!Array.isArray(stated)) return null;
  const names = stated.filter((name) => typeof name === 'string');
  return names.length === 0 ? null : names;
}

/** A document's text as it is: not checked yet. */
interface FoundDocument {
  readonly text: unknown;
  readonly title: string | null;
  readonly structured: boolean;
}

function readDocument(document: unknown, rankFields: readonly string[] | null): FoundDocument {
  if (!isJsonObject(document)) return { text: document, title: null, structured: false };
  const text = fieldOf(document, 'text');
  const textAlone = rankFields?.length === 1 && rankFields[0] === 'text';
  if (typeof text === 'string' && (rankFields === null || textAlone)) {
    return { text, title: titleOf(fieldOf(document, 'title')), structured: false };
  }
  const names = rankFields ?? Object.keys(document);
  // The title is among the fields, or was not to be ranked by.
  return { text: writeFields(document, names), title: null, structured: true };
}

/** `name: value`, a line each; texts of several lines as a block below their name. */
function writeFields(document: JsonObject, names: readonly string[]): string {
  const lines = names.flatMap((name) => {
    const value = fieldOf(document, name);
    return value === undefined ? [] : [`${name}: ${writeValue(value)}`];
  });
  return lines.join('\n');
}

function writeValue(value: unknown): string {
  // JSON is YAML too, so what is nested stays on its line.
  if (typeof value !== 'string') return JSON.stringify(value);
  const lines = value.split(/\r\n|[\n\r]/u);
  return lines.length === 1 ? value : `|\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
