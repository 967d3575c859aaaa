import { describe, expect, it } from 'vitest';
import { columnsOf, guessFields, guessRecords, isUsualName, valueAt } from './record-fields.ts';

function table(...records: readonly Record<string, unknown>[]) {
  const columns = columnsOf(records);
  return { columns, rows: records.map((record) => columns.map((name) => valueAt(record, name))) };
}

const guess = (record: Record<string, unknown>, path = 'file') =>
  guessRecords(table(record, record), path);

describe('columnsOf and valueAt', () => {
  it('name the fields of objects inside, one level deep', () => {
    const record = { _id: 1, _source: { text: 'a', deep: { b: 1 } }, list: [1] };
    expect(columnsOf([record, { more: null }, 5])).toEqual([
      '_id',
      '_source.text',
      '_source.deep',
      'list',
      'more',
    ]);
    expect(valueAt(record, '_source.text')).toBe('a');
    expect(valueAt(record, '_source.none')).toBeUndefined();
  });

  it('find names that have dots of their own', () => {
    const record = { 'a.b': 1, 'c.d': { 'e.f': 2 } };
    expect(columnsOf([record]).map((name) => valueAt(record, name))).toEqual([1, 2]);
  });

  it('take names of the language for names like any other', () => {
    const record: unknown = JSON.parse('{"__proto__": "a", "x": {"__proto__": "b"}}');
    expect(columnsOf([record])).toEqual(['__proto__', 'x.__proto__']);
    expect(valueAt(record, '__proto__')).toBe('a');
    expect(valueAt({}, 'constructor')).toBeUndefined();
    expect(valueAt({}, '__proto__')).toBeUndefined();
    expect(valueAt({}, 'constructor.name')).toBeUndefined();
  });
});

