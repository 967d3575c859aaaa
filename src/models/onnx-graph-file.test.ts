import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import { readOnnxGraph, writeOnnxGraph } from './onnx-graph-file.ts';
import { readOnnxOutline } from './onnx-outline.ts';
import {
  externalTensorSample,
  integerAttribute,
  messageField,
  modelSample,
  nodeSample,
  opsetField,
  type SampleMessage,
  tensorSample,
  textField,
  valueSample,
} from './onnx-samples.ts';
import { ProtobufError } from './protobuf-reader.ts';
import { delimited, join, textField as writtenText } from './protobuf-writer.ts';

const fileName = 'onnx/model.onnx';
const float = 1;
const int64 = 7;
const read = (bytes: Uint8Array) => readOnnxGraph(bytes, { fileName });
const fileBytes = (file: string | URL) => Uint8Array.from(readFileSync(file));

const embeddedUrl = new URL('../../public/models/crossrank-tiny-en-zh/', import.meta.url);
const embedded = fileBytes(new URL('onnx/model_quantized.onnx', embeddedUrl));
const sharedFp32 = new URL(
  '../../../shared/models/crossrank-tiny-en-zh/onnx/model.onnx',
  import.meta.url,
);

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe('a graph that was read and written', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-graph-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function generate(...options: readonly string[]): string {
    const out = path.join(folder, options.join(''));
    const generator = fileURLToPath(new URL('../../scripts/models/generate.mjs', import.meta.url));
    execFileSync(process.execPath, [generator, ...options, out]);
    return path.join(out, 'onnx');
  }

  it('gives the same logits: embedded q8', async () => {
    await expectSameLogits(embedded, read(embedded));
  });

  it.skipIf(!existsSync(sharedFp32))('gives the same logits: embedded fp32', async () => {
    const bytes = fileBytes(sharedFp32);
    await expectSameLogits(bytes, read(bytes));
  });

  it.each(['bert', 'xlm-roberta', 'modernbert'])('gives the same logits: %s', async (family) => {
    const onnx = generate('--family', family, '--dtype', 'all');
    for (const name of ['model.onnx', 'model_int8.onnx']) {
      const bytes = fileBytes(path.join(onnx, name));
      await expectSameLogits(bytes, read(bytes));
    }
  });

  it('gives the same logits of weights in a file beside it', async () => {
    const onnx = generate('--external-data');
    const bytes = fileBytes(path.join(onnx, 'model.onnx'));
    const location = 'model.onnx_data';
    const data = fileBytes(path.join(onnx, location));
    const graph = readOnnxGraph(bytes, { fileName, externalData: [{ location, bytes: data }] });
    await expectSameLogits(bytes, graph, [{ path: location, data }]);
  });
});

