import { nameGiver } from './graph-names.ts';
import { type GraphShapes, integerOf, isUnderstood, listOf, numbersOf } from './graph-operators.ts';
import type { GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';

/**
 * Makes two products of one whose result is split at once, where its parts are not alike: as of
 * the joint projection to query, key and value, of which less is needed of the query. Weights are
 * cut when they are read.
 * @param isNarrow Whether of a value less than all is needed.
 * @returns The same graph where no product is split so, or its weights are not fixed.
 */
export function splitJointProducts(
  graph: OnnxGraph,
  shapes: GraphShapes,
  isNarrow: (value: string) => boolean,
): OnnxGraph {
  const cutter = new Cutter(graph, shapes);
  let cut = false;
  const nodes = graph.nodes.flatMap((node) => {
    const [narrow = [], wide = []] = [true, false].map((wanted) =>
      node.outputs.filter((output) => isNarrow(output) === wanted),
    );
    const unlike =
      node.opType === 'Split' && isUnderstood(node) && narrow.length > 0 && wide.length > 0;
    const pieces = unlike ? cutter.cut(node, isNarrow) : null;
    if (pieces === null) return [node];
    cut = true;
    return pieces;
  });
  return cut ? { ...graph, nodes, tensors: cutter.tensors } : graph;
}

/** A part of a joint product's columns. */
interface Columns {
  readonly from: number;
  readonly to: number;
}

class Cutter {
  readonly tensors: Map<string, GraphTensor>;
  readonly #shapes: GraphShapes;
  readonly #give: (wanted: string) => string;
  readonly #makers = new Map<string, GraphNode>();
  readonly #readers = new Map<string, number>();

  constructor(graph: OnnxGraph, shapes: GraphShapes) {
    this.tensors = new Map(graph.tensors);
    this.#shapes = shapes;
    this.#give = nameGiver(graph);
    const count = (value: string): void => {
      this.#readers.set(value, (this.#readers.get(value) ?? 0) + 1);
    };
    for (const node of graph.nodes) {
      for (const output of node.outputs) this.#makers.set(output, node);
      for (const input of node.inputs) count(input);
    }
    for (const output of graph.outputs) count(output);
  }

  /** A Split and the product before it, as one product for each run of like parts. */
  cut(split: GraphNode, isNarrow: (value: string) => boolean): GraphNode[] | null {
    const [input = ''] = split.inputs;
    const rank = this.#shapes.shapeOf(input)?.length ?? 0;
    const axis = integerOf(split, 'axis', 0);
    const sizes = split.outputs.map((output) => this.#shapes.shapeOf(output)?.at(-1));
    if (rank < 2 || (axis !== -1 && axis !== rank - 1)) return null;
    if (!sizes.every((size) => typeof size === 'number')) return null;
    const columns = sizes.reduce((sum, size) => sum + size, 0);

    const last = this.#onlyMaker(input);
    const bias = last?.opType === 'Add' ? this.#biasOf(last, columns) : null;
    const product = bias === null ? last : this.#onlyMaker(bias.input);
    if (product === null || !isUnderstood(product)) return null;

    const nodes: GraphNode[] = [];
    for (let start = 0, from = 0; start < sizes.length; ) {
      const narrow = isNarrow(split.outputs[start] ?? '');
      let end = start + 1;
      while (end < sizes.length && isNarrow(split.outputs[end] ?? '') === narrow) end++;
      const parts = sizes.slice(start, end);
      const outputs = split.outputs.slice(start, end);
      const part = { from, to: from + parts.reduce((sum, size) => sum + size, 0) };
      const value = outputs.length === 1 ? (outputs[0] ?? '') : this.#give(`${input}/${from}`);
      const raw = bias === null ? value : this.#give(`${input}/${from}/product`);
      const cut = this.#cutProduct(product, part, columns, raw);
      if (cut === null) return null;
      nodes.push(cut);
      if (bias !== null) nodes.push(plain('Add', [raw, this.#columnsOf(bias.tensor, part)], value));
      if (outputs.length > 1) nodes.push(this.#splitOf(split, value, parts, outputs));
      start = end;
      from = part.to;
    }
    return nodes;
  }

  /** The node that makes a value which one other node reads, once. */
  #onlyMaker(value: string): GraphNode | null {
    return this.#readers.get(value) === 1 ? (this.#makers.get(value) ?? null) : null;
  }

  #biasOf({ inputs }: GraphNode, columns: number): { input: string; tensor: GraphTensor } | null {
    const [left = '', right = ''] = inputs;
    for (const [input, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const tensor = this.tensors.get(other);
      if (tensor?.dims.length === 1 && tensor.dims[0] === columns) return { input, tensor };
    }
    return null;
  }

  #cutProduct(node: GraphNode, part: Columns, columns: number, output: string): GraphNode | null {
    const { opType, inputs } = node;
    const [input = '', weightInput = ''] = inputs;
    if (opType === 'MatMul') {
      const weight = this.tensors.get(weightInput);
      if (weight?.dims.length !== 2 || weight.dims[1] !== columns) return null;
      return plain('MatMul', [input, this.#columnsOf(weight, part)], output);
    }
    if (opType !== 'MatMulNBits' || integerOf(node, 'N', 0) !== columns) return null;
    // Blocks, scales, zero points and bias all lie column by column; an order of rows would not.
    const tensors = inputs.slice(1).map((name) => (name === '' ? null : this.tensors.get(name)));
    if ((inputs[4] ?? '') !== '') return null;
    const names: string[] = [];
    for (const tensor of tensors) {
      const cut = tensor === null ? '' : tensor && this.#runOf(tensor, part, columns);
      if (cut === undefined || cut === null) return null;
      names.push(cut);
    }
    const attributes = new Map(node.attributes);
    attributes.set('N', { kind: 'int', value: part.to - part.from });
    return { ...node, name: '', inputs: [input, ...names], outputs: [output], attributes };
  }

  /** A part of a tensor's last axis. */
  #columnsOf(tensor: GraphTensor, { from, to }: Columns): string {
    const all = tensor.dims.at(-1) ?? 1;
    const rows = tensor.dims.slice(0, -1).reduce((product, dim) => product * dim, 1);
    const width = tensor.length / (rows * all);
    const length = rows * (to - from) * width;
    return this.#add(tensor, from, {
      dims: tensor.dims.with(-1, to - from),
      length,
      read: () => {
        const whole = tensor.read();
        const bytes = new Uint8Array(length);
        for (let row = 0; row < rows; row++) {
          const start = row * all * width;
          const line = whole.subarray(start + from * width, start + to * width);
          bytes.set(line, row * (to - from) * width);
        }
        return bytes;
      },
    });
  }

  /** A part of a tensor that lies column by column. */
  #runOf(tensor: GraphTensor, { from, to }: Columns, columns: number): string | null {
    const [first = 0, ...others] = tensor.dims;
    if (first % columns !== 0) return null;
    const width = tensor.length / columns;
    return this.#add(tensor, from, {
      dims: [(first / columns) * (to - from), ...others],
      length: (to - from) * width,
      read: () => tensor.read().subarray(from * width, to * width),
    });
  }

  #add(tensor: GraphTensor, from: number, part: Omit<GraphTensor, 'name' | 'type'>): string {
    const name = this.#give(`${tensor.name}/${from}`);
    this.tensors.set(name, { name, type: tensor.type, ...part });
    return name;
  }

  #splitOf(
    split: GraphNode,
    input: string,
    sizes: readonly number[],
    outputs: readonly string[],
  ): GraphNode {
    const attributes = new Map(split.attributes);
    const inputs = [input];
    if (listOf(split, 'split') !== null) attributes.set('split', { kind: 'ints', values: sizes });
    else if (numbersOf(this.#shapes, split.inputs[1]) !== null) {
      const bytes = new Uint8Array(BigInt64Array.from(sizes, BigInt).buffer);
      const name = this.#give(`${input}/sizes`);
      const dims = [sizes.length];
      const tensor = { name, type: 'int64', dims, length: bytes.length, read: () => bytes };
      this.tensors.set(name, tensor);
      inputs.push(name);
    }
    if (attributes.has('num_outputs')) {
      attributes.set('num_outputs', { kind: 'int', value: outputs.length });
    }
    return { ...split, name: '', inputs, outputs, attributes };
  }
}

/** Without a name, which no two nodes may share. */
function plain(opType: string, inputs: readonly string[], output: string): GraphNode {
  return { name: '', opType, domain: '', inputs, outputs: [output], attributes: new Map() };
}
