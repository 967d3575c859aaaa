import type { WeightFormat } from './model-card.ts';
import { elementTypes } from './onnx-element-types.ts';
import { corruptFile, readModelFields } from './onnx-fields.ts';
import {
  type ByteSource,
  ProtobufError,
  type ProtobufField,
  readFields,
  readIntegers,
  readText,
} from './protobuf-reader.ts';

/** Where the bytes of a tensor lie. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string;
  /** ONNX Runtime's name of the element type, for example `int64`; `other` for no tensor. */
  readonly type: string;
  /** A number, the name of a dynamic dimension, or null for an unknown one; null: not said. */
  readonly dims: readonly (number | string | null)[] | null;
}

/** A tensor of fixed values: nearly always weights. */
export interface OnnxTensor {
  readonly name: string;
  /** ONNX Runtime's name of the element type, for example `float32`. */
  readonly type: string;
  readonly dims: readonly number[];
  /** Size as it lies in memory; for strings, of what is written in the file. */
  readonly bytes: number;
  /** Its raw bytes in this file; null when they are elsewhere or written as typed values. */
  readonly raw: ByteRange | null;
}

/** A part of a file beside the graph. */
export interface OnnxExternalData {
  /** Path relative to the graph's folder, as the graph has it. */
  readonly location: string;
  readonly offset: number;
  /** Null: up to the end of that file. */
  readonly length: number | null;
}

/** What an ONNX file is made of, without its weights. */
export interface OnnxOutline {
  /** Operator sets by domain; the empty domain is ONNX's own. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  /** Values to be fed, initializers left out. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Types of the operators, subgraphs and functions included; sorted, each once. */
  readonly operators: readonly string[];
  /** Of the main graph. */
  readonly initializers: readonly OnnxTensor[];
  /** Every part of other files that a tensor anywhere in the graph refers to. */
  readonly externalData: readonly OnnxExternalData[];
  /** Null for a graph without weights. */
  readonly largestTensor: OnnxTensor | null;
  readonly weightFormat: WeightFormat;
}

/**
 * Reads what an ONNX file is made of, without copying or decoding its tensors: a few milliseconds
 * for any size. Operators are not judged; the runtime knows which it has.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 * @throws RerankError `model-corrupt`, naming the file, when it is no ONNX model or not whole.
 */
export function readOnnxOutline(
  bytes: ByteSource,
  { fileName }: { readonly fileName: string },
): OnnxOutline {
  const parts = new OutlineParts(bytes, fileName);
  for (const field of readModelFields(bytes, fileName)) parts.addModelField(field);
  return parts.finish();
}

class OutlineParts {
  readonly #bytes: ByteSource;
  readonly #fileName: string;
  readonly #opsets: { domain: string; version: number }[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #operators = new Set<string>();
  readonly #initializers: OnnxTensor[] = [];
  readonly #externalData: OnnxExternalData[] = [];
  #largest: OnnxTensor | null = null;
  #hasGraph = false;

  constructor(bytes: ByteSource, fileName: string) {
    this.#bytes = bytes;
    this.#fileName = fileName;
  }

