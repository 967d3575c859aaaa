import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFirstStageLists } from '../io/first-stage-lists.ts';
import type { ImportSink } from '../io/import-types.ts';
import { readSquad } from '../io/squad.ts';
import { readTrecQrelsLine, readTrecRunLine } from '../io/trec-files.ts';
import { CollectionBuilder } from './collection-builder.ts';
import type { CollectionContent } from './stored-collection.ts';

/** What a file says. */
type File = (sink: ImportSink) => void;

const documents: File = (sink) => {
  sink.document('a', null, 'apple', { path: 'docs', record: 1 });
  sink.document('b', 'B', 'pear', { path: 'docs', record: 2 });
  sink.document('c', null, 'plum', { path: 'docs', record: 3 });
};
const queries: File = (sink) => {
  sink.query('1', 'red', { path: 'queries', record: 1 });
  sink.query('2', 'green', { path: 'queries', record: 2 });
};
const runLines = (path: string, tag: string, lines: readonly string[]): File => {
  return (sink) => {
    for (const [index, line] of lines.entries()) {
      readTrecRunLine(`${line} ${tag}`, { path, line: index + 1 }, sink);
    }
  };
};
const run = runLines('x.run', 'bm25', ['1 Q0 b 1 2', '1 Q0 a 2 3', '2 Q0 c 1 1']);
const qrelLines = (lines: readonly string[]): File => {
  return (sink) => {
    for (const [index, line] of lines.entries()) {
      readTrecQrelsLine(line, { path: 'qrels', line: index + 1 }, sink);
    }
  };
};

function build(files: readonly File[], existing: CollectionContent | null = null) {
  const builder = new CollectionBuilder(existing);
  for (const file of files) file(builder);
  return builder.build();
}

/** Candidates as ids, by query id. */
function candidatesOf({ content }: { readonly content: CollectionContent }) {
  return content.queries.map(({ queryId }, place) => {
    const given = content.candidates[place];
    const ids = [...(given?.documents ?? [])].map((document) => content.docIds[document]);
    return [queryId, ids, given?.scores && [...given.scores]];
  });
}

function problemsOf({ problems }: ReturnType<typeof build>) {
  return problems.map(({ code, severity, count }) => `${severity} ${code} ${count}`);
}

