// `npm run test:large`: models of the true size of bge-reranker-v2-m3 (generated, random weights),
// loaded from a hub on this machine into the built app in a real Chromium, on WASM: downloaded,
// aborted, resumed, verified, scored, kept, deleted; the int8 one on WebGPU, too (a software adapter),
// rewritten for it. Reports times and memory; takes some minutes, 3 GB of disk and 3 GB of memory,
// and is no part of `npm test`.
//
// Options: --app URL (an app that is served already; else it is built).

import { copyFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  abortScoring,
  collectGarbage,
  garbageFlag,
  measureHeap,
  recordLoad,
  scorePairs,
} from '../bench/large/app-page.mjs';
import { startApp } from '../bench/large/app-server.mjs';
import { openDiskBrowser } from '../bench/large/disk-browser.mjs';
import { ensureModel, nativeLogits } from '../bench/large/large-models.mjs';
import { watchMemory } from '../bench/large/process-memory.mjs';
import { describeMachine, median, megabytes, printTable, seconds } from '../bench/large/report.mjs';
import { startHub } from './hub/serve-hub.mjs';
import { preparePackages } from './packages.mjs';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../bench/large/app-page.mjs').LoadRecord} LoadRecord */
/** @typedef {import('./hub/serve-hub.mjs').Hub} Hub */
/**
 * @typedef {object} Subject
 * @property {string} preset of scripts/models/generate.mjs
 * @property {'int8' | 'fp32'} dtype
 * @property {string} graph
 * @property {string} weights the largest file
 * @property {number} tolerance between WASM and the native runtime, in logits
 * @property {boolean} brought whether the native runtime's logits lie beside the model, for the
 *   self-test
 */

/** @type {readonly Subject[]} */
const subjects = [
  {
    preset: 'bge-reranker-v2-m3',
    dtype: 'int8',
    graph: 'onnx/model_int8.onnx',
    weights: 'onnx/model_int8.onnx',
    // Where two runtimes round one activation differently, 24 layers of random weights spread it.
    tolerance: 0.5,
    brought: false,
  },
  {
    preset: 'bge-reranker-v2-m3-1-layer',
    dtype: 'fp32',
    graph: 'onnx/model.onnx',
    weights: 'onnx/model.onnx_data',
    tolerance: 0.001,
    brought: true,
  },
];

/** Slower than this is a failure; the aim is printed beside what was measured. */
const mostAbortMs = 3000;
const aimedAbortMs = 300;

const fallbackPairs = [
  { query: 'what is panda?', document: 'The panda is a bear that lives in China and eats bamboo.' },
  { query: 'what is panda?', document: 'Paris is the capital of France.' },
  { query: '如何申请公积金贷款?', document: '住房公积金贷款办理指南' },
];

/** @type {string[]} */
const failures = [];
/** @type {[name: string, value: string, aim: string][]} */
const rows = [];

const { values } = parseArgs({ options: { app: { type: 'string' } } });
preparePackages();
const prepared = subjects.map(prepare);
const hub = await startHub({
  models: Object.fromEntries(prepared.map(({ id, folder }) => [id, folder])),
});
const app = await startApp(values.app);
const browser = await openDiskBrowser([garbageFlag]);
const memory = watchMemory(browser.pid, 50);
/** @type {Record<string, unknown>} */
const measured = {};
try {
  const empty = await memory.settled();
  for (const subject of prepared) {
    console.error(`\n${subject.id}, ${subject.dtype}`);
    rows.push([`${subject.id}, ${subject.dtype}, ${megabytes(subject.bytes)}`, '', '']);
    measured[subject.id] = await testModel(subject, empty);
  }
} catch (error) {
  failures.push(`It broke off: ${error instanceof Error ? error.stack : error}`);
} finally {
  await browser.close();
  app.close();
  await hub.close();
}

const machine = describeMachine();
console.log(`
Machine   ${machine.cpu}, ${machine.logicalCores} logical cores, ${machine.system}
Browser   Chromium ${browser.version}, headless, profile on disk; WASM
Memory    of all of the browser's processes, every 50 ms, over an empty page
`);
printTable(
  ['', '', 'aim'],
  rows.map(([name, value, aim]) => [name, value, aim]),
);
console.log(`\n${JSON.stringify({ machine, browser: browser.version, measured, failures })}`);
if (failures.length > 0) {
  console.error(`\n${failures.length} failed:\n${failures.map((text) => `- ${text}`).join('\n')}`);
  process.exitCode = 1;
} else {
  console.log('\nAll is as it should be.');
}

