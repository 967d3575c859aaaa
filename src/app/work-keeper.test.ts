import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WorkChange, WorkDatabase } from '../io/work-database.ts';
import { finishedRun } from './run-samples.ts';
import { store } from './store.ts';
import { WorkKeeper } from './work-keeper.ts';

/** Takes every writing; one that leaves something out is refused once it has been emptied. */
class TakingDatabase extends WorkDatabase {
  readonly taken: WorkChange[] = [];
  isEmpty = false;

  constructor() {
    super({ onBlocked: () => undefined, onReplaced: () => undefined });
  }

  override async write(_tabId: string, change: WorkChange): Promise<boolean> {
    const { text, result } = change;
    if (this.isEmpty && (text === undefined || result?.documents === undefined)) return false;
    this.isEmpty = false;
    this.taken.push(change);
    return true;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('document', { addEventListener: () => undefined, visibilityState: 'visible' });
  store.setState({ query: 'q', documentsText: 'a\nb', result: finishedRun({}) });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('work that is kept', () => {
  it('is written in parts, and as a whole where another tab has deleted it', async () => {
    const database = new TakingDatabase();
    const keeper = new WorkKeeper(database, 'tab', null, () => undefined);
    keeper.start();
    await vi.runAllTimersAsync();
    store.setState({ query: 'other' });
    await vi.runAllTimersAsync();
    database.isEmpty = true;
    store.setState({ query: 'one more' });
    await vi.runAllTimersAsync();
    keeper.stop();
    const parts = database.taken.map(({ head, text, result }) => [
      head.query,
      text?.documentsText,
      result?.documents?.documents.length,
    ]);
    expect(parts).toEqual([
      ['q', 'a\nb', 2],
      ['other', undefined, undefined],
      ['one more', 'a\nb', 2],
    ]);
  });
});
