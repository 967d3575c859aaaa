import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { blocksFromInt8, hasDynamicInt8 } from './graph-int8.ts';
import type { GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';
import { readOnnxGraph, writeOnnxGraph } from './onnx-graph-file.ts';
import { messageField, textField, valueSample, versionField } from './onnx-samples.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.each(['xlm-roberta', 'bert'])('a generated model of family %s', (family) => {
  let folder: string;
  let exact: OnnxGraph;
  let int8: OnnxGraph;
  let expected: readonly number[];
  let dynamic: readonly number[];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-int8-'));
    [exact, int8] = generate(1);
    expected = await logitsAlone(exact);
    dynamic = await logitsAlone(int8);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The same weights in fp32 and in dynamic int8. */
  const generate = (seed: number): [exact: OnnxGraph, int8: OnnxGraph] => {
    const generator = fileURLToPath(new URL('../../scripts/models/generate.mjs', import.meta.url));
    const shape = '--layers=1 --hidden=128 --heads=4 --vocab=500 --max-length=64 --dtype=all';
    const options = [`--family=${family}`, `--seed=${seed}`, ...shape.split(' ')];
    execFileSync(process.execPath, [generator, ...options, folder], { stdio: 'ignore' });
    const read = (file: string): OnnxGraph =>
      readOnnxGraph(Uint8Array.from(readFileSync(path.join(folder, file))), { fileName: file });
    return [read('onnx/model.onnx'), read('onnx/model_int8.onnx')];
  };

  it('has no dynamic product left, and logits near those of fp32', async () => {
    const rewritten = blocksFromInt8(int8);
    const products = rewritten.nodes.filter(({ name }) => /^Mul_\d+_blocks$/.test(name));
    expect(new Set(products.map(({ opType }) => opType))).toEqual(new Set(['MatMulNBits']));
    expect(products).toHaveLength(8);
    expect([hasDynamicInt8(int8), hasDynamicInt8(rewritten)]).toEqual([true, false]);
    const logits = await logitsAlone(rewritten);
    expect(Math.max(...differences(logits, expected))).toBeLessThanOrEqual(0.1);
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.5);
  });

  // Rounded weights cost more than rounded activations, so one model may be lucky either way.
  it('is nearer to fp32 than before, over several models', async () => {
    const before: number[] = [];
    const after: number[] = [];
    for (let seed = 1; seed <= 8; seed++) {
      const [original, quantised] = generate(seed);
      const wanted = await logitsAlone(original);
      before.push(...differences(await logitsAlone(quantised), wanted));
      after.push(...differences(await logitsAlone(blocksFromInt8(quantised)), wanted));
    }
    expect(rootMeanSquare(after)).toBeLessThan(0.9 * rootMeanSquare(before));
  });

  it('scores a pair alike alone and beside others', async () => {
    const rewritten = blocksFromInt8(int8);
    const together = await logitsTogether(rewritten);
    expect(Math.max(...differences(together, await logitsAlone(rewritten)))).toBeLessThan(1e-3);
    // Or there would be nothing to show.
    expect(Math.max(...differences(await logitsTogether(int8), dynamic))).toBeGreaterThan(1e-3);
  });

  it('reads weights when they are asked for, each by itself', () => {
    const reads: string[] = [];
    const watched = [...int8.tensors.values()].map((tensor): [string, GraphTensor] => {
      const read = (): Uint8Array => {
        reads.push(tensor.name);
        return tensor.read();
      };
      return [tensor.name, { ...tensor, read }];
    });
    const rewritten = blocksFromInt8({ ...int8, tensors: new Map(watched) });
    const isLarge = (name: string): boolean => (int8.tensors.get(name)?.length ?? 0) > 4;
    expect(reads.filter(isLarge)).toEqual([]);
    const made = [...rewritten.tensors.values()].filter(({ name }) => !int8.tensors.has(name));
    expect(made.length).toBeGreaterThanOrEqual(8);
    for (const tensor of made) {
      reads.length = 0;
      expect(tensor.read()).toHaveLength(tensor.length);
      expect(reads.filter(isLarge).length, tensor.name).toBeLessThanOrEqual(1);
    }
  });

  it('keeps no weight that is not read any more', () => {
    const { nodes, tensors } = blocksFromInt8(int8);
    const read = new Set(nodes.flatMap(({ inputs }) => inputs));
    expect([...tensors.keys()].filter((name) => !read.has(name))).toEqual([]);
  });

  it('leaves graphs without products alone', () => {
    expect(blocksFromInt8(exact)).toBe(exact);
  });
});

