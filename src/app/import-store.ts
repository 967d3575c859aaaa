import { createStore } from 'zustand/vanilla';
import type { ImportReport } from '../collections/collection.ts';
import type { CollectionsEvent } from '../collections/collections-api.ts';
import type { FilePreview, ImportFile, Interpretation } from '../io/import-types.ts';
import type { Failure } from './store.ts';

/** An open collection that an import may go into. */
export interface ImportInto {
  readonly collectionId: string;
  readonly name: string;
}

/** What was brought and what was decided about it, until it is taken in or given up. */
export interface ImportDraft {
  /** As they came: zips are not expanded. Paths are unique. */
  readonly files: readonly ImportFile[];
  /** One per file that can be taken in, zips expanded; missing until the file was looked at. */
  readonly previews: readonly FilePreview[];
  /** What the user changed, by path of the preview. */
  readonly choices: ReadonlyMap<string, Interpretation>;
  /** The collection that was open; null where there was none. */
  readonly into: ImportInto | null;
  /** `into` only where there is such a collection. */
  readonly target: 'new' | 'into';
  /** Null until the user types one: then one is proposed. */
  readonly name: string | null;
  /** Whether the box for a text is open. */
  readonly pasting: boolean;
}

/** How far an import is. */
export type ImportState =
  | { readonly phase: 'idle' }
  | {
      readonly phase: 'choosing';
      readonly draft: ImportDraft;
      /** Inspections under way; 0: all previews are up to date. */
      readonly looking: number;
      /** Progress of an inspection that takes long (a zip that is expanded). */
      readonly progress: CollectionsEvent | null;
      /** The import that was begun last was cancelled. */
      readonly cancelled: boolean;
      /** Why an inspection or the import failed; the draft is as it was. */
      readonly failure: Failure | null;
    }
  | {
      readonly phase: 'importing';
      readonly draft: ImportDraft;
      readonly progress: CollectionsEvent | null;
    }
  | { readonly phase: 'done'; readonly draft: ImportDraft; readonly report: ImportReport };

/** The import of the Collections view; there is one at a time. Changed by actions only. */
export const importStore = createStore<ImportState>(() => ({ phase: 'idle' }));
