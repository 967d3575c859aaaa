import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchPlanner } from './batch-planner.ts';
import type { Batch } from './batches.ts';
import type { EncodedDocument } from './document-scores.ts';
import { type EncodedPair, encodePair, encodeQuery } from './pairs.ts';
import type { ScoringEvent, Tuning } from './reranker.ts';
import { type ScoringJob, scoreDocuments } from './score-documents.ts';
import { createPairTokenizer } from './tokenizer.ts';
import { BudgetSearch, memoryLimits } from './tuning.ts';

/** A token per character, in passages of at most 100. */
function encode(text: string): EncodedDocument {
  const parts = text.match(/.{1,100}/g) ?? [''];
  const passages = parts.map((part, at) => ({
    pair: pairOf(Int32Array.from(`#${part}`, (letter) => letter.charCodeAt(0))),
    start: at * 100,
    end: at * 100 + part.length,
  }));
  return { passages, covered: true };
}

function pairOf(ids: Int32Array): EncodedPair {
  return { ids, passageStart: 1, passageType: 1, truncated: false };
}

/** What a pair's logit is here, whatever it is scored beside. */
function logitOf({ ids }: EncodedPair): number {
  return Math.fround(Math.sin(ids.reduce((sum, id, at) => sum + id * (at + 1), 0)));
}

function answerTo(batch: Batch, pairs: readonly EncodedPair[]) {
  const logits = Float32Array.from(batch.rows, (row) => {
    const pair = pairs[row];
    return pair === undefined ? Number.NaN : logitOf(pair);
  });
  return { logits, runMs: 2, transferMs: 0.5, gpuMs: null };
}

/** A job whose device answers at once, with changes. */
function jobOf(
  documents: readonly string[],
  parts: Partial<ScoringJob> = {},
  given: Tuning | null = null,
): ScoringJob {
  const memory = memoryLimits('wasm', null, 'other');
  return {
    documents,
    fold: 'max',
    encode,
    run: async (batch, pairs) => answerTo(batch, pairs),
    overlaps: false,
    flopOf: (tokens) => 10 * tokens,
    planner: new BatchPlanner(new BudgetSearch('wasm', 4096), given, {
      widthStep: 1,
      mostWidth: 512,
      memory,
    }),
    onScores: () => undefined,
    check: () => undefined,
    pause: () => Promise.resolve(),
    ...parts,
  };
}

