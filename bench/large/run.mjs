// `npm run bench:loading`: how long Crossrank and plain transformers.js take to load the same
// generated model of 569 MB from the same local hub, and how much memory, in one run of headless
// Chromium on WASM.
//
// Options: --rounds N (default 3), --app URL (an app that is served already; else it is built).

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fail, preparePackages, root, runNpm } from '../../scripts/packages.mjs';
import { collectGarbage, garbageFlag, measureHeap } from './app-page.mjs';
import { startApp } from './app-server.mjs';
import { crossrank, transformersJs } from './contenders.mjs';
import { openDiskBrowser } from './disk-browser.mjs';
import { ensureModel } from './large-models.mjs';
import { watchMemory } from './process-memory.mjs';
import { describeMachine, medianOrNull, megabytes, printTable, seconds } from './report.mjs';

/** @typedef {import('./contenders.mjs').Contender} Contender */
/** @typedef {import('./contenders.mjs').LoadRequest} LoadRequest */
/**
 * Bytes are of the whole browser, over what it had with an empty page; null where the system does
 * not tell.
 * @typedef {object} Visit
 * @property {number} readyMs
 * @property {number} selfTestMs
 * @property {Readonly<Record<string, number>>} phasesMs
 * @property {number | null} peakBytes while it loads
 * @property {number | null} heldBytes afterwards, garbage collected: session, page, worker
 * @property {number | null} heapBytes of page and workers then, without what the browser itself needs;
 *   in the first round's second visit alone, since it takes a minute
 * @property {number} firstPairMs
 * @property {number} pairMs
 * @property {readonly number[]} logits
 */
/** @typedef {{ first: Visit, second: Visit }} Round */

const preset = 'bge-reranker-v2-m3';
const id = `test/${preset}`;
const comparison = path.join(import.meta.dirname, 'transformers-js');
const query = 'what is panda?';
const documents = [
  'The panda is a bear that lives in China and eats bamboo.',
  'Paris is the capital of France.',
  'A fish lives in the river.',
];

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, app: { type: 'string' } },
});
const rounds = Number(values.rounds);
if (!(rounds >= 1)) fail('--rounds is a whole number from 1 on.');

preparePackages();
if (!existsSync(path.join(comparison, 'node_modules'))) {
  console.error('Installing transformers.js, for this measurement alone ...');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix'];
  if (!runNpm([...args, comparison])) fail('It could not be installed; see above.');
}
const folder = ensureModel(preset);
const modelBytes = statSync(path.join(folder, 'onnx', 'model_int8.onnx')).size;
const hub = await startHubProcess();
const app = await startApp(values.app);
const other = await transformersJs();
try {
  await report();
} finally {
  other.close();
  app.close();
  hub.close();
}

async function report() {
  const contenders = [crossrank(app.url), other.contender];
  const { version, threads } = await probe();
  /** @type {LoadRequest} */
  const request = { id, host: hub.url, dtype: 'int8', threads };
  /** @type {Map<string, Round[]>} */
  const measured = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      console.error(`round ${round + 1} of ${rounds}: ${contender.name}`);
      measured.get(contender.name)?.push(await measure(contender, request, round === 0));
    }
  }
  const logits = [...measured.values()].flatMap(([round]) => (round ? [round.second.logits] : []));
  const [ours = [], theirs = []] = logits;
  const difference = Math.max(...ours.map((logit, row) => Math.abs(logit - (theirs[row] ?? NaN))));
  // Both run the same file by the same runtime: more would mean that one of them did other work.
  if (!(difference < 0.02)) {
    throw new Error(`The logits differ: ${JSON.stringify({ ours, theirs })}`);
  }

  const machine = describeMachine();
  console.log(`
Machine   ${machine.cpu}, ${machine.logicalCores} logical cores, ${machine.system}
Browser   Chromium ${version}, headless, profile on disk; WASM, ${threads} threads
Model     ${id}, int8, ${megabytes(modelBytes)}, random weights, from a hub on this machine
Figures   medians of ${rounds}, order alternated; each round in a new profile. Memory: that of all of
          the browser's processes, every 100 ms, over an empty page. Logits of both differ by at
          most ${difference.toFixed(4)}
`);
  const results = [...measured].map(([name, all]) => ({
    name,
    first: summary(all.map(({ first }) => first)),
    second: summary(all.map(({ second }) => second)),
    rounds: all,
  }));
  const [a, b] = results;
  if (a === undefined || b === undefined) throw new Error('Nothing was measured.');
  /** @type {string[][]} */
  const rows = [];
  for (const [visit, words] of /** @type {const} */ ([
    ['first', 'first load'],
    ['second', 'second load'],
  ])) {
    const [mine, their] = [a[visit], b[visit]];
    const row = (
      /** @type {string} */ what,
      /** @type {'readyMs' | 'loadMs' | 'toFirstScoreMs' | 'pairMs' | 'peakBytes' | 'heldBytes' | 'heapBytes' | 'aboveBytes'} */ key,
    ) => {
      const show = key.endsWith('Ms') ? seconds : megabytes;
      const ratio = (mine[key] ?? Number.NaN) / (their[key] ?? Number.NaN);
      rows.push([`${words}: ${what}`, show(mine[key]), show(their[key]), ratio.toFixed(2)]);
    };
    row('files to session', 'loadMs');
    row('and its self-test', 'readyMs');
    row('and the first pair', 'toFirstScoreMs');
    row('peak memory', 'peakBytes');
    row('held afterwards', 'heldBytes');
    if (visit === 'second') row('heap of page and workers', 'heapBytes');
    row('peak over held', 'aboveBytes');
  }
  rows.push(['a pair of 20 tokens', seconds(a.second.pairMs), seconds(b.second.pairMs), '']);
  printTable(['', a.name, b.name, 'ratio'], rows);
  const share = (/** @type {number | null} */ bytes) =>
    bytes === null ? 'not measured' : `${(bytes / modelBytes).toFixed(2)} x the model's bytes`;
  const ratio = (/** @type {'loadMs' | 'readyMs'} */ key) =>
    ((a.second[key] ?? Number.NaN) / (b.second[key] ?? Number.NaN)).toFixed(2);
  console.log(`
Aim: the second load no slower: ${ratio('loadMs')} x to the session, ${ratio('readyMs')} x with the self-test,
  which ${b.name} does not have
Aim: the peak at most 1.25 x the model's bytes over what the session holds:
  first load ${share(a.first.aboveBytes)}, second load ${share(a.second.aboveBytes)}
  (${b.name}: ${share(b.first.aboveBytes)}, ${share(b.second.aboveBytes)})
`);
  console.log(
    JSON.stringify({ machine, browser: version, n: rounds, threads, modelBytes, results }),
  );
}

