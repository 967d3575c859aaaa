import { rankingRows } from './ranking-view.ts';
import type { RankingOrder, Result, TrapsState } from './store.ts';

type Trap = TrapsState['traps'][number];

/** docId of the document that an order of a trap's result puts first. */
export function firstDocId(trap: Trap, result: Result, order: RankingOrder): string | undefined {
  const [first] = rankingRows(result, order, 1);
  return first === undefined ? undefined : trap.documents[first.index]?.docId;
}

/** Whether an order puts the answering document first. */
export function answersFirst(trap: Trap, result: Result, order: RankingOrder): boolean {
  return firstDocId(trap, result, order) === trap.answerId;
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
