import { RerankError } from '../core/errors.ts';
import { corruptFile, readModelFields } from './onnx-fields.ts';
import { leastSplitBytes } from './onnx-file.ts';
import type { GraphAttribute, GraphNode, GraphTensor, OnnxGraph } from './onnx-graph.ts';
import { readAttribute, writeAttribute } from './onnx-graph-attributes.ts';
import { type GraphFiles, readTensor, readWhole, writeTensor } from './onnx-graph-tensors.ts';
import {
  type ByteSource,
  ProtobufError,
  type ProtobufField,
  readFields,
  readText,
} from './protobuf-reader.ts';
import { delimited, join, textField, varintField } from './protobuf-writer.ts';

export interface ReadGraphOptions {
  /** For messages. */
  readonly fileName: string;
  /** The files beside the graph, by the path that the graph names. */
  readonly externalData?: readonly { readonly location: string; readonly bytes: ByteSource }[];
}

/** A graph as a file without its larger tensors, and those. */
export interface WrittenGraph {
  readonly graph: Uint8Array<ArrayBuffer>;
  /** The name under which the graph looks for `weights`, as external data. */
  readonly location: string;
  /**
   * The larger tensors one after the other. They are not there: each is read, or made, when its
   * bytes are asked for.
   */
  readonly weights: ByteSource;
}

/**
 * Reads a model's main graph to be rewritten. Weights are neither copied nor decoded.
 *
 * Types of values in between (`value_info`) and texts for people are left out: the runtime infers
 * the first, and a rewriting would make them wrong.
 * @throws RerankError `model-corrupt`, naming the file, when it is no ONNX model, not whole, or
 *   weights are missing; `model-unsupported` for what cannot be carried: subgraphs, functions with
 *   overloads, and weights inside nodes beyond 16 MB. Such a model still runs as it came.
 */
export function readOnnxGraph(bytes: ByteSource, options: ReadGraphOptions): OnnxGraph {
  const { fileName, externalData = [] } = options;
  const files: GraphFiles = {
    fileName,
    bytes,
    externalData: new Map(externalData.map(({ location, bytes: file }) => [location, file])),
  };
  const opsets = new Map<string, number>();
  const modelFields: Uint8Array[] = [];
  let graph: GraphParts | null = null;
  for (const field of readModelFields(bytes, fileName)) {
    try {
      if (field.number === 8) opsets.set(...readOpset(bytes, field));
      else if (field.number !== 7) modelFields.push(copyField(bytes, field));
      else if (graph === null) graph = readGraphParts(files, field);
      else throw unsupported(fileName, 'has its graph in several pieces');
    } catch (error) {
      if (!(error instanceof ProtobufError)) throw error;
      throw corruptFile(fileName, `is damaged near byte ${field.valueStart}`, error);
    }
  }
  if (graph === null) throw corruptFile(fileName, 'holds no graph');
  if (opsets.size === 0) throw corruptFile(fileName, 'names no operator set: its end is missing');
  return { ...graph, opsets, modelFields };
}

/** Writes a graph so that the runtime reads its larger tensors one by one, as external data. */
export function writeOnnxGraph(graph: OnnxGraph): WrittenGraph {
  const location = freeLocation(graph);
  const tensors = [...graph.tensors.values()];
  const weights = new TensorBytes(tensors.filter(({ length }) => length >= leastSplitBytes));
  const parts = [
    ...graph.nodes.flatMap((node) => delimited(1, writeNode(node))),
    ...graph.graphFields,
    ...tensors.flatMap((tensor) => {
      const offset = weights.offsetOf(tensor);
      return delimited(5, writeTensor(tensor, offset === null ? null : { location, offset }));
    }),
  ];
  const model = [
    // The IR version is among them, and comes first as in any file.
    ...graph.modelFields,
    ...[...graph.opsets].flatMap(([domain, version]) =>
      delimited(8, [...textField(1, domain), varintField(2, version)]),
    ),
    ...delimited(7, parts),
  ];
  return { graph: join(model), location, weights };
}

/** Tensors one behind the other, as one source of bytes. */
class TensorBytes implements ByteSource {
  readonly length: number;
  readonly #tensors: readonly GraphTensor[];
  readonly #offsets = new Map<GraphTensor, number>();

  constructor(tensors: readonly GraphTensor[]) {
    let length = 0;
    for (const tensor of tensors) {
      this.#offsets.set(tensor, length);
      length += tensor.length;
    }
    this.#tensors = tensors;
    this.length = length;
  }

  /** Null for a tensor that is none of these. */
  offsetOf(tensor: GraphTensor): number | null {
    return this.#offsets.get(tensor) ?? null;
  }

  /** A whole tensor is given as its `read` gives it, without a copy. */
  subarray(start: number, end: number): Uint8Array {
    if (start < 0 || end < start || end > this.length) {
      throw new RangeError(`No bytes ${start} to ${end} in ${this.length}.`);
    }
    const parts: Uint8Array[] = [];
    for (const tensor of this.#tensors) {
      const offset = this.#offsets.get(tensor) ?? 0;
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, tensor.length);
      if (from < to) parts.push(readWhole(tensor).subarray(from, to));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : join(parts);
  }
}

