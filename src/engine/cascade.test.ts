import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { FileSource, ModelSource } from '../models/model-source.ts';
import {
  type CascadeCall,
  type CascadeEvent,
  type CascadeModels,
  type CascadeResult,
  rerankInCascade,
} from './cascade.ts';
import type { CascadeScoringEvent } from './cascade-progress.ts';
import { CrossEncoder } from './cross-encoder.ts';
import { FakeWorker } from './fake-worker.ts';
import type { ModelProvider } from './model-provider.ts';
import type { ServedReranker } from './protocol.ts';
import { rankDocuments } from './rank-documents.ts';
import type {
  CallOptions,
  LoadedModel,
  RankedDocument,
  RerankRequest,
  RerankTimings,
  ScoredDocument,
} from './reranker.ts';
import { ScoreMemory } from './score-memory.ts';
import { WorkerReranker } from './worker-reranker.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

beforeEach(() => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a cascade of two real models', () => {
  const documents = [
    'Paris is the capital of France.',
    'The giant panda is a bear species endemic to China.',
    'hi',
    'A road leads over the mountain.',
    'The giant panda is a bear species endemic to China.',
    'Pandas eat bamboo for most of the day.',
  ];
  const request = { query: 'what is panda?', documents };
  let folder: string;
  let fast: WorkerReranker;
  let strong: WorkerReranker;
  let small: ModelSource;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-cascade-'));
    small = generateModel(folder);
    vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
    // Both workers share this thread's one runtime, which must not be started by two at once.
    const first = realReranker(small, folder);
    await first.load();
    await first.dispose();
  });

  beforeEach(() => {
    fast = realReranker(small, folder);
    const models = fileURLToPath(new URL('../../public/models/', import.meta.url));
    strong = realReranker(embeddedModel, models);
  });

  afterEach(async () => {
    await Promise.all([fast.dispose(), strong.dispose()]);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ranks the best of the first by the second, and the others below by the first', async () => {
    const result = await rerankInCascade(request, modelsOf(fast, strong, 3));
    const byFast = await fast.rerank(request);
    const best = byFast.ranking.slice(0, 3).map(({ index }) => index);
    const again = await strong.rerank({
      ...request,
      documents: best.map((i) => documents[i] ?? ''),
    });
    const order = [
      ...again.ranking.map(({ index }) => best[index]),
      ...byFast.ranking.slice(3).map(({ index }) => index),
    ];
    expect(result.ranking.map(({ index }) => index)).toEqual(order);
    expect(result.ranking.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(result.ranking.map(({ stage }) => stage)).toEqual([
      ...['strong', 'strong', 'strong'],
      ...['fast', 'fast', 'fast'],
    ]);
    const fastLogits = logitsByIndex(byFast.ranking);
    for (const { index, fastLogit, logit, stage } of result.ranking) {
      expect(fastLogit).toBe(fastLogits.get(index));
      if (stage === 'fast') expect(logit).toBe(fastLogit);
    }
    expect(result.fast).toMatchObject({ model: small.id });
    expect(result.strong).toMatchObject({ model: embeddedModel.id });
    expect(result.strong?.ranking.map(({ index }) => index)).toEqual(order.slice(0, 3));
    expect(result.strongFailure).toBeNull();
    expect(result.totalMs).toBeGreaterThan(0);
  });

  it('is the second model alone where that reads everything', async () => {
    const alone = await strong.rerank(request);
    const result = await rerankInCascade(request, modelsOf(fast, strong));
    expect(result.strong?.timings.remembered).toBe(6);
    expect(logitsByIndex(result.ranking)).toEqual(logitsByIndex(alone.ranking));
    expect(result.ranking.every(({ stage }) => stage === 'strong')).toBe(true);
  });
});

