import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { FileBytes } from '../models/file-bytes.ts';
import { splitWeights } from '../models/onnx-file.ts';
import { readOnnxOutline } from '../models/onnx-outline.ts';
import {
  integerAttribute,
  modelSample,
  nodeSample,
  type SampleMessage,
  tensorSample,
  valueSample,
} from '../models/onnx-samples.ts';
import { type GraphWeights, type OnnxRuntime, OnnxSession } from './onnx-session.ts';
import type { EncodedPair } from './pairs.ts';

// In Node the package resolves to its WASM build, the same kernels that run in a browser.
const runtime: OnnxRuntime = ort;
const options = { device: 'wasm', threads: 1, padId: 9 } as const;

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
/** Weights inside the graph, and weights in a file beside it: the same model twice. */
let inlineFile: string;
let externalGraph: Uint8Array;
let externalFile: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-session-'));
  const generator = fileURLToPath(new URL('../../scripts/models/generate.mjs', import.meta.url));
  const generate = (...parameters: readonly string[]) => {
    execFileSync(process.execPath, [generator, ...parameters]);
  };
  generate(path.join(folder, 'inline'));
  generate('--external-data', path.join(folder, 'external'));
  inlineFile = path.join(folder, 'inline/onnx/model.onnx');
  externalFile = path.join(folder, 'external/onnx/model.onnx_data');
  externalGraph = readBytes(path.join(folder, 'external/onnx/model.onnx'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const pairs = [
  pairOf([2, 40, 41, 3, 50, 51, 52, 3], 4),
  pairOf([2, 60, 3, 61, 3], 3),
  pairOf([2, 70, 71, 72, 3, 73, 3], 5),
];
const batch = { rows: [0, 1, 2], width: 8 };

describe('weights', () => {
  it('in files beside the graph give the logits of weights inside it', async () => {
    const expected = await logitsOf(readBytes(inlineFile));
    expect(new Set(expected).size).toBe(3);
    expect(await logitsOf(externalWith(readBytes(externalFile)))).toEqual(expected);
  });

  it('taken out of the graph give the same logits', async () => {
    const bytes = readBytes(inlineFile);
    const { graph, location } = splitWeights(bytes, readOnnxOutline(bytes, { fileName: 'm' }));
    expect(graph.length).toBeLessThan(bytes.length / 4);
    const split = { graph, externalData: [{ path: location, data: bytes }] };
    expect(await logitsOf(split)).toEqual(await logitsOf(bytes));
  });

  it('are read from a file where the runtime needs them, each once', async () => {
    const { file, reads, close } = openFile(inlineFile);
    const { graph, location } = splitWeights(file, readOnnxOutline(file, { fileName: 'm' }));
    reads.length = 0;
    const split = { graph, externalData: [{ path: location, data: file }] };
    const session = await OnnxSession.create(runtime, split, options);
    close();
    expect(reads.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(2 * file.length);
    expect((await session.logitsOf(batch, pairs)).logits).toEqual(
      await logitsOf(readBytes(inlineFile)),
    );
    await session.dispose();
  });

  it('are not held once the session is made', async () => {
    const held: WeakRef<object>[] = [];
    const session = await (async () => {
      const data = readBytes(externalFile);
      held.push(new WeakRef(data.buffer));
      return OnnxSession.create(runtime, externalWith(data), options);
    })();
    await collectGarbage();
    expect(held.map((bytes) => bytes.deref())).toEqual([undefined]);
    expect((await session.logitsOf(batch, pairs)).logits).toHaveLength(3);
    await session.dispose();
  });

  it('that are missing or cut off are named', async () => {
    const none = { graph: externalGraph, externalData: [] };
    const half = readBytes(externalFile).subarray(0, 5000);
    const other = { graph: externalGraph, externalData: [{ path: 'other.bin', data: half }] };
    for (const weights of [none, other, externalWith(half)]) {
      await expectRejection(
        OnnxSession.create(runtime, weights, options),
        'model-corrupt',
        /model\.onnx_data/,
      );
    }
    // What failed before is in nobody's way.
    expect(await logitsOf(externalWith(readBytes(externalFile)))).toHaveLength(3);
  });

  it('that cannot be read fail with the reason', async () => {
    const { file, close } = openFile(externalFile);
    close();
    await expectRejection(
      OnnxSession.create(runtime, externalWith(file), options),
      'storage-unavailable',
      /EBADF/,
    );
  });
});

describe('inputs', () => {
  it.each([
    ['int64', 7],
    ['int32', 6],
  ])('are fed as %s, padded and with the token types of the pair', async (_, type) => {
    // 1 for each id, 100 for each mask value, 10,000 for each token type.
    const graph = sumGraph({ input_ids: 1, attention_mask: 100, token_type_ids: 10_000 }, type);
    const session = await OnnxSession.create(runtime, graph, options);
    const two = [pairOf([1, 2, 3], 1), pairOf([1, 2], 1, 0)];
    const sums = [1 + 2 + 3 + 9 + 3 * 100 + 2 * 10_000, 1 + 2 + 9 + 9 + 2 * 100];
    expect([...(await session.logitsOf({ rows: [0, 1], width: 4 }, two)).logits]).toEqual(sums);
    // A smaller batch after it: nothing of the larger one is left.
    expect([...(await session.logitsOf({ rows: [1], width: 2 }, two)).logits]).toEqual([3 + 200]);
    await session.dispose();
  });

  it.each([
    ['int64', 7],
    ['int32', 6],
  ])('of a batch hold nothing of the batches before it: %s', async (_, type) => {
    const graph = sumGraph({ input_ids: 1, attention_mask: 100, token_type_ids: 10_000 }, type);
    const session = await OnnxSession.create(runtime, graph, options);
    const pairsOfAnyLength = fc.array(
      fc.record({
        ids: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 }),
        passageStart: fc.nat(12),
        passageType: fc.constantFrom(0, 1),
      }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(pairsOfAnyLength, fc.integer({ min: 1, max: 14 }), async (drawn, width) => {
        const asked = drawn.map((pair) =>
          pairOf(pair.ids, pair.passageStart, pair.passageType === 1 ? 1 : 0),
        );
        const { logits } = await session.logitsOf({ rows: [...asked.keys()], width }, asked);
        expect([...logits]).toEqual(asked.map((pair) => sumOfRow(pair, width)));
      }),
      { numRuns: 200 },
    );
    await session.dispose();
  });

  it('that nobody can feed are refused', async () => {
    await expectRejection(
      OnnxSession.create(runtime, sumGraph({ input_ids: 1, position_ids: 1 }), options),
      'model-unsupported',
      /"position_ids"/,
    );
    await expectRejection(
      OnnxSession.create(runtime, sumGraph({ input_ids: 1 }, 1), options),
      'model-unsupported',
      /"input_ids" is float32/,
    );
  });
});

describe('a batch', () => {
  it('takes time in the runtime and around it', async () => {
    const session = await OnnxSession.create(runtime, sumGraph({ input_ids: 1 }), options);
    const { runMs, transferMs, gpuMs } = await session.logitsOf(batch, pairs);
    expect(runMs).toBeGreaterThan(0);
    expect(transferMs).toBeGreaterThan(0);
    expect(gpuMs).toBeNull();
    // Any width costs the same.
    expect(session.widthStep).toBe(1);
    await session.dispose();
  });

  it('frees its tensors, also when the runtime fails or what it gives is refused', async () => {
    const dispose = vi.spyOn(ort.Tensor.prototype, 'dispose');
    const outcomes = [
      () => new ort.Tensor('float32', Float32Array.of(1, 2, 3), [3, 1]),
      () => new ort.Tensor('float32', Float32Array.of(1, Number.NaN, 3), [3, 1]),
      () => new ort.Tensor('float32', new Float32Array(6), [3, 2]),
      () => {
        throw new Error('the kernel failed');
      },
    ];
    const results: [string, disposed: number][] = [];
    for (const outcome of outcomes) {
      const real = await runtime.InferenceSession.create(sumGraph({ input_ids: 1 }), {});
      // Only what comes out is another: the real run would give numbers each time.
      const faulty = new Proxy(real, {
        get: (target, name) =>
          name === 'run' ? async () => ({ logits: outcome() }) : Reflect.get(target, name, target),
      });
      const giving: OnnxRuntime = {
        ...runtime,
        InferenceSession: { create: async () => faulty },
      };
      const session = await OnnxSession.create(giving, new Uint8Array(), options);
      dispose.mockClear();
      const code = await session.logitsOf(batch, pairs).then(
        () => 'scored',
        (error: RerankError) => error.code,
      );
      results.push([code, dispose.mock.calls.length]);
      await real.release();
    }
    dispose.mockRestore();
    expect(results).toEqual([
      ['scored', 2],
      ['inference-failed', 2],
      ['model-unsupported', 2],
      ['inference-failed', 1],
    ]);
  });
});

describe('logits', () => {
  it.each([
    // 0.3 to the ten bits after the leading one.
    ['ordinary', 0.1, 1229 / 4096],
    ['negative', -0.1, -1229 / 4096],
    ['the least of all', 2 ** -24 / 3, 2 ** -24],
    ['large', 20_000, 60_000],
  ])('of float16 become float32: %s', async (_, factor, expected) => {
    const graph = sumGraph({ input_ids: factor }, 7, { outputType: 10 });
    const session = await OnnxSession.create(runtime, graph, options);
    const { logits } = await session.logitsOf({ rows: [0], width: 1 }, [pairOf([3], 1)]);
    expect(logits[0]).toBe(expected);
    await session.dispose();
  });

  it('beyond the range of float16 are refused: they are no numbers', async () => {
    const graph = sumGraph({ input_ids: 100_000 }, 7, { outputType: 10 });
    const session = await OnnxSession.create(runtime, graph, options);
    const run = session.logitsOf({ rows: [0], width: 1 }, [pairOf([3], 1)]);
    await expectRejection(run, 'inference-failed', /not a number/);
    await session.dispose();
  });

  it('may come without a second dimension', async () => {
    const graph = sumGraph({ input_ids: 1 }, 7, { keepDims: 0, outputDims: ['batch'] });
    const session = await OnnxSession.create(runtime, graph, options);
    expect([...(await session.logitsOf(batch, pairs)).logits]).toHaveLength(3);
    await session.dispose();
  });

  it('of two labels are refused before the first run when the graph says so', async () => {
    const graph = sumGraph({ input_ids: 1 }, 7, { labels: 2, outputDims: ['batch', 2] });
    await expectRejection(
      OnnxSession.create(runtime, graph, options),
      'model-unsupported',
      /2 logits per pair/,
    );
  });

  it('of many labels are refused after the first run when it does not', async () => {
    const graph = sumGraph({ input_ids: 1 }, 7, { labels: null, outputDims: ['batch', 'labels'] });
    const session = await OnnxSession.create(runtime, graph, options);
    await expectRejection(session.logitsOf(batch, pairs), 'model-unsupported', /8 values per pair/);
    await session.dispose();
  });

  it('that are missing are refused', async () => {
    const graph = sumGraph({ input_ids: 1 }, 7, { output: 'sentence_embedding' });
    await expectRejection(
      OnnxSession.create(runtime, graph, options),
      'model-unsupported',
      /sentence_embedding/,
    );
  });
});

describe('an operator', () => {
  it('that the runtime does not know is named', async () => {
    const graph = modelSample({
      nodes: [nodeSample('Frobnicate', { inputs: ['input_ids'], outputs: ['logits'] })],
      inputs: [valueSample('input_ids', 7, ['batch', 'sequence'])],
      outputs: [valueSample('logits', 1, ['batch', 1])],
    });
    await expectRejection(
      OnnxSession.create(runtime, graph, options),
      'model-unsupported',
      /Frobnicate.*another dtype.*other device/s,
    );
  });

  it.each([
    'Fatal error: com.microsoft:GatherBlockQuantized(-1) is not a registered function/op',
    'Could not find an implementation for GatherBlockQuantized(1) node with name "/embed/gather"',
  ])('is named as well in: %s', async (words) => {
    const failing: OnnxRuntime = {
      ...runtime,
      InferenceSession: { create: () => Promise.reject(new Error(words)) },
    };
    await expectRejection(
      OnnxSession.create(failing, new Uint8Array(), options),
      'model-unsupported',
      /operator GatherBlockQuantized /,
    );
  });
});

async function logitsOf(weights: Uint8Array | GraphWeights): Promise<Float32Array> {
  const session = await OnnxSession.create(runtime, weights, options);
  try {
    return (await session.logitsOf(batch, pairs)).logits;
  } finally {
    await session.dispose();
  }
}

function externalWith(data: Uint8Array | FileBytes): GraphWeights {
  return { graph: externalGraph, externalData: [{ path: 'model.onnx_data', data }] };
}

function readBytes(file: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(file));
}

function openFile(name: string): { file: FileBytes; reads: number[]; close: () => void } {
  const handle = openSync(name, 'r');
  const reads: number[] = [];
  const file = new FileBytes(name, statSync(name).size, (target, at) => {
    reads.push(target.length);
    return readSync(handle, target, 0, target.length, at);
  });
  return { file, reads, close: () => closeSync(handle) };
}

/** What `sumGraph` gives for a row, with 1, 100 and 10,000 as factors. */
function sumOfRow({ ids, passageStart, passageType }: EncodedPair, width: number): number {
  let sum = 0;
  for (let column = 0; column < width; column++) {
    const id = ids[column];
    sum += id ?? options.padId;
    if (id !== undefined) sum += 100 + (column >= passageStart ? passageType * 10_000 : 0);
  }
  return sum;
}

function pairOf(ids: readonly number[], passageStart: number, passageType: 0 | 1 = 1): EncodedPair {
  return { ids: Int32Array.from(ids), passageStart, passageType, truncated: false };
}

/**
 * A graph that gives, per row, the sum of its inputs' values, each times a factor: once, twice for
 * two labels, or without summing up for as many labels as columns.
 */
function sumGraph(
  factors: Readonly<Record<string, number>>,
  inputType = 7,
  {
    outputType = 1,
    keepDims = 1,
    labels = 1,
    output = 'logits',
    outputDims = ['batch', 1],
  }: {
    readonly outputType?: number;
    readonly keepDims?: number;
    readonly labels?: 1 | 2 | null;
    readonly output?: string;
    readonly outputDims?: readonly (string | number)[];
  } = {},
): Uint8Array<ArrayBuffer> {
  const names = Object.keys(factors);
  const float = (value: number): SampleMessage => [
    ...new Uint8Array(Float32Array.of(value).buffer),
  ];
  const scaled = names.map((name) => `${name}_scaled`);
  return modelSample({
    nodes: [
      ...names.flatMap((name) => [
        nodeSample('Cast', {
          inputs: [name],
          outputs: [`${name}_float`],
          attributes: [integerAttribute('to', 1)],
        }),
        nodeSample('Mul', {
          inputs: [`${name}_float`, `${name}_factor`],
          outputs: [`${name}_scaled`],
        }),
      ]),
      nodeSample('Sum', { inputs: scaled, outputs: ['all'] }),
      nodeSample('ReduceSum', {
        inputs: ['all', 'axes'],
        outputs: ['sums'],
        attributes: [integerAttribute('keepdims', keepDims)],
      }),
      nodeSample('Cast', {
        inputs: [labels === null ? 'all' : 'sums'],
        outputs: [labels === 2 ? 'cast' : output],
        attributes: [integerAttribute('to', outputType)],
      }),
      ...(labels === 2
        ? [
            nodeSample('Concat', {
              inputs: ['cast', 'cast'],
              outputs: [output],
              attributes: [integerAttribute('axis', 1)],
            }),
          ]
        : []),
    ],
    initializers: [
      tensorSample('axes', 7, [1], [1, 0, 0, 0, 0, 0, 0, 0]),
      ...Object.entries(factors).map(([name, factor]) =>
        tensorSample(`${name}_factor`, 1, [1], float(factor)),
      ),
    ],
    inputs: names.map((name) => valueSample(name, inputType, ['batch', 'sequence'])),
    outputs: [valueSample(output, outputType, outputDims)],
  });
}

async function expectRejection(
  promise: Promise<unknown>,
  code: RerankErrorCode,
  message: RegExp,
): Promise<void> {
  const error: unknown = await promise.then(
    () => null,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(RerankError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
}

/** Node gives its collector away only on request. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
}