describe('a product', () => {
  const sizes = [
    { inner: 64, outer: 24 },
    // Rows end inside a block.
    { inner: 45, outer: 7 },
    { inner: 5, outer: 1 },
  ];
  const kinds = [
    { type: 'int8', perColumn: false, zeros: 'none' },
    { type: 'int8', perColumn: true, zeros: 'zero' },
    { type: 'int8', perColumn: true, zeros: 'any' },
    { type: 'uint8', perColumn: false, zeros: '128' },
    { type: 'uint8', perColumn: false, zeros: 'none' },
    { type: 'uint8', perColumn: true, zeros: 'any' },
  ] as const;
  const forms = ['MatMulInteger', 'MatMulIntegerToFloat', 'DynamicQuantizeMatMul'] as const;

  it.each(kinds)(
    'of weights of this kind is that of the numbers they stand for: %o',
    async (kind) => {
      for (const size of sizes) {
        for (const form of forms) {
          const graph = productSample(form, { ...kind, ...size });
          const expected = productOf({ ...kind, ...size }, form !== 'MatMulInteger');
          const rewritten = blocksFromInt8(graph);
          const types = rewritten.nodes.map(({ opType }) => opType);
          const added = form === 'MatMulInteger' ? [] : ['Add'];
          expect(types).toEqual(['MatMulNBits', ...added]);
          const found = await outputOf(rewritten, { x: inputOf(size.inner) });
          expect(found).toHaveLength(expected.length);
          expect(Math.max(...differences(found, expected))).toBeLessThan(1e-4);
        }
      }
    },
  );

  it('has no zero points where 128 is the one of all', () => {
    const inputsOf = (zeros: 'zero' | 'any'): number => {
      const kind = { type: 'int8', perColumn: true, zeros, inner: 64, outer: 24 } as const;
      return blocksFromInt8(productSample('MatMulInteger', kind)).nodes[0]?.inputs.length ?? 0;
    };
    expect([inputsOf('zero'), inputsOf('any')]).toEqual([3, 4]);
  });

  it('of a weight that several share has it once', () => {
    const kind = { type: 'int8', perColumn: true, zeros: 'any', inner: 64, outer: 24 } as const;
    const graph = productSample('MatMulInteger', kind);
    const again = graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((name) =>
        name === 'x' || graph.tensors.has(name) ? name : `${name}2`,
      ),
      outputs: node.outputs.map((name) => `${name}2`),
    }));
    const twice = { ...graph, nodes: [...graph.nodes, ...again], outputs: ['y', 'y2'] };
    expect(blocksFromInt8(twice).tensors.size).toBe(3);
  });

  it('of two values that are computed stays', () => {
    const kind = { type: 'int8', perColumn: false, zeros: 'none', inner: 8, outer: 8 } as const;
    const graph = productSample('MatMulInteger', kind);
    const nodes = graph.nodes.map((node) =>
      node.opType === 'MatMulInteger' ? { ...node, inputs: ['xq', 'xq', 'xz', 'xz'] } : node,
    );
    const attention = { ...graph, nodes };
    expect(blocksFromInt8(attention)).toBe(attention);
    expect(hasDynamicInt8(attention)).toBe(true);
  });

  it('stays where a graph has others in its nodes', () => {
    const kind = { type: 'int8', perColumn: false, zeros: 'none', inner: 8, outer: 8 } as const;
    const graph = productSample('MatMulInteger', kind);
    const branching = { ...graph, nodes: [...graph.nodes, nodeOf('If', ['y'], ['z'])] };
    expect(blocksFromInt8(branching)).toBe(branching);
  });
});

