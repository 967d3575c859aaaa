import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddedModel } from '../models/embedded-model.ts';
import { Bm25Reranker } from './bm25-reranker.ts';
import { Crossrank } from './crossrank.ts';
import { FakeWorker } from './fake-worker.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

const request = { query: 'panda', documents: ['a panda', 'a bear', 'bamboo'] };
const model = { model: embeddedModel.id, device: 'wasm' } as const;
const cascade = { ...request, fast: model, strong: model, depth: 1 };

beforeEach(() => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('unloading the fast model of cascades', () => {
  it('ends its worker and leaves the model in use', async () => {
    const { crossrank, living } = setUp();
    await crossrank.cascade(cascade);
    expect(living()).toBe(2);
    await crossrank.unloadFast();
    expect(living()).toBe(1);
    expect(crossrank.model).not.toBeNull();
    // The next one loads it again.
    await crossrank.cascade(cascade);
    expect(living()).toBe(2);
    await crossrank.dispose();
  });

  it('waits for the cascade under way', async () => {
    const { crossrank, living } = setUp();
    let livingAtScoring = 0;
    const { strongFailure } = await crossrank.cascade({
      ...cascade,
      onEvent: ({ type, stage }) => {
        if (type !== 'scoring' || stage !== 'fast') return;
        crossrank.unloadFast();
        livingAtScoring = living();
      },
    });
    expect(strongFailure).toBeNull();
    expect(livingAtScoring).toBe(2);
    expect(living()).toBe(1);
    await crossrank.dispose();
  });

  it('ends it after a cascade that was cancelled, too', async () => {
    const { crossrank, living } = setUp();
    const controller = new AbortController();
    const running = crossrank.cascade({
      ...{ ...cascade, signal: controller.signal },
      onEvent: ({ type, stage }) => {
        if (type !== 'scoring' || stage !== 'strong') return;
        crossrank.unloadFast();
        controller.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
    expect(living()).toBe(1);
    await crossrank.dispose();
  });

  it('is forgotten when another cascade begins meanwhile', async () => {
    const { crossrank, living } = setUp();
    let second: Promise<unknown> | null = null;
    await crossrank.cascade({
      ...cascade,
      onEvent: ({ type, stage }) => {
        if (type !== 'scoring' || stage !== 'fast' || second !== null) return;
        crossrank.unloadFast();
        second = crossrank.cascade({ ...cascade, query: 'bear' });
      },
    });
    await second;
    expect(living()).toBe(2);
    await crossrank.dispose();
  });

  it('does nothing where there was no cascade', async () => {
    const { crossrank, living } = setUp();
    await crossrank.rerank({ ...request, ...model });
    await crossrank.unloadFast();
    expect(living()).toBe(1);
    await crossrank.dispose();
  });
});

/** The library with BM25 in its workers, which run in this thread. */
function setUp() {
  const workers: FakeWorker[] = [];
  const createWorker = (): FakeWorker => {
    const worker = new FakeWorker(() => new Bm25Reranker());
    workers.push(worker);
    return worker;
  };
  const crossrank = new Crossrank({
    createWorker,
    createStoreWorker: () => {
      throw new Error('The embedded model needs no store.');
    },
  });
  const living = (): number => workers.filter(({ terminated }) => !terminated).length;
  return { crossrank, living };
}
