import fc from 'fast-check';
import * as ort from 'onnxruntime-web';
import { describe, expect, it, vi } from 'vitest';
import { type BlockSample, blockSample, blockSampleInput, intOf } from './block-samples.ts';
import { floatWeights } from './graph-float-weights.ts';
import { narrowBlocks } from './graph-narrow-blocks.ts';
import type { GraphNode, OnnxGraph } from './onnx-graph.ts';
import { writeOnnxGraph } from './onnx-graph-file.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000 });

const wide: BlockSample = {
  ...{ bits: 8, inner: 128, outer: 5, blockSize: 64 },
  ...{ zeroPoints: true, bias: true },
};

describe('blocks of 32', () => {
  it('hold exactly the weights that wider ones held', () => {
    fc.assert(
      fc.property(
        fc.record({
          bits: fc.constantFrom(4, 8),
          inner: fc.integer({ min: 1, max: 400 }),
          outer: fc.integer({ min: 1, max: 9 }),
          blockSize: fc.constantFrom(64, 96, 128, 256),
          zeroPoints: fc.boolean(),
          bias: fc.boolean(),
          half: fc.boolean(),
        }),
        (product) => {
          const graph = blockSample(product);
          const narrow = narrowBlocks(graph);
          expect(blockSizes(narrow)).toEqual([32]);
          expect(matrixOf(narrow)).toEqual(matrixOf(graph));
          for (const { dims, length, read, type } of narrow.tensors.values()) {
            const width = { uint8: 1, float16: 2, float32: 4 }[type] ?? 0;
            expect(read()).toHaveLength(length);
            expect(dims.reduce((size, dim) => size * dim, width)).toBe(length);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    { bits: 8, zeroPoints: false, bias: false },
    { bits: 8, zeroPoints: true, bias: true },
    { bits: 4, zeroPoints: true, bias: false },
    { bits: 4, zeroPoints: false, bias: true },
  ] as const)('give the product of the wider ones: %o', async (kind) => {
    for (const [inner, blockSize] of [
      [128, 64],
      [256, 256],
      // The last wide block is filled up with one of 32, and more.
      [96, 64],
      [150, 128],
    ] as const) {
      const graph = blockSample({ ...kind, inner, outer: 33, blockSize });
      const expected = await outputOf(graph, inner);
      const found = await outputOf(narrowBlocks(graph), inner);
      expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.5);
      expect(found).toHaveLength(expected.length);
      found.forEach((value, index) => {
        expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(1e-4);
      });
    }
  });

  it('are made when they are read, and of values as they came where none fill up a row', () => {
    const reads: string[] = [];
    const graph = blockSample(wide);
    const tensors = new Map(
      [...graph.tensors].map(([name, one]) => {
        const read = () => {
          reads.push(name);
          return one.read();
        };
        return [name, { ...one, read }];
      }),
    );
    const narrow = narrowBlocks({ ...graph, tensors });
    expect(reads).toEqual([]);
    expect([...narrow.tensors.keys()].toSorted()).toEqual([
      'B_32',
      'bias',
      'scales_32',
      'zeros_32',
    ]);
    expect(narrow.tensors.get('B_32')?.read()).toBe(graph.tensors.get('B')?.read());
    expect(reads).toEqual(['B']);
  });

  it('are shared where wider ones were', () => {
    const graph = blockSample(wide);
    const nodes = [...graph.nodes, ...graph.nodes.map(again)];
    const twice = { ...graph, nodes, outputs: [...graph.outputs, 'second'] };
    const narrow = narrowBlocks(twice);
    const [first, second] = narrow.nodes.map(({ inputs }) => inputs.slice(1));
    expect(second).toEqual(first);
    expect(narrow.tensors.size).toBe(4);
  });

  it('leave alone what is read beside them', () => {
    const graph = blockSample(wide);
    const reader: GraphNode = {
      ...{ name: 'sizes', opType: 'Shape', domain: '', inputs: ['scales'], outputs: ['size'] },
      attributes: new Map(),
    };
    const { tensors } = narrowBlocks({
      ...graph,
      nodes: [...graph.nodes, reader],
      outputs: [...graph.outputs, 'size'],
    });
    expect(tensors.get('scales')).toBe(graph.tensors.get('scales'));
    expect(tensors.has('B')).toBe(false);
  });

  it.each([16, 32, 48])('are not made of blocks of %i', (blockSize) => {
    const graph = blockSample({ ...wide, blockSize });
    expect(narrowBlocks(graph)).toBe(graph);
  });

  it('are not made of what is not understood', () => {
    const graph = blockSample(wide);
    const nodes = graph.nodes.map((node) => ({
      ...node,
      attributes: new Map([...node.attributes, ['bits', intOf(2)] as const]),
    }));
    const unusual = { ...graph, nodes };
    expect(narrowBlocks(unusual)).toBe(unusual);
  });
});

function again(node: GraphNode): GraphNode {
  return { ...node, name: 'again', outputs: ['second'] };
}

function blockSizes({ nodes }: OnnxGraph): readonly number[] {
  return nodes.flatMap(({ attributes }) => {
    const size = attributes.get('block_size');
    return size?.kind === 'int' ? [size.value] : [];
  });
}

/** The matrix as floats, bit by bit. */
function matrixOf(graph: OnnxGraph): readonly number[] {
  const widened = [...floatWeights(graph).tensors.values()];
  const matrix = widened.find(({ name }) => name.endsWith('_fp32'));
  return Array.from(matrix?.read() ?? []);
}

async function outputOf(narrow: OnnxGraph, inner: number): Promise<readonly number[]> {
  const { graph, location, weights } = writeOnnxGraph(narrow);
  const externalData = [{ path: location, data: weights.subarray(0, weights.length) }];
  const session = await ort.InferenceSession.create(graph, { externalData, logSeverityLevel: 3 });
  const a = new ort.Tensor('float32', blockSampleInput(inner), [3, inner]);
  const { out } = await session.run({ a });
  await session.release();
  return Array.from((out?.data ?? []) as Float32Array);
}
