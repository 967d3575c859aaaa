import type { CollectionSummary } from '../collections/collection.ts';
import type { CollectionsEvent } from '../collections/collections-api.ts';
import { collections } from './collections-service.ts';
import {
  type EvaluationChoices,
  keepChoices,
  readChoices,
  shownRunIds,
} from './evaluation-choices.ts';
import type { GainOrder } from './evaluation-queries.ts';
import { type EvaluationState, evaluationStore } from './evaluation-store.ts';
import { failureOf } from './model-phase.ts';
import { tabStorage } from './services.ts';

/** How long a slider has to rest before it is computed anew. */
const restMs = 250;

/** What the tab shows; null while it is closed. */
let shown: CollectionSummary | null = null;
let evaluating: AbortController | null = null;
let resting: ReturnType<typeof setTimeout> | undefined;
/** What the figures in the state were computed from. */
let computedFrom = '';

/**
 * Evaluates a collection for the tab that has just been opened, or whose collection has changed;
 * not again what is known already.
 */
export function showEvaluation(summary: CollectionSummary): void {
  shown = summary;
  if (evaluationStore.getState().collectionId !== summary.id) {
    computedFrom = '';
    change({
      collectionId: summary.id,
      choices: readChoices(tabStorage, summary.id),
      evaluation: null,
      progress: { phase: 'idle' },
      systemKey: null,
    });
  }
  evaluate();
}

/** Stops what is computed for the tab, as nobody looks at it any more. */
export function leaveEvaluation(): void {
  shown = null;
  stop();
  const { progress } = evaluationStore.getState();
  if (progress.phase !== 'idle') change({ progress: { phase: 'idle' } });
}

/**
 * Changes what is to be seen, and evaluates anew.
 * @param pace `rests`: waits until nothing has changed for a moment, as with a slider
 */
export function changeEvaluation(
  changed: Partial<EvaluationChoices>,
  pace: 'at-once' | 'rests' = 'at-once',
): void {
  const { collectionId, choices: before } = evaluationStore.getState();
  const choices = { ...before, ...changed };
  change({ choices });
  if (collectionId !== null) keepChoices(tabStorage, collectionId, choices);
  clearTimeout(resting);
  if (pace === 'at-once') evaluate();
  else resting = setTimeout(evaluate, restMs);
}

/** Stops the evaluation under way; the figures before stay. */
export function cancelEvaluation(): void {
  stop();
  change({ progress: { phase: 'cancelled' } });
}

/** Evaluates once more, after a cancel or a failure. */
export function retryEvaluation(): void {
  computedFrom = '';
  evaluate();
}

/** Chooses the system that pictures and queries are about. */
export function lookAtSystem(systemKey: string): void {
  change({ systemKey });
}

/** Chooses the order of the table of queries. */
export function orderGains(gainOrder: GainOrder): void {
  change({ gainOrder });
}

/** Never rejects: how it ended is in the state. A newer call ends an older one. */
async function evaluate(): Promise<void> {
  const summary = shown;
  stop();
  if (summary === null || summary.queries === 0 || summary.judgedQueries === 0) return;
  const { choices } = evaluationStore.getState();
  const { hiddenRunIds: _, ...settings } = choices;
  const runIds = shownRunIds(choices, summary.runs);
  const from = JSON.stringify([summary.id, summary.updatedAt, settings, runIds]);
  if (from === computedFrom) {
    change({ progress: { phase: 'idle' } });
    return;
  }
  const controller = new AbortController();
  evaluating = controller;
  const { signal } = controller;
  change({ progress: { phase: 'evaluating', step: 'evaluating', share: null } });
  try {
    const evaluation = await collections.evaluate(summary.id, settings, runIds, {
      signal,
      onProgress: (event) => {
        if (!signal.aborted) showProgress(event);
      },
    });
    if (signal.aborted) return;
    computedFrom = from;
    change({ evaluation, progress: { phase: 'idle' } });
  } catch (error) {
    if (signal.aborted) return;
    change({ progress: { phase: 'failed', failure: failureOf(error) } });
  } finally {
    if (evaluating === controller) evaluating = null;
  }
}

function showProgress({ step: name, done, total }: CollectionsEvent): void {
  const { progress } = evaluationStore.getState();
  const step = name === 'indexing' ? 'indexing' : 'evaluating';
  // One step per hundredth is enough to be drawn.
  const share = total === 0 ? null : Math.min(1, Math.floor((done / total) * 100) / 100);
  const same = progress.phase === 'evaluating' && progress.step === step;
  if (same && progress.share === share) return;
  change({ progress: { phase: 'evaluating', step, share } });
}

function stop(): void {
  clearTimeout(resting);
  evaluating?.abort();
  evaluating = null;
}

function change(state: Partial<EvaluationState>): void {
  evaluationStore.setState(state);
}
