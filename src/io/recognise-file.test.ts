import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { takeSample } from './import-sample.ts';
import type { ImportFormat } from './import-types.ts';
import { completeInterpretation, recogniseFile } from './recognise-file.ts';

async function recognise(content: BlobPart, path = 'pasted text') {
  const blob = new Blob([content]);
  return recogniseFile(await takeSample({ path, blob }, null, false, {}));
}

async function recogniseAs(content: string, format: ImportFormat) {
  const file = { path: 'pasted text', blob: new Blob([content]) };
  const sample = await takeSample(file, null, format === 'json', {});
  return completeInterpretation(sample, { format, encoding: 'utf-8', included: true });
}

describe('recogniseFile', () => {
  it.each<[ImportFormat, string]>([
    ['plain-text', 'one document\nanother, with a comma\n'],
    ['plain-text', 'Prose, with commas.\nAlways, one per line.\nSo, it goes.'],
    ['plain-text', '[1] a footnote\n[2] another'],
    ['plain-text', '{ braces } are no JSON'],
    ['plain-text', '"To be" is quoted\n"Not to be" too'],
    ['json', '["a", "b"]'],
    ['json', '[{"text": "a"}]'],
    ['json', '{\n "documents": [\n  {"text": "a"}\n ]\n}'],
    ['json', '{"took": 1, "hits": {"hits": [{"_source": {"text": "a"}}]}}'],
    ['json', '[{"text": "broken"},\n{"text": ]'],
    ['jsonl', '{"text": "a"}\n{"text": "b"}\n'],
    ['jsonl', '{"text": "a"}\n{"text": broken}\n{"text": "c"}\n'],
    ['jsonl', '{"text": "only one"}'],
    ['jsonl', '"a"\n"b"\n'],
    ['delimited', 'id,text\n1,a\n2,b\n'],
    ['delimited', 'id;text;title\n1;a;x\n2;"b;c";y\n'],
    ['delimited', '1\tsome words\n2\tmore words\n'],
    ['delimited', 'query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t0\n'],
    ['trec-run', 'q1 Q0 d1 1 9.5 bm25\nq1 Q0 d2 2 9.25 bm25\n'],
    ['trec-qrels', 'q1 0 d1 2\nq1 0 d2 0\n'],
    ['trec-qrels', 'q1 0 d1 2.0\nq1 0 d2 0.0\n'],
    ['trec-qrels', 'q1\t0\td1\t2\nq1\t0\td2\t0\n'],
    ['first-stage-lists', '[{"query": "a", "hits": [{"content": "x", "docid": 1}]}]'],
    ['first-stage-lists', '{"query": "a", "hits": []}\n{"query": "b", "hits": []}\n'],
    ['first-stage-lists', '{\n "crossrank": "rankings",\n "rankings": [{"queryId": "q"}]\n}'],
    ['squad', '{"data": [{"paragraphs": [{"context": "a", "qas": []}]}]}'],
    ['rerank-request', '{"model": "m", "query": "q", "documents": ["a", "b"]}'],
    ['rerank-request', '{"query": "q", "texts": ["a"]}\n{"query": "r", "texts": ["b"]}\n'],
    ['collection', '{"crossrank":"collection","version":1}\n'],
  ])('knows %s by its content: %j', async (format, content) => {
    const { interpretation } = await recognise(content);
    expect(interpretation).toMatchObject({ format, included: true, encoding: 'utf-8' });
  });

  it('goes by the name only where the content fits several things', async () => {
    expect((await recognise('a,b\nc,d\n', 'table.csv')).interpretation.format).toBe('delimited');
    expect((await recognise('a,b\nc,d\n', 'notes.txt')).interpretation.format).toBe('plain-text');
    expect((await recognise('text\na\nb\n', 'one.csv')).interpretation).toMatchObject({
      format: 'delimited',
      hasHeader: true,
      fields: { text: 'text' },
    });
    expect((await recognise('["a"]', 'wrong.csv')).interpretation.format).toBe('json');
    expect((await recognise('q1 0 d1 2\n', 'wrong.json')).interpretation.format).toBe('trec-qrels');
    expect((await recognise('// none\n[]\n', 'a.json')).interpretation.format).toBe('json');
  });

  it('knows the files of BEIR', async () => {
    const corpus = '{"_id":"d1","title":"t","text":"x"}\n';
    expect((await recognise(corpus + corpus, 'scifact/corpus.jsonl')).interpretation).toEqual({
      format: 'jsonl',
      encoding: 'utf-8',
      included: true,
      role: 'documents',
      fields: { docId: '_id', title: 'title', text: 'text' },
    });
    const queries = '{"_id":"q1","text":"x","metadata":{}}\n';
    expect(
      (await recognise(queries + queries, 'scifact/queries.jsonl')).interpretation,
    ).toMatchObject({ role: 'queries', fields: { queryId: '_id', query: 'text' } });
    const qrels = 'query-id\tcorpus-id\tscore\nq1\td1\t1\n';
    expect((await recognise(qrels, 'scifact/qrels/test.tsv')).interpretation).toMatchObject({
      role: 'judgements',
      delimiter: '\t',
      hasHeader: true,
      fields: { queryId: 'query-id', docId: 'corpus-id', grade: 'score' },
    });
  });

  it('tells header rows from rows', async () => {
    const withHeader = await recognise('name\tage\nAnna\t5\nBert\t6\n');
    expect(withHeader.interpretation.hasHeader).toBe(true);
    expect(withHeader.columns).toEqual(['name', 'age']);
    const without = await recognise('d1\tsome words\nd2\tmore words\n');
    expect(without.interpretation).toMatchObject({
      hasHeader: false,
      role: 'documents',
      fields: { docId: '1', text: '2' },
    });
  });

  it('leaves out what only lies beside', async () => {
    for (const path of ['beir/README.md', 'LICENSE', 'a/.DS_Store', '__MACOSX/a/b.txt']) {
      expect((await recognise('some words', path)).interpretation.included).toBe(false);
    }
    expect((await recognise('some words', 'reading.md')).interpretation.included).toBe(true);
  });

  it('recognises nothing in an empty or binary file', async () => {
    expect((await recognise('')).recognised).toBe(false);
    expect((await recognise(' \n\n')).recognised).toBe(false);
    expect((await recognise(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0]))).recognised).toBe(
      false,
    );
  });

  const shared = new URL('../../../shared/eval/', import.meta.url);
  describe.skipIf(!existsSync(shared))('with real files', () => {
    it.each<[ImportFormat, string]>([
      ['first-stage-lists', 'trec-dl19/first-stage-bm25.json'],
      ['first-stage-lists', 'trec-dl19/first-stage-splade.json'],
      ['trec-qrels', 'trec-dl19/qrels.txt'],
      ['squad', 'xquad/xquad.zh.json'],
    ])('knows %s: %s', async (format, path) => {
      const { interpretation, recognised } = await recognise(
        readFileSync(new URL(path, shared)),
        'x',
      );
      expect([interpretation.format, recognised]).toEqual([format, true]);
    });
  });
});

describe('completeInterpretation', () => {
  it('guesses what is left open for a format that was chosen', async () => {
    expect((await recogniseAs('a;b\n1;2 words\n', 'delimited')).interpretation).toMatchObject({
      delimiter: ',',
      role: 'documents',
    });
    expect(
      (await recogniseAs('{"data": {"rows": ["a", "b"]}}', 'json')).interpretation,
    ).toMatchObject({
      recordsPath: 'data.rows',
      role: 'documents',
      fields: {},
    });
    expect((await recogniseAs('a\n\nb\nc', 'plain-text')).interpretation.layout).toBe(
      'blank-lines',
    );
    expect((await recogniseAs('x', 'squad')).interpretation.take).toBe('both');
  });

  it('keeps what is chosen, also where it does not fit', async () => {
    const file = { path: 'p', blob: new Blob(['{"text": "a"}\n{"text": "b"}']) };
    const sample = await takeSample(file, null, false, {});
    const choice = {
      format: 'jsonl',
      encoding: 'gb18030',
      included: false,
      role: 'run',
      fields: { docId: 'none' },
    } as const;
    expect(completeInterpretation(sample, choice).interpretation).toEqual(choice);
  });
});
