import { checkAborted } from '../models/abort.ts';
import { breathe } from '../models/wait.ts';
import { checkFields, createRecordReader } from './import-records.ts';
import type { ImportSink, Interpretation, ReadingCall } from './import-types.ts';
import { findJsonFault } from './json-fault.ts';
import { fieldOf, firstElements, isJsonObject } from './json-fields.ts';
import { isUsualName, valueAt } from './record-fields.ts';
import { placeOf } from './text-lines.ts';

/** A text as JSON, or where it stops being so (absent: it could not be found out). */
export type ParsedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly line?: number; readonly column?: number };

/** An array of records in a JSON value. */
export interface JsonRecords {
  /** As `Interpretation.recordsPath`. */
  readonly path: string;
  readonly records: readonly unknown[];
}

/** Parses a text as JSON. Never throws, whatever the text and its depth. */
export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    const fault = findJsonFault(text);
    return fault === undefined ? { ok: false } : { ok: false, ...placeOf(text, fault) };
  }
}

/**
 * Finds the array of objects or texts with the most elements: the value itself, or one in it at
 * most three objects deep; where none holds objects, the value itself if its keys are ids. Null if
 * there is none.
 */
export function findJsonRecords(value: unknown): JsonRecords | null {
  if (Array.isArray(value)) return { path: '', records: value };
  let best: JsonRecords | null = null;
  for (const found of arraysIn(value)) {
    if (found.records.length > (best?.records.length ?? 0)) best = found;
  }
  if (firstElements(best?.records).some(isJsonObject)) return best;
  const byId = recordsOfMap(value);
  return byId === null ? best : { path: '', records: byId };
}

/**
 * The records at a path: an array, an object whose keys are ids (texts, objects or numbers by id), or a single object
 * as the only record. Null if there is none of these.
 * @param path as `Interpretation.recordsPath`; undefined: where `findJsonRecords` finds most
 */
export function jsonRecordsAt(value: unknown, path: string | undefined): readonly unknown[] | null {
  if (path === undefined) {
    return findJsonRecords(value)?.records ?? recordsOfObject(value);
  }
  const found = path === '' ? value : valueDeep(value, path);
  return Array.isArray(found) ? found : recordsOfObject(found);
}

/**
 * Reads the records of a JSON value in the chosen role; texts among them are documents or queries.
 * @throws RerankError `aborted`
 */
export async function readJsonRecords(
  value: unknown,
  { role = 'documents', fields = {}, recordsPath }: Interpretation,
  path: string,
  sink: ImportSink,
  call: ReadingCall,
): Promise<void> {
  const records = jsonRecordsAt(value, recordsPath);
  if (records === null) {
    const subject = recordsPath === undefined || recordsPath === '' ? {} : { subject: recordsPath };
    sink.problem('wrong-shape', 'file', { path, ...subject });
    return;
  }
  for (const other of otherRecords(value, records)) {
    sink.problem('wrong-shape', 'skipped', { path, subject: other.slice(0, 80) });
  }
  // Arrays of bare texts need no fields.
  if (records.some(isJsonObject) && !checkFields(role, fields, path, sink)) return;
  const reader = createRecordReader(role, fields, sink);
  for (const [index, record] of records.entries()) {
    if (index % recordsPerPause === 0) {
      await breathe();
      checkAborted(call.signal);
    }
    const place = { path, record: index + 1 };
    if (typeof record === 'string') reader.takeText(record, place);
    else if (isJsonObject(record)) reader.take((column) => valueAt(record, column), place);
    else sink.problem('wrong-type', 'skipped', place);
  }
  reader.finish();
}

/** Paths of further arrays of objects: of a file with several only one is read. */
function otherRecords(value: unknown, taken: readonly unknown[]): readonly string[] {
  return arraysIn(value).flatMap(({ path, records }) =>
    records !== taken && firstElements(records).some(isJsonObject) ? [path] : [],
  );
}

const maxDepth = 3;
/** Records read in a few milliseconds. */
const recordsPerPause = 2_000;

/** The arrays of records in an object, at most three objects deep, outer ones first. */
function arraysIn(value: unknown): readonly JsonRecords[] {
  const arrays: JsonRecords[] = [];
  let level: readonly (readonly [string, unknown])[] = [['', value]];
  for (let depth = 1; depth <= maxDepth; depth += 1) {
    const next: [string, unknown][] = [];
    for (const [path, outer] of level) {
      if (!isJsonObject(outer)) continue;
      for (const [key, inner] of Object.entries(outer)) {
        // The empty path is the value itself.
        if (path === '' && key === '') continue;
        const innerPath = path === '' ? key : `${path}.${key}`;
        if (isJsonObject(inner)) next.push([innerPath, inner]);
        if (holdsRecords(inner)) arrays.push({ path: innerPath, records: inner });
      }
    }
    level = next;
  }
  return arrays;
}

function recordsOfObject(value: unknown): readonly unknown[] | null {
  return recordsOfMap(value) ?? (isJsonObject(value) ? [value] : null);
}

/**
 * The records of an object whose keys are ids, as many programs write what they keep in maps: texts
 * by id, objects by id (the id becomes their `_id`), and numbers by query id and then document id,
 * as pytrec_eval has runs and qrels. Null for an object that looks like a record itself: one whose
 * keys are usual names of fields, or whose values have no text in common.
 */
function recordsOfMap(value: unknown): readonly unknown[] | null {
  if (!isJsonObject(value)) return null;
  const entries = Object.entries(value);
  if (entries.length < 2 || entries.some(([key]) => key.trim() === '' || isUsualName(key))) {
    return null;
  }
  if (entries.every(([, text]) => typeof text === 'string')) {
    return entries.map(([_id, text]) => ({ _id, text }));
  }
  const objects = entries.flatMap(([id, inner]) => (isJsonObject(inner) ? [{ id, inner }] : []));
  if (objects.length < entries.length) return null;
  const numbers = objects.map(({ id, inner }) => ({ id, inner: Object.entries(inner) }));
  if (numbers.every(({ inner }) => inner.every(([, number]) => typeof number === 'number'))) {
    return numbers.flatMap(({ id: query_id, inner }) =>
      inner.map(([doc_id, score]) => ({ query_id, doc_id, score })),
    );
  }
  const shared = Object.keys(objects[0]?.inner ?? {}).some((name) =>
    objects.every(({ inner }) => typeof fieldOf(inner, name) === 'string'),
  );
  return shared ? objects.map(({ id: _id, inner }) => ({ _id, ...inner })) : null;
}

function holdsRecords(value: unknown): value is readonly unknown[] {
  return firstElements(value).some(
    (element) => typeof element === 'string' || isJsonObject(element),
  );
}

/** Keys may have dots of their own, so each way of parting the path is tried, short keys first. */
function valueDeep(value: unknown, path: string): unknown {
  if (!isJsonObject(value)) return undefined;
  if (Object.hasOwn(value, path)) return fieldOf(value, path);
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const found = valueDeep(fieldOf(value, path.slice(0, dot)), path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
