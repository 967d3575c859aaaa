import type { Size } from './graph-sizes.ts';
import type { GraphNode } from './onnx-graph.ts';

/** What is known of a graph's values before it runs. */
export interface GraphShapes {
  /** Sizes of a value's axes; null where they are not known, not even their number. */
  readonly shapeOf: (value: string) => readonly Size[] | null;
  /** The elements of an int64 value that is a scalar or a short list; null where not known. */
  readonly integersOf: (value: string) => readonly Size[] | null;
}

/** Which part of one axis a Slice takes. */
interface SliceBound {
  /** From the left. */
  readonly axis: number;
  readonly start: number;
  /** Null when it is not known. A negative number: from the end. */
  readonly end: Size | null;
  readonly step: number;
}

/**
 * Whether a node's name means what it means in ONNX or in ONNX Runtime (in another domain it may
 * mean anything), and its attributes can be read: one that is there and cannot must not be taken
 * for its default. A tensor as `value` is looked at by nobody who asks for attributes.
 */
export function isUnderstood({ domain, attributes }: GraphNode): boolean {
  const known = domain === '' || domain === 'com.microsoft';
  return known && [...attributes].every(([name, { kind }]) => name === 'value' || kind !== 'raw');
}

/** A node's whole number, or `otherwise` where it has none of that name. */
export function integerOf<T extends number | null>(
  node: GraphNode,
  name: string,
  otherwise: T,
): number | T {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'int' ? attribute.value : otherwise;
}

/** A node's list of whole numbers. */
export function listOf(node: GraphNode, name: string): readonly number[] | null {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'ints' ? attribute.values : null;
}

/**
 * Axes that a node names, as an attribute (before opset 13) or as its second input, counted from
 * the left; null when it names none, or they are not known.
 * @param rank What a negative axis counts back from.
 */
export function axesOf(node: GraphNode, shapes: GraphShapes, rank: number): number[] | null {
  const axes = listOf(node, 'axes') ?? numbersOf(shapes, node.inputs[1]);
  return axes?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? null;
}

/** The elements of a short int64 value, where all are numbers. */
export function numbersOf(shapes: GraphShapes, value = ''): readonly number[] | null {
  const integers = shapes.integersOf(value);
  return integers?.every((one) => typeof one === 'number') === true ? integers : null;
}

/**
 * What a Slice takes, or null when its starts, axes or steps are not known.
 * @param rank Of what it slices.
 */
export function sliceBounds(
  { inputs }: GraphNode,
  shapes: GraphShapes,
  rank: number,
): SliceBound[] | null {
  const [, startInput, endInput = '', axesInput = '', stepsInput = ''] = inputs;
  const starts = numbersOf(shapes, startInput);
  if (starts === null) return null;
  const ends = shapes.integersOf(endInput);
  const axes = axesInput === '' ? starts.map((_, axis) => axis) : numbersOf(shapes, axesInput);
  const steps = stepsInput === '' ? starts.map(() => 1) : numbersOf(shapes, stepsInput);
  if (axes === null || steps === null) return null;
  return starts.map((start, index) => {
    const axis = axes[index] ?? 0;
    const end = ends?.[index] ?? null;
    return { axis: axis < 0 ? axis + rank : axis, start, end, step: steps[index] ?? 1 };
  });
}

/** Whether a FusedMatMul turns one of its sides around. */
export function isTurned(node: GraphNode): boolean {
  return ['transA', 'transB', 'transBatchA', 'transBatchB'].some(
    (name) => integerOf(node, name, 0) !== 0,
  );
}

/** The order in which a Transpose takes the axes of its input. */
export function permutationOf(node: GraphNode, rank: number): readonly number[] {
  return listOf(node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

/** Operators that work value by value on one or more inputs, which are broadcast. */
export const broadcasting: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Mod', 'Where', 'PRelu'],
  ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Xor'],
]);

/** Operators that work value by value on their first input; what else they read is one value. */
export const valueByValue: ReadonlySet<string> = new Set([
  ...['Erf', 'Tanh', 'Gelu', 'Relu', 'Sigmoid', 'Cast', 'Identity', 'Sqrt', 'Reciprocal', 'Neg'],
  ...['Abs', 'Exp', 'Log', 'Not', 'IsNaN', 'IsInf', 'Sin', 'Cos', 'Sign', 'Softplus', 'HardSwish'],
  ...['LeakyRelu', 'Elu', 'Clip', 'QuickGelu'],
]);
