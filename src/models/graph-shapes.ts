import {
  axesOf,
  broadcasting,
  type GraphShapes,
  integerOf,
  isTurned,
  isUnderstood,
  listOf,
  numbersOf,
  permutationOf,
  sliceBounds,
  valueByValue,
} from './graph-operators.ts';
import { broadcastOf, productOf, quotientOf, type Size } from './graph-sizes.ts';
import type { GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';
import { readTensor } from './onnx-graph-tensors.ts';
import { readFields } from './protobuf-reader.ts';

/**
 * Follows shapes, and the arithmetic that exporters do on shapes, through a graph. Inputs are
 * `[batch, sequence]`, as those of a cross-encoder are. Operators that are not known here have
 * results of unknown shape; that is no error.
 */
export function inferShapes(graph: OnnxGraph): GraphShapes {
  const inference = new Inference();
  for (const name of graph.inputs) inference.shapes.set(name, ['batch', 'sequence']);
  for (const [name, tensor] of graph.tensors) inference.addTensor(name, tensor);
  for (const node of graph.nodes) inference.addNode(node);
  return {
    shapeOf: (value) => inference.shapeOf(value),
    integersOf: (value) => inference.integersOf(value),
  };
}

/** Results of this many elements are followed: shapes, and places in them. */
const mostIntegers = 16;

/** Models have five. */
const mostAxes = 16;

type Shape = readonly Size[];

class Inference implements GraphShapes {
  readonly shapes = new Map<string, Shape>();
  readonly #integers = new Map<string, readonly Size[]>();
  #unknowns = 0;

  shapeOf(value: string): Shape | null {
    return this.shapes.get(value) ?? null;
  }

  integersOf(value: string): readonly Size[] | null {
    return this.#integers.get(value) ?? null;
  }

  addTensor(name: string, { type, dims, length, read }: GraphTensor): void {
    this.shapes.set(name, dims);
    if (type !== 'int64' || length > 8 * mostIntegers || dims.length > 1) return;
    // A copy starts at a multiple of eight, and is not the tensor's own.
    const values = new BigInt64Array(read().slice().buffer);
    this.#integers.set(name, Array.from(values, Number));
  }

  addNode(node: GraphNode): void {
    if (!isUnderstood(node)) return;
    if (node.opType === 'Constant') {
      this.#addConstant(node);
      return;
    }
    const results = this.#resultsOf(node);
    node.outputs.forEach((output, index) => {
      const shape = results[index];
      if (output === '' || shape === null || shape === undefined) return;
      // Ranks may double from node to node in a file that means harm.
      if (shape.length <= mostAxes) this.shapes.set(output, shape);
    });
    const [output = ''] = node.outputs;
    const integers = this.#integersOf(node);
    const shape = this.shapeOf(output);
    // Without a shape a scalar and a list of one could not be told apart.
    if (integers === null || shape === null || shape.length > 1) return;
    if (integers.length <= mostIntegers) this.#integers.set(output, integers);
  }

  #addConstant({ attributes, outputs: [name = ''] }: GraphNode): void {
    const [[kind, attribute] = []] = attributes;
    if (kind === 'value_int' && attribute?.kind === 'int') {
      this.shapes.set(name, []);
      this.#integers.set(name, [attribute.value]);
    } else if (kind === 'value_ints' && attribute?.kind === 'ints') {
      this.shapes.set(name, [attribute.values.length]);
      if (attribute.values.length <= mostIntegers) this.#integers.set(name, attribute.values);
    } else if (kind === 'value_float') this.shapes.set(name, []);
    else if (kind === 'value' && attribute?.kind === 'raw') {
      const { bytes } = attribute;
      try {
        for (const field of readFields(bytes)) {
          // AttributeProto.t
          if (field.number !== 5) continue;
          const files = { fileName: `The constant ${name}`, bytes, externalData: new Map() };
          const { tensor } = readTensor(files, field);
          if (tensor !== null) this.addTensor(name, tensor);
        }
      } catch {
        // Not known, then. The runtime says what is wrong with it, if it is anything to the model.
      }
    }
  }

  /** A size that is known to be equal to itself alone. */
  #unknown(): Size {
    this.#unknowns++;
    return `?${this.#unknowns}`;
  }

  #broadcast(inputs: readonly string[]): Shape | null {
    const shapes = inputs.filter((input) => input !== '').map((input) => this.shapeOf(input));
    if (!shapes.every((shape) => shape !== null)) return null;
    return broadcastOf(shapes).map((size) => size ?? this.#unknown());
  }

  #resultsOf(node: GraphNode): readonly (Shape | null)[] {
    const { opType, inputs } = node;
    if (broadcasting.has(opType)) return [this.#broadcast(inputs)];
    const [first = '', second = '', third = ''] = inputs;
    if (opType === 'Range') return [this.#rangeOf(first, second, third)];
    if (opType === 'ConstantOfShape') return [this.integersOf(first)];
    const shape = this.shapeOf(first);
    if (shape === null) return [];
    if (sameShape.has(opType)) return [shape];
    switch (opType) {
      case 'SkipLayerNormalization':
      case 'SkipSimplifiedLayerNormalization':
        return [shape, null, null, shape];
      case 'Attention':
        return node.domain === '' || node.attributes.has('qkv_hidden_sizes') ? [] : [shape];
      case 'DynamicQuantizeLinear':
        return [shape, [], []];
      case 'Shape':
        return [[this.#shapeIntegers(node, shape).length]];
      case 'MatMul':
      case 'MatMulInteger':
      case 'FusedMatMul':
        return [this.#productOf(node, shape)];
      case 'MatMulNBits':
        return [[...shape.slice(0, -1), integerOf(node, 'N', 0)]];
      case 'Transpose':
        return [transposed(node, shape)];
      case 'Reshape':
        return [this.#reshaped(node, shape)];
      case 'Expand': {
        const target = this.integersOf(second);
        if (target === null) return [];
        return [broadcastOf([shape, target]).map((size) => size ?? this.#unknown())];
      }
      case 'Gather': {
        const picked = this.shapeOf(second);
        const axis = integerOf(node, 'axis', 0);
        const at = axis < 0 ? axis + shape.length : axis;
        return [picked && [...shape.slice(0, at), ...picked, ...shape.slice(at + 1)]];
      }
      case 'Unsqueeze':
        return [this.#unsqueezed(node, shape)];
      case 'Squeeze': {
        const none = inputs.length < 2 && !node.attributes.has('axes');
        // Which axes are one long is certain only where all are numbers.
        if (none && !shape.every((size) => typeof size === 'number')) return [];
        const axes = axesOf(node, this, shape.length);
        if (!none && axes === null) return [];
        return [shape.filter((size, axis) => (none ? size !== 1 : axes?.includes(axis) !== true))];
      }
      case 'Concat':
        return [this.#concatenated(node)];
      case 'Slice':
        return [this.#sliced(node, shape)];
      case 'Split':
        return this.#split(node, shape);
      default:
        return opType.startsWith('Reduce') ? [this.#reduced(node, shape)] : [];
    }
  }

  #rangeOf(start: string, limit: string, step: string): Shape {
    const [from] = this.integersOf(start) ?? [];
    const [to] = this.integersOf(limit) ?? [];
    const [by] = this.integersOf(step) ?? [];
    return [from === 0 && by === 1 && to !== undefined ? to : this.#unknown()];
  }

  #productOf(node: GraphNode, left: Shape): Shape | null {
    const right = this.shapeOf(node.inputs[1] ?? '');
    if (right === null || left.length < 2 || right.length < 2 || isTurned(node)) return null;
    const batch = broadcastOf([left.slice(0, -2), right.slice(0, -2)]);
    const [rows = 0, columns = 0] = [left.at(-2), right.at(-1)];
    return [...batch.map((size) => size ?? this.#unknown()), rows, columns];
  }

  #reshaped(node: GraphNode, shape: Shape): Shape | null {
    const target = this.integersOf(node.inputs[1] ?? '');
    if (target === null) return null;
    const copies = integerOf(node, 'allowzero', 0) === 0;
    const sizes = target.map((size, axis) => (size === 0 && copies ? (shape[axis] ?? null) : size));
    if (!sizes.every((size) => size !== null)) return null;
    const rest = sizes.indexOf(-1);
    if (rest < 0) return sizes;
    const [all, others] = [productOf(shape), productOf(sizes.toSpliced(rest, 1))];
    const inferred = all === null || others === null ? null : quotientOf(all, others);
    return sizes.with(rest, inferred ?? this.#unknown());
  }

  #unsqueezed(node: GraphNode, shape: Shape): Shape | null {
    const added = (listOf(node, 'axes') ?? numbersOf(this, node.inputs[1]))?.length;
    if (added === undefined) return null;
    const rank = shape.length + added;
    const axes = axesOf(node, this, rank) ?? [];
    let next = 0;
    return Array.from({ length: rank }, (_, axis) =>
      axes.includes(axis) ? 1 : (shape[next++] ?? this.#unknown()),
    );
  }

  #concatenated(node: GraphNode): Shape | null {
    const shapes = node.inputs.map((input) => this.shapeOf(input));
    const [first] = shapes;
    if (first === undefined || first === null) return null;
    const axis = integerOf(node, 'axis', 0);
    const at = axis < 0 ? axis + first.length : axis;
    const sizes = shapes.map((shape) => shape?.[at]);
    const known = sizes.every((size) => typeof size === 'number');
    return first.with(at, known ? sizes.reduce((sum, size) => sum + size, 0) : this.#unknown());
  }

  #sliced(node: GraphNode, shape: Shape): Shape | null {
    const bounds = sliceBounds(node, this, shape.length);
    if (bounds === null) return null;
    const sizes = [...shape];
    for (const { axis, start, end, step } of bounds) {
      const size = shape[axis];
      if (size === undefined) return null;
      sizes[axis] = (step === 1 ? rangeOf(size, start, end) : null) ?? this.#unknown();
    }
    return sizes;
  }

  #split(node: GraphNode, shape: Shape): Shape[] {
    const axis = integerOf(node, 'axis', 0);
    const at = axis < 0 ? axis + shape.length : axis;
    const size = shape[at];
    const parts = listOf(node, 'split') ?? numbersOf(this, node.inputs[1]);
    const even = typeof size === 'number' ? size / node.outputs.length : null;
    return node.outputs.map((_, index) => {
      const part = parts?.[index] ?? even;
      return shape.with(at, Number.isInteger(part) && part !== null ? part : this.#unknown());
    });
  }

  #reduced(node: GraphNode, shape: Shape): Shape | null {
    const axes = axesOf(node, this, shape.length);
    // No axes stand for all of them, or for none (`noop_with_empty_axes`).
    if (axes === null || axes.length === 0) return null;
    if (integerOf(node, 'keepdims', 1) === 0)
      return shape.filter((_, axis) => !axes.includes(axis));
    return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  }

  #shapeIntegers(node: GraphNode, shape: Shape): Shape {
    return shape.slice(integerOf(node, 'start', 0), integerOf(node, 'end', shape.length));
  }

  /** The elements of a node's first result, where it is arithmetic on shapes. */
  #integersOf(node: GraphNode): readonly Size[] | null {
    const { opType, inputs } = node;
    const [first = '', second = ''] = inputs;
    if (opType === 'Shape') {
      const shape = this.shapeOf(first);
      return shape === null ? null : this.#shapeIntegers(node, shape);
    }
    if (opType === 'Concat') {
      const parts = inputs.map((input) => this.integersOf(input));
      return parts.every((part) => part !== null) ? parts.flat() : null;
    }
    const values = this.integersOf(first);
    if (values === null) return null;
    switch (opType) {
      case 'Identity':
      case 'Unsqueeze':
      case 'Squeeze':
        return values;
      case 'Reshape':
        return (this.integersOf(second)?.length ?? 2) <= 1 ? values : null;
      case 'Cast':
        return integerOf(node, 'to', 0) === int64Type ? values : null;
      case 'Gather': {
        const places = numbersOf(this, second)?.map((place) => values.at(place));
        return places?.every((value) => value !== undefined) === true ? places : null;
      }
      case 'Slice': {
        const [bound, ...others] = sliceBounds(node, this, 1) ?? [];
        if (bound === undefined || others.length > 0) return null;
        const { start, end, step } = bound;
        if (typeof end !== 'number' || step !== 1) return null;
        return values.slice(clamp(start, values.length), clamp(end, values.length));
      }
      case 'Add':
      case 'Sub':
      case 'Mul':
      case 'Div':
        return this.#calculated(opType, values, this.integersOf(second));
      default:
        return null;
    }
  }

  #calculated(opType: string, left: Shape, right: Shape | null): Shape | null {
    if (right === null) return null;
    const length = Math.max(left.length, right.length);
    if ([left, right].some((side) => side.length !== length && side.length !== 1)) return null;
    const results = Array.from({ length }, (_, index) => {
      const a = left[left.length === 1 ? 0 : index] ?? 0;
      const b = right[right.length === 1 ? 0 : index] ?? 0;
      if (opType === 'Mul') return productOf([a, b]);
      if (opType === 'Div') {
        const positive = typeof a === 'number' && typeof b === 'number' && a >= 0 && b > 0;
        return positive ? Math.floor(a / b) : quotientOf(a, b);
      }
      if (typeof a !== 'number' || typeof b !== 'number') return null;
      return opType === 'Add' ? a + b : a - b;
    });
    return results.every((result) => result !== null) ? results : null;
  }
}

function transposed(node: GraphNode, shape: Shape): Shape | null {
  const sizes = permutationOf(node, shape.length).map((axis) => shape[axis]);
  return sizes.every((size) => size !== undefined) ? sizes : null;
}

/** How many rows of an axis lie from `start` to `end`, or null where that is not known. */
function rangeOf(size: Size, start: number, end: Size | null): Size | null {
  if (typeof size === 'number' && typeof end === 'number') {
    return Math.max(0, clamp(end, size) - clamp(start, size));
  }
  if (start !== 0 || end === null) return null;
  if (typeof end === 'number') return end >= farEnd ? size : end === 1 ? 1 : null;
  // A table of positions, cut to the sequence: were it shorter, it could not be added.
  return end;
}

function clamp(place: number, length: number): number {
  return Math.min(Math.max(place < 0 ? place + length : place, 0), length);
}

/** Ends from here on stand for "to the end", whatever the length: exporters write 2^31 - 1 or more. */
const farEnd = 2 ** 31 - 1;

/** TensorProto.INT64 */
const int64Type = 7;

/** Operators whose first result has the shape of the first input. */
const sameShape: ReadonlySet<string> = new Set([
  ...valueByValue,
  ...['LayerNormalization', 'SimplifiedLayerNormalization', 'Softmax', 'LogSoftmax', 'Dropout'],
  ...['FastGelu', 'BiasGelu', 'QuantizeLinear', 'DequantizeLinear', 'CumSum'],
]);
