import { expect, it } from 'vitest';
import { storesLeftOut } from './work-database.ts';
import { documentsRecord, scoresRecord } from './work-records.ts';
import { sampleHead as head, sampleDocuments, sampleScores } from './work-samples.ts';

const text = { version: 1, documentsText: 'a', replaced: null } as const;
const scores = scoresRecord(sampleScores);
const documents = documentsRecord(sampleDocuments);

it('a change relies on the stored parts that it does not bring', () => {
  expect(storesLeftOut({ head, text, result: { documents, scores } })).toEqual([]);
  expect(storesLeftOut({ head, text, result: { scores } })).toEqual(['documents']);
  expect(storesLeftOut({ head, text })).toEqual(['documents', 'scores']);
  expect(storesLeftOut({ head })).toEqual(['texts', 'documents', 'scores']);
});

it('a change without a result relies on none that is stored', () => {
  const unranked = { ...head, rankedAt: null };
  expect(storesLeftOut({ head: unranked, text, result: null })).toEqual([]);
  expect(storesLeftOut({ head: unranked })).toEqual(['texts']);
});
