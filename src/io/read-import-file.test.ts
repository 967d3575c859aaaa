import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordImport } from './import-recording.ts';
import type { Interpretation } from './import-types.ts';
import { previewImportFile } from './preview-import-file.ts';
import { readImportFile } from './read-import-file.ts';

type Choice = Partial<Interpretation> & Pick<Interpretation, 'format'>;

async function read(content: BlobPart, choice: Choice) {
  const recording = recordImport();
  const file = { path: 'file', blob: new Blob([content]) };
  await readImportFile(file, { encoding: 'utf-8', included: true, ...choice }, recording.sink);
  expect(recording.places.every(({ path }) => path === 'file')).toBe(true);
  return recording;
}

/** A blob of a size, of which nothing may be read. */
function hugeBlob(size: number): Blob {
  const refuse = (): never => {
    throw new Error('read');
  };
  return Object.assign(Object.create(Blob.prototype, { size: { value: size } }), { slice: refuse });
}

const documents = {
  role: 'documents',
  fields: { docId: 'id', title: 'title', text: 'text' },
} as const;

describe('plain text', () => {
  const text = ' one \n\ntwo\nthree\n\n\n four';

  it('is a document per line', async () => {
    const read1 = await read(text, { format: 'plain-text', layout: 'lines' });
    expect(read1.documents.map(([, , document]) => document)).toEqual([
      'one',
      'two',
      'three',
      'four',
    ]);
    expect(read1.places.map(({ line, record }) => [line, record])).toEqual([
      [1, 1],
      [3, 2],
      [4, 3],
      [7, 4],
    ]);
    expect(read1.problems).toEqual([]);
  });

  it('is a document per block', async () => {
    const blocks = await read(text, { format: 'plain-text', layout: 'blank-lines' });
    expect(blocks.documents).toEqual([
      [null, null, 'one'],
      [null, null, 'two\nthree'],
      [null, null, 'four'],
    ]);
  });

  it('is one document, named after its file', async () => {
    const whole = await read(text, { format: 'plain-text', layout: 'whole-file' });
    expect(whole.documents).toEqual([['file', null, text.trim()]]);
  });

  it('says where bytes could not be decoded', async () => {
    const bytes = new Uint8Array([0x61, 0x0a, 0x62, 0xff, 0x0a]);
    const { documents: found, problems } = await read(bytes, { format: 'plain-text' });
    expect(found).toHaveLength(2);
    expect(problems).toEqual([['undecodable-bytes note', { line: 2, column: 2 }, 1]]);
  });
});

describe('JSON lines', () => {
  it('are read past a line that is none', async () => {
    const content = '{"id":1,"text":"a"}\n\n{"id":2,"text":"b"\n{"id":3,"text":"c"}';
    const {
      documents: found,
      problems,
      places,
    } = await read(content, { format: 'jsonl', ...documents });
    expect(found).toEqual([
      ['1', null, 'a'],
      ['3', null, 'c'],
    ]);
    expect(problems).toEqual([['bad-line skipped', { line: 3, record: 2, column: 19 }, 1]]);
    expect(places.map(({ line }) => line)).toEqual([1, 4]);
  });

  it('may come from several files with a byte order mark each', async () => {
    const text = '{"id": 1, "text": "a"}\n\uFEFF{"id": 2, "text": "b"}\n';
    const { problems, documents: found } = await read(text, { format: 'jsonl', ...documents });
    expect(found.map(([docId]) => docId)).toEqual(['1', '2']);
    expect(problems).toEqual([]);
  });

  it('may be bare texts', async () => {
    const content = '"a"\n5\n""\n"b"';
    const { documents: found, problems } = await read(content, {
      format: 'jsonl',
      role: 'documents',
      fields: {},
    });
    expect(found.map(([, , text]) => text)).toEqual(['a', 'b']);
    expect(problems.map(([code]) => code)).toEqual(['wrong-type skipped', 'empty-text skipped']);
    const { queries } = await read(content, { format: 'jsonl', role: 'queries', fields: {} });
    expect(queries).toEqual([
      [null, 'a'],
      [null, 'b'],
    ]);
  });

  it('need their fields chosen', async () => {
    const { problems } = await read('{"a":1}\n{"a":2}', {
      format: 'jsonl',
      role: 'judgements',
      fields: {},
    });
    expect(problems).toEqual([
      ['field-not-chosen file', { subject: 'queryId' }, 1],
      ['field-not-chosen file', { subject: 'docId' }, 1],
      ['field-not-chosen file', { subject: 'grade' }, 1],
    ]);
  });

  it('may be request bodies and first-stage lists, with the line of what is wrong', async () => {
    const bodies = '{"query":"q","documents":["a","b"]}\n{"query":"r","documents":[5]}\n';
    const { pairs, problems, places } = await read(bodies, { format: 'rerank-request' });
    expect(pairs.map(({ query, text }) => [query, text])).toEqual([
      ['q', 'a'],
      ['q', 'b'],
    ]);
    expect(places[0]).toMatchObject({ line: 1, record: 1 });
    expect(problems).toEqual([
      ['wrong-type skipped', { line: 2, record: 2, subject: 'documents[0]' }, 1],
    ]);
    const list = '{"query":"q","hits":[{"content":"x","qid":1,"docid":2,"rank":1,"score":3}]}\n';
    const { candidates } = await read(list + list, { format: 'first-stage-lists' });
    expect(candidates).toEqual([
      ['1', '2', 3],
      ['1', '2', 3],
    ]);
  });
});

