import { createStore } from 'zustand/vanilla';
import type { RerankErrorCode } from '../core/errors.ts';
import type { CascadeStage } from '../engine/cascade-progress.ts';
import type { DeviceReport } from '../engine/device.ts';
import type { ModelOutlook } from '../engine/hub-provider.ts';
import type {
  BenchmarkReport,
  DecidingPassage,
  LoadedModel,
  RerankTimings,
  StepDown,
} from '../engine/reranker.ts';
import type { StorageUse } from '../engine/worker-model-store.ts';
import type { DeviceMemory } from '../io/device-memory-storage.ts';
import type { KeywordTrap } from '../io/keyword-traps.ts';
import type { DocumentLayoutChoice } from '../io/pasted-documents.ts';
import { type DraftOutcome, defaultSettings, type Settings } from '../io/settings-storage.ts';

import type { KeptModel } from '../models/kept-model.ts';

/** What went wrong, in a form that the page can translate: the code leads, the detail explains. */
export interface Failure {
  readonly code:
    | RerankErrorCode
    | 'documents-json'
    | 'traps-unavailable'
    | 'link-damaged'
    | 'link-newer'
    | 'link-too-large';
  /** English, from the library; shown as detail. */
  readonly detail: string;
}

export type ModelPhase =
  | { readonly phase: 'none' }
  | {
      readonly phase: 'downloading';
      readonly loadedBytes: number;
      readonly totalBytes: number;
      /** Null until there is something to measure it by. */
      readonly bytesPerSecond: number | null;
    }
  | { readonly phase: 'looking-up' }
  | { readonly phase: 'preparing' }
  | { readonly phase: 'testing' }
  | { readonly phase: 'ready'; readonly model: LoadedModel }
  | { readonly phase: 'failed'; readonly failure: Failure };

export type RunPhase =
  | { readonly phase: 'idle' }
  | {
      readonly phase: 'scoring';
      readonly done: number;
      readonly total: number;
      /** Null until there is something to measure it by. */
      readonly pairsPerSecond: number | null;
      readonly leftMs: number | null;
      /** Null where one model scores alone. */
      readonly cascade: CascadePosition | null;
    }
  | { readonly phase: 'done' }
  | {
      readonly phase: 'cancelled';
      readonly done: number;
      readonly total: number;
      readonly cascade: CascadePosition | null;
    }
  /** The page went away before the run ended: what was scored until then is kept. */
  | {
      readonly phase: 'left';
      readonly done: number;
      readonly total: number;
      readonly cascade: CascadePosition | null;
    }
  | { readonly phase: 'failed'; readonly failure: Failure };

/** Two models of which the second scores the best of the first again, by their ids. */
export interface CascadePlan {
  readonly fast: string;
  readonly strong: string;
  /** How many documents are scored again; less than there are. */
  readonly depth: number;
}

/** How far a cascade is: documents of the stage it is in. */
export interface CascadePosition extends CascadePlan {
  readonly stage: CascadeStage;
  readonly done: number;
  readonly total: number;
}

/** What a cascade knows beyond the logits; arrays go by document index. */
export interface CascadeScores extends CascadePlan {
  /** Which of the two models the logit is of: logits of two models cannot be compared. */
  readonly stages: readonly (CascadeStage | null)[];
  /** NaN where not scored yet. */
  readonly fastLogits: Float64Array;
  /** Tokens as the fast model read them; 0 where not scored yet. */
  readonly fastTokens: Int32Array;
  /** What the fast model ran on and took; null until the run has ended. */
  readonly fastRun: { readonly model: LoadedModel; readonly timings: RerankTimings } | null;
  /** Why the ranking is the fast model's alone; null when it is not. */
  readonly strongFailure: Failure | null;
}

/** What a collection knows of the documents of one of its queries; arrays go by document index. */
export interface CollectionContext {
  readonly docIds: readonly string[];
  readonly titles: readonly (string | null)[];
  /** NaN where not judged. */
  readonly grades: Float64Array;
  /** Grades from this one on are relevant. */
  readonly relevantFrom: number;
  /** Null where the first stage gave no scores: the documents stand in its order. */
  readonly firstStageScores: Float64Array | null;
}

/** The scores of one (query, documents) request, as far as they are known. */
export interface Result {
  /** Grows with every run, so that a late reply is told from a newer one. */
  readonly runNumber: number;
  readonly query: string;
  readonly documents: readonly string[];
  /** How long documents were asked to be read; null where that is not told, as by a run. */
  readonly reading: Pick<Settings, 'longDocuments' | 'maxLength'> | null;
  /** The keyword trap that this was, with its answer and its trap; null for own input. */
  readonly trap: KeywordTrap | null;
  /** By document index; NaN where not scored yet. */
  readonly logits: Float64Array;
  /** Whose logits these are, where two models scored one after the other; else null. */
  readonly cascade: CascadeScores | null;
  /** Tokens of the pair by document index; 0 where not scored yet. */
  readonly tokens: Int32Array;
  readonly truncated: readonly boolean[];
  /** By document index: the passage that decided; null for documents read in one piece. */
  readonly passages: readonly (DecidingPassage | null)[];
  /** By document index; null until the lexical worker has answered. */
  readonly bm25Scores: Float64Array | null;
  /** Why it has not and will not. */
  readonly bm25Failure: Failure | null;
  /** What is known of the documents besides their texts; null unless they are a collection's. */
  readonly collection: CollectionContext | null;
  /** Documents scored by the cross-encoder; in a cascade by the fast one at least. */
  readonly done: number;
  /** In a cascade the strong model, or the fast one where that stands alone. */
  readonly model: LoadedModel | null;
  /** What `model` took. */
  readonly timings: RerankTimings | null;
}

