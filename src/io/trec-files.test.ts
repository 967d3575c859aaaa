import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImportSink } from './import-types.ts';
import {
  looksLikeTrecQrels,
  looksLikeTrecRun,
  readTrecQrelsLine,
  readTrecRunLine,
} from './trec-files.ts';

/** What a reader says, call by call. */
function recordingSink(): ImportSink & { readonly calls: unknown[][] } {
  const calls: unknown[][] = [];
  const keep =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push([name, ...args]);
    };
  return {
    calls,
    document: keep('document'),
    query: keep('query'),
    candidate: keep('candidate'),
    judgement: keep('judgement'),
    pair: keep('pair'),
    problem: keep('problem'),
    firstStageTag: keep('firstStageTag'),
  };
}

const place = { path: 'a.run', line: 7 };

function callsOf(read: typeof readTrecRunLine, line: string): readonly unknown[] {
  const sink = recordingSink();
  read(line, place, sink);
  return sink.calls;
}

describe('recognising TREC files', () => {
  test('knows runs by six parts with numbers as rank and score', () => {
    expect(looksLikeTrecRun(['1 Q0 d1 1 12.5 bm25', '', '1\tQ0\td2\t2\t-1e-3\tbm25'])).toBe(true);
    expect(looksLikeTrecRun(['the cat sat on the mat'])).toBe(false);
    expect(looksLikeTrecRun(['1 Q0 d1 1 12.5'])).toBe(false);
    expect(looksLikeTrecRun(['1 0 d1 2'])).toBe(false);
    expect(looksLikeTrecRun(['', ' '])).toBe(false);
    expect(looksLikeTrecRun([])).toBe(false);
  });

  test('knows qrels by four parts with a whole number as grade', () => {
    expect(looksLikeTrecQrels(['19335 Q0 1017759 0', '19335 0 d -1'])).toBe(true);
    expect(looksLikeTrecQrels(['these are four words'])).toBe(false);
    expect(looksLikeTrecQrels(['see chapter page 4'])).toBe(false);
    expect(looksLikeTrecQrels(['1 Q0 d1 1 12.5 bm25'])).toBe(false);
  });

  test('lets one line in three be wrong', () => {
    const good = '1 Q0 d1 1 2 x';
    expect(looksLikeTrecRun([good, good, 'oops'])).toBe(true);
    expect(looksLikeTrecRun([good, 'oops'])).toBe(false);
    expect(looksLikeTrecQrels(['1 0 a 1', 'oops'])).toBe(false);
  });
});

describe('readTrecRunLine', () => {
  test('hands over the tag and then the candidate', () => {
    expect(callsOf(readTrecRunLine, '\uFEFF 264014 Q0\td1  1 15.78 my-bm25\r')).toEqual([
      ['firstStageTag', 'my-bm25'],
      ['candidate', '264014', 'd1', 15.78, place],
    ]);
  });

  test.each(['', '   ', '\t\r'])('leaves out a blank line (%j)', (line) => {
    expect(callsOf(readTrecRunLine, line)).toEqual([]);
    expect(callsOf(readTrecQrelsLine, line)).toEqual([]);
  });

  test.each(['1 Q0 d1 1 2', '1 Q0 d1 1 2 my tag', 'x'])('reports a bad line (%s)', (line) => {
    expect(callsOf(readTrecRunLine, line)).toEqual([
      ['problem', 'bad-line', 'skipped', { ...place, subject: line }],
    ]);
  });

  test.each(['high', 'NaN', 'Infinity', '0x10', '1e999', '1,5', '--1'])(
    'reports a score that is no number (%s)',
    (score) => {
      expect(callsOf(readTrecRunLine, `1 Q0 d1 1 ${score} t`)).toEqual([
        ['problem', 'not-a-number', 'skipped', { ...place, subject: score }],
      ]);
    },
  );

  test('shortens what it reports', () => {
    const [call] = callsOf(readTrecRunLine, 'y'.repeat(500));
    expect(call).toEqual(['problem', 'bad-line', 'skipped', { ...place, subject: 'y'.repeat(80) }]);
  });

  test('reads every double as it was written', () => {
    const score = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(score, (written) => {
        const [, call] = callsOf(readTrecRunLine, `1 Q0 d1 1 ${written} t`) as unknown[][];
        // -0 comes as 0.
        expect(call?.[3]).toBe(written === 0 ? 0 : written);
      }),
    );
  });

  test('takes any text without throwing, as one candidate, one problem or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        const names = callsOf(readTrecRunLine, line).map((call) => (call as unknown[])[0]);
        const expected = line.trim() === '' ? [[]] : [['problem'], ['firstStageTag', 'candidate']];
        expect(expected).toContainEqual(names);
      }),
      { numRuns: 300 },
    );
  });
});

describe('readTrecQrelsLine', () => {
  test.each([
    ['1 0 d1 3', 3],
    ['1 Q0 d1 -2', -2],
    ['1\t0\td1\t+1', 1],
    ['1 0 d1 1.0', 1],
  ])('hands over the judgement (%s)', (line, grade) => {
    expect(callsOf(readTrecQrelsLine, line)).toEqual([['judgement', '1', 'd1', grade, place]]);
  });

  test('reports what does not fit', () => {
    expect(callsOf(readTrecQrelsLine, '1 0 d1')).toEqual([
      ['problem', 'bad-line', 'skipped', { ...place, subject: '1 0 d1' }],
    ]);
    expect(callsOf(readTrecQrelsLine, '1 0 d1 1 1')).toHaveLength(1);
    for (const grade of ['0.5', 'yes', '1e99']) {
      expect(callsOf(readTrecQrelsLine, `1 0 d1 ${grade}`)).toEqual([
        ['problem', 'not-a-number', 'skipped', { ...place, subject: grade }],
      ]);
    }
  });
});
