// One model on one device: contenders take turns, so that a busy machine hits all alike.

import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from '../../scripts/packages.mjs';
import { openDiskBrowser } from '../large/disk-browser.mjs';
import { watchMemory } from '../large/process-memory.mjs';
import { median, medianOrNull } from '../large/report.mjs';
import { abortInApp } from './app-page.mjs';
import { saveSessionGraph } from './bare-session.mjs';
import {
  bareContender,
  crossrankContender,
  nativeContender,
  transformersContender,
} from './contenders.mjs';
import { documentsFor, shortDocuments } from './documents.mjs';
import { pretendCores } from './worker-prelude.mjs';

/** @typedef {import('./app-page.mjs').AppRun} AppRun */
/** @typedef {import('./contenders.mjs').Bench} Bench */
/** @typedef {import('./contenders.mjs').Contender} Contender */
/** @typedef {import('./contenders.mjs').ContenderKey} ContenderKey */
/** @typedef {import('./contenders.mjs').Turn} Turn */
/** @typedef {import('./documents.mjs').Documents} Documents */
/** @typedef {import('./models.mjs').BenchModel} BenchModel */
/**
 * @typedef {object} Place
 * @property {string} name
 * @property {'wasm' | 'webgpu'} device
 * @property {number | null} threads null: as many as the app takes
 * @property {boolean} software whether a CPU plays the GPU: then there is no speed to speak of
 * @property {readonly string[]} flags of the browser
 */
/**
 * What one contender came to with one number of documents.
 * @typedef {object} Measured
 * @property {ContenderKey} key
 * @property {string} name
 * @property {string | null} notRun why there are no figures
 * @property {readonly number[]} allMs one for each round
 * @property {number | null} ms their median
 * @property {number | null} ratio median over the rounds of its time / Crossrank's in that round
 * @property {number | null} paddedShare
 * @property {number | null} tokensPerSecond
 * @property {number | null} gflops of the operations that its graph has for these pairs, padding
 *   left out
 * @property {number | null} peakShare these / the device's matrix-product peak
 * @property {number | null} largestDifference of a logit from one pair at a time
 */
/**
 * @typedef {object} CountReport
 * @property {number} documents
 * @property {string} source
 * @property {number} rounds
 * @property {number} tokens
 * @property {readonly Measured[]} contenders
 * @property {Responsiveness | null} responsiveness
 */
/**
 * How soon Crossrank answers, in milliseconds and as multiples of the mean batch of the same call.
 * @typedef {object} Responsiveness
 * @property {number} batches
 * @property {number | null} batchMs
 * @property {number} firstScoreMs
 * @property {number | null} firstScoreBatches
 * @property {number | null} abortMs from `abort()` to the rejection, the longest of several
 * @property {number | null} freeMs from `abort()` to where the worker takes up the next call
 * @property {number | null} freeBatches
 */
/**
 * @typedef {object} PlaceReport
 * @property {string} place
 * @property {'wasm' | 'webgpu'} device
 * @property {number} threads
 * @property {boolean} software
 * @property {string | null} adapter
 * @property {string} model
 * @property {string} dtype
 * @property {number} modelBytes
 * @property {string} browser
 * @property {number} peakGflops
 * @property {import('../../src/engine/reranker.ts').Tuning | null} tuning
 * @property {number} tuningCalls
 * @property {readonly CountReport[]} counts
 * @property {number | null} tenToOne cost of 10,000 documents over that of 1,000, brought to the
 *   tenfold tokens: 10 is linear
 * @property {readonly { key: ContenderKey, documents: number, peakBytes: number | null }[]} memory
 */
/**
 * @typedef {object} Order
 * @property {Omit<Bench, 'context' | 'model' | 'device' | 'threads'>} served
 * @property {string} emptyUrl
 * @property {BenchModel} model
 * @property {Place} place
 * @property {readonly number[]} counts
 * @property {number} rounds
 * @property {boolean} memory
 * @property {boolean} native
 * @property {number} tuningMs the most that is waited until Crossrank has found its tuning
 * @property {number} [untilMs] no round but the first begins after this time of `performance.now()`
 */

