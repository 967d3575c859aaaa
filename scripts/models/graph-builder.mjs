// Layers of a transformer as ONNX nodes, in fp32 or dynamically quantised to int8, with random
// weights that depend on nothing but a seed and the weight's name.

/** @typedef {import('./onnx-writer.mjs').Attribute} Attribute */
/** @typedef {import('./onnx-writer.mjs').DataType} DataType */
/** @typedef {import('./onnx-writer.mjs').Graph} Graph */
/** @typedef {import('./onnx-writer.mjs').Node} Node */
/** @typedef {import('./onnx-writer.mjs').Tensor} Tensor */
/** @typedef {'fp32' | 'int8'} Dtype */
/** @typedef {string} Value the name of a tensor in the graph */

/**
 * Weights are even between -limit and +limit steps. Matrices use seven of the eight bits, as ONNX
 * Runtime's quantiser does with `reduce_range`: with eight, processors without VNNI saturate in
 * MatMulInteger and give other logits.
 */
const quantisedLimit = { matrix: 63, embedding: 127 };

/** Values made at a time, so that a gigabyte of weights needs no gigabyte of memory. */
const chunkValues = 2 ** 18;

/** Collects nodes and weights of one graph; every method returns the name of its result. */
export class GraphBuilder {
  /** @type {Node[]} */
  #nodes = [];
  /** @type {Tensor[]} */
  #initializers = [];
  /** @type {Map<Value, Value[]>} */
  #quantised = new Map();
  #seed;
  #dtype;

  /**
   * @param {number} seed
   * @param {Dtype} dtype
   */
  constructor(seed, dtype) {
    this.#seed = seed;
    this.#dtype = dtype;
  }

  /**
   * The finished graph: int64 inputs [batch, sequence], one output `logits` [batch, 1].
   * @param {string} name
   * @param {readonly string[]} inputs
   * @param {Value} logits
   * @returns {Graph}
   */
  finish(name, inputs, logits) {
    this.#nodes.push({ opType: 'Identity', inputs: [logits], outputs: ['logits'], attributes: {} });
    return {
      name,
      opset: 17,
      nodes: this.#nodes,
      inputs: inputs.map((input) => ({
        name: input,
        type: 'int64',
        dims: ['batch_size', 'sequence_length'],
      })),
      outputs: [{ name: 'logits', type: 'float', dims: ['batch_size', 1] }],
      initializers: this.#initializers,
    };
  }

  /**
   * @param {string} opType
   * @param {readonly Value[]} inputs
   * @param {Readonly<Record<string, Attribute>>} [attributes]
   * @returns {Value}
   */
  node(opType, inputs, attributes = {}) {
    return this.nodes(1, opType, inputs, attributes)[0] ?? '';
  }

  /**
   * A node of several results.
   * @param {number} count
   * @param {string} opType
   * @param {readonly Value[]} inputs
   * @param {Readonly<Record<string, Attribute>>} [attributes]
   * @returns {Value[]}
   */
  nodes(count, opType, inputs, attributes = {}) {
    const base = `${opType}_${this.#nodes.length}_output`;
    const outputs = Array.from({ length: count }, (_, index) => `${base}_${index}`);
    this.#nodes.push({ opType, inputs, outputs, attributes });
    return outputs;
  }

  /**
   * Whole numbers: a scalar, or a list of one dimension.
   * @param {number | readonly number[]} values
   */
  integers(values) {
    const list = typeof values === 'number' ? [values] : values;
    const bytes = new Uint8Array(BigInt64Array.from(list, BigInt).buffer);
    return this.#constant('int64', typeof values === 'number' ? [] : [list.length], bytes);
  }

  /**
   * Floats: a scalar, or a list of one dimension.
   * @param {number | readonly number[]} values
   */
  floats(values) {
    const list = typeof values === 'number' ? [values] : values;
    const bytes = new Uint8Array(Float32Array.from(list).buffer);
    return this.#constant('float', typeof values === 'number' ? [] : [list.length], bytes);
  }

