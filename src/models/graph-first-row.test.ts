import { describe, expect, it } from 'vitest';
import { firstRowOf } from './graph-first-row.ts';
import { inferShapes } from './graph-shapes.ts';
import type { GraphAttribute, GraphNode, OnnxGraph } from './onnx-graph.ts';

/** Of [batch, sequence, 8]. */
const tokens = -2;
const raw: GraphAttribute = { kind: 'raw', bytes: Uint8Array.of(1) };
const ints = (...values: number[]): GraphAttribute => ({ kind: 'ints', values });
const int = (value: number): GraphAttribute => ({ kind: 'int', value });

describe('the first row of a reduction', () => {
  it('is that of its input where other axes are reduced', () => {
    const [row, shape] = outcomeOf('ReduceMean', { axes: ints(-1) });
    expect(row).toEqual({ axes: [tokens] });
    expect(shape).toEqual(['batch', 'sequence', 1]);
  });

  it('is not known where no axes are named, which stands for all', () => {
    expect(outcomeOf('ReduceMean', { axes: ints() })).toEqual([null, null]);
    expect(outcomeOf('ReduceSum', {}, [])).toEqual([null, null]);
    expect(outcomeOf('ReduceSum', { noop_with_empty_axes: int(1) }, [])).toEqual([null, null]);
  });
});

describe('an attribute that cannot be read', () => {
  it.each([
    ['Softmax', { axis: raw }],
    ['LayerNormalization', { axis: raw }],
    ['Transpose', { perm: raw }],
    ['ReduceMean', { axes: ints(-1), keepdims: raw }],
    ['Concat', { axis: raw }],
    ['Split', { axis: raw }],
  ])('is not taken for its default: %s', (opType, attributes) => {
    expect(outcomeOf(opType, attributes)).toEqual([null, null]);
  });

  it('is not taken for its default: Gather', () => {
    expect(outcomeOf('Gather', { axis: raw }, [0])).toEqual([null, null]);
    expect(outcomeOf('Gather', { axis: int(0) }, [0])[1]).toEqual([1, 'sequence', 8]);
  });
});

/** The first row of a node that reads `[batch, sequence, 8]`, and the shape of its result. */
function outcomeOf(
  opType: string,
  attributes: Readonly<Record<string, GraphAttribute>>,
  second?: readonly number[],
) {
  const nodeOf = (type: string, inputs: string[], output: string): GraphNode => ({
    ...{ name: '', opType: type, domain: '', inputs, outputs: [output], attributes: new Map() },
  });
  const inputs = second === undefined ? ['x'] : ['x', 'second'];
  const node = { ...nodeOf(opType, inputs, 'y'), attributes: new Map(Object.entries(attributes)) };
  const graph: OnnxGraph = {
    nodes: [nodeOf('Gather', ['table', 'ids'], 'x'), node],
    tensors: new Map([
      ['table', tensorOf('table', 'float32', [40, 8], new Uint8Array(40 * 8 * 4))],
      ['second', tensorOf('second', 'int64', [second?.length ?? 0], bytesOf(second ?? []))],
    ]),
    inputs: ['ids'],
    outputs: ['y'],
    opsets: new Map([['', 18]]),
    modelFields: [],
    graphFields: [],
  };
  const shapes = inferShapes(graph);
  return [firstRowOf(node, tokens, shapes, 18), shapes.shapeOf('y')] as const;
}

function tensorOf(name: string, type: string, dims: number[], bytes: Uint8Array) {
  return { name, type, dims, length: bytes.length, read: () => bytes };
}

function bytesOf(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
}
