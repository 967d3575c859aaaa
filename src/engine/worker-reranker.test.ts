import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { ModelSource } from '../models/model-source.ts';
import { BatchError } from './batch-error.ts';
import { Bm25Reranker } from './bm25-reranker.ts';
import { FakeWorker } from './fake-worker.ts';
import type { LoadAttempt, ModelProvider } from './model-provider.ts';
import type { ServedReranker } from './protocol.ts';
import { rankDocuments } from './rank-documents.ts';
import type {
  CallOptions,
  DeviceChoice,
  LoadedModel,
  LoadOptions,
  RerankEvent,
  Reranker,
  RerankRequest,
  RerankResult,
  RerankTimings,
  ScoredDocument,
  ScoringEvent,
  SelfTestReport,
  Tuning,
} from './reranker.ts';
import { loadedOnWasm } from './result-samples.ts';
import { ScoreMemory } from './score-memory.ts';
import { type TuningMemory, tuningKeyOf } from './tuning-memory.ts';
import { WorkerReranker, type WorkerRerankerOptions } from './worker-reranker.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

const request: RerankRequest = { query: 'panda', documents: ['a', 'b', 'c'] };
const wasmModel: LoadedModel = {
  ...loadedOnWasm,
  model: embeddedModel.id,
  revision: embeddedModel.revision,
  dtype: embeddedModel.dtype,
};
const gpuModel: LoadedModel = { ...wasmModel, device: 'webgpu', adapter: 'nvidia ada' };

beforeEach(() => {
  stubNavigator();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a call', () => {
  it('reaches a real reranker through the worker', async () => {
    const { client, workers } = setUp({ reranker: () => new Bm25Reranker() });
    const documents = ['a dog', 'a cat', 'cat cat'];
    const { ranking, device } = await client.rerank({ query: 'cat', documents, topK: 2 });
    expect(ranking.map(({ index }) => index)).toEqual([2, 1]);
    expect(device).toBe('js');
    expect(workers).toHaveLength(1);
    await client.dispose();
  });

  it('gives its events, in order and all of them, before it resolves', async () => {
    const { client } = setUp();
    const told: string[] = [];
    const result = await client.rerank(request, {
      onEvent: (event) => told.push(event.type === 'scoring' ? `scored ${event.done}` : event.type),
    });
    expect(told).toEqual([
      'downloading',
      'downloading',
      'preparing',
      'ready',
      'scored 1',
      'scored 2',
      'scored 3',
    ]);
    const { timings: measured, ...rest } = result;
    expect(rest).toEqual({ ...wasmModel, ranking: rankingOf(request) });
    expect(measured).toMatchObject({ pairs: 3, batches: 3, tokens: 15, remembered: 0 });
  });

  it('loads once for many', async () => {
    const { client, script } = setUp();
    await client.load();
    await Promise.all([client.rerank(request), client.load(), client.rerank(request)]);
    expect(script.loads).toEqual(['wasm']);
    expect(script.reranks).toHaveLength(2);
  });

  it('waits for the ones before it', async () => {
    const gates = [deferred(), deferred()];
    const order: string[] = [];
    const { client } = setUp({
      rerank: async ({ query }) => {
        order.push(`begin ${query}`);
        await gates[Number(query)]?.promise;
        order.push(`end ${query}`);
      },
    });
    const calls = ['0', '1'].map((query) => client.rerank({ ...request, query }));
    gates[1]?.resolve();
    gates[0]?.resolve();
    await Promise.all(calls);
    expect(order).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1']);
  });

  it('scores the documents as they were when it was made', async () => {
    const { client, script } = setUp();
    const documents = ['a', 'b'];
    const first = client.rerank(request);
    const second = client.rerank({ query: 'panda', documents });
    documents.push('added later');
    await Promise.all([first, second]);
    expect(script.reranks[1]?.documents).toEqual(['a', 'b']);
  });
});

describe('errors', () => {
  const codes: RerankErrorCode[] = [
    'aborted',
    'download-failed',
    'model-corrupt',
    'webgpu-unavailable',
    'session-failed',
    'inference-failed',
    'out-of-memory',
    'device-lost',
    'disposed',
  ];

  it.each(codes)('keep their code and message across the wire: %s', async (code) => {
    const { client } = setUp({
      rerank: async () => {
        throw new RerankError(code, `what to do about ${code}`);
      },
    });
    const error = await expectRejection(client.rerank(request), code);
    expect(error.message).toBe(`what to do about ${code}`);
    expect(error.name).toBe(code === 'aborted' ? 'AbortError' : 'RerankError');
  });

  it('of any other kind become RerankErrors', async () => {
    const { client } = setUp({
      rerank: async () => {
        throw new TypeError('x is not a function');
      },
    });
    const error = await expectRejection(client.rerank(request), 'inference-failed');
    expect(error.message).toBe('x is not a function');
  });

  it.each<[RerankErrorCode, number]>([
    ['out-of-memory', 2],
    ['session-failed', 2],
    ['inference-failed', 2],
    ['download-failed', 1],
    ['model-corrupt', 1],
    ['invalid-request', 1],
  ])('after which the worker cannot be trusted start a new one: %s', async (code, count) => {
    let fails = true;
    const { client, workers } = setUp({
      rerank: async () => {
        if (!fails) return;
        fails = false;
        throw new RerankError(code, 'once');
      },
    });
    await expectRejection(client.rerank(request), code);
    expect(workers[0]?.terminated).toBe(count === 2);
    expect((await client.rerank(request)).ranking).toHaveLength(3);
    expect(workers).toHaveLength(count);
  });

  it.each<[string, unknown, RerankErrorCode]>([
    ['an empty query', { query: ' ', documents: ['a'] }, 'empty-query'],
    ['no documents', { query: 'a', documents: [] }, 'no-documents'],
    ['a symbol as document', { query: 'a', documents: [Symbol('a')] }, 'invalid-request'],
    ['nothing at all', undefined, 'invalid-request'],
  ])('of the request need no worker: %s', async (_, bad, code) => {
    const { client, workers } = setUp();
    // What a caller from plain JavaScript may pass.
    await expectRejection(client.rerank(bad as RerankRequest), code);
    expect(workers).toEqual([]);
  });

  it('are not made of what the caller added to the request', async () => {
    const { client } = setUp();
    const documents = new Proxy(['a', 'b'], {});
    const withExtras = { query: 'a', documents, label: () => 'not cloneable' };
    expect((await client.rerank(withExtras)).ranking).toHaveLength(2);
  });

  it('of starting the worker are RerankErrors, and the next call tries again', async () => {
    const { client, createWorker } = setUp();
    createWorker.mockImplementationOnce(() => {
      throw new DOMException('Blocked by the content security policy', 'SecurityError');
    });
    await expectRejection(client.load(), 'worker-crashed');
    expect(await client.load()).toEqual(wasmModel);
  });
});

