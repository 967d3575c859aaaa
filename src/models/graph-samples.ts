// Small cross-encoders as graphs, written as several exporters write them, with weights that are
// random and always the same. For tests; nothing else may import this file.

import type { GraphAttribute, GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';
import { messageField, textField, valueSample, versionField } from './onnx-samples.ts';

/** How a graph is written. */
export interface SampleStyle {
  /**
   * `shapes`: every Reshape aims at sizes that are asked for with Shape, and layer norms are
   * decomposed, as torch writes them up to opset 13. `scaled`: scaled dot-product attention, in
   * which query and key are multiplied with a root each that is computed from the query's shape,
   * with a mask of one row per token. `stacked`: query, key and value in one product, reshaped to
   * five axes and picked with Gather. `flat`: tokens of all rows on one axis around each product.
   * `fused`: ONNX Runtime's SkipLayerNormalization, BiasGelu and Attention.
   */
  readonly attention: 'shapes' | 'scaled' | 'stacked' | 'flat' | 'fused';
  readonly head?: 'gather' | 'slice' | 'mean' | 'second' | 'both';
}

/** Hidden values of a token, in two heads; the feed-forward part has twice as many. */
const sampleHidden = 16;
const heads = 2;
const width = sampleHidden / heads;
const layers = 2;
/** Token ids are below this; 0 is padding. */
export const sampleVocabulary = 40;

/** A model of two layers that reads `input_ids` and `attention_mask`. */
export function encoderSample(style: SampleStyle): OnnxGraph {
  const b = new SampleBuilder(style.attention === 'shapes' ? 11 : 17);
  const words = b.op('Gather', [b.weights([sampleVocabulary, sampleHidden], 2), 'input_ids']);
  const length = b.op('Gather', [b.op('Shape', ['input_ids']), b.integers(1)]);
  const ends = b.unsqueeze(length, [0]);
  const rows = b.weights([1, 128, sampleHidden]);
  const places = b.op('Slice', [rows, b.integers([0]), ends, b.integers([1])]);
  let tokens = layerNorm(b, style, b.op('Add', [words, places]));
  const wide = b.unsqueeze('attention_mask', [1, 2]);
  const empty = b.op('Sub', [b.floats(1), b.op('Cast', [wide], { to: 1 })]);
  const mask = b.op('Mul', [empty, b.floats(-10_000)]);
  for (let layer = 0; layer < layers; layer++) {
    const context = attentionOf(b, style, tokens, mask);
    const out = linear(b, style, context, sampleHidden);
    const middle = addNorm(b, style, out, tokens);
    const product = b.op('MatMul', [middle, b.weights([sampleHidden, 2 * sampleHidden])]);
    const bias = b.weights([2 * sampleHidden]);
    const active =
      style.attention === 'fused'
        ? b.op('BiasGelu', [product, bias], {}, microsoft)
        : gelu(b, b.op('Add', [bias, product]));
    tokens = addNorm(b, style, linear(b, style, active, sampleHidden, 2 * sampleHidden), middle);
  }
  const pooled = poolOf(b, style, tokens);
  const logits = b.op('MatMul', [pooled, b.weights([sampleHidden, 1], 1)]);
  return b.finish(b.op('Identity', [logits]));
}

function poolOf(b: SampleBuilder, { head = 'gather' }: SampleStyle, tokens: string): string {
  const row = (place: number) => b.op('Gather', [tokens, b.constant(place)], { axis: 1 });
  const [start, end, axis] = [b.integers([0]), b.integers([1]), b.integers([1])];
  switch (head) {
    case 'gather': {
      // torch: tokens[:, 0], all rows first.
      const all = [b.integers([0]), b.integers([2 ** 31]), b.integers([0])];
      const same = b.op('Slice', [tokens, ...all]);
      return b.op('Gather', [same, b.constant(0)], { axis: 1 });
    }
    case 'slice':
      return b.squeeze(b.op('Slice', [tokens, start, end, axis]), [1]);
    case 'second':
      return row(1);
    case 'both':
      return b.op('Add', [row(0), row(1)]);
    case 'mean':
      return b.op('ReduceMean', [tokens], { axes: [1], keepdims: 0 });
    default:
      return head satisfies never;
  }
}

function attentionOf(b: SampleBuilder, style: SampleStyle, tokens: string, mask: string): string {
  const scale = b.floats(1 / Math.sqrt(width));
  const finish = (product: string, value: string, masked = mask): string => {
    const weights = b.op('Softmax', [b.op('Add', [product, masked])], { axis: 3 });
    const context = b.op('Transpose', [b.op('MatMul', [weights, value])], { perm: [0, 2, 1, 3] });
    if (style.attention === 'shapes') return reshapeAsTorch(b, context, [sampleHidden]);
    return b.op('Reshape', [context, b.integers([0, -1, sampleHidden])]);
  };
  const project = () => linear(b, style, tokens, sampleHidden, sampleHidden, 2);
  switch (style.attention) {
    case 'shapes': {
      const [query = '', key = '', value = ''] = [0, 1, 2].map((part) =>
        b.op('Transpose', [reshapeAsTorch(b, project(), [heads, width])], {
          perm: part === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3],
        }),
      );
      const root = b.constant(Math.sqrt(width), 'float32');
      return finish(b.op('Div', [b.op('MatMul', [query, key]), root]), value);
    }
    case 'flat':
    case 'scaled': {
      const aim = b.integers([0, 0, heads, width]);
      const split = () =>
        b.op('Transpose', [b.op('Reshape', [project(), aim])], { perm: [0, 2, 1, 3] });
      const [query, key, value] = [split(), split(), split()];
      // torch asks the query for its width, and uses the root for both.
      const last = [b.integers([-1]), b.integers([2 ** 53])];
      const size = b.op('Slice', [b.op('Shape', [query]), ...last]);
      const part = b.op('Sqrt', [b.op('Sqrt', [b.op('Cast', [size], { to: 1 })])]);
      const turned = b.op('Transpose', [key], { perm: [0, 1, 3, 2] });
      const product = b.op('MatMul', [b.op('Div', [query, part]), b.op('Div', [turned, part])]);
      // [batch, 1, sequence, sequence]
      const shape = b.op('Shape', ['input_ids']);
      const sides = [0, 1, 1].map((axis) => b.op('Gather', [shape, b.integers([axis])]));
      const [rows = '', from = '', to = ''] = sides;
      const square = b.op('Concat', [rows, b.integers([1]), from, to], { axis: 0 });
      return finish(product, value, b.op('Expand', [mask, square]));
    }
    case 'stacked': {
      const joint = linear(b, style, tokens, 3 * sampleHidden, sampleHidden, 2);
      const parts = b.op('Reshape', [joint, b.integers([0, 0, 3, heads, width])]);
      const turned = b.op('Transpose', [parts], { perm: [2, 0, 3, 1, 4] });
      const [query = '', key = '', value = ''] = [0, 1, 2].map((part) =>
        b.op('Gather', [turned, b.integers(part)], { axis: 0 }),
      );
      const product = b.op('MatMul', [query, b.op('Transpose', [key], { perm: [0, 1, 3, 2] })]);
      return finish(b.op('Mul', [product, scale]), value);
    }
    case 'fused': {
      const lengths = b.op('Cast', ['attention_mask'], { to: 6 });
      const weights = [b.weights([sampleHidden, 3 * sampleHidden], 2)];
      const inputs = [tokens, ...weights, b.weights([3 * sampleHidden]), lengths];
      return b.op('Attention', inputs, { num_heads: heads }, microsoft);
    }
    default:
      return style.attention satisfies never;
  }
}

