import { describe, expect, it } from 'vitest';
import type { ExportedRun } from './export-types.ts';
import {
  isRankingsHeader,
  rankingsCsv,
  rankingsJson,
  rankingsJsonl,
  readRankings,
  withoutApostrophe,
} from './ranking-records.ts';

const run: ExportedRun = {
  system: 'cross-encoder',
  provenance: null,
  rankings: [
    {
      query: { queryId: 'q1', text: 'tea, please' },
      documents: [
        {
          docId: 'd2',
          title: 'Tea',
          text: '=cmd|"x"',
          rank: 1,
          index: 1,
          score: -0.5,
          logit: -0.5,
          relevance: 0.25,
          firstStageScore: -3,
          grade: 2,
          tokens: 17,
        },
        {
          docId: 'd1',
          text: 'two\nlines',
          rank: 2,
          index: 0,
          score: -1,
          logit: null,
          relevance: null,
          firstStageScore: null,
          grade: null,
          tokens: 0,
        },
      ],
    },
  ],
};

describe('rankingsCsv', () => {
  it('writes a mark, a header, quotes where needed, and an apostrophe before formulas alone', () => {
    expect(rankingsCsv(run, true)).toBe(
      '\uFEFFqueryId,query,docId,title,text,rank,score,logit,relevance,firstStageScore,grade,tokens\r\n' +
        'q1,"tea, please",d2,Tea,"\'=cmd|""x""",1,-0.5,-0.5,0.25,-3,2,17\r\n' +
        'q1,"tea, please",d1,,"two\nlines",2,-1,,,,,0\r\n',
    );
  });

  it.each([
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    ['a\rb', '"a\rb"'],
    ['a\nb', '"a\nb"'],
    [' a', '" a"'],
    ['a b', 'a b'],
    ['a=b', 'a=b'],
    ['-1', "'-1"],
    ['＝1', "'＝1"],
    ['\rb', '"\'\rb"'],
    // Else nobody could tell it from the cell of -1.
    ["'-1", "''-1"],
    ["'a", "'a"],
  ])('writes the cell %j as %j', (text, cell) => {
    const [{ query, documents } = { query: { queryId: '', text: '' }, documents: [] }] =
      run.rankings;
    const queried = { ...run, rankings: [{ query: { ...query, text }, documents }] };
    expect(rankingsCsv(queried, true)).toContain(`\r\nq1,${cell},d2,Tea,`);
  });

  it('has no columns for texts that are left out', () => {
    expect(rankingsCsv(run, false).split('\r\n').slice(0, 2)).toEqual([
      '\uFEFFqueryId,query,docId,rank,score,logit,relevance,firstStageScore,grade,tokens',
      'q1,"tea, please",d2,1,-0.5,-0.5,0.25,-3,2,17',
    ]);
  });
});

describe('withoutApostrophe', () => {
  it.each([
    ["'-1", '-1'],
    ["''=x", "'=x"],
    ["'a", "'a"],
    ["'", "'"],
    ['-1', '-1'],
    ['', ''],
  ])('reads the cell %j as %j', (cell, text) => {
    expect(withoutApostrophe(cell)).toBe(text);
  });

  it('is for the files of rankingsCsv, known by their header', () => {
    for (const texts of [true, false]) {
      const [header = ''] = rankingsCsv(run, texts).slice(1).split('\r\n');
      expect(isRankingsHeader(header.split(','))).toBe(true);
    }
    expect(isRankingsHeader(['queryId', 'query', 'docId'])).toBe(false);
    expect(isRankingsHeader([])).toBe(false);
  });
});

describe('rankingsJsonl', () => {
  it('writes flat records in the order of the columns', () => {
    expect(rankingsJsonl(run, true)).toBe(
      '{"queryId":"q1","query":"tea, please","docId":"d2","title":"Tea","text":"=cmd|\\"x\\"","rank":1,"score":-0.5,"logit":-0.5,"relevance":0.25,"firstStageScore":-3,"grade":2,"tokens":17}\n' +
        '{"queryId":"q1","query":"tea, please","docId":"d1","text":"two\\nlines","rank":2,"score":-1,"logit":null,"relevance":null,"firstStageScore":null,"grade":null,"tokens":0}\n',
    );
  });
});

describe('readRankings', () => {
  const written = (): Record<string, unknown> => JSON.parse(rankingsJson(run, true));

  it('reads what was written without texts, texts being empty then', () => {
    const read = readRankings(JSON.parse(rankingsJson(run, false)));
    expect(read?.rankings[0]?.documents.map(({ text }) => text)).toEqual(['', '']);
    expect(read?.rankings[0]?.documents[0]).not.toHaveProperty('title');
    expect(read?.rankings[0]?.documents[0]?.score).toBe(-0.5);
  });

  it.each([
    null,
    [],
    'rankings',
    { rankings: [] },
    { crossrank: 'evaluation', version: 1 },
    { crossrank: 'evaluation', version: 2 },
    { crossrank: 'rankings', version: 0 },
    { crossrank: 'rankings', version: 1, system: 's', provenance: null },
  ])('gives null for %j', (value) => {
    expect(readRankings(value)).toBeNull();
  });

  it('gives null where a document is not what it should be', () => {
    for (const [key, value] of [
      ['docId', ''],
      ['score', null],
      ['score', '1'],
      ['rank', 0],
      ['tokens', -1],
      ['title', null],
    ] as const) {
      const rankings = [
        { queryId: 'q', query: 'q', documents: [{ ...documentOf(), [key]: value }] },
      ];
      expect(readRankings({ ...written(), rankings })).toBeNull();
    }
    const rankings = [{ queryId: 'q', query: 'q', documents: [documentOf()] }];
    expect(readRankings({ ...written(), rankings })).not.toBeNull();
  });

  it('refuses a newer version instead of guessing', () => {
    expect(() => readRankings({ ...written(), version: 2 })).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });

  it('takes no key that it does not know, and no prototype', () => {
    const text = rankingsJson(run, true).replace('{', '{ "__proto__": { "polluted": 1 }, "x": 1,');
    const read = readRankings(JSON.parse(text));
    expect(Object.keys(read ?? {})).toEqual(['system', 'provenance', 'rankings']);
    expect(read).not.toHaveProperty('polluted');
  });
});

function documentOf() {
  const [document] = run.rankings[0]?.documents ?? [];
  return { ...document };
}
