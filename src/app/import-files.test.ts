import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FilePreview, ImportFile, ImportProblem } from '../io/import-types.ts';
import { endingOf, joinFiles, proposeName, sourceFinder, takenFiles } from './import-files.ts';

function fileOf(path: string, content = path): ImportFile {
  return { path, blob: new Blob([content]) };
}

function previewOf(
  path: string,
  included: boolean,
  problems: readonly ImportProblem[] = [],
): FilePreview {
  return {
    path,
    bytes: 10,
    interpretation: { format: 'plain-text', encoding: 'utf-8', included },
    recognised: true,
    columns: [],
    sample: [],
    problems,
    counts: { documents: 0, queries: 0, candidates: 0, judgements: 0 },
    complete: true,
  };
}

describe('joinFiles', () => {
  test('never loses a file, and every path is there once', () => {
    const paths = fc.array(fc.constantFrom('a.csv', 'a (2).csv', 'b', '__proto__'));
    fc.assert(
      fc.property(paths, paths, (first, second) => {
        const before = joinFiles(
          [],
          first.map((path) => fileOf(path)),
        );
        const joined = joinFiles(
          before,
          second.map((path) => fileOf(path)),
        );
        expect(joined).toHaveLength(first.length + second.length);
        expect(new Set(joined.map(({ path }) => path)).size).toBe(joined.length);
        expect(joined.slice(0, before.length)).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  test('knows a file that comes again', () => {
    const dropped = (content: string, lastModified: number): ImportFile => ({
      path: 'a/b.csv',
      blob: new File([content], 'b.csv', { lastModified }),
    });
    const again = joinFiles([dropped('x', 1)], [dropped('x', 1)]);
    expect(again.map(({ path }) => path)).toEqual(['a/b.csv']);
    const other = joinFiles([dropped('x', 1)], [dropped('x', 2)]);
    expect(other.map(({ path }) => path)).toEqual(['a/b.csv', 'a/b (2).csv']);
  });

  test('numbers pasted texts', () => {
    const pasted = joinFiles([fileOf('pasted text', '1')], [fileOf('pasted text', '2')]);
    expect(pasted.map(({ path }) => path)).toEqual(['pasted text', 'pasted text (2)']);
  });
});

describe('sourceFinder', () => {
  test('finds the file or the zip that a preview comes from', () => {
    const files = ['a.jsonl', 'a.zip', 'b.csv.gz', 'a.zip/inner.zip'].map((path) => fileOf(path));
    const find = sourceFinder(files);
    expect(find('a.jsonl')?.path).toBe('a.jsonl');
    expect(find('a.zip/a.jsonl')?.path).toBe('a.zip');
    expect(find('a.zip/inner.zip/x')?.path).toBe('a.zip/inner.zip');
    expect(find('b.csv')?.path).toBe('b.csv.gz');
    expect(find('a.zipped')).toBeUndefined();
  });
});

describe('proposeName', () => {
  test.each([
    [['xquad.zh.json'], 'xquad.zh'],
    [['beir/scifact/corpus.jsonl', 'beir/scifact/qrels/test.tsv'], 'scifact'],
    [['scifact/corpus.jsonl'], 'scifact'],
    [['corpus.jsonl'], 'corpus'],
    [['scifact.zip'], 'scifact'],
    [['run.dl19.json.gz'], 'run.dl19'],
    [['xquad.en.json', 'xquad.zh.json'], 'xquad'],
    [['corpus.jsonl', 'queries.jsonl', 'legal.csv'], 'legal'],
    [['corpus.jsonl', 'queries.jsonl'], 'corpus'],
    [['cover.png', 'legal.csv'], 'legal'],
    [['.json'], '.json'],
    [['pasted text'], 'Pasted'],
    [['pasted text', 'pasted text (2)'], 'Pasted'],
    [['pasted text', 'qrels.txt'], 'qrels'],
    [[], 'Pasted'],
  ])('of %j: %s', (paths, name) => {
    const files = paths.map((path) => fileOf(path));
    expect(proposeName(files, 'Pasted')).toBe(name);
  });
});

test('takenFiles leaves out what is left out or cannot be taken in, and keeps zips', () => {
  const files = ['a.csv', 'b.csv', 'c.png', 'd.zip'].map((path) => fileOf(path));
  const binary = { code: 'binary', severity: 'file', count: 1, places: [] } as const;
  const taken = takenFiles(files, [
    previewOf('a.csv', true),
    previewOf('b.csv', false),
    previewOf('c.png', true, [binary]),
    previewOf('d.zip/e.csv', false),
  ]);
  expect(taken.map(({ path }) => path)).toEqual(['a.csv', 'd.zip']);
});

test('endingOf reads the last ending only', () => {
  expect(['a.b/c', 'a.TXT', 'a.tar.gz', 'a.'].map(endingOf)).toEqual(['', 'txt', 'gz', '']);
});