describe('records', () => {
  it('are kept without an id and left out without a text', async () => {
    const content = JSON.stringify([
      { id: ' d1 ', title: 'T', text: 'a' },
      { id: '', text: 'b' },
      { text: 'c' },
      { id: {}, text: 'd' },
      { id: 5, text: ' ' },
      { id: 6 },
      { id: 7, text: ['x'] },
      { id: 8, text: 9, title: [] },
    ]);
    const { documents: found, problems } = await read(content, { format: 'json', ...documents });
    expect(found).toEqual([
      ['d1', 'T', 'a'],
      [null, null, 'b'],
      [null, null, 'c'],
      [null, null, 'd'],
      ['8', null, '9'],
    ]);
    expect(problems.map(([code, { record, subject }]) => [code, record, subject])).toEqual([
      ['empty-id note', 2, 'id'],
      ['empty-id note', 3, 'id'],
      ['wrong-type note', 4, 'id'],
      ['empty-text skipped', 5, 'text'],
      ['field-missing skipped', 6, 'text'],
      ['wrong-type skipped', 7, 'text'],
      ['wrong-type note', 8, 'title'],
    ]);
  });

  it('whose id is a number that JSON cannot hold lose it rather than get another', async () => {
    const content = '{"id": 12345678901234567890, "text": "a"}\n{"id": 1.5, "text": "b"}';
    const { documents: found, problems } = await read(content, { format: 'jsonl', ...documents });
    expect(found.map(([docId]) => docId)).toEqual([null, '1.5']);
    expect(problems.map(([code]) => code)).toEqual(['wrong-type note']);
  });

  it('are judgements with whole numbers as grades', async () => {
    const content = 'q,d,g\n1,a,2\n1,b,x\n1,c,0.5\n,d,1\n1,,1\n1,f,\n1,g,-1\n1,h,2.0\n';
    const fields = { queryId: 'q', docId: 'd', grade: 'g' };
    const choice = {
      format: 'delimited',
      hasHeader: true,
      delimiter: ',',
      role: 'judgements',
      fields,
    } as const;
    const { judgements, problems } = await read(content, choice);
    expect(judgements).toEqual([
      ['1', 'a', 2],
      ['1', 'g', -1],
      ['1', 'h', 2],
    ]);
    expect(problems.map(([code, { line, subject }]) => [code, line, subject])).toEqual([
      ['not-a-number skipped', 3, 'x'],
      ['not-a-number skipped', 4, '0.5'],
      ['empty-id skipped', 5, 'q'],
      ['empty-id skipped', 6, 'd'],
      ['field-missing skipped', 7, 'g'],
    ]);
  });

  it('are candidates by score, by rank, or in their order', async () => {
    const content = 'q\td\tr\ts\n1\ta\t2\t0.5\n1\tb\t1\tmuch\n2\tc\t1\t7\n';
    const table = { format: 'delimited', hasHeader: true, delimiter: '\t', role: 'run' } as const;
    const ids = { queryId: 'q', docId: 'd' };
    const byScore = await read(content, { ...table, fields: { ...ids, score: 's', rank: 'r' } });
    expect(byScore.candidates).toEqual([
      ['1', 'a', 0.5],
      ['2', 'c', 7],
    ]);
    expect(byScore.problems).toEqual([
      ['not-a-number skipped', { line: 3, record: 2, subject: 'much' }, 1],
    ]);
    const byRank = await read(content, { ...table, fields: { ...ids, rank: 'r' } });
    expect(byRank.candidates).toEqual([
      ['1', 'b', null],
      ['2', 'c', null],
      ['1', 'a', null],
    ]);
    const inOrder = await read(content, { ...table, fields: ids });
    expect(inOrder.candidates.map(([, docId]) => docId)).toEqual(['a', 'b', 'c']);
  });

  it('are candidates with their query and grade, where a ranking has these', async () => {
    const text = 'qid,query,pid,score,grade\n1,why?,a,2.5,1\n1,why?,b,1.5,\n2,how?,a,1,x\n';
    const fields = { queryId: 'qid', query: 'query', docId: 'pid', score: 'score', grade: 'grade' };
    const choice = { role: 'run', delimiter: ',', hasHeader: true, fields } as const;
    const ranked = await read(text, { format: 'delimited', ...choice });
    expect(ranked.queries).toEqual([
      ['1', 'why?'],
      ['2', 'how?'],
    ]);
    expect(ranked.candidates).toEqual([
      ['1', 'a', 2.5],
      ['1', 'b', 1.5],
      ['2', 'a', 1],
    ]);
    expect(ranked.judgements).toEqual([['1', 'a', 1]]);
    expect(ranked.problems.map(([problem]) => problem)).toEqual(['not-a-number note']);
  });

  it('are pairs with what else is known of them', async () => {
    const content = JSON.stringify([
      { q: 'what', t: 'this', s: '0.25', g: 1 },
      { q: 'what', t: 'that', s: 'x', g: 0.5 },
      { q: '', t: 'that' },
    ]);
    const fields = { query: 'q', text: 't', score: 's', grade: 'g' };
    const { pairs, problems } = await read(content, { format: 'json', role: 'pairs', fields });
    const unknown = { queryId: null, docId: null, title: null };
    expect(pairs).toEqual([
      { ...unknown, query: 'what', text: 'this', score: 0.25, grade: 1 },
      { ...unknown, query: 'what', text: 'that', score: null, grade: null },
    ]);
    expect(problems.map(([code]) => code)).toEqual([
      'not-a-number note',
      'not-a-number note',
      'empty-text skipped',
    ]);
  });
});

