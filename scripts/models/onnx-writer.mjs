// ONNX models in protobuf's wire format, written as a stream: every length is known before the
// first byte goes out, so a model of any size needs the memory of one chunk of one tensor.
//
// Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3),
// the wire format is https://protobuf.dev/programming-guides/encoding/.

import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

/** TensorProto.DataType: its number in onnx.proto3 and the bytes of one value. */
const dataTypes = {
  float: { number: 1, bytes: 4 },
  uint8: { number: 2, bytes: 1 },
  int8: { number: 3, bytes: 1 },
  int32: { number: 6, bytes: 4 },
  int64: { number: 7, bytes: 8 },
};

/** @typedef {keyof typeof dataTypes} DataType */
/**
 * @typedef {object} Tensor
 * @property {string} name
 * @property {DataType} type
 * @property {readonly number[]} dims
 * @property {() => Iterable<Uint8Array>} chunks its little-endian bytes; called once per writing
 */
/** @typedef {number | { float: number } | readonly number[]} Attribute a bare number is an integer */
/**
 * @typedef {object} Node
 * @property {string} opType
 * @property {readonly string[]} inputs
 * @property {readonly string[]} outputs
 * @property {Readonly<Record<string, Attribute>>} attributes
 */
/**
 * @typedef {object} ValueInfo
 * @property {string} name
 * @property {DataType} type
 * @property {readonly (number | string)[]} dims a string is a symbolic dimension
 */
/**
 * @typedef {object} Graph
 * @property {string} name
 * @property {number} opset
 * @property {readonly Node[]} nodes
 * @property {readonly ValueInfo[]} inputs
 * @property {readonly ValueInfo[]} outputs
 * @property {readonly Tensor[]} initializers
 */
/** @typedef {Uint8Array | (() => Iterable<Uint8Array>)} Piece */
/** @typedef {{ readonly bytes: number, readonly pieces: readonly Piece[] }} Encoded bytes to be */
/** @typedef {{ path: string, bytes: number, sha256: string }} WrittenFile */

/** Protobuf's own limit of one message; ONNX Runtime refuses more. */
const mostMessageBytes = 2 ** 31 - 1;
/** Smaller tensors stay in the graph beside external data, as onnx's own `save_model` has it. */
const leastExternalBytes = 1024;

/**
 * Writes `{folder}/{file}`, and `{folder}/{file}_data` beside it when the tensors of 1 kB and more
 * are to be external data.
 * @param {string} folder
 * @param {string} file path in the folder, `/` between parts
 * @param {Graph} graph
 * @param {{ externalData?: boolean }} [options]
 * @returns {WrittenFile[]}
 * @throws when the model would be over 2 GB, protobuf's limit, without external data.
 */
export function writeModel(folder, file, graph, { externalData = false } = {}) {
  const location = externalData ? `${path.posix.basename(file)}_data` : undefined;
  const { model, data } = encodeModel(graph, location);
  if (model.bytes > mostMessageBytes) {
    throw new Error(`${file} would be over 2 GB, more than protobuf can hold: use external data.`);
  }
  const written = [writeEncoded(folder, file, model)];
  if (externalData) written.push(writeEncoded(folder, `${file}_data`, data));
  return written;
}

/**
 * @param {Graph} graph
 * @param {string | undefined} location name of the external data file; all tensors inside without
 * @returns {{ model: Encoded, data: Encoded }}
 */
function encodeModel(graph, location) {
  let offset = 0;
  /** @type {Piece[]} */
  const external = [];
  const initializers = graph.initializers.map((tensor) => {
    const { number, bytes: valueBytes } = dataTypes[tensor.type];
    const bytes = tensor.dims.reduce((product, dim) => product * dim, valueBytes);
    const head = [...tensor.dims.map((dim) => integer(1, dim)), integer(2, number)];
    if (location === undefined || bytes < leastExternalBytes) {
      const raw = delimited(9, { bytes, pieces: [tensor.chunks] });
      return message(5, [...head, string(8, tensor.name), raw]);
    }
    const place = Object.entries({ location, offset: `${offset}`, length: `${bytes}` }).map(
      ([key, value]) => message(13, [string(1, key), string(2, value)]),
    );
    external.push(tensor.chunks);
    offset += bytes;
    // data_location = EXTERNAL
    return message(5, [...head, string(8, tensor.name), ...place, integer(14, 1)]);
  });
  const body = [
    ...graph.nodes.map(encodeNode),
    string(2, graph.name),
    ...initializers,
    ...graph.inputs.map((value) => encodeValueInfo(11, value)),
    ...graph.outputs.map((value) => encodeValueInfo(12, value)),
  ];
  const model = join([
    // IR version 8 goes with opset 17.
    integer(1, 8),
    string(2, 'crossrank scripts/models'),
    message(7, body),
    message(8, [string(1, ''), integer(2, graph.opset)]),
  ]);
  return { model, data: { bytes: offset, pieces: external } };
}

