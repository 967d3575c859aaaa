import { mostFloatBytes } from './float-limits.ts';
import { lastLayerForFirstToken } from './graph-first-token.ts';
import { floatWeights } from './graph-float-weights.ts';
import { blocksFromInt8 } from './graph-int8.ts';
import { narrowBlocks } from './graph-narrow-blocks.ts';
import type { RuntimeDevice } from './model-card.ts';
import type { GraphRewriting, OnnxGraph } from './onnx-graph.ts';

/** What can be done to a graph; stable names, for diagnostics. */
export type RewritingName =
  | 'float-weights'
  | 'blocks-from-int8'
  | 'blocks-of-32'
  | 'first-token-only';

/** A rewritten graph, and how it came about. */
export interface RewrittenGraph {
  /** The graph itself when nothing was done. */
  readonly graph: OnnxGraph;
  /** What changed the graph, in order. */
  readonly rewritings: readonly RewritingName[];
}

/**
 * Rewrites a graph for a device, with the same logits but for the rounding of dynamic int8.
 *
 * On WASM weights in blocks become floats within `mostFloatBytes`, which is faster; dynamic int8
 * is faster still and stays as it is. On WebGPU blocks become blocks of 32, the fastest there, and
 * so does dynamic int8, which WebGPU cannot compute. In the end all but the first token is left
 * out of the last layer, where only that is read.
 */
export function rewriteFor(device: RuntimeDevice, graph: OnnxGraph): RewrittenGraph {
  const done: RewritingName[] = [];
  let current = graph;
  for (const [name, rewrite] of rewritingsFor[device]) {
    const next = rewrite(current);
    if (next === current) continue;
    current = next;
    done.push(name);
  }
  return { graph: current, rewritings: done };
}

const floatWeightsWithinLimit: GraphRewriting = (graph) => {
  const next = floatWeights(graph);
  return addedFloatBytes(graph, next) <= mostFloatBytes ? next : graph;
};

/** In the order in which they go. */
const rewritingsFor: Record<RuntimeDevice, readonly (readonly [RewritingName, GraphRewriting])[]> =
  {
    wasm: [
      ['float-weights', floatWeightsWithinLimit],
      ['first-token-only', lastLayerForFirstToken],
    ],
    webgpu: [
      ['blocks-from-int8', blocksFromInt8],
      ['blocks-of-32', narrowBlocks],
      ['first-token-only', lastLayerForFirstToken],
    ],
  };

/** Bytes of the 32-bit tensors that were not there before. */
function addedFloatBytes(before: OnnxGraph, after: OnnxGraph): number {
  let bytes = 0;
  for (const tensor of after.tensors.values()) {
    const added = before.tensors.get(tensor.name) !== tensor;
    if (added && tensor.type === 'float32') bytes += tensor.length;
  }
  return bytes;
}