/** @param {Subject} subject */
function prepare(subject) {
  const folder = ensureModel(subject.preset);
  const native = nativeLogits(folder, subject.graph);
  const brought = path.join(folder, 'reference-logits.json');
  if (subject.brought && native !== null) copyFileSync(native.file, brought);
  else rmSync(brought, { force: true });
  const bytes = statSync(path.join(folder, subject.weights)).size;
  return { ...subject, id: `test/${subject.preset}`, folder, native, bytes };
}

/**
 * @param {ReturnType<typeof prepare>} subject
 * @param {number | null} empty memory of the browser with an empty page
 */
async function testModel(subject, empty) {
  const { id, dtype, bytes, weights, native } = subject;
  const request = { model: id, host: hub.url, dtype };
  const over = (/** @type {number | null} */ now) =>
    now === null || empty === null ? null : now - empty;
  const check = (/** @type {boolean} */ holds, /** @type {string} */ what) => {
    console.error(`  ${holds ? 'ok  ' : 'FAIL'} ${what}`);
    if (!holds) failures.push(`${id}: ${what}`);
  };
  /** Loads and looks at memory meanwhile. @param {Page} page @param {string} words */
  const load = async (page, words) => {
    memory.start();
    const record = await recordLoad(page, request);
    const peakBytes = over(memory.stop());
    await collectGarbage(page);
    const heldBytes = over(await memory.settled());
    check(record.error === null, `${words}: loads (${record.error?.message ?? 'yes'})`);
    rows.push(
      [`  ${words}`, seconds(record.totalMs), ''],
      [
        '    of which self-test',
        seconds(record.totalMs - (record.firstMs.testing ?? Number.NaN)),
        '',
      ],
      ['    peak memory', megabytes(peakBytes), ''],
      ['    held afterwards', megabytes(heldBytes), ''],
      [
        '    peak over held, model = 1',
        peakBytes === null || heldBytes === null
          ? 'not measured'
          : ((peakBytes - heldBytes) / bytes).toFixed(2),
        '<= 1.25',
      ],
    );
    return { ...record, peakBytes, heldBytes };
  };

  // The first visit.
  let page = await openApp();
  hub.clearRequests();
  const first = await load(page, 'first load');
  checkProgress(first, bytes, check);
  const wanted = subject.brought && native !== null ? 'passed' : 'unchecked';
  const { verdict, reason } = first.selfTest ?? { verdict: 'none', reason: '' };
  check(verdict === wanted, `self-test: ${verdict}, expected ${wanted} (${reason || 'no remark'})`);
  check(fetchedBytes(weights) === bytes, 'the weights are fetched once');
  await checkScores(page, native?.pairs ?? null, subject.tolerance, check);
  await page.close();

  // The second one: nothing is asked of the hub.
  page = await openApp();
  hub.clearRequests();
  const second = await load(page, 'second load, fresh page');
  check(hub.requests.length === 0, 'the second load asks the hub for nothing');
  const heapBytes = await measureHeap(page);
  rows.push(['    heap of page and workers', megabytes(heapBytes), '']);
  const pairs = native?.pairs ?? fallbackPairs;
  const scored = await scorePairs(page, pairs);
  const pairMs = median(scored.map(({ ms }) => ms));
  const tokens = median(scored.map((pair) => pair.tokens));
  rows.push([`    a pair of about ${tokens} tokens`, seconds(pairMs), '']);
  const kept = await page.evaluate(() => window.crossrank.models());
  const mine = kept.find((model) => model.id === id);
  check(
    mine?.builds.some((build) => build.dtype === dtype && build.complete) === true,
    'models() lists it as complete',
  );

  // Aborts: while scoring, while the session is made, in the middle of the download.
  const texts = Array.from(
    { length: 200 },
    (_, number) => `${number} ${'river water '.repeat(60)}`,
  );
  const scoring = await abortScoring(page, 'what is panda?', texts);
  checkAbort('while scoring', scoring, check);
  await page.close();
  const onGpu = dtype === 'int8' ? await testOnWebGpu(subject, over, check) : null;
  page = await openApp();
  const preparing = await recordLoad(page, request, { preparingMs: 300 });
  checkAbort('while the session is made', aborted(preparing), check);

  const usedBefore = await usedBytes(page);
  const removeMs = await removeModel(page, mine?.key ?? '');
  rows.push(['    deletion right after that', seconds(removeMs), '']);
  const freed = await waitFor(async () => usedBefore - (await usedBytes(page)) >= 0.95 * bytes);
  check(
    freed,
    `deletion frees the storage (${megabytes(usedBefore)} before, ${megabytes(await usedBytes(page))} after)`,
  );

  hub.clearRequests();
  const stopped = await recordLoad(page, request, { share: 0.4 });
  checkAbort('in the middle of the download', aborted(stopped), check);
  const quiet = await waitFor(async () => hub.openResponses === 0);
  check(quiet, 'an aborted download leaves the connection');
  const partBytes = await storedBytesOf(page, id);
  check(
    partBytes > 0.2 * bytes && partBytes < bytes,
    `what arrived is kept (${megabytes(partBytes)})`,
  );
  await page.close();

  // Resumed in a fresh page, over a connection that breaks once.
  page = await openApp();
  hub.clearRequests();
  const cutAfter = Math.floor(bytes / 5);
  const heal = hub.faults.add({
    match: weights,
    kind: 'cut',
    afterBytes: cutAfter,
    times: 1,
    host: 'cdn',
  });
  const resumed = await load(page, 'resumed load');
  heal();
  checkProgress(resumed, bytes, check);
  const ranges = hub.requests
    .filter(({ host, path: asked }) => host === 'cdn' && asked.endsWith(weights))
    .map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0));
  const [from = 0, again = 0] = ranges;
  check(from > 0, `the resumed load asks for a range (from ${megabytes(from)})`);
  check(
    ranges.length === 2 && again > from,
    `the cut connection is resumed (from ${megabytes(again)})`,
  );
  const fetched = fetchedBytes(weights);
  check(
    fetched === cutAfter + bytes - again,
    `only the rest is fetched (${megabytes(fetched)} of ${megabytes(bytes)})`,
  );
  // Sent, but not read: Linux holds up to 32 MB for a busy reader, and drops them with the connection.
  const lost = from + cutAfter - again;
  check(
    lost >= 0 && lost < 96e6,
    `of what was under way at the cut, ${megabytes(lost)} come twice`,
  );
  check(
    (await scorePairs(page, pairs.slice(0, 1)))[0]?.logit === scored[0]?.logit,
    'the resumed files score the same',
  );
  await removeModel(page, mine?.key ?? '');
  await page.close();
  return {
    heapBytes,
    first,
    second,
    onGpu,
    resumed,
    pairMs,
    abortMs: { scoring: scoring.ms, preparing: preparing.abortMs, download: stopped.abortMs },
  };
}