/** Different texts of 1 to 250 characters. */
function texts(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${at} `.padEnd(1 + ((at * 37) % 250), 'word '));
}

describe('scores', () => {
  it('do not depend on budget, windows, promise or what else is scored', async () => {
    const documents = [...texts(400), 'the same', 'x', 'the same'];
    const usual = (await scoreDocuments(jobOf(documents))).scored;
    expect(usual.map(({ index }) => index)).toEqual([...documents.keys()]);
    expect(usual[400]?.logit).toBe(usual[402]?.logit);
    const anyJob = fc.record({
      tokenBudget: fc.integer({ min: 1, max: 5000 }),
      overheadTokens: fc.integer({ min: 0, max: 500 }),
      promise: fc.array(fc.double({ noNaN: true }), { minLength: 403, maxLength: 403 }),
      overlaps: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(anyJob, async ({ promise, overlaps, ...tuning }) => {
        const { scored } = await scoreDocuments(jobOf(documents, { promise, overlaps }, tuning));
        expect(scored).toEqual(usual);
      }),
      { numRuns: 30 },
    );
  });

  it('are told once each, with totals that are exact in the end', async () => {
    const documents = texts(3000);
    const events: ScoringEvent[] = [];
    const { timings } = await scoreDocuments(
      jobOf(documents, { onScores: (event) => events.push(event) }),
    );
    expect(events).toHaveLength(timings.batches);
    const told = events.flatMap(({ scores }) => scores.map(({ index }) => index));
    expect(told.toSorted((a, b) => a - b)).toEqual([...documents.keys()]);
    const last = events.at(-1);
    expect(last).toMatchObject({ done: 3000, total: 3000, doneTokens: timings.tokens });
    expect(last?.totalTokens).toBe(timings.tokens);
    // Judged, but from the start near the truth.
    for (const { totalTokens, doneTokens } of events) {
      expect(totalTokens / timings.tokens).toBeGreaterThan(0.8);
      expect(totalTokens / timings.tokens).toBeLessThan(1.2);
      expect(doneTokens).toBeLessThanOrEqual(totalTokens);
    }
  });
});

describe('the most promising documents', () => {
  it.each([100, 3000])('of %d come first', async (count) => {
    const documents = texts(count);
    const promise = documents.map((_, index) => (index * 7919) % count);
    const best = [...documents.keys()].sort((a, b) => (promise[b] ?? 0) - (promise[a] ?? 0));
    const scored = new Set<number>();
    let batches = 0;
    // Short ones only, of one passage each.
    const short = documents.map((text) => text.slice(0, 99));
    const onScores = ({ scores }: ScoringEvent): void => {
      for (const { index } of scores) scored.add(index);
      batches += 1;
      for (const index of best.slice(0, batches)) expect(scored.has(index)).toBe(true);
    };
    await scoreDocuments(jobOf(short, { promise, onScores }));
    expect(scored.size).toBe(count);
  });

  it('are scored after few texts were tokenised', async () => {
    let encoded = 0;
    const seen: number[] = [];
    await scoreDocuments(
      jobOf(texts(3000), {
        encode: (text) => {
          encoded += 1;
          return encode(text);
        },
        onScores: () => seen.push(encoded),
      }),
    );
    // Two batches of 768 tokens.
    expect(seen[0]).toBeLessThan(30);
    expect(encoded).toBe(3000);
  });
});

describe('tokenising', () => {
  it('goes on while a device works that leaves the thread free', async () => {
    let encoded = 0;
    let beside = 0;
    const { timings } = await scoreDocuments(
      jobOf(texts(3000), {
        overlaps: true,
        encode: (text) => {
          encoded += 1;
          return encode(text);
        },
        pause: () => new Promise((resolve) => setImmediate(resolve)),
        run: async (batch, pairs) => {
          const before = encoded;
          for (let turn = 0; turn < 3; turn++) await new Promise((end) => setImmediate(end));
          beside += encoded - before;
          return answerTo(batch, pairs);
        },
      }),
    );
    expect(beside).toBeGreaterThan(500);
    expect(encoded).toBe(3000);
    expect(timings.pairs).toBeGreaterThan(3000);
  });

  it('waits for a run that blocks the thread', async () => {
    let encoded = 0;
    let beside = 0;
    await scoreDocuments(
      jobOf(texts(1000), {
        encode: (text) => {
          encoded += 1;
          return encode(text);
        },
        run: async (batch, pairs) => {
          const before = encoded;
          await Promise.resolve();
          beside += encoded - before;
          return answerTo(batch, pairs);
        },
      }),
    );
    expect(beside).toBe(0);
  });
});

describe('stopping', () => {
  it('happens between two batches', async () => {
    let runs = 0;
    const stop = new Error('stop');
    const job = jobOf(texts(100), {
      run: async (batch, pairs) => {
        runs += 1;
        return answerTo(batch, pairs);
      },
      pause: async () => {
        if (runs === 3) throw stop;
      },
    });
    await expect(scoreDocuments(job)).rejects.toBe(stop);
    expect(runs).toBe(3);
  });

  it('waits for the run under way, since the next call may run at once', async () => {
    let running = false;
    const stop = new Error('stop');
    const job = jobOf(texts(3000), {
      overlaps: true,
      run: async (batch, pairs) => {
        running = true;
        for (let turn = 0; turn < 5; turn++) await new Promise((end) => setImmediate(end));
        running = false;
        return answerTo(batch, pairs);
      },
      pause: async () => {
        if (running) throw stop;
      },
    });
    await expect(scoreDocuments(job)).rejects.toBe(stop);
    expect(running).toBe(false);
  });

  it('gives the error of a run that failed', async () => {
    const failed = new Error('kernel');
    for (const overlaps of [true, false]) {
      const job = jobOf(texts(3000), { overlaps, run: () => Promise.reject(failed) });
      await expect(scoreDocuments(job)).rejects.toBe(failed);
    }
  });
});

describe('timings', () => {
  it('add up what the batches took', async () => {
    const { timings } = await scoreDocuments(jobOf(texts(100)));
    const { timeline, batches, tokens, pairs } = timings;
    expect(timeline).toHaveLength(batches);
    expect(timeline.reduce((sum, record) => sum + record.tokens, 0)).toBe(tokens);
    expect(timeline.reduce((sum, record) => sum + record.rows, 0)).toBe(pairs);
    const padded = timeline.reduce((sum, { rows, width }) => sum + rows * width, 0);
    expect(timings.paddedShare).toBeCloseTo(1 - tokens / padded, 12);
    expect(timings).toMatchObject({
      inferenceMs: 2 * batches,
      transferMs: batches / 2,
      gpuMs: null,
      flop: 10 * tokens,
      tokenBudget: 768,
    });
    let before = 0;
    for (const { startMs, endMs } of timeline) {
      expect(startMs).toBeGreaterThanOrEqual(before);
      expect(endMs).toBeGreaterThanOrEqual(startMs);
      before = endMs;
    }
    expect(timings.totalMs).toBeGreaterThanOrEqual(before);
  });

  it('have the time on the GPU where every batch has it, and no operations of an unknown shape', async () => {
    let batch = 0;
    const gpu = jobOf(texts(100), {
      flopOf: null,
      run: async (planned, pairs) => ({ ...answerTo(planned, pairs), gpuMs: 3 }),
    });
    const { timings } = await scoreDocuments(gpu);
    expect(timings).toMatchObject({ flop: null, gpuMs: 3 * timings.batches });
    const part = jobOf(texts(100), {
      run: async (planned, pairs) => {
        batch += 1;
        return { ...answerTo(planned, pairs), gpuMs: batch === 2 ? null : 3 };
      },
    });
    expect((await scoreDocuments(part)).timings.gpuMs).toBeNull();
  });
});

const listsUrl = new URL('../../../shared/eval/trec-dl19/first-stage-bm25.json', import.meta.url);

describe.skipIf(!existsSync(listsUrl))('on passages of TREC DL19', () => {
  it.each([
    [100, 21],
    [1000, 185],
    [4000, 720],
  ])('the padding of %d is at most a fiftieth of their tokens', async (count, mostBatches) => {
    const modelUrl = new URL('../../public/models/crossrank-tiny-en-zh/', import.meta.url);
    const read = (name: string): string => readFileSync(new URL(name, modelUrl), 'utf8');
    const tokenizer = createPairTokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
    // The file's shape is in the README beside it.
    const lists = JSON.parse(readFileSync(listsUrl, 'utf8')) as readonly {
      readonly query: string;
      readonly hits: readonly { readonly content: string }[];
    }[];
    const documents = lists.flatMap(({ hits }) => hits.map(({ content }) => content));
    const query = encodeQuery(lists[0]?.query ?? '', tokenizer.encode, tokenizer.layout, 512);
    const job = jobOf([...new Set(documents)].slice(0, count), {
      encode: (text) => {
        const pair = encodePair(query, text, tokenizer.encode, tokenizer.layout, 512);
        return { passages: [{ pair, start: 0, end: text.length }], covered: true };
      },
    });
    const { timings } = await scoreDocuments(job);
    expect(timings.pairs).toBe(count);
    expect(timings.paddedShare).toBeLessThanOrEqual(0.02);
    // A plan over all needs 20, 154 and 590 or so.
    expect(timings.batches).toBeLessThanOrEqual(mostBatches);
  });
});
