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
 * True for RankLLM's lists: an array with objects that have a `query` and an array of `hits` or
 * `candidates`.
 */
export function isFirstStageLists(value: unknown): boolean {
  return firstElements(value).some(
    (entry) =>
      isJsonObject(entry) && fieldOf(entry, 'query') !== undefined && candidatesOf(entry) !== null,
  );
}

/**
 * Reads RankLLM's lists, `[{ query, hits: [{ content, qid, docid, rank, score }] }]`, and its newer
 * ones, `[{ query: { text, qid }, candidates: [{ doc, docid, score }] }]`. Ids may be numbers. The
 * order of the documents is by rank where each has one, else as listed. A document that comes again
 * with the same text is handed over once. A query without id is known by its text.
 *
 * What does not fit is reported: `record` is the entry in the list, from 1, and `subject` the field,
 * for example `hits[2].content`.
 * Source: https://github.com/castorini/rank_llm
 * @throws RerankError `aborted`
 */
export async function readFirstStageLists(
  value: unknown,
  path: string,
  sink: ImportSink,
  call: ReadingCall,
): Promise<void> {
  checkAborted(call.signal);
  const reader = new ListReader(path, sink);
  const entries: readonly unknown[] = Array.isArray(value) ? value : [];
  if (!Array.isArray(value)) sink.problem('wrong-shape', 'file', { path });
  let sincePause = 0;
  for (const [index, entry] of entries.entries()) {
    sincePause += reader.readEntry(entry, index + 1);
    if (sincePause >= recordsPerPause) {
      sincePause = 0;
      await breathe();
      checkAborted(call.signal);
    }
  }
}

/** Documents read in a few milliseconds. */
const recordsPerPause = 2_000;

/** A document of an entry that is as it should be. */
interface ListedDocument {
  readonly docId: string;
  readonly queryId: string | null;
  readonly title: string | null;
  readonly text: string;
  readonly rank: number | null;
  readonly score: number | null;
  readonly place: ImportPlace;
}

class ListReader {
  readonly #path: string;
  readonly #sink: ImportSink;
  readonly #fields: FieldReader;
  /** Texts handed over, by document id: lists repeat the documents that several queries find. */
  readonly #texts = new Map<string, string>();

  constructor(path: string, sink: ImportSink) {
    this.#path = path;
    this.#sink = sink;
    this.#fields = new FieldReader(sink);
  }

  /** @returns how many records it held, at least 1 */
  readEntry(entry: unknown, record: number): number {
    const place = (subject: string): ImportPlace => ({ path: this.#path, record, subject });
    const whole: ImportPlace = { path: this.#path, record };
    if (!isJsonObject(entry)) {
      this.#fields.refuse('wrong-type', whole);
      return 1;
    }
    const query = fieldOf(entry, 'query');
    const text = this.#fields.text(isJsonObject(query) ? fieldOf(query, 'text') : query, {
      ...place(isJsonObject(query) ? 'query.text' : 'query'),
    });
    if (text === null) return 1;
    const candidates = candidatesOf(entry);
    if (candidates === null) {
      this.#fields.refuse('field-missing', place('hits'));
      return 1;
    }
    const statedId = isJsonObject(query) ? fieldOf(query, 'qid') : fieldOf(entry, 'qid');
    const ownId = statedId === undefined ? null : this.#fields.id(statedId, place('qid'));
    if (statedId !== undefined && ownId === null) return 1;

    const documents = candidates.list.flatMap((candidate, index) => {
      const where = `${candidates.name}[${index}]`;
      const document = this.#readDocument(candidate, (field) => place(`${where}${field}`));
      return document === null ? [] : [document];
    });
    const queryId = ownId ?? documents.find((document) => document.queryId !== null)?.queryId;
    if (documents.length === 0) this.#sink.query(queryId ?? null, text, whole);
    else this.#hand(queryId ?? null, text, documents, whole);
    return 1 + candidates.list.length;
  }

  #hand(
    queryId: string | null,
    text: string,
    documents: readonly ListedDocument[],
    whole: ImportPlace,
  ): void {
    if (queryId !== null) this.#sink.query(queryId, text, whole);
    for (const document of inOrderOfRank(documents)) {
      if (document.queryId !== null && document.queryId !== queryId) {
        const subject = document.queryId.slice(0, 80);
        this.#fields.refuse('unknown-query', { ...whole, subject });
        continue;
      }
      const { docId, title, score, place } = document;
      if (queryId === null) {
        const pair = { queryId, query: text, docId, title, text: document.text, score };
        this.#sink.pair({ ...pair, grade: null }, place);
        continue;
      }
      if (this.#texts.get(docId) !== document.text) {
        if (!this.#texts.has(docId)) this.#texts.set(docId, document.text);
        this.#sink.document(docId, title, document.text, place);
      }
      this.#sink.candidate(queryId, docId, score, place);
    }
  }

  #readDocument(candidate: unknown, place: (field: string) => ImportPlace): ListedDocument | null {
    const fields = this.#fields;
    if (!isJsonObject(candidate)) return fields.refuse('wrong-type', place(''));
    const doc = fieldOf(candidate, 'doc');
    const textHolder = isJsonObject(doc) ? doc : candidate;
    const textField = textFields.find((name) => fieldOf(textHolder, name) !== undefined);
    const docId = fields.id(
      fieldOf(candidate, 'docid') ?? fieldOf(textHolder, 'docid'),
      place('.docid'),
    );
    if (docId === null) return null;
    const written = textField === undefined ? doc : fieldOf(textHolder, textField);
    const text = fields.text(
      isJsonObject(written) ? undefined : written,
      place(`.${isJsonObject(doc) ? 'doc.' : ''}${textField ?? 'content'}`),
    );
    if (text === null) return null;
    const qid = fieldOf(candidate, 'qid') ?? null;
    const queryId = qid === null ? null : fields.id(qid, place('.qid'));
    if (qid !== null && queryId === null) return null;
    const rank = fieldOf(candidate, 'rank') ?? null;
    const score = fieldOf(candidate, 'score') ?? null;
    if (!isNumberOrNull(rank)) return fields.refuse('not-a-number', place('.rank'));
    if (!isNumberOrNull(score)) return fields.refuse('not-a-number', place('.score'));
    const title = titleOf(fieldOf(textHolder, 'title'));
    return { docId, queryId, title, text, rank, score, place: place('') };
  }
}

/** Names under which RankLLM and the indexes that it reads from keep a document's text. */
const textFields = ['content', 'contents', 'text', 'segment', 'passage', 'body'] as const;

function candidatesOf(entry: JsonObject): { name: string; list: readonly unknown[] } | null {
  for (const name of ['hits', 'candidates']) {
    const list = fieldOf(entry, name);
    if (Array.isArray(list)) return { name, list };
  }
  return null;
}

function inOrderOfRank(documents: readonly ListedDocument[]): readonly ListedDocument[] {
  if (documents.some(({ rank }) => rank === null)) return documents;
  return documents.toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isFinite(value));
}
