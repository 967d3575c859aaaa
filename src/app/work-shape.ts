import type { WorkChange } from '../io/work-database.ts';
import { documentsRecord, scoresRecord } from '../io/work-records.ts';
import { asErrorCode } from '../io/work-run-schemas.ts';
import type { KeptCascade, KeptScores, Work } from '../io/work-types.ts';
import { pastedDocuments } from './input-view.ts';
import { ownInput } from './keep-draft.ts';
import type { AppState, Failure, Input, Result, RunPhase } from './store.ts';

type NewResult = NonNullable<WorkChange['result']>;
/** Null: it came to its end, or is under way. */
type RunEnd = 'cancelled' | Failure | null;

/** What is kept of the page: own text, what it replaced, the result of it, how it is shown. */
export interface KeptState extends Input {
  readonly replaced: AppState['replaced'];
  readonly trapId: string | null;
  readonly order: AppState['order'];
  readonly arrangement: AppState['arrangement'];
  readonly showLogits: boolean;
  readonly result: Result | null;
  /** How the result's run ended, where it did not come to its end. */
  readonly end: RunEnd;
  /** When the result was seen first, in milliseconds since 1970; null without one. */
  readonly rankedAt: number | null;
}

/**
 * What is kept of the page as it is. An untouched trap is no work: the text that it has replaced
 * is, with the result that was kept of it.
 * @param before what was kept last; null: nothing yet
 */
export function keptStateOf(state: AppState, before: KeptState | null, now: number): KeptState {
  const { query, documentsText, layout } = ownInput(state);
  const { loadedTrap, replaced, order, arrangement, showLogits } = state;
  const result = keptResultOf(state, before?.result ?? null);
  const isKnown = before !== null && result === before.result;
  return {
    query,
    documentsText,
    layout,
    replaced: loadedTrap === null ? replaced : null,
    trapId: loadedTrap?.id ?? null,
    order,
    arrangement,
    showLogits,
    result,
    end: endIn(state, result, before),
    rankedAt: isKnown ? before.rankedAt : result === null ? null : now,
  };
}

/** Whether two states are kept alike. */
export function isSameState(one: KeptState, other: KeptState): boolean {
  return keptFields.every((field) => one[field] === other[field]);
}

/**
 * What has to be written of a state: only the parts that differ from what was written before.
 * @param before null: nothing of this tab was written yet
 * @param changes how often the text was changed
 */
export function changeOf(
  state: KeptState,
  before: KeptState | null,
  { changes, now }: { readonly changes: number; readonly now: number },
): WorkChange {
  const { query, layout, trapId, documentsText, replaced, result, end, rankedAt } = state;
  const { order, arrangement, showLogits } = state;
  const head: WorkChange['head'] = {
    version: 1,
    updatedAt: now,
    expiredSince: null,
    changes,
    query,
    layout,
    trapId,
    view: { order, arrangement, showLogits },
    documents: result?.documents.length ?? documentsIn(state),
    rankedAt,
    bytes: bytesOf(state),
    broughtBack: false,
  };
  const sameText = before?.documentsText === documentsText && before.replaced === replaced;
  const sameResult = before !== null && before.result === result && before.end === end;
  return {
    head,
    ...(!sameText && { text: { version: 1, documentsText, replaced } }),
    ...(!sameResult && { result: resultChange(result, end, before?.result ?? null) }),
  };
}

/** A kept result as the page shows one, and the phase in which its run was when it ended. */
export function restoredResult(kept: NonNullable<Work['result']>): {
  readonly result: Result;
  readonly run: RunPhase;
} {
  const { scores, documents } = kept;
  const { end, ...known } = scores;
  const result: Result = {
    ...known,
    // Every run of this page is newer.
    runNumber: 0,
    documents,
    trap: null,
    bm25Failure: null,
    collection: null,
  };
  return { result, run: endOf(result, end) };
}

const keptFields = [
  ...(['query', 'documentsText', 'layout', 'replaced', 'trapId'] as const),
  ...(['order', 'arrangement', 'showLogits', 'result', 'end'] as const),
];

function keptResultOf(state: AppState, before: Result | null): Result | null {
  const { loadedTrap, replaced, result } = state;
  if (loadedTrap !== null) return replaced === null ? null : before;
  // That of a trap, of which the text has been changed since.
  if (result !== null && result.trap !== null) return null;
  // One without any score is no result yet: the one before is not given up for it.
  return result !== null && result.done === 0 ? before : result;
}

/** An earlier result keeps its end while the next run has no score yet. */
function endIn({ run }: AppState, result: Result | null, before: KeptState | null): RunEnd {
  if (result === null || result.model !== null) return null;
  if (result === before?.result && run.phase !== 'cancelled' && run.phase !== 'failed') {
    return before.end;
  }
  if (run.phase === 'cancelled') return 'cancelled';
  return run.phase === 'failed' ? run.failure : null;
}

function documentsIn(input: Input): number {
  const pasted = pastedDocuments(input);
  return pasted.ok ? pasted.documents.length : 0;
}

function resultChange(result: Result | null, end: RunEnd, before: Result | null): NewResult | null {
  if (result === null) return null;
  const { documents, query, reading, logits, tokens, truncated, passages } = result;
  const { bm25Scores, cascade, done, model, timings } = result;
  const of = { query, reading, logits, tokens, truncated, passages, bm25Scores };
  return {
    ...(documents !== before?.documents && { documents: documentsRecord(documents) }),
    scores: scoresRecord({
      ...of,
      cascade: keptCascade(cascade),
      end: keptEnd(end),
      done,
      model,
      timings,
    }),
  };
}

function keptCascade(cascade: Result['cascade']): KeptCascade | null {
  if (cascade === null) return null;
  const { strongFailure } = cascade;
  return { ...cascade, strongFailure: strongFailure && keptFailure(strongFailure) };
}

function keptEnd(end: RunEnd): KeptScores['end'] {
  return end === null || end === 'cancelled' ? end : keptFailure(end);
}

/** The library's own codes alone are kept. */
function keptFailure({ code, detail }: Failure) {
  return { code: asErrorCode(code), detail };
}

/** Where nothing says how a run ended, the page went away before it did. */
function endOf({ model, documents, done, cascade }: Result, end: KeptScores['end']): RunPhase {
  if (model !== null) return { phase: 'done' };
  if (end !== null && end !== 'cancelled') return { phase: 'failed', failure: end };
  const phase = end ?? 'left';
  if (cascade === null) return { phase, done, total: documents.length, cascade: null };
  const { fast, strong, depth, stages } = cascade;
  const known = stages.filter((stage) => stage !== null).length;
  const again = stages.filter((stage) => stage === 'strong').length;
  const isFirst = known < documents.length;
  return {
    phase,
    done: known + again,
    total: documents.length + depth,
    cascade: {
      fast,
      strong,
      depth,
      stage: isFirst ? 'fast' : 'strong',
      done: isFirst ? known : again,
      total: isFirst ? documents.length : depth,
    },
  };
}

/** Roughly; texts count twice per unit, as they lie in memory. */
function bytesOf({ query, documentsText, replaced, result }: KeptState): number {
  const documents = result?.documents ?? [];
  const texts = [query, documentsText, replaced?.query ?? '', replaced?.documentsText ?? ''];
  const units = [...texts, ...documents].reduce((sum, text) => sum + text.length, 0);
  return units * 2 + documents.length * 64;
}
