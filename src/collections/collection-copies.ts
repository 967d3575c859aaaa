import { countsOf } from './add-collection-file.ts';
import type { CollectionSummary, RunSummary } from './collection.ts';
import type { ImportedRun } from './collection-builder.ts';
import type { ReadFiles } from './collection-import.ts';
import { contentParts, type Part, rankingPart } from './collection-parts.ts';
import { type CollectionRecord, toSummary } from './collection-records.ts';
import type { CollectionShelf, SetWriter, WritingCall } from './collection-shelf.ts';
import { type CollectionStorage, recordsBelow } from './collection-storage.ts';
import { isScored } from './collection-systems.ts';
import type { CollectionsCall } from './collections-api.ts';
import { changeRecord } from './open-collection.ts';
import type { CollectionContent, StoredRunQuery } from './stored-collection.ts';

/** A collection that is not kept yet, and empty. */
export function newRecord(name: string): CollectionRecord {
  const now = Date.now();
  return {
    version: 1,
    id: crypto.randomUUID(),
    name,
    createdAt: now,
    updatedAt: now,
    revision: 0,
    documents: 0,
    queries: 0,
    candidates: 0,
    judgements: 0,
    judgedQueries: 0,
    candidateSource: 'none',
    firstStageTag: null,
    textLength: 0,
    contentSet: '',
    runs: [],
  };
}

/** Keeps what was read as the new content of a collection, and adds its runs. */
export async function writeImport(
  shelf: CollectionShelf,
  record: CollectionRecord,
  read: ReadFiles,
  call: CollectionsCall,
): Promise<CollectionRecord | null> {
  const { content, importedRuns, restoredRuns } = read;
  const description = describe(content);
  const job = async (writer: SetWriter) => {
    const contentSet = await writer.write(contentParts(content));
    const queries = content.queries.length;
    const runs = record.runs.map(({ setId, run }) => ({ setId, run: reachingAll(run, queries) }));
    for (const { run, rankings } of restoredRuns) {
      const setId = await writer.write(rankingParts(rankings.entries()));
      // What a file says of itself may be wrong, and resuming counts on from here.
      const doneQueries = rankings.filter(isScored).length;
      const restored = { ...run, doneQueries, runId: crypto.randomUUID() };
      runs.push({ setId, run: reachingAll(restored, queries) });
    }
    for (const imported of importedRuns) {
      const setId = await writer.write(rankingParts(importedRankings(imported)));
      runs.push({ setId, run: summarise(imported) });
    }
    const changed = changeRecord(record, { ...description, contentSet, runs });
    return { record: changed, oldSets: record.contentSet === '' ? [] : [record.contentSet] };
  };
  return await shelf.keep(record.id, job, writingCall(description.textLength, call));
}

/** Keeps a copy of a collection, with its runs. */
export async function copyCollection(
  storage: CollectionStorage,
  shelf: CollectionShelf,
  record: CollectionRecord,
  name: string,
  call: CollectionsCall,
): Promise<CollectionSummary> {
  const { id, createdAt, updatedAt } = newRecord(name);
  const copy = async (writer: SetWriter) => {
    const contentSet = await writer.write(copyParts(storage, record.contentSet));
    const runs: CollectionRecord['runs'][number][] = [];
    for (const { setId, run } of record.runs) {
      const copied = await writer.write(copyParts(storage, setId));
      runs.push({ setId: copied, run: { ...run, runId: crypto.randomUUID() } });
    }
    const copied = { ...record, id, name, createdAt, updatedAt, revision: 0, contentSet, runs };
    return { record: copied, oldSets: [] };
  };
  const kept = await shelf.keep(id, copy, writingCall(record.textLength, call));
  return toSummary(kept ?? record);
}

/** A model run is about all queries up to its limit, also about those that came after it began. */
function reachingAll(run: RunSummary, queries: number): RunSummary {
  if (run.settings === null) return run;
  return { ...run, totalQueries: Math.min(run.settings.queryLimit ?? queries, queries) };
}

/** What a collection's record says of its content. */
function describe(content: CollectionContent) {
  const { titles, texts, queries, candidates, qrels, firstStageTag } = content;
  let textLength = 0;
  for (const [at, text] of texts.entries()) textLength += text.length + (titles[at]?.length ?? 0);
  const given = candidates.some((list) => list !== null);
  const nothingToRank = texts.length === 0 || queries.length === 0;
  const candidateSource = nothingToRank ? 'none' : given ? 'given' : 'bm25';
  return {
    ...countsOf(content),
    judgedQueries: queries.filter(({ queryId }) => (qrels.get(queryId)?.size ?? 0) > 0).length,
    candidateSource,
    firstStageTag,
    textLength,
  } as const;
}

function writingCall(textLength: number, { signal, onProgress }: CollectionsCall): WritingCall {
  return {
    signal,
    onWritten: (done) => {
      // Two bytes a character; the lists beside the texts are known when they are written.
      const total = Math.max(done, 2 * textLength);
      onProgress?.({ type: 'progress', step: 'writing', done, total });
    },
  };
}

function* rankingParts(
  rankings: Iterable<readonly [number, StoredRunQuery | null]>,
): Generator<Part, void, void> {
  for (const [number, ranking] of rankings) {
    if (ranking !== null) yield rankingPart(number, ranking);
  }
}

function* importedRankings({
  rankings,
}: ImportedRun): Generator<readonly [number, StoredRunQuery], void, void> {
  const none = { tokens: new Int32Array(), truncated: new Uint8Array() };
  for (const [number, ranking] of rankings) {
    yield [number, { ...ranking, ...none, scoringMs: null, scoredTokens: 0 }];
  }
}

function summarise({ tag, rankings }: ImportedRun): RunSummary {
  return {
    runId: crypto.randomUUID(),
    kind: 'imported',
    tag,
    createdAt: Date.now(),
    settings: null,
    provenance: null,
    doneQueries: rankings.size,
    totalQueries: rankings.size,
    scoredPairs: 0,
    cachedPairs: 0,
    scoringMs: 0,
  };
}

/** The parts of a set as they lie there, of whatever version. */
async function* copyParts(
  storage: CollectionStorage,
  setId: string,
): AsyncGenerator<Part, void, void> {
  for await (const { key, value } of recordsBelow(storage, 'parts', [setId], 16)) {
    if (typeof value !== 'object' || value === null) continue;
    const bytes = key[1] === 'ranking' ? 5_000 : 500_000;
    yield { key: key.slice(1), value, bytes };
  }
}
