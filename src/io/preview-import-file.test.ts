import { describe, expect, it } from 'vitest';
import { previewImportFile } from './preview-import-file.ts';

const preview = (content: BlobPart, path = 'file', choice = null) =>
  previewImportFile({ path, blob: new Blob([content]) }, choice);

describe('previewImportFile', () => {
  it('shows the first records, counts and problems of a small file', async () => {
    const lines = Array.from(
      { length: 5 },
      (_, index) => `{"_id":${index},"text":"text ${index}"}`,
    );
    const found = await preview([...lines, '{"_id":9,"text":""}', '{broken'].join('\n'));
    expect(found).toEqual({
      path: 'file',
      bytes: expect.any(Number),
      interpretation: {
        format: 'jsonl',
        encoding: 'utf-8',
        included: true,
        role: 'documents',
        fields: { docId: '_id', text: 'text' },
      },
      recognised: true,
      columns: ['_id', 'text'],
      sample: [0, 1, 2].map((index) => ({
        kind: 'document',
        docId: `${index}`,
        title: null,
        text: `text ${index}`,
      })),
      problems: [
        {
          code: 'empty-text',
          severity: 'skipped',
          count: 1,
          places: [{ path: 'file', line: 6, record: 6, subject: 'text' }],
        },
        {
          code: 'bad-line',
          severity: 'skipped',
          count: 1,
          places: [{ path: 'file', line: 7, record: 7, column: 2 }],
        },
      ],
      counts: { documents: 5, queries: 0, candidates: 0, judgements: 0 },
      complete: true,
    });
  });

  it('shortens long texts', async () => {
    const { sample } = await preview(`${'a'.repeat(400)}\nshort`);
    expect(sample).toMatchObject([{ text: `${'a'.repeat(299)}…` }, { text: 'short' }]);
  });

  it('looks at the beginning of a large file of lines, and finds nothing wrong where it ends', async () => {
    const lines = (line: string) => line.repeat(Math.ceil(2 ** 21 / line.length));
    for (const [line, path] of [
      ['{"text":"some words 中文"}\n', 'a.jsonl'],
      ['1\t"some\nwords"\n', 'a.tsv'],
      ['words and words\n\nmore\n', 'a.txt'],
      ['q1 Q0 d1 1 5 tag\n', 'run.txt'],
    ] as const) {
      const { counts, complete, problems, recognised } = await preview(lines(line), path);
      expect({ complete, problems, recognised }).toEqual({
        complete: false,
        problems: [],
        recognised: true,
      });
      expect(Math.max(counts.documents, counts.candidates)).toBeGreaterThan(20_000);
    }
  });

  it('reads JSON up to 30 MB whole, of more the beginning', async () => {
    const element = `{"id": 1, "text": "${'words '.repeat(150)}"}`;
    const json = (count: number) =>
      `{"took": 5, "rows": [${`${element},`.repeat(count)}${element}]}`;
    const small = await preview(json(3_000));
    expect(small).toMatchObject({ complete: true, counts: { documents: 3_001 }, problems: [] });
    const large = await preview(json(36_000));
    expect(large).toMatchObject({
      complete: false,
      recognised: true,
      problems: [],
      interpretation: { format: 'json', recordsPath: 'rows', fields: { text: 'text' } },
    });
    expect(large.counts.documents).toBeGreaterThan(500);
  });

  it('finds nothing wrong with large JSON whose beginning holds no whole record', async () => {
    const found = await preview(`{"text": "${'words '.repeat(5.5e6)}"}`);
    expect(found).toMatchObject({ recognised: false, complete: false, problems: [], sample: [] });
    const broken = await preview(`{"text": 5x, "more": "${'words '.repeat(5.5e6)}"}`);
    expect(broken.problems).toMatchObject([{ code: 'json-syntax', places: [{ column: 11 }] }]);
  });

  it('follows the choice, and guesses what it leaves open', async () => {
    const blob = new Blob(['{"a": "x", "b": "y"}\n{"a": "z", "b": "w"}']);
    const choice = {
      format: 'jsonl',
      encoding: 'utf-8',
      included: false,
      role: 'queries',
      fields: { query: 'b' },
    } as const;
    const found = await previewImportFile({ path: 'p', blob }, choice);
    expect(found.interpretation).toEqual(choice);
    expect(found.sample).toMatchObject([
      { kind: 'query', text: 'y' },
      { kind: 'query', text: 'w' },
    ]);
    const asText = { format: 'plain-text', encoding: 'utf-8', included: true } as const;
    const lines = await previewImportFile({ path: 'p', blob }, asText);
    expect(lines.interpretation.layout).toBe('lines');
    expect(lines.counts.documents).toBe(2);
    const without = { ...choice, fields: {} };
    expect((await previewImportFile({ path: 'p', blob }, without)).problems).toMatchObject([
      { code: 'field-not-chosen', severity: 'file', places: [{ subject: 'query' }] },
    ]);
  });

  it('decodes as it is told', async () => {
    const blob = new Blob([new Uint8Array([0xd6, 0xd0, 0xce, 0xc4])]);
    const choice = { format: 'plain-text', encoding: 'gb18030', included: true } as const;
    expect((await previewImportFile({ path: 'p', blob }, choice)).sample).toMatchObject([
      { text: '中文' },
    ]);
    expect((await preview(blob)).interpretation.encoding).toBe('gb18030');
  });

  it('shows queries and documents of pairs, each once', async () => {
    const body = { query: 'q', documents: ['a', 'b', 'a'] };
    const { counts, sample } = await preview(JSON.stringify(body));
    expect(counts).toEqual({ documents: 2, queries: 1, candidates: 3, judgements: 0 });
    expect(sample.map(({ kind }) => kind)).toEqual(['query', 'document', 'document']);
  });

  it('says that a file is too large, binary, broken, or empty', async () => {
    const codes = async (content: BlobPart) => {
      const { problems, recognised } = await preview(content);
      return [problems.map(({ code, severity }) => `${code} ${severity}`), recognised];
    };
    expect(await codes(new Uint8Array([0x25, 0x50, 0x44, 0x46, 0x2d]))).toEqual([
      ['binary file'],
      false,
    ]);
    expect(await codes('[{"text": "a"}, {"text"')).toEqual([['json-syntax file'], false]);
    expect(await codes('')).toEqual([['nothing-found note'], false]);
    const size = 2 ** 31;
    const blob = Object.assign(Object.create(Blob.prototype, { size: { value: size } }), {
      slice: () => new Blob(['{"text":"a"}\n{"text":"b"}\n']),
    });
    const huge = await previewImportFile({ path: 'p', blob }, null);
    expect(huge.bytes).toBe(size);
    expect(huge.problems).toMatchObject([{ code: 'too-large', places: [{ subject: '1024 MB' }] }]);
  });

  it('reads the header of a collection', async () => {
    const { interpretation, complete } = await preview('{"crossrank":"collection"}\n');
    expect(interpretation.format).toBe('collection');
    expect(complete).toBe(true);
  });

  it('stops when aborted', async () => {
    const signal = AbortSignal.abort();
    const file = { path: 'p', blob: new Blob(['a']) };
    await expect(previewImportFile(file, null, { signal })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