  /**
   * `torch.nn.Linear`: MatMul and Add, or DynamicQuantizeLinear, MatMulInteger, Cast, Mul and Add.
   * @param {Value} input [..., size[0]]
   * @param {string} name the module's, for example `bert.pooler.dense`
   * @param {readonly [input: number, output: number]} size
   * @param {{ gain?: number, bias?: boolean }} [options] gain: spread of the output for an input
   *   of spread 1; default 1, with bias
   */
  linear(input, name, size, { gain = 1, bias = true } = {}) {
    // An even distribution between -h and +h has a standard deviation of h / sqrt(3).
    const half = gain * Math.sqrt(3 / size[0]);
    const product =
      this.#dtype === 'fp32'
        ? this.node('MatMul', [input, this.#weight(`${name}.weight`, size, half)])
        : this.#integerProduct(input, name, size, half);
    if (!bias) return product;
    return this.node('Add', [product, this.#weight(`${name}.bias`, [size[1]], 0.1)]);
  }

  /**
   * `torch.nn.Embedding`; in int8 the rows are quantised, too, and restored after they are looked up.
   * @param {Value} ids
   * @param {string} name
   * @param {readonly [rows: number, width: number]} size
   * @param {number} spread standard deviation of the values
   */
  embedding(ids, name, size, spread) {
    const half = spread * Math.sqrt(3);
    if (this.#dtype === 'fp32') {
      return this.node('Gather', [this.#weight(`${name}.weight`, size, half), ids], { axis: 0 });
    }
    const [weight, scale, zero] = this.#quantisedWeight(name, size, half, 'embedding');
    return this.node('DequantizeLinear', [
      this.node('Gather', [weight, ids], { axis: 0 }),
      scale,
      zero,
    ]);
  }

  /**
   * @param {Value} input
   * @param {string} name
   * @param {number} width
   * @param {{ epsilon: number, bias?: boolean }} options
   */
  layerNorm(input, name, width, { epsilon, bias = true }) {
    const weights = [this.#weight(`${name}.weight`, [width], 0.1, 1)];
    if (bias) weights.push(this.#weight(`${name}.bias`, [width], 0.1));
    const attributes = { axis: -1, epsilon: { float: epsilon } };
    return this.node('LayerNormalization', [input, ...weights], attributes);
  }

  /** The exact GELU, `x / 2 * (1 + erf(x / sqrt(2)))`. @param {Value} input */
  gelu(input) {
    const erf = this.node('Erf', [this.node('Div', [input, this.floats(Math.SQRT2)])]);
    const product = this.node('Mul', [input, this.node('Add', [erf, this.floats(1)])]);
    return this.node('Mul', [product, this.floats(0.5)]);
  }

  /**
   * @param {Value} input
   * @param {string} name
   * @param {readonly [number, number]} size
   * @param {number} half
   */
  #integerProduct(input, name, size, half) {
    // One quantisation serves all matrices that read the same values, as in the real files.
    const known = this.#quantised.get(input);
    const [values = '', scale = '', zero = ''] =
      known ?? this.nodes(3, 'DynamicQuantizeLinear', [input]);
    if (known === undefined) this.#quantised.set(input, [values, scale, zero]);
    const [weight, weightScale, weightZero] = this.#quantisedWeight(name, size, half, 'matrix');
    const product = this.node('MatMulInteger', [values, weight, zero, weightZero]);
    return this.node('Mul', [
      this.node('Cast', [product], { to: 1 }),
      this.node('Mul', [scale, weightScale]),
    ]);
  }

  /**
   * Even between offset - half and offset + half.
   * @param {string} name
   * @param {readonly number[]} dims
   * @param {number} half
   * @param {number} [offset]
   */
  #weight(name, dims, half, offset = 0) {
    const create = (/** @type {number} */ count) => new Float32Array(count);
    const chunks = () => this.#random(name, dims, create, (unit) => offset + half * unit);
    return this.#initializer({ name, type: 'float', dims, chunks });
  }

  /**
   * @param {string} name
   * @param {readonly number[]} dims
   * @param {number} half
   * @param {keyof typeof quantisedLimit} kind
   * @returns {[weight: Value, scale: Value, zeroPoint: Value]}
   */
  #quantisedWeight(name, dims, half, kind) {
    const limit = quantisedLimit[kind];
    const create = (/** @type {number} */ count) => new Int8Array(count);
    // Of the same random values as the fp32 weight.
    const chunks = () =>
      this.#random(`${name}.weight`, dims, create, (unit) => Math.round(limit * unit));
    const weight = this.#initializer({
      name: `${name}.weight_quantized`,
      type: 'int8',
      dims,
      chunks,
    });
    return [weight, this.floats(half / limit), this.#constant('int8', [], Uint8Array.of(0))];
  }

  /**
   * Random numbers from -1 to 1 (mulberry32), turned into a weight's values. Integer arithmetic
   * alone, so that every machine and every version of Node makes the same file.
   * @param {string} name
   * @param {readonly number[]} dims
   * @param {(count: number) => Float32Array | Int8Array} create
   * @param {(unit: number) => number} weightOf
   */
  *#random(name, dims, create, weightOf) {
    let state = hashOf(`${this.#seed}:${name}`);
    const total = dims.reduce((product, dim) => product * dim, 1);
    for (let from = 0; from < total; from += chunkValues) {
      const values = create(Math.min(chunkValues, total - from));
      for (let index = 0; index < values.length; index++) {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        values[index] = weightOf((mixed ^ (mixed >>> 14)) / 2 ** 31);
      }
      yield new Uint8Array(values.buffer);
    }
  }

  /**
   * @param {DataType} type
   * @param {readonly number[]} dims
   * @param {Uint8Array} bytes
   */
  #constant(type, dims, bytes) {
    const name = `constant_${this.#initializers.length}`;
    return this.#initializer({ name, type, dims, chunks: () => [bytes] });
  }

  /** @param {Tensor} tensor */
  #initializer(tensor) {
    this.#initializers.push(tensor);
    return tensor.name;
  }
}

/** FNV-1a, 32 bits. @param {string} text */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
