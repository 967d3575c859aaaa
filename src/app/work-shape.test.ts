import { describe, expect, it } from 'vitest';
import { readWork } from '../io/work-records.ts';
import type { Work, WorkParts } from '../io/work-types.ts';
import { finishedRun } from './run-samples.ts';
import { type AppState, type Result, store } from './store.ts';
import {
  changeOf,
  isSameState,
  type KeptState,
  keptStateOf,
  restoredResult,
} from './work-shape.ts';

const initial = store.getState();
const input = { query: 'q', documentsText: 'a\nb', layout: 'auto' } as const;
const result: Result = finishedRun({});
const own: AppState = { ...initial, ...input, result, run: { phase: 'done' } };
const trap: NonNullable<AppState['loadedTrap']> = {
  id: 'loan',
  language: 'en',
  kind: 'synonym',
  favours: 'meaning',
  title: { en: 't', zh: '题' },
  query: 'trap',
  documents: [],
  answerId: 'a',
  trapId: 'b',
  explanation: { en: 'e', zh: '释' },
};
const counts = { changes: 3, now: 50 };

/** What a database would hold after a change to an empty one. */
function stored(change: ReturnType<typeof changeOf>): Work | null {
  const { head, text, result: kept } = change;
  const parts: WorkParts = {
    head: { ...head, sequence: 1 },
    text,
    documents: kept?.documents,
    scores: kept?.scores,
  };
  const { work, problem } = readWork(structuredClone(parts));
  expect(problem).toBeNull();
  return work;
}

describe('what is kept of the page', () => {
  it('comes back as it was, with the phase in which its run ended', () => {
    const state = keptStateOf({ ...own, order: 'both', showLogits: true }, null, 40);
    const work = stored(changeOf(state, null, counts));
    expect(work?.head).toMatchObject({
      query: 'q',
      documents: 2,
      changes: 3,
      rankedAt: 40,
      updatedAt: 50,
      view: { order: 'both', arrangement: 'list', showLogits: true },
    });
    expect(work?.text.documentsText).toBe('a\nb');
    const restored = work?.result ? restoredResult(work.result) : null;
    expect(restored).toEqual({ result: { ...result, runNumber: 0 }, run: { phase: 'done' } });
  });

  it('tells a run that was cut off with the page from one that was cancelled or failed', () => {
    const partial: Result = {
      ...result,
      logits: Float64Array.of(1, Number.NaN),
      done: 1,
      model: null,
      timings: null,
    };
    const place = { done: 1, total: 2, cascade: null };
    const scoring = { phase: 'scoring', ...place, pairsPerSecond: null, leftMs: null } as const;
    const failure = { code: 'out-of-memory', detail: 'No memory.' } as const;
    const runs: readonly [AppState['run'], AppState['run']][] = [
      [scoring, { phase: 'left', ...place }],
      [
        { phase: 'cancelled', ...place },
        { phase: 'cancelled', ...place },
      ],
      [
        { phase: 'failed', failure },
        { phase: 'failed', failure },
      ],
    ];
    const before = keptStateOf({ ...own, result: partial, run: scoring }, null, 1);
    for (const [run, restored] of runs) {
      // The scores were written while the run went on, and the same ones after its end.
      const state = keptStateOf({ ...own, result: partial, run }, before, 1);
      expect(isSameState(state, before)).toBe(run === scoring);
      const work = stored(changeOf(state, null, counts));
      expect(work?.result && restoredResult(work.result).run).toEqual(restored);
      // Still so while the next run has no score yet.
      expect(keptStateOf({ ...own, result: partial, run: scoring }, state, 2).end).toBe(state.end);
    }
  });

  it.each([
    ['fast', ['fast', null], { stage: 'fast', done: 1, total: 2 }, 1],
    ['strong', ['strong', 'fast'], { stage: 'strong', done: 1, total: 1 }, 3],
  ] as const)('of two models says that it stopped in the %s stage', (_, stages, where, done) => {
    const cascade: Result['cascade'] = {
      ...{ fast: 'small', strong: 'large', depth: 1, stages, fastRun: null },
      fastLogits: Float64Array.of(1, Number.NaN),
      fastTokens: Int32Array.of(5, 0),
      strongFailure: { code: 'documents-json', detail: 'of the page' },
    };
    const cut: Result = { ...result, cascade, done: 1, model: null, timings: null };
    const work = stored(changeOf(keptStateOf({ ...own, result: cut }, null, 1), null, counts));
    const restored = work?.result ? restoredResult(work.result) : null;
    expect(restored?.run).toEqual({
      phase: 'left',
      done,
      total: 3,
      cascade: { fast: 'small', strong: 'large', depth: 1, ...where },
    });
    // Only the library's own codes are kept.
    expect(restored?.result.cascade?.strongFailure?.code).toBe('inference-failed');
  });

  it('is no untouched trap, but the text that it has replaced, with its result', () => {
    const before = keptStateOf(own, null, 1);
    const shown: AppState = {
      ...own,
      query: trap.query,
      documentsText: 'of the trap',
      loadedTrap: trap,
      replaced: input,
      result: { ...result, trap },
    };
    const state = keptStateOf(shown, before, 2);
    expect(state).toMatchObject({ ...input, trapId: 'loan', result, rankedAt: 1 });
    const alone = keptStateOf({ ...shown, replaced: null }, null, 2);
    expect(alone).toMatchObject({ query: '', documentsText: '', trapId: 'loan', result: null });
  });

  it('is not the result of a trap whose text was changed', () => {
    const shown = { ...own, result: { ...result, trap } };
    expect(keptStateOf(shown, null, 1).result).toBeNull();
  });

  it('is the result before while a new run has no score yet', () => {
    const before = keptStateOf(own, null, 1);
    const begun = { ...own, result: { ...result, done: 0 } };
    expect(keptStateOf(begun, before, 2).result).toBe(result);
    expect(keptStateOf(begun, null, 2).result).toBeNull();
  });
});

describe('what is written', () => {
  const before = keptStateOf(own, null, 1);
  const partsOf = (state: KeptState, last: KeptState | null) => {
    const { text, result: scores } = changeOf(state, last, counts);
    return [
      text !== undefined,
      scores !== undefined && scores !== null,
      scores?.documents !== undefined,
    ];
  };

  it('is only what has changed', () => {
    expect(partsOf(before, null)).toEqual([true, true, true]);
    expect(isSameState(keptStateOf(own, before, 9), before)).toBe(true);
    const reordered = keptStateOf({ ...own, order: 'bm25' }, before, 9);
    expect(isSameState(reordered, before)).toBe(false);
    expect(partsOf(reordered, before)).toEqual([false, false, false]);
    const requeried = keptStateOf({ ...own, query: 'other' }, before, 9);
    expect(partsOf(requeried, before)).toEqual([false, false, false]);
    const retyped = keptStateOf({ ...own, documentsText: 'a\nb\nc' }, before, 9);
    expect(partsOf(retyped, before)).toEqual([true, false, false]);
  });

  it('are scores without documents while these are the same', () => {
    const more = keptStateOf({ ...own, result: { ...result, done: 1 } }, before, 9);
    expect(partsOf(more, before)).toEqual([false, true, false]);
    const others = { ...result, documents: ['a', 'c'] };
    expect(partsOf(keptStateOf({ ...own, result: others }, before, 9), before)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('is that there is no result any more', () => {
    const cleared = keptStateOf({ ...own, result: null }, before, 9);
    expect(changeOf(cleared, before, counts)).toMatchObject({
      result: null,
      head: { rankedAt: null },
    });
  });
});
