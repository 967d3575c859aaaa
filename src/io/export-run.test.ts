import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { orderAsTrecEval } from '../core/metrics.ts';
import { relevanceOfLogit } from '../core/scores.ts';
import { exportRun } from './export-run.ts';
import {
  type ExportedDocument,
  type ExportedRun,
  type ExportFormat,
  exportFormats,
} from './export-types.ts';
import type { ImportSink } from './import-types.ts';
import { readRankings } from './ranking-records.ts';
import { readTrecRunLine } from './trec-files.ts';

const all = { topK: null };

/** Texts that break careless writers, beside what fast-check finds. */
const nastyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  // Any UTF-16 units, lone surrogates among them.
  fc.array(fc.nat(0xffff), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '=HYPERLINK("http://x")',
    '+1',
    '-2',
    '@sum',
    '\tcell',
    '\r\nline',
    '＝1',
    'a "quoted" word',
    'one,two;three|four\tfive',
    'line\nline\r\nline\rline',
    ' spaces ',
    '```\n# heading\n````',
    "'apostrophe",
    '__proto__',
    '查询 文档',
    '\u{1F600}',
    '\ud800',
    '\u0000',
    '50%20',
  ),
);

// JSON and decimals have one zero.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const known = fc.option(number);

function runOf(id: fc.Arbitrary<string>): fc.Arbitrary<ExportedRun> {
  const document = fc.record(
    {
      docId: id,
      title: nastyText,
      text: nastyText,
      score: number,
      logit: known,
      firstStageScore: known,
      grade: fc.option(fc.integer({ min: -2, max: 4 })),
      tokens: fc.nat(512),
      index: fc.nat(1000),
    },
    {
      requiredKeys: [
        'docId',
        'text',
        'score',
        'logit',
        'firstStageScore',
        'grade',
        'tokens',
        'index',
      ],
    },
  );
  const ranking = fc.record({
    query: fc.record({ queryId: id, text: nastyText }),
    documents: fc
      .uniqueArray(document, { selector: ({ docId }) => docId, maxLength: 6 })
      .map((documents): readonly ExportedDocument[] =>
        documents
          .sort((a, b) => b.score - a.score)
          .map((fields, index) => ({
            ...fields,
            rank: index + 1,
            relevance: fields.logit === null ? null : relevanceOfLogit(fields.logit),
          })),
      ),
  });
  const provenance = fc.record({
    model: nastyText,
    revision: nastyText,
    dtype: nastyText,
    device: nastyText,
    adapter: fc.option(nastyText),
    threads: fc.nat(64),
    maxLength: fc.nat(8192),
    longDocuments: nastyText,
    depth: fc.nat(1000),
    titles: fc.boolean(),
    browser: nastyText,
    createdAt: fc.nat(),
  });
  return fc.record({
    system: id,
    rankings: fc.uniqueArray(ranking, { selector: ({ query }) => query.queryId, maxLength: 4 }),
    provenance: fc.option(provenance),
  });
}

const idLetter = fc.constantFrom(...'aZ09_-.:/%=+é文𠀀');
const tidyId = fc.string({ unit: idLetter, minLength: 1, maxLength: 6 });
const anyRun = runOf(nastyText.filter((text) => text !== ''));

