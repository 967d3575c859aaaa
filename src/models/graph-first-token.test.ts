import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { describe, expect, it, vi } from 'vitest';
import { lastLayerForFirstToken } from './graph-first-token.ts';
import { floatWeights } from './graph-float-weights.ts';
import { blocksFromInt8 } from './graph-int8.ts';
import { encoderSample, type SampleStyle, sampleVocabulary } from './graph-samples.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import { readOnnxGraph, writeOnnxGraph } from './onnx-graph-file.ts';
import { messageField, textField } from './onnx-samples.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 240_000 });

const embeddedFile = new URL(
  '../../public/models/crossrank-tiny-en-zh/onnx/model_quantized.onnx',
  import.meta.url,
);
const wideFile = new URL(
  '../../../shared/models/crossrank-tiny-en-zh/onnx/model.onnx',
  import.meta.url,
);

/** Tokens of each pair of which the products are counted. */
const all = 7;
/**
 * Rows per pair of the last layer's products: query, key and value (in one or each by itself),
 * scores, context, output, feed-forward.
 */
const lastRows = { joint: [1, all, 1, 1, 1, 1, 1], apart: [1, all, all, 1, 1, 1, 1, 1] } as const;

describe('the embedded model', () => {
  it('scores 500 pairs as before: 8 bit', async () => {
    const graph = readGraph(embeddedFile);
    await expectSameLogits(graph, { vocabulary: 18_000, padding: 0, longest: 40 });
  });

  it('scores pairs as before: weights in 32 bit', async () => {
    const graph = floatWeights(readGraph(embeddedFile));
    await expectSameLogits(graph, { vocabulary: 18_000, padding: 0, longest: 40, pairs: 100 });
  });

  it.skipIf(!existsSync(wideFile))('scores 500 pairs as before: the fp32 file', async () => {
    const graph = readGraph(wideFile);
    await expectSameLogits(graph, { vocabulary: 18_000, padding: 0, longest: 40 });
  });

  it.each(['8 bit', '32 bit'])('computes keys and values of all tokens alone: %s', async (bits) => {
    const graph =
      bits === '8 bit' ? readGraph(embeddedFile) : floatWeights(readGraph(embeddedFile));
    const rows = await productRows(lastLayerForFirstToken(graph));
    expect(await productRows(graph)).toEqual(Array.from({ length: 4 * 6 }, () => all));
    expect(rows.slice(0, 3 * 6)).toEqual(Array.from({ length: 3 * 6 }, () => all));
    expect(rows.slice(3 * 6)).toEqual(lastRows.joint);
  });

  it('reads no weights until they are asked for', () => {
    const graph = readGraph(embeddedFile);
    const reads: string[] = [];
    const tensors = [...graph.tensors].map(([name, tensor]) => {
      const read = () => {
        if (tensor.length > 1000) reads.push(name);
        return tensor.read();
      };
      return [name, { ...tensor, read }] as const;
    });
    const rewritten = lastLayerForFirstToken({ ...graph, tensors: new Map(tensors) });
    expect(reads).toEqual([]);
    for (const { read, length } of rewritten.tensors.values()) expect(read()).toHaveLength(length);
    // The joint weights of the last layer are cut, and nothing is left of them as they were.
    expect([...rewritten.tensors.keys()]).not.toContain('layers.3.qkv.q');
    expect(bytesOf(rewritten) / bytesOf(graph)).toBeCloseTo(1, 3);
  });
});

describe.each([
  { options: '--family bert --layers 2', kind: 'apart', layers: 2, products: 8, padding: 0 },
  { options: '--family xlm-roberta --layers 2', kind: 'apart', layers: 2, products: 8, padding: 1 },
  {
    options: '--family modernbert --layers 3 --local-attention 16 --pooling cls',
    kind: 'joint',
    layers: 3,
    products: 6,
    padding: 0,
  },
] as const)('a generated model: $options', ({ options, kind, layers, products, padding }) => {
  const graph = generatedGraph(options);

  it('scores 500 pairs as before', async () => {
    await expectSameLogits(graph, { vocabulary: 300, padding, longest: 60 });
  });

  it('computes keys and values of all tokens alone in its last layer', async () => {
    const rows = await productRows(lastLayerForFirstToken(graph));
    const before = products * (layers - 1);
    expect(await productRows(graph)).toEqual(Array.from({ length: products * layers }, () => all));
    expect(rows.slice(0, before)).toEqual(Array.from({ length: before }, () => all));
    expect(rows.slice(before)).toEqual(lastRows[kind]);
  });
});

describe('a dynamic 8-bit model', () => {
  const graph = generatedGraph('--family bert --layers 2 --dtype int8');

  it('is left alone, since its scales are those of all tokens', () => {
    expect(lastLayerForFirstToken(graph)).toBe(graph);
  });

  it('scores 500 pairs as before once its weights are blocks', async () => {
    const rewritten = blocksFromInt8(graph);
    await expectSameLogits(rewritten, { vocabulary: 300, padding: 0, longest: 60 });
    const rows = await productRows(lastLayerForFirstToken(rewritten));
    expect(rows.slice(-lastRows.apart.length)).toEqual(lastRows.apart);
  });
});

