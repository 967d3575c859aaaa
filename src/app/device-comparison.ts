import type { LoadedModel, RerankRequest, RerankResult } from '../engine/reranker.ts';
import { checkAborted } from '../models/abort.ts';

/** The two devices that a model can run on in a browser. */
export type ComparedDevice = 'wasm' | 'webgpu';

/** What a comparison is doing: opening the model on a device, a run that does not count, or one that does. */
export interface ComparisonStep {
  readonly device: ComparedDevice;
  readonly part: 'loading' | 'warming-up' | 'measuring';
  /** From 1; of `rounds` that count on this device. */
  readonly round: number;
  readonly rounds: number;
}

/** One device: what ran there, and how fast. */
export interface ComparedSide {
  readonly model: LoadedModel;
  /** One per round that counts, in order. */
  readonly roundsMs: readonly number[];
  readonly medianMs: number;
  /** By the median. */
  readonly tokensPerSecond: number;
}

/** The same documents on both devices. */
export interface DeviceComparison {
  readonly wasm: ComparedSide;
  readonly webgpu: ComparedSide;
  /** Documents that were scored, of how many, and the tokens of their pairs. */
  readonly documents: number;
  readonly ofDocuments: number;
  readonly tokens: number;
  readonly faster: ComparedDevice;
  /** How many times as fast as the other one, >= 1. */
  readonly factor: number;
  /** Largest difference of a logit between the two. */
  readonly largestDifference: number;
  readonly sameRanking: boolean;
}

/** What a comparison needs of the library. */
export interface ComparisonDevices {
  /** Opens the model there; what was open before is closed. */
  load(device: ComparedDevice, signal: AbortSignal): Promise<LoadedModel>;
  /** Scores on the device that was loaded last. */
  rerank(request: RerankRequest, signal: AbortSignal): Promise<RerankResult>;
}

/** What is scored, and where to begin. */
export interface ComparisonPlan {
  readonly request: RerankRequest;
  /** Documents that there were to choose from. */
  readonly ofDocuments: number;
  /** Where the model is now: begun there, nothing has to be loaded. */
  readonly first: ComparedDevice;
}

/** More than this in the round that does not count, and fewer rounds count. */
const roundMs = { forThree: 5000, forTwo: 15_000 } as const;
/** A device that takes longer to load is not gone back to for its last round. */
const mostLoadMs = 5000;

/**
 * Scores the same documents on both devices, each device in its turn: the first, the other one, and
 * the first again for its last round, so that a machine that grows slower with the heat is not held
 * against one of them. Before each turn comes a round that does not count, since a device is slow
 * the first time. Three rounds count, fewer where one takes long; their median is compared.
 * @throws RerankError of the library; `aborted` when the signal says so.
 */
export async function compareDevices(
  devices: ComparisonDevices,
  { request, ofDocuments, first }: ComparisonPlan,
  signal: AbortSignal,
  onStep: (step: ComparisonStep) => void,
): Promise<DeviceComparison> {
  const asked: RerankRequest = { ...request, remember: false };
  const other = first === 'wasm' ? 'webgpu' : 'wasm';
  const sides = { [first]: newSide(), [other]: newSide() } as Record<ComparedDevice, Side>;

  /** Loads, warms up and measures; `share` is the part of the rounds that is for this turn. */
  const takeTurn = async (device: ComparedDevice, share: (rounds: number) => number) => {
    const side = sides[device];
    const step = { device, round: side.roundsMs.length + 1, rounds: side.rounds };
    checkAborted(signal);
    onStep({ ...step, part: 'loading' });
    const startedAt = performance.now();
    side.model = await devices.load(device, signal);
    side.loadMs = performance.now() - startedAt;
    checkAborted(signal);
    onStep({ ...step, part: 'warming-up' });
    const warmUp = await devices.rerank(asked, signal);
    if (side.roundsMs.length === 0) side.rounds = roundsFor(warmUp.timings.totalMs);
    const until = side.roundsMs.length + share(side.rounds);
    while (side.roundsMs.length < Math.min(until, side.rounds)) {
      const round = side.roundsMs.length + 1;
      checkAborted(signal);
      onStep({ device, part: 'measuring', round, rounds: side.rounds });
      const result = await devices.rerank(asked, signal);
      side.result = result;
      side.roundsMs.push(result.timings.totalMs);
    }
  };

  await takeTurn(first, (rounds) => Math.ceil(rounds / 2));
  await takeTurn(other, (rounds) => rounds);
  const slowLoad = Math.max(sides[first].loadMs, sides[other].loadMs) > mostLoadMs;
  if (!slowLoad && sides[first].roundsMs.length < sides[first].rounds) {
    await takeTurn(first, (rounds) => rounds);
  }
  checkAborted(signal);
  return comparisonOf(sides, request.documents.length, ofDocuments);
}

