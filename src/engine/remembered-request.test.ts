import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankDocuments } from './rank-documents.ts';
import { RememberedRequest } from './remembered-request.ts';
import type { RerankRequest, ScoredDocument, ScoringEvent } from './reranker.ts';
import { ScoreMemory } from './score-memory.ts';

const scope = 'a model and a query';

describe('a request of which some scores are remembered', () => {
  const request: RerankRequest = {
    query: 'q',
    documents: ['known', 'new', 'known', 'newer'],
    topK: 2,
    longDocuments: 'first',
    maxLength: 64,
    promise: [4, 3, 2, 1],
  };

  it('asks for the others alone, with what belongs to them, and for all of their ranks', () => {
    const known = new RememberedRequest(memoryOf(['known']), scope, request);
    expect(known.remembered).toBe(2);
    expect(known.unknown).toEqual({
      query: 'q',
      documents: ['new', 'newer'],
      longDocuments: 'first',
      maxLength: 64,
      promise: [3, 1],
    });
  });

  it('begins with what is remembered, and goes on counting from there', () => {
    const known = new RememberedRequest(memoryOf(['known']), scope, request);
    expect(known.opening).toEqual({
      type: 'scoring',
      done: 2,
      total: 4,
      doneTokens: 0,
      totalTokens: 0,
      scores: [scored(0, 'known'), scored(2, 'known')],
    });
    expect(known.take(event([scored(1, 'newer')], 1, 2))).toEqual({
      type: 'scoring',
      done: 3,
      total: 4,
      doneTokens: 5,
      totalTokens: 10,
      scores: [scored(3, 'newer')],
    });
  });

  it('says nothing first where nothing is remembered, and asks for as many as are wanted', () => {
    const known = new RememberedRequest(new ScoreMemory(), scope, request);
    expect(known.opening).toBeNull();
    expect(known.unknown).toEqual(request);
  });

  it('asks for nothing where all is remembered', () => {
    const known = new RememberedRequest(memoryOf(request.documents), scope, request);
    expect(known.unknown).toBeNull();
    expect(known.opening).toMatchObject({ done: 4, total: 4 });
    expect(known.rankingOf([]).map(({ index }) => index)).toEqual([0, 1]);
  });

  it('asks for everything where it is to be scored anew, and remembers the new scores', () => {
    const memory = memoryOf(request.documents);
    const known = new RememberedRequest(memory, scope, { ...request, remember: false });
    expect(known.remembered).toBe(0);
    expect(known.unknown?.documents).toEqual(request.documents);
    known.take(event([{ ...scored(0, 'known'), logit: 99 }], 1, 4));
    expect(memory.recall(scope, 'known')?.logit).toBe(99);
  });

  it('neither asks the memory nor fills it where scores belong to the whole request', () => {
    const memory = memoryOf(request.documents);
    const before = memory.size;
    const known = new RememberedRequest(memory, null, { query: 'q', documents: ['other'] });
    expect(known.unknown?.documents).toEqual(['other']);
    known.take(event([scored(0, 'other')], 1, 1));
    expect(memory.size).toBe(before);
  });

  it('lets events of loading pass as they are', () => {
    const known = new RememberedRequest(memoryOf(['known']), scope, request);
    expect(known.take({ type: 'preparing' })).toEqual({ type: 'preparing' });
  });

  it('ranks as if everything had been scored, ties included, whatever was remembered', () => {
    // Few texts and fewer logits, so that copies and ties abound.
    const documents = fc.array(fc.constantFrom(...'abcdefgh'), { minLength: 1, maxLength: 20 });
    const remembered = fc.subarray([...'abcdefgh']);
    const topK = fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined });
    fc.assert(
      fc.property(documents, remembered, topK, (texts, known, kept) => {
        const asked = { query: 'q', documents: texts, ...(kept !== undefined && { topK: kept }) };
        const memory = memoryOf(known);
        const parted = new RememberedRequest(memory, scope, asked);
        const rest = parted.unknown;
        const events: ScoringEvent[] = parted.opening === null ? [] : [parted.opening];
        const scores = (rest?.documents ?? []).map((text, index) => scored(index, text));
        for (const [number, score] of scores.entries()) {
          const told = parted.take(event([score], number + 1, scores.length));
          if (told.type === 'scoring') events.push(told);
        }
        const all = texts.map((text, index) => scored(index, text));
        expect(parted.rankingOf(rankDocuments(scores, rest?.topK))).toEqual(
          rankDocuments(all, kept),
        );
        // Every document once in the events, which count up to all of them.
        const told = events.flatMap((one) => one.scores);
        expect(told.toSorted((a, b) => a.index - b.index)).toEqual(all);
        expect(events.at(-1)).toMatchObject({ done: texts.length, total: texts.length });
        // And what was scored is remembered now.
        expect(new RememberedRequest(memory, scope, asked).remembered).toBe(texts.length);
      }),
      { numRuns: 300 },
    );
  });
});

/** The logits of the texts are few, so that different texts tie. */
function scored(index: number, text: string): ScoredDocument {
  const logit = (text.codePointAt(0) ?? 0) % 3;
  return { index, logit, relevance: 0.5, tokens: text.length, truncated: false };
}

function event(scores: readonly ScoredDocument[], done: number, total: number): ScoringEvent {
  return { type: 'scoring', done, total, doneTokens: done * 5, totalTokens: total * 5, scores };
}

function memoryOf(texts: readonly string[]): ScoreMemory {
  const memory = new ScoreMemory();
  const scores = texts.map((text) => {
    const { index: _, ...score } = scored(0, text);
    return [text, score] as const;
  });
  memory.keep(scope, scores);
  return memory;
}
