/**
 * Bytes that can be read anywhere: a Uint8Array, or a file that is not in memory as a whole
 * (`FileBytes`).
 */
export interface ByteSource {
  readonly length: number;
  /** The bytes from `start` up to `end`, which stay as they are. 0 <= start <= end <= length. */
  subarray(start: number, end: number): Uint8Array;
}

/** One field of a protobuf message, not decoded: positions in the file's bytes. */
export interface ProtobufField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wireType: 0 | 1 | 2 | 5;
  /** Where the field's tag begins. */
  readonly start: number;
  /** Where its value begins, behind tag and length. */
  readonly valueStart: number;
  /** Where it ends; the next field begins here. */
  readonly end: number;
  /**
   * Value of a varint, as int64; 0 for other wire types. Exact up to 2^53, which sizes and enums
   * never reach.
   */
  readonly varint: number;
}

/** Why bytes are no protobuf message. */
export type ProtobufFault =
  /** They end inside a field, `missingBytes` too early, or more. */
  | { readonly kind: 'cut-off'; readonly missingBytes: number }
  /** No such tag, wire type or varint exists. */
  | { readonly kind: 'malformed'; readonly position: number };

/** Thrown by `readFields`; whoever knows the file's name makes a message of it. */
export class ProtobufError extends Error {
  readonly fault: ProtobufFault;

  constructor(fault: ProtobufFault) {
    super(`Not a protobuf message: ${fault.kind}`);
    this.name = 'ProtobufError';
    this.fault = fault;
  }
}

/**
 * Walks the fields of the message that lies in `bytes` from `start` up to `end`. Nothing is copied
 * or decoded but varints.
 * Source: https://protobuf.dev/programming-guides/encoding/
 * @throws ProtobufError at the first byte that cannot be read.
 */
export function* readFields(
  bytes: ByteSource,
  start = 0,
  end = bytes.length,
): Generator<ProtobufField, undefined> {
  let position = start;
  while (position < end) {
    // Tag and length, or tag and varint, are no longer.
    const head = bytes.subarray(position, Math.min(position + 2 * mostVarintBytes, end));
    const tag = readVarint(head, 0, position);
    const number = Math.floor(tag.value / 8);
    if (number < 1 || number > mostFieldNumber) throw malformed(position);
    let valueStart = position + tag.end;
    let varint = 0;
    let valueEnd = valueStart;
    const wireType = tag.value % 8;
    switch (wireType) {
      case 0: {
        const value = readVarint(head, tag.end, position);
        varint = value.value;
        valueEnd = position + value.end;
        break;
      }
      case 1:
        valueEnd += 8;
        break;
      case 2: {
        const length = readVarint(head, tag.end, position);
        if (length.value < 0) throw malformed(position);
        valueStart = position + length.end;
        valueEnd = valueStart + length.value;
        break;
      }
      case 5:
        valueEnd += 4;
        break;
      default:
        throw malformed(position);
    }
    if (valueEnd > end) {
      throw new ProtobufError({ kind: 'cut-off', missingBytes: valueEnd - end });
    }
    yield { number, wireType, start: position, valueStart, end: valueEnd, varint };
    position = valueEnd;
  }
}

/** The text of a length-delimited field; malformed UTF-8 becomes U+FFFD. */
export function readText(bytes: ByteSource, field: ProtobufField): string {
  return utf8.decode(bytes.subarray(field.valueStart, field.end));
}

/** The int64 values of a repeated field: one unpacked value, or all of a packed one. */
export function readIntegers(bytes: ByteSource, field: ProtobufField): number[] {
  if (field.wireType === 0) return [field.varint];
  const packed = bytes.subarray(field.valueStart, field.end);
  const values: number[] = [];
  let position = 0;
  while (position < packed.length) {
    const { value, end } = readVarint(packed, position, field.valueStart);
    values.push(value);
    position = end;
  }
  return values;
}

/** A varint as bytes. `value` is a whole number from 0 to 2^53. */
export function encodeVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/** Seven bits each, of 64. */
const mostVarintBytes = 10;
const mostFieldNumber = 2 ** 29 - 1;
const utf8 = new TextDecoder();

/** An int64, lowest seven bits first, in two's complement. `base` is where `bytes` begin. */
function readVarint(
  bytes: Uint8Array,
  start: number,
  base: number,
): { readonly value: number; readonly end: number } {
  // Two halves of 35 bits: the bit operations of JavaScript end at 32.
  let lower = 0;
  let upper = 0;
  for (let index = 0; index < mostVarintBytes; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) throw new ProtobufError({ kind: 'cut-off', missingBytes: 1 });
    if (index < 5) lower += (byte & 0x7f) * 2 ** (7 * index);
    else upper += (byte & 0x7f) * 2 ** (7 * (index - 5));
    if (byte < 0x80) {
      // 70 bits were read and 64 count; the highest of them is the sign.
      const counted = upper % 2 ** 29;
      const signed = counted >= 2 ** 28 ? counted - 2 ** 29 : counted;
      return { value: signed * 2 ** 35 + lower, end: start + index + 1 };
    }
  }
  throw malformed(base + start);
}

function malformed(position: number): ProtobufError {
  return new ProtobufError({ kind: 'malformed', position });
}
