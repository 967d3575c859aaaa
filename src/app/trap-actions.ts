import { bm25Scores, createBm25Index } from '../core/bm25.ts';
import { orderByScore, sumOfZScores } from '../core/scores.ts';
import type { RerankResult } from '../engine/reranker.ts';
import { type KeywordTrap, parseKeywordTraps } from '../io/keyword-traps.ts';
import { failureOf, reportLoading } from './rerank-actions.ts';
import { crossrank } from './services.ts';
import { store, type TrapOutcome, type TrapsState } from './store.ts';

let loading: Promise<readonly KeywordTrap[]> | null = null;
let running: AbortController | null = null;

/** The gallery, fetched from this origin once; a failed fetch is tried again on the next call. */
export function loadTraps(): Promise<readonly KeywordTrap[]> {
  loading ??= fetchTraps().catch((error: unknown) => {
    loading = null;
    change({
      phase: 'failed',
      failure: { code: 'traps-unavailable', detail: failureOf(error).detail },
    });
    throw error;
  });
  return loading;
}

/** Runs every trap of the gallery on the loaded model, one after the other. */
export async function runTraps(): Promise<void> {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  try {
    const traps = await loadTraps();
    if (signal.aborted) return;
    change({ phase: 'running', outcomes: new Map(), failure: null });
    const { device } = store.getState().settings;
    await reportLoading((onEvent) => crossrank.load({ device, signal, onEvent }));
    for (const trap of traps) {
      const documents = trap.documents.map((document) => document.text);
      const result = await crossrank.rerank({ query: trap.query, documents, signal });
      if (signal.aborted) return;
      const outcomes = new Map(store.getState().traps.outcomes);
      change({ outcomes: outcomes.set(trap.id, outcomeOf(trap, result)) });
    }
    change({ phase: 'ready' });
  } catch (error) {
    if (!signal.aborted) change({ phase: 'failed', failure: failureOf(error) });
  } finally {
    if (running === controller) running = null;
  }
}

/** Stops the run over the gallery; outcomes that are known stay. */
export function cancelTraps(): void {
  running?.abort();
  running = null;
  if (store.getState().traps.phase === 'running') change({ phase: 'ready' });
}

export function selectTrap(id: string): void {
  change({ selectedId: id });
}

async function fetchTraps(): Promise<readonly KeywordTrap[]> {
  change({ phase: 'loading', failure: null });
  const response = await fetch(`${import.meta.env.BASE_URL}demos/keyword-traps.json`);
  if (!response.ok) throw new Error(`${response.url} answered HTTP ${response.status}.`);
  const traps = parseKeywordTraps(await response.json());
  change({ phase: 'ready', traps, selectedId: traps[0]?.id ?? null });
  return traps;
}

function outcomeOf(trap: KeywordTrap, result: RerankResult): TrapOutcome {
  const { ranking, timings: _, ...model } = result;
  const logits = new Float64Array(trap.documents.length);
  for (const { index, logit } of ranking) logits[index] = logit;
  const documents = trap.documents.map((document) => document.text);
  const keywords = bm25Scores(createBm25Index(documents), trap.query);
  return {
    orders: {
      'cross-encoder': orderByScore(logits),
      bm25: orderByScore(keywords),
      both: orderByScore(sumOfZScores(logits, keywords)),
    },
    logits: [...logits],
    bm25Scores: [...keywords],
    model,
  };
}

function change(traps: Partial<TrapsState>): void {
  store.setState((state) => ({ traps: { ...state.traps, ...traps } }));
}
