import type { QueryDetail, QuerySummary, RunSummary } from '../collections/collection.ts';
import type { CollectionContext, RankingOrder, Result } from './store.ts';

/** Ending of the files that whole collections are exported to. */
const collectionEnding = '.crossrank.jsonl';
/** Characters of a name: file systems take 255 bytes, and one may have four. */
const longestName = 55;

/** The queries whose id, text or number holds what is typed; all of them for a blank. */
export function filterQueries(
  queries: readonly QuerySummary[],
  typed: string,
): readonly QuerySummary[] {
  const words = typed.trim().toLowerCase().split(/\s+/u);
  if (words.join('') === '') return queries;
  return queries.filter(({ queryId, text, number }) => {
    // The number as people see it, from 1.
    const searched = `${number + 1} ${queryId} ${text}`.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
}

/** Runs of a model, which have logits to show; newest first. */
export function modelRuns(runs: readonly RunSummary[]): readonly RunSummary[] {
  return runs.filter(({ kind }) => kind === 'model');
}

/** Whether a run has queries left. */
export function isUnfinished(run: RunSummary): boolean {
  return run.kind === 'model' && run.doneQueries < run.totalQueries;
}

/**
 * The runs of a collection with the newest word on the one that goes on: it stands first when the
 * list was read before it began. What the list says of one that is further there stays.
 */
export function withRunUnderWay(
  runs: readonly RunSummary[],
  current: RunSummary | null,
): readonly RunSummary[] {
  if (current === null) return runs;
  const known = runs.find(({ runId }) => runId === current.runId);
  if (known === undefined) return [current, ...runs];
  const newer =
    current.doneQueries > known.doneQueries ||
    current.scoredPairs + current.cachedPairs > known.scoredPairs + known.cachedPairs;
  return runs.map((run) => (run === known && newer ? current : run));
}

/** How many candidates of a query a run has scored. */
export function scoredCount({ logits }: Pick<QueryDetail, 'logits'>): number {
  return logits.reduce((count, logit) => (Number.isNaN(logit) ? count : count + 1), 0);
}

/**
 * A query of a collection in the shape of any other result, so that the same views draw it.
 * @param runNumber of this page, so that a list that is drawn anew begins at its top
 * @param relevantFrom grades from this one on are relevant
 */
export function resultOfDetail(
  detail: QueryDetail,
  { runNumber, relevantFrom }: { readonly runNumber: number; readonly relevantFrom: number },
): Result {
  const { documents, grades, firstStageScores } = detail;
  const collection: CollectionContext = {
    docIds: documents.map(({ docId }) => docId),
    titles: documents.map(({ title }) => title ?? null),
    grades,
    relevantFrom,
    firstStageScores,
  };
  return {
    runNumber,
    query: detail.query.text,
    documents: documents.map(({ text }) => text),
    reading: null,
    trap: null,
    logits: detail.logits,
    cascade: null,
    tokens: detail.tokens,
    truncated: detail.truncated,
    passages: documents.map(() => null),
    bm25Scores: detail.bm25Scores,
    bm25Failure: null,
    collection,
    // Candidates below the depth stay without a logit: nothing more is on its way.
    done: documents.length,
    model: null,
    timings: null,
  };
}

/** New logits put in at their places; the detail before stays as it was. */
export function withScores(
  detail: QueryDetail,
  places: ArrayLike<number>,
  scores: {
    readonly logits: ArrayLike<number>;
    readonly tokens: ArrayLike<number>;
    readonly truncated: readonly boolean[];
  },
): QueryDetail {
  const logits = detail.logits.slice();
  const tokens = detail.tokens.slice();
  const truncated = detail.truncated.slice();
  for (let at = 0; at < places.length; at += 1) {
    const place = places[at];
    const logit = scores.logits[at];
    // What is shown may be fewer candidates than what is scored.
    if (place === undefined || logit === undefined || place >= logits.length) continue;
    if (Number.isNaN(logit)) continue;
    logits[place] = logit;
    tokens[place] = scores.tokens[at] ?? 0;
    truncated[place] = scores.truncated[at] ?? false;
  }
  return { ...detail, logits, tokens, truncated };
}

/** The orders that a query can be shown in, and the one to set the model beside. */
export function ordersOf(
  firstStageGiven: boolean,
  scored: boolean,
): {
  readonly orders: readonly RankingOrder[];
  readonly possible: readonly RankingOrder[];
  readonly left: 'first-stage' | 'bm25';
} {
  const all: readonly RankingOrder[] = firstStageGiven
    ? ['first-stage', 'bm25', 'cross-encoder', 'both']
    : ['bm25', 'cross-encoder', 'both'];
  return {
    orders: all,
    possible: scored ? all : all.filter((order) => order === 'first-stage' || order === 'bm25'),
    left: firstStageGiven ? 'first-stage' : 'bm25',
  };
}

/** A name for the file of a whole collection that every system takes. */
export function exportFileName(name: string): string {
  const safe = Array.from(name.normalize('NFC'))
    // Control characters, and what Windows does not allow in names.
    .map((character) =>
      character < ' ' || '<>:"/\\|?*\u007f'.includes(character) ? '-' : character,
    )
    .join('')
    .replace(/^[.\s-]+|[.\s]+$/gu, '');
  const short = Array.from(safe).slice(0, longestName).join('').trim();
  return `${short === '' ? 'collection' : short}${collectionEnding}`;
}

/** A name that is not taken yet: `name 2`, `name 3` and so on. */
export function freeName(name: string, taken: readonly string[]): string {
  const stem = name.replace(/ \d{1,4}$/u, '');
  for (let number = 2; ; number += 1) {
    const candidate = `${stem} ${number}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

/** How many candidates have which grade, highest first; not judged ones are counted apart. */
export function gradeCounts({ grades }: Pick<QueryDetail, 'grades'>): {
  readonly graded: readonly (readonly [grade: number, count: number])[];
  readonly unjudged: number;
} {
  const counts = new Map<number, number>();
  for (const grade of grades) {
    if (!Number.isNaN(grade)) counts.set(grade, (counts.get(grade) ?? 0) + 1);
  }
  const graded = [...counts].sort(([a], [b]) => b - a);
  const judged = graded.reduce((sum, [, count]) => sum + count, 0);
  return { graded, unjudged: grades.length - judged };
}

/** The query that a key leads to, from 0; null where there is none, or the key means something else. */
export function stepOfKey(
  {
    key,
    altKey,
    ctrlKey,
    metaKey,
    shiftKey,
  }: Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>,
  queryNumber: number,
  queries: number,
): number | null {
  if (ctrlKey || metaKey || shiftKey) return null;
  // Alt with left and right is the browser's own.
  const back = altKey ? key === 'ArrowUp' : key === 'k';
  const on = altKey ? key === 'ArrowDown' : key === 'j';
  const next = queryNumber + (on ? 1 : back ? -1 : 0);
  return next === queryNumber || next < 0 || next >= queries ? null : next;
}
