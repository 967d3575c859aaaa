import { createStore } from 'zustand/vanilla';
import type { AsideReason } from '../io/set-aside.ts';
import type { WorkProblem } from '../io/work-database.ts';

/** Work of a tab that was closed, or that crashed, which can be brought back. */
export interface WorkOffer {
  readonly tabId: string;
  /** The beginning of it; may be blank. */
  readonly query: string;
  readonly documents: number;
  /** Milliseconds since 1970; null where it was not ranked. */
  readonly rankedAt: number | null;
  /** When it was changed last. */
  readonly updatedAt: number;
}

/** Something that was kept here and could not be read. */
export interface AsideEntry {
  /** `work:12`, or the key in the storage of this origin (`local:KEY`) or of this tab (`tab:KEY`). */
  readonly id: string;
  readonly kind: 'work' | 'settings' | 'draft' | 'other';
  readonly reason: AsideReason;
  /** Size of its file. */
  readonly bytes: number;
  /** Milliseconds since 1970; null where it is not known. */
  readonly setAsideAt: number | null;
  /** Whether this page has not told of it before. */
  readonly isNew: boolean;
}

export interface WorkState {
  readonly offer: WorkOffer | null;
  /** Why work is not kept beyond the text in the boxes; null while it is. */
  readonly problem: WorkProblem | null;
  readonly aside: readonly AsideEntry[];
  /** Whether the user has closed what is told of the problem. */
  readonly isProblemClosed: boolean;
}

/** What became of work that was kept; changed by the actions in work-actions.ts only. */
export const workStore = createStore<WorkState>(() => ({
  offer: null,
  problem: null,
  aside: [],
  isProblemClosed: false,
}));
