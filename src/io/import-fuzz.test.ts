import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { recordImport } from './import-recording.ts';
import type { ImportFile, ImportFormat, Interpretation } from './import-types.ts';
import { previewImportFile } from './preview-import-file.ts';
import { readImportFile } from './read-import-file.ts';

// A nightly run takes more: CROSSRANK_FUZZ_RUNS=10000.
const numRuns = Number(process.env.CROSSRANK_FUZZ_RUNS ?? 300);
const timeout = 60_000 + numRuns * 100;

const formats: readonly ImportFormat[] = [
  'plain-text',
  'json',
  'jsonl',
  'delimited',
  'trec-run',
  'trec-qrels',
  'first-stage-lists',
  'squad',
  'rerank-request',
];

const validFiles: readonly string[] = [
  'one document\nanother\n\na block\nof lines\n',
  '[{"_id": "1", "title": "t", "text": "x"}, {"_id": 2, "text": "y\\u00e9"}]',
  '{"took": 1, "hits": {"hits": [{"_id": "1", "_source": {"text": "x"}, "_score": 1.5}]}}',
  '{"_id":"1","text":"x"}\n{"_id":"2","text":"y"}\n{"_id":"3","text":"z"}\n',
  '"a"\n"b"\n"c"\n',
  'id,title,text\n1,t,"x, ""y"""\n2,u,"a\nb"\n',
  'query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t0\n',
  'q1 Q0 d1 1 9.5 tag\r\nq1 Q0 d2 2 9.25 tag\r\n',
  'q1 0 d1 2\nq1 0 d2 0\n',
  '[{"query": "q", "hits": [{"content": "x", "qid": 1, "docid": "d", "rank": 1, "score": 2.5}]}]',
  '{"data": [{"title": "t", "paragraphs": [{"context": "c", "qas": [{"id": "i", "question": "q"}]}]}]}',
  '{"model": "m", "query": "q", "documents": ["a", {"text": "b"}], "top_n": 2}',
  '{"query": "q", "texts": ["a"]}\n{"query": "r", "texts": ["b", "c"]}\n',
];

/** Pieces of syntax that do harm in the wrong place. */
const splinter = fc.constantFrom(
  ...['"', '""', '\\', '{', '}', '[', ']', ',', ':', '\n', '\r', '\r\n', '\t', ';', '|', '\0'],
  ...['null', '1e999', '-', ' ', '\uFEFF', '\uD800', '\uFFFD', '中', '__proto__', '"__proto__":{}'],
);

const mutated = fc
  .tuple(
    fc.constantFrom(...validFiles),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 8 }), splinter), { maxLength: 6 }),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, [where, removed, inserted]) => {
      const at = where % (changed.length + 1);
      return changed.slice(0, at) + inserted + changed.slice(at + removed);
    }, text),
  );

const json = fc
  .tuple(fc.jsonValue({ depthSize: 'medium' }), fc.boolean())
  .map(([value, pretty]) => JSON.stringify(value, null, pretty ? 1 : 0));

const bytes: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((made) => new Uint8Array(made)),
  fc
    .oneof(mutated, json, fc.string({ unit: splinter }))
    .map((text) => new TextEncoder().encode(text)),
  fc.tuple(mutated, fc.boolean()).map(([text, littleEndian]) => {
    const view = new DataView(new ArrayBuffer(text.length * 2));
    for (let at = 0; at < text.length; at += 1)
      view.setUint16(at * 2, text.charCodeAt(at), littleEndian);
    return new Uint8Array(view.buffer);
  }),
);

const path = fc.constantFrom(
  'pasted text',
  'a.csv',
  'b/queries.jsonl',
  'qrels/test.tsv',
  'c.json',
  'd.txt',
);

const field = fc.constantFrom('id', '_id', 'text', 'a', '1', '2', '__proto__', 'hits.hits', '');

const choice: fc.Arbitrary<Interpretation> = fc.record(
  {
    format: fc.constantFrom(...formats),
    encoding: fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'gb18030', 'windows-1252'),
    included: fc.constant(true),
    role: fc.constantFrom('documents', 'queries', 'judgements', 'run', 'pairs'),
    fields: fc.record(
      {
        docId: field,
        title: field,
        text: field,
        queryId: field,
        query: field,
        grade: field,
        score: field,
        rank: field,
      },
      { requiredKeys: [] },
    ),
    recordsPath: field,
    delimiter: fc.constantFrom(',', '\t', ';', '|'),
    hasHeader: fc.boolean(),
    layout: fc.constantFrom('lines', 'blank-lines', 'whole-file'),
    take: fc.constantFrom('both', 'questions', 'paragraphs'),
  },
  { requiredKeys: ['format', 'encoding', 'included'] },
);