/** @param {readonly Visit[]} visits */
function summary(visits) {
  const of = (/** @type {(visit: Visit) => number | null} */ pick) =>
    medianOrNull(visits.map(pick));
  return {
    loadMs: of(({ readyMs, selfTestMs }) => readyMs - selfTestMs),
    readyMs: of(({ readyMs }) => readyMs),
    toFirstScoreMs: of(({ readyMs, firstPairMs }) => readyMs + firstPairMs),
    pairMs: of(({ pairMs }) => pairMs),
    peakBytes: of(({ peakBytes }) => peakBytes),
    heldBytes: of(({ heldBytes }) => heldBytes),
    heapBytes: of(({ heapBytes }) => heapBytes),
    aboveBytes: of(({ peakBytes, heldBytes }) =>
      peakBytes === null || heldBytes === null ? null : peakBytes - heldBytes,
    ),
  };
}

/**
 * A first visit and, in a fresh page of the same profile, a second one.
 * @param {Contender} contender
 * @param {LoadRequest} request
 * @param {boolean} withHeap
 * @returns {Promise<Round>}
 */
async function measure(contender, request, withHeap) {
  const browser = await openDiskBrowser([garbageFlag]);
  try {
    const memory = watchMemory(browser.pid);
    const empty = await memory.settled();
    const visit = async (/** @type {boolean} */ withHeap) => {
      const page = await contender.open(browser.context);
      memory.start();
      const loaded = await contender.load(page, request);
      const peak = memory.stop();
      await collectGarbage(page);
      const held = await memory.settled();
      const heapBytes = withHeap ? await measureHeap(page) : null;
      const { logits, ms } = await contender.score(page, query, documents);
      await page.close();
      const over = (/** @type {number | null} */ bytes) =>
        bytes === null || empty === null ? null : bytes - empty;
      const [firstPairMs = Number.NaN, ...rest] = ms;
      const pairMs = Math.min(...rest);
      return {
        ...{ ...loaded, peakBytes: over(peak), heldBytes: over(held) },
        ...{ heapBytes, logits, firstPairMs, pairMs },
      };
    };
    return { first: await visit(false), second: await visit(withHeap) };
  } finally {
    await browser.close();
  }
}

/** What the app's page is given to work with: transformers.js is given the same. */
async function probe() {
  const browser = await openDiskBrowser();
  try {
    const page = await browser.context.newPage();
    await page.goto(app.url);
    const { threads } = await page.evaluate(() => window.crossrank.devices());
    return { version: browser.version, threads };
  } finally {
    await browser.close();
  }
}

/**
 * A process of its own, so that sending files and looking at memory do not wait for each other.
 * @returns {Promise<{ url: string, close: () => void }>}
 */
function startHubProcess() {
  const script = path.join(root, 'scripts', 'hub', 'serve-hub.mjs');
  const child = spawn(process.execPath, [script, '--model', `${id}=${folder}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      const [url] = /http:\/\/localhost:\d+/.exec(text) ?? [];
      if (url !== undefined) resolve({ url, close: () => child.kill() });
    });
    child.once('exit', () => reject(new Error(`The hub did not start. ${text}`)));
  });
}