/**
 * The orders of a result: by the model, by keywords, by both (z-scores added), and as the documents
 * were given, which for a collection's query is its first stage.
 */
export type RankingOrder = 'cross-encoder' | 'bm25' | 'both' | 'first-stage';

export interface TrapsState {
  readonly phase: 'none' | 'loading' | 'ready' | 'running' | 'failed';
  readonly traps: readonly KeywordTrap[];
  /** Results by trap id, as far as they were run. */
  readonly outcomes: ReadonlyMap<string, Result>;
  readonly selectedId: string | null;
  readonly failure: Failure | null;
}

export type View = 'rerank' | 'traps' | 'collections' | 'models' | 'privacy' | 'diagnostics';

/** A model that is being fetched or opened, by what the user asked for. */
export interface ModelLoading {
  /** Id that was asked for. */
  readonly model: string;
  /** The device that was chosen for it and for all after it; null when none was. */
  readonly deviceChoice: Settings['device'] | null;
  /** What was stepped down from so far. */
  readonly stepDowns: readonly StepDown[];
}

/** The models on this machine and what is done with them. */
export interface ModelsState {
  /** Null until it was asked for. */
  readonly kept: readonly KeptModel[] | null;
  readonly storage: StorageUse | null;
  /** Why the list cannot be had, or a deletion failed. */
  readonly failure: Failure | null;
  /** Null when nothing is being loaded; the progress itself is in `AppState.model`. */
  readonly loading: ModelLoading | null;
  /** Why the last load ended without its model; the one before goes on working. */
  readonly loadFailure: { readonly model: string; readonly failure: Failure } | null;
  /** What is typed in the box for any other repository. */
  readonly typedId: string;
  readonly lookUp:
    | { readonly phase: 'idle' }
    | { readonly phase: 'asking'; readonly model: string }
    | { readonly phase: 'found'; readonly outlook: ModelOutlook }
    | { readonly phase: 'failed'; readonly model: string; readonly failure: Failure };
  readonly importing:
    | { readonly phase: 'idle' }
    | {
        readonly phase: 'copying';
        readonly name: string;
        readonly loadedBytes: number;
        readonly totalBytes: number;
      }
    | { readonly phase: 'failed'; readonly name: string; readonly failure: Failure };
  readonly benchmark:
    | { readonly phase: 'idle' }
    | { readonly phase: 'running' }
    | { readonly phase: 'done'; readonly report: BenchmarkReport }
    | { readonly phase: 'failed'; readonly failure: Failure };
}

/** What is in the boxes. */
export interface Input {
  readonly query: string;
  /** The raw text of the "Documents" box. */
  readonly documentsText: string;
  readonly layout: DocumentLayoutChoice;
}

export interface AppState extends Input {
  readonly settings: Settings;
  readonly view: View;
  /** Why the boxes could not be ranked as they were; null again once they change. */
  readonly inputFailure: Failure | null;
  /** Own text that a keyword trap or "Clear" has replaced; null if there is none to bring back. */
  readonly replaced: Input | null;
  /**
   * Set while the boxes hold what a link brought: the model that it was made with, if another than
   * the one in use. It is not fetched unasked. And whether it was made with another cascade.
   */
  readonly opened: { readonly otherModel: string | null; readonly otherCascade: boolean } | null;
  /** The fast model of a cascade that is no longer on this machine; null once that was read. */
  readonly cascadeGone: string | null;
  /** Set while the boxes hold an unchanged keyword trap. */
  readonly loadedTrap: KeywordTrap | null;
  /** Whether what is typed would survive a reload of this tab. */
  readonly draft: DraftOutcome;
  readonly devices: DeviceReport | null;
  /** Which device was faster with which model, where both were compared. */
  readonly deviceMemory: DeviceMemory;
  readonly model: ModelPhase;
  readonly run: RunPhase;
  readonly result: Result | null;
  /** Pasted documents have no first stage. */
  readonly order: Exclude<RankingOrder, 'first-stage'>;
  readonly arrangement: 'list' | 'side-by-side';
  readonly showLogits: boolean;
  readonly traps: TrapsState;
  readonly models: ModelsState;
}

const initialState: AppState = {
  settings: defaultSettings,
  view: 'rerank',
  query: '',
  documentsText: '',
  layout: 'auto',
  inputFailure: null,
  replaced: null,
  opened: null,
  cascadeGone: null,
  loadedTrap: null,
  draft: 'kept',
  devices: null,
  deviceMemory: new Map(),
  model: { phase: 'none' },
  run: { phase: 'idle' },
  result: null,
  order: 'cross-encoder',
  arrangement: 'list',
  showLogits: false,
  traps: { phase: 'none', traps: [], outcomes: new Map(), selectedId: null, failure: null },
  models: {
    kept: null,
    storage: null,
    failure: null,
    loading: null,
    loadFailure: null,
    typedId: '',
    lookUp: { phase: 'idle' },
    importing: { phase: 'idle' },
    benchmark: { phase: 'idle' },
  },
};

/** The one store of the page; changed by actions only. */
export const store = createStore<AppState>(() => initialState);