describe('a graph as other exporters write it', () => {
  it.each([
    { attention: 'shapes', last: lastRows.apart },
    { attention: 'scaled', last: lastRows.apart },
    // Of one product with three axes behind it, the query is only cut out.
    { attention: 'stacked', last: [all, 1, 1, 1, 1, 1] },
    // An operator that is not looked into.
    { attention: 'fused', last: [1, 1, 1] },
  ] as const)('gives the same logits with less work: $attention', async ({ attention, last }) => {
    for (const head of ['gather', 'slice'] as const) {
      const graph = encoderSample({ attention, head });
      await expectSameLogits(graph, { vocabulary: sampleVocabulary, padding: 0, longest: 60 });
      const rows = await productRows(lastLayerForFirstToken(graph));
      const first = Array.from({ length: last.length }, () => all);
      expect(rows.toSorted().join()).toBe([...first, ...last].toSorted().join());
      expect(rows.slice(0, first.length)).toEqual(first);
    }
  });

  it.each<SampleStyle>([
    { attention: 'scaled', head: 'mean' },
    { attention: 'scaled', head: 'second' },
    { attention: 'scaled', head: 'both' },
    { attention: 'flat' },
  ])('is left alone where other tokens are read, or it is not understood: %o', (style) => {
    const graph = encoderSample(style);
    expect(lastLayerForFirstToken(graph)).toBe(graph);
  });

  it('is left alone where an operator is one of its own', () => {
    const graph = encoderSample({ attention: 'scaled' });
    const nodes = graph.nodes.map((node) =>
      node.opType === 'Gather' ? { ...node, domain: 'org.example' } : node,
    );
    const own = { ...graph, nodes };
    expect(lastLayerForFirstToken(own)).toBe(own);
  });

  it('is left alone before Slice had inputs', () => {
    const graph = { ...encoderSample({ attention: 'shapes' }), opsets: new Map([['', 9]]) };
    expect(lastLayerForFirstToken(graph)).toBe(graph);
  });
});

describe('who else reads the last layer', () => {
  const graph = generatedGraph('--family bert --layers 2');
  const lastNorm = graph.nodes.findLast(({ opType }) => opType === 'LayerNormalization');
  const lastWeights = graph.nodes.findLast(({ opType }) => opType === 'Softmax');

  it('gets all of the last hidden states', () => {
    const read = withOutputs(graph, [lastNorm?.outputs[0] ?? '']);
    expect(lastLayerForFirstToken(read)).toBe(read);
  });

  it('gets all of something in between, and the head no more than it needs', async () => {
    const [weights = ''] = lastWeights?.outputs ?? [];
    const read = withOutputs(graph, [weights]);
    const rewritten = lastLayerForFirstToken(read);
    const rows = [pseudoRow(1, 9, 300), pseudoRow(2, 9, 300)];
    const before = await run(read, rows, 0);
    const after = await run(rewritten, rows, 0);
    expect(after.get(weights)?.dims).toEqual([2, 4, 9, 9]);
    for (const name of read.outputs) expectClose(after.get(name), before.get(name));
    expect((await productRows(rewritten)).slice(-8)).toEqual([all, all, all, all, 1, 1, 1, 1]);
  });
});

it('leaves nodes in their order, and none that nobody reads', () => {
  for (const attention of ['shapes', 'scaled', 'stacked', 'fused'] as const) {
    const { nodes, tensors, inputs, outputs } = lastLayerForFirstToken(
      encoderSample({ attention }),
    );
    const known = new Set(['', ...inputs, ...tensors.keys()]);
    const names = nodes.flatMap((node) => node.outputs);
    expect(new Set(names).size).toBe(names.length);
    for (const node of nodes) {
      expect(
        node.inputs.filter((input) => !known.has(input)),
        node.name,
      ).toEqual([]);
      for (const output of node.outputs) known.add(output);
    }
    const read = new Set([...outputs, ...nodes.flatMap((node) => node.inputs)]);
    expect(nodes.filter((node) => !node.outputs.some((name) => read.has(name)))).toEqual([]);
    expect([...tensors.keys()].filter((name) => !read.has(name))).toEqual([]);
  }
});

interface Inputs {
  readonly vocabulary: number;
  readonly padding: number;
  readonly longest: number;
  /** Default 500. */
  readonly pairs?: number;
}

