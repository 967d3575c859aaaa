import type { Dtype } from './reranker.ts';

export interface ModelFile {
  /** Path inside the model's folder, `/` between parts. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the whole file, lower-case hexadecimal. */
  readonly sha256: string;
}

/** Everything that must be known about a model before one byte of it is fetched. */
export interface ModelCard {
  readonly id: string;
  /** Names the weights for ever: a new file is a new revision. */
  readonly revision: string;
  readonly dtype: Dtype;
  /** Longest pair in tokens, special tokens included. */
  readonly maxLength: number;
  readonly weights: ModelFile;
  readonly tokenizer: ModelFile;
  readonly tokenizerConfig: ModelFile;
}

/**
 * The model that ships with the app: BERT, 4 layers, hidden 256, English and Chinese, weight-only
 * 8-bit (MatMulNBits), which runs on WASM and WebGPU alike.
 */
export const embeddedModel: ModelCard = {
  id: 'crossrank-tiny-en-zh',
  revision: 'v0-3914327de8a5',
  dtype: 'q8',
  maxLength: 512,
  weights: {
    path: 'onnx/model_quantized.onnx',
    bytes: 8_933_316,
    sha256: '3914327de8a5f1e9477be7adbb6e9073a588d684ee611bd2d56ee045f4add2ef',
  },
  tokenizer: {
    path: 'tokenizer.json',
    bytes: 256_568,
    sha256: 'f110d3dbc48e7a595bb880e2db1da2e820c631985de2edcfbb193beff8a95261',
  },
  tokenizerConfig: {
    path: 'tokenizer_config.json',
    bytes: 313,
    sha256: 'e19fb1496c5cf52a53592d98a8f8f8c82af1c7c5e7604705a53622ae2bc192eb',
  },
};
