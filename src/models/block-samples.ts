import type { GraphAttribute, GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';
import { messageField, textField, valueSample, versionField } from './onnx-samples.ts';

/** A `MatMulNBits` for tests. */
export interface BlockSample {
  readonly bits: 4 | 8;
  readonly inner: number;
  readonly outer: number;
  readonly blockSize: number;
  readonly zeroPoints: boolean;
  readonly bias: boolean;
  readonly half?: boolean;
}

/** One product of 3 rows, with pseudo-random weights: from `a` to `out`. */
export function blockSample(product: BlockSample): OnnxGraph {
  const { bits, inner, outer, blockSize, zeroPoints, bias, half = false } = product;
  const perRow = Math.ceil(inner / blockSize);
  const blob = (blockSize * bits) / 8;
  const floatType = half ? 'float16' : 'float32';
  const floats = (values: Float32Array) => (half ? halfOf(values) : values);
  const scales = Float32Array.from(
    pseudoBytes(1, outer * perRow),
    (byte) => (0.5 + byte / 256) / 2 ** bits,
  );
  const biases = Float32Array.from(pseudoBytes(3, outer), (byte) => byte / 64 - 2);
  const zeros = pseudoBytes(2, outer * Math.ceil((perRow * bits) / 8));
  const inputs = ['a', 'B', 'scales', zeroPoints ? 'zeros' : '', '', bias ? 'bias' : ''];
  while (inputs.at(-1) === '') inputs.pop();
  const core: GraphNode = {
    name: 'product',
    opType: 'MatMulNBits',
    domain: 'com.microsoft',
    inputs: half ? ['a_half', ...inputs.slice(1)] : inputs,
    outputs: [half ? 'out_half' : 'out'],
    attributes: new Map([
      ['K', intOf(inner)],
      ['N', intOf(outer)],
      ['bits', intOf(bits)],
      ['block_size', intOf(blockSize)],
    ]),
  };
  const cast = (from: string, to: string, type: number): GraphNode => ({
    name: to,
    opType: 'Cast',
    domain: '',
    inputs: [from],
    outputs: [to],
    attributes: new Map([['to', intOf(type)]]),
  });
  return {
    nodes: half ? [cast('a', 'a_half', 10), core, cast('out_half', 'out', 1)] : [core],
    tensors: tensorMap(
      tensor('B', 'uint8', [outer, perRow, blob], pseudoBytes(0, outer * perRow * blob)),
      tensor('scales', floatType, [outer * perRow], floats(scales)),
      ...(zeroPoints ? [tensor('zeros', 'uint8', [zeros.length], zeros)] : []),
      ...(bias ? [tensor('bias', floatType, [outer], floats(biases))] : []),
    ),
    inputs: ['a'],
    outputs: ['out'],
    opsets: new Map([
      ['', 17],
      ['com.microsoft', 1],
    ]),
    modelFields: [Uint8Array.from(versionField)],
    graphFields: [
      textField(2, 'graph'),
      messageField(11, valueSample('a', 1, [3, inner])),
      messageField(12, valueSample('out', 1, [3, outer])),
    ].map((field) => Uint8Array.from(field)),
  };
}

/** What is fed to a sample. */
export function blockSampleInput(inner: number): Float32Array {
  return Float32Array.from(pseudoBytes(9, 3 * inner), (byte) => byte / 128 - 1);
}

/** A whole number of a node. */
export function intOf(value: number): GraphAttribute {
  return { kind: 'int', value };
}

/** A tensor of fixed values. */
export function tensor(
  name: string,
  type: string,
  dims: readonly number[],
  values: Uint8Array | Uint16Array | Float32Array,
): GraphTensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, type, dims, length: bytes.length, read: () => bytes };
}

/** Tensors by name. */
export function tensorMap(...tensors: readonly GraphTensor[]): ReadonlyMap<string, GraphTensor> {
  return new Map(tensors.map((one) => [one.name, one]));
}

/** Bytes in which neighbours differ, the same every time. */
function pseudoBytes(seed: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (hash(seed * 7919 + index) >>> 11) & 255);
}

/** A whole number that looks random, the same every time. */
export function hash(value: number): number {
  let bits = Math.imul(value + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 0;
}

/** Normal numbers only, cut off: enough for scales. */
function halfOf(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    if (value === 0) return 0;
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = Math.floor((Math.abs(value) / 2 ** exponent - 1) * 1024);
    return (value < 0 ? 0x8000 : 0) + (exponent + 15) * 1024 + fraction;
  });
}