/** To [batch, sequence, ...sizes], with the first two asked for one by one. */
function reshapeAsTorch(b: SampleBuilder, input: string, sizes: readonly number[]): string {
  const asked = [0, 1].map((axis) => {
    const size = b.op('Gather', [b.op('Shape', [input]), b.constant(axis)], { axis: 0 });
    return b.unsqueeze(size, [0]);
  });
  const fixed = sizes.map((size) => b.unsqueeze(b.constant(size), [0]));
  return b.op('Reshape', [input, b.op('Concat', [...asked, ...fixed], { axis: 0 })]);
}

function linear(
  b: SampleBuilder,
  style: SampleStyle,
  input: string,
  to: number,
  from = sampleHidden,
  gain = 1,
): string {
  const weights = b.weights([from, to], gain);
  const bias = b.weights([to]);
  if (style.attention !== 'flat') return b.op('Add', [b.op('MatMul', [input, weights]), bias]);
  const flat = b.op('Reshape', [input, b.integers([-1, from])]);
  const shape = b.op('Shape', ['input_ids']);
  const product = b.op('Gemm', [flat, weights, bias]);
  return b.op('Reshape', [product, b.op('Concat', [shape, b.integers([to])], { axis: 0 })]);
}

function addNorm(b: SampleBuilder, style: SampleStyle, left: string, right: string): string {
  if (style.attention !== 'fused') return layerNorm(b, style, b.op('Add', [left, right]));
  const inputs = [left, right, b.weights([sampleHidden], 4), b.weights([sampleHidden])];
  return b.op('SkipLayerNormalization', inputs, { epsilon: 1e-5 }, microsoft);
}

