import type { OnnxGraph } from './onnx-graph.ts';

/**
 * Gives names that no value of a graph has, each once: the wanted one, or one that begins with it.
 */
export function nameGiver(graph: OnnxGraph): (wanted: string) => string {
  const taken = new Set([...graph.inputs, ...graph.tensors.keys()]);
  for (const { outputs } of graph.nodes) for (const name of outputs) taken.add(name);
  return (wanted) => {
    let name = wanted;
    while (taken.has(name)) name += '_';
    taken.add(name);
    return name;
  };
}
