/**
 * TensorProto.DataType by number: ONNX Runtime's name of it, and the bits of one value.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
export const elementTypes: Readonly<
  Record<number, { readonly type: string; readonly bits: number }>
> = {
  1: { type: 'float32', bits: 32 },
  2: { type: 'uint8', bits: 8 },
  3: { type: 'int8', bits: 8 },
  4: { type: 'uint16', bits: 16 },
  5: { type: 'int16', bits: 16 },
  6: { type: 'int32', bits: 32 },
  7: { type: 'int64', bits: 64 },
  8: { type: 'string', bits: 0 },
  9: { type: 'bool', bits: 8 },
  10: { type: 'float16', bits: 16 },
  11: { type: 'float64', bits: 64 },
  12: { type: 'uint32', bits: 32 },
  13: { type: 'uint64', bits: 64 },
  14: { type: 'complex64', bits: 64 },
  15: { type: 'complex128', bits: 128 },
  16: { type: 'bfloat16', bits: 16 },
  17: { type: 'float8e4m3fn', bits: 8 },
  18: { type: 'float8e4m3fnuz', bits: 8 },
  19: { type: 'float8e5m2', bits: 8 },
  20: { type: 'float8e5m2fnuz', bits: 8 },
  21: { type: 'uint4', bits: 4 },
  22: { type: 'int4', bits: 4 },
  23: { type: 'float4e2m1', bits: 4 },
};
