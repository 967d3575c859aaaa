import { type Bm25Index, bm25Scores } from '../core/bm25.ts';
import { RerankError } from '../core/errors.ts';
import type { SystemKind } from '../core/evaluation-types.ts';
import { reciprocalRankFusion, weightedFusion } from '../core/fusion.ts';
import { rerankCandidates } from '../core/rerank-depth.ts';
import { orderByScore } from '../core/scores.ts';
import type { RunEntry } from '../core/types.ts';
import type { CollectionSummary, RunSummary } from './collection.ts';
import { bm25Best } from './collection-bm25.ts';
import type { OpenCollection, StoredRunQuery } from './stored-collection.ts';

/** One way to order the candidates of a query. */
export interface System {
  /** Unique, as in `SystemFigures.key`. */
  readonly key: string;
  readonly order: 'first-stage' | 'bm25' | 'model' | 'rrf' | 'weighted' | 'imported';
  readonly kind: SystemKind;
  /** The run that it comes from; null for first stage and BM25. */
  readonly run: RunSummary | null;
  readonly label: string;
}

/** The candidates of one query, best first; arrays go by candidate. */
export interface QueryCandidates {
  /** Places in the collection's documents, each once. */
  readonly documents: Int32Array;
  /** Null where the first stage gave none. Where BM25 found the candidates, its scores. */
  readonly firstStageScores: Float64Array | null;
  /** Null where there is no index. */
  readonly bm25Scores: Float64Array | null;
}

/**
 * So many documents BM25 retrieves for a query, where the first stage is BM25 of ours: TREC's
 * usual depth of a run.
 */
export const bm25Depth = 1000;

/**
 * The systems of a collection: first stage, BM25, then for each model run the model and its
 * fusions; imported runs last. Where BM25 found the candidates, it is the first stage.
 */
export function systemsOf(
  summary: CollectionSummary,
  runs: readonly RunSummary[],
): readonly System[] {
  const given = summary.candidateSource !== 'bm25';
  const firstStage = summary.firstStageTag ?? 'first-stage';
  const other = given ? firstStage : 'bm25';
  const systems: System[] = [];
  if (given) {
    const order = 'first-stage';
    systems.push({ key: order, order, kind: order, run: null, label: firstStage });
  }
  systems.push({ key: 'bm25', order: 'bm25', kind: 'bm25', run: null, label: 'bm25' });
  for (const run of runs) {
    if (run.kind !== 'model') continue;
    const { runId, tag } = run;
    systems.push(
      { key: `model:${runId}`, order: 'model', kind: 'model', run, label: tag },
      { key: `rrf:${runId}`, order: 'rrf', kind: 'fusion', run, label: `${other} + ${tag}` },
      {
        key: `weighted:${runId}`,
        order: 'weighted',
        kind: 'fusion',
        run,
        label: `${other} + ${tag}`,
      },
    );
  }
  for (const run of runs) {
    if (run.kind !== 'imported') continue;
    const { runId, tag } = run;
    systems.push({
      key: `imported:${runId}`,
      order: 'imported',
      kind: 'imported',
      run,
      label: tag,
    });
  }
  return systems;
}

/**
 * The system of this key.
 * @throws RerankError `invalid-request` when the collection has none
 */
export function findSystem(summary: CollectionSummary, key: string): System {
  const found = systemsOf(summary, summary.runs).find((system) => system.key === key);
  if (found !== undefined) return found;
  throw new RerankError(
    'invalid-request',
    `${summary.name} has no system ${key.slice(0, 80)}; its run may have been deleted.`,
  );
}

/** Whether the order of a system, or the candidates themselves, need a BM25 index. */
export function needsBm25(summary: CollectionSummary, system: System): boolean {
  return summary.candidateSource === 'bm25' || system.order === 'bm25';
}

/**
 * The candidates of a query: those that were given, all of them, in their order; else the best
 * documents of BM25, and where too few share a word with the query, others in collection order.
 * @param index needed where BM25 finds the candidates
 * @param depth most candidates that BM25 finds
 */
export function candidatesOf(
  collection: OpenCollection,
  index: Bm25Index | null,
  queryNumber: number,
  depth: number,
): QueryCandidates {
  const query = collection.queries[queryNumber]?.text ?? '';
  if (collection.summary.candidateSource === 'bm25' && index !== null) {
    const { documents, scores } = bm25Best(index, query, depth);
    return { documents, firstStageScores: scores, bm25Scores: scores };
  }
  const { documents, scores } = collection.candidates[queryNumber] ?? noCandidates;
  const all = index === null ? null : bm25Scores(index, query);
  return {
    documents,
    firstStageScores: scores,
    bm25Scores: all && Float64Array.from(documents, (document) => all[document] ?? 0),
  };
}

