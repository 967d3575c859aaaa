import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordImport } from './import-recording.ts';
import { isRankingsFile, readRankingsFile } from './rankings-file.ts';

async function read(value: unknown) {
  const recording = recordImport();
  const tags: string[] = [];
  const sink = { ...recording.sink, firstStageTag: (tag: string) => tags.push(tag) };
  await readRankingsFile(value, 'f', sink, {});
  return { ...recording, tags };
}

const file = (...rankings: readonly unknown[]) => ({
  crossrank: 'rankings',
  version: 1,
  system: 'bm25',
  rankings,
});

describe('an exported ranking', () => {
  it('gives queries, documents, candidates with their scores, and grades', async () => {
    const found = await read(
      file(
        {
          queryId: 'q1',
          query: 'a?',
          documents: [
            { docId: 'd1', title: 'T', text: 'one', score: 2.5, grade: 1 },
            { docId: '__proto__', text: 'two', score: -0, grade: null },
          ],
        },
        { queryId: 'q2', query: 'b?', documents: [{ docId: 'd1', text: 'one', score: 1 }] },
        { queryId: 'q3', query: 'c?', documents: [] },
      ),
    );
    expect(found.problems).toEqual([]);
    expect(found.queries).toEqual([
      ['q1', 'a?'],
      ['q2', 'b?'],
      ['q3', 'c?'],
    ]);
    // Once, however many queries rank it.
    expect(found.documents).toEqual([
      ['d1', 'T', 'one'],
      ['__proto__', null, 'two'],
    ]);
    expect(found.candidates).toEqual([
      ['q1', 'd1', 2.5],
      ['q1', '__proto__', 0],
      ['q2', 'd1', 1],
    ]);
    expect(found.judgements).toEqual([['q1', 'd1', 1]]);
    expect(new Set(found.tags)).toEqual(new Set(['bm25']));
  });

  it('without texts gives the order alone', async () => {
    const ranking = { queryId: 'q', query: 'a?', documents: [{ docId: 'd', score: 1 }] };
    const found = await read(file(ranking));
    expect(found.documents).toEqual([]);
    expect(found.candidates).toEqual([['q', 'd', 1]]);
    expect(found.problems).toEqual([]);
  });

  it('says what is wrong, and where', async () => {
    const documents = [
      5,
      { text: 'no id', score: 1 },
      { docId: 'd1', score: '1' },
      { docId: 'd2', text: ' ', score: 1 },
      { docId: 'd3', text: 'x', score: 1, grade: 0.5 },
    ];
    const broken = { queryId: 'q', query: 'a?', documents };
    const found = await read(file(broken, { query: 'b?' }, { queryId: 'q2', query: 'c?' }, null));
    expect(
      found.problems.map(([problem, { record, subject }]) => [problem, record, subject]),
    ).toEqual([
      ['wrong-type skipped', 1, 'documents[0]'],
      ['field-missing skipped', 1, 'documents[1].docId'],
      ['not-a-number skipped', 1, 'documents[2].score'],
      ['empty-text skipped', 1, 'documents[3].text'],
      ['not-a-number note', 1, 'documents[4].grade'],
      ['field-missing skipped', 2, 'queryId'],
      ['field-missing skipped', 3, 'documents'],
      ['wrong-type skipped', 4, undefined],
    ]);
    expect(found.candidates.map(([, docId]) => docId)).toEqual(['d2', 'd3']);
  });

  it('of a later version is told from one that is damaged', async () => {
    expect((await read({ ...file(), version: 2 })).problems).toMatchObject([
      ['newer-version file', {}, 1],
    ]);
    expect((await read({ ...file(), rankings: 5 })).problems).toMatchObject([
      ['wrong-shape file', {}, 1],
    ]);
  });

  it('is told from other JSON, and never makes the reader throw', async () => {
    expect(isRankingsFile(file())).toBe(true);
    expect([null, [], { rankings: [] }, { crossrank: 'collection' }].some(isRankingsFile)).toBe(
      false,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (rankings) => {
        await read(file(...rankings));
      }),
      { numRuns: 200 },
    );
  });

  it('is not read after an abort', async () => {
    const { sink, queries } = recordImport();
    const call = { signal: AbortSignal.abort() };
    await expect(readRankingsFile(file({}), 'f', sink, call)).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(queries).toEqual([]);
  });
});