/** With more documents a round takes minutes: these many at most. */
const fewerRounds = [
  { from: 5000, rounds: 2 },
  { from: 500, rounds: 3 },
];
/** Beyond this only Crossrank and the ceiling run: that is about linear cost. */
const mostCompared = 1000;
const plainKeys = /** @type {const} */ (['onePaddedBatch', 'onePairAtATime', 'fixedBatches']);

/**
 * @param {Order} order
 * @returns {Promise<PlaceReport>}
 */
export async function measurePlace(order) {
  const { model, place } = order;
  const browser = await openDiskBrowser(place.flags);
  /** @type {(() => Promise<void>)[]} */
  const closers = [];
  const graphFolder = path.join(root, 'node_modules', '.cache', 'crossrank-speed', 'graph');
  try {
    const { context } = browser;
    const threads = await threadsFor(order, context);
    /** @type {Bench} */
    const bench = { ...order.served, context, model, device: place.device, threads };
    console.error(`${place.name}, ${model.name}: opening the contenders`);
    const bare = await bareContender(bench);
    const app = await crossrankContender(bench);
    const lengthsOf = async (/** @type {Documents} */ documents) =>
      (await bare.prepared(documents)).lengths;
    /** @type {Contender[]} */
    const contenders = [app, bare];
    for (const key of plainKeys) {
      // In software, one of them has to do for showing that the same comes out.
      if (place.software && key !== 'onePairAtATime') continue;
      contenders.push(await transformersContender(bench, key, lengthsOf));
    }
    if (order.native && place.device === 'wasm') {
      const page = await context.newPage();
      await page.goto(order.emptyUrl);
      const file = await saveSessionGraph(page, { model, device: 'wasm', threads }, graphFolder);
      await page.close();
      contenders.push(await nativeContender(file, threads, bare.prepared));
    }
    closers.push(...contenders.map(({ close }) => close));

    const first = place.software ? shortDocuments() : documentsFor(order.counts[0] ?? 100);
    console.error('  Crossrank finds its tuning');
    const { tuning, calls } = place.software
      ? { tuning: null, calls: 0 }
      : await app.tuned(order.tuningMs);
    console.error(`  ${calls} calls: ${JSON.stringify(tuning)}`);

    const peaks = [await bare.peakGflops()];
    /** @type {CountReport[]} */
    const counts = [];
    for (const count of place.software ? [first.documents.length] : order.counts) {
      const documents = place.software ? first : documentsFor(count);
      const report = await measureCount({ order, contenders, app, bare, documents, peaks });
      counts.push(report);
    }
    const peakGflops = median(peaks);
    const loaded = await app.page.evaluate(() => window.crossrank.model);
    await closeAll(closers);
    return {
      place: place.name,
      device: place.device,
      threads: loaded?.threads ?? threads,
      software: place.software,
      adapter: loaded?.adapter ?? null,
      model: model.id,
      dtype: model.dtype,
      modelBytes: model.bytes,
      browser: browser.version,
      peakGflops,
      tuning,
      tuningCalls: calls,
      counts: counts.map((report) => ({
        ...report,
        contenders: report.contenders.map((one) => ({
          ...one,
          peakShare: one.gflops === null || place.software ? null : one.gflops / peakGflops,
        })),
      })),
      tenToOne: tenToOne(counts),
      memory: order.memory && !place.software ? await measureMemory(order, threads, counts) : [],
    };
  } finally {
    await closeAll(closers);
    await browser.close();
    rmSync(graphFolder, { recursive: true, force: true });
  }
}

/**
 * @param {object} given
 * @param {Order} given.order
 * @param {readonly Contender[]} given.contenders
 * @param {Awaited<ReturnType<typeof crossrankContender>>} given.app
 * @param {Awaited<ReturnType<typeof bareContender>>} given.bare
 * @param {Documents} given.documents
 * @param {number[]} given.peaks more of them are added
 * @returns {Promise<CountReport>}
 */
