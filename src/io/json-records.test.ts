import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonBeginning } from './import-json-beginning.ts';
import { recordImport } from './import-recording.ts';
import { findJsonRecords, jsonRecordsAt, parseJson, readJsonRecords } from './json-records.ts';

describe('parseJson', () => {
  it('says where a text stops being JSON', () => {
    expect(parseJson('{"a": 1}')).toEqual({ ok: true, value: { a: 1 } });
    expect(parseJson('[\n  1,\n  x]')).toEqual({ ok: false, line: 3, column: 3 });
    expect(parseJson('')).toEqual({ ok: false, line: 1, column: 1 });
  });

  it('bears a million open brackets', () => {
    expect(parseJson('['.repeat(1e6))).toEqual({ ok: false, line: 1, column: 1e6 + 1 });
    expect(parseJson('['.repeat(1e6) + ']'.repeat(1e6)).ok).toBe(true);
  });
});

describe('findJsonRecords', () => {
  it('takes the array with the most elements, at most three objects deep', () => {
    const hits = [{ _id: 1 }, { _id: 2 }, { _id: 3 }];
    expect(findJsonRecords({ shards: ['a', 'b'], hits: { hits } })).toEqual({
      path: 'hits.hits',
      records: hits,
    });
    expect(findJsonRecords({ a: { b: { c: ['x'] } } })?.path).toBe('a.b.c');
    expect(findJsonRecords({ a: { b: { c: { d: ['x'] } } } })).toBeNull();
    expect(findJsonRecords(['x'])?.path).toBe('');
    expect(findJsonRecords({ numbers: [1, 2, 3] })).toBeNull();
    expect(findJsonRecords(5)).toBeNull();
  });

  it('gives a path that leads there, whatever the keys are', () => {
    const key = fc.constantFrom('a', 'b', 'a.b', '', '.', '__proto__', 'constructor');
    const array = fc.array(fc.constantFrom<unknown>('x', { y: 1 }), { minLength: 1 });
    fc.assert(
      fc.property(
        key.filter((name) => name !== ''),
        key,
        array,
        (outer, inner, records) => {
          const text = `{${JSON.stringify(outer)}:{${JSON.stringify(inner)}:${JSON.stringify(records)}}}`;
          const value: unknown = JSON.parse(text);
          const found = findJsonRecords(value);
          expect(found?.records).toEqual(records);
          expect(jsonRecordsAt(value, found?.path)).toEqual(records);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('jsonRecordsAt', () => {
  it('takes a single object for the only record', () => {
    expect(jsonRecordsAt({ text: 'a' }, '')).toEqual([{ text: 'a' }]);
    expect(jsonRecordsAt({ text: 'a' }, undefined)).toEqual([{ text: 'a' }]);
    expect(jsonRecordsAt({ text: 'a' }, 'text')).toBeNull();
    expect(jsonRecordsAt({ text: 'a' }, 'none.at.all')).toBeNull();
    expect(jsonRecordsAt('a', undefined)).toBeNull();
  });

  it.each<[string, unknown, readonly unknown[]]>([
    [
      'texts',
      { q1: 'one', q2: 'two' },
      [
        { _id: 'q1', text: 'one' },
        { _id: 'q2', text: 'two' },
      ],
    ],
    [
      'objects, whatever lists they hold',
      { d1: { text: 'one', tags: ['a', 'b', 'c'] }, d2: { text: 'two' } },
      [
        { _id: 'd1', text: 'one', tags: ['a', 'b', 'c'] },
        { _id: 'd2', text: 'two' },
      ],
    ],
    [
      'numbers by query and document',
      { q1: { d1: 2, d2: 0 }, q2: {}, q3: { d1: 0.5 } },
      [
        { query_id: 'q1', doc_id: 'd1', score: 2 },
        { query_id: 'q1', doc_id: 'd2', score: 0 },
        { query_id: 'q3', doc_id: 'd1', score: 0.5 },
      ],
    ],
  ])('takes keys for ids where values are %s', (_, value, records) => {
    expect(findJsonRecords(value)).toEqual({ path: '', records });
    expect(jsonRecordsAt(value, '')).toEqual(records);
  });

  it.each([
    [{ title: 'T', body: 'b' }],
    [{ source: { text: 'x' }, metadata: { author: 'y' } }],
    [{ a: 'x', b: 5 }],
    [{ only: { text: 'x' } }],
  ])('takes an object that looks like a record for one: %j', (value) => {
    expect(jsonRecordsAt(value, '')).toEqual([value]);
    expect(findJsonRecords(value)).toBeNull();
  });

  it('prefers an array of objects to keys as ids', () => {
    const data = [{ text: 'x' }];
    const value = { train: { name: 'a', data }, test: { name: 'b', data: [] } };
    expect(findJsonRecords(value)).toEqual({ path: 'train.data', records: data });
  });
});

describe('readJsonRecords', () => {
  const interpretation = { format: 'json', encoding: 'utf-8', included: true } as const;

  it('reads texts and objects, and says which record is neither', async () => {
    const { sink, documents, problems } = recordImport();
    const choice = { ...interpretation, fields: { docId: 'id', text: 'body' } };
    const value = ['one', { id: 2, body: 'two' }, 3, null, [], { id: 4, body: {} }];
    await readJsonRecords(value, choice, 'p', sink, {});
    expect(documents).toEqual([
      [null, null, 'one'],
      ['2', null, 'two'],
    ]);
    expect(problems).toEqual([
      ['wrong-type skipped', { record: 3 }, 1],
      ['wrong-type skipped', { record: 4 }, 1],
      ['wrong-type skipped', { record: 5 }, 1],
      ['wrong-type skipped', { record: 6, subject: 'body' }, 1],
    ]);
  });

  it('needs fields for objects, none for texts', async () => {
    const texts = recordImport();
    await readJsonRecords(['a'], interpretation, 'p', texts.sink, {});
    expect(texts.documents).toEqual([[null, null, 'a']]);
    const objects = recordImport();
    await readJsonRecords(['a', { text: 'b' }], interpretation, 'p', objects.sink, {});
    expect(objects.documents).toEqual([]);
    expect(objects.problems).toEqual([['field-not-chosen file', { subject: 'text' }, 1]]);
  });

  it('says which other arrays of the file are not read', async () => {
    const { sink, documents, problems } = recordImport();
    const choice = { ...interpretation, recordsPath: 'docs', fields: { text: 'text' } };
    const value = { queries: [{ query: 'q' }], docs: [{ text: 'a' }], tags: ['x', 'y'] };
    await readJsonRecords(value, choice, 'p', sink, {});
    expect(documents).toEqual([[null, null, 'a']]);
    expect(problems).toEqual([['wrong-shape skipped', { subject: 'queries' }, 1]]);
  });

  it('says that there are no records where they should be', async () => {
    const { sink, problems } = recordImport();
    await readJsonRecords({ a: 5 }, { ...interpretation, recordsPath: 'a' }, 'p', sink, {});
    expect(problems).toEqual([['wrong-shape file', { subject: 'a' }, 1]]);
  });

  it('stops when aborted', async () => {
    const { sink } = recordImport();
    const signal = AbortSignal.abort();
    await expect(
      readJsonRecords(['a'], interpretation, 'p', sink, { signal }),
    ).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('parseJsonBeginning', () => {
  it('closes what the cut leaves open', () => {
    expect(parseJsonBeginning('[{"a":1},{"a":2},{"a"')).toEqual([{ a: 1 }, { a: 2 }]);
    expect(parseJsonBeginning('{"n":[1],"data":[{"p":["x","y","z')).toEqual({
      n: [1],
      data: [{ p: ['x', 'y'] }],
    });
    expect(parseJsonBeginning('["a, ] \\" b","c","d')).toEqual(['a, ] " b', 'c']);
  });

  it('finds nothing where there is no whole element, and in what is no JSON', () => {
    expect(parseJsonBeginning('{"a": "long text that goes on')).toBeUndefined();
    expect(parseJsonBeginning('[x, y')).toBeUndefined();
    expect(parseJsonBeginning('')).toBeUndefined();
  });

  it('gives the first records of any array, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(), (records, where) => {
        const text = JSON.stringify(records);
        const found = parseJsonBeginning(text.slice(0, where % (text.length + 1)));
        if (found === undefined) return;
        expect(Array.isArray(found)).toBe(true);
        const whole = Array.isArray(found) ? found.slice(0, -1) : [];
        const expected: unknown = JSON.parse(JSON.stringify(records.slice(0, whole.length)));
        expect(whole).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
