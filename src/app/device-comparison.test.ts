import { describe, expect, test } from 'vitest';
import type { LoadedModel, RerankRequest, RerankResult } from '../engine/reranker.ts';
import { loadedOnWasm, timingsOf } from '../engine/result-samples.ts';
import {
  type ComparedDevice,
  type ComparisonDevices,
  type ComparisonStep,
  compareDevices,
  documentsToCompare,
  tokensToCompare,
} from './device-comparison.ts';

const request: RerankRequest = { query: 'q', documents: ['a', 'b', 'c'] };

describe('the comparison of devices', () => {
  test('takes turns, lets no first round count and compares medians', async () => {
    const machine = new TwoDevices({
      // The first time of each turn is of the round that does not count.
      wasm: [900, 100, 140, 800, 120],
      webgpu: [3000, 40, 90, 30],
    });
    const steps: string[] = [];
    const comparison = await compareDevices(
      machine,
      { request, ofDocuments: 10, first: 'wasm' },
      new AbortController().signal,
      ({ device, part, round, rounds }) => steps.push(`${device} ${part} ${round}/${rounds}`),
    );
    expect(steps).toEqual([
      'wasm loading 1/3',
      'wasm warming-up 1/3',
      'wasm measuring 1/3',
      'wasm measuring 2/3',
      'webgpu loading 1/3',
      'webgpu warming-up 1/3',
      'webgpu measuring 1/3',
      'webgpu measuring 2/3',
      'webgpu measuring 3/3',
      'wasm loading 3/3',
      'wasm warming-up 3/3',
      'wasm measuring 3/3',
    ]);
    expect(comparison).toMatchObject({
      wasm: { roundsMs: [100, 140, 120], medianMs: 120, model: { device: 'wasm' } },
      webgpu: { roundsMs: [40, 90, 30], medianMs: 40, model: { device: 'webgpu' } },
      documents: 3,
      ofDocuments: 10,
      tokens: 600,
      faster: 'webgpu',
      factor: 3,
      sameRanking: true,
    });
    expect(comparison.wasm.tokensPerSecond).toBeCloseTo(5000, 9);
    expect(comparison.webgpu.tokensPerSecond).toBeCloseTo(15_000, 9);
  });

  test('begins where the model is, and asks for scores that are not remembered', async () => {
    const machine = new TwoDevices({ wasm: [1, 1, 1, 1], webgpu: [9, 9, 9, 9, 9] });
    const { faster, factor } = await compare(machine, 'webgpu');
    expect(machine.loaded).toEqual(['webgpu', 'wasm', 'webgpu']);
    expect({ faster, factor }).toEqual({ faster: 'wasm', factor: 9 });
    expect(machine.requests.every(({ remember }) => remember === false)).toBe(true);
    expect(machine.requests[0]).toEqual({ ...request, remember: false });
  });

  test('counts fewer rounds where one takes long', async () => {
    const machine = new TwoDevices({ wasm: [6000, 5900, 6000, 6100], webgpu: [20_000, 19_000] });
    const { wasm, webgpu } = await compare(machine, 'wasm');
    expect(wasm).toMatchObject({ roundsMs: [5900, 6100], medianMs: 6000 });
    expect(webgpu.roundsMs).toEqual([19_000]);
  });

  test('says by how much logits differ, and whether the order is another one', async () => {
    const machine = new TwoDevices({ wasm: [1, 1, 1, 1, 1], webgpu: [1, 1, 1, 1] });
    machine.logits.webgpu = [1, 2.25, 3];
    machine.logits.wasm = [1, 2, 3];
    expect(await compare(machine, 'wasm')).toMatchObject({
      largestDifference: 0.25,
      sameRanking: true,
    });
    const other = new TwoDevices({ wasm: [1, 1, 1, 1, 1], webgpu: [1, 1, 1, 1] });
    other.logits.webgpu = [1, 3.5, 3];
    expect(await compare(other, 'wasm')).toMatchObject({
      largestDifference: 1.5,
      sameRanking: false,
    });
  });

  test('stops before the next step once it is cancelled', async () => {
    const machine = new TwoDevices({ wasm: [1, 1, 1, 1], webgpu: [1, 1, 1, 1] });
    const controller = new AbortController();
    const steps: ComparisonStep[] = [];
    const comparing = compareDevices(
      machine,
      { request, ofDocuments: 3, first: 'wasm' },
      controller.signal,
      (step) => {
        steps.push(step);
        if (step.part === 'measuring') controller.abort();
      },
    );
    await expect(comparing).rejects.toMatchObject({ code: 'aborted' });
    expect(steps.map(({ part }) => part)).toEqual(['loading', 'warming-up', 'measuring']);
  });
});

