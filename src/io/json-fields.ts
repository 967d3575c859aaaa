import type { ImportPlace, ImportProblemCode, ImportSink } from './import-types.ts';

/** A JSON object, its fields unknown. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for JSON objects, not for arrays and null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An own field of an object; undefined where it has none, so that `constructor` and `__proto__` are
 * names like any other.
 */
export function fieldOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The first few elements of an array, at most 20: enough to recognise a shape by. */
export function firstElements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, 20) : [];
}

/** Texts and ids of one file's JSON, taken with a report of each one that is no good. */
export class FieldReader {
  readonly #sink: ImportSink;

  /** @param sink where problems go */
  constructor(sink: ImportSink) {
    this.#sink = sink;
  }

  /** Reports a record that is left out; null, so that it can stand for the value. */
  refuse(code: ImportProblemCode, place: ImportPlace): null {
    this.#sink.problem(code, 'skipped', place);
    return null;
  }

  /** A text that is not blank, as it was written; null after a report. */
  text(value: unknown, place: ImportPlace): string | null {
    if (value === undefined || value === null) return this.refuse('field-missing', place);
    if (typeof value !== 'string') return this.refuse('wrong-type', place);
    return value.trim() === '' ? this.refuse('empty-text', place) : value;
  }

  /** An id, trimmed; numbers that JSON reads exactly are ids too. Null after a report. */
  id(value: unknown, place: ImportPlace): string | null {
    if (value === undefined || value === null) return this.refuse('field-missing', place);
    // A whole number past 2^53 was read as another one: two ids could become the same.
    const exact = Number.isSafeInteger(value) || !Number.isInteger(value);
    const written = typeof value === 'number' && exact ? String(value) : value;
    if (typeof written !== 'string') return this.refuse('wrong-type', place);
    const id = written.trim();
    return id === '' ? this.refuse('empty-id', place) : id;
  }
}

/** The title of a document: a text that is not blank, else null. Nothing is wrong without one. */
export function titleOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
