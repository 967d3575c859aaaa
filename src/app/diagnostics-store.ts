import { createStore } from 'zustand/vanilla';
import type { CheckName, CheckResult } from './diagnostics-checks.ts';
import type { GpuFacts } from './diagnostics-machine.ts';
import type { StorageFacts } from './diagnostics-storage.ts';

/** What the diagnostics page has found out so far; stays when the view is left. */
export interface DiagnosticsState {
  /** Null until it was asked. */
  readonly gpu: GpuFacts | null;
  readonly storage: StorageFacts | null;
  /** Whether the browser was asked to keep what is stored, and did not promise it. */
  readonly keepRefused: boolean;
  readonly checks: {
    /** The one under way; null when none is. */
    readonly running: CheckName | null;
    readonly results: readonly CheckResult[];
  };
}

export const diagnosticsStore = createStore<DiagnosticsState>(() => ({
  gpu: null,
  storage: null,
  keepRefused: false,
  checks: { running: null, results: [] },
}));
