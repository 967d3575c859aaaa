import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as ort from 'onnxruntime-web';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { relevanceOfLogit } from '../core/scores.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { pairFlop } from '../models/pair-cost.ts';
import { CrossEncoder, type CrossEncoderHost } from './cross-encoder.ts';
import type { OnnxRuntime } from './onnx-session.ts';
import type {
  RankedDocument,
  RerankEvent,
  RerankRequest,
  ScoredDocument,
  ScoringEvent,
  Tuning,
} from './reranker.ts';

// In Node the package resolves to its WASM build, the same kernels that run in a browser.
const realRuntime: OnnxRuntime = ort;

const modelUrl = new URL('../../public/models/', import.meta.url);
const readFile = ({ path }: { readonly path: string }) =>
  Uint8Array.from(readFileSync(new URL(path, modelUrl)));
// The file comes with the model; its shape is in the model's README.
const reference = JSON.parse(
  readFileSync(new URL(`${embeddedModel.id}/reference-logits.json`, modelUrl), 'utf8'),
) as {
  readonly tolerance: { readonly 'q8 against logit_q8': number };
  readonly pairs: readonly {
    readonly query: string;
    readonly document: string;
    readonly tokens: number;
    readonly logit_q8: number;
  }[];
};

const panda: RerankRequest = {
  query: 'what is panda?',
  documents: [
    'hi',
    'The giant panda (Ailuropoda melanoleuca), sometimes called a panda bear or simply panda, ' +
      'is a bear species endemic to China.',
    'Paris is the capital of France.',
  ],
};

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let loaded: CrossEncoder;

beforeAll(async () => {
  loaded = new CrossEncoder(embeddedModel, hostWith());
  await loaded.load();
});

