import { bm25Scores, createBm25Index } from '../core/bm25.ts';
import type { LoadOptions, RerankResult } from '../engine/reranker.ts';
import { type KeywordTrap, parseKeywordTraps } from '../io/keyword-traps.ts';
import { failureOf, loadOptionsOf, settleModelPhase, showLoading } from './model-phase.ts';
import { logitsByIndex } from './ranking-view.ts';
import { crossrank } from './services.ts';
import { type Result, store, type TrapsState } from './store.ts';

let loading: Promise<readonly KeywordTrap[] | null> | null = null;
let running: AbortController | null = null;

/**
 * The gallery, fetched from this origin once. Null when that failed: the state then says why, and
 * the next call tries again.
 */
export function loadTraps(): Promise<readonly KeywordTrap[] | null> {
  loading ??= fetchTraps().catch((error: unknown) => {
    loading = null;
    const failure = { code: 'traps-unavailable', detail: failureOf(error).detail } as const;
    change({ phase: 'failed', failure });
    return null;
  });
  return loading;
}

/** Runs every trap of the gallery on the loaded model, one after the other. */
export async function runTraps(): Promise<void> {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  const traps = await loadTraps();
  if (traps === null || signal.aborted) return;
  change({ phase: 'running', outcomes: new Map(), failure: null });
  try {
    for (const trap of traps) {
      const result = await crossrank.rerank({
        query: trap.query,
        documents: textsOf(trap),
        // "Measured in this tab" means now.
        remember: false,
        ...wantedModel(),
        signal,
        onEvent: showLoading,
      });
      settleModelPhase();
      if (signal.aborted) return;
      const outcomes = new Map(store.getState().traps.outcomes);
      change({ outcomes: outcomes.set(trap.id, resultOfTrap(trap, result)) });
    }
    change({ phase: 'ready' });
  } catch (error) {
    const failure = failureOf(error);
    settleModelPhase(failure);
    if (!signal.aborted) change({ phase: 'failed', failure });
  }
}

/** Stops the run over the gallery; outcomes that are known stay. */
export function cancelTraps(): void {
  running?.abort();
  if (store.getState().traps.phase === 'running') change({ phase: 'ready' });
}

/** Shows one trap of the gallery in detail. */
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

/** What the settings ask for; a model that is on its way is waited for. */
function wantedModel(): LoadOptions {
  const { models, settings } = store.getState();
  return models.loading === null ? loadOptionsOf(settings) : {};
}

function textsOf(trap: KeywordTrap): string[] {
  return trap.documents.map((document) => document.text);
}

/** A trap's result in the shape of any other, so that the same views draw it. */
function resultOfTrap(trap: KeywordTrap, { ranking, timings, ...model }: RerankResult): Result {
  const documents = textsOf(trap);
  return {
    runNumber: 0,
    query: trap.query,
    documents,
    reading: null,
    trap,
    logits: logitsByIndex(ranking),
    cascade: null,
    tokens: new Int32Array(documents.length),
    truncated: documents.map(() => false),
    passages: documents.map(() => null),
    bm25Scores: bm25Scores(createBm25Index(documents), trap.query),
    bm25Failure: null,
    collection: null,
    done: documents.length,
    model,
    timings,
  };
}

function change(traps: Partial<TrapsState>): void {
  store.setState((state) => ({ traps: { ...state.traps, ...traps } }));
}
