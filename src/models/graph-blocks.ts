import { integerOf } from './graph-operators.ts';
import type { GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';

/** A product with a matrix [N, K] in blocks of one scale and one zero point each (`MatMulNBits`). */
export interface BlockProduct {
  /** K. */
  readonly inner: number;
  /** N. */
  readonly outer: number;
  readonly bits: 4 | 8;
  /** Weights that share a scale; the last block of a row is filled up. */
  readonly blockSize: number;
  /** uint8, row by row; of two 4-bit weights in a byte the first is in the lower half. */
  readonly quantised: GraphTensor;
  /** float32 or float16. */
  readonly scales: GraphTensor;
  /** Null: in the middle of the range. */
  readonly zeroPoints: GraphTensor | null;
  /** True when the product is in half precision. */
  readonly half: boolean;
}

/**
 * Reads a node.
 * @returns Null when it is no such product, or packed in a way that is not known here.
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
 */
export function readBlockProduct({ tensors }: OnnxGraph, node: GraphNode): BlockProduct | null {
  if (node.opType !== 'MatMulNBits' || node.domain !== 'com.microsoft') return null;
  const [values = '', b = '', s = '', z = '', order = '', , ...more] = node.inputs;
  const inner = integerOf(node, 'K', null);
  const outer = integerOf(node, 'N', null);
  const bits = integerOf(node, 'bits', 4);
  const blockSize = integerOf(node, 'block_size', null);
  const quantised = tensors.get(b);
  const scales = tensors.get(s);
  const zeroPoints = z === '' ? null : tensors.get(z);
  if (values === '' || order !== '' || more.length > 0 || node.outputs.length !== 1) return null;
  if (inner === null || outer === null || blockSize === null) return null;
  if (inner < 1 || outer < 1 || blockSize < 1 || (bits !== 4 && bits !== 8)) return null;
  if (quantised === undefined || scales === undefined || zeroPoints === undefined) return null;
  if (quantised.type !== 'uint8') return null;
  if (scales.type !== 'float32' && scales.type !== 'float16') return null;
  const half = scales.type === 'float16';
  const perRow = Math.ceil(inner / blockSize);
  if (quantised.length !== outer * perRow * Math.ceil((blockSize * bits) / 8)) return null;
  if (scales.length !== outer * perRow * (half ? 2 : 4)) return null;
  // Zero points may also be fractions, of the type of the scales; no exporter was seen to do so.
  const zeroPointBytes = outer * Math.ceil((perRow * bits) / 8);
  const known = zeroPoints?.type === 'uint8' && zeroPoints.length === zeroPointBytes;
  if (zeroPoints !== null && !known) return null;
  return { inner, outer, bits, blockSize, quantised, scales, zeroPoints, half };
}

/**
 * One packed value.
 * @param start Byte at which the value of index 0 lies.
 */
export function packedValue(bytes: Uint8Array, start: number, index: number, bits: 4 | 8): number {
  if (bits === 8) return bytes[start + index] ?? 0;
  const pair = bytes[start + (index >> 1)] ?? 0;
  return (index & 1) === 0 ? pair & 15 : pair >> 4;
}