afterAll(() => loaded.dispose());

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('scores of the embedded model', () => {
  const tolerance = reference.tolerance['q8 against logit_q8'];

  // The pair of nothing with nothing is refused: its query is empty.
  it.each(reference.pairs.filter(({ query }) => query !== ''))(
    'are those of the reference: $query ($logit_q8)',
    async (pair) => {
      const { query, document } = pair;
      const asked = { query, documents: [document], longDocuments: 'truncate' } as const;
      const { ranking } = await loaded.rerank(asked);
      expect(ranking).toHaveLength(1);
      expect(ranking[0]?.tokens).toBe(pair.tokens);
      expect(Math.abs((ranking[0]?.logit ?? Number.NaN) - pair.logit_q8)).toBeLessThanOrEqual(
        tolerance,
      );
    },
  );

  it('do not depend on the documents scored beside them', async () => {
    const documents = mixedDocuments(60);
    const { query } = panda;
    const { ranking, timings } = await loaded.rerank({ query, documents });
    expect(timings.batches).toBeLessThan(30);
    expect(timings.paddedShare).toBeLessThanOrEqual(0.05);
    const together = byIndex(ranking);
    for (const [index, document] of documents.entries()) {
      const [alone] = (await loaded.rerank({ query, documents: [document] })).ranking;
      const beside = together[index];
      expect(beside?.tokens).toBe(alone?.tokens);
      const difference = (beside?.logit ?? Number.NaN) - (alone?.logit ?? Number.NaN);
      expect(Math.abs(difference), document).toBeLessThanOrEqual(1e-3);
    }
  });

  it('are relevance, too: the sigmoid of the logit', async () => {
    for (const { logit, relevance } of (await loaded.rerank(panda)).ranking) {
      expect(relevance).toBe(relevanceOfLogit(logit));
    }
  });

  it('come for any text', async () => {
    const documents = [
      ' \n\t ',
      '',
      '\ud800',
      '\udc00\ud800 half',
      '😀 👨‍👩‍👧 🇨🇳',
      '<script>alert(1)</script><img src=x onerror=alert(1)>',
      'مرحبا بالعالم שלום',
      '\u202eright to left override',
      '\u0000\u0007',
      '[SEP] [CLS] [PAD]',
    ];
    const { ranking } = await loaded.rerank({ query: '\ud83d <b>مرحبا</b> 😀', documents });
    expect(ranking.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([
      ...documents.keys(),
    ]);
    expect(ranking.every(({ logit }) => Number.isFinite(logit))).toBe(true);
    expect(ranking.every(({ truncated }) => !truncated)).toBe(true);
  });
});

describe('a ranking', () => {
  it('holds every document once, best first', async () => {
    const documents = mixedDocuments(12);
    const { ranking } = await loaded.rerank({ query: 'loan for a house', documents });
    expect(ranking.map(({ rank }) => rank)).toEqual(documents.map((_, index) => index + 1));
    expect(ranking.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([
      ...documents.keys(),
    ]);
    const logits = ranking.map(({ logit }) => logit);
    expect(logits).toEqual(logits.toSorted((a, b) => b - a));
  });

  it('puts the answer first', async () => {
    const { ranking } = await loaded.rerank(panda);
    expect(ranking.map(({ index }) => index)).toEqual([1, expect.anything(), expect.anything()]);
  });

  it('keeps the best topK, and scores the others as well', async () => {
    const all = (await loaded.rerank(panda)).ranking;
    const scores: ScoredDocument[] = [];
    const best = await loaded.rerank(
      { ...panda, topK: 2 },
      { onEvent: (event) => scores.push(...scoresOf(event)) },
    );
    expect(best.ranking).toEqual(all.slice(0, 2));
    expect(scores).toHaveLength(3);
    expect((await loaded.rerank({ ...panda, topK: 99 })).ranking).toEqual(all);
  });

  it('keeps equal documents in the order of the request, with equal logits', async () => {
    // Far apart and among others of their length, so that they could end in different batches.
    const filler = mixedDocuments(30);
    const documents = ['the same text', ...filler, 'the same text', ...filler, 'the same text'];
    const { ranking, timings } = await loaded.rerank({ query: 'text', documents });
    const copies = ranking.filter(({ index }) => documents[index] === 'the same text');
    expect(copies.map(({ index }) => index)).toEqual([0, 31, 62]);
    expect(new Set(copies.map(({ logit }) => logit)).size).toBe(1);
    // Which is certain since each text is scored once.
    const tokensOfText = new Map(ranking.map(({ index, tokens }) => [documents[index], tokens]));
    expect(timings.tokens).toBe([...tokensOfText.values()].reduce((a, b) => a + b));
    const ranks = copies.map(({ rank }) => rank);
    expect(ranks).toEqual([ranks[0], (ranks[0] ?? 0) + 1, (ranks[0] ?? 0) + 2]);
  });

  it('of truncated documents marks those that were not read to their end', async () => {
    const documents = ['panda', 'panda '.repeat(600)];
    const { ranking } = await loaded.rerank({
      query: 'panda',
      documents,
      longDocuments: 'truncate',
    });
    const [short, long] = byIndex(ranking);
    expect(short).toMatchObject({ truncated: false });
    expect(long).toMatchObject({ truncated: true, tokens: 512 });
    expect(long?.passage).toBeUndefined();
  });

  it('marks every document when the query was not read to its end', async () => {
    const query = 'panda '.repeat(500);
    const { ranking } = await loaded.rerank({ query, documents: ['panda'] });
    expect(ranking).toMatchObject([{ truncated: true }]);
    expect(ranking[0]?.tokens).toBeLessThan(512);
  });

  it('says which model made it and where the time went', async () => {
    const { ranking, timings, ...model } = await loaded.rerank(panda);
    expect(model).toEqual(await loaded.load());
    expect(timings.tokens).toBe(ranking.reduce((sum, { tokens }) => sum + tokens, 0));
    expect(timings.batches).toBeGreaterThanOrEqual(1);
    expect(timings.paddedShare).toBeGreaterThanOrEqual(0);
    expect(timings.paddedShare).toBeLessThan(1);
    expect(timings.totalMs).toBeGreaterThanOrEqual(timings.tokenizeMs + timings.inferenceMs);
    expect(timings.pairsPerSecond).toBeCloseTo((ranking.length / timings.totalMs) * 1000);
    expect(timings.timeline).toHaveLength(timings.batches);
    // The last of the four layers is computed for the first token only.
    const { shape } = embeddedModel;
    const flopOf = (tokens: number): number =>
      pairFlop(shape, tokens, 'bert', { firstTokenOnly: true });
    const flop = ranking.reduce((sum, { tokens }) => sum + flopOf(tokens), 0);
    expect((timings.flop ?? 0) / flop).toBeCloseTo(1, 9);
    expect(timings).toMatchObject({ gpuMs: null, tokenBudget: 768, remembered: 0 });
    const { queueMs, tokenizeMs, inferenceMs, transferMs } = timings;
    expect(queueMs).toBeGreaterThanOrEqual(0);
    expect(tokenizeMs + inferenceMs + transferMs).toBeLessThanOrEqual(timings.totalMs);
  });

  it('is the same however the pairs were put into batches', async () => {
    const documents = mixedDocuments(60);
    const request = { query: 'loan for a house', documents };
    const usual = (await loaded.rerank(request)).ranking;
    const order = usual.map(({ index }) => index);
    for (const [sign, tuning] of [
      [1, { tokenBudget: 1, overheadTokens: 0 }],
      [-1, { tokenBudget: 300, overheadTokens: 0 }],
      [1, { tokenBudget: 4000, overheadTokens: 500 }],
    ] as const) {
      const promise = documents.map((text) => sign * text.length);
      const { ranking, timings } = await loaded.rerank({ ...request, promise }, {}, tuning);
      expect(ranking.map(({ index }) => index)).toEqual(order);
      expect(largestDifference(ranking, usual)).toBeLessThanOrEqual(1e-3);
      expect(timings.tokenBudget).toBe(tuning.tokenBudget);
    }
  });
});

describe('500 random pairs of mixed lengths', () => {
  const weightsUrl = new URL(
    `../../../shared/models/${embeddedModel.id}/onnx/model.onnx`,
    import.meta.url,
  );
  // The weights as 32-bit floats where they are at hand, else those that ship with the app.
  const float = existsSync(weightsUrl);
  const files = float ? { weights: Uint8Array.from(readFileSync(weightsUrl)) } : {};
  const source = float
    ? ({ ...embeddedModel, dtype: 'fp32', expectations: null } as const)
    : embeddedModel;

  it('get the logits together that they get one at a time', async () => {
    const reranker = new CrossEncoder(source, hostWith({ files }));
    const queries = ['what is panda?', '公积金 贷款', 'loan', 'bear of China, or a house', 'a'];
    const documents = mixedDocuments(500, 100);
    let compared = 0;
    for (const [number, query] of queries.entries()) {
      const part = documents.slice(number * 100, number * 100 + 100);
      const together = byIndex((await reranker.rerank({ query, documents: part })).ranking);
      for (const [index, document] of part.entries()) {
        const [alone] = (await reranker.rerank({ query, documents: [document] })).ranking;
        const difference = (together[index]?.logit ?? Number.NaN) - (alone?.logit ?? Number.NaN);
        expect(Math.abs(difference), document).toBeLessThanOrEqual(1e-3);
        compared += 1;
      }
    }
    expect(compared).toBe(500);
    await reranker.dispose();
  });
});

describe('promising documents', () => {
  it('are scored first', async () => {
    const documents = mixedDocuments(100);
    const promise = documents.map((_, index) => (index * 37) % 100);
    const best = promise.indexOf(99);
    const batches: (readonly number[])[] = [];
    const onEvent = (event: RerankEvent): void => {
      batches.push(scoresOf(event).map(({ index }) => index));
    };
    await loaded.rerank({ query: 'panda', documents, promise }, { onEvent });
    expect(batches.length).toBeGreaterThan(5);
    expect(batches[0]).toContain(best);
    // Documents of equal text share their score, so the first of the request come first then.
    batches.length = 0;
    await loaded.rerank({ query: 'panda', documents }, { onEvent });
    expect(batches[0]).toContain(0);
  });
});

describe('the tuning', () => {
  it('that is given is used, and not measured again', async () => {
    const tuning = { tokenBudget: 200, overheadTokens: 12 };
    const documents = mixedDocuments(30);
    const result = await loaded.rerank({ query: 'panda', documents }, {}, tuning);
    expect(result.timings.tokenBudget).toBe(200);
    for (const { rows, width } of result.timings.timeline) {
      if (rows > 1) expect(rows * width).toBeLessThanOrEqual(200);
    }
    expect(result.tuning).toBeUndefined();
  });

  it('that batches cannot be planned with is refused', async () => {
    const tuning = { tokenBudget: 0, overheadTokens: 12 };
    await expectRejection(loaded.rerank(panda, {}, tuning), 'invalid-request');
  });

  it('is found while scoring, told once and used from then on', async () => {
    // The numbers are of no interest here, so nothing is computed.
    const runtime = runtimeWithRun((run) => async (feeds) => {
      const { dims } = feeds.input_ids ?? {};
      const rows = dims?.[0] ?? 0;
      if (rows <= 2) return run(feeds);
      const logits = new Float32Array(rows).map((_, row) => row);
      return { logits: new ort.Tensor('float32', logits, [rows, 1]) };
    });
    const source = { ...embeddedModel, expectations: null };
    const reranker = new CrossEncoder(source, hostWith({ runtime }));
    const documents = mixedDocuments(5000, 160).map((text, index) => `${index} ${text}`);
    const request = { query: 'panda', documents, longDocuments: 'truncate' } as const;
    let found: Tuning | undefined;
    for (let call = 0; call < 12 && found === undefined; call++) {
      const small = await reranker.rerank({ ...request, documents: documents.slice(0, 3) });
      expect(small.tuning).toBeUndefined();
      found = (await reranker.rerank(request)).tuning;
    }
    expect(found?.tokenBudget).toBeGreaterThanOrEqual(256);
    const after = await reranker.rerank({ ...request, documents: documents.slice(0, 300) });
    expect(after.tuning).toBeUndefined();
    expect(after.timings.tokenBudget).toBe(found?.tokenBudget);
    await reranker.dispose();
  });
});

describe('scoring events', () => {
  it('grow up to the total and give every score once', async () => {
    const filler = mixedDocuments(20);
    const documents = [...filler, ...filler.slice(0, 5), 'panda '.repeat(100)];
    const events: RerankEvent[] = [];
    const { ranking, timings } = await loaded.rerank(
      { query: 'panda', documents },
      { onEvent: (event) => events.push(event) },
    );
    const scoring = events.filter(isScoring);
    expect(scoring).toHaveLength(events.length);
    expect(scoring).toHaveLength(timings.batches);
    expect(scoring.length).toBeGreaterThan(2);

    let done = 0;
    let doneTokens = 0;
    for (const event of scoring) {
      done += event.scores.length;
      expect(event.scores).not.toEqual([]);
      expect(event).toMatchObject({ done, total: 26, totalTokens: timings.tokens });
      expect(event.doneTokens).toBeGreaterThan(doneTokens);
      doneTokens = event.doneTokens;
    }
    expect(done).toBe(26);
    expect(doneTokens).toBe(timings.tokens);
    const scores = scoring.flatMap((event) => event.scores);
    expect(byIndex(scores)).toEqual(byIndex(ranking.map(({ rank: _, ...score }) => score)));
  });
});

describe('a long document', () => {
  const query = 'what is panda?';
  const filler = 'The capital of France is Paris, where bread is baked every morning. '.repeat(60);
  const answer =
    'The giant panda (Ailuropoda melanoleuca), sometimes called a panda bear or simply panda, ' +
    'is a bear species endemic to China.';
  const long = `${filler}\n${answer}\n${filler}`;

  it('gets the best logit of its passages, and says which one decided', async () => {
    const [scored] = (await loaded.rerank({ query, documents: [long] })).ranking;
    expect(scored?.truncated).toBe(false);
    const { start = 0, end = 0, index = -1, count = 0 } = scored?.passage ?? {};
    const passage = long.slice(start, end);
    expect(passage).toContain(answer);
    expect(count).toBeGreaterThan(2);
    expect(index).toBeGreaterThan(0);
    const [alone] = (await loaded.rerank({ query, documents: [passage] })).ranking;
    expect(scored?.logit).toBeCloseTo(alone?.logit ?? Number.NaN, 2);
    const [cut] = (await loaded.rerank({ query, documents: [long], longDocuments: 'truncate' }))
      .ranking;
    expect(scored?.logit).toBeGreaterThan((cut?.logit ?? 0) + 1);
  });

  it('gets the mean of its best three, or the logit of its first', async () => {
    const logitBy = async (longDocuments: 'max' | 'mean-of-top-3' | 'first'): Promise<number> => {
      const { ranking } = await loaded.rerank({ query, documents: [long], longDocuments });
      return ranking[0]?.logit ?? Number.NaN;
    };
    const best = await logitBy('max');
    expect(await logitBy('mean-of-top-3')).toBeLessThan(best);
    const first = await loaded.rerank({ query, documents: [long], longDocuments: 'first' });
    expect(first.ranking[0]).toMatchObject({ truncated: true, passage: { start: 0, index: 0 } });
    expect(first.timings.pairs).toBe(1);
  });

  it('is scored like a short one of the same text when it fits', async () => {
    const documents = ['panda '.repeat(200)];
    const [whole] = (await loaded.rerank({ query, documents })).ranking;
    const [cut] = (await loaded.rerank({ query, documents, longDocuments: 'truncate' })).ranking;
    expect(whole).toEqual(cut);
    expect(whole?.passage).toBeUndefined();
  });

  it('is cut into pairs of the length that was asked for', async () => {
    const documents = [long, 'short'];
    const { ranking, timings } = await loaded.rerank({ query, documents, maxLength: 128 });
    const [scored, short] = byIndex(ranking);
    expect(scored?.passage?.count).toBe(timings.pairs - 1);
    expect(timings.pairs).toBeGreaterThan(8);
    expect((scored?.tokens ?? 0) / (timings.pairs - 1)).toBeLessThanOrEqual(128);
    expect(short?.passage).toBeUndefined();
    // More than the model can read counts as its maximum.
    const { ranking: widest } = await loaded.rerank({ query, documents, maxLength: 9999 });
    expect(widest).toEqual((await loaded.rerank({ query, documents })).ranking);
  });

  it('counts as done when all of its passages are scored', async () => {
    const documents = ['a', long, 'b', long];
    const events: ScoringEvent[] = [];
    const { ranking } = await loaded.rerank(
      { query, documents },
      { onEvent: (event) => void (isScoring(event) && events.push(event)) },
    );
    expect(events.at(-1)).toMatchObject({ done: 4, total: 4 });
    const told = events.flatMap(({ scores }) => scores);
    expect(byIndex(told)).toEqual(byIndex(ranking).map(({ rank: _, ...scored }) => scored));
    const last = events.at(-1);
    expect(last?.doneTokens).toBe(last?.totalTokens);
  });

  it('beyond all measure is read in part, and that is said', async () => {
    const endless = 'A sentence about nothing at all, and one more word. '.repeat(20_000);
    const [scored] = (await loaded.rerank({ query, documents: [endless] })).ranking;
    expect(scored).toMatchObject({ truncated: true, passage: { count: 32 } });
  });
});

describe('a benchmark', () => {
  it('measures pairs of three lengths', async () => {
    const report = await loaded.benchmark();
    expect(report).toMatchObject({ model: embeddedModel.id, device: 'wasm' });
    expect(report.rows.map(({ tokens }) => tokens)).toEqual([64, 256, 512]);
    for (const row of report.rows) {
      expect(row.pairsPerSecond).toBeGreaterThan(0);
      expect(row.gflops).toBeGreaterThan(0);
      expect(row.pairs).toBeGreaterThanOrEqual(row.batchRows);
    }
  });

  it('stops when it is aborted', async () => {
    const signal = AbortSignal.abort();
    await expectRejection(loaded.benchmark({ signal }), 'aborted');
  });
});

describe('the self-test', () => {
  it('finds the numbers that came with the model', async () => {
    const { selfTest } = await loaded.load();
    expect(selfTest).toMatchObject({ verdict: 'passed', against: 'model-files', reason: '' });
    expect(selfTest?.largestDifference).toBeLessThan(0.05);
    expect(selfTest?.pairs).toHaveLength(2);
  });

  it.each<[string, (logits: Float32Array) => void, string, RegExp]>([
    ['not finite', (logits) => void logits.fill(Number.NaN), 'broken', /not a number|not finite/],
    ['one for every pair', (logits) => void logits.fill(0.5), 'broken', /same logit, 0\.5/],
    [
      'one for every row of a batch',
      (logits) => void (logits.length > 1 && logits.fill(0.5)),
      'broken',
      /Every row of a batch/,
    ],
    [
      'another in a batch than alone',
      (logits) => void (logits.length > 1 && logits.fill(0.5, 1, 2)),
      'broken',
      /Pair 2 gets 0\.500 in a batch/,
    ],
    [
      'off by too much',
      (logits) => logits.set(logits.map((logit) => logit + 0.1)),
      'differs',
      /Pair 1/,
    ],
  ])('tells of logits that are %s', async (_, spoil, verdict, reason) => {
    const runtime = runtimeWithRun((run) => async (feeds) => {
      const { logits } = await run(feeds);
      if (!(logits?.data instanceof Float32Array)) throw new Error('no logits');
      spoil(logits.data);
      return { logits };
    });
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    const { selfTest } = await reranker.load();
    expect(selfTest).toMatchObject({ verdict });
    expect(selfTest?.reason).toMatch(reason);
    await reranker.dispose();
  });

  it('has nothing to compare with where nobody has published anything', async () => {
    const reranker = new CrossEncoder({ ...embeddedModel, expectations: null }, hostWith());
    const { selfTest } = await reranker.load();
    expect(selfTest).toMatchObject({
      verdict: 'unchecked',
      against: 'nothing',
      largestDifference: null,
    });
    expect(selfTest?.pairs.every(({ logit }) => Number.isFinite(logit))).toBe(true);
    await reranker.dispose();
  });

  it('on WebGPU compares with WASM then', async () => {
    stubAdapter();
    const { runtime } = gpuRuntime();
    const source = { ...embeddedModel, expectations: null };
    const reranker = new CrossEncoder(source, hostWith({ runtime }));
    const { selfTest } = await reranker.load();
    expect(selfTest).toMatchObject({ verdict: 'passed', against: 'wasm' });
    await reranker.dispose();
  });
});

describe('a request that cannot be ranked', () => {
  it.each([
    ['an empty query', { query: '', documents: ['a'] }, 'empty-query'],
    ['a blank query', { query: ' \n\u3000', documents: ['a'] }, 'empty-query'],
    ['no documents', { query: 'a', documents: [] }, 'no-documents'],
    [
      'a fold there is not',
      { query: 'a', documents: ['a'], longDocuments: 'best' },
      'invalid-request',
    ],
    ['pairs of no length', { query: 'a', documents: ['a'], maxLength: 8 }, 'invalid-request'],
    ['topK 0', { query: 'a', documents: ['a'], topK: 0 }, 'invalid-request'],
  ] as const)('is refused before anything is loaded: %s', async (_, request, code) => {
    const host = hostWith();
    const openRuntime = vi.spyOn(host, 'openRuntime');
    const readModel = vi.spyOn(host, 'readModel');
    // What plain JavaScript may pass.
    const asked = request as unknown as RerankRequest;
    await expectRejection(new CrossEncoder(embeddedModel, host).rerank(asked), code);
    expect(openRuntime).not.toHaveBeenCalled();
    expect(readModel).not.toHaveBeenCalled();
  });
});

describe('aborting', () => {
  it('stops between two batches, and the next call works', async () => {
    const controller = new AbortController();
    const events: RerankEvent[] = [];
    const call = loaded.rerank(
      { query: 'panda', documents: mixedDocuments(20) },
      {
        signal: controller.signal,
        onEvent: (event) => {
          events.push(event);
          controller.abort();
        },
      },
    );
    const error = await expectRejection(call, 'aborted');
    expect(error.name).toBe('AbortError');
    expect(events).toHaveLength(1);
    expect((await loaded.rerank(panda)).ranking[0]).toMatchObject({ index: 1 });
  });

  it('rejects even after the last batch', async () => {
    const controller = new AbortController();
    const call = loaded.rerank(
      { query: 'panda', documents: ['panda'] },
      { signal: controller.signal, onEvent: () => controller.abort() },
    );
    await expectRejection(call, 'aborted');
  });

  it('rejects a call that was aborted before, without an event', async () => {
    const onEvent = vi.fn();
    const signal = AbortSignal.abort();
    await expectRejection(loaded.rerank(panda, { signal, onEvent }), 'aborted');
    await expectRejection(loaded.load({}, { signal, onEvent }), 'aborted');
    expect(onEvent).not.toHaveBeenCalled();
  });

  it('stops a load before the session is created', async () => {
    const controller = new AbortController();
    const create = vi.fn(realRuntime.InferenceSession.create);
    const runtime = { ...realRuntime, InferenceSession: { create } };
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    const load = reranker.load(
      {},
      {
        signal: controller.signal,
        onEvent: ({ type }) => {
          if (type === 'preparing') controller.abort();
        },
      },
    );
    await expectRejection(load, 'aborted');
    expect(create).not.toHaveBeenCalled();
  });
});

describe('loading', () => {
  it('tells bytes, then that it prepares, then what is ready', async () => {
    const events: RerankEvent[] = [];
    const reranker = new CrossEncoder(embeddedModel, hostWith());
    const model = await reranker.load({}, { onEvent: (event) => events.push(event) });
    expect(model).toEqual({
      model: 'crossrank-tiny-en-zh',
      revision: embeddedModel.revision,
      dtype: 'q8',
      device: 'wasm',
      adapter: null,
      softwareAdapter: false,
      threads: 1,
      maxLength: 512,
      selfTest: expect.objectContaining({ verdict: 'passed' }),
      stepDowns: [],
    });
    expect(events).toEqual([
      { type: 'downloading', loadedBytes: 500, totalBytes: 1000 },
      { type: 'downloading', loadedBytes: 1000, totalBytes: 1000 },
      { type: 'preparing' },
      { type: 'testing' },
      { type: 'ready', model },
    ]);
    await reranker.dispose();
  });

  it('happens once', async () => {
    const host = hostWith();
    const readModel = vi.spyOn(host, 'readModel');
    const reranker = new CrossEncoder(embeddedModel, host);
    const [first, second] = await Promise.all([reranker.load(), reranker.load({ device: 'wasm' })]);
    const third = await reranker.load({ device: 'auto' });
    await reranker.rerank({ query: 'a', documents: ['b'] });
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(readModel).toHaveBeenCalledTimes(1);
    await reranker.dispose();
  });

  it('can be tried again after it failed', async () => {
    const host = hostWith();
    vi.spyOn(host, 'readModel').mockRejectedValueOnce(new RerankError('download-failed', 'no net'));
    const reranker = new CrossEncoder(embeddedModel, host);
    await expectRejection(reranker.load(), 'download-failed');
    expect(await reranker.load()).toMatchObject({ device: 'wasm' });
    await reranker.dispose();
  });

  it.each<
    [string, Partial<Record<'weights' | 'tokenizer', Uint8Array<ArrayBuffer>>>, RerankErrorCode]
  >([
    ['weights that are no graph', { weights: new Uint8Array(1000) }, 'model-corrupt'],
    [
      'half of the weights',
      { weights: readFile(embeddedModel.weights).slice(0, 4_000_000) },
      'model-corrupt',
    ],
    ['a tokenizer that is none', { tokenizer: new Uint8Array(10) }, 'model-corrupt'],
  ])('fails with a code for %s', async (_, files, code) => {
    await expectRejection(new CrossEncoder(embeddedModel, hostWith({ files })).load(), code);
  });

  it('rejects with a RerankError whatever its host throws', async () => {
    const host = hostWith();
    const readModel = vi.spyOn(host, 'readModel');
    readModel.mockRejectedValue(new RangeError('Array buffer allocation failed'));
    await expectRejection(new CrossEncoder(embeddedModel, host).load(), 'out-of-memory');
    readModel.mockRejectedValue(new TypeError('x is not a function'));
    await expectRejection(new CrossEncoder(embeddedModel, host).load(), 'session-failed');
  });

  it('lets its host say which file a runtime did not start for', async () => {
    const explain = vi.fn(async () => 'ort.wasm is missing.');
    const host = { ...hostWith(), explainRuntime: explain };
    vi.spyOn(host, 'openRuntime').mockRejectedValue(new Error('no available backend found'));
    const error = await expectRejection(
      new CrossEncoder(embeddedModel, host).load({ device: 'wasm' }),
      'session-failed',
    );
    expect(error.message).toBe('ort.wasm is missing.');
    expect(explain).toHaveBeenCalledWith('wasm', expect.stringContaining('no available backend'));
  });

  it('fails with a code when the runtime cannot be opened', async () => {
    const host = hostWith();
    vi.spyOn(host, 'openRuntime').mockRejectedValue(new TypeError('Failed to fetch the module'));
    await expectRejection(new CrossEncoder(embeddedModel, host).load(), 'session-failed');
  });

  it('refuses WebGPU where there is none, before any download', async () => {
    const host = hostWith();
    const readModel = vi.spyOn(host, 'readModel');
    const reranker = new CrossEncoder(embeddedModel, host);
    await expectRejection(reranker.load({ device: 'webgpu' }), 'webgpu-unavailable');
    expect(readModel).not.toHaveBeenCalled();
  });
});

describe('calls at the same time', () => {
  it('run one after the other', async () => {
    let running = 0;
    let most = 0;
    const reranker = new CrossEncoder(
      embeddedModel,
      hostWith({
        runtime: runtimeWithRun((run) => async (feeds) => {
          running += 1;
          most = Math.max(most, running);
          // What a GPU does: other events run while it computes.
          await new Promise((resolve) => setImmediate(resolve));
          const outputs = await run(feeds);
          running -= 1;
          return outputs;
        }),
      }),
    );
    const other = { query: 'bear', documents: ['a bear', 'a bird of prey in China'] };
    const [first, second] = await Promise.all([reranker.rerank(panda), reranker.rerank(other)]);
    expect(most).toBe(1);
    // The other session may have learnt other batches by now, so rounding may differ.
    const byRounding = (ranking: readonly RankedDocument[]) =>
      ranking.map(({ index, logit }) => ({ index, logit: expect.closeTo(logit, 4) }));
    expect(first.ranking).toMatchObject(byRounding((await loaded.rerank(panda)).ranking));
    expect(second.ranking).toMatchObject(byRounding((await loaded.rerank(other)).ranking));
    await reranker.dispose();
  });

  it('do not hold each other up when one fails', async () => {
    const refused = loaded.rerank({ query: ' ', documents: ['a'] });
    const aborted = loaded.rerank(panda, { signal: AbortSignal.abort() });
    const good = loaded.rerank(panda);
    await expectRejection(refused, 'empty-query');
    await expectRejection(aborted, 'aborted');
    expect((await good).ranking).toHaveLength(3);
  });
});

describe('memory', () => {
  it('of a batch is not held while the session lives', async () => {
    const outputs: WeakRef<object>[] = [];
    const runtime = runtimeWithRun((run) => async (feeds) => {
      const output = await run(feeds);
      outputs.push(new WeakRef(output));
      return output;
    });
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    await reranker.rerank(panda);
    await collectGarbage();
    expect(outputs.length).toBeGreaterThan(0);
    expect(outputs.filter((output) => output.deref() !== undefined)).toEqual([]);
    await reranker.dispose();
  });
});

describe('a runtime that fails in mid-run', () => {
  const cases: [string, () => Promise<never>, RerankErrorCode][] = [
    ['an unknown error', () => Promise.reject(new Error('kernel failed')), 'inference-failed'],
    ['a bare number', () => Promise.reject(11_203_040), 'out-of-memory'],
    [
      'no memory',
      () => Promise.reject(new RangeError('Array buffer allocation failed')),
      'out-of-memory',
    ],
    ['bad_alloc', () => Promise.reject(new Error('std::bad_alloc')), 'out-of-memory'],
    ['a lost device', () => Promise.reject(new Error('Device was lost.')), 'device-lost'],
  ];
  it('names the length of a single pair that memory has no room for, and what to do', async () => {
    const runtime = runtimeWithRun(() => () => Promise.reject(new Error('std::bad_alloc')));
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    const error = await expectRejection(reranker.rerank(panda), 'out-of-memory');
    expect(error.message).toMatch(/single pair of \d+ tokens.*shorter maximum length/);
    expect(error).toMatchObject({ batch: { rows: 1 } });
    await reranker.dispose();
  });

  it.each(cases)('rejects with a code: %s', async (_, run, code) => {
    const runtime = runtimeWithRun(() => run);
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    await expectRejection(reranker.rerank(panda), code);
    await reranker.dispose();
  });

  it('rejects scores that are no numbers instead of ranking them', async () => {
    const runtime = runtimeWithRun((run) => async (feeds) => {
      const { logits } = await run(feeds);
      if (!(logits?.data instanceof Float32Array)) throw new Error('no logits');
      logits.data[0] = Number.NaN;
      return { logits };
    });
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    await expectRejection(reranker.rerank(panda), 'inference-failed');
    await reranker.dispose();
  });
});

describe('on WebGPU', () => {
  it('loads, names the adapter and scores', async () => {
    stubAdapter();
    const { runtime } = gpuRuntime();
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    const model = await reranker.load();
    expect(model).toMatchObject({
      device: 'webgpu',
      adapter: 'nvidia ada',
      softwareAdapter: false,
    });
    const { ranking } = await reranker.rerank(panda);
    expect(ranking[0]).toMatchObject({ index: 1 });
    await reranker.dispose();
  });

  it('rejects with device-lost when the GPU goes away in mid-run', async () => {
    stubAdapter();
    let tested = false;
    const { runtime, lose } = gpuRuntime((run) => (feeds) => {
      if (!tested) return run(feeds);
      lose();
      return new Promise(() => undefined);
    });
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    await reranker.load();
    tested = true;
    await expectRejection(reranker.rerank(panda), 'device-lost');
  });

  it('rejects with device-lost when the GPU went away between two calls', async () => {
    stubAdapter();
    const { runtime, lose } = gpuRuntime();
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    await reranker.rerank(panda);
    lose();
    await expectRejection(reranker.rerank(panda), 'device-lost');
  });
});

describe('dispose', () => {
  it('rejects every later call', async () => {
    const reranker = new CrossEncoder(embeddedModel, hostWith());
    await reranker.load();
    await reranker.dispose();
    await reranker.dispose();
    await expectRejection(reranker.rerank(panda), 'disposed');
    await expectRejection(reranker.load(), 'disposed');
  });

  it('stops a call under way between two batches', async () => {
    const reranker = new CrossEncoder(embeddedModel, hostWith());
    const events: RerankEvent[] = [];
    const call = reranker.rerank(
      { query: 'panda', documents: mixedDocuments(20) },
      {
        onEvent: (event) => {
          if (!isScoring(event)) return;
          events.push(event);
          void reranker.dispose();
        },
      },
    );
    await expectRejection(call, 'disposed');
    expect(events).toHaveLength(1);
  });

  it('frees the session of a load under way', async () => {
    const release = vi.fn();
    let disposed: Promise<void> | undefined;
    const create: OnnxRuntime['InferenceSession']['create'] = async (weights, options) => {
      const session = await realRuntime.InferenceSession.create(weights, options);
      vi.spyOn(session, 'release').mockImplementation(release);
      disposed = reranker.dispose();
      return session;
    };
    const runtime = { ...realRuntime, InferenceSession: { create } };
    const reranker = new CrossEncoder(embeddedModel, hostWith({ runtime }));
    await Promise.allSettled([reranker.load()]);
    await disposed;
    expect(release).toHaveBeenCalledTimes(1);
    await expectRejection(reranker.rerank(panda), 'disposed');
  });
});

type Run = (feeds: ort.InferenceSession.FeedsType) => Promise<ort.InferenceSession.ReturnType>;

interface HostParts {
  readonly runtime?: OnnxRuntime;
  readonly files?: Partial<Record<'weights' | 'tokenizer', Uint8Array<ArrayBuffer>>>;
}

/** The real runtime and the files as they ship, except for the parts given. */
function hostWith({ runtime = realRuntime, files = {} }: HostParts = {}): CrossEncoderHost {
  return {
    openRuntime: async () => runtime,
    readModel: async (_source, { onProgress }) => {
      onProgress?.(500, 1000);
      onProgress?.(1000, 1000);
      return {
        weights: readFile(embeddedModel.weights),
        externalData: [],
        tokenizer: readFile(embeddedModel.tokenizer),
        tokenizerConfig: readFile(embeddedModel.tokenizerConfig),
        close: () => undefined,
        ...files,
      };
    },
  };
}

/** The real runtime with another `run`, made from the real one. */
function runtimeWithRun(runFrom: (run: Run) => Run): OnnxRuntime {
  return {
    ...realRuntime,
    InferenceSession: {
      create: async (weights, options) => {
        const onCpu = { ...options, executionProviders: ['wasm'] };
        const session = await realRuntime.InferenceSession.create(weights, onCpu);
        const run: Run = session.run.bind(session);
        session.run = runFrom(run);
        return session;
      },
    },
  };
}

/** A runtime that claims a GPU and computes on the CPU; `lose` takes the GPU away. */
function gpuRuntime(runFrom: (run: Run) => Run = (run) => run): {
  runtime: OnnxRuntime;
  lose: () => void;
} {
  let lose: () => void = () => undefined;
  const lost = new Promise((resolve) => {
    lose = () => resolve({ reason: 'unknown', message: 'driver reset' });
  });
  const device = Object.assign(new EventTarget(), { lost, features: new Set() });
  const webgpu = { device: Promise.resolve(device) };
  // The one part of the flags that is read.
  const env = { ...realRuntime.env, webgpu } as unknown as OnnxRuntime['env'];
  return { runtime: { ...runtimeWithRun(runFrom), env }, lose };
}

function stubAdapter(): void {
  const info = { vendor: 'nvidia', architecture: 'ada', device: '', description: '' };
  const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
  const requestAdapter = async () => ({ info, limits, features: new Set() });
  vi.stubGlobal('navigator', { hardwareConcurrency: 2, gpu: { requestAdapter } });
}

/** Documents of 1 to 60 words or more, English and Chinese, the same ones every time. */
function mixedDocuments(count: number, mostWords = 60): string[] {
  const words = [
    'panda',
    'a',
    'bear',
    'loan',
    'house',
    'of',
    'capital',
    '贷款',
    '熊猫',
    '公积金',
    ',',
  ];
  let state = 12_345;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + next(mostWords) }, () => words[next(words.length)]).join(' '),
  );
}

/** A WeakRef holds its target until the current job ends, so the collection begins in another. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  await new Promise((resolve) => setImmediate(resolve));
  collect();
}

function byIndex<T extends { readonly index: number }>(scores: readonly T[]): T[] {
  return scores.toSorted((a, b) => a.index - b.index);
}

function largestDifference(some: readonly ScoredDocument[], others: readonly ScoredDocument[]) {
  const expected = byIndex(others);
  const differences = byIndex(some).map(({ logit }, at) =>
    Math.abs(logit - (expected[at]?.logit ?? Number.NaN)),
  );
  return Math.max(...differences);
}

function isScoring(event: RerankEvent): event is ScoringEvent {
  return event.type === 'scoring';
}

function scoresOf(event: RerankEvent): readonly ScoredDocument[] {
  return isScoring(event) ? event.scores : [];
}

async function expectRejection(
  promise: Promise<unknown>,
  code: RerankErrorCode,
): Promise<RerankError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code });
  if (!(error instanceof RerankError)) throw new Error('not a RerankError');
  return error;
}