describe('delimited files', () => {
  const table = { format: 'delimited', hasHeader: true, delimiter: ',' } as const;

  it('with ragged rows are read as far as the chosen columns reach', async () => {
    const content = 'id,text,more\n1,"a\nb",x\n2\n3,c\n4,d,x,y\n5,e,x,,\n';
    const choice = { ...table, role: 'documents', fields: { docId: 'id', text: 'text' } } as const;
    const { documents: found, problems } = await read(content, choice);
    expect(found.map(([docId, , text]) => [docId, text])).toEqual([
      ['1', 'a\nb'],
      ['3', 'c'],
      ['4', 'd'],
      ['5', 'e'],
    ]);
    expect(problems).toEqual([
      ['ragged-row skipped', { line: 4, record: 2 }, 1],
      ['ragged-row note', { line: 5, record: 3 }, 1],
      ['ragged-row note', { line: 6, record: 4 }, 1],
    ]);
  });

  it('name columns once, or by number', async () => {
    const twice = { ...table, role: 'documents', fields: { text: 'a (2)' } } as const;
    expect((await read('a,a,\nx,y,z\n', twice)).documents).toEqual([[null, null, 'y']]);
    const third = { ...twice, fields: { text: '3' } };
    expect((await read('a,a,\nx,y,z\n', third)).documents).toEqual([[null, null, 'z']]);
    const none = { ...third, hasHeader: false };
    expect((await read('x,y,z\n', none)).documents).toEqual([[null, null, 'z']]);
  });

  it('without a chosen column are not read', async () => {
    const choice = {
      ...table,
      role: 'documents',
      fields: { text: 'text', title: 'gone' },
    } as const;
    const { documents: found, problems } = await read('id,text\n1,a\n', choice);
    expect(found).toEqual([]);
    expect(problems).toEqual([['field-not-chosen file', { subject: 'title' }, 1]]);
  });

  it('with loose quotes keep every line, and say so', async () => {
    const choice = {
      ...table,
      delimiter: '\t',
      hasHeader: false,
      role: 'documents',
      fields: { text: '2' },
    } as const;
    const { documents: found, problems } = await read('1\t"a\n2\tb\n', choice);
    expect(found.map(([, , text]) => text)).toEqual(['"a', 'b']);
    expect(problems).toEqual([['bad-line note', { line: 1, record: 1 }, 1]]);
  });
});

