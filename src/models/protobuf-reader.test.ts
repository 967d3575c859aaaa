import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeVarint,
  ProtobufError,
  type ProtobufFault,
  readFields,
  readIntegers,
  readText,
} from './protobuf-reader.ts';

const bytesOf = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

function faultOf(bytes: Uint8Array): ProtobufFault | null {
  try {
    for (const _ of readFields(bytes));
    return null;
  } catch (error) {
    if (error instanceof ProtobufError) return error.fault;
    throw error;
  }
}

describe('encodeVarint', () => {
  it('is the example of the specification', () => {
    expect(encodeVarint(150)).toEqual([0x96, 0x01]);
    expect(encodeVarint(0)).toEqual([0]);
  });

  it('comes back from a field', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const [field] = readFields(bytesOf(8, ...encodeVarint(value)));
        expect(field?.varint).toBe(value);
      }),
    );
  });
});

describe('readFields', () => {
  it('gives number, wire type and place of every field', () => {
    // 1: varint 150; 2: "hi"; 3: four bytes; 16: eight bytes
    const bytes = bytesOf(
      ...[0x08, 0x96, 0x01],
      ...[0x12, 0x02, 0x68, 0x69],
      ...[0x1d, 1, 2, 3, 4],
      ...[0x81, 0x01, 1, 2, 3, 4, 5, 6, 7, 8],
    );
    const fields = [...readFields(bytes)];
    expect(fields).toEqual([
      { number: 1, wireType: 0, start: 0, valueStart: 1, end: 3, varint: 150 },
      { number: 2, wireType: 2, start: 3, valueStart: 5, end: 7, varint: 0 },
      { number: 3, wireType: 5, start: 7, valueStart: 8, end: 12, varint: 0 },
      { number: 16, wireType: 1, start: 12, valueStart: 14, end: 22, varint: 0 },
    ]);
    expect(fields[1] && readText(bytes, fields[1])).toBe('hi');
  });

  it('reads a part of the bytes as a message of its own', () => {
    const bytes = bytesOf(0xff, 0x08, 0x05, 0xff);
    expect([...readFields(bytes, 1, 3)]).toEqual([
      { number: 1, wireType: 0, start: 1, valueStart: 2, end: 3, varint: 5 },
    ]);
  });

  it('reads negative numbers, which are ten bytes', () => {
    const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    const [field] = readFields(bytesOf(8, ...minusOne));
    expect(field?.varint).toBe(-1);
    const least = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    expect([...readFields(bytesOf(8, ...least))][0]?.varint).toBe(-(2 ** 63));
  });

  it.each([
    ['a tag without value', [0x08], 1],
    ['half a varint', [0x08, 0x96], 1],
    ['a length without its bytes', [0x12, 0x05, 1, 2], 3],
    ['half of four bytes', [0x1d, 1, 2], 2],
    ['a length over four gigabytes', [0x12, ...encodeVarint(2 ** 33)], 2 ** 33],
  ])('says how much is missing: %s', (_, values, missingBytes) => {
    expect(faultOf(bytesOf(...values))).toEqual({ kind: 'cut-off', missingBytes });
  });

  it.each([
    ['field number 0', [0x00, 0x01], 2],
    ['wire type 3', [0x0b], 2],
    ['wire type 7', [0x0f], 2],
    ['a varint without end', [0x08, ...new Array<number>(11).fill(0xff)], 3],
    ['a field number over the limit', [...encodeVarint(2 ** 32), 1], 2],
    ['a negative length', [0x12, ...new Array<number>(9).fill(0xff), 0x01], 2],
  ])('refuses %s, and says where it is', (_, values, position) => {
    expect(faultOf(bytesOf(0x08, 0x05, ...values))).toEqual({ kind: 'malformed', position });
  });

  it('throws nothing but its own error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        faultOf(bytes);
      }),
    );
  });
});

describe('readIntegers', () => {
  it('reads packed and single values', () => {
    const bytes = bytesOf(0x0a, 0x03, 0x96, 0x01, 0x07, 0x08, 0x05);
    const [packed, single] = readFields(bytes);
    expect(packed && readIntegers(bytes, packed)).toEqual([150, 7]);
    expect(single && readIntegers(bytes, single)).toEqual([5]);
  });
});