interface ProductKind {
  readonly type: 'int8' | 'uint8';
  readonly perColumn: boolean;
  readonly zeros: 'none' | 'zero' | '128' | 'any';
  readonly inner: number;
  readonly outer: number;
}

/** Numbers that look random and are the same everywhere. */
function valueAt(index: number): number {
  return (Math.imul(index + 1, 0x9e3779b1) >>> 8) / 2 ** 24;
}

function weightsOf({ type, perColumn, zeros, inner, outer }: ProductKind) {
  const least = type === 'int8' ? -128 : 0;
  const columns = perColumn ? outer : 1;
  const zeroAt = (column: number): number => {
    if (zeros === 'any') return least + Math.floor(256 * valueAt(column + 77));
    return zeros === '128' ? 128 : 0;
  };
  return {
    values: Array.from({ length: inner * outer }, (_, at) => least + Math.floor(256 * valueAt(at))),
    scales: Array.from({ length: columns }, (_, column) => 0.001 * (1 + column)),
    zeros: Array.from({ length: columns }, (_, column) => zeroAt(column)),
  };
}

const tokens = 3;
const biasAt = (column: number): number => column / 8 - 1;

function inputOf(inner: number): ort.Tensor {
  const values = Float32Array.from({ length: tokens * inner }, (_, at) => valueAt(at + 999) - 0.5);
  return new ort.Tensor('float32', values, [1, tokens, inner]);
}

function productOf(kind: ProductKind, biased: boolean): number[] {
  const { inner, outer, perColumn } = kind;
  const { values, scales, zeros } = weightsOf(kind);
  const input = inputOf(inner).data as Float32Array;
  return Array.from({ length: tokens * outer }, (_, at) => {
    const [token, column] = [Math.floor(at / outer), at % outer];
    const shared = perColumn ? column : 0;
    let sum = biased ? biasAt(column) : 0;
    for (let row = 0; row < inner; row++) {
      const weight = (values[row * outer + column] ?? 0) - (zeros[shared] ?? 0);
      sum += (input[token * inner + row] ?? 0) * weight * (scales[shared] ?? 0);
    }
    return sum;
  });
}

function productSample(
  form: 'MatMulInteger' | 'MatMulIntegerToFloat' | 'DynamicQuantizeMatMul',
  kind: ProductKind,
): OnnxGraph {
  const { type, inner, outer, perColumn } = kind;
  const { values, scales, zeros } = weightsOf(kind);
  const columns = perColumn ? [outer] : [];
  const zero = kind.zeros === 'none' ? '' : 'wz';
  const bias = Array.from({ length: outer }, (_, column) => biasAt(column));
  const tensors = [
    tensorOf('w', type, [inner, outer], Uint8Array.from(values)),
    tensorOf('ws', 'float32', columns, floatBytes(scales)),
    ...(zero === '' ? [] : [tensorOf('wz', type, columns, Uint8Array.from(zeros))]),
    ...(form === 'MatMulInteger' ? [] : [tensorOf('b', 'float32', [outer], floatBytes(bias))]),
  ];
  const quantise = nodeOf('DynamicQuantizeLinear', ['x'], ['xq', 'xs', 'xz']);
  const nodes = {
    MatMulInteger: [
      quantise,
      nodeOf('MatMulInteger', ['xq', 'w', 'xz', zero], ['sum']),
      nodeOf('Mul', ['ws', 'xs'], ['scale']),
      { ...nodeOf('Cast', ['sum'], ['wide']), attributes: new Map([['to', whole(1)]]) },
      nodeOf('Mul', ['wide', 'scale'], ['y']),
    ],
    MatMulIntegerToFloat: [
      quantise,
      nodeOf('MatMulIntegerToFloat', ['xq', 'w', 'xs', 'ws', 'xz', zero, 'b'], ['y'], microsoft),
    ],
    DynamicQuantizeMatMul: [
      nodeOf('DynamicQuantizeMatMul', ['x', 'w', 'ws', zero, 'b'], ['y'], microsoft),
    ],
  }[form];
  return {
    nodes,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    inputs: ['x'],
    outputs: ['y'],
    opsets: new Map([['', 17]]),
    modelFields: [Uint8Array.from(versionField)],
    graphFields: [
      Uint8Array.from(textField(2, 'graph')),
      Uint8Array.from(messageField(11, valueSample('x', 1, [1, 'tokens', inner]))),
      Uint8Array.from(messageField(12, valueSample('y', 1, [1, 'tokens', outer]))),
    ],
  };
}

