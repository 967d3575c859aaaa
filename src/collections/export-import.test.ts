import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderAsTrecEval } from '../core/metrics.ts';
import type { RunEntry } from '../core/types.ts';
import { exportRun } from '../io/export-run.ts';
import type { ExportedDocument, ExportedRun, ExportFormat } from '../io/export-types.ts';
import { previewImportFile } from '../io/preview-import-file.ts';
import { readImportFile } from '../io/read-import-file.ts';
import { type BuiltCollection, CollectionBuilder } from './collection-builder.ts';
import type { CollectionContent } from './stored-collection.ts';

const formats = ['json', 'jsonl', 'csv'] as const;

describe('what is exported and imported again', () => {
  it.each(formats)('%s gives the same ids, texts, orders, scores and grades', async (format) => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const built = await exportAndImport(run, format, true, null);
        expect(skippedOf(built)).toEqual([]);
        const { content } = built;
        expect(textsOf(content)).toEqual(documentsOf(run));
        expect(queriesOf(content)).toEqual(expectedQueries(run, format));
        expect(rankingsOf(content)).toEqual(expectedRankings(run));
        expect(gradesOf(content)).toEqual(expectedGrades(run));
      }),
      { numRuns: 150 },
    );
  });

  it.each(['trec-run', ...formats] as const)(
    '%s without texts gives the same order to a collection that has them',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(runs, async (run) => {
          const { content } = await exportAndImport(run, 'json', true, null);
          const corpus = {
            ...content,
            candidates: content.queries.map(() => null),
            qrels: new Map(),
          };
          const built = await exportAndImport(run, format, false, corpus);
          expect(skippedOf(built)).toEqual([]);
          expect(rankingsOf(built.content)).toEqual(expectedRankings(run));
          expect(textsOf(built.content)).toEqual(documentsOf(run));
          if (format !== 'trec-run') expect(gradesOf(built.content)).toEqual(expectedGrades(run));
        }),
        { numRuns: 150 },
      );
    },
  );

  it('a run comes back beside the first stage as a system of its own', async () => {
    const run = fc.sample(runs.filter(ranksSomething), { numRuns: 1, seed: 7 })[0];
    if (run === undefined) throw new Error('No sample.');
    const { content } = await exportAndImport(run, 'json', true, null);
    const { importedRuns } = await exportAndImport(
      { ...run, system: 'another' },
      'trec-run',
      false,
      content,
    );
    expect(importedRuns.map(({ tag }) => tag)).toEqual(['another']);
    const rankings = [...(importedRuns[0]?.rankings ?? [])].map(
      ([query, { documents, scores }]) =>
        [content.queries[query]?.queryId, entriesOf(content, documents, scores)] as const,
    );
    expect(new Map(rankings)).toEqual(expectedRankings(run));
  });
});

async function exportAndImport(
  run: ExportedRun,
  format: ExportFormat,
  texts: boolean,
  existing: CollectionContent | null,
): Promise<BuiltCollection> {
  const { name, text } = exportRun(run, format, { topK: null, texts }, 'mine');
  const file = { path: name, blob: new Blob([text]) };
  const { interpretation } = await previewImportFile(file, null);
  const builder = new CollectionBuilder(existing);
  await readImportFile(file, interpretation, builder);
  return builder.build();
}

/** An empty file says so; all else is left out for a reason that there must not be. */
function skippedOf({ problems }: BuiltCollection) {
  return problems.filter(({ severity }) => severity !== 'note');
}

function textsOf({ docIds, titles, texts }: CollectionContent) {
  return new Map(docIds.map((docId, at) => [docId, [titles[at] ?? null, texts[at]]]));
}

function queriesOf({ queries }: CollectionContent) {
  return new Map(queries.map(({ queryId, text }) => [queryId, text]));
}

function rankingsOf(content: CollectionContent) {
  const rankings = new Map<string | undefined, readonly RunEntry[]>();
  for (const [place, given] of content.candidates.entries()) {
    if (given === null || given.scores === null) continue;
    rankings.set(
      content.queries[place]?.queryId,
      entriesOf(content, given.documents, given.scores),
    );
  }
  return rankings;
}

function entriesOf({ docIds }: CollectionContent, documents: Int32Array, scores: Float64Array) {
  const entries = Array.from(documents, (document, at) => ({
    docId: docIds[document] ?? '',
    score: scores[at] ?? Number.NaN,
  }));
  return orderAsTrecEval(entries);
}

