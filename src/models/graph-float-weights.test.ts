import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as ort from 'onnxruntime-web';
import { describe, expect, it, vi } from 'vitest';
import {
  type BlockSample,
  blockSample,
  blockSampleInput,
  hash,
  intOf,
  tensor,
  tensorMap,
} from './block-samples.ts';
import { floatWeights } from './graph-float-weights.ts';
import type { GraphAttribute, GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';
import { readOnnxGraph, writeOnnxGraph } from './onnx-graph-file.ts';

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

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000 });

describe('weights in 32 bit', () => {
  it.each([
    { bits: 8, zeroPoints: false, bias: false },
    { bits: 8, zeroPoints: true, bias: false },
    { bits: 8, zeroPoints: false, bias: true },
    { bits: 4, zeroPoints: false, bias: false },
    { bits: 4, zeroPoints: true, bias: false },
    { bits: 4, zeroPoints: true, bias: true },
  ] as const)('give the product of the blocks: %o', async (kind) => {
    for (const [inner, outer, blockSize] of [
      [64, 40, 32],
      // The last block is filled up, and an odd number of blocks makes half a byte of zero points.
      [80, 33, 32],
      [37, 5, 16],
      [256, 16, 128],
    ] as const) {
      const graph = blockSample({ ...kind, inner, outer, blockSize });
      const rewritten = floatWeights(graph);
      const expected = await outputOf(graph, inner);
      const found = await outputOf(rewritten, inner);
      expect(typesOf(rewritten)).toEqual(kind.bias ? ['MatMul', 'Add'] : ['MatMul']);
      expect(found).toHaveLength(3 * outer);
      expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.5);
      found.forEach((value, index) => {
        expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(1e-4);
      });
    }
  });

  it('give a product in half precision what it gave before', async () => {
    const kind = { inner: 64, outer: 40, blockSize: 32, zeroPoints: false, bias: true } as const;
    for (const bits of [4, 8] as const) {
      const graph = blockSample({ ...kind, bits, half: true });
      const rewritten = floatWeights(graph);
      expect(typesOf(rewritten)).toEqual(['Cast', 'Cast', 'MatMul', 'Cast', 'Add', 'Cast']);
      const expected = await outputOf(graph, kind.inner);
      const found = await outputOf(rewritten, kind.inner);
      found.forEach((value, index) => {
        expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(0.01);
      });
    }
  });

  it('are worked out by hand: (quantised - zero point) * scale, transposed', () => {
    // Two rows of three in blocks of two: 4 bit, the first value of a byte in its lower half.
    const graph: OnnxGraph = {
      ...blockSample({
        bits: 4,
        inner: 3,
        outer: 2,
        blockSize: 2,
        zeroPoints: true,
        bias: false,
      }),
      tensors: tensorMap(
        tensor('B', 'uint8', [2, 2, 1], Uint8Array.of(0x21, 0x03, 0x54, 0x06)),
        tensor('scales', 'float32', [4], Float32Array.of(1, 10, 100, 1000)),
        tensor('zeros', 'uint8', [2], Uint8Array.of(0x10, 0x32)),
      ),
    };
    const matrix = floatWeights(graph).tensors.get('B_fp32');
    // Row 0: (1 - 0) * 1, (2 - 0) * 1, (3 - 1) * 10. Row 1: (4 - 2) * 100, (5 - 2) * 100, 3 * 1000.
    expect(matrix?.dims).toEqual([3, 2]);
    expect(floatsOf(matrix)).toEqual([1, 200, 2, 300, 20, 3000]);
  });

  it('are made when they are read, and not before', () => {
    const reads: string[] = [];
    const tensors = new Map(
      [...embedded.tensors].map(([name, one]) => {
        const read = () => {
          reads.push(name);
          return one.read();
        };
        return [name, { ...one, read }];
      }),
    );
    const rewritten = floatWeights({ ...embedded, tensors });
    expect(reads).toEqual([]);
    const [matrix] = [...rewritten.tensors.values()].filter(({ name }) => name.endsWith('_fp32'));
    expect(matrix?.read()).toHaveLength(matrix?.length ?? 0);
    expect(reads).toHaveLength(2);
  });

  it('leave the embedding of the embedded model in 8 bit', () => {
    const rewritten = floatWeights(embedded);
    expect(typesOf(rewritten)).not.toContain('MatMulNBits');
    const kept = [...rewritten.tensors.values()].filter(({ type }) => type === 'int8');
    expect(kept).toEqual([...embedded.tensors.values()].filter(({ type }) => type === 'int8'));
    expect(kept.length).toBeGreaterThan(0);
    // Nothing of the blocks is left behind.
    expect([...rewritten.tensors.values()].filter(({ type }) => type === 'uint8')).toEqual([]);
  });

  it('give the logits of the embedded model within 1e-3', async () => {
    const rows = Array.from({ length: 16 }, (_, row) => pseudoRow(row, 5 + 4 * row));
    const expected = await logitsOf(embedded, rows);
    const found = await logitsOf(floatWeights(embedded), rows);
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.5);
    found.forEach((logit, index) => {
      expect(Math.abs(logit - (expected[index] ?? Number.NaN))).toBeLessThan(1e-3);
    });
  });

  it('share a matrix where products do', () => {
    const graph = blockSample(plain);
    const [first] = graph.nodes;
    if (first === undefined) throw new Error('No node');
    const nodes = [first, { ...first, name: 'again', outputs: ['second'] }];
    const twice = { ...graph, nodes, outputs: [...graph.outputs, 'second'] };
    const rewritten = floatWeights(twice);
    expect(rewritten.nodes.map(({ inputs }) => inputs[1])).toEqual(['B_fp32', 'B_fp32']);
    expect([...rewritten.tensors.keys()]).toEqual(['B_fp32']);
  });

  it('take names that are free', () => {
    const graph = blockSample({ ...plain, bias: true });
    const taken = tensor('B_fp32', 'float32', [1], Float32Array.of(0));
    const rewritten = floatWeights({
      ...graph,
      tensors: new Map([...graph.tensors, ['B_fp32', taken]]),
      outputs: [...graph.outputs, 'B_fp32'],
    });
    expect(rewritten.tensors.get('B_fp32')).toBe(taken);
    expect(rewritten.tensors.get('B_fp32_')?.dims).toEqual([64, 8]);
  });
});

