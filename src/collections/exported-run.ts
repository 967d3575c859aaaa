import type { Bm25Index } from '../core/bm25.ts';
import { orderAsTrecEval } from '../core/metrics.ts';
import { relevanceOfLogit } from '../core/scores.ts';
import type { Document } from '../core/types.ts';
import type { ExportedRanking, ExportedRun } from '../io/export-types.ts';
import {
  bm25Depth,
  candidatesOf,
  candidatesOfRun,
  type QueryCandidates,
  rankingOf,
  type System,
} from './collection-systems.ts';
import type { RunExport } from './collections-api.ts';
import { Pauses } from './pauses.ts';
import type { OpenCollection, StoredRunQuery } from './stored-collection.ts';

/** What of the documents is needed. */
export interface ExportReading {
  /** Documents per query; null: all. */
  readonly topK: number | null;
  /** False: ids will do, texts are left empty. */
  readonly texts: boolean;
}

/** Names of the orders that have no tag of their own. */
const systemNames = {
  'first-stage': 'first-stage',
  bm25: 'bm25',
  model: 'cross-encoder',
  rrf: 'fusion-rrf',
  weighted: 'fusion-weighted',
} as const;

/**
 * The order of a system with texts, logits and grades, queries as asked for; those that its run
 * has not finished are left out. Ties are ordered as trec_eval orders them, so a file of this run
 * measures like the evaluation here.
 * @param index needed for BM25's order, and where BM25 finds the candidates
 */
export async function exportedRunOf(
  collection: OpenCollection,
  index: Bm25Index | null,
  system: System,
  what: RunExport,
  reading: ExportReading,
  signal: AbortSignal | undefined,
): Promise<ExportedRun> {
  const pauses = new Pauses(signal);
  const placesById = new Map(collection.docIds.map((docId, place) => [docId, place]));
  const depth = Math.max(bm25Depth, system.run?.settings?.depth ?? 0);
  const rankings: ExportedRanking[] = [];
  const readDocuments = documentReader(collection, reading.texts);
  for (const number of what.queryNumbers ?? collection.queries.keys()) {
    const candidates = candidatesOf(collection, index, number, depth);
    const runQuery =
      system.run === null ? null : await collection.runQuery(system.run.runId, number);
    const { docIds } = collection;
    const entries = rankingOf(system, docIds, candidates, runQuery, what.fusionWeight);
    if (entries !== null && entries.length > 0) {
      const order = orderAsTrecEval(entries);
      const ranked = order.slice(0, reading.topK ?? order.length);
      const places = ranked.map(({ docId }) => placesById.get(docId) ?? 0);
      const documents = await readDocuments(places);
      const modelQuery = system.order === 'imported' ? null : runQuery;
      const scores = ranked.map(({ score }) => score);
      rankings.push(
        rankingFrom(collection, number, { places, documents, scores }, candidates, modelQuery),
      );
    }
    if (pauses.due) await pauses.take();
  }
  return {
    system: system.order === 'imported' ? system.label : systemNames[system.order],
    rankings,
    provenance: system.run?.provenance ?? null,
  };
}

/** The documents of a query, best first. */
interface RankedDocuments {
  /** Places in the collection. */
  readonly places: readonly number[];
  readonly documents: readonly Document[];
  readonly scores: readonly number[];
}

function rankingFrom(
  { queries, qrels }: OpenCollection,
  queryNumber: number,
  { places, documents, scores }: RankedDocuments,
  candidates: QueryCandidates,
  modelQuery: StoredRunQuery | null,
): ExportedRanking {
  const query = queries[queryNumber] ?? { queryId: '', text: '' };
  const judgements = qrels.get(query.queryId);
  const given =
    modelQuery === null ? candidates.documents : candidatesOfRun(candidates, modelQuery);
  const indexes = indexesOf(given, places);
  const firstStageIndexes = indexesOf(candidates.documents, []);
  return {
    query,
    documents: documents.map((document, at) => {
      const place = places[at] ?? 0;
      const index = indexes.get(place) ?? at;
      // The places of the run are the first of the candidates.
      const logit = modelQuery?.scores[index] ?? null;
      const firstStageIndex = firstStageIndexes.get(place) ?? -1;
      return {
        ...document,
        rank: at + 1,
        index,
        score: scores[at] ?? 0,
        logit,
        relevance: logit === null ? null : relevanceOfLogit(logit),
        firstStageScore: candidates.firstStageScores?.[firstStageIndex] ?? null,
        grade: judgements?.get(document.docId) ?? null,
        tokens: modelQuery?.tokens[index] ?? 0,
      };
    }),
  };
}

/** Reads every document once: a document of many queries is one text in memory, not many. */
function documentReader(
  collection: OpenCollection,
  texts: boolean,
): (places: readonly number[]) => Promise<readonly Document[]> {
  if (!texts) {
    return async (places) =>
      places.map((place) => ({ docId: collection.docIds[place] ?? '', text: '' }));
  }
  const known = new Map<number, Document>();
  return async (places) => {
    const missing = places.filter((place) => !known.has(place));
    const read = await collection.documentsAt(missing);
    read.forEach((document, at) => {
      known.set(missing[at] ?? 0, document);
    });
    return places.flatMap((place) => known.get(place) ?? []);
  };
}

/** Places among the candidates, from 0; documents that are none of them come after, in order. */
function indexesOf(candidates: Int32Array, others: readonly number[]): ReadonlyMap<number, number> {
  const indexes = new Map<number, number>();
  for (const document of candidates) indexes.set(document, indexes.size);
  for (const document of others) {
    if (!indexes.has(document)) indexes.set(document, indexes.size);
  }
  return indexes;
}