function gradesOf({ qrels }: CollectionContent) {
  return new Map([...qrels].map(([queryId, grades]) => [queryId, new Map(grades)]));
}

function documentsOf({ rankings }: ExportedRun) {
  const documents = rankings.flatMap((ranking) => ranking.documents);
  return new Map(documents.map(({ docId, title, text }) => [docId, [title ?? null, text]]));
}

function ranked({ rankings }: ExportedRun) {
  return rankings.filter(({ documents }) => documents.length > 0);
}

function ranksSomething(run: ExportedRun): boolean {
  return ranked(run).length > 0;
}

/** Formats of one line per document have none for a query without. */
function expectedQueries(run: ExportedRun, format: ExportFormat) {
  const written = format === 'json' ? run.rankings : ranked(run);
  return new Map(written.map(({ query }) => [query.queryId, query.text]));
}

function expectedRankings(run: ExportedRun) {
  return new Map(
    ranked(run).map(({ query, documents }) => [
      query.queryId,
      orderAsTrecEval(documents.map(({ docId, score }) => ({ docId, score }))),
    ]),
  );
}

function expectedGrades(run: ExportedRun) {
  const grades = ranked(run).map(({ query, documents }) => {
    const judged = documents.flatMap(({ docId, grade }) =>
      grade === null ? [] : [[docId, grade] as const],
    );
    return [query.queryId, new Map(judged)] as const;
  });
  return new Map(grades.filter(([, judged]) => judged.size > 0));
}

// What spreadsheets run, what parts cells and lines, what languages have names for.
const nasty = fc.constantFrom(
  ...["'", '"', ',', ';', '|', '\t', '\n', '\r', '\r\n', '=', '+', '-', '@', '＝', '%', '{', '['],
  ...[' ', 'a', 'Z', '0', '1', '文', '😀', '\u00a0', '\ufeff', '\\', '/', 'null', '__proto__'],
);
const text = fc
  .oneof(
    fc.array(nasty, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
    fc.lorem({ maxCount: 30 }),
  )
  .filter((written) => written.trim() !== '');
const idPart = fc.constantFrom(
  ...['a', 'b', "'", '"', ',', ' ', '%', '=', '-', '+', '文', 'é', '__proto__', 'constructor'],
);
const id = fc
  .array(idPart, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('').trim())
  .filter((written) => written !== '');
const score = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -3, max: 3 }))
  .map((value) => (value === 0 ? 0 : value));
const judged = fc.option(fc.oneof(fc.integer({ min: -2, max: 4 }), fc.maxSafeInteger()), {
  freq: 2,
});

const runs: fc.Arbitrary<ExportedRun> = fc
  .record({
    corpus: fc.uniqueArray(fc.record({ docId: id, title: fc.option(text), text }), {
      selector: ({ docId }) => docId,
      minLength: 1,
      maxLength: 6,
    }),
    queries: fc.uniqueArray(fc.record({ queryId: id, text }), {
      selector: ({ queryId }) => queryId,
      minLength: 1,
      maxLength: 4,
    }),
  })
  .chain(({ corpus, queries }) => {
    const documents = fc
      .shuffledSubarray(corpus)
      .chain((some) =>
        fc.tuple(
          ...some.map((document) =>
            fc.record({
              document: fc.constant(document),
              score,
              grade: judged.map((grade) => (grade === 0 ? 0 : grade)),
              relevance: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
            }),
          ),
        ),
      )
      .map((some) => rank(some));
    return fc
      .tuple(...queries.map((query) => fc.record({ query: fc.constant(query), documents })))
      .map((rankings) => ({ system: 'cross-encoder', provenance: null, rankings }));
  });

function rank(
  some: readonly {
    readonly document: { docId: string; title: string | null; text: string };
    readonly score: number;
    readonly grade: number | null;
    readonly relevance: number | null;
  }[],
): readonly ExportedDocument[] {
  return [...some]
    .sort((a, b) => b.score - a.score)
    .map(({ document: { docId, title, text: written }, score: value, grade, relevance }, at) => ({
      docId,
      ...(title === null ? {} : { title }),
      text: written,
      rank: at + 1,
      index: at,
      score: value,
      logit: relevance,
      relevance,
      firstStageScore: relevance,
      grade,
      tokens: at,
    }));
}