describe('exportRun, read back', () => {
  it('JSON loses nothing', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { text } = exportRun(run, 'json', all, 'x');
        expect(readRankings(JSON.parse(text))).toEqual(run);
      }),
    );
  });

  it('JSON lines lose nothing of a document but its place in the request', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const lines = exportRun(run, 'jsonl', all, 'x').text.split('\n');
        expect(lines.pop()).toBe('');
        expect(lines.map((line) => JSON.parse(line))).toEqual(flatten(run));
      }),
    );
  });

  it('CSV loses nothing but what it says: an apostrophe, half a surrogate pair, no title or ""', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { text } = exportRun(run, 'csv', all, 'x');
        expect(text.startsWith('\uFEFFqueryId,query,docId,title,text,rank,')).toBe(true);
        // A file is what the text becomes in UTF-8; the decoder takes the mark off.
        const file = new TextDecoder().decode(new TextEncoder().encode(text));
        const { data, errors } = Papa.parse<Record<string, string>>(file, {
          header: true,
          delimiter: ',',
          newline: '\r\n',
          skipEmptyLines: true,
        });
        expect(errors).toEqual([]);
        expect(data).toEqual(flatten(run).map(asCells));
      }),
    );
  });

  it('no text cell of a CSV starts a formula, and no number is touched', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { text } = exportRun(run, 'csv', all, 'x');
        const { data } = Papa.parse<string[]>(text.slice(1), { delimiter: ',', newline: '\r\n' });
        for (const row of data.slice(1)) {
          for (const cell of row.slice(0, 5)) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
          for (const cell of row.slice(5)) expect(cell).toMatch(/^$|^-?\d/);
        }
      }),
    );
  });

  it('a TREC run gives back every id and every score, and measures in the same order', () => {
    fc.assert(
      fc.property(runOf(tidyId), (run) => {
        const read = readTrecRun(exportRun(run, 'trec-run', all, 'x').text);
        expect(read.problems).toEqual([]);
        expect(read.tags.every((tag) => tag === run.system)).toBe(true);
        const written = run.rankings.filter(({ documents }) => documents.length > 0);
        expect([...read.rankings.keys()]).toEqual(written.map(({ query }) => query.queryId));
        for (const { query, documents } of written) {
          const entries = documents.map(({ docId, score }) => ({ docId, score }));
          const back = read.rankings.get(query.queryId) ?? [];
          expect(back).toEqual(entries);
          expect(orderAsTrecEval(back)).toEqual(orderAsTrecEval(entries));
        }
      }),
    );
  });

  it('a TREC run has six parts per line whatever the ids are, and no two ids become one', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { text } = exportRun(run, 'trec-run', all, 'x');
        const lines = text.split('\n').slice(0, -1);
        const documents = run.rankings.flatMap((ranking) => ranking.documents);
        expect(lines).toHaveLength(documents.length);
        const ids = new Map<string, string>();
        for (const [index, line] of lines.entries()) {
          const parts = line.split(/[\s\p{Cc}]/u);
          expect(parts).toHaveLength(6);
          expect(new TextDecoder().decode(new TextEncoder().encode(line))).toBe(line);
          ids.set(parts[2] ?? '', documents[index]?.docId ?? '');
        }
        expect(ids.size).toBe(new Set(documents.map(({ docId }) => docId)).size);
      }),
    );
  });
});