type GraphParts = Omit<OnnxGraph, 'opsets' | 'modelFields'>;

function readGraphParts(files: GraphFiles, field: ProtobufField): GraphParts {
  const { bytes, fileName } = files;
  const nodes: GraphNode[] = [];
  const tensors = new Map<string, GraphTensor>();
  const graphFields: Uint8Array[] = [];
  const values: { readonly name: string; readonly field: ProtobufField }[] = [];
  const fixed = new Set<string>();
  const outputs: string[] = [];
  const room = { bytes: mostAttributeBytes };
  for (const part of readFields(bytes, field.valueStart, field.end)) {
    if (part.number === 1) nodes.push(readNode(files, part, room));
    else if (part.number === 5) {
      const { name, tensor } = readTensor(files, part);
      if (fixed.has(name)) throw corruptFile(fileName, `has the tensor "${name}" twice`);
      fixed.add(name);
      if (tensor === null) graphFields.push(copyField(bytes, part));
      else tensors.set(name, tensor);
    } else if (part.number === 11) values.push({ name: nameOf(bytes, part), field: part });
    else if (!leftOut.has(part.number)) {
      if (part.number === 12) outputs.push(nameOf(bytes, part));
      graphFields.push(copyField(bytes, part));
    }
  }
  // Older exporters list the tensors as inputs, too.
  const inputs = values.filter(({ name }) => !fixed.has(name));
  for (const value of inputs) graphFields.push(copyField(bytes, value.field));
  return { nodes, tensors, inputs: inputs.map(({ name }) => name), outputs, graphFields };
}

/** Of a graph: doc_string and value_info. */
const leftOut: ReadonlySet<number> = new Set([10, 13]);

/**
 * Most bytes of all attributes. They are copied, and copied again when the graph is written: more
 * are weights, which most exporters put elsewhere.
 */
const mostAttributeBytes = 16_000_000;

/** @param room bytes that are left for attributes; what is read is taken from it */
function readNode(
  { bytes, fileName }: GraphFiles,
  field: ProtobufField,
  room: { bytes: number },
): GraphNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, GraphAttribute>();
  let name = '';
  let opType = '';
  let domain = '';
  for (const part of readFields(bytes, field.valueStart, field.end)) {
    if (part.number === 1) inputs.push(readText(bytes, part));
    else if (part.number === 2) outputs.push(readText(bytes, part));
    else if (part.number === 3) name = readText(bytes, part);
    else if (part.number === 4) opType = readText(bytes, part);
    else if (part.number === 5) {
      room.bytes -= part.end - part.valueStart;
      if (room.bytes < 0) throw unsupported(fileName, 'has its weights inside its nodes');
      const attribute = readAttribute(bytes, part);
      if (attribute === null) throw unsupported(fileName, `has graphs inside the node "${name}"`);
      attributes.set(...attribute);
    } else if (part.number === 7) domain = ownDomain(readText(bytes, part));
    else if (part.number === 8) throw unsupported(fileName, 'has functions with overloads');
  }
  return { name, opType, domain, inputs, outputs, attributes };
}

function writeNode({ name, opType, domain, inputs, outputs, attributes }: GraphNode): Uint8Array[] {
  return [
    ...inputs.flatMap((input) => textField(1, input)),
    ...outputs.flatMap((output) => textField(2, output)),
    ...textField(3, name),
    ...textField(4, opType),
    ...textField(7, domain),
    ...[...attributes].flatMap((attribute) => delimited(5, writeAttribute(...attribute))),
  ];
}

function readOpset(bytes: ByteSource, field: ProtobufField): [domain: string, version: number] {
  let domain = '';
  let version = 0;
  for (const part of readFields(bytes, field.valueStart, field.end)) {
    if (part.number === 1) domain = ownDomain(readText(bytes, part));
    if (part.number === 2) version = part.varint;
  }
  return [domain, version];
}

/** ONNX's own domain has two names. */
function ownDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** ValueInfoProto.name */
function nameOf(bytes: ByteSource, field: ProtobufField): string {
  let name = '';
  for (const part of readFields(bytes, field.valueStart, field.end)) {
    if (part.number === 1) name = readText(bytes, part);
  }
  return name;
}

/** A copy, since a view would keep the file's block in memory. */
function copyField(bytes: ByteSource, { start, end }: ProtobufField): Uint8Array {
  return bytes.subarray(start, end).slice();
}

/** A location that nothing names that goes through as it came. */
function freeLocation({ nodes, graphFields, modelFields }: OnnxGraph): string {
  const text = new TextDecoder();
  const raw = nodes.flatMap(({ attributes }) =>
    [...attributes.values()].flatMap((one) => (one.kind === 'raw' ? [one.bytes] : [])),
  );
  const texts = [...raw, ...graphFields, ...modelFields].map((bytes) => text.decode(bytes));
  let location = 'rewritten-weights';
  while (texts.some((one) => one.includes(location))) location += '_';
  return location;
}

function unsupported(fileName: string, what: string): RerankError {
  return new RerankError(
    'model-unsupported',
    `${fileName} ${what}, so its graph cannot be rewritten. Run it as it is.`,
  );
}