describe('tensors', () => {
  it.each([
    ['float_data', 1, messageField(4, bytesOfFloats([1.5, -2])), bytesOfFloats([1.5, -2])],
    [
      'double_data',
      11,
      messageField(10, [...new Uint8Array(Float64Array.of(1.5, -2).buffer)]),
      [...new Uint8Array(Float64Array.of(1.5, -2).buffer)],
    ],
    [
      'int64_data',
      7,
      messageField(7, [...varint(3n), ...varint(2n ** 63n - 1n)]),
      bytes64([3n, 2n ** 63n - 1n]),
    ],
    [
      'int64_data, one to a field',
      7,
      [0x38, ...varint(7n), 0x38, ...varint(-1n)],
      bytes64([7n, -1n]),
    ],
    [
      'int32_data',
      6,
      messageField(5, [...varint(-2n), ...varint(5n)]),
      [254, 255, 255, 255, 5, 0, 0, 0],
    ],
    ['int32_data of int8', 3, messageField(5, [...varint(-2n), ...varint(5n)]), [254, 5]],
    ['int32_data of bool', 9, messageField(5, [1, 0]), [1, 0]],
    [
      'int32_data of float16',
      10,
      messageField(5, [...varint(0x3c00n), ...varint(0xc000n)]),
      [0, 0x3c, 0, 0xc0],
    ],
    [
      'uint64_data of uint32',
      12,
      messageField(11, [...varint(2n ** 32n - 1n), 1]),
      [255, 255, 255, 255, 1, 0, 0, 0],
    ],
  ])('of %s are read as raw bytes', (_, type, values, expected) => {
    const graph = read(modelSample({ initializers: [typedTensor('t', type, 2, values)] }));
    const tensor = graph.tensors.get('t');
    expect(tensor?.dims).toEqual([2]);
    expect([...(tensor?.read() ?? [])]).toEqual(expected);
    expect(tensor?.length).toBe(expected.length);
    const again = read(writeOnnxGraph(graph).graph);
    expect([...(again.tensors.get('t')?.read() ?? [])]).toEqual(expected);
    expect(again.tensors.get('t')?.type).toBe(tensor?.type);
  });

  it.each([
    ['int64', 7, 7, 8],
    ['int32', 6, 5, 4],
    ['float16', 10, 5, 2],
    ['int8', 3, 5, 1],
  ])('of %s are read to the bit, whatever varints hold', (_, type, field, size) => {
    const edges = fc.constantFrom(
      ...[0n, 7n, 27n, 28n, 31n, 32n, 34n, 35n, 63n].map((n) => 1n << n),
    );
    const numbers = fc.array(
      fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), edges),
    );
    fc.assert(
      fc.property(numbers, (values) => {
        const packed = messageField(field, values.flatMap(varint));
        const tensor = typedTensor('t', type, values.length, packed);
        const found = read(modelSample({ initializers: [tensor] }))
          .tensors.get('t')
          ?.read();
        expect([...(found ?? [])]).toEqual(
          values.flatMap((value) => bytes64([BigInt.asIntN(64, value)]).slice(0, size)),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('of a varint longer than 64 bits are refused', () => {
    const long = messageField(7, [...Array.from({ length: 10 }, () => 0x80), 1]);
    const graph = read(modelSample({ initializers: [typedTensor('t', 7, 1, long)] }));
    expect(() => graph.tensors.get('t')?.read()).toThrow(/malformed/);
  });

  it('of strings go through as they came', () => {
    const bytes = modelSample({ initializers: [typedTensor('t', 8, 1, textField(6, 'word'))] });
    const graph = read(bytes);
    expect(graph.tensors.size).toBe(0);
    const again = readOnnxOutline(writeOnnxGraph(graph).graph, { fileName });
    expect(again.initializers).toMatchObject([{ name: 't', type: 'string', bytes: 4 }]);
  });

  it('are read one at a time, when their bytes are asked for', () => {
    const reads: string[] = [];
    const graph = read(
      modelSample({
        initializers: [
          tensorSample('a', float, [300]),
          tensorSample('small', float, [2]),
          tensorSample('b', float, [500]),
        ],
      }),
    );
    const tensors = [...graph.tensors].map(([name, tensor]) => {
      const watched = () => {
        reads.push(name);
        return tensor.read();
      };
      return [name, { ...tensor, read: watched }] as const;
    });
    const {
      graph: written,
      location,
      weights,
    } = writeOnnxGraph({
      ...graph,
      tensors: new Map(tensors),
    });
    expect(reads).toEqual(['small']);
    expect(weights.length).toBe(800 * 4);
    const { externalData } = readOnnxOutline(written, { fileName });
    expect(externalData).toEqual([
      { location, offset: 0, length: 1200 },
      { location, offset: 1200, length: 2000 },
    ]);
    expect([...weights.subarray(1200, 3200)]).toEqual([...(graph.tensors.get('b')?.read() ?? [])]);
    expect(reads).toEqual(['small', 'b']);
    // Nobody asks so, and it works all the same.
    expect([...weights.subarray(1196, 1202)]).toEqual([
      ...weights.subarray(0, 1200).subarray(1196),
      ...weights.subarray(1200, 3200).subarray(0, 2),
    ]);
    expect(() => weights.subarray(0, 3201)).toThrow(RangeError);
  });

  it('that give other bytes than they promise are not written', () => {
    const graph = read(modelSample({ initializers: [tensorSample('a', float, [300])] }));
    const [a] = graph.tensors.values();
    if (a === undefined) throw new Error('No tensor');
    const tensors = new Map([['a', { ...a, read: () => new Uint8Array(3) }]]);
    const { weights } = writeOnnxGraph({ ...graph, tensors });
    expect(() => weights.subarray(0, 1200)).toThrow(/"a" gave 3 bytes, not 1200/);
  });

  it('in files beside the graph are taken from there', () => {
    const initializers = [externalTensorSample('w', 'd.bin', '4', '8')];
    const external = { location: 'd.bin', bytes: Uint8Array.from({ length: 12 }, (_, at) => at) };
    const graph = readOnnxGraph(modelSample({ initializers }), {
      fileName,
      externalData: [external],
    });
    expect([...(graph.tensors.get('w')?.read() ?? [])]).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it.each([
    ['d.bin', '5', '8', /bytes 5 to 13 of d\.bin, which has 12 bytes/],
    ['d.bin', '-1', '8', /which has 12 bytes/],
    ['d.bin', '9007199254740993', '8', /which has 12 bytes/],
    ['d.bin', 'x', '8', /which has 12 bytes/],
    ['d.bin', '0', '4', /holds 4 bytes of the tensor "w", not 8/],
    ['other.bin', '0', '8', /"other\.bin", which is not there/],
  ])(
    'that are not where they should be are named: %s at %s, %s bytes',
    (location, offset, length, message) => {
      const initializers = [externalTensorSample('w', location, offset, length)];
      const externalData = [{ location: 'd.bin', bytes: new Uint8Array(12) }];
      const run = () => readOnnxGraph(modelSample({ initializers }), { fileName, externalData });
      expectError(run, 'model-corrupt', message);
    },
  );

  it.each([
    [
      'too few',
      tensorSample('w', float, [3], [0, 0, 0, 0]),
      /holds 4 bytes of the tensor "w", not 12/,
    ],
    ['negative', typedTensor('w', float, -1, messageField(9, [])), /"w" of the size \[-1\]/],
    ['twice', [...tensorSample('w', float, [1])], /has the tensor "w" twice/],
  ])('that are damaged are named: %s', (kind, tensor, message) => {
    const initializers = kind === 'twice' ? [tensor, tensor] : [tensor];
    expectError(() => read(modelSample({ initializers })), 'model-corrupt', message);
  });
});

describe('nodes', () => {
  it('keep their attributes, decoded or as they came', () => {
    const attribute = (name: string, type: number, value: SampleMessage): SampleMessage => [
      ...textField(1, name),
      ...value,
      0xa0,
      0x01,
      type,
    ];
    const attributes = [
      attribute('int', 2, [0x18, ...varint(-7n)]),
      attribute('end', 2, [0x18, ...varint(2n ** 63n - 1n)]),
      attribute('ints', 7, [0x40, 3, 0x40, ...varint(-1n)]),
      attribute('packed', 7, messageField(8, [4, 5])),
      attribute('float', 1, [0x15, ...bytesOfFloats([0.5])]),
      attribute('text', 3, textField(4, 'gelu')),
      attribute('bytes', 3, messageField(4, [255, 254])),
      attribute('tensor', 4, messageField(5, tensorSample('t', float, [1]))),
      attribute('__proto__', 2, [0x18, 1]),
    ];
    const bytes = modelSample({ nodes: [nodeSample('Slice', { attributes })] });
    const graph = read(bytes);
    const [node] = graph.nodes;
    const kept = node?.attributes;
    expect(kept?.get('int')).toEqual({ kind: 'int', value: -7 });
    expect(kept?.get('ints')).toEqual({ kind: 'ints', values: [3, -1] });
    expect(kept?.get('packed')).toEqual({ kind: 'ints', values: [4, 5] });
    expect(kept?.get('float')).toEqual({ kind: 'float', value: 0.5 });
    expect(kept?.get('text')).toEqual({ kind: 'string', value: 'gelu' });
    expect(kept?.get('__proto__')).toEqual({ kind: 'int', value: 1 });
    const raw = ['end', 'bytes', 'tensor'].map((name) => kept?.get(name));
    expect(raw).toEqual(
      [1, 6, 7].map((at) => ({ kind: 'raw', bytes: Uint8Array.from(attributes[at] ?? []) })),
    );
    expect(read(writeOnnxGraph(graph).graph)).toEqual({ ...graph, tensors: expect.any(Map) });
  });

  it.each([
    [
      'a graph inside',
      nodeSample('If', { attributes: [[...textField(1, 'g'), ...messageField(6, [])]] }),
    ],
    ['an overload', [...nodeSample('F'), ...textField(8, 'x')]],
  ])('with %s are refused, so that the file runs as it came', (_, node) => {
    const bytes = modelSample({ nodes: [nodeSample('Add'), node] });
    expectError(() => read(bytes), 'model-unsupported', /model\.onnx has .*Run it as it is/);
  });

  it('with more than 16 MB of weights inside are refused, so that the file runs as it came', () => {
    const [add] = read(modelSample({ nodes: [nodeSample('Add')] })).nodes;
    const graphOf = (weightBytes: number): OnnxGraph => {
      const weights = delimited(5, delimited(9, [new Uint8Array(weightBytes)]));
      const value = { kind: 'raw', bytes: join([...writtenText(1, 'value'), ...weights]) } as const;
      const nodes = [0, 1].flatMap((place) =>
        add === undefined
          ? []
          : { ...add, name: `${place}`, attributes: new Map([['value', value]]) },
      );
      return { ...read(modelSample({})), nodes };
    };
    const bytesWith = (weightBytes: number) => writeOnnxGraph(graphOf(weightBytes)).graph;
    expect(read(bytesWith(7_900_000)).nodes).toHaveLength(2);
    expectError(() => read(bytesWith(8_100_000)), 'model-unsupported', /weights inside its nodes/);
  });

  it('name the domain of ONNX in one way', () => {
    const node = [...nodeSample('Add'), ...textField(7, 'ai.onnx')];
    expect(read(modelSample({ nodes: [node] })).nodes[0]?.domain).toBe('');
  });
});

describe('the rest of a file', () => {
  const bytes = Uint8Array.from([
    ...modelSample({
      initializers: [tensorSample('w', float, [1])],
      inputs: [valueSample('in', int64, ['batch', 4]), valueSample('w', float, [1])],
      outputs: [valueSample('logits', float, ['batch', 1])],
    }),
    // metadata_props and functions
    ...messageField(14, [...textField(1, 'key'), ...textField(2, 'rewritten-weights')]),
    ...messageField(25, [...textField(1, 'f'), ...messageField(7, nodeSample('Erf'))]),
  ]);

  it('goes through as it came', () => {
    const graph = read(bytes);
    expect(graph.inputs).toEqual(['in']);
    expect(graph.outputs).toEqual(['logits']);
    expect([...graph.opsets]).toEqual([['', 17]]);
    const written = readOnnxOutline(writeOnnxGraph(graph).graph, { fileName });
    expect(written).toEqual({
      ...readOnnxOutline(bytes, { fileName }),
      initializers: expect.any(Array),
      largestTensor: expect.any(Object),
    });
    expect(read(writeOnnxGraph(graph).graph).modelFields).toEqual(graph.modelFields);
  });

  it('does not share its name with the weights', () => {
    expect(writeOnnxGraph(read(bytes)).location).toBe('rewritten-weights_');
  });

  it('of types in between is left out, since rewritings change them', () => {
    const inner = [
      ...messageField(13, valueSample('between', float, [1])),
      ...textField(10, 'doc'),
    ];
    const sample = Uint8Array.from([8, 8, ...messageField(7, inner), ...opsetField]);
    expect(read(sample).graphFields).toEqual([]);
  });
});

describe('a file that is damaged', () => {
  const sample = modelSample({
    nodes: [nodeSample('Slice', { attributes: [integerAttribute('axis', 1)] })],
    initializers: [
      tensorSample('a', float, [300]),
      typedTensor('t', int64, 2, messageField(7, [1, 2])),
      externalTensorSample('w', 'd.bin', '0', '8'),
    ],
    inputs: [valueSample('input_ids', int64, ['batch', 4])],
    outputs: [valueSample('logits', float, ['batch', 1])],
  });
  const externalData = [{ location: 'd.bin', bytes: new Uint8Array(8) }];

  it('fails with an error of its own, or gives a graph that can be written', () => {
    const change = fc.record({
      at: fc.nat({ max: sample.length - 1 }),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    const allowed = (error: unknown) =>
      error instanceof RerankError || error instanceof ProtobufError;
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat({ max: 60 }), (changes, cut) => {
        const bytes = sample.slice(0, sample.length - (cut > 30 ? cut : 0));
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
        try {
          const graph = readOnnxGraph(bytes, { fileName, externalData });
          const { weights } = writeOnnxGraph(graph);
          expect(weights.subarray(0, weights.length)).toHaveLength(weights.length);
        } catch (error) {
          if (!allowed(error)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['cut off', embedded.subarray(0, embedded.length - 100), /is cut off/],
    ['empty', new Uint8Array(), /is empty/],
    ['a web page', new TextEncoder().encode('<!doctype html><p>No'), /is a web page/],
    ['without a graph', Uint8Array.from([8, 8, ...opsetField]), /holds no graph/],
    ['without operator sets', Uint8Array.from([8, 8, ...messageField(7, [])]), /no operator set/],
  ])('is said to be %s', (_, bytes, message) => {
    expectError(() => read(bytes), 'model-corrupt', message);
  });
});

function expectError(run: () => unknown, code: RerankErrorCode, message: RegExp): void {
  expect(run).toThrow(RerankError);
  expect(run).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
}

/** TensorProto of one dimension, with its values as the field given. */
function typedTensor(
  name: string,
  type: number,
  dim: number,
  values: SampleMessage,
): SampleMessage {
  return [0x08, ...varint(BigInt(dim)), 0x10, type, ...textField(8, name), ...values];
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) + 0x80);
  return [...bytes, Number(rest)];
}

function bytesOfFloats(values: readonly number[]): number[] {
  return [...new Uint8Array(Float32Array.from(values).buffer)];
}

function bytes64(values: readonly bigint[]): number[] {
  return [...new Uint8Array(BigInt64Array.from(values).buffer)];
}

/** Compares a session of the file with one of the graph, to the bit. */
async function expectSameLogits(
  bytes: Uint8Array,
  graph: OnnxGraph,
  externalData: readonly { path: string; data: Uint8Array }[] = [],
): Promise<void> {
  const { graph: written, location, weights } = writeOnnxGraph(graph);
  expect(written.length).toBeLessThan(1e6);
  const whole = weights.subarray(0, weights.length);
  const expected = await logitsOf(bytes, externalData);
  expect(new Set(expected).size).toBe(3);
  expect(await logitsOf(written, [{ path: location, data: whole }])).toEqual(expected);
}

async function logitsOf(
  bytes: Uint8Array,
  externalData: readonly { path: string; data: Uint8Array }[] = [],
): Promise<number[]> {
  const session = await ort.InferenceSession.create(bytes, { externalData });
  const ids = [2, 40, 41, 3, 50, 51, 52, 3, 2, 60, 3, 61, 3, 0, 0, 0, 2, 70, 71, 72, 3, 73, 3, 0];
  const tensor = (values: readonly number[]) =>
    new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [3, 8]);
  const feeds: Record<string, ort.Tensor> = {
    input_ids: tensor(ids),
    attention_mask: tensor(ids.map((id) => Math.min(id, 1))),
    token_type_ids: tensor(ids.map((_, index) => (index % 8 > 3 ? 1 : 0))),
  };
  try {
    const fed = session.inputNames.map((name) => [name, feeds[name]]);
    const { logits } = await session.run(Object.fromEntries(fed));
    return Array.from(logits?.data as Float32Array);
  } finally {
    await session.release();
  }
}
