import { createStore } from 'zustand/vanilla';
import type { ComparisonStep, DeviceComparison } from './device-comparison.ts';
import type { Failure } from './store.ts';

/** How far the comparison of devices is. */
export type ComparisonPhase =
  | { readonly phase: 'idle' }
  /** The step is null until the first one. */
  | { readonly phase: 'running'; readonly step: ComparisonStep | null }
  | {
      readonly phase: 'done';
      /** Id of the model that was compared. */
      readonly model: string;
      readonly comparison: DeviceComparison;
      /** False where too few tokens were compared to decide for all later runs. */
      readonly remembered: boolean;
    }
  /** The model's weights for one of the devices are not on this machine. */
  | { readonly phase: 'not-here' }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'failed'; readonly failure: Failure };

/** The one comparison of the page; changed by actions only. */
export const comparisonStore = createStore<ComparisonPhase>(() => ({ phase: 'idle' }));