describe('CollectionBuilder', () => {
  test('joins documents, queries, a run and qrels', () => {
    const built = build([documents, queries, run, qrelLines(['1 0 a 2', '2 0 c 0'])]);
    expect(built.content).toMatchObject({
      docIds: ['a', 'b', 'c'],
      titles: [null, 'B', null],
      texts: ['apple', 'pear', 'plum'],
      queries: [
        { queryId: '1', text: 'red' },
        { queryId: '2', text: 'green' },
      ],
      firstStageTag: 'bm25',
    });
    expect(candidatesOf(built)).toEqual([
      ['1', ['a', 'b'], [3, 2]],
      ['2', ['c'], [1]],
    ]);
    expect(built.content.qrels).toEqual(
      new Map([
        ['1', new Map([['a', 2]])],
        ['2', new Map([['c', 0]])],
      ]),
    );
    expect(built.counts).toEqual({ documents: 3, queries: 2, candidates: 3, judgements: 2 });
    expect(built.importedRuns).toEqual([]);
    expect(built.problems).toEqual([]);
  });

  test('is nothing when nothing comes', () => {
    const built = build([]);
    expect(built.counts).toEqual({ documents: 0, queries: 0, candidates: 0, judgements: 0 });
    expect(built.content).toEqual({
      docIds: [],
      titles: [],
      texts: [],
      queries: [],
      candidates: [],
      qrels: new Map(),
      firstStageTag: null,
    });
  });

  test('makes the same of files in any order', () => {
    const files = [
      documents,
      queries,
      run,
      qrelLines(['1 0 a 2', '1 0 zzz 1', '9 0 a 1', '1 0 a 0']),
      runLines('y.run', 'bm25', ['7 Q0 a 1 1', '2 Q0 nowhere 1 1']),
    ];
    const simple = (built: ReturnType<typeof build>) => ({
      ...built,
      problems: problemsOf(built).toSorted(),
    });
    const expected = simple(build(files));
    expect(expected.problems).toEqual([
      'note judged-document-absent 1',
      'skipped duplicate-judgement 1',
      'skipped unknown-document 1',
      'skipped unknown-query 2',
    ]);
    const order = fc.shuffledSubarray(files, { minLength: files.length });
    fc.assert(
      fc.property(order, (shuffled) => {
        expect(simple(build(shuffled))).toEqual(expected);
      }),
    );
  });

  test('takes a document or a query with the same id and text once, with a note', () => {
    const built = build([documents, queries, documents, queries]);
    expect(built.content.docIds).toEqual(['a', 'b', 'c']);
    expect(built.counts).toMatchObject({ documents: 3, queries: 2 });
    expect(problemsOf(built)).toEqual(['note repeated-document 3', 'note repeated-query 2']);
  });

  test('keeps the first of two different texts with one id', () => {
    const other: File = (sink) => {
      sink.document('a', null, 'other', { path: 'more', record: 1 });
      sink.document('b', null, 'pear', { path: 'more', record: 2 });
      sink.query('1', 'other', { path: 'more', record: 3 });
    };
    const built = build([documents, queries, other]);
    expect(built.content.texts).toEqual(['apple', 'pear', 'plum']);
    expect(built.problems).toEqual([
      {
        code: 'duplicate-document',
        severity: 'skipped',
        count: 2,
        places: [
          { path: 'more', record: 1, subject: 'a' },
          { path: 'more', record: 2, subject: 'b' },
        ],
      },
      {
        code: 'duplicate-query',
        severity: 'skipped',
        count: 1,
        places: [{ path: 'more', record: 3, subject: '1' }],
      },
    ]);
  });

  test('gives free ids to what has none, also where the taken one comes later', () => {
    const built = build([
      (sink) => {
        sink.document(null, null, 'x', { path: 'p' });
        sink.document(null, null, 'x', { path: 'p' });
        sink.query(null, 'y', { path: 'p' });
        sink.document('d1', null, 'z', { path: 'p' });
        sink.query('q2', 'w', { path: 'p' });
      },
    ]);
    expect(built.content.docIds).toEqual(['d2', 'd3', 'd1']);
    expect(built.content.queries.map(({ queryId }) => queryId)).toEqual(['q1', 'q2']);
    expect(problemsOf(built)).toEqual(['note ids-assigned 3']);
  });

  test('keeps five places of a problem and counts them all', () => {
    const built = build([
      (sink) => {
        for (let line = 1; line <= 9; line += 1) {
          sink.problem('bad-line', 'skipped', { path: 'p', line });
        }
        sink.problem('bad-line', 'note', { path: 'p' }, 7);
      },
    ]);
    expect(problemsOf(built)).toEqual(['skipped bad-line 9', 'note bad-line 7']);
    expect(built.problems[0]?.places.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
  });

  describe('pairs', () => {
    const pair = (query: string, text: string, more: object = {}): File => {
      const ids = { queryId: null, docId: null, title: null, score: null, grade: null };
      return (sink) => sink.pair({ ...ids, query, text, ...more }, { path: 'pairs', record: 1 });
    };

    test('without ids are the same where their texts are', () => {
      const built = build([pair('q', 'x'), pair('q', 'y'), pair('r', 'x', { grade: 1 })]);
      expect(built.content.docIds).toEqual(['d1', 'd2']);
      expect(candidatesOf(built)).toEqual([
        ['q1', ['d1', 'd2'], null],
        ['q2', ['d1'], null],
      ]);
      expect(built.content.qrels).toEqual(new Map([['q2', new Map([['d1', 1]])]]));
      expect(built.counts).toEqual({ documents: 2, queries: 2, candidates: 3, judgements: 1 });
      expect(problemsOf(built)).toEqual(['note ids-assigned 4']);
    });

    test('without ids find the documents and queries that have some, before or after them', () => {
      for (const files of [
        [pair('red', 'plum'), documents, queries],
        [documents, queries, pair('red', 'plum')],
      ]) {
        const built = build(files);
        expect(built.content.docIds).toEqual(['a', 'b', 'c']);
        expect(candidatesOf(built)[0]).toEqual(['1', ['c'], null]);
        expect(built.problems).toEqual([]);
      }
    });

    test('with ids repeat their texts without a note, and other texts are reported', () => {
      const ids = { queryId: '1', docId: 'a' };
      const built = build([
        pair('red', 'apple', { ...ids, score: 1 }),
        pair('red', 'pear', { queryId: '1', docId: 'x', score: 2 }),
        pair('blue', 'other', { queryId: '1', docId: 'a', score: 3 }),
        documents,
        queries,
      ]);
      expect(candidatesOf(built)[0]).toEqual(['1', ['x', 'a'], [2, 1]]);
      expect(problemsOf(built)).toEqual([
        'skipped duplicate-query 1',
        'skipped duplicate-document 1',
        'skipped duplicate-candidate 1',
      ]);
    });

    test('of one request that are equal are one candidate', () => {
      const built = build([pair('q', 'x'), pair('q', 'x')]);
      expect(candidatesOf(built)).toEqual([['q1', ['d1'], null]]);
      expect(problemsOf(built)).toEqual(['note ids-assigned 2', 'skipped duplicate-candidate 1']);
    });
  });

  describe('candidates', () => {
    test('stay as given where one has no score, and keep ties as given', () => {
      const place = { path: 'p' };
      const built = build([
        documents,
        queries,
        (sink) => {
          sink.candidate('1', 'a', 1, place);
          sink.candidate('1', 'b', null, place);
          sink.candidate('1', 'c', 2, place);
          for (const docId of ['c', 'a', 'b']) sink.candidate('2', docId, 1, place);
        },
      ]);
      expect(candidatesOf(built)).toEqual([
        ['1', ['a', 'b', 'c'], null],
        ['2', ['c', 'a', 'b'], [1, 1, 1]],
      ]);
      expect(built.content.firstStageTag).toBeNull();
    });

    test('that point nowhere are left out, each reported where it stands', () => {
      const built = build([
        documents,
        queries,
        runLines('r', 't', ['9 Q0 a 1 1', '1 Q0 zzz 1 1', '1 Q0 a 1 2', '1 Q0 a 2 1']),
      ]);
      expect(candidatesOf(built)[0]).toEqual(['1', ['a'], [2]]);
      expect(built.problems).toEqual([
        {
          code: 'unknown-query',
          severity: 'skipped',
          count: 1,
          places: [{ path: 'r', line: 1, subject: '9' }],
        },
        {
          code: 'unknown-document',
          severity: 'skipped',
          count: 1,
          places: [{ path: 'r', line: 2, subject: 'zzz' }],
        },
        {
          code: 'duplicate-candidate',
          severity: 'skipped',
          count: 1,
          places: [{ path: 'r', line: 4, subject: 'a' }],
        },
      ]);
    });

    test('that come twice are reported in the order of the file, whatever their query', () => {
      const lines = ['1 Q0 a 1 1', '2 Q0 a 1 1', '2 Q0 a 1 1', '1 Q0 a 1 1'];
      const [problem] = build([documents, queries, runLines('r', 't', lines)]).problems;
      expect(problem?.places.map(({ line }) => line)).toEqual([3, 4]);
    });

    test('of a run without any known query are said to have no text', () => {
      expect(problemsOf(build([documents, run]))).toEqual(['skipped query-without-text 3']);
      const built = build([documents, queries, runLines('r', 't', ['8 Q0 a 1 1'])]);
      expect(problemsOf(built)).toEqual(['skipped query-without-text 1']);
    });

    test('find ids as exported TREC files write them', () => {
      const built = build([
        (sink) => {
          sink.document('two words', null, 'x', { path: 'd' });
          sink.document('100%', null, 'y', { path: 'd' });
          sink.query('my query', 'z', { path: 'q' });
        },
        runLines('r', 't', ['my%20query Q0 two%20words 1 2', 'my%20query Q0 100%25 2 1']),
        qrelLines(['my%20query 0 100% 1']),
      ]);
      expect(candidatesOf(built)).toEqual([['my query', ['two words', '100%'], [2, 1]]]);
      expect(built.content.qrels).toEqual(new Map([['my query', new Map([['100%', 1]])]]));
      expect(built.problems).toEqual([]);
    });
  });

  describe('runs', () => {
    const second = runLines('folder/y.run', 'splade', ['1 Q0 c 1 9', '1 Q0 a 2 4']);

    test('after the first become systems of their own', () => {
      const built = build([documents, queries, run, second]);
      expect(candidatesOf(built)[0]).toEqual(['1', ['a', 'b'], [3, 2]]);
      expect(built.content.firstStageTag).toBe('bm25');
      expect(built.importedRuns).toEqual([
        {
          tag: 'splade',
          rankings: new Map([
            [0, { documents: Int32Array.of(2, 0), scores: Float64Array.of(9, 4) }],
          ]),
        },
      ]);
      expect(built.counts.candidates).toBe(5);
    });

    test('of another tag in the same file do too', () => {
      const both = runLines('x.run', 'other', ['1 Q0 c 1 9']);
      const built = build([documents, queries, run, both]);
      expect(built.importedRuns.map(({ tag }) => tag)).toEqual(['other']);
    });

    test('whose tag is taken get a number, and those without tag the name of the file', () => {
      const untagged =
        (path: string): File =>
        (sink) => {
          sink.candidate('1', 'c', null, { path });
          sink.candidate('1', 'b', null, { path });
        };
      const built = build([
        documents,
        queries,
        run,
        untagged('lists/splade.json'),
        runLines('b.run', 'bm25', ['1 Q0 a 1 1']),
        second,
        runLines('c.run', 'bm25', ['1 Q0 a 1 1']),
      ]);
      const tags = built.importedRuns.map(({ tag }) => tag);
      expect(tags).toEqual(['splade', 'bm25 (2)', 'splade (2)', 'bm25 (3)']);
      const ranking = built.importedRuns[0]?.rankings.get(0);
      expect(ranking).toEqual({ documents: Int32Array.of(2, 1), scores: Float64Array.of(2, 1) });
    });

    test('about other queries with the same tag or none add to the first stage', () => {
      const first = runLines('1.run', 'bm25', ['1 Q0 a 1 1']);
      const other = runLines('2.run', 'bm25', ['2 Q0 b 1 1']);
      const built = build([documents, queries, first, other]);
      expect(built.importedRuns).toEqual([]);
      expect(candidatesOf(built).map(([, ids]) => ids)).toEqual([['a'], ['b']]);
      const foreign = build([documents, queries, first, runLines('3.run', 'x', ['2 Q0 b 1 1'])]);
      expect(foreign.importedRuns.map(({ tag }) => tag)).toEqual(['x']);
      expect(foreign.content.candidates[1]).toBeNull();
    });

    test('give a collection without candidates its first stage, and others an imported run', () => {
      const bare = build([documents, queries]).content;
      const ranked = build([run], bare);
      expect(ranked.content.firstStageTag).toBe('bm25');
      expect(ranked.counts).toEqual({ documents: 0, queries: 0, candidates: 3, judgements: 0 });
      const again = build([second], ranked.content);
      expect(again.content.candidates).toEqual(ranked.content.candidates);
      expect(again.content.firstStageTag).toBe('bm25');
      expect(again.importedRuns.map(({ tag }) => tag)).toEqual(['splade']);
    });
  });

  describe('adding to a collection', () => {
    const before = build([documents, queries, run, qrelLines(['1 0 a 2'])]).content;

    test('keeps what is there at its place and what is equal in id', () => {
      const frozen = structuredClone(before);
      const built = build(
        [
          (sink) => {
            sink.document('z', null, 'new', { path: 'p' });
            sink.document('a', null, 'other', { path: 'p' });
            sink.query('1', 'red', { path: 'p' });
            sink.query('3', 'blue', { path: 'p' });
            sink.judgement('1', 'a', 0, { path: 'p' });
            sink.judgement('3', 'z', 1, { path: 'p' });
          },
        ],
        before,
      );
      expect(built.content.docIds).toEqual(['a', 'b', 'c', 'z']);
      expect(built.content.texts).toEqual(['apple', 'pear', 'plum', 'new']);
      expect(built.content.queries.map(({ queryId }) => queryId)).toEqual(['1', '2', '3']);
      expect(built.content.candidates).toEqual([...before.candidates, null]);
      expect(built.content.qrels.get('1')).toEqual(new Map([['a', 2]]));
      expect(built.counts).toEqual({ documents: 1, queries: 1, candidates: 0, judgements: 1 });
      expect(problemsOf(built)).toEqual([
        'skipped duplicate-document 1',
        'note repeated-query 1',
        'skipped duplicate-judgement 1',
      ]);
      expect(before).toEqual(frozen);
    });
  });

  describe('judgements', () => {
    test('of absent documents are kept, of absent queries not', () => {
      const built = build([documents, queries, qrelLines(['1 0 far 3', '8 0 a 1', '1 0 far 2'])]);
      expect(built.content.qrels).toEqual(new Map([['1', new Map([['far', 3]])]]));
      expect(built.counts.judgements).toBe(1);
      expect(problemsOf(built)).toEqual([
        'note judged-document-absent 1',
        'skipped unknown-query 1',
        'skipped duplicate-judgement 1',
      ]);
    });
  });

  test('takes names of objects as ids like any other', () => {
    const ids = ['__proto__', 'constructor', 'toString'];
    const built = build([
      (sink) => {
        for (const id of ids) {
          sink.document(id, null, id, { path: 'p' });
          sink.query(id, id, { path: 'p' });
          sink.candidate(id, id, 1, { path: 'p' });
          sink.judgement(id, id, 1, { path: 'p' });
        }
      },
    ]);
    expect(built.problems).toEqual([]);
    expect(candidatesOf(built)).toEqual(ids.map((id) => [id, [id], [1]]));
    expect([...built.content.qrels.keys()]).toEqual(ids);
  });

  test('accounts for every record, in the content or in a problem', () => {
    const id = fc.constantFrom('1', '2', '3');
    const word = fc.constantFrom('x', 'y');
    const path = fc.constantFrom('p', 'q');
    const maybe = (values: fc.Arbitrary<string>) => fc.option(values);
    const record = fc.oneof(
      fc.record({ kind: fc.constant('document' as const), id: maybe(id), word, path }),
      fc.record({ kind: fc.constant('query' as const), id: maybe(id), word, path }),
      fc.record({ kind: fc.constant('candidate' as const), id, other: id, path }),
      fc.record({ kind: fc.constant('judgement' as const), id, other: id, path }),
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), (records) => {
        const file: File = (sink) => {
          for (const entry of records) {
            const place = { path: entry.path };
            if (entry.kind === 'document') sink.document(entry.id, null, entry.word, place);
            else if (entry.kind === 'query') sink.query(entry.id, entry.word, place);
            else sink[entry.kind](entry.id, entry.other, 1, place);
          }
        };
        const { counts, problems } = build([file]);
        const reported = problems.filter(
          ({ code, severity }) =>
            severity === 'skipped' || code === 'repeated-document' || code === 'repeated-query',
        );
        const taken = Object.values(counts).reduce((sum, count) => sum + count, 0);
        const left = reported.reduce((sum, { count }) => sum + count, 0);
        expect(taken + left).toBe(records.length);
      }),
      { numRuns: 300 },
    );
  });

  test('holds 100,000 documents and a run of all of them', () => {
    const count = 100_000;
    const many: File = (sink) => {
      sink.query('1', 'red', { path: 'q' });
      for (let number = 0; number < count; number += 1) {
        sink.document(`doc-${number}`, null, `text ${number}`, { path: 'd', line: number + 1 });
        sink.candidate('1', `doc-${number}`, number, { path: 'r', line: number + 1 });
      }
    };
    const built = build([many]);
    expect(built.counts).toEqual({
      documents: count,
      queries: 1,
      candidates: count,
      judgements: 0,
    });
    expect(built.content.candidates[0]?.documents[0]).toBe(count - 1);
    expect(built.problems).toEqual([]);
  });
});

