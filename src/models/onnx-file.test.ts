import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { FileBytes } from './file-bytes.ts';
import { checkCrossEncoderGraph, leastSplitBytes, splitWeights } from './onnx-file.ts';
import { type OnnxOutline, readOnnxOutline } from './onnx-outline.ts';
import {
  externalTensorSample,
  integerAttribute,
  messageField,
  modelSample,
  nodeSample,
  opsetField,
  type SampleMessage,
  samplePattern,
  tensorSample,
  textField,
  valueSample,
  versionField,
} from './onnx-samples.ts';

const fileName = 'onnx/model.onnx';
const outlineOf = (bytes: Uint8Array): OnnxOutline => readOnnxOutline(bytes, { fileName });

const embedded = Uint8Array.from(
  readFileSync(
    new URL('../../public/models/crossrank-tiny-en-zh/onnx/model_quantized.onnx', import.meta.url),
  ),
);

const float = 1;
const int64 = 7;

describe('readOnnxOutline', () => {
  it('reads the embedded model', () => {
    const outline = outlineOf(embedded);
    expect(outline.inputs.map(({ name, type }) => `${name} ${type}`).toSorted()).toEqual([
      'attention_mask int64',
      'input_ids int64',
      'token_type_ids int64',
    ]);
    expect(outline.outputs).toMatchObject([{ name: 'logits', type: 'float32' }]);
    expect(outline.weightFormat).toBe('blocks');
    expect(outline.externalData).toEqual([]);
    const raw = outline.initializers.reduce((sum, tensor) => sum + (tensor.raw?.length ?? 0), 0);
    expect(raw).toBeGreaterThan(embedded.length * 0.9);
    expect(raw).toBeLessThan(embedded.length);
  });

  it('says what a graph is made of', () => {
    const weights = tensorSample('w', float, [2, 300]);
    const bytes = modelSample({
      nodes: [nodeSample('Gather'), nodeSample('MatMul'), nodeSample('Gather')],
      initializers: [weights, tensorSample('small', int64, [2])],
      // Older exporters list the initializers as inputs, too.
      inputs: [
        valueSample('input_ids', int64, ['batch', 'sequence']),
        valueSample('w', float, [2, 300]),
      ],
      outputs: [valueSample('logits', float, ['batch', 1])],
    });
    const outline = outlineOf(bytes);
    expect(outline).toMatchObject({
      opsets: [{ domain: '', version: 17 }],
      inputs: [{ name: 'input_ids', type: 'int64', dims: ['batch', 'sequence'] }],
      outputs: [{ name: 'logits', type: 'float32', dims: ['batch', 1] }],
      operators: ['Gather', 'MatMul'],
      initializers: [
        { name: 'w', type: 'float32', dims: [2, 300], bytes: 2400 },
        { name: 'small', type: 'int64', dims: [2], bytes: 16 },
      ],
      largestTensor: { name: 'w', bytes: 2400 },
      externalData: [],
      weightFormat: 'float',
    });
    const { raw } = outline.initializers[0] ?? {};
    expect(raw?.length).toBe(2400);
    const [offset = 0, end = 0] = [raw?.offset, (raw?.offset ?? 0) + 2400];
    expect([...bytes.subarray(offset, end)]).toEqual(samplePattern(2400));
  });

  it('finds external data wherever it is: initializers, constants, branches', () => {
    const bytes = modelSample({
      initializers: [externalTensorSample('a', 'model.onnx_data', '0', '4096')],
      nodes: [
        nodeSample('Constant', {
          attributes: [
            [...textField(1, 'value'), ...messageField(5, externalTensorSample('b', 'other.bin'))],
          ],
        }),
        nodeSample('If', {
          attributes: [
            [
              ...textField(1, 'then_branch'),
              ...messageField(6, [
                ...messageField(1, nodeSample('Erf')),
                ...messageField(5, externalTensorSample('c', 'model.onnx_data', '4096', '8')),
              ]),
            ],
          ],
        }),
      ],
    });
    const outline = outlineOf(bytes);
    expect(outline.externalData).toEqual(
      expect.arrayContaining([
        { location: 'model.onnx_data', offset: 0, length: 4096 },
        { location: 'other.bin', offset: 0, length: null },
        { location: 'model.onnx_data', offset: 4096, length: 8 },
      ]),
    );
    expect(outline.operators).toEqual(['Constant', 'Erf', 'If']);
    // Only the main graph's tensors are listed.
    expect(outline.initializers.map(({ name, raw }) => [name, raw])).toEqual([['a', null]]);
  });

  it.each([
    ['float', ['MatMul', 'Gather']],
    ['dynamic-int8', ['MatMul', 'DynamicQuantizeLinear', 'MatMulInteger']],
    ['dynamic-int8', ['MatMulNBits', 'MatMulInteger']],
    ['blocks', ['Gather', 'MatMulNBits']],
    ['blocks', ['GatherBlockQuantized', 'MatMul']],
  ])('calls it %s with the operators %j', (format, operators) => {
    const bytes = modelSample({ nodes: operators.map((type) => nodeSample(type)) });
    expect(outlineOf(bytes).weightFormat).toBe(format);
  });

  it('throws nothing for an operator that nobody knows', () => {
    expect(outlineOf(modelSample({ nodes: [nodeSample('Frobnicate')] })).operators).toEqual([
      'Frobnicate',
    ]);
  });

  it.each([
    ['a web page', '<!doctype html><title>404</title>', /web page \(HTML\)/],
    ['a web page with blanks before it', '\n\n  <HTML><body>', /web page \(HTML\)/],
    ['an answer in JSON', '{"error":"Repository not found"}', /text that begins with .*error/],
    ['plain text', 'Entry not found', /text that begins with "Entry not found"/],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 568917766\n',
      /Git LFS pointer.*the real file, which is not there/s,
    ],
    ['a zip archive', 'PK\u0003\u0004rest', /zip archive/],
    ['the ORT format', '\u0020\u0000\u0000\u0000ORTM....', /ORT format/],
    ['noise', '\u0089PNG\r\n\u001a\n\u0000\u0000', /is no ONNX model/],
    ['nothing', '', /is empty/],
  ])('refuses %s', (_, content, words) => {
    const bytes = new TextEncoder().encode(content);
    expectError(() => outlineOf(bytes), 'model-corrupt', words);
    expectError(() => outlineOf(bytes), 'model-corrupt', /^onnx\/model\.onnx /);
  });

  it('says how many bytes are missing at least', () => {
    const whole = modelSample({ initializers: [tensorSample('w', float, [300])] });
    // The operator sets come last: 6 bytes.
    const cut = whole.subarray(0, whole.length - 106);
    expectError(
      () => outlineOf(cut),
      'model-corrupt',
      new RegExp(`cut off: it has ${cut.length} bytes, and at least 100 more are missing`),
    );
  });

  it('refuses a file that was cut off anywhere', () => {
    const whole = modelSample({
      nodes: [nodeSample('Gather')],
      initializers: [tensorSample('w', float, [300])],
      inputs: [valueSample('input_ids', int64, ['batch', 'sequence'])],
      outputs: [valueSample('logits', float, ['batch', 1])],
    });
    for (let length = 0; length < whole.length; length++) {
      expectError(() => outlineOf(whole.subarray(0, length)), 'model-corrupt', /./);
    }
    expect(outlineOf(whole).outputs).toHaveLength(1);
  });

  it('refuses half of the embedded model', () => {
    const half = embedded.subarray(0, embedded.length / 2);
    expectError(() => outlineOf(half), 'model-corrupt', /cut off/);
  });

  it('refuses parts that do not fit together', () => {
    // A node that is longer than its graph.
    const bytes = Uint8Array.from([
      ...versionField,
      ...messageField(7, [0x0a, 50, 1, 2]),
      ...opsetField,
    ]);
    expectError(() => outlineOf(bytes), 'model-corrupt', /do not fit together/);
  });

  it('refuses an ONNX file without graph', () => {
    expectError(() => outlineOf(Uint8Array.from(opsetField)), 'model-corrupt', /no graph/);
    expectError(() => outlineOf(Uint8Array.from(versionField)), 'model-corrupt', /no graph/);
  });

  it('refuses weights that are nowhere', () => {
    for (const tensor of [
      externalTensorSample('w', ''),
      externalTensorSample('w', 'a.bin', '-1'),
      externalTensorSample('w', 'a.bin', '0', 'many'),
    ]) {
      const bytes = modelSample({ initializers: [tensor] });
      expectError(() => outlineOf(bytes), 'model-corrupt', /where the weights of "w" are/);
    }
  });

  it('refuses graphs in graphs without end', () => {
    let graph: SampleMessage = [];
    for (let depth = 0; depth < 100; depth++) {
      graph = messageField(1, messageField(5, messageField(6, graph)));
    }
    const bytes = Uint8Array.from([...versionField, ...messageField(7, graph), ...opsetField]);
    expectError(() => outlineOf(bytes), 'model-corrupt', /nests/);
  });

  it('fails with a RerankError or not at all, whatever byte is wrong', () => {
    const whole = modelSample({
      nodes: [nodeSample('Gather', { attributes: [integerAttribute('axis', 1)] })],
      initializers: [tensorSample('w', float, [4]), externalTensorSample('x', 'a.bin', '0', '4')],
      inputs: [valueSample('input_ids', int64, ['batch', 'sequence'])],
      outputs: [valueSample('logits', float, ['batch', 1])],
    });
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const bytes = whole.slice();
        bytes[at] = value;
        try {
          outlineOf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RerankError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('reads a file that is not in memory just the same', () => {
    const readSizes: number[] = [];
    const file = new FileBytes(fileName, embedded.length, (target, at) => {
      target.set(embedded.subarray(at, at + target.length));
      readSizes.push(target.length);
      return target.length;
    });
    const outline = outlineOf(embedded);
    expect(readOnnxOutline(file, { fileName })).toEqual(outline);
    expect(Math.max(...readSizes)).toBeLessThanOrEqual(65_536);
    expect(splitWeights(file, outline)).toEqual(splitWeights(embedded, outline));
  });
});

describe('checkCrossEncoderGraph', () => {
  const ids = valueSample('input_ids', int64, ['batch', 'sequence']);
  const mask = valueSample('attention_mask', int64, ['batch', 'sequence']);
  const logits = valueSample('logits', float, ['batch', 1]);
  const check = (inputs: readonly SampleMessage[], outputs: readonly SampleMessage[]) => () =>
    checkCrossEncoderGraph(outlineOf(modelSample({ inputs, outputs })), fileName);

  it.each([
    ['one logit per pair', [ids, mask], [logits]],
    ['int32 inputs', [valueSample('input_ids', 6, ['b', 's'])], [logits]],
    ['float16 logits', [ids], [valueSample('logits', 10, ['b', 1])]],
    ['a dynamic number of labels', [ids], [valueSample('logits', float, ['b', 'labels'])]],
    ['one dimension', [ids], [valueSample('logits', float, ['b'])]],
    ['no shape', [ids], [valueSample('logits', float, null)]],
    ['other outputs beside', [ids], [valueSample('hidden_states', float, ['b', 8]), logits]],
  ])('accepts %s', (_, inputs, outputs) => {
    expect(check(inputs, outputs)).not.toThrow();
  });

  it('accepts the embedded model', () => {
    expect(() => checkCrossEncoderGraph(outlineOf(embedded), fileName)).not.toThrow();
  });

  it.each([
    [
      'an input nobody feeds',
      [ids, valueSample('pixel_values', float, null)],
      [logits],
      /pixel_values/,
    ],
    [
      'float input ids',
      [valueSample('input_ids', float, null)],
      [logits],
      /"input_ids" is of type fl/,
    ],
    ['no input ids', [mask], [logits], /no input "input_ids"/],
    ['two labels', [ids], [valueSample('logits', float, ['b', 2])], /2 logits per pair/],
    [
      'a logit per token',
      [ids],
      [valueSample('logits', float, ['b', 's', 9])],
      /shape \[b, s, 9\]/,
    ],
    ['an embedding', [ids], [valueSample('last_hidden_state', float, null)], /embedding model/],
    ['a question answerer', [ids], [valueSample('start_logits', float, null)], /answers questions/],
    [
      'another output',
      [ids],
      [valueSample('scores', float, null)],
      /no output "logits" but "scores"/,
    ],
    [
      'labels as output',
      [ids],
      [valueSample('logits', int64, ['b', 1])],
      /logits are of type int64/,
    ],
    ['no output', [ids], [], /none at all/],
  ])('refuses %s', (_, inputs, outputs, words) => {
    expectError(check(inputs, outputs), 'model-unsupported', words);
    expectError(check(inputs, outputs), 'model-unsupported', /^onnx\/model\.onnx /);
  });
});

describe('splitWeights', () => {
  const large = tensorSample('large', float, [leastSplitBytes / 4]);
  const small = tensorSample('small', float, [leastSplitBytes / 4 - 1]);

  it('takes large tensors out, and the graph says where in the file they are', () => {
    const bytes = modelSample({
      nodes: [nodeSample('Gather')],
      initializers: [large, small, tensorSample('second', float, [500])],
      inputs: [valueSample('input_ids', int64, ['b', 's'])],
      outputs: [valueSample('logits', float, ['b', 1])],
    });
    const outline = outlineOf(bytes);
    const { graph, location } = splitWeights(bytes, outline);
    const split = outlineOf(graph);
    expect(split.externalData).toEqual(
      [outline.initializers[0], outline.initializers[2]].map((tensor) => ({
        location,
        ...tensor?.raw,
      })),
    );
    for (const { offset, length } of split.externalData) {
      const end = offset + (length ?? 0);
      expect([...bytes.subarray(offset, end)]).toEqual(samplePattern(end - offset));
    }
    const withoutRaw = ({ initializers, externalData: _, ...rest }: OnnxOutline) => ({
      ...rest,
      largestTensor: rest.largestTensor?.name,
      initializers: initializers.map(({ raw: _, ...tensor }) => tensor),
    });
    expect(withoutRaw(split)).toEqual(withoutRaw(outline));
    expect(split.initializers.map(({ raw }) => raw?.length ?? null)).toEqual([null, 1020, null]);
  });

  it('leaves a graph without large tensors as it is', () => {
    const bytes = modelSample({ nodes: [nodeSample('Gather')], initializers: [small] });
    expect(splitWeights(bytes, outlineOf(bytes)).graph).toEqual(bytes);
  });

  it('leaves external data where it is, and takes another name', () => {
    const bytes = modelSample({
      initializers: [externalTensorSample('a', 'inline-weights', '0', '4096'), large],
    });
    const outline = outlineOf(bytes);
    const { graph, location } = splitWeights(bytes, outline);
    expect(location).not.toBe('inline-weights');
    expect(outlineOf(graph).externalData).toEqual([
      { location: 'inline-weights', offset: 0, length: 4096 },
      { location, ...outline.initializers[1]?.raw },
    ]);
  });

  it('keeps of the embedded model a graph without weights', () => {
    const { graph } = splitWeights(embedded, outlineOf(embedded));
    expect(graph.length).toBeLessThan(embedded.length / 20);
  });
});

function expectError(run: () => unknown, code: RerankErrorCode, message: RegExp): void {
  expect(run).toThrow(RerankError);
  expect(run).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
}