describe('progress', () => {
  it('is one, over both stages, and holds every score at its place', async () => {
    const { models } = setUp({ depth: 2 });
    const { events, result } = await runCascade(models);
    const scoring = events.filter(isScoring);
    expect(scoring.map(({ stage, done }) => `${stage} ${done}`)).toEqual([
      ...['fast 1', 'fast 2', 'fast 3', 'fast 4'],
      ...['strong 5', 'strong 6'],
    ]);
    expect(new Set(scoring.map(({ total }) => total))).toEqual(new Set([6]));
    const tokens = scoring.map(({ doneTokens }) => doneTokens);
    expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
    expect(scoring.at(-1)?.doneTokens).toBe(scoring.at(-1)?.totalTokens);
    const told = new Map<string, number>();
    for (const { stage, scores } of scoring) {
      for (const { index, logit } of scores) told.set(`${stage} ${index}`, logit);
    }
    for (const { stage, index, logit } of result?.ranking ?? []) {
      expect(told.get(`${stage} ${index}`)).toBe(logit);
    }
    expect(told.size).toBe(6);
  });

  it('tells of each load which stage it is for', async () => {
    const { models } = setUp({});
    const { events } = await runCascade(models);
    const ready = events.flatMap((e) =>
      e.type === 'ready' ? [`${e.stage} ${e.model.model}`] : [],
    );
    expect(ready.toSorted()).toEqual(['fast small', 'strong large']);
  });

  it('begins when the fast model is there, however long the strong one takes', async () => {
    const scored = deferred();
    const { models } = setUp({ provideStrong: () => scored.promise });
    const { events, result } = await runCascade(models, {
      onEvent: (event) => {
        // Only now the strong model's files come.
        if (isScoring(event) && event.done === 4) scored.resolve();
      },
    });
    expect(events.findIndex(isScoring)).toBeLessThan(
      events.findIndex(({ type, stage }) => type === 'ready' && stage === 'strong'),
    );
    expect(result?.strongFailure).toBeNull();
  });
});

describe('the ranking', () => {
  it('holds topK of both stages together', async () => {
    const { models } = setUp({ depth: 2 });
    const { result } = await runCascade(models, {}, { ...request, topK: 3 });
    expect(result?.ranking.map(({ stage, rank }) => `${rank} ${stage}`)).toEqual([
      '1 strong',
      '2 strong',
      '3 fast',
    ]);
    expect(result?.fast.ranking).toHaveLength(4);
    const few = await runCascade(models, {}, { ...request, topK: 1 });
    expect(few.result?.strong?.ranking).toHaveLength(2);
  });

  it('keeps ties of the strong model in the order of the fast one', async () => {
    const { models } = setUp({ strongLogit: () => 1 });
    const { result } = await runCascade(models);
    expect(result?.ranking.map(({ index }) => index)).toEqual(
      result?.fast.ranking.map(({ index }) => index),
    );
  });

  it('has 20 documents of the strong model unless the call says otherwise', async () => {
    const { models, strongRequests } = setUp({});
    const documents = Array.from({ length: 30 }, (_, index) => 'x'.repeat(index + 1));
    await runCascade(models, {}, { ...request, documents });
    expect(strongRequests.map((asked) => asked.documents.length)).toEqual([20]);
  });

  it('gives equal documents one stage: copies of the best are scored again with them', async () => {
    const { models, strongRequests } = setUp({ depth: 2 });
    const documents = ['xxx', 'a', 'xxx', 'bb', 'xxx'];
    const { events, result } = await runCascade(models, {}, { ...request, documents });
    expect(strongRequests.map((asked) => asked.documents)).toEqual([['xxx', 'xxx', 'xxx']]);
    expect(result?.ranking.map(({ index, stage }) => `${index} ${stage}`)).toEqual([
      ...['0 strong', '2 strong', '4 strong'],
      ...['3 fast', '1 fast'],
    ]);
    expect(new Set(result?.ranking.slice(0, 3).map(({ logit }) => logit))).toEqual(new Set([-3]));
    const scoring = events.filter(isScoring);
    expect(scoring.every(({ done, total }) => done <= total)).toBe(true);
    expect(scoring.at(-1)).toMatchObject({ stage: 'strong', done: 8, total: 8 });
  });

  it('reads as the request says, in both stages; what was promising is the fast one to say', async () => {
    const { models, strongRequests, fastRequests } = setUp({ depth: 2 });
    const reading = { longDocuments: 'first', maxLength: 64 } as const;
    await runCascade(models, {}, { ...request, ...reading, promise: [1, 2, 3, 4] });
    expect(fastRequests).toMatchObject([{ ...reading, promise: [1, 2, 3, 4] }]);
    expect(strongRequests).toMatchObject([reading]);
    expect(strongRequests[0]?.promise).toBeUndefined();
  });

  it('is the one of the documents as they were when the call was made', async () => {
    const { models, strongRequests } = setUp({ depth: 4 });
    const documents = [...request.documents];
    const running = runCascade(models, {}, { ...request, documents });
    documents.fill('changed');
    await running;
    expect(strongRequests.flatMap((asked) => asked.documents)).not.toContain('changed');
  });
});

