import * as v from 'valibot';
import type { AsideReason } from './set-aside.ts';
import type { WorkParts } from './work-types.ts';

/** A tab's work that could not be read, as it was. */
export interface AsideRecord {
  readonly version: 1;
  readonly reason: AsideReason;
  /** Milliseconds since 1970 by the clock of the machine. */
  readonly setAsideAt: number;
  readonly parts: WorkParts;
}

/** What can be told of something set aside, whoever wrote the record of it; never throws. */
export function describeAside(record: unknown): {
  readonly reason: AsideReason;
  readonly setAsideAt: number | null;
} {
  return v.parse(tellingSchema, record);
}

/**
 * Any stored value as JSON, for a person or a program that tries to save what is in it; never
 * throws. Typed arrays become arrays, numbers that JSON lacks their names (`"NaN"`), and what has
 * no text at all what it is (`"[Blob]"`).
 */
export function asideJson(value: unknown): string {
  return JSON.stringify(plain(value, []), null, 1) ?? 'null';
}

const tellingSchema = v.fallback(
  v.object({
    reason: v.fallback(v.picklist(['newer-version', 'damaged']), 'damaged'),
    setAsideAt: v.fallback(
      v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15))),
      null,
    ),
  }),
  { reason: 'damaged', setAsideAt: null },
);

/** Deeper than anything that this page writes; the stack ends somewhere. */
const deepest = 100;

function plain(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      if (value === null) return null;
      if (above.includes(value) || above.length > deepest) return '[again]';
      return plainObject(value, [...above, value]);
    default:
      return String(value);
  }
}

function plainObject(value: object, above: readonly object[]): unknown {
  const each = (values: Iterable<unknown>): unknown[] =>
    Array.from(values, (one) => plain(one, above));
  if (Array.isArray(value)) return each(value);
  if (value instanceof Map) return [...value].map(each);
  if (value instanceof Set) return each(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'NaN' : value.toISOString();
  if (value instanceof ArrayBuffer) return each(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    return Symbol.iterator in value && typeof value[Symbol.iterator] === 'function'
      ? each(value as unknown as Iterable<unknown>) // Every view but a DataView is one.
      : each(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  const entries = Object.entries(value);
  const name = Object.prototype.toString.call(value);
  if (entries.length === 0 && name !== '[object Object]') return name.replace('object ', '');
  // Pairs become own fields, whatever their names.
  return Object.fromEntries(entries.map(([key, one]) => [key, plain(one, above)]));
}
