import { type FirstRow, firstRowOf } from './graph-first-row.ts';
import { nameGiver } from './graph-names.ts';
import {
  type GraphShapes,
  integerOf,
  isUnderstood,
  numbersOf,
  sliceBounds,
} from './graph-operators.ts';
import { inferShapes } from './graph-shapes.ts';
import { splitJointProducts } from './graph-split-products.ts';
import type { GraphNode, GraphRewriting, GraphTensor, OnnxGraph } from './onnx-graph.ts';

/**
 * Computes the last layer for the first token only, where the head reads no other one. Of the
 * other tokens that layer needs keys and values alone: not their queries, not what attention gives
 * them, and no feed-forward part. Logits stay what they are but for rounding.
 *
 * From where the head takes the first row, taking it is moved up through every operator that works
 * row by row, as far as nobody needs the other rows. So nothing has to be known of how an exporter
 * writes a layer: what is not understood is computed in full, and sliced.
 * @returns The same graph where that saves no matrix product, as with mean pooling.
 */
export const lastLayerForFirstToken: GraphRewriting = (graph) => {
  // Before, Slice had no inputs to say where.
  if ((graph.opsets.get('') ?? 0) < leastOpset) return graph;
  const plan = planOf(graph);
  if (!plan.saves) return graph;
  // Query, key and value often come out of one product, of which only the query is for one row.
  const split = splitJointProducts(graph, plan.shapes, (value) => plan.isNarrow(value));
  return rebuild(split, split === graph ? plan : planOf(split));
};

const leastOpset = 10;

/** What is needed of a value: all of it, the first row along some axes (from the right), or both. */
interface Demand {
  all: boolean;
  readonly axes: Set<number>;
}

interface Plan {
  readonly shapes: GraphShapes;
  /** By value; what is not there, nobody needs. */
  readonly demands: ReadonlyMap<string, Demand>;
  /** Nodes of which the first row is enough, along which axis, and what that takes. */
  readonly narrow: ReadonlyMap<GraphNode, FirstRow & { readonly axis: number }>;
  /** Nodes that give numbers which are known beforehand. */
  readonly fixed: ReadonlyMap<GraphNode, readonly number[]>;
  /** Whether some matrix product gets smaller. */
  readonly saves: boolean;
  /** Whether of a value only first rows are needed. */
  readonly isNarrow: (value: string) => boolean;
}

/** Finds, from the outputs up, how much of each value is needed. */
function planOf(graph: OnnxGraph): Plan {
  const shapes = inferShapes(graph);
  const demands = new Map<string, Demand>();
  const narrow = new Map<GraphNode, FirstRow & { readonly axis: number }>();
  const fixed = new Map<GraphNode, readonly number[]>();
  const opset = graph.opsets.get('') ?? 0;
  const ask = (value: string, axis: number | null): void => {
    if (value === '') return;
    const demand = demands.get(value) ?? { all: false, axes: new Set() };
    if (axis === null) demand.all = true;
    else demand.axes.add(axis);
    demands.set(value, demand);
  };
  const firstRow = (node: GraphNode): (FirstRow & { readonly axis: number }) | null => {
    const asked = node.outputs.flatMap((output) => demands.get(output) ?? []);
    const [axis, ...others] = new Set(asked.flatMap(({ axes }) => [...axes]));
    if (axis === undefined || others.length > 0 || asked.some(({ all }) => all)) return null;
    const row = firstRowOf(node, axis, shapes, opset);
    return row && { ...row, axis };
  };
  for (const output of graph.outputs) ask(output, null);
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => demands.has(output))) continue;
    const row = firstRow(node);
    const numbers = row === null ? fixedNumbersOf(node, shapes) : null;
    if (row !== null) {
      narrow.set(node, row);
      node.inputs.forEach((input, index) => {
        const replaced = index === 1 && row.target !== undefined;
        if (!replaced) ask(input, row.axes[index] ?? null);
      });
    } else if (numbers !== null) fixed.set(node, numbers);
    else {
      const start = takesFirstToken(node, shapes) ? firstTokenAxis : null;
      node.inputs.forEach((input, index) => {
        ask(input, index === 0 ? start : null);
      });
    }
  }
  return {
    shapes,
    demands,
    narrow,
    fixed,
    saves: [...narrow.keys()].some(({ opType }) => matrixProducts.has(opType)),
    isNarrow: (value) => demands.get(value)?.all === false,
  };
}

/** Of [batch, sequence, hidden]. */
const firstTokenAxis = -2;

const matrixProducts: ReadonlySet<string> = new Set(['MatMul', 'FusedMatMul', 'MatMulNBits']);

