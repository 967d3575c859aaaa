import { type BlockProduct, packedValue, readBlockProduct } from './graph-blocks.ts';
import { nameGiver } from './graph-names.ts';
import { type Replacement, replaceNodes } from './graph-replacing.ts';
import type { GraphNode, GraphRewriting, GraphTensor } from './onnx-graph.ts';

/**
 * Cuts blocks of 64, 96, 128 and so on (`MatMulNBits`) into blocks of 32 with the same scales and
 * zero points: the same weights exactly. On WebGPU ONNX Runtime has a kernel for blocks of 32 that
 * is several times faster than those for other sizes. It costs a scale for each 32 weights: an
 * eighth of the bytes of 8-bit weights. All is made when the runtime reads it.
 */
export const narrowBlocks: GraphRewriting = (graph) => {
  const give = nameGiver(graph);
  const made = new Map<string, readonly GraphTensor[]>();
  const replacements = new Map<GraphNode, Replacement>();
  for (const node of graph.nodes) {
    const product = readBlockProduct(graph, node);
    if (product === null || product.blockSize === 32 || product.blockSize % 32 !== 0) continue;
    const [input = '', values = '', scales = '', zeroPoints = '', ...others] = node.inputs;
    // Layers may share a matrix.
    const key = JSON.stringify([values, scales, zeroPoints]);
    const tensors = made.get(key) ?? narrowTensors(product, (name) => give(`${name}_32`));
    made.set(key, tensors);
    const names = tensors.map(({ name }) => name);
    const blank = zeroPoints === '' && others.length > 0 ? [''] : [];
    const attributes = new Map(node.attributes);
    attributes.set('block_size', { kind: 'int', value: 32 });
    const narrow = { ...node, inputs: [input, ...names, ...blank, ...others], attributes };
    replacements.set(node, { nodes: [narrow], tensors });
  }
  return replaceNodes(graph, replacements);
};

/** Values, scales and, where there are some, zero points of a product in blocks of 32. */
function narrowTensors(
  product: BlockProduct,
  nameOf: (name: string) => string,
): readonly GraphTensor[] {
  const { inner, outer, bits, half, quantised, scales, zeroPoints } = product;
  const blocks = Math.ceil(inner / 32);
  const blockBytes = 4 * bits;
  const partOf = (
    { name, type, dims }: GraphTensor,
    rowDims: readonly number[],
    valueBytes: number,
    read: () => Uint8Array,
  ): GraphTensor => {
    const perRow = rowDims.reduce((size, dim) => size * dim, 1);
    const narrowDims = dims.length === 1 ? [outer * perRow] : [outer, ...rowDims];
    const length = outer * perRow * valueBytes;
    return { name: nameOf(name), type, dims: narrowDims, length, read };
  };
  const parts = [
    partOf(quantised, [blocks, blockBytes], 1, () => narrowValues(product, blocks * blockBytes)),
    partOf(scales, [blocks], half ? 2 : 4, () => narrowScales(product, blocks)),
  ];
  if (zeroPoints !== null) {
    const zeroBytes = Math.ceil((blocks * bits) / 8);
    parts.push(partOf(zeroPoints, [zeroBytes], 1, () => narrowZeroPoints(product, blocks)));
  }
  return parts;
}

/** The same bytes, without blocks of 32 that only filled up a wide one. */
function narrowValues({ outer, quantised }: BlockProduct, rowBytes: number): Uint8Array {
  const bytes = quantised.read();
  const wideRowBytes = bytes.length / outer;
  if (wideRowBytes === rowBytes) return bytes;
  const narrow = new Uint8Array(outer * rowBytes);
  for (let row = 0; row < outer; row++) {
    const start = row * wideRowBytes;
    narrow.set(bytes.subarray(start, start + rowBytes), row * rowBytes);
  }
  return narrow;
}

function narrowScales({ outer, blockSize, half, scales }: BlockProduct, blocks: number) {
  const bytes = scales.read();
  const width = half ? 2 : 4;
  const wideRowBytes = bytes.length / outer;
  const narrow = new Uint8Array(outer * blocks * width);
  for (let row = 0, to = 0; row < outer; row++) {
    for (let block = 0; block < blocks; block++) {
      const from = row * wideRowBytes + Math.floor((block * 32) / blockSize) * width;
      for (let byte = 0; byte < width; byte++, to++) narrow[to] = bytes[from + byte] ?? 0;
    }
  }
  return narrow;
}

function narrowZeroPoints({ outer, bits, blockSize, zeroPoints }: BlockProduct, blocks: number) {
  const bytes = zeroPoints?.read() ?? new Uint8Array(0);
  const wideRowBytes = bytes.length / outer;
  const rowBytes = Math.ceil((blocks * bits) / 8);
  const narrow = new Uint8Array(outer * rowBytes);
  for (let row = 0; row < outer; row++) {
    for (let block = 0; block < blocks; block++) {
      const wideBlock = Math.floor((block * 32) / blockSize);
      const zero = packedValue(bytes, row * wideRowBytes, wideBlock, bits);
      const at = row * rowBytes + Math.floor((block * bits) / 8);
      // Of two in a byte, the second is in the upper half.
      const shift = bits === 4 && block % 2 === 1 ? 4 : 0;
      narrow[at] = (narrow[at] ?? 0) | (zero << shift);
    }
  }
  return narrow;
}