describe('aborting', () => {
  it('before the start starts nothing', async () => {
    const { client, workers } = setUp();
    const signal = AbortSignal.abort();
    await expectRejection(client.rerank(request, { signal }), 'aborted');
    await expectRejection(client.load({}, { signal }), 'aborted');
    expect(workers).toEqual([]);
  });

  it('a waiting call rejects it at once and never runs it', async () => {
    const gate = deferred();
    const controller = new AbortController();
    const { client, script } = setUp({ rerank: () => gate.promise });
    const running = client.rerank(request);
    const waiting = client.rerank({ ...request, query: 'waits' }, { signal: controller.signal });
    const last = client.rerank({ ...request, query: 'last' });
    controller.abort();
    await expectRejection(waiting, 'aborted');
    gate.resolve();
    await Promise.all([running, last]);
    expect(script.reranks.map(({ query }) => query)).toEqual(['panda', 'last']);
  });

  it('a running call asks the worker to stop, which then goes on to the next', async () => {
    const controller = new AbortController();
    const { client, workers, script } = setUp({
      rerank: async (_, { signal }) => {
        if (script.reranks.length > 1) return;
        controller.abort();
        await aborted(signal);
        throw new RerankError('aborted', 'between two batches');
      },
    });
    const { signal } = controller;
    const error = await expectRejection(client.rerank(request, { signal }), 'aborted');
    expect(error.name).toBe('AbortError');
    await client.rerank(request);
    expect(workers).toHaveLength(1);
    expect(script.loads).toHaveLength(1);
  });

  it('a load that finishes at that moment still ends its worker', async () => {
    const controller = new AbortController();
    const { client, workers } = setUp({
      load: () => {
        if (workers.length === 1) controller.abort();
      },
    });
    await expectRejection(client.load({}, { signal: controller.signal }), 'aborted');
    expect(workers[0]?.terminated).toBe(true);
    expect(client.model).toBeNull();
    expect(await client.load()).toEqual(wasmModel);
  });

  it('between load and rerank leaves the model loaded and scores nothing', async () => {
    const controller = new AbortController();
    const { client, script } = setUp({ onModel: () => controller.abort() });
    await expectRejection(client.rerank(request, { signal: controller.signal }), 'aborted');
    expect(client.model).toEqual(wasmModel);
    expect(script.reranks).toEqual([]);
  });

  it('is what the caller hears even if the worker fails over it, and that worker goes', async () => {
    const controller = new AbortController();
    const { client, workers } = setUp({
      rerank: async (_, { signal }) => {
        controller.abort();
        await aborted(signal);
        throw new RerankError('out-of-memory', 'at the worst moment');
      },
    });
    await expectRejection(client.rerank(request, { signal: controller.signal }), 'aborted');
    // The caller hears of it at once; the next call waits until that is over.
    await client.load();
    expect(workers[0]?.terminated).toBe(true);
  });

  it('lets no event through any more', async () => {
    const controller = new AbortController();
    const events: RerankEvent[] = [];
    const { client } = setUp({
      rerank: async (_, { signal, onEvent }) => {
        onEvent?.(scoringEvent(1));
        await aborted(signal);
        onEvent?.(scoringEvent(2));
        throw new RerankError('aborted', 'too late for the second');
      },
    });
    await client.load();
    const call = client.rerank(request, {
      signal: controller.signal,
      onEvent: (event) => {
        events.push(event);
        controller.abort();
      },
    });
    await expectRejection(call, 'aborted');
    expect(events).toEqual([scoringEvent(1)]);
  });

  it('rejects even when the worker finished before it read of it', async () => {
    const controller = new AbortController();
    const { client, workers } = setUp({ rerank: async () => controller.abort() });
    await expectRejection(client.rerank(request, { signal: controller.signal }), 'aborted');
    expect((await client.rerank(request)).ranking).toHaveLength(3);
    expect(workers).toHaveLength(1);
  });

  it('ends a worker that does not react, and the next call starts another', async () => {
    const controller = new AbortController();
    const begun = deferred();
    const onModel = vi.fn();
    const { client, workers, script } = setUp({
      abortGraceMs: 20,
      onModel,
      rerank: () => {
        if (script.reranks.length > 1) return;
        begun.resolve();
        return new Promise(() => undefined);
      },
    });
    await client.load();
    const call = client.rerank(request, { signal: controller.signal });
    const next = client.rerank(request);
    await begun.promise;
    controller.abort();
    await expectRejection(call, 'aborted');
    expect(workers[0]?.terminated).toBe(false);
    expect((await next).ranking).toHaveLength(3);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
    expect(onModel.mock.calls).toEqual([[wasmModel], [null], [wasmModel]]);
  });

  describe('with a clock in hand', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });

    afterEach(() => {
      vi.useRealTimers();
    });

    it('gives the worker two seconds to react', async () => {
      const controller = new AbortController();
      const begun = deferred();
      const { client, workers } = setUp({
        rerank: () => {
          begun.resolve();
          return new Promise(() => undefined);
        },
      });
      const call = client.rerank(request, { signal: controller.signal });
      await begun.promise;
      const rejection = expectRejection(call, 'aborted');
      controller.abort();
      await vi.advanceTimersByTimeAsync(1999);
      expect(workers[0]?.terminated).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(workers[0]?.terminated).toBe(true);
      await rejection;
    });

    it('does not end a worker that did react', async () => {
      const controller = new AbortController();
      const { client, workers } = setUp({
        rerank: async (_, { signal }) => {
          controller.abort();
          await aborted(signal);
          throw new RerankError('aborted', 'between two batches');
        },
      });
      await expectRejection(client.rerank(request, { signal: controller.signal }), 'aborted');
      await client.load();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(workers[0]?.terminated).toBe(false);
    });
  });

  it.each([
    ['a load', (client: WorkerReranker, call: CallOptions) => client.load({}, call)],
    [
      'the load of a rerank',
      (client: WorkerReranker, call: CallOptions) => client.rerank(request, call),
    ],
  ])('%s ends the worker at once', async (_, start) => {
    const controller = new AbortController();
    const { client, workers } = setUp({
      // So long that the test would not end.
      abortGraceMs: 2 ** 30,
      load: () => (workers.length > 1 ? undefined : new Promise(() => undefined)),
    });
    const call = start(client, {
      signal: controller.signal,
      onEvent: ({ type }) => {
        if (type === 'preparing') controller.abort();
      },
    });
    await expectRejection(call, 'aborted');
    expect(workers[0]?.terminated).toBe(true);
    expect(client.model).toBeNull();
    expect(await client.load()).toEqual(wasmModel);
    expect(workers).toHaveLength(2);
  });

  it('leaves nothing on the signal, however the calls end', async () => {
    const { signal } = new AbortController();
    const { client } = setUp({
      rerank: async ({ query }) => {
        if (query === 'fails') throw new RerankError('download-failed', 'no');
      },
    });
    await client.load({}, { signal });
    await Promise.allSettled([
      client.rerank(request, { signal }),
      client.rerank({ ...request, query: 'fails' }, { signal }),
      client.rerank({ ...request, query: ' ' }, { signal }),
    ]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a worker that dies', () => {
  const deaths: [string, (worker: FakeWorker) => void][] = [
    ['fails', (worker) => worker.fail('out of luck')],
    ['sends what cannot be read', (worker) => worker.dispatchEvent(new Event('messageerror'))],
    ['is killed without a word', (worker) => worker.kill()],
  ];

  it.each(deaths)('rejects the running call the second time: it %s', async (_, die) => {
    stubNavigator({ locks: new FakeLocks() });
    const begun = [deferred(), deferred()];
    const { client, workers, script } = setUp({
      rerank: () => {
        begun[script.reranks.length - 1]?.resolve();
        return new Promise(() => undefined);
      },
    });
    const call = client.rerank(request);
    for (const [number, { promise }] of begun.entries()) {
      await promise;
      for (const worker of workers.slice(number)) die(worker);
    }
    await expectRejection(call, 'worker-crashed');
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
    expect(client.model).toBeNull();
  });

  it.each(deaths)('is replaced on the next call, idle or not: it %s', async (_, die) => {
    stubNavigator({ locks: new FakeLocks() });
    const gone = deferred();
    const onModel = vi.fn((model: LoadedModel | null) => {
      if (model === null) gone.resolve();
    });
    const { client, workers } = setUp({ onModel });
    await client.rerank(request);
    for (const worker of workers) die(worker);
    await gone.promise;
    expect(client.model).toBeNull();
    expect((await client.rerank(request)).ranking).toHaveLength(3);
    expect(workers).toHaveLength(2);
    expect(onModel.mock.calls).toEqual([[wasmModel], [null], [wasmModel]]);
  });

  it('rejects a load with what the browser says', async () => {
    const { client, workers } = setUp({
      load: () => {
        if (workers.length === 1) workers[0]?.fail('Failed to fetch the script');
      },
    });
    const error = await expectRejection(client.load(), 'worker-crashed');
    expect(error.message).toContain('Failed to fetch the script');
    expect(await client.load()).toEqual(wasmModel);
  });

  it('the second time takes every pending call with it; the next one gets a new worker', async () => {
    const { client, workers, script } = setUp({
      rerank: () => {
        if (script.reranks.length > 2) return;
        workers.at(-1)?.fail('crash');
        return new Promise(() => undefined);
      },
    });
    const running = client.rerank(request);
    const waiting = client.rerank({ ...request, query: 'waited' });
    await expectRejection(running, 'worker-crashed');
    await expectRejection(waiting, 'worker-crashed');
    expect((await client.rerank(request)).ranking).toHaveLength(3);
    expect(workers).toHaveLength(3);
  });

  it('comes back on the device that was chosen', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, workers, script } = setUp();
    await client.load({ device: 'webgpu' });
    workers[0]?.fail('crash');
    expect(await client.rerank(request)).toMatchObject({ device: 'webgpu' });
    expect(script.loads).toEqual(['webgpu', 'webgpu']);
  });

  it('is told of once, though it dies in two ways', async () => {
    const onModel = vi.fn();
    const { client, workers } = setUp({ onModel });
    await client.load();
    workers[0]?.fail('first');
    workers[0]?.fail('second');
    workers[0]?.dispatchEvent(new Event('messageerror'));
    expect(onModel.mock.calls).toEqual([[wasmModel], [null]]);
  });

  it('cannot take down the worker after it', async () => {
    const { client, workers } = setUp();
    await client.load();
    workers[0]?.fail('crash');
    await client.load();
    workers[0]?.fail('an echo');
    expect(client.model).toEqual(wasmModel);
    expect(workers[1]?.terminated).toBe(false);
  });
});

