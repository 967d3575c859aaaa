import { createStore } from 'zustand/vanilla';
import type { KeepFailure } from '../offline/offline-messages.ts';

/** What is kept for use without a network. */
export type OfflinePhase =
  /** No service worker: not in this browser, not without https, refused, or a development server. */
  | {
      readonly phase: 'unsupported';
      readonly reason: 'browser' | 'insecure' | 'refused' | 'development';
    }
  /** Not yet; not unasked where the browser saves data; or no longer, since the user removed it. */
  | { readonly phase: 'none'; readonly reason: 'waiting' | 'save-data' | 'forgotten' }
  | { readonly phase: 'filling'; readonly keptBytes: number; readonly totalBytes: number }
  | { readonly phase: 'ready'; readonly keptBytes: number }
  /** What was kept stays; the next visit, or `keepOffline()`, goes on from there. */
  | { readonly phase: 'failed'; readonly reason: KeepFailure; readonly keptBytes: number };

/** `waiting`: a newer version is kept and waits. `elsewhere`: another tab has taken it. */
export type UpdatePhase = 'none' | 'waiting' | 'elsewhere';

export interface OfflineState {
  readonly offline: OfflinePhase;
  readonly update: UpdatePhase;
  /** Whether threads (cross-origin isolation) come with the next reload. */
  readonly isolation: 'settled' | 'after-reload';
  /** The user has put off what the notice says; a new reason shows it again. */
  readonly noticeClosed: boolean;
}

/** Offline use and updates; changed by the offline actions only. */
export const offlineStore = createStore<OfflineState>(() => ({
  offline: { phase: 'none', reason: 'waiting' },
  update: 'none',
  isolation: 'settled',
  noticeClosed: false,
}));
