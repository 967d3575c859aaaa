import type { RerankErrorCode } from '../core/errors.ts';
import type { CascadeStage } from '../engine/cascade-progress.ts';
import type {
  DecidingPassage,
  LoadedModel,
  LongDocuments,
  RerankTimings,
} from '../engine/reranker.ts';
import type { DocumentLayoutChoice } from './pasted-documents.ts';

/** What is in the boxes. */
export interface KeptInput {
  readonly query: string;
  /** The raw text of the "Documents" box. */
  readonly documentsText: string;
  readonly layout: DocumentLayoutChoice;
}

/** What is known of a tab's work without its texts: small, and written with every change. */
export interface WorkHead {
  readonly version: 1;
  /** Grows with every writing of any tab: which work is the newer one, whatever the clocks say. */
  readonly sequence: number;
  /** Milliseconds since 1970 by the clock of the machine, which may jump. */
  readonly updatedAt: number;
  /** When the work was first found to be too old; null while it is not. */
  readonly expiredSince: number | null;
  /** How often the text was changed, see `Draft`. */
  readonly changes: number;
  readonly query: string;
  readonly layout: DocumentLayoutChoice;
  /** The unchanged keyword trap that the boxes held. */
  readonly trapId: string | null;
  readonly view: {
    readonly order: 'cross-encoder' | 'bm25' | 'both';
    readonly arrangement: 'list' | 'side-by-side';
    readonly showLogits: boolean;
  };
  /** How many documents the result has, or the text where there is no result. */
  readonly documents: number;
  /** When the result was kept last; null without one. */
  readonly rankedAt: number | null;
  /** Rough size of all parts together. */
  readonly bytes: number;
  /** Another tab has brought it back: it is not offered again. */
  readonly broughtBack: boolean;
}

/** The large texts of a tab. */
export interface WorkText {
  readonly version: 1;
  readonly documentsText: string;
  /** Own text that "Clear" or a keyword trap has replaced. */
  readonly replaced: KeptInput | null;
}

/** What two models said of a result's documents; arrays go by document index. */
export interface KeptCascade {
  readonly fast: string;
  readonly strong: string;
  readonly depth: number;
  readonly stages: readonly (CascadeStage | null)[];
  readonly fastLogits: Float64Array;
  readonly fastTokens: Int32Array;
  readonly fastRun: { readonly model: LoadedModel; readonly timings: RerankTimings } | null;
  readonly strongFailure: { readonly code: RerankErrorCode; readonly detail: string } | null;
}

/** A result without its documents; arrays go by document index. */
export interface KeptScores {
  readonly query: string;
  readonly reading: { readonly longDocuments: LongDocuments; readonly maxLength: number } | null;
  /** NaN where not scored. */
  readonly logits: Float64Array;
  readonly tokens: Int32Array;
  readonly truncated: readonly boolean[];
  readonly passages: readonly (DecidingPassage | null)[];
  readonly bm25Scores: Float64Array | null;
  readonly cascade: KeptCascade | null;
  /** Documents scored, >= 1. */
  readonly done: number;
  /** How a run ended that did not come to its end; null where it did, or is still under way. */
  readonly end: 'cancelled' | { readonly code: RerankErrorCode; readonly detail: string } | null;
  /** Null while the run has not come to its end. */
  readonly model: LoadedModel | null;
  readonly timings: RerankTimings | null;
}

/** A tab's work as it is read back. */
export interface Work {
  readonly head: WorkHead;
  readonly text: WorkText;
  readonly result: { readonly scores: KeptScores; readonly documents: readonly string[] } | null;
}

/** The stored values of one tab, of any version; undefined where there is none. */
export interface WorkParts {
  readonly head: unknown;
  readonly text: unknown;
  readonly documents: unknown;
  readonly scores: unknown;
}
