import type { ImportReport, ImportTarget } from '../collections/collection.ts';
import type { Collections, ImportChoices } from '../collections/collections-api.ts';
import { toRerankError } from '../core/errors.ts';
import type { FilePreview, ImportFile, Interpretation } from '../io/import-types.ts';
import { concernedFiles, joinFiles } from './import-files.ts';
import { gently } from './import-progress.ts';
import type { ImportDraft, ImportInto, ImportState } from './import-store.ts';
import { mergePreviews } from './import-view.ts';
import type { Failure } from './store.ts';

/** What an import works with. */
export interface ImportEnvironment {
  readonly collections: Pick<Collections, 'inspect' | 'importFiles'>;
  readonly store: {
    getState(): ImportState;
    setState(state: ImportState, replace: true): void;
  };
  /** Called when something was taken in, before the report is shown. */
  readonly onImported: (report: ImportReport, target: ImportTarget) => Promise<void>;
}

/** The steps of one import after the other. */
export interface ImportSession {
  /** Opens the import without files. */
  open(into: ImportInto | null, pasting: boolean): void;
  /**
   * Looks at files; those of an import that is not begun yet stay beside them. Does nothing while
   * an import runs. A failure of the reading is shown like any other.
   */
  begin(
    reading: Promise<readonly ImportFile[]>,
    into: ImportInto | null,
    reader?: AbortController,
  ): Promise<void>;
  /** Looks again at everything, after a failure. */
  lookAgain(): Promise<void>;
  /** Takes files for something else, and looks at them again. A newer change wins. */
  change(paths: readonly string[], change: (preview: FilePreview) => Interpretation): Promise<void>;
  /** Leaves files out, or takes them in again. */
  include(paths: readonly string[], included: boolean): void;
  decide(change: Partial<Pick<ImportDraft, 'name' | 'target' | 'pasting'>>): void;
  /** @param name of the new collection, where it becomes one */
  start(name: string): Promise<void>;
  /** Stops the import that runs; the choices stay. */
  cancel(): void;
  /** From the report to the choices again, with all that was chosen. */
  backToChoices(): void;
  close(): void;
}

const emptyDraft: Omit<ImportDraft, 'into' | 'target'> = {
  files: [],
  previews: [],
  choices: new Map(),
  name: null,
  pasting: false,
};

