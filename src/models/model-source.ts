import type { Dtype, ModelArchitecture, ModelShape, ReferenceLogits } from './model-card.ts';

/** Where the bytes of one file are, in a form that can be sent to a worker. */
export type FileSource =
  /** Shipped with the app: a path below its folder of models. */
  | {
      readonly from: 'app';
      readonly path: string;
      readonly bytes: number;
      readonly sha256: string;
    }
  /** Kept by the browser (origin-private file system), complete and verified. */
  | {
      readonly from: 'store';
      /** Folders from the root of the file system, then the file's name. */
      readonly segments: readonly string[];
      readonly bytes: number;
    }
  /** In memory, because the browser refused to keep it. */
  | { readonly from: 'memory'; readonly blob: Blob; readonly bytes: number };

/** What the self-test after a load compares with. */
export interface ModelExpectations extends ReferenceLogits {
  /** Published, brought along by the model's files, or computed on WASM on this machine before. */
  readonly against: 'published' | 'model-files' | 'wasm';
  /** The largest accepted |logit - expected|, for this dtype on this device. */
  readonly tolerance: number;
}

/** Everything that the worker needs in order to open one build of a model. */
export interface ModelSource {
  readonly id: string;
  readonly revision: string;
  readonly dtype: Dtype;
  /** Longest pair in tokens, special tokens included. */
  readonly maxLength: number;
  readonly architecture: ModelArchitecture;
  /** Null when not known. */
  readonly shape: ModelShape | null;
  readonly weights: FileSource;
  /** External data by the location that the graph names, relative to the graph's folder. */
  readonly externalData: readonly { readonly location: string; readonly file: FileSource }[];
  readonly tokenizer: FileSource;
  readonly tokenizerConfig: FileSource;
  /** Null where nobody knows what should come out. */
  readonly expectations: ModelExpectations | null;
}