describe('a file that cannot be used', () => {
  it.each([
    ['jsonl', 1024],
    ['plain-text', 1024],
    ['trec-run', 1024],
    ['delimited', 500],
    ['json', 400],
    ['squad', 400],
  ] as const)('is refused by its size alone: %s', async (format, limit) => {
    const { sink, problems } = recordImport();
    const blob = hugeBlob(limit * 2 ** 20 + 1);
    await readImportFile({ path: 'p', blob }, { format, encoding: 'utf-8', included: true }, sink);
    expect(problems).toEqual([['too-large file', { subject: `${limit} MB` }, 1]]);
  });

  it.each([
    ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]],
    ['PDF', [0x25, 0x50, 0x44, 0x46, 0x2d, 0x31]],
    ['ZIP', [0x50, 0x4b, 0x03, 0x04]],
    ['gzip', [0x1f, 0x8b, 0x08]],
    ['Parquet', [0x50, 0x41, 0x52, 0x31]],
    ['SQLite', [...new TextEncoder().encode('SQLite format 3\0')]],
    [undefined, [0x41, 0x00, 0x00, 0x01, 0x02]],
  ])('is binary: %s', async (subject, bytes) => {
    const { problems, places } = await read(new Uint8Array(bytes), { format: 'jsonl' });
    expect(places).toEqual([]);
    expect(problems).toEqual([['binary file', subject === undefined ? {} : { subject }, 1]]);
  });

  it('is broken JSON, with line and column', async () => {
    const { problems } = await read('[\n {"text": "a"},\n {"text" "b"}\n]', { format: 'json' });
    expect(problems).toEqual([['json-syntax file', { line: 3, column: 10 }, 1]]);
  });

  it.each(['squad', 'first-stage-lists', 'rerank-request'] as const)(
    'has another shape than %s',
    async (format) => {
      const { problems } = await read('{"a": 1}', { format });
      expect(problems).toEqual([['wrong-shape file', {}, 1]]);
    },
  );

  it('holds nothing', async () => {
    expect((await read('', { format: 'jsonl' })).problems).toEqual([['nothing-found note', {}, 1]]);
    expect((await read('[]', { format: 'json' })).problems).toEqual([
      ['nothing-found note', {}, 1],
    ]);
  });
});

describe('readImportFile', () => {
  it('reads nothing of a file that is left out', async () => {
    const { places, problems } = await read('a', { format: 'plain-text', included: false });
    expect([places, problems]).toEqual([[], []]);
  });

  it('guesses what the interpretation leaves open', async () => {
    const { documents: found } = await read('id;text\n1;a,b\n2;c,d\n', {
      format: 'delimited',
      delimiter: ';',
    });
    expect(found).toEqual([
      ['1', null, 'a,b'],
      ['2', null, 'c,d'],
    ]);
  });

  it('tells how far it is, up to the end, also when it stops early', async () => {
    for (const fields of [{ text: 'text' }, {}]) {
      const told: number[] = [];
      const blob = new Blob(
        Array.from({ length: 3 }, () => '{"text":"some words"}\n'.repeat(60_000)),
      );
      const { sink } = recordImport();
      const choice: Interpretation = {
        format: 'jsonl',
        encoding: 'utf-8',
        included: true,
        role: 'documents',
        fields,
      };
      await readImportFile({ path: 'p', blob }, choice, sink, {
        onProgress: (bytes) => told.push(bytes),
      });
      expect(told.at(-1)).toBe(blob.size);
      expect(told).toEqual([...told].sort((a, b) => a - b));
    }
  });

  it('stops when aborted, without a word more', async () => {
    const abort = new AbortController();
    const { sink, documents: found } = recordImport();
    const blob = new Blob(Array.from({ length: 8 }, () => 'words\n'.repeat(200_000)));
    const choice: Interpretation = {
      format: 'plain-text',
      encoding: 'utf-8',
      included: true,
      layout: 'lines',
    };
    const onProgress = () => abort.abort();
    const reading = readImportFile({ path: 'p', blob }, choice, sink, {
      signal: abort.signal,
      onProgress,
    });
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    expect(found.length).toBeLessThan(200_000);
  });

  it('does not read collections', async () => {
    await expect(
      read('{"crossrank":"collection"}', { format: 'collection' }),
    ).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  const shared = new URL('../../../shared/eval/', import.meta.url);
  it.skipIf(!existsSync(shared))('reads real files without a problem', async () => {
    const counts: number[][] = [];
    for (const path of [
      'trec-dl19/first-stage-bm25.json',
      'trec-dl19/qrels.txt',
      'xquad/xquad.zh.json',
    ]) {
      const file = { path, blob: new Blob([readFileSync(new URL(path, shared))]) };
      const recording = recordImport();
      const { interpretation } = await previewImportFile(file, null);
      await readImportFile(file, interpretation, recording.sink);
      expect(recording.problems).toEqual([]);
      counts.push([
        recording.queries.length,
        recording.candidates.length,
        recording.judgements.length,
      ]);
    }
    expect(counts).toEqual([
      [43, 4300, 0],
      [0, 0, 9260],
      [1190, 0, 1190],
    ]);
  });
});