describe('the device', () => {
  it('changes in a new worker', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const onModel = vi.fn();
    const { client, workers, script } = setUp({ onModel });
    expect(await client.load({ device: 'wasm' })).toEqual(wasmModel);
    expect(await client.load({ device: 'webgpu' })).toEqual(gpuModel);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
    expect(script.loads).toEqual(['wasm', 'webgpu']);
    expect(onModel.mock.calls).toEqual([[wasmModel], [null], [gpuModel]]);
  });

  it('changes in the turn of the rerank that asks for it', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, workers } = setUp();
    const devices = await Promise.all([
      client.rerank(request, {}, { device: 'wasm' }),
      client.rerank(request, {}, { device: 'webgpu' }),
      client.rerank(request),
    ]);
    expect(devices.map(({ device }) => device)).toEqual(['wasm', 'webgpu', 'webgpu']);
    expect(workers).toHaveLength(2);
  });

  it('stays where another choice means the same one', async () => {
    const { client, workers } = setUp();
    await client.load({ device: 'auto' });
    await client.load({ device: 'wasm' });
    await client.rerank(request, {}, { device: 'auto' });
    expect(workers).toHaveLength(1);
  });

  it('stays when the other one does not exist', async () => {
    const { client, workers } = setUp();
    await client.load();
    await expectRejection(client.load({ device: 'webgpu' }), 'webgpu-unavailable');
    expect(client.model).toEqual(wasmModel);
    expect(await client.rerank(request)).toMatchObject({ device: 'wasm' });
    expect(workers).toHaveLength(1);
  });

  it.each<RerankErrorCode>(['session-failed', 'device-lost'])(
    'steps back to WASM when auto chose a GPU that fails, and says why: %s',
    async (code) => {
      stubNavigator({ adapter: 'nvidia' });
      const onModel = vi.fn();
      const { client, workers, script } = setUp({
        onModel,
        load: ({ device }) => {
          if (device !== 'wasm') throw new RerankError(code, 'shader compiler crashed');
        },
      });
      const events: RerankEvent[] = [];
      const onEvent = (event: RerankEvent): number => events.push(event);
      const step = {
        from: { device: 'webgpu', dtype: 'q8' },
        to: { device: 'wasm', dtype: 'q8' },
        code,
        reason: 'shader compiler crashed',
      };
      const expected = { ...wasmModel, stepDowns: [step], fallbackReason: step.reason };
      expect(await client.load({ device: 'auto' }, { onEvent })).toEqual(expected);
      expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
      expect(script.loads).toEqual(['webgpu', 'wasm']);
      expect(events).toContainEqual({ type: 'stepping-down', step });
      expect(await client.rerank(request)).toMatchObject(expected);
      expect(onModel.mock.calls).toEqual([[expected]]);

      const bytes = events.flatMap((e) => (e.type === 'downloading' ? [e.loadedBytes] : []));
      expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
      expect(events.filter(({ type }) => type === 'ready')).toHaveLength(1);
    },
  );

  it('does not step back from a GPU that was asked for by name', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, workers } = setUp({
      load: () => {
        throw new RerankError('session-failed', 'shader compiler crashed');
      },
    });
    await expectRejection(client.load({ device: 'webgpu' }), 'session-failed');
    expect(workers).toHaveLength(1);
  });

  it('does not step back from WASM to WASM', async () => {
    const { client, workers } = setUp({
      load: () => {
        throw new RerankError('session-failed', 'no WebAssembly here');
      },
    });
    await expectRejection(client.load(), 'session-failed');
    expect(workers).toHaveLength(1);
  });

  it('does not step back when the download is to blame', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, script } = setUp({
      load: () => {
        throw new RerankError('download-failed', 'offline');
      },
    });
    await expectRejection(client.load(), 'download-failed');
    expect(script.loads).toHaveLength(1);
  });
});