/**
 * The documents to compare with, by their position and ascending: the most promising ones, as far
 * as their tokens go, and two at least: one alone has no order.
 * @param tokens of each pair; 0 where not known
 * @param promise higher is more promising; null: the first ones
 */
export function documentsToCompare(
  documents: readonly string[],
  tokens: ArrayLike<number>,
  promise: ArrayLike<number> | null,
  mostTokens: number,
): readonly number[] {
  const order = documents.map((_, index) => index);
  if (promise !== null) order.sort((a, b) => (promise[b] ?? 0) - (promise[a] ?? 0) || a - b);
  const chosen: number[] = [];
  let sum = 0;
  for (const index of order) {
    // About four characters are a token in English; in Chinese, where one is, the run is shorter.
    sum += tokens[index] || Math.ceil((documents[index] ?? '').length / 4) + 3;
    if (sum > mostTokens && chosen.length > 1) break;
    chosen.push(index);
  }
  return chosen.sort((a, b) => a - b);
}

/**
 * How many tokens a round may have, so that it takes about two seconds on the slower device.
 * @param last the run before, by which the speed is known; a run in which nothing was scored tells
 *   nothing
 * @param software whether the GPU adapter computes on the CPU, which is many times slower
 */
export function tokensToCompare(
  last: { readonly tokensPerSecond: number | null; readonly softwareAdapter: boolean },
  software: boolean,
): number {
  const known = (last.tokensPerSecond ?? 1000) * 2;
  // Known of WASM, it promises too much for a software adapter.
  const wanted = software && !last.softwareAdapter ? known / softwareSlowdown : known;
  const [least, most] = software ? [100, 1000] : [500, 30_000];
  return Math.round(Math.min(most, Math.max(least, wanted)));
}

/** How much slower than WASM a software adapter is, about. */
const softwareSlowdown = 20;

interface Side {
  rounds: number;
  loadMs: number;
  model: LoadedModel | null;
  /** Of the last round. */
  result: RerankResult | null;
  readonly roundsMs: number[];
}

function newSide(): Side {
  return { rounds: 3, loadMs: 0, model: null, result: null, roundsMs: [] };
}

function roundsFor(warmUpMs: number): number {
  if (warmUpMs <= roundMs.forThree) return 3;
  return warmUpMs <= roundMs.forTwo ? 2 : 1;
}

function comparisonOf(
  sides: Readonly<Record<ComparedDevice, Side>>,
  documents: number,
  ofDocuments: number,
): DeviceComparison {
  const [wasm, webgpu] = [comparedSide(sides.wasm), comparedSide(sides.webgpu)];
  const faster = webgpu.side.medianMs < wasm.side.medianMs ? 'webgpu' : 'wasm';
  const times = [wasm.side.medianMs, webgpu.side.medianMs] as const;
  const logits = new Map(wasm.result.ranking.map(({ index, logit }) => [index, logit]));
  const differences = webgpu.result.ranking.map(({ index, logit }) =>
    Math.abs(logit - (logits.get(index) ?? Number.NaN)),
  );
  return {
    wasm: wasm.side,
    webgpu: webgpu.side,
    documents,
    ofDocuments,
    tokens: wasm.result.timings.tokens,
    faster,
    factor: Math.max(...times) / Math.max(Math.min(...times), 1e-6),
    largestDifference: differences.reduce((most, one) => Math.max(most, one), 0),
    sameRanking: wasm.result.ranking.every(
      ({ index }, place) => webgpu.result.ranking[place]?.index === index,
    ),
  };
}

function comparedSide({ model, result, roundsMs }: Side): {
  readonly side: ComparedSide;
  readonly result: RerankResult;
} {
  // Every turn ends with a round that counts.
  if (model === null || result === null) throw new Error('A device was not measured.');
  const medianMs = median(roundsMs);
  const tokensPerSecond = medianMs > 0 ? (result.timings.tokens / medianMs) * 1000 : 0;
  return { side: { model, roundsMs, medianMs, tokensPerSecond }, result };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? 0) + (high ?? 0)) / 2;
}
