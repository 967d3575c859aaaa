import { describe, expect, it } from 'vitest';
import type { ExportedRun } from './export-types.ts';
import { trecRunText } from './trec-run-file.ts';

function runOf(
  system: string,
  queryId: string,
  scores: Readonly<Record<string, number>>,
): ExportedRun {
  return {
    system,
    provenance: null,
    rankings: [
      {
        query: { queryId, text: 'not written' },
        documents: Object.entries(scores).map(([docId, score], index) => ({
          docId,
          text: 'not written',
          rank: index + 1,
          index,
          score,
          logit: null,
          relevance: null,
          firstStageScore: null,
          grade: null,
          tokens: 0,
        })),
      },
    ],
  };
}

describe('trecRunText', () => {
  it('writes one line of six parts per document', () => {
    const run = runOf('cross-encoder', '19335', { D7: 9.25, D2: -0.1, D5: -11 });
    expect(trecRunText(run)).toBe(
      '19335 Q0 D7 1 9.25 cross-encoder\n' +
        '19335 Q0 D2 2 -0.1 cross-encoder\n' +
        '19335 Q0 D5 3 -11 cross-encoder\n',
    );
  });

  it('writes scores that read back as the same double, tiny and large ones too', () => {
    const scores = { a: 1e21, b: 0.1 + 0.2, c: 1 / 3, d: 1.5e-9, e: 5e-324 };
    const written = trecRunText(runOf('s', 'q', scores))
      .split('\n')
      .flatMap((line) => line.split(' ')[4] ?? []);
    expect(written).toEqual([
      '1e+21',
      '0.30000000000000004',
      '0.3333333333333333',
      '1.5e-9',
      '5e-324',
    ]);
    expect(written.map(Number)).toEqual(Object.values(scores));
  });

  it('leaves percent signs alone where every id can be written', () => {
    const run = runOf('s', 'q', { 'https://x.org/a%20b': 2, 查询: 1 });
    expect(trecRunText(run)).toBe('q Q0 https://x.org/a%20b 1 2 s\nq Q0 查询 2 1 s\n');
  });

  it('encodes all ids where one has white space, so that none becomes another', () => {
    const run = runOf('my model', 'q 1', {
      'a b': 3,
      'a%20b': 2,
      'c\u3000d\u0000': 1,
      '\ud800': 0,
    });
    const ids = ['a%20b', 'a%2520b', 'c%E3%80%80d%00', '%ED%A0%80'];
    const lines = ids.map((id, index) => `q%201 Q0 ${id} ${index + 1} ${3 - index} my%20model\n`);
    expect(trecRunText(run)).toBe(lines.join(''));
    expect(ids.slice(0, 3).map(decodeURIComponent)).toEqual(['a b', 'a%20b', 'c\u3000d\u0000']);
  });

  it.each([
    ['system', runOf('', 'q', { a: 1 })],
    ['query', runOf('s', '', { a: 1 })],
    ['document', runOf('s', 'q', { '': 1 })],
  ])('refuses a %s without a name', (what, run) => {
    expect(() => trecRunText(run)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    expect(() => trecRunText(run)).toThrow(what);
  });

  it('has no line for a query without documents', () => {
    expect(trecRunText(runOf('s', 'q', {}))).toBe('');
  });
});
