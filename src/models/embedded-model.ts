import type { ModelSource } from './model-source.ts';

const folder = 'crossrank-tiny-en-zh';

/**
 * The model that ships with the app: BERT, 4 layers, hidden 256, English and Chinese, weight-only
 * 8-bit (MatMulNBits), which runs on WASM and WebGPU alike.
 */
export const embeddedModel = {
  id: folder,
  revision: 'v0-3914327de8a5',
  dtype: 'q8',
  maxLength: 512,
  architecture: 'bert',
  shape: { layers: 4, hidden: 256, intermediate: 1024, heads: 4, vocabulary: 18_939 },
  weights: {
    from: 'app',
    path: `${folder}/onnx/model_quantized.onnx`,
    bytes: 8_933_316,
    sha256: '3914327de8a5f1e9477be7adbb6e9073a588d684ee611bd2d56ee045f4add2ef',
  },
  externalData: [],
  tokenizer: {
    from: 'app',
    path: `${folder}/tokenizer.json`,
    bytes: 256_568,
    sha256: 'f110d3dbc48e7a595bb880e2db1da2e820c631985de2edcfbb193beff8a95261',
  },
  tokenizerConfig: {
    from: 'app',
    path: `${folder}/tokenizer_config.json`,
    bytes: 313,
    sha256: 'e19fb1496c5cf52a53592d98a8f8f8c82af1c7c5e7604705a53622ae2bc192eb',
  },
  expectations: {
    against: 'model-files',
    source: 'reference-logits.json of the model: onnxruntime-node 1.30.0, CPU, the same file',
    // The model's card accepts this between the same 8-bit file on two runtimes.
    tolerance: 0.05,
    pairs: [
      { query: 'what is panda?', document: 'hi', logit: -4.79502 },
      { query: '如何申请公积金贷款？', document: '住房公积金贷款办理指南', logit: 0.76004 },
    ],
  },
} satisfies ModelSource;