describe('the documents to compare with', () => {
  const documents = ['a', 'b', 'c', 'd'];
  const tokens = [10, 20, 30, 40];

  test('are the most promising ones as far as their tokens go, in the order they were in', () => {
    expect(documentsToCompare(documents, tokens, [0, 3, 1, 2], 60)).toEqual([1, 3]);
    expect(documentsToCompare(documents, tokens, [0, 3, 1, 2], 89)).toEqual([1, 3]);
    expect(documentsToCompare(documents, tokens, [0, 3, 1, 2], 90)).toEqual([1, 2, 3]);
    expect(documentsToCompare(documents, tokens, [1, 1, 1, 1], 60)).toEqual([0, 1, 2]);
  });

  test('are the first ones where nothing is promising, all where there is room, two at least', () => {
    expect(documentsToCompare(documents, tokens, null, 60)).toEqual([0, 1, 2]);
    expect(documentsToCompare(documents, tokens, null, 1000)).toEqual([0, 1, 2, 3]);
    expect(documentsToCompare(documents, tokens, [0, 0, 0, 1], 5)).toEqual([0, 3]);
    expect(documentsToCompare(['a'], [10], null, 5)).toEqual([0]);
  });

  test('are counted by their length where their tokens are not known', () => {
    const long = ['x', 'y', 'z'].map((letter) => letter.repeat(400));
    expect(documentsToCompare(long, [0, 0, 0], null, 300)).toEqual([0, 1]);
    expect(documentsToCompare(long, [0, 0, 0], null, 309)).toEqual([0, 1, 2]);
  });
});

test('a round has tokens for about two seconds, far fewer on a software adapter', () => {
  const onCpu = { tokensPerSecond: 8000, softwareAdapter: false };
  expect(tokensToCompare(onCpu, false)).toBe(16_000);
  expect(tokensToCompare(onCpu, true)).toBe(800);
  expect(tokensToCompare({ tokensPerSecond: 300, softwareAdapter: true }, true)).toBe(600);
  expect(tokensToCompare({ tokensPerSecond: 1e6, softwareAdapter: false }, false)).toBe(30_000);
  expect(tokensToCompare({ tokensPerSecond: 1, softwareAdapter: false }, true)).toBe(100);
  expect(tokensToCompare({ tokensPerSecond: null, softwareAdapter: false }, false)).toBe(2000);
});

function compare(machine: ComparisonDevices, first: ComparedDevice) {
  const plan = { request, ofDocuments: 3, first };
  return compareDevices(machine, plan, new AbortController().signal, () => undefined);
}

/** Two devices that take the times that they are told to, one after the other. */
class TwoDevices implements ComparisonDevices {
  readonly loaded: ComparedDevice[] = [];
  readonly requests: RerankRequest[] = [];
  readonly logits: Record<ComparedDevice, number[]> = { wasm: [1, 2, 3], webgpu: [1, 2, 3] };
  readonly #times: Record<ComparedDevice, number[]>;

  constructor(times: Record<ComparedDevice, number[]>) {
    this.#times = times;
  }

  load(device: ComparedDevice): Promise<LoadedModel> {
    this.loaded.push(device);
    return Promise.resolve({ ...loadedOnWasm, device });
  }

  rerank(asked: RerankRequest): Promise<RerankResult> {
    this.requests.push(asked);
    const device = this.loaded.at(-1) ?? 'wasm';
    const totalMs = this.#times[device].shift();
    if (totalMs === undefined) throw new Error(`One round too many on ${device}.`);
    const ranking = this.logits[device]
      .map((logit, index) => ({ index, logit, relevance: 0, tokens: 200, truncated: false }))
      .toSorted((a, b) => b.logit - a.logit)
      .map((scored, place) => ({ ...scored, rank: place + 1 }));
    const timings = timingsOf({ totalMs, tokens: 600 });
    return Promise.resolve({ ...loadedOnWasm, device, ranking, timings });
  }
}