describe('guessRecords', () => {
  it.each([
    [
      { _id: '1', title: 't', text: 'x' },
      { docId: '_id', title: 'title', text: 'text' },
    ],
    [
      { ID: 1, Content: 'x' },
      { docId: 'ID', text: 'Content' },
    ],
    [
      { 编号: 1, 标题: 't', 正文: 'x' },
      { docId: '编号', title: '标题', text: '正文' },
    ],
    [
      { _index: 'i', _id: '1', _source: { title: 't', text: 'x' } },
      { docId: '_id', title: '_source.title', text: '_source.text' },
    ],
    [
      { id: 1, metadata: { id: 2, title: 't' }, page_content: 'x' },
      { docId: 'id', title: 'metadata.title', text: 'page_content' },
    ],
    [
      { a: 'xy', b: 'some words of text' },
      { docId: 'a', text: 'b' },
    ],
    [
      { id: 1, description: 'some words of text' },
      { docId: 'id', text: 'description' },
    ],
  ])('finds documents: %j', (record, fields) => {
    expect(guess(record)).toEqual({ role: 'documents', fields, sure: true });
  });

  it.each([
    [
      { query_id: 1, query: 'x' },
      { queryId: 'query_id', query: 'query' },
    ],
    [
      { id: 1, question: 'x' },
      { queryId: 'id', query: 'question' },
    ],
    [
      { qid: 1, text: 'x' },
      { queryId: 'qid', query: 'text' },
    ],
    [{ 问题: 'x' }, { query: '问题' }],
  ])('finds queries: %j', (record, fields) => {
    expect(guess(record)).toEqual({ role: 'queries', fields, sure: true });
  });

  it('tells queries from documents by the name of the file where both look alike', () => {
    const record = { _id: '1', text: 'what is it' };
    const fields = { queryId: '_id', query: 'text' };
    expect(guess(record, 'beir/queries.jsonl')).toEqual({ role: 'queries', fields, sure: true });
    expect(guess(record, 'queries/corpus.jsonl').role).toBe('documents');
    expect(guess({ ...record, title: 't' }, 'beir/queries.jsonl').role).toBe('documents');
  });

  it('tells judgements from runs by names and by values', () => {
    const ids = { queryId: 'query-id', docId: 'corpus-id' };
    const graded = { 'query-id': 1, 'corpus-id': 'a', score: '1' };
    const scored = { ...graded, score: 17.25 };
    expect(guess(graded)).toMatchObject({ role: 'judgements', fields: { ...ids, grade: 'score' } });
    expect(guess(scored)).toMatchObject({ role: 'run', fields: { ...ids, score: 'score' } });
    expect(guess({ qid: 1, pid: 2, rank: 1 })).toMatchObject({
      role: 'run',
      fields: { queryId: 'qid', docId: 'pid', rank: 'rank' },
    });
  });

  it('finds pairs', () => {
    expect(guess({ query: 'q', passage: 'p', label: 1 })).toEqual({
      role: 'pairs',
      fields: { query: 'query', text: 'passage', grade: 'label' },
      sure: true,
    });
    expect(guess({ id: 1, query: 'q', text: 'p', score: 0.5 }).fields).toEqual({
      query: 'query',
      text: 'text',
      score: 'score',
    });
    expect(guess({ qid: 1, query: 'q', id: 2, text: 'p' }).fields).toMatchObject({
      queryId: 'qid',
      docId: 'id',
    });
  });

  it('tells grades from scores that have their name', () => {
    const ids = { queryId: 1, docId: 'a' };
    const both = { ...ids, query: 'q', text: 'p', score: -1.5, relevance: 0.18, grade: null };
    expect(guess(both).fields).toMatchObject({ grade: 'grade', score: 'score' });
    expect(guess({ query: 'q', text: 'p', relevance: 0.18 }).fields).toEqual({
      query: 'query',
      text: 'text',
      score: 'relevance',
    });
    expect(guess({ qid: 1, pid: 2, label: 0.5 })).toMatchObject({
      role: 'run',
      fields: { score: 'label' },
    });
    expect(guess({ qid: 1, pid: 2, relevance: '2' })).toMatchObject({
      role: 'judgements',
      fields: { grade: 'relevance' },
    });
  });

  it('takes a query with the id and the score of a document for a run', () => {
    const record = { query_id: 1, query: 'q', doc_id: 'a', rank: 1, score: 2.5, grade: 1 };
    expect(guess(record)).toEqual({
      role: 'run',
      fields: {
        queryId: 'query_id',
        query: 'query',
        docId: 'doc_id',
        rank: 'rank',
        score: 'score',
        grade: 'grade',
      },
      sure: true,
    });
    expect(guess({ query_id: 1, query: 'q', doc_id: 'a' }).role).toBe('queries');
  });

  it('reads columns without names by their values', () => {
    const columns = ['1', '2', '3'];
    const rowsOf = (...third: string[]) => third.map((value, at) => [`q${at}`, `d${at}`, value]);
    const guessOf = (...third: string[]) => guessRecords({ columns, rows: rowsOf(...third) }, 'f');
    expect(guessOf('0', '2', '1')).toMatchObject({ role: 'judgements', fields: { grade: '3' } });
    expect(guessOf('1', '2', '3', '4')).toMatchObject({ role: 'run', fields: { rank: '3' } });
    expect(guessOf('9.5', '8.25')).toMatchObject({ role: 'run', fields: { score: '3' } });
    const scored = [
      ['q1', 'd1', '1', '9.5'],
      ['q2', 'd1', '1', '8.25'],
    ];
    expect(guessRecords({ columns: ['1', '2', '3', '4'], rows: scored }, 'f')).toMatchObject({
      role: 'run',
      fields: { rank: '3', score: '4' },
    });
    const four = { columns: ['1', '2', '3', '4'], rows: [['1', '2', 'what is', 'it is this one']] };
    expect(guessRecords(four, 'f')).toMatchObject({
      role: 'pairs',
      fields: { queryId: '1', docId: '2', query: '3', text: '4' },
    });
  });

  it('is not sure where nothing is a text', () => {
    expect(guess({ a: 1, b: 2 }).sure).toBe(false);
    expect(guessRecords({ columns: [], rows: [] }, 'f').sure).toBe(false);
  });
});

describe('guessFields', () => {
  it('finds the fields of another role', () => {
    const records = table({ _id: '1', title: 't', text: 'x' });
    expect(guessFields(records, 'f', 'queries')).toEqual({ queryId: '_id', query: 'text' });
    expect(guessFields(records, 'f', 'judgements')).toEqual({ docId: '_id' });
    const graded = table({ qid: '1', did: '2', score: '1' });
    expect(guessFields(graded, 'f', 'run')).toEqual({
      queryId: 'qid',
      docId: 'did',
      score: 'score',
    });
  });
});

describe('isUsualName', () => {
  it('does not care for case, spaces and hyphens', () => {
    expect(['Corpus-ID', ' doc id ', '正文', 'TEXT'].every(isUsualName)).toBe(true);
    expect(isUsualName('apples')).toBe(false);
  });
});
