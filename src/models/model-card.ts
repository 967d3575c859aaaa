/** Where a model's arithmetic can run. */
export type RuntimeDevice = 'webgpu' | 'wasm';

/**
 * Number format of the stored weights, in the hub's names; `none` where there are no weights.
 * `q8` is `model_quantized.onnx` and `int8` is `model_int8.onnx`: mostly the same bytes twice.
 */
export type Dtype = 'fp32' | 'fp16' | 'int8' | 'q8' | 'q4' | 'q4f16' | 'none';

/**
 * How the weights are coded. `dynamic-int8` quantises activations at run time
 * (DynamicQuantizeLinear, MatMulInteger), for which WebGPU has no kernels: its graph is rewritten
 * to blocks there. `blocks` are weight-only (MatMulNBits) and run on both devices.
 */
export type WeightFormat = 'float' | 'dynamic-int8' | 'blocks';

/** One file of a model's repository or folder. */
export interface ModelFile {
  /** Path inside the repository, `/` between parts. */
  readonly path: string;
  /** Null when nobody said it yet. */
  readonly bytes: number | null;
  /** SHA-256 of the whole file, lower-case hexadecimal; null when nobody said it. */
  readonly sha256: string | null;
}

/** One set of weights of a model. */
export interface ModelBuild {
  readonly dtype: Dtype;
  readonly format: WeightFormat;
  /** The `.onnx` file. */
  readonly path: string;
  /** ONNX external-data files (`.onnx_data`) that belong to it; mostly none. */
  readonly externalData: readonly string[];
  /** Graph and external data together. Decimal bytes; approximate until the host was asked. */
  readonly bytes: number;
  /** The largest tensor as it lies in memory (nearly always the word embedding). */
  readonly largestTensorBytes: number;
}

export type ModelArchitecture =
  | 'bert'
  | 'xlm-roberta'
  | 'modernbert'
  | 'deberta-v2'
  | 'jina-bert'
  | 'new'
  | 'other';

/** The sizes that cost and memory follow from. */
export interface ModelShape {
  readonly layers: number;
  readonly hidden: number;
  /** Width of the feed-forward part. */
  readonly intermediate: number;
  readonly heads: number;
  /** Rows of the word embedding. */
  readonly vocabulary: number;
}

/** A score somebody else published: never measured here. */
export interface PublishedScore {
  /** For example `TREC DL 2019`. */
  readonly benchmark: string;
  /** As ir_measures prints it, for example `nDCG@10`. */
  readonly metric: string;
  /** 0..1. */
  readonly value: number;
  /** Who published it. */
  readonly source: string;
  readonly sourceUrl: string | null;
}

/** One known or inspected model: everything that can be said before its weights are fetched. */
export interface ModelCard {
  /** The hub repository, for example `onnx-community/bge-reranker-v2-m3-ONNX`. */
  readonly id: string;
  /** For people, for example `bge-reranker-v2-m3`. */
  readonly name: string;
  /** Other ids that mean this model, for example `BAAI/bge-reranker-v2-m3`. */
  readonly aliases: readonly string[];
  /** Commit of the repository where known; `main` otherwise. */
  readonly revision: string;
  readonly licence: {
    /** SPDX identifier, or the hub's word; null when not stated. */
    readonly id: string | null;
    /** False for non-commercial licences: said before anything is downloaded. */
    readonly commercialUse: boolean | null;
  };
  readonly architecture: ModelArchitecture;
  readonly shape: ModelShape;
  /** Millions of parameters, embeddings included; null when not known. */
  readonly parametersMillions: number | null;
  /** Longest pair in tokens, special tokens included. */
  readonly maxLength: number;
  /** BCP 47 tags; `mul` for a hundred languages or so. Empty when not known. */
  readonly languages: readonly string[];
  /** What the tokenizer makes of a pair, for example `<s> query </s></s> passage </s>`. */
  readonly pairFormat: string;
  readonly builds: readonly ModelBuild[];
  /** Size of tokenizer.json and tokenizer_config.json together. */
  readonly tokenizerBytes: number;
  /** What it is good for, one sentence; null for models that are not in the catalog. */
  readonly goodFor: { readonly en: string; readonly zh: string } | null;
  readonly published: readonly PublishedScore[];
}

/** A pair whose logit somebody computed elsewhere, to compare a device's result with. */
export interface ReferencePair {
  readonly query: string;
  readonly document: string;
  /** Raw output of the model head. */
  readonly logit: number;
}

/** Pairs and logits that came with the model or were published. */
export interface ReferenceLogits {
  /** Who computed them, and with which dtype. */
  readonly source: string;
  readonly pairs: readonly ReferencePair[];
}
