import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHeadProblem, readWork, scoresRecord } from './work-records.ts';
import {
  partialScores,
  sampleDocuments,
  sampleHead,
  sampleParts,
  sampleScores,
} from './work-samples.ts';
import type { WorkParts } from './work-types.ts';

describe('kept work', () => {
  it('comes back as it was written, through a copy as a database makes it', () => {
    for (const scores of [sampleScores, partialScores]) {
      const { work, problem } = readWork(structuredClone(sampleParts(scores)));
      expect(problem).toBeNull();
      expect(work?.head).toEqual(sampleHead);
      expect(work?.text.replaced?.documentsText).toBe('a\nb');
      expect(work?.result).toEqual({ documents: sampleDocuments, scores });
    }
  });

  it('is none, without a problem, where nothing is kept', () => {
    const none = { head: undefined, text: undefined, documents: undefined, scores: undefined };
    expect(readWork(none)).toEqual({ work: null, problem: null });
  });

  it('without a result is a text', () => {
    const { work, problem } = readWork({
      ...sampleParts(),
      documents: undefined,
      scores: undefined,
    });
    expect([work?.result, problem]).toEqual([null, null]);
    expect(work?.text.documentsText).toBe(sampleDocuments.join('\n'));
  });

  const { scores } = sampleParts();
  const cascade = scoresRecord(sampleScores).cascade;
  it.each<[string, Partial<Record<keyof WorkParts, unknown>>]>([
    ['no documents', { documents: undefined }],
    ['no scores', { scores: undefined }],
    ['one document too few', { documents: { version: 1, documents: ['one', 'two'] } }],
    ['a document that is none', { documents: { version: 1, documents: ['one', 2, 'three'] } }],
    [
      'a logit without end',
      { scores: { ...Object(scores), logits: Float64Array.of(1, 2, 1 / 0) } },
    ],
    ['logits in a list', { scores: { ...Object(scores), logits: [0.5, -2, 3] } }],
    ['no tokens of one', { scores: { ...Object(scores), tokens: Int32Array.of(1, 2) } }],
    ['fewer than no tokens', { scores: { ...Object(scores), tokens: Int32Array.of(1, 2, -3) } }],
    ['a passage behind the end', { scores: { ...Object(scores), passages: passagesTo(12) } }],
    ['more scored than there are', { scores: { ...Object(scores), done: 4 } }],
    ['nothing scored', { scores: { ...Object(scores), done: 0 } }],
    [
      'BM25 without a score',
      { scores: { ...Object(scores), bm25Scores: Float64Array.of(1, NaN, 2) } },
    ],
    ['a model without its times', { scores: { ...Object(scores), timings: null } }],
    [
      'an unknown stage',
      {
        scores: { ...Object(scores), cascade: { ...cascade, stages: Uint8Array.of(1, 2, 3) } },
      },
    ],
    [
      'a depth beyond the documents',
      {
        scores: { ...Object(scores), cascade: { ...cascade, depth: 4 } },
      },
    ],
    [
      'a device that is none',
      {
        scores: { ...Object(scores), model: { ...sampleScores.model, device: 'npu' } },
      },
    ],
  ])('with %s keeps its text and gives up the result', (_, damage) => {
    const { work, problem } = readWork({ ...sampleParts(), ...damage });
    expect(problem).toBe('damaged');
    expect(work?.result).toBeNull();
    expect(work?.text.documentsText).toBe(sampleDocuments.join('\n'));
  });

  it.each<[string, Partial<Record<keyof WorkParts, unknown>>]>([
    ['head', { head: undefined }],
    ['text', { text: undefined }],
    ['query', { head: { ...sampleHead, query: 7 } }],
    ['date that any calendar has', { head: { ...sampleHead, updatedAt: 1e16 } }],
    ['sequence that can still grow', { head: { ...sampleHead, sequence: 2 ** 53 - 1 } }],
    ['prototype', { head: JSON.parse('{"__proto__":{"version":1},"version":"1"}') }],
  ])('without a %s is damaged', (_, damage) => {
    expect(readWork({ ...sampleParts(), ...damage })).toEqual({ work: null, problem: 'damaged' });
  });

  it('of a later release is told from damage', () => {
    const head = { ...sampleHead, version: 2, query: ['how', 'many'] };
    expect(readWork({ ...sampleParts(), head }).problem).toBe('newer-version');
    expect(readHeadProblem(head)).toBe('newer-version');
    expect(readHeadProblem({ ...sampleHead, version: 1.5 })).toBe('damaged');
    const later = { version: 2, rows: [] };
    const { work, problem } = readWork({ ...sampleParts(), scores: later });
    expect([work?.result, problem]).toEqual([null, 'newer-version']);
  });

  it('never throws and never gives a result that does not fit its documents', () => {
    const parts = ['head', 'text', 'documents', 'scores'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...parts),
        fc.infiniteStream(fc.nat()),
        fc.oneof(
          fc.anything({ withTypedArray: true, withMap: true, withBigInt: true }),
          fc.float64Array({ maxLength: 5 }),
          fc.int32Array({ maxLength: 15 }),
          fc.uint8Array({ maxLength: 5 }),
        ),
        (part, way, value) => {
          const stored = structuredClone(sampleParts());
          const damaged = { ...stored, [part]: replaceSomewhere(stored[part], way, value) };
          const { work, problem } = readWork(damaged);
          expect(problem === null || typeof problem === 'string').toBe(true);
          if (work === null) expect(problem).not.toBeNull();
          const result = work?.result;
          if (!result) return;
          for (const array of [
            result.scores.logits,
            result.scores.tokens,
            result.scores.truncated,
          ]) {
            expect(array).toHaveLength(result.documents.length);
          }
          for (const [at, passage] of result.scores.passages.entries()) {
            expect(passage?.end ?? 0).toBeLessThanOrEqual(result.documents[at]?.length ?? -1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Passages of three documents, of which the second ends somewhere. */
function passagesTo(end: number): Int32Array {
  return Int32Array.of(0, 0, 0, 0, 4, end, 1, 3, 0, 0, 0, 0);
}

/** Puts a value in the place of one part of another, at any depth. */
function replaceSomewhere(whole: unknown, way: Iterable<number>, value: unknown): unknown {
  const turns = way[Symbol.iterator]();
  const next = (): number => Number(turns.next().value);
  const replace = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null || next() % 4 === 0) return value;
    const keys = Object.keys(part);
    const key = keys[next() % Math.max(1, keys.length)];
    if (key === undefined) return value;
    if (ArrayBuffer.isView(part)) return value;
    const fields = Object.entries(part).map(([name, one]): [string, unknown] => [
      name,
      name === key ? replace(one) : one,
    ]);
    return Array.isArray(part) ? fields.map(([, one]) => one) : Object.fromEntries(fields);
  };
  return replace(whole);
}
