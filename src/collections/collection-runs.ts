import { RerankError } from '../core/errors.ts';
import type { Evaluation, EvaluationSettings } from '../core/evaluation-types.ts';
import { exportRun } from '../io/export-run.ts';
import type {
  ExportedFile,
  ExportedRun,
  ExportFormat,
  ExportOptions,
  Provenance,
} from '../io/export-types.ts';
import { checkAborted } from '../models/abort.ts';
import { KeyLocks } from '../models/key-locks.ts';
import type {
  CollectionSummary,
  NewScores,
  QueryDetail,
  QueryToScore,
  RunSettings,
  RunSummary,
  ScoreCacheUse,
} from './collection.ts';
import { CollectionBm25 } from './collection-bm25.ts';
import { evaluateCollection } from './collection-evaluation.ts';
import { candidatesOf, findSystem, isScored, needsBm25 } from './collection-systems.ts';
import type { CollectionsCall, RunExport } from './collections-api.ts';
import { type ExportReading, exportedRunOf } from './exported-run.ts';
import {
  fingerprintsOf,
  mergeScores,
  missingPlaces,
  ownScores,
  type PreparedQuery,
  pairText,
} from './prepared-query.ts';
import { queryDetailOf } from './query-detail.ts';
import {
  checkCount,
  checkProvenance,
  checkQuery,
  checkScores,
  findQuery,
  findRun,
} from './run-checks.ts';
import { ScoreCache, scoreKey } from './score-cache.ts';
import type { OpenCollection, ScoreRecords, StoredRunQuery } from './stored-collection.ts';

/** So many queries may be asked for before the scores of the first come. */
const preparedQueries = 4;

/** The runs of collections: scoring, evaluation, export. Methods as in `Collections`. */
export class CollectionRuns {
  readonly #open: (id: string) => Promise<OpenCollection>;
  readonly #scores: ScoreCache;
  readonly #bm25 = new CollectionBm25();
  /** Between reading a run's counts and writing them. */
  readonly #locks = new KeyLocks(null);
  /** By collection, run and query; what was asked for last is last. */
  readonly #prepared = new Map<string, PreparedQuery>();

  constructor(openCollection: (id: string) => Promise<OpenCollection>, scores: ScoreRecords) {
    this.#open = openCollection;
    this.#scores = new ScoreCache(scores);
  }

  /** @throws RerankError `invalid-request` for settings out of range, or nothing to rank */
  async createRun(collectionId: string, settings: RunSettings, tag: string): Promise<RunSummary> {
    const collection = await this.#open(collectionId);
    const { name, candidateSource } = collection.summary;
    checkCount('depth', settings.depth);
    checkCount('maximum length', settings.maxLength);
    if (settings.queryLimit !== null) checkCount('number of queries', settings.queryLimit);
    if (candidateSource === 'none') {
      throw new RerankError(
        'invalid-request',
        `There is nothing to rank in ${name}; add documents and queries first.`,
      );
    }
    const queries = collection.queries.length;
    const run: RunSummary = {
      runId: crypto.randomUUID(),
      kind: 'model',
      tag,
      createdAt: Date.now(),
      settings,
      provenance: null,
      doneQueries: 0,
      totalQueries: Math.min(settings.queryLimit ?? queries, queries),
      scoredPairs: 0,
      cachedPairs: 0,
      scoringMs: 0,
    };
    await collection.putRun(run);
    return run;
  }

  /** @throws RerankError `invalid-request` when the run was begun with another model */
  async queryToScore(
    collectionId: string,
    runId: string,
    queryNumber: number,
    provenance: Provenance,
    call: CollectionsCall = {},
  ): Promise<QueryToScore> {
    checkAborted(call.signal);
    const collection = await this.#open(collectionId);
    const { run, query } = findQuery(collection, runId, queryNumber);
    checkProvenance(run, provenance);
    const { prepared, texts } = await this.#prepare(
      collection,
      runId,
      queryNumber,
      provenance,
      call,
    );
    const missing = missingPlaces(prepared);
    checkAborted(call.signal);
    const memory = memoryKey(collectionId, runId, queryNumber);
    this.#prepared.delete(memory);
    this.#prepared.set(memory, prepared);
    for (const oldest of this.#prepared.keys()) {
      if (this.#prepared.size <= preparedQueries) break;
      this.#prepared.delete(oldest);
    }
    return {
      number: queryNumber,
      query,
      candidates: prepared.documents.length,
      missingPlaces: missing,
      missingTexts: missing.map((place) => texts[place] ?? ''),
    };
  }