describe('exportRun', () => {
  const document = (docId: string, rank: number): ExportedDocument => ({
    docId,
    text: `text of ${docId}`,
    rank,
    index: rank - 1,
    score: -rank,
    logit: -rank,
    relevance: relevanceOfLogit(-rank),
    firstStageScore: null,
    grade: null,
    tokens: 10,
  });
  const run: ExportedRun = {
    system: 'cross-encoder',
    provenance: null,
    rankings: [
      {
        query: { queryId: 'q', text: 'query' },
        documents: [document('a', 1), document('b', 2), document('c', 3)],
      },
    ],
  };

  const names: readonly (readonly [ExportFormat, string])[] = [
    ['trec-run', 'dl19.cross-encoder.run'],
    ['json', 'dl19.cross-encoder.json'],
    ['jsonl', 'dl19.cross-encoder.jsonl'],
    ['csv', 'dl19.cross-encoder.csv'],
    ['cohere', 'dl19.cross-encoder.cohere.json'],
    ['jina', 'dl19.cross-encoder.jina.json'],
    ['tei', 'dl19.cross-encoder.tei.json'],
    ['voyage', 'dl19.cross-encoder.voyage.json'],
    ['markdown', 'dl19.cross-encoder.md'],
  ];
  it.each(names)('calls %s %s', (format, name) => {
    expect(exportRun(run, format, all, 'dl19').name).toBe(name);
  });

  it.each([
    ['如何训练模型？', '如何训练模型.s.run'],
    ['what is  a/b\\c: "d"?', 'what-is-a-b-c-d.s.run'],
    ['../../etc/passwd', 'etc-passwd.s.run'],
    ['.hidden.', 'hidden.s.run'],
    ['Übung café', 'Übung-café.s.run'],
    ['\u202Egnp.exe', 'gnp.exe.s.run'],
    ['???', 'ranking.s.run'],
    ['', 'ranking.s.run'],
    ['CON', 'CON-.s.run'],
    // Cut to 120 bytes, a mark would be last.
    [`${'a'.repeat(119)}.b`, `${'a'.repeat(119)}.s.run`],
  ])('makes a file name of %j', (name, expected) => {
    expect(exportRun({ ...run, system: 's' }, 'trec-run', all, name).name).toBe(expected);
  });

  it('keeps file names within the 255 bytes of a file system, without half letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), nastyText, (name, system) => {
        const file = exportRun({ ...run, system: system || 's' }, 'voyage', all, name.repeat(3));
        expect(new TextEncoder().encode(file.name).length).toBeLessThanOrEqual(255);
        expect(file.name).toMatch(/^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}._-]*\.voyage\.json$/u);
      }),
    );
    expect(exportRun(run, 'json', all, '查'.repeat(300)).name).toBe(
      `${'查'.repeat(40)}.cross-encoder.json`,
    );
  });

  it.each(exportFormats)('keeps the best two as %s when asked for two', (format) => {
    const { text } = exportRun(run, format, { topK: 2 }, 'x');
    const three = exportRun(run, format, { topK: 3 }, 'x').text;
    expect(three).toBe(exportRun(run, format, all, 'x').text);
    expect(text).not.toBe(three);
    const isService = ['cohere', 'tei', 'voyage'].includes(format);
    const third = isService ? '"index": 2' : format === 'jina' ? 'text of c' : 'c';
    const isThere = (written: string): boolean =>
      isService || format === 'jina'
        ? written.includes(third)
        : new RegExp(`(?<=["\`, ])${third}(?=["\`, ])`).test(written);
    expect(isThere(three)).toBe(true);
    expect(isThere(text)).toBe(false);
  });

  it.each(['json', 'jsonl', 'csv'] as const)('leaves texts out of %s when asked to', (format) => {
    const { text } = exportRun(run, format, { topK: null, texts: false }, 'x');
    expect(text).not.toContain('text');
    expect(text).not.toContain('title');
    expect(text).toContain('docId');
  });

  it('counts what the model has read over all documents, however few are kept', () => {
    const { text } = exportRun(run, 'voyage', { topK: 1 }, 'x');
    expect(JSON.parse(text)).toMatchObject({ usage: { total_tokens: 30 } });
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d documents per query', (topK) => {
    expect(() => exportRun(run, 'json', { topK }, 'x')).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });

  it('refuses a score that is not finite, and names its document', () => {
    const broken: ExportedRun = {
      ...run,
      rankings: [
        {
          query: { queryId: 'q', text: 'query' },
          documents: [{ ...document('a', 1), score: Number.NaN }],
        },
      ],
    };
    for (const format of exportFormats) {
      expect(() => exportRun(broken, format, all, 'x')).toThrow(
        /document "a" for query "q" is NaN/,
      );
    }
  });
});

/** The flat record of each document, without keys that are undefined. */
function flatten(run: ExportedRun): readonly Record<string, unknown>[] {
  return run.rankings.flatMap(({ query, documents }) =>
    documents.map(({ index: _, ...rest }) => ({
      queryId: query.queryId,
      query: query.text,
      ...rest,
    })),
  );
}

const columns = [
  'queryId',
  'query',
  'docId',
  'title',
  'text',
  'rank',
  'score',
  'logit',
  'relevance',
  'firstStageScore',
  'grade',
  'tokens',
];

function asCells(record: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    columns.map((name) => {
      const value = record[name];
      if (typeof value !== 'string') return [name, String(value ?? '')];
      const written = new TextDecoder('utf-8', { ignoreBOM: true }).decode(
        new TextEncoder().encode(value),
      );
      return [name, /^[=+\-@\t\r\n＝＋－＠]/.test(written) ? `'${written}` : written];
    }),
  );
}

function readTrecRun(text: string) {
  const rankings = new Map<string, { docId: string; score: number | null }[]>();
  const problems: string[] = [];
  const tags: string[] = [];
  const unused = (): never => {
    throw new Error('A run has candidates alone.');
  };
  const sink: ImportSink = {
    document: unused,
    query: unused,
    judgement: unused,
    pair: unused,
    candidate: (queryId, docId, score) => {
      const ranking = rankings.get(queryId) ?? [];
      rankings.set(queryId, ranking);
      ranking.push({ docId, score });
    },
    problem: (code) => problems.push(code),
    firstStageTag: (tag) => tags.push(tag),
  };
  for (const line of text.split('\n')) readTrecRunLine(line, { path: 'x.run' }, sink);
  // Every score is a number, or `toEqual` tells.
  const scored = [...rankings].map(
    ([queryId, entries]) =>
      [
        queryId,
        entries.map(({ docId, score }) => ({ docId, score: score ?? Number.NaN })),
      ] as const,
  );
  return { rankings: new Map(scored), problems, tags };
}