/**
 * @param {Node} node
 * @param {number} index
 */
function encodeNode({ opType, inputs, outputs, attributes }, index) {
  return message(1, [
    ...inputs.map((name) => string(1, name)),
    ...outputs.map((name) => string(2, name)),
    string(3, `${opType}_${index}`),
    string(4, opType),
    ...Object.entries(attributes).map(([name, value]) => message(5, encodeAttribute(name, value))),
  ]);
}

/**
 * @param {string} name
 * @param {Attribute} value
 */
function encodeAttribute(name, value) {
  // The last field is AttributeProto.type: FLOAT 1, INT 2, INTS 7.
  if (typeof value === 'number') return [string(1, name), integer(3, value), integer(20, 2)];
  if ('float' in value) return [string(1, name), float(2, value.float), integer(20, 1)];
  return [string(1, name), ...value.map((one) => integer(8, one)), integer(20, 7)];
}

/**
 * @param {number} field
 * @param {ValueInfo} value
 */
function encodeValueInfo(field, { name, type, dims }) {
  const shape = dims.map((dim) =>
    message(1, [typeof dim === 'string' ? string(2, dim) : integer(1, dim)]),
  );
  const tensorType = message(1, [integer(1, dataTypes[type].number), message(2, shape)]);
  return message(field, [string(1, name), message(2, [tensorType])]);
}

/**
 * @param {number} field
 * @param {readonly Encoded[]} parts
 */
const message = (field, parts) => delimited(field, join(parts));

/** @returns {Encoded} wire type 2: tag, length, bytes */
function delimited(/** @type {number} */ field, /** @type {Encoded} */ { bytes, pieces }) {
  const head = Uint8Array.from([...varint(field * 8 + 2), ...varint(bytes)]);
  return { bytes: head.length + bytes, pieces: [head, ...pieces] };
}

/**
 * @param {number} field
 * @param {string} text
 */
function string(field, text) {
  const bytes = new TextEncoder().encode(text);
  return delimited(field, { bytes: bytes.length, pieces: [bytes] });
}

/**
 * Wire type 0. A negative value is ten bytes, its 64-bit two's complement.
 * @param {number} field
 * @param {number} value
 */
const integer = (field, value) => whole([...varint(field * 8), ...varint(value)]);

/**
 * Wire type 5: four bytes, little-endian.
 * @param {number} field
 * @param {number} value
 */
const float = (field, value) =>
  whole([...varint(field * 8 + 5), ...new Uint8Array(Float32Array.of(value).buffer)]);

/** @returns {Encoded} */
function whole(/** @type {readonly number[]} */ values) {
  return { bytes: values.length, pieces: [Uint8Array.from(values)] };
}

/** @returns {number[]} base 128, lowest seven bits first */
function varint(/** @type {number} */ value) {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** @returns {Encoded} */
function join(/** @type {readonly Encoded[]} */ parts) {
  return {
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    pieces: parts.flatMap(({ pieces }) => pieces),
  };
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {Encoded} encoded
 * @returns {WrittenFile}
 */
function writeEncoded(folder, file, encoded) {
  const descriptor = openSync(path.join(folder, file), 'w');
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for (const piece of encoded.pieces) {
      for (const chunk of typeof piece === 'function' ? piece() : [piece]) {
        for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done);
        hash.update(chunk);
        bytes += chunk.length;
      }
    }
  } finally {
    closeSync(descriptor);
  }
  // A tensor whose chunks are not what its dims say would leave a file that only looks like one.
  if (bytes !== encoded.bytes) throw new Error(`${file}: ${bytes} bytes, not ${encoded.bytes}.`);
  return { path: file, bytes, sha256: hash.digest('hex') };
}