describe('a model of several builds', () => {
  const fp16 = { device: 'webgpu', dtype: 'fp16' } as const;
  const fp32 = { device: 'webgpu', dtype: 'fp32' } as const;
  const int8 = { device: 'wasm', dtype: 'int8' } as const;

  it('steps down until a self-test passes, and says each step', async () => {
    const remembered = vi.fn();
    const { client, workers } = setUp({
      provider: ladder([fp16, fp32, int8], { remember: remembered }),
      reranker: () => buildReranker({ fp16: 'broken', fp32: 'differs' }),
    });
    const steps: RerankEvent[] = [];
    const onEvent = (event: RerankEvent): void => {
      if (event.type === 'stepping-down') steps.push(event);
    };
    const model = await client.load({ model: 'a/b' }, { onEvent });
    expect(model).toMatchObject({ ...int8, selfTest: { verdict: 'passed' } });
    expect(model.stepDowns.map(({ from, to, code }) => [from, to, code])).toEqual([
      [fp16, fp32, 'self-test-failed'],
      [fp32, int8, 'self-test-failed'],
    ]);
    expect(steps).toEqual(model.stepDowns.map((step) => ({ type: 'stepping-down', step })));
    expect(model.fallbackReason).toMatch(/fp32 is differs/);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true, false]);
    expect(remembered.mock.calls.map(([{ dtype, selfTest }]) => [dtype, selfTest.verdict])).toEqual(
      [
        ['fp16', 'broken'],
        ['fp32', 'differs'],
        ['int8', 'passed'],
      ],
    );
  });

  it('keeps the last build though it differs, since somebody may have trained it on', async () => {
    const { client } = setUp({
      provider: ladder([fp32, int8]),
      reranker: () => buildReranker({ fp32: 'differs', int8: 'differs' }),
    });
    const model = await client.load({ model: 'a/b' });
    expect(model).toMatchObject({ ...int8, selfTest: { verdict: 'differs' } });
  });

  it('keeps a build that differs on WASM rather than fetch a large one for it', async () => {
    const large = { device: 'wasm', dtype: 'fp32', downloadBytes: 2_000_000_000 } as const;
    const provide = vi.fn();
    const { client } = setUp({
      provider: ladder([int8, { ...large, provide }]),
      reranker: () => buildReranker({ int8: 'differs' }),
    });
    expect(await client.load({ model: 'a/b' })).toMatchObject({ ...int8, stepDowns: [] });
    expect(provide).not.toHaveBeenCalled();
  });

  it('goes back to the one that differs when the next cannot be had', async () => {
    const offline = async () => {
      throw new RerankError('download-failed', 'offline');
    };
    const { client } = setUp({
      provider: ladder([fp32, { ...int8, provide: offline }]),
      reranker: () => buildReranker({ fp32: 'differs' }),
    });
    const model = await client.load({ model: 'a/b' });
    expect(model).toMatchObject({ ...fp32, selfTest: { verdict: 'differs' } });
    expect(await client.rerank(request)).toMatchObject(fp32);
  });

  it('is fetched while the model before goes on scoring', async () => {
    const begun = deferred();
    const fetched = deferred();
    const provide = async (): Promise<ModelSource> => {
      begun.resolve();
      await fetched.promise;
      return { ...embeddedModel, id: 'a/b', dtype: 'int8' };
    };
    const { client } = setUp({
      provider: ladder([int8], { provide }),
      reranker: () => buildReranker({}),
    });
    await client.load();
    const load = client.load({ model: 'a/b' });
    await begun.promise;
    expect(await client.rerank(request)).toMatchObject({ model: embeddedModel.id });
    fetched.resolve();
    expect(await load).toMatchObject({ model: 'a/b' });
    expect(await client.rerank(request)).toMatchObject({ model: 'a/b' });
  });

  it('is not loaded any more when everything is unloaded meanwhile', async () => {
    const begun = deferred();
    const provide = async ({ signal }: CallOptions): Promise<ModelSource> => {
      begun.resolve();
      await aborted(signal);
      throw new RerankError('aborted', 'stopped');
    };
    const { client, workers } = setUp({ provider: ladder([int8], { provide }) });
    await client.load();
    const load = client.load({ model: 'a/b' });
    await begun.promise;
    client.unload();
    await expectRejection(load, 'aborted');
    expect(client.model).toBeNull();
    expect(workers.map(({ terminated }) => terminated)).toEqual([true]);
  });

  it('refuses a last build that is broken', async () => {
    const { client, workers } = setUp({
      provider: ladder([int8]),
      reranker: () => buildReranker({ int8: 'broken' }),
    });
    await expectRejection(client.load({ model: 'a/b' }), 'self-test-failed');
    expect(workers.map(({ terminated }) => terminated)).toEqual([true]);
  });

  it('does not step down when the files cannot be had', async () => {
    const provide = vi.fn(async () => {
      throw new RerankError('download-failed', 'offline');
    });
    const { client, workers } = setUp({ provider: ladder([fp32, int8], { provide }) });
    await expectRejection(client.load({ model: 'a/b' }), 'download-failed');
    expect(provide).toHaveBeenCalledTimes(1);
    expect(workers).toEqual([]);
  });

  it('that cannot be had leaves the model before as it was, in its worker', async () => {
    const { client, workers } = setUp({
      provider: ladder([int8], {
        provide: async () => {
          throw new RerankError('model-not-found', 'no such repository');
        },
      }),
    });
    const before = await client.load();
    await expectRejection(client.load({ model: 'a/b' }), 'model-not-found');
    expect(client.model).toBe(before);
    expect(await client.rerank(request)).toMatchObject({ model: embeddedModel.id });
    expect(workers).toHaveLength(1);
  });

  it('that cannot be opened gives way to the model before', async () => {
    const onModel = vi.fn();
    const { client } = setUp({
      onModel,
      provider: ladder([int8]),
      reranker: () => buildReranker({ int8: 'broken' }),
    });
    const before = await client.load();
    await expectRejection(client.load({ model: 'a/b' }), 'self-test-failed');
    expect(await client.rerank(request)).toMatchObject({ model: embeddedModel.id });
    expect(onModel.mock.calls.map(([model]) => model?.model)).toEqual([
      before.model,
      undefined,
      before.model,
    ]);
  });

  it('is loaded in a worker of its own, and the one before goes', async () => {
    const { client, workers } = setUp({
      provider: ladder([int8]),
      reranker: () => buildReranker({}),
    });
    await client.load();
    expect(await client.load({ model: 'a/b' })).toMatchObject({ model: 'a/b' });
    expect(await client.rerank(request)).toMatchObject({ model: 'a/b', ...int8 });
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
    expect(await client.load({ model: embeddedModel.id })).toMatchObject({ dtype: 'q8' });
    expect(workers).toHaveLength(3);
  });

  it('comes back after it was unloaded, and its calls say that it was', async () => {
    const begun = deferred();
    const { client, workers } = setUp({
      rerank: () => {
        begun.resolve();
        return new Promise(() => undefined);
      },
    });
    const call = client.rerank(request);
    await begun.promise;
    client.unload();
    await expectRejection(call, 'aborted');
    expect(client.model).toBeNull();
    expect(workers.map(({ terminated }) => terminated)).toEqual([true]);
    expect(await client.load()).toEqual(wasmModel);
  });

  it.each([
    ['a device', { device: 'gpu' }],
    ['a dtype', { dtype: 'int4' }],
    ['an empty model', { model: '' }],
    ['a host that is no text', { host: 7 }],
  ])('is refused by what is wrong in the request: %s', async (_, options) => {
    const { client, workers } = setUp();
    // What plain JavaScript may pass.
    await expectRejection(client.load(options as LoadOptions), 'invalid-request');
    expect(workers).toEqual([]);
  });
});