  /**
   * A part of the places is kept with the run too, so that resuming asks for the rest only. The
   * run's counts tell each pair once: when the model scored it, or with the query's last part.
   * @throws RerankError `invalid-request` when the run was begun with another model;
   *   `inference-failed` for a logit that is no number
   */
  async keepScores(
    collectionId: string,
    runId: string,
    queryNumber: number,
    places: readonly number[],
    scores: NewScores | null,
    provenance: Provenance,
  ): Promise<RunSummary> {
    const collection = await this.#open(collectionId);
    return await this.#locks.hold(runId, async () => {
      const { run } = findQuery(collection, runId, queryNumber);
      checkProvenance(run, provenance);
      const before = await collection.runQuery(runId, queryNumber);
      if (isScored(before)) return run;
      const memory = memoryKey(collectionId, runId, queryNumber);
      const remembered = this.#prepared.get(memory);
      const prepared =
        remembered?.scoreKey === (await this.#scoreKey(collection, queryNumber, provenance))
          ? remembered
          : (await this.#prepare(collection, runId, queryNumber, provenance, {})).prepared;
      this.#prepared.delete(memory);
      checkScores(prepared, places, scores);
      const own = ownScores(prepared.documents, before, places, scores);
      const merged = mergeScores(prepared, own);
      const done = merged.logits.every((logit) => !Number.isNaN(logit));
      if (!done && places.length === 0) return run;
      const all = done ? merged : own;
      const changed: RunSummary = {
        ...run,
        provenance: run.provenance ?? provenance,
        doneQueries: run.doneQueries + Number(done),
        scoredPairs: run.scoredPairs + (scores === null ? 0 : places.length),
        cachedPairs: run.cachedPairs + (done ? countUnknown(own.logits) : 0),
        scoringMs: run.scoringMs + (scores?.scoringMs ?? 0),
      };
      await collection.putRunQuery(changed, queryNumber, {
        documents: prepared.documents,
        scores: all.logits,
        tokens: all.tokens,
        truncated: all.truncated,
        ...timeOf(before, scores),
      });
      if (scores !== null) {
        const remembered = this.#scores.remember(prepared.scoreKey, prepared.fingerprints, own);
        // The run has its scores: that other runs will not find them is no reason to fail it.
        await remembered.catch(() => undefined);
      }
      return changed;
    });
  }

  async pendingQueries(collectionId: string, runId: string): Promise<readonly number[]> {
    const collection = await this.#open(collectionId);
    const run = findRun(collection, runId);
    const queries = await collection.runQueries(runId);
    const numbers = Array.from({ length: run.totalQueries }, (_, number) => number);
    return numbers.filter((number) => !isScored(queries[number]));
  }

  async removeRun(collectionId: string, runId: string): Promise<CollectionSummary> {
    const collection = await this.#open(collectionId);
    // Not between another call's look at the run and its writing.
    await this.#locks.hold(runId, () => collection.removeRun(runId));
    return collection.summary;
  }

  async evaluate(
    collectionId: string,
    settings: EvaluationSettings,
    runIds: readonly string[] | null,
    call: CollectionsCall = {},
  ): Promise<Evaluation> {
    checkAborted(call.signal);
    const collection = await this.#open(collectionId);
    const runs = runIds?.map((runId) => findRun(collection, runId)) ?? collection.summary.runs;
    const buildIndex = () => this.#bm25.indexOf(collection, call);
    return await evaluateCollection(collection, buildIndex, settings, runs, call);
  }

  async queryDetail(
    collectionId: string,
    queryNumber: number,
    runId: string | null,
    depth: number | null,
    call: CollectionsCall = {},
  ): Promise<QueryDetail> {
    checkAborted(call.signal);
    const collection = await this.#open(collectionId);
    const run = runId === null ? null : findRun(collection, runId);
    checkQuery(collection, queryNumber);
    if (depth !== null) checkCount('depth', depth);
    const index = await this.#bm25.indexOf(collection, call);
    return await queryDetailOf(collection, index, queryNumber, run, depth, call.signal);
  }

