import { createStore } from 'zustand/vanilla';
import type {
  CollectionOverview,
  CollectionSummary,
  QueryDetail,
  RunSettings,
  RunSummary,
} from '../collections/collection.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import type { RunProgress } from './collection-progress.ts';
import type { CollectionsPlace } from './collections-address.ts';
import type { Failure, RankingOrder, Result } from './store.ts';

/** The collections on this machine, as far as they are known. */
export type ListPhase =
  | { readonly phase: 'loading' }
  /** Stays while it is read again. */
  | { readonly phase: 'ready'; readonly collections: readonly CollectionSummary[] }
  | { readonly phase: 'failed'; readonly failure: Failure };

/** The one collection that is looked at. */
export type OpenedPhase =
  | { readonly phase: 'none' }
  | { readonly phase: 'opening'; readonly collectionId: string }
  | {
      readonly phase: 'ready';
      readonly collectionId: string;
      readonly overview: CollectionOverview;
      /** Whether its documents have titles; null until a look at the first ones. */
      readonly titles: boolean | null;
    }
  | { readonly phase: 'failed'; readonly collectionId: string; readonly failure: Failure };

/** What a run is about: stays the same from its beginning to its end. */
export interface RunTarget {
  readonly collectionId: string;
  readonly settings: RunSettings;
  /** The one query that is to be scored; null: all of them. */
  readonly onlyQuery: number | null;
}

/** A run of a model over queries of a collection. At most one at a time. */
export type CollectionRunPhase =
  | { readonly phase: 'idle' }
  | {
      readonly phase: 'running';
      readonly target: RunTarget;
      /** Null until the model is loaded. */
      readonly run: RunSummary | null;
      /** Null until it is known what is to be done. */
      readonly progress: RunProgress | null;
    }
  | {
      readonly phase: 'ended';
      readonly target: RunTarget;
      readonly run: RunSummary | null;
      readonly progress: RunProgress | null;
      readonly end: RunEnd;
    };

/** How a run ended. What is done is kept in every case. */
export type RunEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      /** The model is here, and it is the collections that cannot be read or changed. */
      readonly unkept: boolean;
    }
  /** Its scores come from another model than the one that is loaded. */
  | { readonly kind: 'other-model'; readonly loaded: LoadedModel };

/** One query of the opened collection. */
export type QueryPhase =
  | { readonly phase: 'none' }
  | {
      readonly phase: 'loading';
      readonly collectionId: string;
      readonly queryNumber: number;
    }
  | {
      readonly phase: 'ready';
      readonly collectionId: string;
      readonly queryNumber: number;
      /** Whose logits are shown; null while no model has run. */
      readonly runId: string | null;
      readonly detail: QueryDetail;
      readonly result: Result;
    }
  | {
      readonly phase: 'failed';
      readonly collectionId: string;
      readonly queryNumber: number;
      readonly failure: Failure;
    };

/** Something that takes a while with one collection of the list. */
export interface CollectionWork {
  readonly collectionId: string;
  readonly kind: 'exporting' | 'duplicating';
  /** 0..1; null until it is known. */
  readonly share: number | null;
}

export interface CollectionsState {
  readonly place: CollectionsPlace;
  /** `memory`: nothing survives a reload. Null until it is known. */
  readonly storage: 'disk' | 'memory' | null;
  readonly list: ListPhase;
  /** Deleted, and can be brought back. */
  readonly removed: CollectionSummary | null;
  readonly work: CollectionWork | null;
  /** Why the last thing that was asked for was not done. */
  readonly failure: Failure | null;
  readonly opened: OpenedPhase;
  readonly run: CollectionRunPhase;
  readonly query: QueryPhase;
  /** The run that was chosen to be looked at; null: the newest. */
  readonly chosenRunId: string | null;
  readonly order: RankingOrder;
  readonly arrangement: 'list' | 'side-by-side';
}

/** The state of the Collections view; changed by actions only. */
export const collectionsStore = createStore<CollectionsState>(() => ({
  place: { page: 'list' },
  storage: null,
  list: { phase: 'loading' },
  removed: null,
  work: null,
  failure: null,
  opened: { phase: 'none' },
  run: { phase: 'idle' },
  query: { phase: 'none' },
  chosenRunId: null,
  order: 'cross-encoder',
  arrangement: 'list',
}));