describe('a strong model that fails', () => {
  it('to load leaves the fast ranking, says why, and is not tried twice', async () => {
    const provideStrong = vi.fn(async () => {
      throw new RerankError('download-failed', 'offline');
    });
    const { models, strongRequests } = setUp({ provideStrong });
    const { result } = await runCascade(models);
    expect(result).toMatchObject({
      strong: null,
      strongFailure: { code: 'download-failed', message: 'offline' },
    });
    expect(result?.ranking.map(({ stage }) => stage)).toEqual(['fast', 'fast', 'fast', 'fast']);
    expect(result?.ranking.map(({ index }) => index)).toEqual(
      result?.fast.ranking.map(({ index }) => index),
    );
    expect(strongRequests).toEqual([]);
    expect(provideStrong).toHaveBeenCalledTimes(1);
  });

  it('to score leaves the fast ranking, too', async () => {
    const { models } = setUp({
      strongLogit: () => {
        throw new RerankError('out-of-memory', 'too large');
      },
    });
    const { result } = await runCascade(models);
    expect(result?.strongFailure).toEqual({ code: 'out-of-memory', message: 'too large' });
    expect(result?.ranking).toHaveLength(4);
  });

  it.each<[RerankErrorCode, (strong: WorkerReranker) => unknown]>([
    ['aborted', (strong) => strong.unload()],
    ['disposed', (strong) => strong.dispose()],
  ])('because somebody ended it ends the cascade: %s', async (code, end) => {
    const { models, strong } = setUp({
      pauseStrong: () => {
        end(strong);
        return new Promise(() => undefined);
      },
    });
    const { error } = await runCascade(models);
    expect(error?.code).toBe(code);
  });
});

describe('a fast model that fails', () => {
  it('fails the call, and the load of the strong one is stopped', async () => {
    const stopped = deferred();
    const { models, workers } = setUp({
      fastLogit: () => {
        throw new RerankError('device-lost', 'gone');
      },
      provideStrong: ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            stopped.resolve();
            reject(new RerankError('aborted', 'stopped'));
          });
        }),
    });
    const { error } = await runCascade(models);
    expect(error?.code).toBe('device-lost');
    await stopped.promise;
    expect(workers.strong).toEqual([]);
  });
});

describe('cancelling', () => {
  it('before the start starts nothing', async () => {
    const { models, workers } = setUp({});
    const { error } = await runCascade(models, { signal: AbortSignal.abort() });
    expect(error?.code).toBe('aborted');
    expect(workers).toEqual({ fast: [], strong: [] });
  });

  it('in the fast stage stops the load of the strong model, too', async () => {
    const controller = new AbortController();
    const stopped = deferred();
    const { models, strongRequests } = setUp({
      provideStrong: ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            stopped.resolve();
            reject(new RerankError('aborted', 'stopped'));
          });
        }),
    });
    const { error, events } = await runCascade(models, {
      signal: controller.signal,
      onEvent: (event) => {
        if (isScoring(event)) controller.abort();
      },
    });
    expect(error?.code).toBe('aborted');
    await stopped.promise;
    expect(strongRequests).toEqual([]);
    expect(events.filter(isScoring)).toHaveLength(1);
  });

  it('in the strong stage keeps what is known: the next run goes on from there', async () => {
    const controller = new AbortController();
    const { models, fastRequests, strongRequests } = setUp({
      depth: 3,
      pauseStrong: async (done, signal) => {
        if (strongRequests.length > 1 || done < 1) return;
        controller.abort();
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        throw new RerankError('aborted', 'between two batches');
      },
    });
    const { error } = await runCascade(models, { signal: controller.signal });
    expect(error?.code).toBe('aborted');
    const { events, result } = await runCascade(models);
    expect(fastRequests).toHaveLength(1);
    expect(strongRequests.map((asked) => asked.documents.length)).toEqual([3, 2]);
    expect(result?.fast.timings.remembered).toBe(4);
    expect(result?.strong?.timings.remembered).toBe(1);
    const ends = events.filter(isScoring).map(({ stage, done, total }) => [stage, done, total]);
    expect(ends).toEqual([
      ['fast', 4, 7],
      ['strong', 5, 7],
      ['strong', 6, 7],
      ['strong', 7, 7],
    ]);
  });
});

