import { RerankError } from '../core/errors.ts';
import type { ByteRange, OnnxOutline, OnnxValue } from './onnx-outline.ts';
import { type ByteSource, type ProtobufField, readFields } from './protobuf-reader.ts';
import { delimited, join, textField, varintField } from './protobuf-writer.ts';

/** A graph whose large tensors stay in the file that they came in. */
export interface SplitWeights {
  /** ONNX model without the large tensors' bytes: mostly under a megabyte. */
  readonly graph: Uint8Array<ArrayBuffer>;
  /** The name under which the graph looks for the original file, as external data. */
  readonly location: string;
}

/** Tensors from here on are taken out of the graph. Bytes; what onnx's own `save_model` does. */
export const leastSplitBytes = 1024;

/**
 * Checks that a graph is a cross-encoder: token ids in, one logit per pair out.
 * @throws RerankError `model-unsupported` with the reason.
 */
export function checkCrossEncoderGraph(outline: OnnxOutline, fileName: string): void {
  const reason = inputFault(outline.inputs) ?? outputFault(outline.outputs);
  if (reason === null) return;
  throw new RerankError(
    'model-unsupported',
    `${fileName} is no cross-encoder that runs here: ${reason}. Choose a reranker with one logit ` +
      'per pair, exported to ONNX for sequence classification.',
  );
}

/**
 * Takes the large tensors out of a graph and has it look for them, as external data, in the very
 * bytes it came in. ONNX Runtime then reads each from there: it neither copies nor parses a file
 * of hundreds of megabytes. Tensors inside subgraphs and nodes stay where they are, and so does
 * what already is external data.
 */
export function splitWeights(
  bytes: ByteSource,
  outline: OnnxOutline,
  leastBytes = leastSplitBytes,
): SplitWeights {
  let location = 'inline-weights';
  while (outline.externalData.some((part) => part.location === location)) location += '_';
  const graph = rewriteFields(bytes, [0, bytes.length], (field) => {
    if (field.number !== 7) return null;
    return rewriteFields(bytes, [field.valueStart, field.end], (part) =>
      part.number === 5 ? externalTensor(bytes, part, location, leastBytes) : null,
    );
  });
  return { graph: join(graph), location };
}

/** The fields of a TensorProto whose bytes lie in another file. */
export function externalDataFields(location: string, { offset, length }: ByteRange): Uint8Array[] {
  const place = Object.entries({ location, offset: `${offset}`, length: `${length}` });
  return [
    ...place.flatMap(([key, value]) =>
      delimited(13, [...textField(1, key), ...textField(2, value)]),
    ),
    // data_location = EXTERNAL
    varintField(14, 1),
  ];
}

const feedableInputs: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids'];

function inputFault(inputs: readonly OnnxValue[]): string | null {
  for (const { name, type } of inputs) {
    if (!feedableInputs.includes(name)) {
      return `it wants the input "${name}", and only ${feedableInputs.join(', ')} can be given`;
    }
    if (type !== 'int64' && type !== 'int32') return `its input "${name}" is of type ${type}`;
  }
  return inputs.some(({ name }) => name === 'input_ids') ? null : 'it has no input "input_ids"';
}

function outputFault(outputs: readonly OnnxValue[]): string | null {
  const logits = outputs.find(({ name }) => name === 'logits');
  if (logits === undefined) return describeOutputs(outputs);
  const { type, dims } = logits;
  if (type !== 'float32' && type !== 'float16') return `its logits are of type ${type}`;
  if (dims === null) return null;
  if (dims.length < 1 || dims.length > 2) {
    const shape = dims.map((dim) => dim ?? '?').join(', ');
    return `its logits have the shape [${shape}], not [pairs, 1]`;
  }
  const labels = dims.length === 2 ? dims[1] : 1;
  if (typeof labels !== 'number' || labels === 1) return null;
  return `it gives ${labels} logits per pair, one for each of its labels`;
}

function describeOutputs(outputs: readonly OnnxValue[]): string {
  const names = outputs.map(({ name }) => name);
  const list = names.map((name) => `"${name}"`).join(', ');
  if (names.some((name) => /hidden_state|embedding|pooler/.test(name))) {
    return `it is an embedding model, with the outputs ${list}, or was exported without its head`;
  }
  if (names.includes('start_logits')) return `it answers questions, with the outputs ${list}`;
  return `it has no output "logits" but ${list === '' ? 'none at all' : list}`;
}

/** The tensor with external data in place of raw bytes; null when it stays as it is. */
function externalTensor(
  bytes: ByteSource,
  tensor: ProtobufField,
  location: string,
  leastBytes: number,
): Uint8Array[] | null {
  const fields = [...readFields(bytes, tensor.valueStart, tensor.end)];
  const raw = fields.findLast(({ number }) => number === 9);
  const external = fields.some(({ number, varint }) => number === 14 && varint === 1);
  if (raw === undefined || external) return null;
  const length = raw.end - raw.valueStart;
  if (length < leastBytes) return null;
  const kept = fields.filter(({ number }) => number !== 9 && number !== 13 && number !== 14);
  return [
    ...kept.map(({ start, end }) => bytes.subarray(start, end)),
    ...externalDataFields(location, { offset: raw.valueStart, length }),
  ];
}

/**
 * A message with some of its fields replaced. `replace` gives the new value's pieces, or null for
 * a field that stays.
 */
function rewriteFields(
  bytes: ByteSource,
  [start, end]: readonly [start: number, end: number],
  replace: (field: ProtobufField) => Uint8Array[] | null,
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let keptFrom = start;
  for (const field of readFields(bytes, start, end)) {
    const value = field.wireType === 2 ? replace(field) : null;
    if (value === null) continue;
    pieces.push(bytes.subarray(keptFrom, field.start), ...delimited(field.number, value));
    keptFrom = field.end;
  }
  pieces.push(bytes.subarray(keptFrom, end));
  return pieces;
}
