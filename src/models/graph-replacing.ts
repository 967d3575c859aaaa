import type { GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';

/** Nodes that compute in another way what one node gave, and the tensors they bring. */
export interface Replacement {
  readonly nodes: readonly GraphNode[];
  readonly tensors: readonly GraphTensor[];
}

/**
 * The graph with other nodes in the place of some. Nodes and tensors that nobody reads any more
 * are left out; the same graph when there is nothing to replace. Not for graphs with others in
 * their nodes, which may read any value.
 */
export function replaceNodes(
  graph: OnnxGraph,
  replacements: ReadonlyMap<GraphNode, Replacement>,
): OnnxGraph {
  if (replacements.size === 0) return graph;
  const tensors = new Map(graph.tensors);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const replacement = replacements.get(node);
    nodes.push(...(replacement?.nodes ?? [node]));
    for (const tensor of replacement?.tensors ?? []) tensors.set(tensor.name, tensor);
  }
  const read = new Set(graph.outputs);
  const kept: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => read.has(name))) continue;
    for (const name of node.inputs) read.add(name);
    kept.push(node);
  }
  for (const name of tensors.keys()) if (!read.has(name)) tensors.delete(name);
  return { ...graph, nodes: kept.toReversed(), tensors };
}
