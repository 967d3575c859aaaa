import {
  axesOf,
  broadcasting,
  type GraphShapes,
  integerOf,
  isTurned,
  isUnderstood,
  permutationOf,
  sliceBounds,
  valueByValue,
} from './graph-operators.ts';
import { productOf, type Size } from './graph-sizes.ts';
import type { GraphNode } from './onnx-graph.ts';

/** How a node gives the first row along one axis when it gets no more than that itself. */
export interface FirstRow {
  /** For each input the axis of which the first row is enough, from the right: -1 is the last. */
  readonly axes: readonly (number | null)[];
  /** What a Reshape has to aim at instead. */
  readonly target?: readonly number[];
}

/**
 * Whether a node works row by row along an axis of its results, and what it then needs of its
 * inputs. Exact: each value of the first row is made of the same values as before.
 * @param axis Of the results, from the right.
 * @param opset Of ONNX's own operators.
 * @returns Null when it does not, or when too little is known of it.
 */
export function firstRowOf(
  node: GraphNode,
  axis: number,
  shapes: GraphShapes,
  opset: number,
): FirstRow | null {
  if (!isUnderstood(node)) return null;
  const { opType, inputs } = node;
  const [first = '', second = ''] = inputs;
  if (broadcasting.has(opType) || opType === 'BiasGelu' || opType === 'FastGelu') {
    const axes = inputs.map((input) => broadcastAxis(shapes.shapeOf(input), axis, input));
    return axes.every((one) => one !== undefined) ? { axes } : null;
  }
  const shape = shapes.shapeOf(first);
  if (shape === null) return null;
  const rank = shape.length;
  const ofFirst = (one: number | undefined): FirstRow | null =>
    one === undefined || one >= 0 || one < -rank
      ? null
      : { axes: inputs.map((_, index) => (index === 0 ? one : null)) };
  if (valueByValue.has(opType)) return ofFirst(axis);
  switch (opType) {
    case 'QuantizeLinear':
    case 'DequantizeLinear':
      // With one scale for all values.
      return shapes.shapeOf(second)?.length === 0 ? ofFirst(axis) : null;
    case 'LayerNormalization':
    case 'SimplifiedLayerNormalization':
    case 'Softmax':
    case 'LogSoftmax': {
      // Before opset 13 Softmax flattens all axes from this one on.
      const usual = opType.endsWith('Softmax') && opset < 13 ? 1 : -1;
      const from = integerOf(node, 'axis', usual);
      return axis < (from < 0 ? from : from - rank) ? ofFirst(axis) : null;
    }
    case 'SkipLayerNormalization':
    case 'SkipSimplifiedLayerNormalization':
      if (axis !== -2 || !sameSizes(shape, shapes.shapeOf(second))) return null;
      return { axes: inputs.map((_, index) => (index < 2 ? axis : null)) };
    case 'ReduceMean':
    case 'ReduceSum':
    case 'ReduceMax': {
      const axes = axesOf(node, shapes, rank);
      const kept = integerOf(node, 'keepdims', 1) === 1;
      // No axes at all stand for all of them.
      const others = axes !== null && axes.length > 0 && !axes.includes(axis + rank);
      return kept && others ? ofFirst(axis) : null;
    }
    case 'MatMul':
    case 'FusedMatMul': {
      const right = shapes.shapeOf(second)?.length ?? 0;
      return axis === -2 && right >= 2 && !isTurned(node) ? ofFirst(axis) : null;
    }
    case 'MatMulNBits':
      return axis === -2 ? ofFirst(axis) : null;
    case 'Transpose': {
      const from = permutationOf(node, rank)[axis + rank];
      return ofFirst(from === undefined ? from : from - rank);
    }
    case 'Reshape':
      return firstRowOfReshape(node, axis, shapes, shape);
    case 'Concat': {
      const joined = integerOf(node, 'axis', 0);
      if ((joined < 0 ? joined : joined - rank) === axis) return null;
      return { axes: inputs.map(() => axis) };
    }
    case 'Split': {
      const split = integerOf(node, 'axis', 0);
      return (split < 0 ? split : split - rank) === axis ? null : ofFirst(axis);
    }
    case 'Slice': {
      const bounds = sliceBounds(node, shapes, rank);
      return bounds?.every((bound) => bound.axis - rank !== axis) === true ? ofFirst(axis) : null;
    }
    case 'Gather': {
      const picked = shapes.shapeOf(second)?.length;
      const along = integerOf(node, 'axis', 0);
      if (picked === undefined) return null;
      const at = along < 0 ? along + rank : along;
      const place = axis + rank - 1 + picked;
      if (place < at) return ofFirst(place - rank);
      return place < at + picked ? null : ofFirst(axis);
    }
    case 'Unsqueeze':
    case 'Squeeze': {
      const result = shapes.shapeOf(node.outputs[0] ?? '');
      if (result === null) return null;
      const longer = Math.max(rank, result.length);
      const axes = axesOf(node, shapes, longer);
      if (axes === null) return null;
      const others = Array.from({ length: longer }, (_, place) => place).filter(
        (place) => !axes.includes(place),
      );
      const place = axis + result.length;
      const from = opType === 'Squeeze' ? others[place] : others.indexOf(place);
      return ofFirst(from === undefined || from < 0 ? undefined : from - rank);
    }
    default:
      return null;
  }
}

/**
 * The axis of an input that is broadcast: null where it has one row for all, or none at all;
 * undefined where its shape is not known.
 */
function broadcastAxis(
  shape: readonly Size[] | null,
  axis: number,
  input: string,
): number | null | undefined {
  if (input === '') return null;
  if (shape === null) return undefined;
  return shape.length < -axis || shape.at(axis) === 1 ? null : axis;
}

/** A Reshape that leaves the axis as it is, whatever it does left and right of it. */
function firstRowOfReshape(
  node: GraphNode,
  axis: number,
  shapes: GraphShapes,
  shape: readonly Size[],
): FirstRow | null {
  const result = shapes.shapeOf(node.outputs[0] ?? '');
  if (result === null) return null;
  const to = axis + result.length;
  const before = productOf(result.slice(0, to));
  const from = shape.findIndex(
    (size, place) => size === result[to] && productOf(shape.slice(0, place)) === before,
  );
  if (from < 0 || to < 0 || before === null) return null;
  // Sizes that depend on the input are copied from the same place, or left to be inferred.
  const target = result.map((size, place) => {
    if (place === to) return 1;
    if (typeof size === 'number') return size;
    return place !== from && shape[place] === size ? 0 : -1;
  });
  const inferred = target.filter((size) => size === -1).length;
  if (inferred > 1 || result.includes(0)) return null;
  return { axes: [from - shape.length, null], target };
}

function sameSizes(one: readonly Size[], other: readonly Size[] | null): boolean {
  return one.length === other?.length && one.every((size, axis) => size === other[axis]);
}