/**
 * Loads the kept int8 file on WebGPU, for which its graph is rewritten, and scores one short pair:
 * a software adapter takes many seconds for it.
 * @param {ReturnType<typeof prepare>} subject
 * @param {(bytes: number | null) => number | null} over what is more than with an empty page
 * @param {(holds: boolean, what: string) => void} check
 */
async function testOnWebGpu({ id, dtype, native }, over, check) {
  const page = await openApp();
  memory.start();
  const loaded = await page.evaluate(
    async (request) => {
      const startedAt = performance.now();
      /** @type {Record<string, number>} */
      const firstMs = {};
      const { device, selfTest } = await window.crossrank.load({
        ...request,
        device: 'webgpu',
        onEvent: ({ type }) => {
          firstMs[type] ??= performance.now() - startedAt;
        },
      });
      return {
        device,
        verdict: selfTest?.verdict,
        firstMs,
        totalMs: performance.now() - startedAt,
      };
    },
    { model: id, host: hub.url, dtype },
  );
  const peakBytes = over(memory.stop());
  const { preparing = Number.NaN, testing = Number.NaN } = loaded.firstMs;
  check(loaded.device === 'webgpu', `runs on WebGPU (self-test: ${loaded.verdict})`);
  /** @type {readonly { query: string, document: string, logit?: number }[]} */
  const pairs = native?.pairs ?? fallbackPairs;
  const [pair] = pairs.toSorted((a, b) => a.document.length - b.document.length);
  const [scored] = await scorePairs(page, pair === undefined ? [] : [pair]);
  const logit = scored?.logit ?? Number.NaN;
  check(Number.isFinite(logit), `a pair has a logit on WebGPU (${logit.toFixed(4)})`);
  const reference = pair?.logit ?? Number.NaN;
  // The native runtime rounds activations to 8 bit, and the blocks on WebGPU do not.
  const difference = Math.abs(logit - reference);
  rows.push(
    ['  load on WebGPU (software)', seconds(loaded.totalMs), ''],
    ['    rewriting and session', seconds(testing - preparing), ''],
    ['    of which self-test', seconds(loaded.totalMs - testing), ''],
    ['    peak memory', megabytes(peakBytes), ''],
    [`    a pair of ${scored?.tokens ?? 0} tokens`, seconds(scored?.ms ?? Number.NaN), ''],
    ['    difference to native dynamic int8', difference.toFixed(4), ''],
  );
  await page.close();
  return { ...loaded, peakBytes, pairMs: scored?.ms, logit, reference };
}

