import type { GraphAttribute } from './onnx-graph.ts';
import {
  type ByteSource,
  ProtobufError,
  type ProtobufField,
  readFields,
  readIntegers,
  readText,
} from './protobuf-reader.ts';
import { textField, varintField } from './protobuf-writer.ts';

/**
 * Decodes an AttributeProto as far as that loses nothing; what is left is `raw`.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 * @returns Null for an attribute that holds subgraphs.
 * @throws ProtobufError
 */
export function readAttribute(
  bytes: ByteSource,
  field: ProtobufField,
): readonly [name: string, attribute: GraphAttribute] | null {
  let name = '';
  let type = 0;
  let plain = true;
  let text: ProtobufField | null = null;
  let float = 0;
  let integer = 0;
  const integers: number[] = [];
  for (const part of readFields(bytes, field.valueStart, field.end)) {
    if (part.number === 1) name = readText(bytes, part);
    else if (part.number === 2) float = readFloat(bytes, part);
    else if (part.number === 3) integer = part.varint;
    else if (part.number === 4) text = part;
    else if (part.number === 6 || part.number === 11) return null;
    else if (part.number === 8) for (const value of readIntegers(bytes, part)) integers.push(value);
    else if (part.number === 20) type = part.varint;
    // doc_string says nothing to the runtime; a reference to a function's attribute does.
    else if (part.number !== 13) plain = false;
  }
  const decoded = (): GraphAttribute | null => {
    if (!plain) return null;
    if (type === types.float) return { kind: 'float', value: float };
    if (type === types.string) return decodeText(bytes, text);
    // Up to 2^53 a number is exact; "to the end" is often the largest int64.
    if (type === types.int && Number.isSafeInteger(integer)) return { kind: 'int', value: integer };
    if (type === types.ints && integers.every(Number.isSafeInteger)) {
      return { kind: 'ints', values: integers };
    }
    return null;
  };
  const raw = (): GraphAttribute => ({
    kind: 'raw',
    // A copy: the file's block, of which this is a view, need not stay in memory.
    bytes: bytes.subarray(field.valueStart, field.end).slice(),
  });
  return [name, decoded() ?? raw()];
}

/** The pieces of an AttributeProto. A `raw` one keeps the name that it came with. */
export function writeAttribute(name: string, attribute: GraphAttribute): Uint8Array[] {
  const head = textField(1, name);
  switch (attribute.kind) {
    case 'raw':
      return [attribute.bytes];
    case 'int':
      return [...head, varintField(3, attribute.value), varintField(20, types.int)];
    case 'ints':
      return [
        ...head,
        ...attribute.values.map((value) => varintField(8, value)),
        varintField(20, types.ints),
      ];
    case 'float':
      return [...head, floatField(2, attribute.value), varintField(20, types.float)];
    case 'string':
      return [...head, ...textField(4, attribute.value), varintField(20, types.string)];
    default:
      return attribute satisfies never;
  }
}

/** AttributeProto.AttributeType, as far as it is decoded. */
const types = { float: 1, int: 2, string: 3, ints: 7 } as const;

function readFloat(bytes: ByteSource, { valueStart, end, wireType }: ProtobufField): number {
  if (wireType !== 5) throw new ProtobufError({ kind: 'malformed', position: valueStart });
  const value = bytes.subarray(valueStart, end);
  return new DataView(value.buffer, value.byteOffset, 4).getFloat32(0, true);
}

function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = field * 8 + 5;
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

/** Null for bytes that are no UTF-8: they would not be written as they were. */
function decodeText(bytes: ByteSource, field: ProtobufField | null): GraphAttribute | null {
  if (field === null) return { kind: 'string', value: '' };
  try {
    const text = bytes.subarray(field.valueStart, field.end);
    return { kind: 'string', value: exactUtf8.decode(text) };
  } catch {
    return null;
  }
}

const exactUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
