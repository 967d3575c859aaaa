import type { RankingOrder, Result, TrapOutcome, TrapsState } from './store.ts';

type Trap = TrapsState['traps'][number];

/** Whether an order puts the answering document first. */
export function answersFirst(trap: Trap, outcome: TrapOutcome, order: RankingOrder): boolean {
  const first = outcome.orders[order][0];
  return first !== undefined && trap.documents[first]?.docId === trap.answerId;
}

/** How many of the traps that were run an order got right. */
export function scoreboardOf(
  traps: readonly Trap[],
  outcomes: TrapsState['outcomes'],
  order: RankingOrder,
): number {
  return traps.filter((trap) => {
    const outcome = outcomes.get(trap.id);
    return outcome !== undefined && answersFirst(trap, outcome, order);
  }).length;
}

/** A trap's outcome in the shape of any other result, so that the same views draw it. */
export function resultOfTrap(trap: Trap, outcome: TrapOutcome): Result {
  const documents = trap.documents.map((document) => document.text);
  return {
    runNumber: 0,
    query: trap.query,
    documents,
    trap,
    logits: Float64Array.from(outcome.logits),
    tokens: new Int32Array(documents.length),
    truncated: documents.map(() => false),
    bm25Scores: Float64Array.from(outcome.bm25Scores),
    bm25Failure: null,
    done: documents.length,
    model: outcome.model,
    timings: null,
  };
}