describe('dispose', () => {
  it('rejects the running call, the waiting ones and all later ones', async () => {
    const begun = deferred();
    const { client, workers } = setUp({
      rerank: () => {
        begun.resolve();
        return new Promise(() => undefined);
      },
    });
    const running = client.rerank(request);
    const waiting = client.rerank(request);
    await begun.promise;
    await client.dispose();
    await expectRejection(running, 'disposed');
    await expectRejection(waiting, 'disposed');
    await expectRejection(client.rerank(request), 'disposed');
    await expectRejection(client.load(), 'disposed');
    expect(workers.map(({ terminated }) => terminated)).toEqual([true]);
  });

  it('tells that the model is gone', async () => {
    const onModel = vi.fn();
    const { client } = setUp({ onModel });
    await client.load();
    await client.dispose();
    await client.dispose();
    expect(client.model).toBeNull();
    expect(onModel.mock.calls).toEqual([[wasmModel], [null]]);
  });

  it('before the first call leaves no worker behind', async () => {
    const { client, workers } = setUp();
    const load = client.load();
    await client.dispose();
    await expectRejection(load, 'disposed');
    expect(workers.filter(({ terminated }) => !terminated)).toEqual([]);
  });

  it('in the middle of a change of device leaves no worker behind', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, workers } = setUp();
    await client.load({ device: 'wasm' });
    const change = client.load({ device: 'webgpu' });
    await client.dispose();
    await expectRejection(change, 'disposed');
    expect(workers.filter(({ terminated }) => !terminated)).toEqual([]);
  });

  it('from within an event leaves no worker behind', async () => {
    const { client, workers } = setUp();
    const load = client.load(
      {},
      { onEvent: ({ type }) => void (type === 'ready' && client.dispose()) },
    );
    await expectRejection(load, 'disposed');
    expect(client.model).toBeNull();
    expect(workers.map(({ terminated }) => terminated)).toEqual([true]);
  });
});

describe('when a call has ended', () => {
  it.each<[string, Partial<Script>]>([
    ['well', {}],
    [
      'with an error',
      {
        rerank: () => {
          throw new RerankError('download-failed', 'no');
        },
      },
    ],
  ])('its port is closed: %s', async (_, script) => {
    const { client, workers } = setUp(script);
    await client.load();
    await Promise.allSettled([client.rerank(request)]);
    const ports = workers[0]?.callPorts ?? [];
    expect(ports).toHaveLength(2);
    await Promise.all(ports.map(({ closed }) => closed));
  });

  it('its result is not held on to', async () => {
    const { client } = setUp();
    const results: WeakRef<object>[] = [];
    for (let i = 0; i < 3; i++) {
      results.push(new WeakRef((await client.rerank(request)).ranking));
    }
    await collectGarbage();
    expect(results.filter((result) => result.deref() !== undefined)).toEqual([]);
    await client.dispose();
  });
});

describe('scores of earlier calls', () => {
  const documents = ['a bear', 'a road', 'a panda bear', 'a bear'];
  const asked: RerankRequest = { query: 'panda', documents };

  it('are not computed again, and the answer is the same', async () => {
    const { client, asks } = scoringSetUp();
    const first = await client.rerank(asked);
    const events: RerankEvent[] = [];
    const second = await client.rerank(asked, { onEvent: (event) => events.push(event) });
    expect(asks).toEqual([documents]);
    expect(second.ranking).toEqual(first.ranking);
    expect(events).toMatchObject([{ type: 'scoring', done: 4, total: 4 }]);
    const { timings: memory } = second;
    expect(memory).toMatchObject({ remembered: 4, pairs: 0, pairsPerSecond: 0, timeline: [] });
    expect(first.timings.remembered).toBe(0);
  });

  it('are joined by those of the new documents, in the positions of the request', async () => {
    const { client, asks } = scoringSetUp();
    const fresh = scoringSetUp().client;
    await client.rerank({ ...asked, documents: ['a bear', 'a panda bear'] });
    const events: RerankEvent[] = [];
    const promise = [1, 2, 3, 4];
    const result = await client.rerank(
      { ...asked, promise, topK: 3 },
      { onEvent: (event) => events.push(event) },
    );
    expect(asks).toEqual([['a bear', 'a panda bear'], ['a road']]);
    expect(result.ranking).toEqual((await fresh.rerank({ ...asked, topK: 3 })).ranking);
    expect(result.timings.remembered).toBe(3);
    const told = events.flatMap((event) =>
      event.type === 'scoring' ? event.scores.map(({ index }) => index) : [],
    );
    expect(told).toEqual([0, 2, 3, 1]);
  });

  it('of a call that was cancelled are where the next one goes on', async () => {
    const controller = new AbortController();
    const { client, asks } = scoringSetUp({
      pause: async (done, signal) => {
        if (asks.length > 1 || done < 2) return;
        controller.abort();
        await aborted(signal);
        throw new RerankError('aborted', 'between two batches');
      },
    });
    await expectRejection(client.rerank(asked, { signal: controller.signal }), 'aborted');
    const { timings: measured } = await client.rerank(asked);
    expect(asks[1]).toEqual(['a panda bear']);
    expect(measured.remembered).toBe(3);
  });

  it('of a call that failed are kept, too, in spite of the new worker', async () => {
    const { client, asks, workers } = scoringSetUp({
      pause: async (done) => {
        if (asks.length === 1 && done === 2) throw new RerankError('inference-failed', 'no');
      },
    });
    await expectRejection(client.rerank(asked), 'inference-failed');
    await client.rerank(asked);
    expect(asks[1]).toEqual(['a panda bear']);
    expect(workers).toHaveLength(2);
  });

  it('are left aside on request, and replaced by the new ones', async () => {
    const { client, asks } = scoringSetUp();
    await client.rerank(asked);
    const anew = await client.rerank({ ...asked, remember: false });
    expect(anew.timings.remembered).toBe(0);
    expect(asks).toEqual([documents, documents]);
  });

  it('are those of one query, one way of reading and one device', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, asks } = scoringSetUp();
    await client.rerank(asked, {}, { device: 'wasm' });
    await client.rerank({ ...asked, query: 'bear' });
    await client.rerank({ ...asked, longDocuments: 'truncate' });
    await client.rerank({ ...asked, maxLength: 64 });
    await client.rerank(asked, {}, { device: 'webgpu' });
    expect(asks).toHaveLength(5);
    const { device, timings: memory } = await client.rerank(asked, {}, { device: 'wasm' });
    expect(device).toBe('wasm');
    expect(memory.remembered).toBe(4);
    expect(asks).toHaveLength(5);
  });

  it('are never those of BM25, which depend on the other documents', async () => {
    const { client } = setUp({ reranker: () => new Bm25Reranker() });
    const alone = await client.rerank({ query: 'panda', documents: ['a panda bear'] });
    const beside = await client.rerank(asked);
    expect(beside.timings.remembered).toBe(0);
    const logit = beside.ranking.find(({ index }) => index === 2)?.logit;
    expect(logit).not.toBe(alone.ranking[0]?.logit);
  });

  it('are computed again when they were forgotten', async () => {
    const scores = new ScoreMemory();
    const { client, asks } = scoringSetUp({ scores });
    await client.rerank(asked);
    scores.clear();
    await client.rerank(asked);
    expect(asks).toHaveLength(2);
  });

  it('are not given to a call that is cancelled, or after dispose', async () => {
    const { client } = scoringSetUp();
    await client.rerank(asked);
    const controller = new AbortController();
    const cancelling = client.rerank(asked, {
      signal: controller.signal,
      onEvent: () => controller.abort(),
    });
    await expectRejection(cancelling, 'aborted');
    const onEvent = (): void => void client.dispose();
    await expectRejection(client.rerank(asked, { onEvent }), 'disposed');
    await expectRejection(client.rerank(asked), 'disposed');
  });
});

