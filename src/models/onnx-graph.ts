/**
 * An ONNX graph as plain values, to be rewritten between file and session: nodes are decoded,
 * weights are not. A rewriting takes a graph and gives another; it never changes the one it got.
 */

/** An attribute of a node, decoded as far as rewritings look at it. */
export type GraphAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  /** Anything else (tensors, subgraphs): the whole AttributeProto as it came. */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array };

/** One operator. */
export interface GraphNode {
  readonly name: string;
  readonly opType: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  /** Names of values; an empty one stands for an input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, GraphAttribute>;
}

/**
 * A tensor of fixed values (initializer). Its bytes are read or made when the runtime asks for
 * them, one tensor at a time, so that a rewriting never holds a second copy of the weights.
 */
export interface GraphTensor {
  readonly name: string;
  /** ONNX Runtime's name of the element type, for example `float32`. */
  readonly type: string;
  readonly dims: readonly number[];
  /** Bytes in memory, little-endian, as in `raw_data`. */
  readonly length: number;
  /** The bytes: not to be written to, and not to be held on to. */
  readonly read: () => Uint8Array;
}

/** A model's main graph. */
export interface OnnxGraph {
  /** In topological order, as ONNX asks for. */
  readonly nodes: readonly GraphNode[];
  /** By name. */
  readonly tensors: ReadonlyMap<string, GraphTensor>;
  /** Names of the values that are fed, without tensors. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Operator sets by domain; the empty domain is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  /**
   * What rewritings leave alone, as fields of the file: of the model (IR version, metadata,
   * functions) and of the graph (name, types of inputs and outputs).
   */
  readonly modelFields: readonly Uint8Array[];
  readonly graphFields: readonly Uint8Array[];
}

/** A change of a graph that leaves its logits what they are; the same graph when there is none. */
export type GraphRewriting = (graph: OnnxGraph) => OnnxGraph;
