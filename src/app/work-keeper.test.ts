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

  readonly leaving: WorkChange[] = [];
  /** What a writing waits for. */
  gate: Promise<void> = Promise.resolve();

  override writeLeaving(_tabId: string, change: WorkChange): boolean {
    this.leaving.push(change);
    return true;
  }

  override async write(_tabId: string, change: WorkChange): Promise<boolean> {
    const { text, result } = change;
    await this.gate;
    if (this.isEmpty && (text === undefined || result?.documents === undefined)) return false;
    this.isEmpty = false;
    this.taken.push(change);
    return true;
  }
}

function gateOf(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((open) => {
    resolve = open;
  });
  return { promise, resolve: () => resolve() };
}

let leave = (): void => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => {
    if (name === 'pagehide') leave = listener;
  });
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

  it('is handed over at once when the page is left, also during a writing, and wholly next', async () => {
    const database = new TakingDatabase();
    const keeper = new WorkKeeper(database, 'tab', null, () => undefined);
    keeper.start();
    await vi.runAllTimersAsync();
    leave();
    expect(database.leaving).toEqual([]);
    const { promise, resolve } = gateOf();
    database.gate = promise;
    store.setState({ query: 'under way' });
    await vi.runAllTimersAsync();
    store.setState({ query: 'newest' });
    leave();
    expect(database.leaving.map(({ head }) => head.query)).toEqual(['newest']);
    resolve();
    // The page has come back: what is stored now is not certain.
    await vi.runAllTimersAsync();
    expect(database.taken.at(-1)).toMatchObject({
      head: { query: 'newest' },
      text: { documentsText: 'a\nb' },
    });
    await keeper.stop();
  });

  it('is not spoken of as kept before it is, and nothing is written after the end', async () => {
    const database = new TakingDatabase();
    const keeper = new WorkKeeper(database, 'tab', null, () => undefined);
    keeper.start();
    await vi.runAllTimersAsync();
    store.setState({ query: 'brought back' });
    expect(await keeper.save()).toBe(true);
    expect(database.taken.at(-1)?.head.query).toBe('brought back');
    database.gate = Promise.reject(new Error('no room'));
    database.gate.catch(() => undefined);
    store.setState({ query: 'refused' });
    expect(await keeper.save()).toBe(false);
    database.gate = Promise.resolve();
    const { length } = database.taken;
    await keeper.stop();
    store.setState({ query: 'too late' });
    leave();
    await vi.runAllTimersAsync();
    expect(database.taken.length).toBe(length);
    expect(database.leaving).toEqual([]);
  });
});
