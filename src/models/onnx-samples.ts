// Small ONNX models made by hand, for the tests of whatever reads or runs them. Nothing else may
// import this file. Field numbers are those of onnx.proto3.

import { encodeVarint } from './protobuf-reader.ts';

/** The encoded fields of one protobuf message. */
export type SampleMessage = readonly number[];

export interface SampleGraph {
  readonly nodes?: readonly SampleMessage[];
  readonly initializers?: readonly SampleMessage[];
  readonly inputs?: readonly SampleMessage[];
  readonly outputs?: readonly SampleMessage[];
}

/** ModelProto.ir_version */
export const versionField: SampleMessage = integerField(1, 8);

/** ModelProto.opset_import: operator set 17 of ONNX's own domain. */
export const opsetField: SampleMessage = messageField(8, [
  ...textField(1, ''),
  ...integerField(2, 17),
]);

/** A whole ONNX file. */
export function modelSample(graph: SampleGraph): Uint8Array<ArrayBuffer> {
  const { nodes = [], initializers = [], inputs = [], outputs = [] } = graph;
  const fields = [
    ...nodes.flatMap((node) => messageField(1, node)),
    ...textField(2, 'graph'),
    ...initializers.flatMap((tensor) => messageField(5, tensor)),
    ...inputs.flatMap((value) => messageField(11, value)),
    ...outputs.flatMap((value) => messageField(12, value)),
  ];
  return Uint8Array.from([...versionField, ...messageField(7, fields), ...opsetField]);
}

/** NodeProto; each attribute is an AttributeProto. */
export function nodeSample(
  type: string,
  {
    inputs = ['in'],
    outputs = ['out'],
    attributes = [],
  }: {
    readonly inputs?: readonly string[];
    readonly outputs?: readonly string[];
    readonly attributes?: readonly SampleMessage[];
  } = {},
): SampleMessage {
  return [
    ...inputs.flatMap((name) => textField(1, name)),
    ...outputs.flatMap((name) => textField(2, name)),
    ...textField(4, type),
    ...attributes.flatMap((attribute) => messageField(5, attribute)),
  ];
}

/** AttributeProto of type INT. */
export function integerAttribute(name: string, value: number): SampleMessage {
  return [...textField(1, name), ...integerField(3, value), ...integerField(20, 2)];
}

/** TensorProto with raw data: the bytes given, or `samplePattern`. `type` is 1 float, 7 int64. */
export function tensorSample(
  name: string,
  type: number,
  dims: readonly number[],
  raw?: SampleMessage,
): SampleMessage {
  const bytes = dims.reduce((product, dim) => product * dim, type === 7 ? 8 : 4);
  return [
    ...dims.flatMap((dim) => integerField(1, dim)),
    ...integerField(2, type),
    ...textField(8, name),
    ...messageField(9, raw ?? samplePattern(bytes)),
  ];
}

/** TensorProto with external data: location, offset and length, as many as given. */
export function externalTensorSample(name: string, ...place: readonly string[]): SampleMessage {
  const keys = ['location', 'offset', 'length'];
  const entries = place.flatMap((value, index) =>
    messageField(13, [...textField(1, keys[index] ?? ''), ...textField(2, value)]),
  );
  return [
    ...integerField(1, 2),
    ...integerField(2, 1),
    ...textField(8, name),
    ...entries,
    ...integerField(14, 1),
  ];
}

/** ValueInfoProto; null for a shape that is not said. */
export function valueSample(
  name: string,
  type: number,
  dims: readonly (number | string)[] | null,
): SampleMessage {
  const shape = (dims ?? []).flatMap((dim) =>
    messageField(1, typeof dim === 'number' ? integerField(1, dim) : textField(2, dim)),
  );
  const tensor = [...integerField(1, type), ...(dims === null ? [] : messageField(2, shape))];
  return [...textField(1, name), ...messageField(2, messageField(1, tensor))];
}

/** Bytes of a tensor in which neighbours differ. */
export function samplePattern(bytes: number): SampleMessage {
  return Array.from({ length: bytes }, (_, index) => index % 251);
}

/** A varint field. */
function integerField(field: number, value: number): SampleMessage {
  return [...encodeVarint(field * 8), ...encodeVarint(value)];
}

/** A field of bytes, or of another message. */
export function messageField(field: number, content: SampleMessage): SampleMessage {
  return [...encodeVarint(field * 8 + 2), ...encodeVarint(content.length), ...content];
}

/** A field of text. */
export function textField(field: number, value: string): SampleMessage {
  return messageField(field, [...new TextEncoder().encode(value)]);
}