const microsoft = 'com.microsoft';
const whole = (value: number) => ({ kind: 'int', value }) as const;

function nodeOf(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  domain = '',
): GraphNode {
  return {
    name: `${opType}_${outputs[0]}`,
    opType,
    domain,
    inputs,
    outputs,
    attributes: new Map(),
  };
}

function tensorOf(
  name: string,
  type: string,
  dims: readonly number[],
  bytes: Uint8Array,
): GraphTensor {
  return { name, type, dims, length: bytes.length, read: () => bytes };
}

function floatBytes(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** Pairs of several lengths, as token ids; 1 is padding in XLM-R and an odd word in BERT. */
const pairs = [5, 9, 9, 14, 22, 31, 40].map((length, pair) =>
  Array.from({ length }, (_, at) => 5 + Math.floor(400 * valueAt(100 * pair + at))),
);

async function logitsAlone(graph: OnnxGraph): Promise<readonly number[]> {
  const session = await sessionOf(graph);
  const logits: number[] = [];
  for (const pair of pairs) logits.push(...(await run(session, [pair])));
  await session.release();
  return logits;
}

async function logitsTogether(graph: OnnxGraph): Promise<readonly number[]> {
  const session = await sessionOf(graph);
  const logits = await run(session, pairs);
  await session.release();
  return logits;
}

async function run(
  session: ort.InferenceSession,
  rows: readonly (readonly number[])[],
): Promise<number[]> {
  const width = Math.max(...rows.map(({ length }) => length));
  const fill = (read: (row: readonly number[], at: number) => number): ort.Tensor => {
    const values = rows.flatMap((row) =>
      Array.from({ length: width }, (_, at) => BigInt(read(row, at))),
    );
    return new ort.Tensor('int64', BigInt64Array.from(values), [rows.length, width]);
  };
  const feeds: Record<string, ort.Tensor> = {
    input_ids: fill((row, at) => row[at] ?? 1),
    attention_mask: fill((row, at) => (at < row.length ? 1 : 0)),
  };
  if (session.inputNames.includes('token_type_ids')) {
    feeds.token_type_ids = fill((row, at) => (at > row.length / 2 ? 1 : 0));
  }
  return valuesOf((await session.run(feeds)).logits);
}

async function outputOf(graph: OnnxGraph, feeds: Record<string, ort.Tensor>): Promise<number[]> {
  const session = await sessionOf(graph);
  const { y } = await session.run(feeds);
  await session.release();
  return valuesOf(y);
}

function sessionOf(rewritten: OnnxGraph): Promise<ort.InferenceSession> {
  const { graph, location, weights } = writeOnnxGraph(rewritten);
  return ort.InferenceSession.create(graph, {
    executionProviders: ['wasm'],
    logSeverityLevel: 3,
    externalData:
      weights.length === 0 ? [] : [{ path: location, data: weights.subarray(0, weights.length) }],
  });
}

function valuesOf(tensor: ort.Tensor | undefined): number[] {
  return Array.from((tensor?.data ?? []) as Float32Array);
}

function differences(some: readonly number[], others: readonly number[]): number[] {
  return some.map((value, at) => Math.abs(value - (others[at] ?? Number.NaN)));
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