/** Whether all places of a run's query have scores. */
export function isScored(runQuery: StoredRunQuery | null | undefined): runQuery is StoredRunQuery {
  return runQuery?.scores.every((score) => !Number.isNaN(score)) ?? false;
}

/**
 * The order of a system for one query, best first; null where its run has not finished it.
 * First-stage scores are the system's scores where they fall with the place; where none were
 * given, or other ones (distances, say), the order counts alone.
 * @param runQuery what the system's run has of this query
 * @param fusionWeight weight of the model for `weighted`, 0..1
 */
export function rankingOf(
  system: System,
  docIds: readonly string[],
  candidates: QueryCandidates,
  runQuery: StoredRunQuery | null,
  fusionWeight: number,
): readonly RunEntry[] | null {
  switch (system.order) {
    case 'first-stage':
      return firstStageEntries(docIds, candidates);
    case 'bm25':
      return bm25Entries(docIds, candidates);
    case 'imported':
      return runQuery === null ? null : entriesOf(docIds, runQuery.documents, runQuery.scores);
    case 'model':
      return isScored(runQuery) ? modelEntries(docIds, candidates, runQuery) : null;
    case 'rrf':
      if (!isScored(runQuery)) return null;
      return reciprocalRankFusion([
        modelEntries(docIds, candidates, runQuery),
        firstStageEntries(docIds, candidates),
      ]);
    case 'weighted':
      return isScored(runQuery)
        ? weightedEntries(docIds, candidates, runQuery, fusionWeight)
        : null;
    default:
      return system.order satisfies never;
  }
}

/** Reranked by the run's logits up to a depth, the rest below in the first stage's order. */
export function modelEntries(
  docIds: readonly string[],
  candidates: QueryCandidates,
  runQuery: StoredRunQuery,
  depth = runQuery.documents.length,
): readonly RunEntry[] {
  const documents = candidatesOfRun(candidates, runQuery);
  const entries = entriesOf(docIds, documents, fallingScores(documents.length));
  return rerankCandidates(entries, runQuery.scores, Math.min(depth, runQuery.documents.length));
}

/**
 * The candidates with those that the run scored in front. Mostly they are there already; BM25
 * finds others once documents are added to the collection, and the run's ranking stays its own.
 */
export function candidatesOfRun(
  candidates: QueryCandidates,
  runQuery: Pick<StoredRunQuery, 'documents'>,
): Int32Array {
  const scored = runQuery.documents;
  const { documents } = candidates;
  if (scored.every((document, place) => documents[place] === document)) return documents;
  const known = new Set(scored);
  return Int32Array.from([...scored, ...documents.filter((document) => !known.has(document))]);
}

/** Only what the model scored is weighed; the fusion leaves the rest below as it is. */
function weightedEntries(
  docIds: readonly string[],
  candidates: QueryCandidates,
  { documents, scores }: StoredRunQuery,
  weight: number,
): readonly RunEntry[] {
  const order = orderByScore(scores);
  const model = entriesOf(
    docIds,
    order.map((place) => documents[place] ?? 0),
    order.map((place) => scores[place] ?? 0),
  );
  return weightedFusion(model, firstStageEntries(docIds, candidates), weight);
}

function firstStageEntries(
  docIds: readonly string[],
  { documents, firstStageScores: scores }: QueryCandidates,
): readonly RunEntry[] {
  const falls = scores?.every(
    (score, place) => Number.isFinite(score) && score <= (scores[place - 1] ?? score),
  );
  const usable = falls === true ? scores : null;
  return entriesOf(docIds, documents, usable ?? fallingScores(documents.length));
}

/** Ties in the order of the candidates. */
function bm25Entries(
  docIds: readonly string[],
  { documents, bm25Scores: scores }: QueryCandidates,
): readonly RunEntry[] {
  const order = orderByScore(scores ?? new Float64Array(documents.length));
  return entriesOf(
    docIds,
    order.map((place) => documents[place] ?? 0),
    order.map((place) => scores?.[place] ?? 0),
  );
}

function entriesOf(
  docIds: readonly string[],
  documents: ArrayLike<number>,
  scores: ArrayLike<number>,
): readonly RunEntry[] {
  return Array.from(documents, (document, place) => ({
    docId: docIds[document] ?? '',
    score: scores[place] ?? 0,
  }));
}

/** -1, -2, ...: what stands for an order without scores. */
function fallingScores(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, place) => -1 - place);
}

const noCandidates = { documents: new Int32Array(), scores: null };
