import type { Qrels } from '../core/types.ts';
import { placeIn, type References, type ReferenceTexts } from './candidate-groups.ts';
import type { ProblemTally } from './problem-tally.ts';

/**
 * Adds judgements to those that there are. Those of queries that are not here are left out, those of
 * documents that are not here are kept with a note; of two about the same document the first stays.
 * All of it goes into the tally.
 * @returns all judgements, and how many of them are new
 */
export function joinJudgements(
  existing: Qrels,
  judgements: References,
  texts: ReferenceTexts,
  tally: ProblemTally,
): { readonly qrels: Qrels; readonly count: number } {
  const { queries, documents } = texts;
  const qrels = new Map<string, Map<string, number>>();
  for (const [queryId, grades] of existing) qrels.set(queryId, new Map(grades));
  let count = 0;
  for (let index = 0; index < judgements.length; index += 1) {
    const queryKey = judgements.queryKeys[index] ?? -1;
    const documentKey = judgements.documentKeys[index] ?? -1;
    const queryId = queries.ids[placeIn(queries, queryKey)];
    if (queryId === undefined) {
      tally.add('unknown-query', 'skipped', judgements.placeOf(index, texts.queryId(queryKey)));
      continue;
    }
    const present = documents.ids[placeIn(documents, documentKey)];
    // Without a text there is an id: only ids can be referred to before their text is known.
    const docId = present ?? texts.docId(documentKey) ?? '';
    const grades = qrels.get(queryId) ?? new Map<string, number>();
    qrels.set(queryId, grades);
    if (grades.has(docId)) {
      tally.add('duplicate-judgement', 'skipped', judgements.placeOf(index, docId));
      continue;
    }
    grades.set(docId, judgements.values[index] ?? 0);
    count += 1;
    if (present === undefined) {
      tally.add('judged-document-absent', 'note', judgements.placeOf(index, docId));
    }
  }
  return { qrels, count };
}
