import { type RewritingName, rewriteFor } from '../models/graph-rewritings.ts';
import type { WeightFormat } from '../models/model-card.ts';
import type { ModelFiles } from '../models/model-files.ts';
import { splitWeights } from '../models/onnx-file.ts';
import { readOnnxGraph, writeOnnxGraph } from '../models/onnx-graph-file.ts';
import { type OnnxOutline, readOnnxOutline } from '../models/onnx-outline.ts';
import type { GraphWeights } from './onnx-session.ts';

/** Weights as a session is made of them. */
export interface PreparedWeights {
  readonly weights: GraphWeights;
  /** How the products are computed that are in the graph now. */
  readonly format: WeightFormat;
  /** What was done to the graph, in order; empty for the graph as it came. */
  readonly rewritings: readonly RewritingName[];
}

export interface PrepareOptions {
  /** For messages. */
  readonly fileName: string;
  readonly device: 'webgpu' | 'wasm';
}

/** The graph as it came, its large tensors still in the file that they came in. */
export function originalWeights(files: ModelFiles, outline: OnnxOutline): PreparedWeights {
  const { graph, location } = splitWeights(files.weights, outline);
  const weights = {
    graph,
    externalData: [{ path: location, data: files.weights }, ...filesBeside(files)],
  };
  return { weights, format: outline.weightFormat, rewritings: [] };
}

/**
 * The graph rewritten for a device: its tensors are read from the files, or made from what is in
 * them, when the runtime asks for them.
 * @returns Null when there is nothing to rewrite, or when it cannot be done: whatever is wrong with
 *   the file, the runtime finds it in the graph as it came, and says it better.
 */
export function rewrittenWeights(
  files: ModelFiles,
  { fileName, device }: PrepareOptions,
): PreparedWeights | null {
  try {
    const read = readOnnxGraph(files.weights, { fileName, externalData: files.externalData });
    const { graph: rewritten, rewritings } = rewriteFor(device, read);
    if (rewritings.length === 0) return null;
    const { graph, location, weights } = writeOnnxGraph(rewritten);
    // A tensor inside a node may still lie in a file beside the graph; such a file has another name.
    const beside = filesBeside(files).filter(({ path }) => path !== location);
    const { weightFormat: format } = readOnnxOutline(graph, { fileName });
    const externalData = [{ path: location, data: weights }, ...beside];
    return { weights: { graph, externalData }, format, rewritings };
  } catch {
    return null;
  }
}

function filesBeside({ externalData }: ModelFiles): GraphWeights['externalData'] {
  return externalData.map(({ location, bytes }) => ({ path: location, data: bytes }));
}