/** Makes the steps of the import on a store and a place to put collections. */
export function createImportSession(environment: ImportEnvironment): ImportSession {
  const { collections, store, onImported } = environment;
  /** Looks under way, each with the paths that it was started for; null: files not seen before. */
  const looks = new Map<AbortController, ReadonlySet<string> | null>();
  /**
   * When a path was changed or looked at last, in numbers that grow: what was looked at before that
   * says nothing about it.
   */
  const known = new Map<string, number>();
  let clock = 0;
  let importing: AbortController | null = null;

  type Choosing = Extract<ImportState, { phase: 'choosing' }>;

  function setChoosing(change: (state: Choosing) => Partial<Omit<Choosing, 'phase'>>): void {
    const state = store.getState();
    if (state.phase === 'choosing') store.setState({ ...state, ...change(state) }, true);
  }

  function setDraft(change: (draft: ImportDraft) => Partial<ImportDraft>): void {
    setChoosing(({ draft }) => ({ draft: { ...draft, ...change(draft) } }));
  }

  /** The draft to add to: the one being chosen, or a new one. */
  function openDraft(into: ImportInto | null, pasting: boolean): void {
    const state = store.getState();
    if (state.phase === 'importing') return;
    if (state.phase === 'choosing') {
      setChoosing(({ draft }) => ({ failure: null, draft: { ...draft, pasting } }));
      return;
    }
    known.clear();
    const draft = { ...emptyDraft, into, target: into === null ? 'new' : 'into', pasting } as const;
    store.setState(choosing(draft), true);
  }

  /** Runs one look at files, from reading them to their previews. */
  async function look(
    paths: ReadonlySet<string> | null,
    controller: AbortController,
    filesOf: () => Promise<readonly ImportFile[]>,
  ): Promise<void> {
    const { signal } = controller;
    looks.set(controller, paths);
    setChoosing(() => ({ looking: looks.size, failure: null, cancelled: false }));
    let failure: Failure | null = null;
    try {
      const files = await filesOf();
      const state = store.getState();
      if (signal.aborted || state.phase !== 'choosing' || files.length === 0) return;
      clock += 1;
      const startedAt = clock;
      const newer = await collections.inspect(files, choicesOf(state.draft), {
        signal,
        onProgress: gently((progress) => {
          if (!signal.aborted) setChoosing(() => ({ progress }));
        }),
      });
      if (signal.aborted) return;
      const news = newer.filter(({ path }) => (known.get(path) ?? 0) <= startedAt);
      for (const { path } of news) known.set(path, startedAt);
      setDraft(({ previews, choices }) => ({
        previews: mergePreviews(
          previews,
          news.map((preview) => withIncluded(preview, choices)),
        ),
      }));
    } catch (error) {
      if (!signal.aborted) failure = failureOf(error);
    } finally {
      looks.delete(controller);
      setChoosing((state) => ({
        looking: looks.size,
        ...(looks.size === 0 && { progress: null }),
        failure: failure ?? state.failure,
      }));
    }
  }

  function stopLooks(): void {
    for (const controller of looks.keys()) controller.abort();
    looks.clear();
  }

  return {
    open: openDraft,

    async begin(reading, into, reader = new AbortController()) {
      if (store.getState().phase === 'importing') {
        reader.abort();
        // It is nobody's any more, whatever comes of it.
        await reading.catch(() => undefined);
        return;
      }
      openDraft(into, false);
      await look(null, reader, async () => {
        const read = await reading;
        const state = store.getState();
        if (reader.signal.aborted || state.phase !== 'choosing') return [];
        const files = joinFiles(state.draft.files, read);
        setDraft(() => ({ files }));
        // All of them: what a file is taken for may depend on those beside it.
        return read.length === 0 ? [] : files;
      });
    },

    async lookAgain() {
      stopLooks();
      await look(null, new AbortController(), async () => {
        const state = store.getState();
        return state.phase === 'choosing' ? state.draft.files : [];
      });
    },

    async change(paths, change) {
      const state = store.getState();
      if (state.phase !== 'choosing') return;
      const changed = new Set(paths);
      clock += 1;
      for (const path of changed) known.set(path, clock);
      // Shown at once; what it means follows when it was looked at.
      const previews = state.draft.previews.map((preview) =>
        changed.has(preview.path) ? { ...preview, interpretation: change(preview) } : preview,
      );
      const choices = new Map(state.draft.choices);
      for (const { path, interpretation } of previews) {
        if (changed.has(path)) choices.set(path, interpretation);
      }
      setDraft(() => ({ previews, choices }));
      for (const [controller, older] of looks) {
        if (older !== null && [...older].every((path) => changed.has(path))) controller.abort();
      }
      const wanted = concernedFiles(state.draft.files, state.draft.previews, previews, changed);
      await look(changed, new AbortController(), async () => wanted);
    },

    include(paths, included) {
      const changed = new Set(paths);
      setDraft(({ previews, choices }) => {
        const next = new Map(choices);
        for (const { path, interpretation } of previews) {
          if (changed.has(path)) next.set(path, { ...interpretation, included });
        }
        return { choices: next, previews: previews.map((one) => withIncluded(one, next)) };
      });
    },

    decide: (change) => setDraft(() => change),

    async start(name) {
      const state = store.getState();
      if (state.phase !== 'choosing') return;
      stopLooks();
      const { draft } = state;
      const controller = new AbortController();
      importing = controller;
      const { signal } = controller;
      const target: ImportTarget =
        draft.target === 'into' && draft.into !== null
          ? { kind: 'into', collectionId: draft.into.collectionId }
          : { kind: 'new', name };
      store.setState({ phase: 'importing', draft, progress: null }, true);
      try {
        const report = await collections.importFiles(draft.files, choicesOf(draft), target, {
          signal,
          onProgress: gently((progress) => {
            if (importing === controller && !signal.aborted) {
              store.setState({ phase: 'importing', draft, progress }, true);
            }
          }),
        });
        if (report.summary !== null) await onImported(report, target);
        store.setState({ phase: 'done', draft, report }, true);
      } catch (error) {
        const failure = signal.aborted ? null : failureOf(error);
        store.setState({ ...choosing(draft), failure, cancelled: signal.aborted }, true);
      } finally {
        importing = null;
      }
    },

    cancel: () => importing?.abort(),

    backToChoices() {
      const state = store.getState();
      if (state.phase !== 'done') return;
      const { draft } = state;
      store.setState(choosing(draft), true);
    },

    close() {
      // An import that runs is cancelled, not abandoned: it ends in the state before it.
      if (store.getState().phase === 'importing') return;
      stopLooks();
      store.setState({ phase: 'idle' }, true);
    },
  };
}

function choosing(draft: ImportDraft): Extract<ImportState, { phase: 'choosing' }> {
  return {
    phase: 'choosing',
    draft,
    looking: 0,
    progress: null,
    cancelled: false,
    failure: null,
  };
}

/** What the user decided, as it was understood when it was looked at. */
function choicesOf({ previews, choices }: ImportDraft): ImportChoices {
  const shown = new Map(previews.map(({ path, interpretation }) => [path, interpretation]));
  // fromEntries defines its keys: a file of the name `__proto__` is a file like others.
  return Object.fromEntries(
    [...choices].map(([path, chosen]) => [path, shown.get(path) ?? chosen] as const),
  );
}

/** Whether a file is left out may have been changed while it was looked at. */
function withIncluded(
  preview: FilePreview,
  choices: ReadonlyMap<string, Interpretation>,
): FilePreview {
  const included = choices.get(preview.path)?.included ?? preview.interpretation.included;
  return { ...preview, interpretation: { ...preview.interpretation, included } };
}

function failureOf(error: unknown): Failure {
  const { code, message } = toRerankError(error, 'file-unreadable');
  return { code, detail: message };
}