  /** @throws RerankError `too-large` where the text is longer than a string can be */
  async exportRun(
    collectionId: string,
    what: RunExport,
    format: ExportFormat,
    options: ExportOptions,
    call: CollectionsCall = {},
  ): Promise<ExportedFile> {
    const { name } = (await this.#open(collectionId)).summary;
    const reading = readingFor(format, options);
    const run = await this.#exportedRun(collectionId, what, reading, call);
    try {
      return exportRun(run, format, options, name);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RerankError(
        'too-large',
        `${name} does not fit into one text; export fewer documents per query, or without texts.`,
        { cause: error },
      );
    }
  }

  async exportedRun(
    collectionId: string,
    what: RunExport,
    call: CollectionsCall = {},
  ): Promise<ExportedRun> {
    return await this.#exportedRun(collectionId, what, { topK: null, texts: true }, call);
  }

  async scoreCacheUse(): Promise<ScoreCacheUse> {
    return await this.#scores.use();
  }

  async clearScoreCache(): Promise<void> {
    await this.#scores.clear();
  }

  async #exportedRun(
    collectionId: string,
    what: RunExport,
    reading: ExportReading,
    call: CollectionsCall,
  ): Promise<ExportedRun> {
    checkAborted(call.signal);
    const collection = await this.#open(collectionId);
    const system = findSystem(collection.summary, what.system);
    for (const number of what.queryNumbers ?? []) checkQuery(collection, number);
    const index = needsBm25(collection.summary, system)
      ? await this.#bm25.indexOf(collection, call)
      : null;
    return await exportedRunOf(collection, index, system, what, reading, call.signal);
  }

  /** Finds the candidates of a run's query, and what is known of them. */
  async #prepare(
    collection: OpenCollection,
    runId: string,
    queryNumber: number,
    provenance: Provenance,
    call: CollectionsCall,
  ): Promise<{ readonly prepared: PreparedQuery; readonly texts: readonly string[] }> {
    const { settings } = findQuery(collection, runId, queryNumber);
    const before = await collection.runQuery(runId, queryNumber);
    // What the run has begun with stays, even if BM25 found others by now.
    const documents =
      before?.documents ?? (await this.#candidates(collection, queryNumber, settings.depth, call));
    const texts = (await collection.documentsAt(documents)).map((document) =>
      pairText(document, settings.titles),
    );
    const fingerprints = await fingerprintsOf(texts, call.signal);
    const key = await this.#scoreKey(collection, queryNumber, provenance);
    const found = await this.#scores.find(key, fingerprints);
    const prepared = { scoreKey: key, documents, fingerprints, known: found };
    const own = before === null ? null : { ...before, logits: before.scores };
    return { prepared: { ...prepared, known: mergeScores(prepared, own) }, texts };
  }

  async #candidates(
    collection: OpenCollection,
    queryNumber: number,
    depth: number,
    call: CollectionsCall,
  ): Promise<Int32Array> {
    const index =
      collection.summary.candidateSource === 'bm25'
        ? await this.#bm25.indexOf(collection, call)
        : null;
    return candidatesOf(collection, index, queryNumber, depth).documents.slice(0, depth);
  }

  #scoreKey(
    collection: OpenCollection,
    queryNumber: number,
    provenance: Provenance,
  ): Promise<string> {
    return scoreKey(provenance, collection.queries[queryNumber]?.text ?? '');
  }
}

function memoryKey(collectionId: string, runId: string, queryNumber: number): string {
  return `${collectionId} ${runId} ${queryNumber}`;
}

/** Texts are most of the memory, so none is read that the file does not hold. */
function readingFor(format: ExportFormat, { topK }: ExportOptions): ExportReading {
  switch (format) {
    case 'cohere':
    case 'jina':
    case 'tei':
    case 'voyage':
      // What these say of tokens is about all documents.
      return { topK: null, texts: true };
    case 'trec-run':
      return { topK, texts: false };
    case 'json':
    case 'jsonl':
    case 'csv':
    case 'markdown':
      return { topK, texts: true };
    default:
      return format satisfies never;
  }
}

function timeOf(
  before: StoredRunQuery | null,
  scores: NewScores | null,
): Pick<StoredRunQuery, 'scoringMs' | 'scoredTokens'> {
  const tokens = scores?.tokens.reduce((sum, count) => sum + count, 0) ?? 0;
  const earlier = before?.scoringMs ?? null;
  return {
    scoringMs: earlier === null && tokens === 0 ? null : (earlier ?? 0) + (scores?.scoringMs ?? 0),
    scoredTokens: (before?.scoredTokens ?? 0) + tokens,
  };
}

function countUnknown(logits: Float64Array): number {
  return logits.filter((logit) => Number.isNaN(logit)).length;
}