describe('a run that fails in its midst', () => {
  const documents = ['a bear', 'a road', 'a panda bear', 'a bear'];
  const asked: RerankRequest = { query: 'panda', documents };
  const lost = (): RerankError => new RerankError('device-lost', 'The GPU was lost.');

  it.each<[string, boolean | undefined]>([
    ['scores that are remembered', undefined],
    ['scores of its own alone', false],
  ])('goes on in a new worker from %s, and the answer is the same', async (_, remember) => {
    const expected = await scoringSetUp().client.rerank(asked);
    const onModel = vi.fn();
    const { client, asks, workers } = scoringSetUp({
      onModel,
      pause: async (done) => {
        if (asks.length === 1 && done === 2) throw lost();
      },
    });
    const events: RerankEvent[] = [];
    const result = await client.rerank(
      { ...asked, ...(remember !== undefined && { remember }) },
      { onEvent: (event) => events.push(event) },
    );
    expect(asks).toEqual([documents, ['a panda bear']]);
    expect(result.ranking).toEqual(expected.ranking);
    expect(result.timings.remembered).toBe(3);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
    expect(onModel.mock.calls).toEqual([[wasmModel], [null], [wasmModel]]);
    expect(events.map((event) => (event.type === 'scoring' ? event.done : event.type))).toEqual([
      'ready',
      2,
      3,
      'recovering',
      'ready',
      4,
    ]);
    expect(events).toContainEqual({ type: 'recovering', code: 'device-lost', attempt: 1 });
  });

  it('never counts backwards', async () => {
    const { client, asks } = scoringSetUp({
      pause: async (done) => {
        if (asks.length === 1 && done === 1) throw lost();
      },
    });
    const counts: number[][] = [];
    await client.rerank(asked, {
      onEvent: (event) => {
        if (event.type === 'scoring') counts.push([event.done, event.doneTokens]);
      },
    });
    for (const [at, [done = 0, tokens = 0]] of counts.entries()) {
      const [doneBefore = 0, tokensBefore = 0] = counts[at - 1] ?? [];
      expect(done).toBeGreaterThan(doneBefore);
      expect(tokens).toBeGreaterThan(tokensBefore);
    }
    expect(counts.at(-1)?.[0]).toBe(4);
  });

  it('keeps what it found until then where only the answer was missing', async () => {
    const { client, asks } = scoringSetUp({
      onEnd: () => {
        if (asks.length === 1) throw lost();
      },
    });
    const { ranking } = await client.rerank(asked);
    expect(ranking).toHaveLength(4);
    expect(asks).toHaveLength(1);
  });

  it('is rejected when the GPU is lost again within ten minutes, in the same run or the next', async () => {
    let loses = true;
    const { client } = scoringSetUp({
      pause: async () => {
        if (!loses) return;
        loses = false;
        throw lost();
      },
    });
    expect((await client.rerank(asked)).ranking).toHaveLength(4);
    loses = true;
    const other = { ...asked, query: 'bear' };
    await expectRejection(client.rerank(other), 'device-lost');
    // That was no verdict on the device: asked again, it tries.
    expect((await client.rerank(other)).ranking).toHaveLength(4);
  });

  it('opens what was in use, though another device would be chosen by now', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, script, workers } = setUp({
      rerank: () => {
        if (script.reranks.length > 1) return;
        stubNavigator();
        throw lost();
      },
    });
    expect(await client.rerank(request, {}, { device: 'auto' })).toMatchObject(gpuModel);
    expect(script.loads).toEqual(['webgpu', 'webgpu']);
    expect(workers).toHaveLength(2);
  });

  it('waits once for a GPU that does not come back at once', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, script } = setUp({
      comeBackMs: 1,
      load: () => {
        if (script.loads.length === 2) throw new RerankError('webgpu-unavailable', 'no adapter');
      },
      rerank: () => {
        if (script.reranks.length === 1) throw lost();
      },
    });
    expect((await client.rerank(request)).ranking).toHaveLength(3);
    expect(script.loads).toEqual(['webgpu', 'webgpu', 'webgpu']);
  });

  it('says that the GPU stays away, and the next call may go elsewhere', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const { client, script } = setUp({
      comeBackMs: 1,
      load: ({ device }) => {
        if (script.loads.length === 1 || device !== 'webgpu') return;
        throw new RerankError('webgpu-unavailable', 'no adapter');
      },
      rerank: () => {
        if (script.reranks.length === 1) throw lost();
      },
    });
    const error = await expectRejection(client.rerank(request), 'device-lost');
    expect(error.message).toMatch(/did not come back \(no adapter\).*WASM/);
    expect(script.loads).toEqual(['webgpu', 'webgpu', 'webgpu']);
    expect(await client.rerank(request, {}, { device: 'wasm' })).toMatchObject({ device: 'wasm' });
  });

  it('does not go on with an adapter that stepped in for the GPU', async () => {
    stubNavigator({ adapter: 'nvidia' });
    const software = { ...gpuModel, adapter: 'google swiftshader', softwareAdapter: true };
    let opened = 0;
    const { client, workers } = setUp({
      reranker: () => {
        opened += 1;
        const model = opened === 1 ? gpuModel : software;
        return {
          load: async () => model,
          rerank: async () => Promise.reject(lost()),
          dispose: async () => undefined,
        };
      },
    });
    const error = await expectRejection(client.rerank(request), 'device-lost');
    expect(error.message).toContain('google swiftshader');
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
  });

  it('ends with a worker that crashes while it is opened again: that does not loop', async () => {
    const { client, workers, script } = setUp({
      load: () => {
        if (workers.length > 1) workers.at(-1)?.fail('crash');
        return workers.length > 1 ? new Promise(() => undefined) : undefined;
      },
      rerank: () => {
        workers[0]?.fail('crash');
        return new Promise(() => undefined);
      },
    });
    await expectRejection(client.rerank(request), 'worker-crashed');
    expect(script.loads).toHaveLength(2);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
  });

  it('is stopped while it is opened again, by its caller, an unload or dispose', async () => {
    for (const [stop, code] of [
      ['abort', 'aborted'],
      ['unload', 'aborted'],
      ['dispose', 'disposed'],
    ] as const) {
      const controller = new AbortController();
      const { client, workers } = scoringSetUp({ pause: () => Promise.reject(lost()) });
      const call = client.rerank(asked, {
        signal: controller.signal,
        onEvent: ({ type }) => {
          if (type !== 'recovering') return;
          if (stop === 'abort') controller.abort();
          else client[stop]();
        },
      });
      await expectRejection(call, code);
      // The turn may end a moment after its caller.
      await client.load().catch(() => undefined);
      expect(workers.filter(({ terminated }) => !terminated).length).toBeLessThanOrEqual(1);
    }
  });

  it('leaves the calls that wait in their turn', async () => {
    const { client, asks } = scoringSetUp({
      pause: async () => {
        if (asks.length === 1) throw lost();
      },
    });
    const [first, second] = await Promise.all([
      client.rerank(asked),
      client.rerank({ ...asked, query: 'bear' }),
    ]);
    expect([first.ranking.length, second.ranking.length]).toEqual([4, 4]);
  });

  it('scores everything again where a score depends on the other documents', async () => {
    let fails = true;
    const { client } = setUp({
      reranker: () => {
        const lexical = new Bm25Reranker();
        return {
          load: (options, call) => lexical.load(options, call),
          rerank: (wanted, call) =>
            lexical.rerank(wanted, {
              ...call,
              onEvent: (event) => {
                if (event.type !== 'scoring' || !fails) return call?.onEvent?.(event);
                fails = false;
                call?.onEvent?.({ ...event, done: 1, scores: event.scores.slice(0, 1) });
                throw new RerankError('worker-crashed', 'after the first score');
              },
            }),
          dispose: () => lexical.dispose(),
        };
      },
    });
    const { ranking } = await client.rerank(asked);
    expect(ranking).toEqual((await new Bm25Reranker().rerank(asked)).ranking);
  });

  describe('for want of memory', () => {
    /** A worker whose batches of pairs of 64 tokens fit up to so many tokens. */
    const withRoomFor = (room: number) => {
      const set = scoringSetUp({
        pause: async () => {
          const most = Math.max(64, set.mosts.at(-1) ?? 1024);
          if (most <= room) return;
          throw new BatchError('out-of-memory', 'no room', { rows: most / 64, width: 64 });
        },
      });
      return set;
    };

    it('goes on with batches half as large until one fits, and remembers that', async () => {
      const { client, mosts, workers } = withRoomFor(200);
      const { ranking } = await client.rerank(asked);
      expect(ranking).toHaveLength(4);
      expect(mosts).toEqual([null, 512, 256, 128]);
      expect(workers.map(({ terminated }) => terminated)).toEqual([true, true, true, false]);
      await client.rerank({ ...asked, query: 'bear' });
      expect(mosts.slice(4)).toEqual([128]);
    });

    it('is rejected where a single pair does not fit', async () => {
      const { client, mosts } = withRoomFor(10);
      const error = await expectRejection(client.rerank(asked), 'out-of-memory');
      expect(error).toMatchObject({ batch: { rows: 1, width: 64 } });
      expect(mosts).toEqual([null, 512, 256, 128, 64]);
    });

    it('gives a single pair one more chance in a new worker', async () => {
      const { client, asks } = scoringSetUp({
        pause: async () => {
          if (asks.length > 1) return;
          throw new BatchError('out-of-memory', 'no room', { rows: 1, width: 512 });
        },
      });
      expect((await client.rerank(asked)).ranking).toHaveLength(4);
    });

    it('forgets on another device what did not fit on this one', async () => {
      stubNavigator({ adapter: 'nvidia' });
      const { client, mosts, asks } = scoringSetUp({
        pause: async () => {
          if (asks.length > 1) return;
          throw new BatchError('out-of-memory', 'no room', { rows: 4, width: 64 });
        },
      });
      await client.rerank(asked, {}, { device: 'webgpu' });
      await client.rerank(asked, {}, { device: 'wasm' });
      expect(mosts).toEqual([null, 128, null]);
    });

    it('is rejected where nobody knows how large the batch was', async () => {
      const { client } = scoringSetUp({
        pause: () => Promise.reject(new RerankError('out-of-memory', 'while tokenising')),
      });
      await expectRejection(client.rerank(asked), 'out-of-memory');
    });
  });
});