/** Pairs of mixed lengths: one by one as it was, against batches with padding as it is now. */
async function expectSameLogits(graph: OnnxGraph, inputs: Inputs): Promise<void> {
  const { vocabulary, padding, longest, pairs = 500 } = inputs;
  const rewritten = lastLayerForFirstToken(graph);
  expect(rewritten).not.toBe(graph);
  // Most are short, as the longest of twenty would be most of the work.
  const rows = Array.from({ length: pairs }, (_, row) => {
    const share = (hash(row) % 1000) / 1000;
    return pseudoRow(row, 4 + Math.floor(share ** 3 * longest), vocabulary);
  });
  const [before, after] = [await open(graph), await open(rewritten)];
  const logitsOf = async (session: ort.InferenceSession, batch: number[][]) => {
    const results = await session.run(feedsOf(graph, batch, padding));
    return [...numbersIn(results[graph.outputs[0] ?? ''])];
  };
  const expected: number[] = [];
  const found: number[] = [];
  for (const row of rows) expected.push(...(await logitsOf(before, [row])));
  for (let at = 0; at < rows.length; at += 5) {
    found.push(...(await logitsOf(after, rows.slice(at, at + 5))));
  }
  await before.release();
  await after.release();
  expect(found).toHaveLength(pairs);
  expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.5);
  const differences = found.map((logit, row) => Math.abs(logit - (expected[row] ?? Number.NaN)));
  expect(Math.max(...differences)).toBeLessThan(1e-4);
}

/** Rows per pair that each matrix product gives, seen by running the graph on two pairs. */
async function productRows(graph: OnnxGraph): Promise<number[]> {
  const products = graph.nodes
    .filter(({ opType }) => opType.startsWith('MatMul'))
    .flatMap(({ outputs }) => outputs);
  const watched = withOutputs(graph, products);
  const rows = [pseudoRow(1, all, 40), pseudoRow(2, all, 40)];
  const results = await run(watched, rows, 0);
  return products.flatMap((name) => {
    const dims = results.get(name)?.dims ?? [];
    // The head's have no axis of tokens.
    return dims.length > 2 ? [dims.at(-2) ?? 0] : [];
  });
}

/** The same graph, which also gives these values. */
function withOutputs(graph: OnnxGraph, names: readonly string[]): OnnxGraph {
  const added = names.filter((name) => !graph.outputs.includes(name));
  const fields = added.map((name) => Uint8Array.from(messageField(12, textField(1, name))));
  return {
    ...graph,
    outputs: [...graph.outputs, ...added],
    graphFields: [...graph.graphFields, ...fields],
  };
}

async function run(
  graph: OnnxGraph,
  rows: readonly (readonly number[])[],
  padding: number,
): Promise<Map<string, ort.Tensor>> {
  const session = await open(graph);
  const results = await session.run(feedsOf(graph, rows, padding));
  await session.release();
  return new Map(Object.entries(results));
}

async function open(graph: OnnxGraph): Promise<ort.InferenceSession> {
  const { graph: bytes, location, weights } = writeOnnxGraph(graph);
  return ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    logSeverityLevel: 3,
    externalData: [{ path: location, data: weights.subarray(0, weights.length).slice() }],
  });
}

function feedsOf(
  { inputs }: OnnxGraph,
  rows: readonly (readonly number[])[],
  padding: number,
): Record<string, ort.Tensor> {
  const width = Math.max(...rows.map(({ length }) => length));
  const tensor = (numberAt: (row: readonly number[], column: number) => number) => {
    const values = rows.flatMap((row) =>
      Array.from({ length: width }, (_, at) => numberAt(row, at)),
    );
    return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [rows.length, width]);
  };
  const all: Record<string, ort.Tensor> = {
    input_ids: tensor((row, column) => row[column] ?? padding),
    attention_mask: tensor((row, column) => (column < row.length ? 1 : 0)),
    token_type_ids: tensor((row, column) => (column > 3 && column < row.length ? 1 : 0)),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => inputs.includes(name)));
}

function expectClose(found: ort.Tensor | undefined, expected: ort.Tensor | undefined): void {
  const [left, right] = [numbersIn(found), numbersIn(expected)];
  expect(left.length).toBe(right.length);
  expect(left.length).toBeGreaterThan(0);
  const differences = left.map((value, index) => Math.abs(value - (right[index] ?? Number.NaN)));
  expect(Math.max(...differences)).toBeLessThan(1e-5);
}

function numbersIn(tensor: ort.Tensor | undefined): Float32Array {
  return tensor?.data instanceof Float32Array ? tensor.data : new Float32Array();
}

function readGraph(file: URL | string): OnnxGraph {
  return readOnnxGraph(Uint8Array.from(readFileSync(file)), { fileName: String(file) });
}

function generatedGraph(options: string): OnnxGraph {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-first-token-'));
  const generator = fileURLToPath(new URL('../../scripts/models/generate.mjs', import.meta.url));
  execFileSync(process.execPath, [generator, ...options.split(' '), folder]);
  const [file = ''] = readdirSync(path.join(folder, 'onnx'));
  const graph = readGraph(path.join(folder, 'onnx', file));
  rmSync(folder, { recursive: true, force: true });
  return graph;
}

function bytesOf({ tensors }: OnnxGraph): number {
  return [...tensors.values()].reduce((sum, { length }) => sum + length, 0);
}

/** Token ids that look random, and are the same every time. */
function pseudoRow(seed: number, length: number, vocabulary: number): number[] {
  return Array.from(
    { length },
    (_, index) => 5 + (hash(seed * 1000 + index + 17) % (vocabulary - 5)),
  );
}

function hash(value: number): number {
  let bits = Math.imul(value + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 0;
}
