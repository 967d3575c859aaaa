import { float16FromBits } from './float16.ts';
import { type BlockProduct, packedValue, readBlockProduct } from './graph-blocks.ts';
import { nameGiver } from './graph-names.ts';
import { type Replacement, replaceNodes } from './graph-replacing.ts';
import type { GraphNode, GraphRewriting, GraphTensor } from './onnx-graph.ts';

/**
 * Gives products with 8-bit or 4-bit blocks (`MatMulNBits`) their weights in 32 bit: `MatMul`, and
 * `Add` for a bias. On a CPU that is faster, since the blocks are widened once and not in every
 * run; it takes four to eight times the memory. Each matrix is made when the runtime reads it.
 * What is packed in another way stays as it is.
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
export const floatWeights: GraphRewriting = (graph) => {
  const give = nameGiver(graph);
  const made = new Map<string, GraphTensor>();
  const replacements = new Map<GraphNode, Replacement>();
  for (const node of graph.nodes) {
    const blocks = readBlockProduct(graph, node);
    if (blocks === null) continue;
    // Layers may share a matrix.
    const key = JSON.stringify(node.inputs.slice(1, 4));
    const matrix = made.get(key) ?? floatMatrix(give(`${node.inputs[1]}_fp32`), blocks);
    made.set(key, matrix);
    const nodes = productNodes(node, matrix.name, blocks.half, give);
    replacements.set(node, { nodes, tensors: [matrix] });
  }
  return replaceNodes(graph, replacements);
};

/** The nodes in place of one product, with the same output. */
function productNodes(
  node: GraphNode,
  matrix: string,
  half: boolean,
  give: (wanted: string) => string,
): readonly GraphNode[] {
  const [input = '', , , , , bias = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const nodes: GraphNode[] = [];
  const add = (opType: string, inputs: readonly string[], last: boolean, to?: number): string => {
    const result = last ? output : give(`${output}_${opType}`);
    nodes.push({
      name: nodes.length === 0 ? node.name : `${node.name}_${opType}_${nodes.length}`,
      opType,
      domain: '',
      inputs,
      outputs: [result],
      attributes: new Map(to === undefined ? [] : [['to', { kind: 'int', value: to }]]),
    });
    return result;
  };
  const wide = half ? add('Cast', [input], false, float32) : input;
  const product = add('MatMul', [wide, matrix], !half && bias === '');
  const narrow = half ? add('Cast', [product], bias === '', float16) : product;
  if (bias !== '') add('Add', [narrow, bias], true);
  return nodes;
}

/** TensorProto.DataType */
const float32 = 1;
const float16 = 10;

function floatMatrix(name: string, blocks: BlockProduct): GraphTensor {
  const { inner, outer } = blocks;
  return {
    name,
    type: 'float32',
    dims: [inner, outer],
    length: 4 * inner * outer,
    read: () => new Uint8Array(widen(blocks).buffer),
  };
}

/** Rows that are widened together: their values at one column fill a line of the cache. */
const rowsTogether = 16;

/** `(quantised - zero point) * scale`, transposed to [K, N]. */
function widen({
  inner,
  outer,
  bits,
  blockSize,
  ...tensors
}: BlockProduct): Float32Array<ArrayBuffer> {
  const quantised = tensors.quantised.read();
  const scales = readFloats(tensors.scales);
  const zeroPoints = tensors.zeroPoints?.read() ?? null;
  const perRow = Math.ceil(inner / blockSize);
  const blob = Math.ceil((blockSize * bits) / 8);
  const zeroStride = Math.ceil((perRow * bits) / 8);
  const middle = 2 ** (bits - 1);
  const target = new Float32Array(inner * outer);
  for (let firstRow = 0; firstRow < outer; firstRow += rowsTogether) {
    const rowEnd = Math.min(firstRow + rowsTogether, outer);
    for (let block = 0; block < perRow; block++) {
      const count = Math.min(blockSize, inner - block * blockSize);
      for (let row = firstRow; row < rowEnd; row++) {
        const scale = scales[row * perRow + block] ?? 0;
        const zero =
          zeroPoints === null ? middle : packedValue(zeroPoints, row * zeroStride, block, bits);
        const from = (row * perRow + block) * blob;
        let to = block * blockSize * outer + row;
        if (bits === 8) {
          for (let index = 0; index < count; index++, to += outer) {
            target[to] = ((quantised[from + index] ?? 0) - zero) * scale;
          }
        } else {
          for (let index = 0; index < count; index++, to += outer) {
            const pair = quantised[from + (index >> 1)] ?? 0;
            target[to] = (((index & 1) === 0 ? pair & 15 : pair >> 4) - zero) * scale;
          }
        }
      }
    }
  }
  return target;
}

function readFloats({ type, length, read }: GraphTensor): Float32Array {
  // A copy, since the bytes need not begin where a float may.
  const { buffer } = read().slice();
  if (type === 'float32') return new Float32Array(buffer);
  const view = new DataView(buffer);
  return Float32Array.from({ length: length / 2 }, (_, index) =>
    float16FromBits(view.getUint16(2 * index, true)),
  );
}
