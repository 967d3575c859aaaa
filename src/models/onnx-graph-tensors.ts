import { elementTypes } from './onnx-element-types.ts';
import { corruptFile } from './onnx-fields.ts';
import { externalDataFields } from './onnx-file.ts';
import type { GraphTensor } from './onnx-graph.ts';
import {
  type ByteSource,
  ProtobufError,
  type ProtobufField,
  readFields,
  readIntegers,
  readText,
} from './protobuf-reader.ts';
import { delimited, textField, varintField } from './protobuf-writer.ts';

/** Where a graph's bytes lie: its own file, and those beside it by location. */
export interface GraphFiles {
  readonly fileName: string;
  readonly bytes: ByteSource;
  readonly externalData: ReadonlyMap<string, ByteSource>;
}

/** A tensor, or only its name where its values cannot be given as raw bytes (strings, say). */
export interface ReadTensor {
  readonly name: string;
  readonly tensor: GraphTensor | null;
}

/**
 * Reads a TensorProto but for its values, which are read when asked for.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 * @throws ProtobufError
 * @throws RerankError `model-corrupt` when its values are not there, or are not as many as it says.
 */
export function readTensor(files: GraphFiles, field: ProtobufField): ReadTensor {
  const { bytes } = files;
  const dims: number[] = [];
  const place = new Map<string, string>();
  const typed: ProtobufField[] = [];
  let name = '';
  let typeNumber = 0;
  let external = false;
  let raw: ProtobufField | null = null;
  for (const part of readFields(bytes, field.valueStart, field.end)) {
    if (part.number === 1) for (const dim of readIntegers(bytes, part)) dims.push(dim);
    else if (part.number === 2) typeNumber = part.varint;
    else if (part.number === 8) name = readText(bytes, part);
    else if (part.number === 9) raw = part;
    else if (part.number === 13) place.set(...readEntry(bytes, part));
    else if (part.number === 14) external = part.varint === 1;
    else if (valueFields.has(part.number)) typed.push(part);
  }
  const { type, bits } = elementTypes[typeNumber] ?? { type: 'other', bits: 0 };
  if (bits === 0) return { name, tensor: null };
  const length = Math.ceil((dims.reduce((product, dim) => product * dim, 1) * bits) / 8);
  if (!Number.isSafeInteger(length) || dims.some((dim) => dim < 0)) {
    throw corruptFile(files.fileName, `has a tensor "${name}" of the size [${dims.join(', ')}]`);
  }
  const give = (read: () => Uint8Array) => ({ name, tensor: { name, type, dims, length, read } });
  const check = (found: number): void => {
    if (found === length) return;
    const what = `holds ${found} bytes of the tensor "${name}", not ${length}`;
    throw corruptFile(files.fileName, what);
  };
  if (external) {
    const [source, start, end] = findExternal(files, name, place, length);
    check(end - start);
    return give(() => source.subarray(start, end));
  }
  if (raw !== null) {
    const { valueStart, end } = raw;
    check(end - valueStart);
    return give(() => bytes.subarray(valueStart, end));
  }
  const decode = typedReaders.get(type);
  if (decode === undefined) return { name, tensor: null };
  return give(() => {
    const values = decode(bytes, typed);
    check(values.length);
    return values;
  });
}

/**
 * The pieces of a TensorProto: with its values in it, or, where a place is given, with where they
 * lie.
 */
export function writeTensor(
  tensor: GraphTensor,
  place: { readonly location: string; readonly offset: number } | null,
): Uint8Array[] {
  const { name, type, dims, length } = tensor;
  return [
    ...dims.map((dim) => varintField(1, dim)),
    varintField(2, typeNumbers.get(type) ?? 0),
    ...textField(8, name),
    ...(place === null
      ? delimited(9, [readWhole(tensor)])
      : externalDataFields(place.location, { offset: place.offset, length })),
  ];
}

/** The bytes of a tensor, as many as it says. */
export function readWhole({ name, length, read }: GraphTensor): Uint8Array {
  const values = read();
  if (values.length === length) return values;
  throw new RangeError(`The tensor "${name}" gave ${values.length} bytes, not ${length}.`);
}

/** The part of a file in which a tensor's values lie. */
function findExternal(
  { fileName, externalData }: GraphFiles,
  name: string,
  place: ReadonlyMap<string, string>,
  needed: number,
): [source: ByteSource, start: number, end: number] {
  const location = place.get('location') ?? '';
  const source = externalData.get(location);
  if (source === undefined) {
    throw corruptFile(fileName, `has the tensor "${name}" in "${location}", which is not there`);
  }
  const offset = Number(place.get('offset') ?? 0);
  const length = Number(place.get('length') ?? needed);
  const end = offset + length;
  const whole = [offset, length].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!whole || end > source.length) {
    const range = `bytes ${place.get('offset') ?? 0} to ${end}`;
    throw corruptFile(
      fileName,
      `has the tensor "${name}" in ${range} of ${location}, which has ${source.length} bytes`,
    );
  }
  return [source, offset, end];
}

