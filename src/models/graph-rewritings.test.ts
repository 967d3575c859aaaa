import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mostFloatBytes } from './float-limits.ts';
import { rewriteFor } from './graph-rewritings.ts';
import type { GraphAttribute, GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';
import { readOnnxGraph } from './onnx-graph-file.ts';

const embedded = readOnnxGraph(
  Uint8Array.from(
    readFileSync(
      new URL(
        '../../public/models/crossrank-tiny-en-zh/onnx/model_quantized.onnx',
        import.meta.url,
      ),
    ),
  ),
  { fileName: 'model_quantized.onnx' },
);

describe('the embedded model', () => {
  it('gets float weights and a short last layer on WASM', () => {
    const { graph, rewritings } = rewriteFor('wasm', embedded);
    expect(rewritings).toEqual(['float-weights', 'first-token-only']);
    expect(blockSizesOf(graph)).toEqual([]);
  });

  it('gets blocks of 32 and a short last layer on WebGPU', () => {
    const { graph, rewritings } = rewriteFor('webgpu', embedded);
    expect(rewritings).toEqual(['blocks-of-32', 'first-token-only']);
    expect(new Set(blockSizesOf(graph))).toEqual(new Set([32]));
    expect(new Set(blockSizesOf(embedded))).toEqual(new Set([64]));
  });
});

describe('weights in blocks', () => {
  it('become floats on WASM while all together fit', () => {
    // Two matrices that together just fit, and then do not.
    const half = mostFloatBytes / 1e6 / 2;
    expect(rewriteFor('wasm', blocksGraph(half, half)).rewritings).toEqual(['float-weights']);
    const tooLarge = blocksGraph(half, half + 1);
    expect(rewriteFor('wasm', tooLarge)).toEqual({ graph: tooLarge, rewritings: [] });
  });

  it('stay blocks on WebGPU, however small', () => {
    const graph = blocksGraph(1);
    expect(rewriteFor('webgpu', graph)).toEqual({ graph, rewritings: [] });
  });
});

describe('dynamic int8', () => {
  it.each([1, 100, 401])('of %i MB as floats stays as it is on WASM', (megabytes) => {
    const graph = int8Graph(megabytes);
    expect(rewriteFor('wasm', graph)).toEqual({ graph, rewritings: [] });
  });

  it.each([1, 100, 401])('of %i MB as floats becomes blocks of 32 on WebGPU', (megabytes) => {
    const { graph, rewritings } = rewriteFor('webgpu', int8Graph(megabytes));
    expect(rewritings).toEqual(['blocks-from-int8']);
    expect(blockSizesOf(graph)).toEqual([32]);
    expect(graph.nodes.map(({ opType }) => opType)).not.toContain('MatMulInteger');
  });
});

function blockSizesOf({ nodes }: OnnxGraph): readonly unknown[] {
  const blocks = nodes.filter(({ opType }) => opType === 'MatMulNBits');
  return blocks.map(({ attributes }) => {
    const size = attributes.get('block_size');
    return size?.kind === 'int' ? size.value : null;
  });
}

/** Products one after the other, each of so many megabytes when its weights are floats. */
function blocksGraph(...megabytes: readonly number[]): OnnxGraph {
  const nodes = megabytes.map((_, index) =>
    nodeOf('MatMulNBits', [`x${index}`, `b${index}`, `s${index}`], `x${index + 1}`, {
      K: 250,
      N: 1000 * (megabytes[index] ?? 0),
      bits: 8,
      block_size: 250,
    }),
  );
  const tensors = megabytes.flatMap((size, index) => [
    tensorOf(`b${index}`, 'uint8', [1000 * size, 1, 250], 1),
    tensorOf(`s${index}`, 'float32', [1000 * size], 4),
  ]);
  return graphOf(nodes, tensors, `x${megabytes.length}`);
}

/** One product as onnxruntime's dynamic quantisation leaves it. */
function int8Graph(megabytes: number): OnnxGraph {
  const columns = 1000 * megabytes;
  const nodes = [
    nodeOf('DynamicQuantizeLinear', ['x0'], ['q', 'scale', 'zero']),
    nodeOf('MatMulInteger', ['q', 'w', 'zero', 'w_zero'], 'product'),
    nodeOf('Cast', ['product'], 'floats', { to: 1 }),
    nodeOf('Mul', ['scale', 'w_scale'], 'scales'),
    nodeOf('Mul', ['floats', 'scales'], 'out'),
  ];
  const tensors = [
    tensorOf('w', 'int8', [250, columns], 1),
    tensorOf('w_zero', 'int8', [], 1),
    tensorOf('w_scale', 'float32', [], 4),
  ];
  return graphOf(nodes, tensors, 'out');
}

function graphOf(
  nodes: readonly GraphNode[],
  tensors: readonly GraphTensor[],
  output: string,
): OnnxGraph {
  return {
    nodes,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    inputs: ['x0'],
    outputs: [output],
    opsets: new Map([['', 17]]),
    modelFields: [],
    graphFields: [],
  };
}

function nodeOf(
  opType: string,
  inputs: readonly string[],
  outputs: string | readonly string[],
  integers: Readonly<Record<string, number>> = {},
): GraphNode {
  const attributes = Object.entries(integers).map(([name, value]): [string, GraphAttribute] => [
    name,
    { kind: 'int', value },
  ]);
  return {
    name: `${opType}_${inputs[0]}`,
    opType,
    domain: opType === 'MatMulNBits' ? 'com.microsoft' : '',
    inputs,
    outputs: typeof outputs === 'string' ? [outputs] : outputs,
    attributes: new Map(attributes),
  };
}

/** Zeros, made when they are read: nobody reads the large ones here. */
function tensorOf(
  name: string,
  type: string,
  dims: readonly number[],
  valueBytes: number,
): GraphTensor {
  const length = dims.reduce((product, dim) => product * dim, valueBytes);
  return { name, type, dims, length, read: () => new Uint8Array(length) };
}
