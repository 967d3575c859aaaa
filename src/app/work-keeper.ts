import { problemOf, type WorkDatabase, type WorkProblem } from '../io/work-database.ts';
import { tellDatabaseOutcome, textChanges } from './keep-draft.ts';
import { type AppState, store } from './store.ts';
import { changeOf, isSameState, type KeptState, keptStateOf } from './work-shape.ts';

/** A text is written so long after its last change. Milliseconds. */
const textRestMs = 300;
/** But no later than this after its first: somebody may type for minutes. Milliseconds. */
const textLatestMs = 2000;
/** The scores of a run under way are written so often at most. Milliseconds. */
const scoresGapMs = 3000;

/**
 * Writes what is kept of the page whenever it has changed: texts a moment later, results with the
 * end of their run, and everything when the page is hidden or left. One writing at a time; what
 * changes meanwhile goes with the next.
 */
export class WorkKeeper {
  readonly #database: WorkDatabase;
  readonly #tabId: string;
  readonly #onProblem: (problem: WorkProblem | null) => void;
  #written: KeptState | null;
  /** The writing under way. */
  #writing: Promise<void> | null = null;
  /** What is stored may be newer than `#written`: the next writing is a whole one. */
  #isUnsure = false;
  #isStopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #firstTextMs: number | null = null;
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  /** @param written what is kept of this tab already; null: nothing */
  constructor(
    database: WorkDatabase,
    tabId: string,
    written: KeptState | null,
    onProblem: (problem: WorkProblem | null) => void,
  ) {
    this.#database = database;
    this.#tabId = tabId;
    this.#written = written;
    this.#onProblem = onProblem;
  }

  /** Begins to keep; what is not kept yet is written at once. */
  start(): void {
    store.subscribe((state, before) => this.#notice(state, before));
    addEventListener('pagehide', () => this.#writeLeaving());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'hidden') return;
      // What changed during the writing under way follows it at once: the browser may end the page.
      if (this.#writing === null) this.#flush();
      else this.#writing.then(() => this.#flush());
    });
    tellDatabaseOutcome('pending');
    this.#flush();
  }

  /** Keeps nothing any more, once what was being written is. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#writing;
  }

  /** Deletes what is kept of this tab; for one that has stopped. */
  async remove(): Promise<void> {
    await this.#database.remove(this.#tabId);
  }

  /**
   * Writes what there is now.
   * @returns whether it is kept
   */
  async save(): Promise<boolean> {
    await this.#writing;
    this.#flush();
    await this.#writing;
    const written = this.#written;
    return (
      written !== null && isSameState(keptStateOf(store.getState(), written, Date.now()), written)
    );
  }

  #notice(state: AppState, before: AppState): void {
    const nowMs = performance.now();
    const isText =
      state.query !== before.query ||
      state.documentsText !== before.documentsText ||
      state.layout !== before.layout ||
      state.replaced !== before.replaced ||
      state.loadedTrap !== before.loadedTrap;
    const isView =
      state.order !== before.order ||
      state.arrangement !== before.arrangement ||
      state.showLogits !== before.showLogits;
    const isResult = state.result !== before.result || state.run.phase !== before.run.phase;
    if (isText || isView) {
      if (isText) tellDatabaseOutcome('pending');
      this.#firstTextMs ??= nowMs;
      this.#writeAt(Math.min(nowMs + textRestMs, this.#firstTextMs + textLatestMs));
    } else if (isResult && state.result !== null) {
      const isOver = state.run.phase !== 'scoring';
      this.#writeBefore(isOver ? nowMs : Math.max(nowMs, this.#writtenAtMs + scoresGapMs));
    }
  }

  /** Writes then, whatever was to be before. */
  #writeAt(atMs: number): void {
    this.#dueAtMs = atMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, atMs - performance.now()));
  }

  #writeBefore(atMs: number): void {
    if (atMs < this.#dueAtMs) this.#writeAt(atMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    this.#firstTextMs = null;
    if (this.#isStopped || this.#writing !== null) return;
    const now = Date.now();
    const state = keptStateOf(store.getState(), this.#written, now);
    if (this.#isAsWritten(state)) {
      tellDatabaseOutcome('kept');
      return;
    }
    this.#writing = this.#write(state, now).finally(() => {
      this.#writing = null;
    });
  }

  /** What would be lost with the page; the browser finishes what is handed to it in time. */
  #writeLeaving(): void {
    if (this.#isStopped) return;
    const now = Date.now();
    const state = keptStateOf(store.getState(), this.#written, now);
    if (this.#writing === null && this.#isAsWritten(state)) return;
    const change = changeOf(state, this.#certain(), { changes: textChanges(), now });
    if (this.#written !== null && this.#database.writeLeaving(this.#tabId, change)) {
      this.#isUnsure = true;
    } else this.#flush();
  }

  /** What is stored for certain; null: nothing. */
  #certain(): KeptState | null {
    return this.#isUnsure ? null : this.#written;
  }

  #isAsWritten(state: KeptState): boolean {
    const certain = this.#certain();
    return certain !== null && isSameState(state, certain);
  }

  async #write(state: KeptState, now: number): Promise<void> {
    const before = this.#certain();
    this.#isUnsure = false;
    this.#writtenAtMs = performance.now();
    let problem: WorkProblem | null = null;
    try {
      const as = { changes: textChanges(), now };
      const isWhole = await this.#database.write(this.#tabId, changeOf(state, before, as));
      // What was written before is gone: it was deleted in another tab, or by the browser.
      if (!isWhole && !this.#isStopped) {
        await this.#database.write(this.#tabId, changeOf(state, null, as));
      }
      this.#written = state;
    } catch (error) {
      problem = problemOf(error);
      this.#isUnsure ||= before === null;
    }
    if (this.#isStopped) return;
    this.#onProblem(problem);
    if (problem !== null) {
      tellDatabaseOutcome('failed');
      return;
    }
    const current = keptStateOf(store.getState(), state, now);
    if (isSameState(current, state)) tellDatabaseOutcome('kept');
    // What changed meanwhile, unless its own time is still to come.
    else if (this.#dueAtMs === Number.POSITIVE_INFINITY) {
      const isUnderWay = store.getState().run.phase === 'scoring';
      this.#writeAt(performance.now() + (isUnderWay ? scoresGapMs : textRestMs));
    }
  }
}