async function openApp() {
  const page = await browser.context.newPage();
  await page.goto(app.url);
  // The embedded model has ranked the first page: from here on nothing moves by itself.
  await page.getByTestId('stamp').waitFor({ timeout: 120_000 });
  return page;
}

/**
 * @param {LoadRecord} record
 * @param {number} bytes of the weights alone
 * @param {(holds: boolean, what: string) => void} check
 */
function checkProgress({ bytes: seen }, bytes, check) {
  check(seen !== null, 'progress is told');
  if (seen === null) return;
  const [total = 0] = seen.totals;
  check(!seen.fell, 'progress never falls');
  check(seen.totals.length === 1 && total >= bytes, `the total stays ${megabytes(total)}`);
  check(seen.last === total, 'progress ends at the total');
}

/** @param {LoadRecord} record */
function aborted({ error, abortMs }) {
  return { code: error?.code ?? 'not aborted', ms: abortMs ?? Number.NaN };
}

/**
 * @param {string} when
 * @param {{ code: string, ms: number }} outcome
 * @param {(holds: boolean, what: string) => void} check
 */
function checkAbort(when, { code, ms }, check) {
  rows.push([`    abort ${when}`, `${ms.toFixed(0)} ms`, `< ${aimedAbortMs} ms`]);
  check(code === 'aborted' && ms < mostAbortMs, `abort ${when}: ${code}, ${ms.toFixed(0)} ms`);
}

/**
 * @param {Page} page
 * @param {readonly import('../bench/large/large-models.mjs').ReferencePair[] | null} native
 * @param {number} tolerance
 * @param {(holds: boolean, what: string) => void} check
 */
async function checkScores(page, native, tolerance, check) {
  const scored = await scorePairs(page, native ?? fallbackPairs);
  const logits = scored.map(({ logit }) => logit);
  const shown = logits.map((logit) => logit.toFixed(4)).join(', ');
  check(logits.every(Number.isFinite), `logits are finite (${shown})`);
  check(new Set(logits).size === logits.length, 'logits are distinct');
  if (native === null) {
    rows.push(['    against the native runtime', 'not compared', '']);
    return;
  }
  const differences = native.map(({ logit }, row) => Math.abs(logit - (logits[row] ?? Number.NaN)));
  const largest = Math.max(...differences);
  rows.push(['    largest difference to native', largest.toFixed(5), `<= ${tolerance}`]);
  check(
    largest <= tolerance,
    `logits are the native runtime's (${largest.toFixed(5)} off at most)`,
  );
}

/** What both servers sent of a file. */
function fetchedBytes(/** @type {string} */ file) {
  const answers = hub.requests.filter((request) => request.path.endsWith(file));
  return answers.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
}

/** @param {Page} page */
function usedBytes(page) {
  return page.evaluate(async () => (await navigator.storage.estimate()).usage ?? Number.NaN);
}

/**
 * @param {Page} page
 * @param {string} id
 */
function storedBytesOf(page, id) {
  return page.evaluate(async (wanted) => {
    const kept = await window.crossrank.models();
    return kept.find((model) => model.id === wanted)?.bytes ?? 0;
  }, id);
}

/**
 * Unloads the model and deletes it. A worker that was ended while it computes may hold its files
 * for some seconds more.
 * @param {Page} page
 * @param {string} key
 * @returns {Promise<number>} milliseconds until it was deleted
 */
function removeModel(page, key) {
  return page.evaluate(async (wanted) => {
    const startedAt = performance.now();
    await window.crossrank.unload();
    for (;;) {
      try {
        await window.crossrank.removeModel(wanted);
        return performance.now() - startedAt;
      } catch (error) {
        if (performance.now() - startedAt > 10_000) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }, key);
}

/** Asks for ten seconds. */
async function waitFor(/** @type {() => Promise<boolean>} */ holds) {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await holds()) return true;
    await wait(100);
  }
  return false;
}
