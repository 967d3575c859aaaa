import type { Dtype, ModelBuild, ModelShape, WeightFormat } from './model-card.ts';

/** Where hub repositories keep the build of each dtype (the names that transformers.js uses). */
export const hubFileNames = {
  fp32: 'model.onnx',
  fp16: 'model_fp16.onnx',
  int8: 'model_int8.onnx',
  q8: 'model_quantized.onnx',
  q4: 'model_q4.onnx',
  q4f16: 'model_q4f16.onnx',
} as const satisfies Record<StoredDtype, string>;

/** A dtype that has weights. */
export type StoredDtype = Exclude<Dtype, 'none'>;

/** Bytes of one number of the word embedding: 4-bit builds leave the embedding as it was. */
const embeddingWidth: Readonly<Record<StoredDtype, number>> = {
  fp32: 4,
  fp16: 2,
  int8: 1,
  q8: 1,
  q4: 4,
  q4f16: 2,
};

/**
 * Bytes per weight of the encoder's matrices; 4-bit blocks of 32 weights carry one scale each, of
 * 32 bit (q4) or 16 bit (q4f16).
 */
const matrixWidth: Readonly<Record<StoredDtype, number>> = {
  fp32: 4,
  fp16: 2,
  int8: 1,
  q8: 1,
  q4: 0.5 + 4 / 32,
  q4f16: 0.5 + 2 / 32,
};

/** How hub repositories code the weights of a dtype. */
export function formatOfDtype(dtype: StoredDtype): WeightFormat {
  switch (dtype) {
    case 'fp32':
    case 'fp16':
      return 'float';
    case 'int8':
    case 'q8':
      return 'dynamic-int8';
    case 'q4':
    case 'q4f16':
      return 'blocks';
    default:
      return dtype satisfies never;
  }
}

/** Size in memory of the word embedding, the largest tensor of every encoder in use. */
export function embeddingBytes(shape: ModelShape, dtype: StoredDtype): number {
  return shape.vocabulary * shape.hidden * embeddingWidth[dtype];
}

/**
 * Size of a build as its weights suggest, graph and constants left out.
 * @param encoderParameters See `encoderParameters` in pair-cost.ts.
 * @param parameters All of them; what is not encoder is taken for embedding.
 */
export function expectedBytes(
  dtype: StoredDtype,
  encoderParameters: number,
  parameters: number,
): number {
  const embedding = (parameters - encoderParameters) * embeddingWidth[dtype];
  return embedding + encoderParameters * matrixWidth[dtype];
}

/** One build in the usual place of the hub. */
export function hubBuild(
  shape: ModelShape,
  dtype: StoredDtype,
  bytes: number,
  overrides: { readonly path?: string; readonly externalData?: readonly string[] } = {},
): ModelBuild {
  return {
    dtype,
    format: formatOfDtype(dtype),
    path: overrides.path ?? `onnx/${hubFileNames[dtype]}`,
    externalData: overrides.externalData ?? [],
    bytes,
    largestTensorBytes: embeddingBytes(shape, dtype),
  };
}