function layerNorm(b: SampleBuilder, style: SampleStyle, input: string): string {
  const [gamma, beta] = [b.weights([sampleHidden], 4), b.weights([sampleHidden])];
  if (style.attention !== 'shapes') {
    return b.op('LayerNormalization', [input, gamma, beta], { axis: -1, epsilon: 1e-5 });
  }
  const mean = (value: string) => b.op('ReduceMean', [value], { axes: [-1] });
  const centred = b.op('Sub', [input, mean(input)]);
  const variance = mean(b.op('Pow', [centred, b.constant(2, 'float32')]));
  const spread = b.op('Sqrt', [b.op('Add', [variance, b.constant(1e-5, 'float32')])]);
  return b.op('Add', [b.op('Mul', [b.op('Div', [centred, spread]), gamma]), beta]);
}

function gelu(b: SampleBuilder, input: string): string {
  const erf = b.op('Erf', [b.op('Div', [input, b.floats(Math.SQRT2)])]);
  const product = b.op('Mul', [input, b.op('Add', [erf, b.floats(1)])]);
  return b.op('Mul', [product, b.floats(0.5)]);
}

const microsoft = 'com.microsoft';

type Attributes = Readonly<Record<string, number | readonly number[]>>;

class SampleBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #tensors = new Map<string, GraphTensor>();
  readonly #opset: number;
  #state = 1;

  constructor(opset: number) {
    this.#opset = opset;
  }

  op(opType: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    const output = `${opType}_${this.#nodes.length}`;
    const decoded = Object.entries(attributes).map(([name, value]) => {
      if (typeof value !== 'number') return [name, { kind: 'ints', values: value }] as const;
      const kind = Number.isInteger(value) ? 'int' : 'float';
      return [name, { kind, value }] as const;
    });
    const all = new Map<string, GraphAttribute>(decoded);
    this.#nodes.push({ name: output, opType, domain, inputs, outputs: [output], attributes: all });
    return output;
  }

  /** Axes were an attribute before opset 13. */
  unsqueeze(input: string, axes: readonly number[]): string {
    return this.#opset < 13
      ? this.op('Unsqueeze', [input], { axes })
      : this.op('Unsqueeze', [input, this.integers(axes)]);
  }

  squeeze(input: string, axes: readonly number[]): string {
    return this.#opset < 13
      ? this.op('Squeeze', [input], { axes })
      : this.op('Squeeze', [input, this.integers(axes)]);
  }

  integers(values: number | readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    const bytes = new Uint8Array(BigInt64Array.from(list, BigInt).buffer);
    return this.#tensor('int64', typeof values === 'number' ? [] : [list.length], bytes);
  }

  floats(value: number): string {
    return this.#tensor('float32', [], new Uint8Array(Float32Array.of(value).buffer));
  }

  /** Even between -half and half; a norm's gamma gets a gain above one, so it is not near 0. */
  weights(dims: readonly number[], gain = 0.5): string {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const half = dims.length === 1 ? 0.25 * gain : gain * Math.sqrt(3 / (dims.at(-2) ?? 1));
    const values = Float32Array.from({ length: count }, () => half * this.#random());
    return this.#tensor('float32', dims, new Uint8Array(values.buffer));
  }

  /** A scalar as torch writes it: a node of its own. */
  constant(value: number, type: 'int64' | 'float32' = 'int64'): string {
    const raw = type === 'int64' ? BigInt64Array.of(BigInt(value)) : Float32Array.of(value);
    // TensorProto: data_type, raw_data. AttributeProto: name, t, type.
    const tensor = [
      16,
      type === 'int64' ? 7 : 1,
      ...messageField(9, [...new Uint8Array(raw.buffer)]),
    ];
    const bytes = [...textField(1, 'value'), ...messageField(5, tensor), 0xa0, 0x01, 4];
    const output = `Constant_${this.#nodes.length}`;
    this.#nodes.push({
      name: output,
      opType: 'Constant',
      domain: '',
      inputs: [],
      outputs: [output],
      attributes: new Map([['value', { kind: 'raw', bytes: Uint8Array.from(bytes) }]]),
    });
    return output;
  }

  finish(logits: string): OnnxGraph {
    const inputs = ['input_ids', 'attention_mask'];
    const graphFields = [
      textField(2, 'sample'),
      ...inputs.map((name) => messageField(11, valueSample(name, 7, ['batch', 'sequence']))),
      messageField(12, valueSample(logits, 1, null)),
    ];
    return {
      nodes: this.#nodes,
      tensors: this.#tensors,
      inputs,
      outputs: [logits],
      opsets: new Map([
        ['', this.#opset],
        [microsoft, 1],
      ]),
      modelFields: [Uint8Array.from(versionField)],
      graphFields: graphFields.map((field) => Uint8Array.from(field)),
    };
  }

  #tensor(type: string, dims: readonly number[], bytes: Uint8Array): string {
    const name = `tensor_${this.#tensors.size}`;
    this.#tensors.set(name, { name, type, dims, length: bytes.length, read: () => bytes });
    return name;
  }

  /** From -1 to 1: xorshift. */
  #random(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state / 2 ** 31;
  }
}
