import { createStore } from 'zustand/vanilla';
import type { Evaluation } from '../core/evaluation-types.ts';
import { defaultChoices, type EvaluationChoices } from './evaluation-choices.ts';
import type { GainOrder } from './evaluation-queries.ts';
import type { Failure } from './store.ts';

/** How far an evaluation is; what was shown before stays meanwhile. */
export type EvaluationPhase =
  | { readonly phase: 'idle' }
  | {
      readonly phase: 'evaluating';
      readonly step: 'indexing' | 'evaluating';
      /** 0..1; null until it is known. */
      readonly share: number | null;
    }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'failed'; readonly failure: Failure };

export interface EvaluationState {
  /** The collection that all of this is about; null before the first one is looked at. */
  readonly collectionId: string | null;
  readonly choices: EvaluationChoices;
  /** The last evaluation of this collection; null until there is one. */
  readonly evaluation: Evaluation | null;
  readonly progress: EvaluationPhase;
  /** Key of the system that pictures and queries are about; null: the verdict's. */
  readonly systemKey: string | null;
  readonly gainOrder: GainOrder;
}

/** The state of the Evaluation tab; changed by actions only. */
export const evaluationStore = createStore<EvaluationState>(() => ({
  collectionId: null,
  choices: defaultChoices,
  evaluation: null,
  progress: { phase: 'idle' },
  systemKey: null,
  gainOrder: 'gain',
}));