/** Reads a file; checks what every reading must keep to, whatever the file holds. */
async function read(file: ImportFile, interpretation: Interpretation): Promise<void> {
  const recording = recordImport();
  const told: number[] = [];
  await readImportFile(file, interpretation, recording.sink, {
    onProgress: (readBytes) => told.push(readBytes),
  });
  const ids: unknown[] = [
    ...recording.documents.map(([docId]) => docId),
    ...recording.queries.map(([queryId]) => queryId),
    ...recording.candidates.flat(),
    ...recording.judgements.flatMap(([queryId, docId]) => [docId, queryId]),
    ...recording.pairs.flatMap(({ queryId, docId }) => [queryId, docId]),
  ];
  expect(ids.filter((id) => typeof id === 'string' && (id === '' || id !== id.trim()))).toEqual([]);
  const texts = [
    ...recording.documents.map(([, , text]) => text),
    ...recording.queries.map(([, text]) => text),
    ...recording.pairs.flatMap(({ query, text }) => [query, text]),
  ];
  expect(texts.filter((text) => text.trim() === '')).toEqual([]);
  expect(recording.judgements.every(([, , grade]) => Number.isSafeInteger(grade))).toBe(true);
  // Nothing without a word: records, or a problem.
  expect(recording.places.length + recording.problems.length).toBeGreaterThan(0);
  const subjects = recording.problems.map(([, { subject }]) => subject ?? '');
  expect(Math.max(...subjects.map(({ length }) => length), 0)).toBeLessThanOrEqual(80);
  const isRefused = recording.problems.some(([code]) => code === 'binary file');
  if (!isRefused && file.blob.size > 0) expect(told.at(-1)).toBe(file.blob.size);
}

describe('no file', () => {
  it(
    'makes the reader or the preview fail',
    async () => {
      await fc.assert(
        fc.asyncProperty(bytes, path, choice, async (content, name, chosen) => {
          const file = { path: name, blob: new Blob([content]) };
          const guessed = await previewImportFile(file, null);
          await read(file, { ...guessed.interpretation, included: true });
          await previewImportFile(file, chosen);
          await read(file, chosen);
        }),
        { numRuns },
      );
    },
    timeout,
  );
});

describe('a file that was written', () => {
  const unit = fc.constantFrom(
    'a',
    'b',
    '中',
    'é',
    '"',
    ',',
    '\t',
    ';',
    '|',
    '\n',
    '\r\n',
    "'",
    '{',
    ' ',
  );
  const text = fc
    .string({ unit, minLength: 1, maxLength: 12 })
    .filter((made) => made.trim() !== '');
  const id = fc.string({
    unit: fc.constantFrom('a', '1', '-', '中', '"', ','),
    minLength: 1,
    maxLength: 6,
  });
  const records = fc.array(fc.record({ id, text }), { minLength: 1, maxLength: 8 });
  const fields = { docId: 'id', text: 'text' };
  const known = { encoding: 'utf-8', included: true, role: 'documents', fields } as const;

  it.each(['json', 'jsonl', 'delimited'] as const)(
    'reads back as %s',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(
          records,
          fc.constantFrom<NonNullable<Interpretation['delimiter']>>(',', '\t', ';', '|'),
          async (written, delimiter) => {
            const content = {
              json: () => JSON.stringify(written),
              jsonl: () => written.map((record) => JSON.stringify(record)).join('\n'),
              delimited: () => Papa.unparse([...written], { delimiter, newline: '\n' }),
            }[format]();
            const recording = recordImport();
            const file = { path: 'file', blob: new Blob([content]) };
            const chosen = { ...known, format, delimiter, hasHeader: true };
            await readImportFile(file, chosen, recording.sink);
            expect(recording.problems).toEqual([]);
            expect(recording.documents).toEqual(
              written.map((record) => [record.id, null, record.text]),
            );
          },
        ),
        { numRuns },
      );
    },
    timeout,
  );
});