const shared = new URL('../../../shared/eval/', import.meta.url);

describe.skipIf(!existsSync(shared))('the labelled collections', () => {
  const parse = (name: string): unknown => JSON.parse(textOf(name));
  const textOf = (name: string) => readFileSync(new URL(name, shared), 'utf8');

  test('TREC DL 2019: the list and its qrels', async () => {
    const builder = new CollectionBuilder(null);
    for (const [index, line] of textOf('trec-dl19/qrels.txt').split('\n').entries()) {
      readTrecQrelsLine(line, { path: 'qrels.txt', line: index + 1 }, builder);
    }
    const lists = parse('trec-dl19/first-stage-bm25.json');
    await readFirstStageLists(lists, 'first-stage-bm25.json', builder, {});
    const built = builder.build();
    expect(built.counts).toMatchObject({ queries: 43, candidates: 4_300, judgements: 9_260 });
    expect(built.importedRuns).toEqual([]);
    const { content } = built;
    expect(content.docIds).toHaveLength(new Set(content.docIds).size);
    expect(problemsOf(built)).toEqual([
      expect.stringMatching(/^note judged-document-absent \d+$/u),
    ]);
    // The lists' own nDCG@10, with linear gains: all that goes into it came through unharmed.
    const values = content.queries.map(({ queryId }, place) => {
      const grades = content.qrels.get(queryId) ?? new Map<string, number>();
      const gain = (sum: number, grade: number, index: number) =>
        sum + Math.max(0, grade) / Math.log2(index + 2);
      const ideal = [...grades.values()].sort((a, b) => b - a).slice(0, 10);
      const given = [...(content.candidates[place]?.documents ?? [])].slice(0, 10);
      const got = given.map((document) => grades.get(content.docIds[document] ?? '') ?? 0);
      return got.reduce(gain, 0) / ideal.reduce(gain, 0);
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean).toBeCloseTo(0.5058, 3);

    const second = new CollectionBuilder(content);
    const splade = parse('trec-dl19/first-stage-splade.json');
    await readFirstStageLists(splade, 'first-stage-splade.json', second, {});
    const joined = second.build();
    expect(joined.importedRuns.map(({ tag }) => tag)).toEqual(['first-stage-splade']);
    expect(joined.importedRuns[0]?.rankings.size).toBe(43);
    expect(joined.content.candidates).toEqual(content.candidates);
  });

  test('XQuAD: Chinese questions on English paragraphs', async () => {
    const english = parse('xquad/xquad.en.json');
    const chinese = parse('xquad/xquad.zh.json');
    const whole = new CollectionBuilder(null);
    await readSquad(english, 'xquad.en.json', 'both', whole, {});
    const { content: one, counts, problems } = whole.build();
    expect(counts).toEqual({ documents: 240, queries: 1_190, candidates: 0, judgements: 1_190 });
    expect(problems).toEqual([]);

    const pairedUp = new CollectionBuilder(null);
    await readSquad(chinese, 'xquad.zh.json', 'questions', pairedUp, {});
    await readSquad(english, 'xquad.en.json', 'paragraphs', pairedUp, {});
    const paired = pairedUp.build();
    expect(paired.counts).toEqual(counts);
    expect(paired.problems).toEqual([]);
    expect(paired.content.texts).toEqual(one.texts);
    expect(paired.content.qrels).toEqual(one.qrels);
    expect(paired.content.queries[0]?.text).toBe('黑豹队的防守丢了多少分？');
  });
});
