import type { CollectionFile, FiledRanking, FiledRun } from '../io/collection-file.ts';
import type { ImportCounts, ImportSink } from '../io/import-types.ts';
import type { ImportedRun } from './collection-builder.ts';
import type { CollectionContent } from './stored-collection.ts';

/** The content of an exported collection, as it is. */
export function contentOf(file: CollectionFile): CollectionContent {
  const { docIds, titles, texts, queries, candidates, qrels, firstStageTag } = file;
  return { docIds, titles, texts, queries, candidates, qrels, firstStageTag };
}

/** Candidates and judgements one by one, as counts of collections have them. */
export function countsOf(
  content: Pick<CollectionContent, 'docIds' | 'queries' | 'candidates' | 'qrels'>,
): ImportCounts {
  let candidates = 0;
  for (const given of content.candidates) candidates += given?.documents.length ?? 0;
  let judgements = 0;
  for (const grades of content.qrels.values()) judgements += grades.size;
  const { docIds, queries } = content;
  return { documents: docIds.length, queries: queries.length, candidates, judgements };
}

/** Hands an exported collection, but for its runs, to a sink as if it had been read from files. */
export function feedCollection(file: CollectionFile, path: string, sink: ImportSink): void {
  const { docIds, titles, texts, queries, candidates, qrels, firstStageTag } = file;
  let record = 0;
  const next = () => {
    record += 1;
    return { path, record };
  };
  // The tag is about what comes after it.
  if (firstStageTag !== null) sink.firstStageTag(firstStageTag);
  for (const [at, docId] of docIds.entries()) {
    sink.document(docId, titles[at] ?? null, texts[at] ?? '', next());
  }
  for (const { queryId, text } of queries) sink.query(queryId, text, next());
  for (const [number, given] of candidates.entries()) {
    const queryId = queries[number]?.queryId;
    if (given === null || queryId === undefined) continue;
    const place = next();
    given.documents.forEach((document, at) => {
      sink.candidate(queryId, docIds[document] ?? '', given.scores?.[at] ?? null, place);
    });
  }
  for (const [queryId, grades] of qrels) {
    const place = next();
    for (const [docId, grade] of grades) sink.judgement(queryId, docId, grade, place);
  }
}

/**
 * A run of an exported collection within another content, as a system of its own: what is left of
 * it is its order, since texts of the same id may differ there.
 */
export function moveRun(
  file: CollectionFile,
  { run, rankings }: FiledRun,
  content: CollectionContent,
): ImportedRun {
  const queryPlaces = new Map(content.queries.map(({ queryId }, place) => [queryId, place]));
  const documentPlaces = new Map(content.docIds.map((docId, place) => [docId, place]));
  const moved = new Map<number, { documents: Int32Array; scores: Float64Array }>();
  for (const [number, ranking] of rankings.entries()) {
    const place = queryPlaces.get(file.queries[number]?.queryId ?? '');
    if (ranking === null || place === undefined) continue;
    const best = bestFirst(ranking).flatMap(({ document, score }) => {
      const there = documentPlaces.get(file.docIds[document] ?? '');
      return there === undefined ? [] : [{ there, score }];
    });
    moved.set(place, {
      documents: Int32Array.from(best, ({ there }) => there),
      scores: Float64Array.from(best, ({ score }) => score),
    });
  }
  return { tag: run.tag, rankings: moved };
}

/** Documents with a score, equal ones in the order that they had. */
function bestFirst(ranking: FiledRanking): { document: number; score: number }[] {
  const scored = Array.from(ranking.documents, (document, at) => ({
    document,
    score: ranking.scores[at] ?? Number.NaN,
  })).filter(({ score }) => !Number.isNaN(score));
  return scored.sort((a, b) => b.score - a.score);
}