describe('tunings', () => {
  const tuning: Tuning = { tokenBudget: 512, overheadTokens: 9 };

  it('that were kept go to the worker, and those that it measures are kept', async () => {
    const kept = new Map<string, Tuning>();
    const tunings: TuningMemory = {
      read: (key) => kept.get(key) ?? null,
      write: (key, measured) => void kept.set(key, measured),
    };
    const { client, given } = scoringSetUp({ tunings, tuning });
    await client.rerank(request);
    expect([...kept]).toEqual([[tuningKeyOf(wasmModel), tuning]]);
    await client.rerank({ ...request, query: 'bear' });
    expect(given).toEqual([null, tuning]);
  });

  it('that a benchmark found are kept, too', async () => {
    const kept = new Map<string, Tuning>();
    const tunings: TuningMemory = {
      read: (key) => kept.get(key) ?? null,
      write: (key, measured) => void kept.set(key, measured),
    };
    const { client, given } = scoringSetUp({ tunings, tuning });
    expect(await client.benchmark()).toMatchObject({ tuning });
    expect([...kept]).toEqual([[tuningKeyOf(wasmModel), tuning]]);
    await client.rerank(request);
    expect(given).toEqual([tuning]);
    const without = scoringSetUp({ tunings: { ...tunings, read: () => null } });
    kept.clear();
    await without.client.benchmark();
    expect(kept.size).toBe(0);
  });

  it('hold for one build on one device, and are none without a memory', async () => {
    const keys = new Set<string>();
    const tunings: TuningMemory = {
      read: (key) => {
        keys.add(key);
        return null;
      },
      write: () => undefined,
    };
    stubNavigator({ adapter: 'nvidia' });
    const { client } = scoringSetUp({ tunings });
    await client.rerank(request, {}, { device: 'wasm' });
    await client.rerank(request, {}, { device: 'webgpu' });
    expect([...keys]).toEqual([tuningKeyOf(wasmModel), tuningKeyOf(gpuModel)]);
    const without = scoringSetUp({ tuning });
    await without.client.rerank(request);
    await without.client.rerank({ ...request, query: 'bear' });
    expect(without.given).toEqual([null, null]);
  });
});

describe('timings', () => {
  it('tell of the wait for other calls, and count the way to the worker', async () => {
    let now = 1000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { client } = setUp({
      load: () => {
        now += 300;
      },
      // Of which the worker will say that they were 2.
      rerank: () => {
        now += 50;
      },
    });
    const results = await Promise.all([client.rerank(request), client.rerank(request)]);
    clock.mockRestore();
    const way = { totalMs: 50, transferMs: 48, pairsPerSecond: 60 };
    expect(results.map((result) => result.timings)).toMatchObject([
      { ...way, queueMs: 300 },
      { ...way, queueMs: 350 },
    ]);
  });
});

/** What a scripted reranker does besides answering; what it waits for or throws. */
interface Script {
  readonly load: (options: LoadOptions, call: CallOptions) => Promise<void> | undefined | void;
  readonly rerank: (request: RerankRequest, call: CallOptions) => Promise<void> | undefined | void;
}

interface SetUp extends Partial<Script>, Partial<Omit<WorkerRerankerOptions, 'createWorker'>> {
  readonly reranker?: () => ServedReranker | ((source: ModelSource) => ServedReranker);
}

