import { describe, expect, test } from 'vitest';
import type {
  FilePreview,
  ImportCounts,
  ImportProblem,
  Interpretation,
} from '../io/import-types.ts';
import { mergePreviews, noticeOf, problemsOf, rowsOf, totalsOf } from './import-view.ts';

const plain: Interpretation = {
  format: 'plain-text',
  encoding: 'utf-8',
  layout: 'lines',
  included: true,
};

const table: Interpretation = {
  format: 'delimited',
  encoding: 'utf-8',
  role: 'documents',
  fields: { docId: 'pid', text: 'passage' },
  delimiter: ',',
  hasHeader: true,
  included: true,
};

function previewOf(
  path: string,
  interpretation: Interpretation = plain,
  counts: Partial<ImportCounts> = {},
  complete = true,
): FilePreview {
  return {
    path,
    bytes: 10,
    interpretation,
    recognised: true,
    columns: [],
    sample: [],
    problems: [],
    counts: { documents: 0, queries: 0, candidates: 0, judgements: 0, ...counts },
    complete,
  };
}

function problemOf(
  code: ImportProblem['code'],
  severity: ImportProblem['severity'],
  count: number,
  path = 'a.csv',
): ImportProblem {
  const places = Array.from({ length: Math.min(count, 5) }, (_, index) => ({
    path,
    line: index + 1,
  }));
  return { code, severity, count, places };
}

describe('rowsOf', () => {
  test('folds many files that are understood alike into one row, in the place of the first', () => {
    const texts = Array.from({ length: 200 }, (_, index) => previewOf(`notes/${index}.txt`));
    const rows = rowsOf([previewOf('a.csv', table), ...texts, previewOf('b.csv', table)]);
    expect(rows.map(({ previews }) => previews.length)).toEqual([1, 200, 1]);
    expect(rows.map(({ key }) => key)).toEqual(['a.csv', 'notes/0.txt', 'b.csv']);
  });

  test('keeps few files apart, and those that are understood otherwise', () => {
    const few = Array.from({ length: 5 }, (_, index) => previewOf(`${index}.txt`));
    expect(rowsOf(few)).toHaveLength(5);
    const other = previewOf('gb.txt', { ...plain, encoding: 'gb18030' });
    expect(rowsOf([...few, previewOf('5.txt'), other])).toHaveLength(2);
  });

  test('a file that is left out stays in its group', () => {
    const texts = Array.from({ length: 10 }, (_, index) =>
      previewOf(`${index}.txt`, { ...plain, included: index !== 3 }),
    );
    expect(rowsOf(texts)).toHaveLength(1);
  });
});

describe('totalsOf', () => {
  test('counts what is not left out', () => {
    const totals = totalsOf([
      previewOf('a', plain, { documents: 3 }),
      previewOf('b', plain, { documents: 4, queries: 2, judgements: 1 }),
      previewOf('c', { ...plain, included: false }, { documents: 99 }, false),
    ]);
    expect(totals).toEqual({
      documents: 7,
      queries: 2,
      candidates: 0,
      judgements: 1,
      complete: true,
      includedFiles: 2,
      includedBytes: 20,
    });
  });

  test('leaves out files that cannot be taken in', () => {
    const broken = { ...previewOf('a'), problems: [problemOf('json-syntax', 'file', 1)] };
    expect(totalsOf([broken])).toMatchObject({ includedFiles: 0, includedBytes: 0 });
  });

  test('is complete when all of them are', () => {
    expect(totalsOf([previewOf('a'), previewOf('b', plain, {}, false)]).complete).toBe(false);
  });
});

describe('noticeOf', () => {
  const said = (counts: Partial<ImportCounts>, complete = true, into = false) =>
    noticeOf(totalsOf([previewOf('a', plain, counts, complete)]), into);

  test('says what will be missing', () => {
    expect(said({})).toBe('nothing');
    expect(said({ queries: 1, candidates: 5 })).toBe('no-documents');
    expect(said({ documents: 1 })).toBe('no-queries');
    expect(said({ documents: 1, queries: 1 })).toBe('candidates-by-bm25');
    expect(said({ documents: 1, queries: 1, candidates: 1 })).toBe('no-judgements');
    expect(said({ documents: 1, queries: 1, candidates: 1, judgements: 1 })).toBeNull();
  });

  test('says nothing of what may still come, or may be there', () => {
    expect(said({ documents: 1 }, false)).toBeNull();
    expect(said({}, false)).toBeNull();
    expect(said({ judgements: 1 }, true, true)).toBeNull();
    expect(said({}, true, true)).toBe('nothing');
  });
});

describe('problemsOf', () => {
  test('adds up the same problem of several files, worst first', () => {
    const merged = problemsOf([
      { problems: [problemOf('ids-assigned', 'note', 1), problemOf('bad-line', 'skipped', 4)] },
      { problems: [problemOf('bad-line', 'skipped', 9, 'b.csv'), problemOf('binary', 'file', 1)] },
    ]);
    expect(merged.map(({ code, count }) => [code, count])).toEqual([
      ['binary', 1],
      ['bad-line', 13],
      ['ids-assigned', 1],
    ]);
    expect(merged[1]?.places.map(({ path }) => path)).toEqual([
      'a.csv',
      'a.csv',
      'a.csv',
      'a.csv',
      'b.csv',
    ]);
  });
});

describe('mergePreviews', () => {
  test('replaces in place and adds at the end', () => {
    const merged = mergePreviews(
      [previewOf('a'), previewOf('b')],
      [previewOf('c'), previewOf('a', table)],
    );
    expect(merged.map(({ path }) => path)).toEqual(['a', 'b', 'c']);
    expect(merged[0]?.interpretation).toBe(table);
  });
});