/** StringStringEntryProto */
function readEntry(bytes: ByteSource, field: ProtobufField): [key: string, value: string] {
  let key = '';
  let value = '';
  for (const part of readFields(bytes, field.valueStart, field.end)) {
    if (part.number === 1) key = readText(bytes, part);
    if (part.number === 2) value = readText(bytes, part);
  }
  return [key, value];
}

/** float_data, int32_data, int64_data, double_data, uint64_data */
const valueFields: ReadonlySet<number> = new Set([4, 5, 7, 10, 11]);

const typeNumbers: ReadonlyMap<string, number> = new Map(
  Object.entries(elementTypes).map(([number, { type }]) => [type, Number(number)]),
);

type TypedReader = (bytes: ByteSource, fields: readonly ProtobufField[]) => Uint8Array;

/** How values are read that are no raw bytes, by element type. int32_data holds all short types. */
const typedReaders: ReadonlyMap<string, TypedReader> = new Map<string, TypedReader>([
  ['float32', fixedReader(4, 5)],
  ['float64', fixedReader(10, 1)],
  ['int64', varintReader(7, 8)],
  ['uint64', varintReader(11, 8)],
  ['uint32', varintReader(11, 4)],
  ['int32', varintReader(5, 4)],
  ['int16', varintReader(5, 2)],
  ['uint16', varintReader(5, 2)],
  ['float16', varintReader(5, 2)],
  ['bfloat16', varintReader(5, 2)],
  ['int8', varintReader(5, 1)],
  ['uint8', varintReader(5, 1)],
  ['bool', varintReader(5, 1)],
]);

/** Values of four or eight bytes, packed or one to a field: they lie as in memory. */
function fixedReader(field: number, wireType: ProtobufField['wireType']): TypedReader {
  return (bytes, fields) => {
    const parts = fields.filter(({ number }) => number === field);
    for (const part of parts) {
      if (part.wireType !== 2 && part.wireType !== wireType) throw malformed(part);
    }
    const values = new Uint8Array(parts.reduce((sum, part) => sum + part.end - part.valueStart, 0));
    let at = 0;
    for (const { valueStart, end } of parts) {
      values.set(bytes.subarray(valueStart, end), at);
      at += end - valueStart;
    }
    return values;
  };
}

/**
 * Varints, packed or one to a field, of which the lowest `size` bytes count. A table of weights may
 * be written so, and there is one varint for each.
 */
function varintReader(field: number, size: 1 | 2 | 4 | 8): TypedReader {
  return (bytes, fields) => {
    const parts = fields.filter(({ number }) => number === field);
    for (const part of parts) if (part.wireType !== 0 && part.wireType !== 2) throw malformed(part);
    const blocks = parts.map(({ valueStart, end }) => bytes.subarray(valueStart, end));
    const count = blocks.reduce((sum, block) => sum + countVarints(block), 0);
    const values = new DataView(new ArrayBuffer(count * size));
    let at = 0;
    for (const [index, block] of blocks.entries()) {
      const isWhole = decodeVarints(block, (lower, upper) => {
        if (size === 1) values.setUint8(at, lower);
        else if (size === 2) values.setUint16(at, lower, true);
        else values.setUint32(at, lower, true);
        if (size === 8) values.setUint32(at + 4, upper, true);
        at += size;
      });
      const part = parts[index];
      if (!isWhole && part !== undefined) throw malformed(part);
    }
    return new Uint8Array(values.buffer);
  };
}

function countVarints(block: Uint8Array): number {
  let count = 0;
  for (const byte of block) if (byte < 0x80) count++;
  return count;
}

/**
 * Gives each varint as two halves of 32 bits, as signed as they come: a number is not exact where
 * the largest int64 is, which stands for "to the end".
 * @returns False for one that is longer than 64 bits.
 */
function decodeVarints(block: Uint8Array, give: (lower: number, upper: number) => void): boolean {
  let lower = 0;
  let upper = 0;
  let shift = 0;
  for (const byte of block) {
    if (shift > 63) return false;
    const bits = byte & 0x7f;
    if (shift < 32) lower |= bits << shift;
    // Of the seven bits from 28 on, three are the upper half's.
    if (shift >= 32) upper |= bits << (shift - 32);
    else if (shift === 28) upper |= bits >> 4;
    shift += 7;
    if (byte >= 0x80) continue;
    give(lower, upper);
    lower = 0;
    upper = 0;
    shift = 0;
  }
  return true;
}

function malformed({ start }: ProtobufField): ProtobufError {
  return new ProtobufError({ kind: 'malformed', position: start });
}
