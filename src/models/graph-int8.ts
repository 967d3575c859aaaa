import { mostFloatTableBytes } from './float-limits.ts';
import {
  findInt8Lookups,
  findInt8Products,
  type Int8Product,
  type Int8Weight,
} from './graph-int8-products.ts';
import { blockWeight, floatTensor } from './graph-int8-weights.ts';
import { nameGiver } from './graph-names.ts';
import { type Replacement, replaceNodes } from './graph-replacing.ts';
import type { GraphAttribute, GraphNode, OnnxGraph } from './onnx-graph.ts';

/**
 * Turns the products of a dynamically quantised graph into `MatMulNBits` with blocks of 8 bits,
 * for WebGPU: weights stay 8-bit and stay the same numbers, and what is multiplied with them is no
 * longer rounded.
 *
 * Tables of 8-bit rows become floats while they are small. A large one stays as it is: the runtime
 * has no kernel for it on WebGPU and looks rows up on the CPU, where the ids of words come from and
 * no limit of a GPU's buffers holds. Ids of positions are computed on the GPU, and fetching them
 * from there would cost a wait in every batch.
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
 */
export function blocksFromInt8(graph: OnnxGraph): OnnxGraph {
  const give = nameGiver(graph);
  const blocksOf = oncePerWeight((weight) =>
    blockWeight(weight, (part) => give(`${weight.values.name}_${part}`)),
  );
  const replacements = new Map(floatLookups(graph, give));
  for (const [node, product] of findInt8Products(graph)) {
    const { blockSize, values, scales, zeroPoints } = blocksOf(product.weight);
    const [rows = 0, columns = 0] = product.weight.values.dims;
    const attributes = new Map<string, GraphAttribute>([
      ['K', { kind: 'int', value: rows }],
      ['N', { kind: 'int', value: columns }],
      ['bits', { kind: 'int', value: 8 }],
      ['block_size', { kind: 'int', value: blockSize }],
    ]);
    const tensors = zeroPoints === null ? [values, scales] : [values, scales, zeroPoints];
    const operator = { opType: 'MatMulNBits', domain: 'com.microsoft', attributes };
    const inputs = [product.input, ...tensors.map(({ name }) => name)];
    const nodes = productNodes(product, { name: `${node.name}_blocks`, ...operator, inputs }, give);
    replacements.set(node, { nodes, tensors });
  }
  const rewritten = replaceNodes(graph, replacements);
  if (rewritten === graph || graph.opsets.has('com.microsoft')) return rewritten;
  return { ...rewritten, opsets: new Map([...graph.opsets, ['com.microsoft', 1]]) };
}

/**
 * Whether a graph quantises values while it runs, which WebGPU leaves to the CPU, and which makes
 * logits depend on the other pairs of a batch.
 */
export function hasDynamicInt8({ nodes }: OnnxGraph): boolean {
  return nodes.some(({ opType }) => dynamicOperators.has(opType));
}

const dynamicOperators: ReadonlySet<string> = new Set([
  'DynamicQuantizeLinear',
  'MatMulInteger',
  'ConvInteger',
  'DynamicQuantizeMatMul',
  'MatMulIntegerToFloat',
  'DynamicQuantizeLSTM',
  'QAttention',
]);

function* floatLookups(
  graph: OnnxGraph,
  give: (wanted: string) => string,
): Generator<readonly [GraphNode, Replacement]> {
  const floatsOf = oncePerWeight((weight) =>
    floatTensor(weight, give(`${weight.values.name}_float`)),
  );
  for (const [node, { table, ids, output }] of findInt8Lookups(graph)) {
    if (4 * table.values.length > mostFloatTableBytes) continue;
    const tensor = floatsOf(table);
    const attributes = new Map<string, GraphAttribute>([['axis', { kind: 'int', value: 0 }]]);
    const operator = { name: `${node.name}_float`, opType: 'Gather', domain: '', attributes };
    const gather = { ...operator, inputs: [tensor.name, ids], outputs: [output] };
    yield [node, { nodes: [gather], tensors: [tensor] }];
  }
}

/** Makes one thing for each weight, however many nodes use it. */
function oncePerWeight<Made>(make: (weight: Int8Weight) => Made): (weight: Int8Weight) => Made {
  const known = new Map<string, Made>();
  return (weight) => {
    const { values, scale, zeroPoint } = weight;
    const key = JSON.stringify([values.name, scale.name, zeroPoint?.name ?? null]);
    const made = known.get(key) ?? make(weight);
    known.set(key, made);
    return made;
  };
}

/** The node that multiplies, and where there is a bias the one that adds it. */
function productNodes(
  { bias, output }: Int8Product,
  multiply: Omit<GraphNode, 'outputs'>,
  give: (wanted: string) => string,
): readonly GraphNode[] {
  if (bias === null) return [{ ...multiply, outputs: [output] }];
  const product = give(`${output}_product`);
  const add = { name: `${multiply.name}_bias`, opType: 'Add', domain: '', attributes: new Map() };
  return [
    { ...multiply, outputs: [product] },
    { ...add, inputs: [product, bias], outputs: [output] },
  ];
}