async function measureCount({ order, contenders, app, bare, documents, peaks }) {
  const { place, model } = order;
  const count = documents.documents.length;
  const { lengths, paddedShare: packedShare, fullFlop } = await bare.prepared(documents);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const most = fewerRounds.find(({ from }) => count >= from)?.rounds ?? order.rounds;
  const rounds = place.software ? 1 : Math.min(order.rounds, most);

  /** @type {Map<Contender, { turns: Turn[], notRun: string | null }>} */
  const state = new Map();
  for (const contender of contenders) {
    const left = count > mostCompared && contender !== app && contender !== bare;
    const notRun = left ? 'is measured on fewer documents' : await contender.prepare(documents);
    state.set(contender, { turns: [], notRun });
  }
  const runs = async (/** @type {Contender} */ contender) => {
    const held = state.get(contender);
    if (held === undefined || held.notRun !== null) return undefined;
    try {
      return await contender.run();
    } catch (error) {
      // Out of memory, mostly. Ours must not fail.
      if (contender === app || contender === bare) throw error;
      held.notRun = `failed: ${String(error).split('\n')[0]}`;
      held.turns = [];
      return undefined;
    }
  };
  if (count <= mostCompared || place.device === 'webgpu') {
    console.error(`  ${count} documents: once for warming up`);
    for (const contender of contenders) await runs(contender);
  }
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && performance.now() > (order.untilMs ?? Infinity)) break;
    console.error(`  ${count} documents: round ${round + 1} of ${rounds}`);
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const turn = await runs(contender);
      if (turn !== undefined) state.get(contender)?.turns.push(turn);
    }
    peaks.push(await bare.peakGflops());
    done += 1;
  }

  const turnsOf = (/** @type {Contender} */ contender) => state.get(contender)?.turns ?? [];
  const ours = turnsOf(app);
  const flop = ours[0]?.app?.timings.flop ?? fullFlop;
  const single = contenders.find(({ key }) => key === 'onePairAtATime');
  const reference = (single && turnsOf(single)[0]) ?? turnsOf(bare)[0];
  const measured = contenders.map((contender) => {
    const turns = turnsOf(contender);
    const { key, name, rewritten } = contender;
    const notRun = state.get(contender)?.notRun ?? null;
    const ms = medianOrNull(turns.map((turn) => turn.ms));
    const [turn] = turns;
    const perSecond = (/** @type {number} */ amount) => (ms === null ? null : (amount / ms) * 1000);
    const gflops = perSecond(rewritten ? flop : fullFlop);
    const padded = turn?.paddedTokens;
    const shares = {
      crossrank: turn?.app?.timings.paddedShare ?? null,
      bareSession: packedShare,
      native: packedShare,
    };
    return {
      ...{ key, name, notRun, ms, allMs: turns.map((one) => one.ms) },
      ratio: place.software
        ? null
        : medianOrNull(turns.map((one, at) => one.ms / (ours[at]?.ms ?? NaN))),
      paddedShare:
        turn === undefined
          ? null
          : padded === undefined
            ? (shares[/** @type {keyof typeof shares} */ (key)] ?? null)
            : (padded - tokens) / padded,
      tokensPerSecond: perSecond(tokens),
      gflops: gflops === null ? null : gflops / 1e9,
      peakShare: null,
      largestDifference: turn && reference ? largestDifference(turn, reference) : null,
    };
  });
  checkSameWork(measured, { model, tokens, app: ours[0]?.app });
  const responsiveness = place.software ? null : await measureResponsiveness(app, ours);
  return {
    ...{ documents: count, source: documents.source, rounds: done, tokens },
    ...{ contenders: measured, responsiveness },
  };
}

/**
 * A fast wrong answer is no result.
 * @param {readonly Omit<Measured, 'peakShare'>[]} measured
 * @param {{ model: BenchModel, tokens: number, app: AppRun | undefined }} expected
 */
function checkSameWork(measured, { model, tokens, app }) {
  for (const { name, notRun, largestDifference: difference } of measured) {
    if (notRun !== null) continue;
    if (difference === null || !(difference <= model.tolerance)) {
      throw new Error(
        `${name} gives other logits: they differ by ${difference}, and ${model.tolerance} is ` +
          `accepted for ${model.name}. There is no result.`,
      );
    }
  }
  if (app !== undefined && app.timings.tokens !== tokens) {
    throw new Error(`Crossrank scored ${app.timings.tokens} tokens, and there are ${tokens}.`);
  }
}

/** @param {Turn} a @param {Turn} b */
function largestDifference(a, b) {
  if (a.logits.length !== b.logits.length) return Number.NaN;
  let largest = 0;
  for (const [at, logit] of a.logits.entries()) {
    const difference = Math.abs(logit - (b.logits[at] ?? Number.NaN));
    // Also where it is no number.
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(difference)) return difference;
  }
  return largest;
}