/** Whether of its first input, [batch, sequence, hidden], a node reads the first token alone. */
function takesFirstToken(node: GraphNode, shapes: GraphShapes): boolean {
  const { opType, inputs } = node;
  const rank = shapes.shapeOf(inputs[0] ?? '')?.length;
  if (rank !== 3 || !isUnderstood(node)) return false;
  if (opType === 'Gather') {
    const axis = integerOf(node, 'axis', 0);
    const places = numbersOf(shapes, inputs[1]);
    return (axis === 1 || axis === -2) && places?.every((place) => place === 0) === true;
  }
  if (opType !== 'Slice') return false;
  return (
    sliceBounds(node, shapes, rank)?.some(
      ({ axis, start, end, step }) => axis === 1 && start === 0 && end === 1 && step === 1,
    ) === true
  );
}

/**
 * What a node gives, where that is arithmetic on known sizes: so its inputs are not needed, of
 * which one may be the shape of a value that has fewer rows now.
 */
function fixedNumbersOf(node: GraphNode, shapes: GraphShapes): readonly number[] | null {
  const [output, ...others] = node.outputs;
  if (node.opType === 'Constant' || others.length > 0) return null;
  const numbers = numbersOf(shapes, output);
  return numbers?.every(Number.isSafeInteger) === true ? numbers : null;
}

/** The graph with nodes narrowed, values sliced where narrow ones begin, and without dead ones. */
function rebuild(graph: OnnxGraph, plan: Plan): OnnxGraph {
  const { demands, narrow, fixed, shapes } = plan;
  const give = nameGiver(graph);
  const tensors = new Map(graph.tensors);
  const integers = (wanted: string, dims: readonly number[], values: readonly number[]): string => {
    const tensor = integerTensor(give(wanted), dims, values);
    tensors.set(tensor.name, tensor);
    return tensor.name;
  };
  const names = new Map<string, string>();
  const rowName = (value: string, axis: number | null): string => {
    if (axis === null || value === '') return value;
    const key = `${axis} ${value}`;
    const name = names.get(key) ?? give(`${value}/first`);
    names.set(key, name);
    return name;
  };
  const bounds = new Map<number, string>();
  const bound = (value: number): string => {
    const name = bounds.get(value) ?? integers(`first-token/${value}`, [1], [value]);
    bounds.set(value, name);
    return name;
  };
  const slicesOf = (value: string): GraphNode[] =>
    [...(demands.get(value)?.axes ?? [])].map((axis) => {
      const output = rowName(value, axis);
      const inputs = [value, bound(0), bound(1), bound(axis)];
      return {
        // Nodes may share no name but the empty one.
        name: '',
        opType: 'Slice',
        domain: '',
        inputs,
        outputs: [output],
        attributes: new Map(),
      };
    });

  const nodes = [...graph.inputs, ...graph.tensors.keys()].flatMap(slicesOf);
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs;
    const row = narrow.get(node);
    const numbers = fixed.get(node);
    if (numbers !== undefined) {
      const dims = shapes.shapeOf(output)?.length === 0 ? [] : [numbers.length];
      tensors.set(output, integerTensor(output, dims, numbers));
    } else if (row !== undefined) {
      const { axes, axis, target } = row;
      const inputs = node.inputs.map((input, index) => rowName(input, axes[index] ?? null));
      const outputs = node.outputs.map((one) => rowName(one, axis));
      if (target === undefined) nodes.push({ ...node, inputs, outputs });
      else {
        const aim = integers(`${output}/shape`, [target.length], target);
        const reshape = { ...node, inputs: [inputs[0] ?? '', aim], outputs };
        // A 0 in the target says "as before", which `allowzero` would take away.
        nodes.push({ ...reshape, attributes: new Map() });
      }
    } else if (node.outputs.some((one) => demands.has(one))) {
      const start = takesFirstToken(node, shapes) ? firstTokenAxis : null;
      const [first = '', ...others] = node.inputs;
      nodes.push({ ...node, inputs: [rowName(first, start), ...others] });
      nodes.push(...node.outputs.flatMap(slicesOf));
    }
  }
  const read = new Set([...graph.outputs, ...nodes.flatMap(({ inputs }) => inputs)]);
  const used = [...tensors].filter(([name]) => read.has(name));
  return { ...graph, nodes, tensors: new Map(used) };
}

function integerTensor(
  name: string,
  dims: readonly number[],
  values: readonly number[],
): GraphTensor {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { name, type: 'int64', dims, length: bytes.length, read: () => bytes };
}