  addModelField(field: ProtobufField): void {
    try {
      if (field.number === 7) {
        this.#hasGraph = true;
        this.#addGraph(field, 0);
      } else if (field.number === 8) {
        this.#addOpset(field);
      } else if (field.number === 25) {
        // FunctionProto.node
        for (const part of this.#inside(field)) if (part.number === 7) this.#addNode(part, 1);
      }
    } catch (error) {
      if (!(error instanceof ProtobufError)) throw error;
      // The file is as long as it says, so this is no download that ended early.
      throw corruptFile(
        this.#fileName,
        `is damaged near byte ${field.valueStart}: its parts do not fit together`,
        error,
      );
    }
  }

  finish(): OnnxOutline {
    if (!this.#hasGraph) {
      throw corruptFile(
        this.#fileName,
        'holds no graph: it is empty, or only its beginning is there',
      );
    }
    if (this.#opsets.length === 0) {
      // Exporters write the operator sets behind the graph.
      throw corruptFile(this.#fileName, 'names no operator set: its end is missing');
    }
    const fixed = new Set(this.#initializers.map(({ name }) => name));
    return {
      opsets: this.#opsets,
      inputs: this.#inputs.filter(({ name }) => !fixed.has(name)),
      outputs: this.#outputs,
      operators: [...this.#operators].toSorted(),
      initializers: this.#initializers,
      externalData: this.#externalData,
      largestTensor: this.#largest,
      weightFormat: weightFormatOf(this.#operators),
    };
  }

  #inside(field: ProtobufField): Iterable<ProtobufField> {
    if (field.wireType !== 2) return [];
    return readFields(this.#bytes, field.valueStart, field.end);
  }

  #addOpset(field: ProtobufField): void {
    let domain = '';
    let version = 0;
    for (const part of this.#inside(field)) {
      if (part.number === 1) domain = readText(this.#bytes, part);
      if (part.number === 2) version = part.varint;
    }
    this.#opsets.push({ domain, version });
  }

  #addGraph(field: ProtobufField, depth: number): void {
    if (depth > mostDepth) {
      throw corruptFile(this.#fileName, `nests more than ${mostDepth} graphs`);
    }
    const main = depth === 0;
    for (const part of this.#inside(field)) {
      if (part.number === 1) this.#addNode(part, depth);
      else if (part.number === 5) {
        const tensor = this.#addTensor(part);
        if (main) this.#initializers.push(tensor);
      } else if (part.number === 15) this.#addSparseTensor(part);
      else if (main && part.number === 11) this.#inputs.push(this.#readValue(part));
      else if (main && part.number === 12) this.#outputs.push(this.#readValue(part));
    }
  }

  #addNode(field: ProtobufField, depth: number): void {
    for (const part of this.#inside(field)) {
      if (part.number === 4) this.#operators.add(readText(this.#bytes, part));
      if (part.number === 5) this.#addAttribute(part, depth);
    }
  }

  /** Constants and branches: tensors and graphs inside a node. */
  #addAttribute(field: ProtobufField, depth: number): void {
    for (const part of this.#inside(field)) {
      if (part.number === 5 || part.number === 10) this.#addTensor(part);
      if (part.number === 6 || part.number === 11) this.#addGraph(part, depth + 1);
      if (part.number === 22 || part.number === 23) this.#addSparseTensor(part);
    }
  }

  #addSparseTensor(field: ProtobufField): void {
    for (const part of this.#inside(field)) {
      if (part.number === 1 || part.number === 2) this.#addTensor(part);
    }
  }

  #addTensor(field: ProtobufField): OnnxTensor {
    const dims: number[] = [];
    const entries = new Map<string, string>();
    let name = '';
    let typeNumber = 0;
    let raw: ByteRange | null = null;
    let stringBytes = 0;
    let external = false;
    for (const part of this.#inside(field)) {
      const length = part.end - part.valueStart;
      if (part.number === 1) dims.push(...readIntegers(this.#bytes, part));
      else if (part.number === 2) typeNumber = part.varint;
      else if (part.number === 6) stringBytes += length;
      else if (part.number === 8) name = readText(this.#bytes, part);
      else if (part.number === 9) raw = { offset: part.valueStart, length };
      else if (part.number === 13) entries.set(...this.#readEntry(part));
      else if (part.number === 14) external = part.varint === 1;
    }
    const { type, bits } = elementTypes[typeNumber] ?? { type: 'other', bits: 0 };
    const values = dims.reduce((product, dim) => product * dim, 1);
    const bytes = type === 'string' ? stringBytes : Math.ceil((values * bits) / 8);
    const tensor = { name, type, dims, bytes, raw: external ? null : raw };
    if (external) this.#addExternalData(name, entries);
    if (bytes > (this.#largest?.bytes ?? 0)) this.#largest = tensor;
    return tensor;
  }

  #addExternalData(tensor: string, entries: ReadonlyMap<string, string>): void {
    const location = entries.get('location') ?? '';
    const offset = Number(entries.get('offset') ?? 0);
    const length = entries.has('length') ? Number(entries.get('length')) : null;
    const whole = (value: number) => Number.isSafeInteger(value) && value >= 0;
    if (location === '' || !whole(offset) || (length !== null && !whole(length))) {
      throw corruptFile(
        this.#fileName,
        `does not say where the weights of "${tensor}" are: location "${location}", offset ` +
          `${entries.get('offset') ?? 0}, length ${entries.get('length') ?? 'open'}`,
      );
    }
    this.#externalData.push({ location, offset, length });
  }

  /** StringStringEntryProto */
  #readEntry(field: ProtobufField): [key: string, value: string] {
    let key = '';
    let value = '';
    for (const part of this.#inside(field)) {
      if (part.number === 1) key = readText(this.#bytes, part);
      if (part.number === 2) value = readText(this.#bytes, part);
    }
    return [key, value];
  }

  /** ValueInfoProto: name, and in its type the tensor's element type and shape. */
  #readValue(field: ProtobufField): OnnxValue {
    let name = '';
    let type = 'other';
    let dims: (number | string | null)[] | null = null;
    for (const part of this.#inside(field)) {
      if (part.number === 1) name = readText(this.#bytes, part);
      if (part.number !== 2) continue;
      for (const kind of this.#inside(part)) {
        if (kind.number !== 1) continue;
        for (const tensor of this.#inside(kind)) {
          if (tensor.number === 1) type = elementTypes[tensor.varint]?.type ?? 'other';
          if (tensor.number === 2) dims = this.#readDims(tensor);
        }
      }
    }
    return { name, type, dims };
  }

  #readDims(shape: ProtobufField): (number | string | null)[] {
    const dims: (number | string | null)[] = [];
    for (const dim of this.#inside(shape)) {
      if (dim.number !== 1) continue;
      let size: number | string | null = null;
      for (const part of this.#inside(dim)) {
        if (part.number === 1) size = part.varint < 0 ? null : part.varint;
        if (part.number === 2) size = readText(this.#bytes, part);
      }
      dims.push(size);
    }
    return dims;
  }
}

/** Graphs in graphs; real models have one or two. */
const mostDepth = 32;

const dynamicInt8Operators: readonly string[] = [
  'DynamicQuantizeLinear',
  'MatMulInteger',
  'ConvInteger',
  'DynamicQuantizeMatMul',
  'MatMulIntegerToFloat',
  'QAttention',
];
const blockOperators: readonly string[] = ['MatMulNBits', 'GatherBlockQuantized', 'MatMulBnb4'];

/** A graph with both kinds runs where its int8 part can. */
function weightFormatOf(operators: ReadonlySet<string>): WeightFormat {
  if (dynamicInt8Operators.some((name) => operators.has(name))) return 'dynamic-int8';
  return blockOperators.some((name) => operators.has(name)) ? 'blocks' : 'float';
}
