import { describe, expect, test } from 'vitest';
import { importEn } from './import-en.ts';
import {
  folderOfRow,
  nameOfRow,
  type PhraseBook,
  phraseOfCounts,
  phraseOfPlace,
  phraseOfRow,
  textOfReport,
} from './import-phrases.ts';
import { importZh } from './import-zh.ts';

type FilePreview = Parameters<typeof phraseOfRow>[0]['first'];

const count = (value: number): string => value.toLocaleString('en');
const en: PhraseBook = { words: importEn, count };
const zh: PhraseBook = { words: importZh, count };

function previewOf(
  path: string,
  complete: boolean,
  interpretation: Partial<FilePreview['interpretation']> = {},
) {
  const preview: FilePreview = {
    path,
    bytes: 1,
    interpretation: {
      format: 'delimited',
      encoding: 'utf-8',
      delimiter: ',',
      included: true,
      ...interpretation,
    },
    recognised: true,
    columns: [],
    sample: [],
    problems: [],
    counts: { documents: 1_204, queries: 0, candidates: 0, judgements: 1 },
    complete,
  };
  return preview;
}

function rowOf(first: FilePreview, ...others: readonly FilePreview[]) {
  return { key: first.path, first, previews: [first, ...others] };
}

describe('phrases', () => {
  test('say what a file is taken for', () => {
    const row = rowOf(previewOf('a/b.csv', false));
    expect(phraseOfRow(row, en)).toBe('CSV: 1,204 documents, 1 judgement so far');
    expect(phraseOfRow(row, zh)).toBe('CSV：目前看到 1,204 篇文档、1 条标注');
    const tabs = rowOf(previewOf('a.tsv', true, { delimiter: '\t' }));
    expect(phraseOfRow(tabs, en)).toBe('TSV: 1,204 documents, 1 judgement');
    expect([folderOfRow(row), nameOfRow(row, en)]).toEqual(['a/', 'b.csv']);
  });

  test('add up a group, and name it by its number', () => {
    const group = rowOf(previewOf('a/1.txt', true), previewOf('a/2.txt', true));
    expect(phraseOfRow(group, en)).toBe('CSV: 2,408 documents, 2 judgements');
    expect(nameOfRow(group, en)).toBe('2 .txt files');
    expect(folderOfRow(group)).toBe('');
  });

  test('name a pasted text in the language of the page', () => {
    expect(nameOfRow(rowOf(previewOf('pasted text (2)', true)), zh)).toBe('粘贴的文本 (2)');
  });

  test('name nothing that there is none of', () => {
    const none = { documents: 0, queries: 0, candidates: 0, judgements: 0 };
    expect(phraseOfCounts(none, en)).toBe('');
    expect(phraseOfCounts({ ...none, queries: 1 }, en)).toBe('1 query');
  });

  test('name places as exactly as they are known', () => {
    const place = { path: 'a.csv', line: 1_017, column: 4, subject: 'd1' };
    expect(phraseOfPlace('bad-line', place, en)).toBe('a.csv · line 1,017, column 4 · d1');
    expect(phraseOfPlace('bad-line', { path: 'a.csv', record: 3 }, zh)).toBe('a.csv · 第 3 条记录');
  });

  test('translate fields and reasons, and never an id of the same name', () => {
    const field = { path: 'a.csv', subject: 'docId' };
    expect(phraseOfPlace('field-not-chosen', field, en)).toBe('a.csv · document id');
    expect(phraseOfPlace('unknown-document', field, en)).toBe('a.csv · docId');
    const entry = { path: 'a.zip/b', subject: 'encrypted' };
    expect(phraseOfPlace('archive-entry', entry, zh)).toBe('a.zip/b · 已加密');
    const odd = { path: 'a.zip/b', subject: 'constructor' };
    expect(phraseOfPlace('archive-entry', odd, en)).toBe('a.zip/b · constructor');
  });

  test('give the whole report as text, the worst first, and say how many places are not named', () => {
    const report = {
      summary: null,
      counts: { documents: 0, queries: 0, candidates: 0, judgements: 0 },
      importedRuns: [],
      problems: [
        { code: 'bad-line', severity: 'skipped', count: 7, places: [{ path: 'a', line: 2 }] },
        { code: 'binary', severity: 'file', count: 1, places: [{ path: 'b.png' }] },
      ],
      elapsedMs: 1,
    } as const;
    expect(textOfReport(report, en, ['Nothing was taken in.'])).toBe(
      `Nothing was taken in.

Files left out
- ${importEn.problems.codes.binary('1', false)}
    b.png

Records left out
- ${importEn.problems.codes['bad-line']('7', true)}
    a · line 2
    and 6 more
`,
    );
  });
});

describe('sentences about problems', () => {
  test('give the number, and say in two parts what is wrong and what to do', () => {
    for (const words of [importEn, importZh]) {
      for (const [code, sentence] of Object.entries(words.problems.codes)) {
        for (const [times, plural] of [
          ['1', false],
          ['12', true],
        ] as const) {
          const text = sentence(times, plural);
          expect(text, code).toContain(times);
          expect(text, code).toMatch(/[.。]$/u);
        }
      }
    }
  });
});