/**
 * @param {Awaited<ReturnType<typeof crossrankContender>>} app
 * @param {readonly Turn[]} turns
 * @returns {Promise<Responsiveness | null>}
 */
async function measureResponsiveness(app, turns) {
  const runs = turns.flatMap((turn) => turn.app ?? []);
  const [run] = runs;
  if (run === undefined) return null;
  const { batches, inferenceMs } = run.timings;
  const batchMs = median(runs.map(({ timings }) => timings.inferenceMs / timings.batches));
  const firstScoreMs = median(runs.map((one) => one.firstScoreMs));
  const aborts = [];
  for (const share of [0.05, 0.2, 0.4, 0.6]) {
    const aborted = await abortInApp(app.page, { share, delayMs: batchMs * (0.1 + share) });
    if (aborted !== null) aborts.push(aborted);
  }
  const longest = (/** @type {readonly number[]} */ values) =>
    values.length === 0 ? null : Math.max(...values);
  const freeMs = longest(aborts.map((one) => one.freeMs));
  const inBatches = (/** @type {number | null} */ ms) =>
    ms === null || inferenceMs === 0 ? null : ms / batchMs;
  return {
    ...{ batches, batchMs, firstScoreMs, freeMs },
    abortMs: longest(aborts.map((one) => one.rejectedMs)),
    firstScoreBatches: inBatches(firstScoreMs),
    freeBatches: inBatches(freeMs),
  };
}

/** @param {readonly CountReport[]} counts */
function tenToOne(counts) {
  const perToken = (/** @type {number} */ documents) => {
    const report = counts.find((one) => one.documents === documents);
    const ms = report?.contenders.find(({ key }) => key === 'crossrank')?.ms;
    return report === undefined || ms == null ? null : ms / report.tokens;
  };
  const [large, small] = [perToken(10_000), perToken(1000)];
  return large === null || small === null ? null : (10 * large) / small;
}

/**
 * Threads that all contenders get. Where the place says how many, the app is made to believe in so
 * many processors.
 * @param {Order} order
 * @param {import('@playwright/test').BrowserContext} context
 */
async function threadsFor({ place, served }, context) {
  if (place.threads !== null) {
    await pretendCores(context, place.threads);
    return place.threads;
  }
  const page = await context.newPage();
  await page.goto(served.appUrl);
  const { threads } = await page.evaluate(() => window.crossrank.devices());
  await page.close();
  return threads;
}

/**
 * Peak memory of the whole browser over an empty page, from opening a contender to its result; a
 * browser of its own for each.
 * @param {Order} order
 * @param {number} threads
 * @param {readonly CountReport[]} counts
 */
async function measureMemory(order, threads, counts) {
  const { place, model } = order;
  const results = [];
  for (const { documents: count, contenders } of counts) {
    if (count > mostCompared) continue;
    const documents = documentsFor(count);
    for (const { key, notRun } of contenders) {
      if (notRun !== null || key === 'native') continue;
      console.error(`  peak memory of ${key}, ${count} documents`);
      const browser = await openDiskBrowser(place.flags);
      try {
        if (place.threads !== null) await pretendCores(browser.context, place.threads);
        const page = await browser.context.newPage();
        await page.goto(order.emptyUrl);
        await wait(500);
        const memory = watchMemory(browser.pid);
        const empty = await memory.settled();
        memory.start();
        /** @type {Bench} */
        const bench = {
          ...{ ...order.served, context: browser.context, model, device: place.device, threads },
        };
        const contender =
          key === 'crossrank'
            ? await crossrankContender(bench)
            : key === 'bareSession'
              ? await bareContender(bench)
              : await transformersContender(bench, key, async () => [1]);
        await contender.prepare(documents);
        await contender.run();
        const peak = memory.stop();
        const peakBytes = peak === null || empty === null ? null : peak - empty;
        results.push({ key, documents: count, peakBytes });
      } finally {
        await browser.close();
      }
    }
  }
  return results;
}

async function closeAll(/** @type {(() => Promise<void>)[]} */ closers) {
  for (const close of closers.splice(0)) await close().catch(() => undefined);
}