describe('a cascade that cannot be run', () => {
  it.each<[string, object, object, RerankErrorCode]>([
    ['no query', { query: ' ' }, {}, 'empty-query'],
    ['no documents', { documents: [] }, {}, 'no-documents'],
    ['a depth of nothing', {}, { depth: 0 }, 'invalid-request'],
    ['half a depth', {}, { depth: 1.5 }, 'invalid-request'],
    ['a depth that is no number', {}, { depth: '20' }, 'invalid-request'],
    ['no fast model', {}, { fastOptions: undefined }, 'invalid-request'],
    ['a name in place of options', {}, { strongOptions: 'large' }, 'invalid-request'],
    ['a wrong device', {}, { strongOptions: { device: 'gpu' } }, 'invalid-request'],
  ])('is refused before any work: %s', async (_, badRequest, badModels, code) => {
    const { models, workers } = setUp({});
    // What a caller from plain JavaScript may pass.
    const asked = { ...request, ...badRequest } as RerankRequest;
    const { error } = await runCascade({ ...models, ...badModels } as CascadeModels, {}, asked);
    expect(error?.code).toBe(code);
    expect(workers).toEqual({ fast: [], strong: [] });
  });

  it.each([
    ['a signal', { signal: {} }],
    ['a listener', { onEvent: 'log' }],
  ])('is refused for %s of the wrong kind', async (_, call) => {
    const { models } = setUp({});
    // What a caller from plain JavaScript may pass.
    const running = rerankInCascade(request, models, call as unknown as CascadeCall);
    await expect(running).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

const request: RerankRequest = { query: 'q', documents: ['dd', 'a', 'cccc', 'bbb'] };

const timings: RerankTimings = {
  totalMs: 2,
  queueMs: 0,
  tokenizeMs: 1,
  inferenceMs: 1,
  transferMs: 0,
  gpuMs: null,
  pairs: 4,
  pairsPerSecond: 2000,
  batches: 4,
  tokens: 20,
  paddedShare: 0,
  flop: null,
  tokenBudget: 768,
  remembered: 0,
  timeline: [],
};

interface SetUp {
  readonly depth?: number;
  /** Default: the length of the text. */
  readonly fastLogit?: (text: string) => number;
  /** Default: its negative. */
  readonly strongLogit?: (text: string) => number;
  /** What the strong model waits for or throws when so many documents are scored. */
  readonly pauseStrong?: (done: number, signal: AbortSignal | undefined) => Promise<void>;
  /** What is waited for or thrown where the strong model's files are fetched. */
  readonly provideStrong?: (call: CallOptions) => Promise<unknown>;
}

/** Two clients of scripted models, in workers that run in this thread. */
function setUp({ depth, fastLogit, strongLogit, pauseStrong, provideStrong }: SetUp) {
  const workers: Record<'fast' | 'strong', FakeWorker[]> = { fast: [], strong: [] };
  const fastRequests: RerankRequest[] = [];
  const strongRequests: RerankRequest[] = [];
  const scores = new ScoreMemory();
  const client = (
    stage: 'fast' | 'strong',
    provide: (call: CallOptions) => Promise<unknown>,
    open: () => ServedReranker,
  ) =>
    new WorkerReranker({
      scores,
      provider: providerOf(embeddedModel, provide),
      createWorker: () => {
        const worker = new FakeWorker(open);
        workers[stage].push(worker);
        return worker;
      },
    });
  const fast = client(
    'fast',
    async () => undefined,
    () => scripted('small', fastRequests, fastLogit ?? ((text) => text.length)),
  );
  const strong = client('strong', provideStrong ?? (async () => undefined), () =>
    scripted('large', strongRequests, strongLogit ?? ((text) => -text.length), pauseStrong),
  );
  const models = modelsOf(fast, strong, depth);
  return { models, workers, strong, fastRequests, strongRequests };
}

/** A reranker with this logit for each text; an event for each document. */
function scripted(
  name: string,
  requests: RerankRequest[],
  logitOf: (text: string) => number,
  pause?: (done: number, signal: AbortSignal | undefined) => Promise<void>,
): ServedReranker {
  const model: LoadedModel = {
    model: name,
    revision: 'r1',
    dtype: 'q8',
    device: 'wasm',
    adapter: null,
    softwareAdapter: false,
    threads: 1,
    maxLength: 512,
    selfTest: null,
    stepDowns: [],
  };
  return {
    load: async () => model,
    rerank: async (asked, { signal, onEvent } = {}) => {
      requests.push(asked);
      const total = asked.documents.length;
      const scored: ScoredDocument[] = [];
      for (const [index, text] of asked.documents.entries()) {
        await pause?.(index, signal);
        const logit = logitOf(text);
        const score = { index, logit, relevance: 0.5, tokens: 5, truncated: false };
        scored.push(score);
        const progress = {
          done: index + 1,
          total,
          doneTokens: 5 * index + 5,
          totalTokens: 5 * total,
        };
        onEvent?.({ type: 'scoring', ...progress, scores: [score] });
      }
      return { ...model, ranking: rankDocuments(scored, asked.topK), timings };
    },
    dispose: async () => undefined,
  };
}

function providerOf(
  source: ModelSource,
  provide: (call: CallOptions) => Promise<unknown> = async () => undefined,
): ModelProvider {
  const attempt = {
    device: 'wasm',
    dtype: source.dtype,
    downloadBytes: 0,
    provide: async (call: CallOptions) => {
      await provide(call);
      return source;
    },
  } as const;
  return {
    plan: async () => ({ model: source.id, revision: source.revision, attempts: [attempt] }),
    remember: async () => undefined,
  };
}

function modelsOf(fast: WorkerReranker, strong: WorkerReranker, depth?: number): CascadeModels {
  const options = { fastOptions: {}, strongOptions: {} };
  return { fast, strong, ...options, ...(depth !== undefined && { depth }) };
}

/** Runs a cascade and gives how it ended, and what was said of it. */
async function runCascade(
  models: CascadeModels,
  call: CascadeCall = {},
  asked: RerankRequest = request,
): Promise<{
  readonly events: readonly CascadeEvent[];
  readonly result?: CascadeResult;
  readonly error?: RerankError;
}> {
  const events: CascadeEvent[] = [];
  const onEvent = (event: CascadeEvent): void => {
    events.push(event);
    call.onEvent?.(event);
  };
  try {
    return { events, result: await rerankInCascade(asked, models, { ...call, onEvent }) };
  } catch (error) {
    if (!(error instanceof RerankError)) throw error;
    return { events, error };
  }
}

function isScoring(event: CascadeEvent): event is CascadeScoringEvent {
  return event.type === 'scoring';
}

function logitsByIndex(ranking: readonly RankedDocument[]): Map<number, number> {
  const byIndex = ranking.toSorted((a, b) => a.index - b.index);
  return new Map(byIndex.map(({ index, logit }) => [index, logit]));
}

/** The client of a real model, in a worker that runs in this thread. */
function realReranker(source: ModelSource, folder: string): WorkerReranker {
  const read = (file: FileSource) => {
    if (file.from !== 'app') throw new Error(`No file of ${file.from} here.`);
    return Uint8Array.from(readFileSync(path.join(folder, file.path)));
  };
  const open = () =>
    new CrossEncoder(source, {
      // In Node the package resolves to its WASM build.
      openRuntime: async () => ort,
      readModel: async ({ weights, tokenizer, tokenizerConfig }) => ({
        weights: read(weights),
        externalData: [],
        tokenizer: read(tokenizer),
        tokenizerConfig: read(tokenizerConfig),
        close: () => undefined,
      }),
    });
  return new WorkerReranker({
    provider: providerOf(source),
    createWorker: () => new FakeWorker(open),
  });
}

/** BERT with random weights, one layer deep. */
function generateModel(folder: string): ModelSource {
  const generator = fileURLToPath(new URL('../../scripts/models/generate.mjs', import.meta.url));
  const options = '--family bert --layers 1 --vocab 2000 --hidden 32 --max-length 128 --dtype fp32';
  execFileSync(process.execPath, [generator, ...options.split(' '), folder], { stdio: 'pipe' });
  const file = (name: string): FileSource => {
    const { length: bytes } = readFileSync(path.join(folder, name));
    return { from: 'app', path: name, bytes, sha256: '' };
  };
  return {
    id: 'generated/bert',
    revision: 'main',
    dtype: 'fp32',
    maxLength: 128,
    architecture: 'other',
    shape: null,
    weights: file('onnx/model.onnx'),
    externalData: [],
    tokenizer: file('tokenizer.json'),
    tokenizerConfig: file('tokenizer_config.json'),
    expectations: null,
  };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