describe('a product that is not understood stays', () => {
  const graph = blockSample({ ...plain, zeroPoints: true });
  const [node] = graph.nodes;
  const withNode = (change: Partial<GraphNode>): OnnxGraph => {
    if (node === undefined) throw new Error('No node');
    return { ...graph, nodes: [{ ...node, ...change }] };
  };
  const withAttribute = (name: string, value: number): OnnxGraph =>
    withNode({ attributes: new Map([...(node?.attributes ?? []), [name, intOf(value)]]) });
  const withTensor = (one: GraphTensor): OnnxGraph => ({
    ...graph,
    tensors: new Map([...graph.tensors, [one.name, one]]),
  });

  it.each([
    ['its columns are in another order', withNode({ inputs: ['a', 'B', 'scales', '', 'g_idx'] })],
    ['its weights are computed', withNode({ inputs: ['a', 'computed', 'scales'] })],
    ['its zero points are computed', withNode({ inputs: ['a', 'B', 'scales', 'computed'] })],
    ['it has an input more', withNode({ inputs: ['a', 'B', 'scales', '', '', '', 'more'] })],
    ['it has two bits', withAttribute('bits', 2)],
    ['its blocks are empty', withAttribute('block_size', 0)],
    ['its blocks are of another size', withAttribute('block_size', 16)],
    [
      'its zero points are fractions',
      withTensor(tensor('zeros', 'float32', [16], new Float32Array(16))),
    ],
    ['its scales are too few', withTensor(tensor('scales', 'float32', [3], new Float32Array(3)))],
    [
      'its scales are of another type',
      withTensor(tensor('scales', 'bfloat16', [16], new Uint16Array(16))),
    ],
    ['it is of another domain', withNode({ domain: 'org.example' })],
    ['it is no such product', withNode({ opType: 'MatMulBnb4' })],
  ])('when %s', (_, unusual) => {
    expect(floatWeights(unusual)).toBe(unusual);
  });

  it('whatever sizes it names', () => {
    const sizes = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 1, 8, 32, 64, 2 ** 31, 2 ** 53));
    fc.assert(
      fc.property(sizes, sizes, sizes, (inner, outer, blockSize) => {
        const attributes = new Map<string, GraphAttribute>([
          ['K', intOf(inner)],
          ['N', intOf(outer)],
          ['block_size', intOf(blockSize)],
          ['bits', intOf(8)],
        ]);
        const rewritten = floatWeights(withNode({ attributes }));
        for (const { length } of rewritten.tensors.values()) expect(length).toBeLessThan(1e6);
      }),
    );
  });
});

const plain: BlockSample = {
  bits: 8,
  inner: 64,
  outer: 8,
  blockSize: 32,
  zeroPoints: false,
  bias: false,
};

function typesOf({ nodes }: OnnxGraph): string[] {
  return nodes.map(({ opType }) => opType);
}

function floatsOf(one: GraphTensor | undefined): number[] {
  return [...new Float32Array((one?.read() ?? new Uint8Array()).slice().buffer)];
}

/** Token ids of the embedded model: query, separator, passage. */
function pseudoRow(seed: number, length: number): number[] {
  const ids = Array.from({ length }, (_, index) => 10 + (hash(seed * 1000 + index) % 5000));
  return [2, ...ids.slice(0, 3), 3, ...ids.slice(3), 3];
}

async function outputOf(graph: OnnxGraph, inner: number): Promise<number[]> {
  const a = new ort.Tensor('float32', blockSampleInput(inner), [3, inner]);
  return run(graph, { a }, 'out');
}

async function logitsOf(graph: OnnxGraph, rows: readonly number[][]): Promise<number[]> {
  const width = Math.max(...rows.map(({ length }) => length));
  const fed = (valueAt: (row: readonly number[], column: number) => number) => {
    const values = rows.flatMap((row) =>
      Array.from({ length: width }, (_, at) => valueAt(row, at)),
    );
    return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [rows.length, width]);
  };
  const feeds = {
    input_ids: fed((row, column) => row[column] ?? 0),
    attention_mask: fed((row, column) => (column < row.length ? 1 : 0)),
    token_type_ids: fed((row, column) => (column > 4 && column < row.length ? 1 : 0)),
  };
  return run(graph, feeds, 'logits');
}

async function run(
  graph: OnnxGraph,
  feeds: Record<string, ort.Tensor>,
  output: string,
): Promise<number[]> {
  const { graph: bytes, location, weights } = writeOnnxGraph(graph);
  const data = weights.subarray(0, weights.length);
  const session = await ort.InferenceSession.create(bytes, {
    externalData: [{ path: location, data }],
    logSeverityLevel: 3,
  });
  try {
    const outputs = await session.run(feeds);
    return Array.from(outputs[output]?.data as Float32Array);
  } finally {
    await session.release();
  }
}