/** A client whose workers run in this thread, behind a real message channel. */
function setUp({ load, rerank, reranker, ...options }: SetUp = {}) {
  const script: { loads: (DeviceChoice | undefined)[]; reranks: RerankRequest[] } = {
    loads: [],
    reranks: [],
  };
  const workers: FakeWorker[] = [];
  const createWorker = vi.fn((): Worker => {
    const served = reranker?.() ?? scripted;
    const worker = new FakeWorker(typeof served === 'function' ? served : () => served);
    workers.push(worker);
    return worker;
  });
  const scripted: Reranker = {
    load: async (loadOptions = {}, call = {}) => {
      script.loads.push(loadOptions.device);
      call.onEvent?.({ type: 'downloading', loadedBytes: 500, totalBytes: 1000 });
      call.onEvent?.({ type: 'downloading', loadedBytes: 1000, totalBytes: 1000 });
      call.onEvent?.({ type: 'preparing' });
      await load?.(loadOptions, call);
      const model = loadOptions.device === 'webgpu' ? gpuModel : wasmModel;
      call.onEvent?.({ type: 'ready', model });
      return model;
    },
    rerank: async (asked, call = {}): Promise<RerankResult> => {
      script.reranks.push(asked);
      await rerank?.(asked, call);
      asked.documents.forEach((_, index) => {
        call.onEvent?.(scoringEvent(index + 1));
      });
      return { ...wasmModel, ranking: rankingOf(asked), timings };
    },
    dispose: async () => undefined,
  };
  const client = new WorkerReranker({ createWorker, ...options });
  return { client, workers, script, createWorker };
}

interface ScoringSetUp extends Partial<Omit<WorkerRerankerOptions, 'createWorker'>> {
  /** What the reranker waits for or throws when so many distinct texts are scored. */
  readonly pause?: (done: number, signal: AbortSignal | undefined) => Promise<void>;
  /** What it does, or throws, when every text is scored. */
  readonly onEnd?: () => void;
  /** What it has measured. */
  readonly tuning?: Tuning;
}

/** A client of a reranker whose logit is the text's length, and which scores equal texts once. */
function scoringSetUp({ pause, onEnd, tuning, ...options }: ScoringSetUp = {}) {
  const asks: (readonly string[])[] = [];
  const given: (Tuning | null | undefined)[] = [];
  const mosts: (number | null)[] = [];
  const open = (): ServedReranker => {
    let model = wasmModel;
    return {
      load: async ({ device } = {}) => {
        model = device === 'webgpu' ? gpuModel : wasmModel;
        return model;
      },
      rerank: async ({ documents, topK }, { signal, onEvent } = {}, known, most) => {
        asks.push(documents);
        given.push(known);
        mosts.push(most ?? null);
        const scored = documents.map((text, index): ScoredDocument => {
          const tokens = text.length;
          return { index, logit: tokens, relevance: 0.5, tokens, truncated: false };
        });
        const texts = [...new Set(documents)];
        let done = 0;
        for (const [number, text] of texts.entries()) {
          await pause?.(number, signal);
          const scores = scored.filter(({ index }) => documents[index] === text);
          done += scores.length;
          onEvent?.({ ...scoringEvent(done), total: documents.length, scores });
        }
        onEnd?.();
        const ranking = rankDocuments(scored, topK);
        return { ...model, ranking, timings, ...(tuning && { tuning }) };
      },
      benchmark: async () => ({ ...model, rows: [], measuredAt: 0, ...(tuning && { tuning }) }),
      dispose: async () => undefined,
    };
  };
  return { ...setUp({ reranker: () => () => open(), ...options }), asks, given, mosts };
}

/** A provider of the embedded model and of `a/b`, which has these builds. */
function ladder(
  builds: readonly (Pick<LoadAttempt, 'device' | 'dtype'> & Partial<LoadAttempt>)[],
  parts: Partial<Pick<ModelProvider, 'remember'> & Pick<LoadAttempt, 'provide'>> = {},
): ModelProvider {
  const embedded: LoadAttempt = {
    device: 'wasm',
    dtype: 'q8',
    downloadBytes: 0,
    provide: async () => embeddedModel,
  };
  return {
    remember: parts.remember ?? (async () => undefined),
    plan: async ({ model = embeddedModel.id }) => {
      if (model === embeddedModel.id) {
        return { model, revision: embeddedModel.revision, attempts: [embedded] };
      }
      const attempts = builds.map((build): LoadAttempt => {
        const provide = async (): Promise<ModelSource> => ({
          ...embeddedModel,
          ...build,
          id: model,
        });
        return { downloadBytes: 0, ...build, provide: parts.provide ?? build.provide ?? provide };
      });
      return { model, revision: 'r1', attempts };
    },
  };
}

/** A reranker whose self-test ends as told for each dtype; it is opened with a source. */
function buildReranker(
  verdicts: Partial<Record<string, SelfTestReport['verdict']>>,
): (source: ModelSource) => Reranker {
  return (source) => {
    const verdict = verdicts[source.dtype] ?? 'passed';
    const selfTest: SelfTestReport = {
      verdict,
      against: 'published',
      source: 'a test',
      pairs: [],
      largestDifference: null,
      tolerance: 0.1,
      reason: verdict === 'passed' ? '' : `${source.dtype} is ${verdict}`,
    };
    const { id: model, dtype, revision } = source;
    const loaded = { ...wasmModel, model, dtype, revision, selfTest };
    let device: LoadedModel['device'] = 'wasm';
    return {
      load: async (options = {}) => {
        device = options.device === 'webgpu' ? 'webgpu' : 'wasm';
        return { ...loaded, device };
      },
      rerank: async (asked) => ({ ...loaded, device, ranking: rankingOf(asked), timings }),
      dispose: async () => undefined,
    };
  };
}

const timings: RerankTimings = {
  totalMs: 2,
  queueMs: 0,
  tokenizeMs: 1,
  inferenceMs: 1,
  transferMs: 0,
  gpuMs: null,
  pairs: 3,
  pairsPerSecond: 1500,
  batches: 3,
  tokens: 15,
  paddedShare: 0,
  flop: null,
  tokenBudget: 768,
  remembered: 0,
  timeline: [],
};

function rankingOf({ documents }: RerankRequest): RerankResult['ranking'] {
  return documents.map((_, index) => ({
    rank: index + 1,
    index,
    logit: -index,
    relevance: 0.5,
    tokens: 5,
    truncated: false,
  }));
}

function scoringEvent(done: number): ScoringEvent {
  return { type: 'scoring', done, total: 3, doneTokens: done * 5, totalTokens: 15, scores: [] };
}

/** The part of LockManager that is used: exclusive locks, granted in order. */
class FakeLocks {
  readonly #queues = new Map<string, Promise<unknown>>();

  async request(
    name: string,
    optionsOrCallback: { readonly signal: AbortSignal } | (() => unknown),
    callback?: () => unknown,
  ): Promise<unknown> {
    const [run, signal] =
      typeof optionsOrCallback === 'function'
        ? [optionsOrCallback, undefined]
        : [callback, optionsOrCallback.signal];
    const before = this.#queues.get(name);
    const held = (async () => {
      await before;
      signal?.throwIfAborted();
      return await run?.();
    })();
    this.#queues.set(
      name,
      held.catch(() => undefined),
    );
    return await held;
  }
}

function stubNavigator({ adapter, locks }: { adapter?: string; locks?: FakeLocks } = {}): void {
  const info = { vendor: adapter, architecture: 'ada', device: '', description: '' };
  const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
  const requestAdapter = async () => ({ info, limits, features: new Set() });
  const gpu = adapter === undefined ? undefined : { requestAdapter };
  vi.stubGlobal('navigator', { hardwareConcurrency: 2, gpu, locks });
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve());
  });
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A WeakRef holds its target until the current job ends, so the collection begins in another. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  await new Promise((resolve) => setImmediate(resolve));
  collect();
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
