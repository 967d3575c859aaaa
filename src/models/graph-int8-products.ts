import type { GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';

/**
 * A matrix of 8-bit weights, (q - zero point) * scale, with one scale and zero point for all of it
 * or one for each column.
 */
export interface Int8Weight {
  /** int8 or uint8, [inputs, outputs]. */
  readonly values: GraphTensor;
  /** float32. */
  readonly scale: GraphTensor;
  /** Of the type of the values; null: 0. */
  readonly zeroPoint: GraphTensor | null;
}

/** A product of floats, quantised as they come, and fixed 8-bit weights. */
export interface Int8Product {
  /** Name of the floats, before they are quantised. */
  readonly input: string;
  readonly weight: Int8Weight;
  /** Name of what is added to the product; null: nothing, or another node does it. */
  readonly bias: string | null;
  /** Name of the result, in floats. */
  readonly output: string;
}

/** Rows of 8-bit numbers that are looked up by ids and turned into floats. */
export interface Int8Lookup {
  /** int8 or uint8, [rows, width], of one scale. */
  readonly table: Int8Weight;
  readonly ids: string;
  /** Name of the rows, in floats. */
  readonly output: string;
}

/**
 * The dynamically quantised products of a graph, each under the node that gives its result. Found
 * are `DynamicQuantizeLinear -> MatMulInteger -> Cast -> Mul`, as ONNX Runtime's quantiser writes
 * them, and what its optimiser makes of these: `MatMulIntegerToFloat`, `DynamicQuantizeMatMul`.
 * Products of two values that are computed, and weights that are no matrix, are none.
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
export function findInt8Products(graph: OnnxGraph): ReadonlyMap<GraphNode, Int8Product> {
  const found = new Map<GraphNode, Int8Product>();
  const makers = makersOf(graph);
  if (makers === null) return found;
  for (const node of graph.nodes) {
    const product = productOf(node, graph, makers);
    if (product !== null) found.set(node, product);
  }
  return found;
}

/**
 * The tables of 8-bit rows, each under the node that turns the rows into floats: `Gather ->
 * DequantizeLinear`, as ONNX Runtime's quantiser writes embeddings.
 */
export function findInt8Lookups(graph: OnnxGraph): ReadonlyMap<GraphNode, Int8Lookup> {
  const found = new Map<GraphNode, Int8Lookup>();
  const makers = makersOf(graph);
  if (makers === null) return found;
  for (const node of graph.nodes) {
    if (node.opType !== 'DequantizeLinear') continue;
    const [rows = '', scale = '', zero = ''] = node.inputs;
    const gather = makers.get(rows);
    if (gather?.opType !== 'Gather' || !isInteger(gather, 'axis', 0, 0)) continue;
    const [values = '', ids = ''] = gather.inputs;
    const table = weightOf(graph, values, scale, zero);
    const [output = ''] = node.outputs;
    if (table !== null && countOf(table.scale) === 1) found.set(node, { table, ids, output });
  }
  return found;
}

const operatorsWithGraphs: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

type Makers = ReadonlyMap<string, GraphNode>;

/** Each value's node; null for a graph with others in its nodes, which may read any value here. */
function makersOf({ nodes }: OnnxGraph): Makers | null {
  const makers = new Map<string, GraphNode>();
  for (const node of nodes) {
    if (operatorsWithGraphs.has(node.opType)) return null;
    for (const name of node.outputs) makers.set(name, node);
  }
  return makers;
}

function productOf(node: GraphNode, graph: OnnxGraph, makers: Makers): Int8Product | null {
  if (node.domain === '' && node.opType === 'Mul') return plainProduct(node, graph, makers);
  if (node.domain !== 'com.microsoft') return null;
  const [input = '', values = '', first = '', second = ''] = node.inputs;
  const [output = ''] = node.outputs;
  if (node.opType === 'DynamicQuantizeMatMul') {
    // A, B, scale and zero point of B, bias.
    const weight = weightOf(graph, values, first, second);
    return weight === null ? null : { input, weight, bias: node.inputs[4] || null, output };
  }
  if (node.opType !== 'MatMulIntegerToFloat') return null;
  // A, B, their scales, their zero points, bias.
  const [, , , , inputZero = '', zero = '', bias = ''] = node.inputs;
  const floats = quantisedFrom(makers, { values: input, scale: first, zeroPoint: inputZero });
  const weight = weightOf(graph, values, second, zero);
  if (floats === null || weight === null) return null;
  return { input: floats, weight, bias: bias || null, output };
}

/** `Mul(Cast(MatMulInteger(x, w)), Mul(scale of x, scale of w))`, factors in either order. */
function plainProduct(node: GraphNode, graph: OnnxGraph, makers: Makers): Int8Product | null {
  for (const [sum, scales] of bothWays(node)) {
    const cast = makers.get(sum);
    const product = makers.get(cast?.inputs[0] ?? '');
    const factors = makers.get(scales);
    if (cast?.opType !== 'Cast' || !isInteger(cast, 'to', float32)) continue;
    if (product?.opType !== 'MatMulInteger' || factors?.opType !== 'Mul') continue;
    const [values = '', weights = '', inputZero = '', zero = ''] = product.inputs;
    for (const [inputScale, weightScale] of bothWays(factors)) {
      const quantised = { values, scale: inputScale, zeroPoint: inputZero };
      const input = quantisedFrom(makers, quantised);
      const weight = weightOf(graph, weights, weightScale, zero);
      const [output = ''] = node.outputs;
      if (input !== null && weight !== null) return { input, weight, bias: null, output };
    }
  }
  return null;
}

function bothWays({ inputs }: GraphNode): readonly (readonly [string, string])[] {
  const [a = '', b = ''] = inputs;
  return [
    [a, b],
    [b, a],
  ];
}

/** TensorProto.DataType of float32. */
const float32 = 1;

function isInteger(
  { attributes }: GraphNode,
  name: string,
  wanted: number,
  otherwise?: number,
): boolean {
  const attribute = attributes.get(name);
  if (attribute === undefined) return otherwise === wanted;
  return attribute.kind === 'int' && attribute.value === wanted;
}

/** Name of the floats that one DynamicQuantizeLinear made all three of; null otherwise. */
function quantisedFrom(
  makers: Makers,
  names: { readonly values: string; readonly scale: string; readonly zeroPoint: string },
): string | null {
  const maker = makers.get(names.values);
  if (maker?.opType !== 'DynamicQuantizeLinear') return null;
  const [values, scale, zeroPoint] = maker.outputs;
  if (values !== names.values || scale !== names.scale || zeroPoint !== names.zeroPoint)
    return null;
  return maker.inputs[0] ?? null;
}

/** Null where the names are of no such tensors. */
function weightOf(
  { tensors }: OnnxGraph,
  valuesName: string,
  scaleName: string,
  zeroName: string,
): Int8Weight | null {
  const values = tensors.get(valuesName);
  const scale = tensors.get(scaleName);
  const zeroPoint = zeroName === '' ? null : tensors.get(zeroName);
  if (values === undefined || scale === undefined || zeroPoint === undefined) return null;
  const { type, dims } = values;
  if ((type !== 'int8' && type !== 'uint8') || dims.length !== 2) return null;
  const fits = (tensor: GraphTensor): boolean => [1, dims[1]].includes(countOf(tensor));
  if (scale.type !== 'float32' || !fits(scale)) return null;
  if (zeroPoint !== null && (zeroPoint.type !== type || !fits(zeroPoint))) return null;
  return { values, scale, zeroPoint };
}

function countOf({ dims }: GraphTensor): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
