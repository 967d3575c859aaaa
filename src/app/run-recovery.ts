import { createStore } from 'zustand/vanilla';
import type { RecoveringEvent } from '../engine/reranker.ts';

interface RunRecoveryState {
  /** The last failure that the newest run has gone on after; null where there was none. */
  readonly recovery: RecoveringEvent | null;
}

/** What the newest run has survived. */
export const runRecovery = createStore<RunRecoveryState>(() => ({ recovery: null }));

/** Shows that the run under way was interrupted and goes on; null when a new one begins. */
export function noteRecovery(recovery: RecoveringEvent | null): void {
  runRecovery.setState({ recovery });
}
