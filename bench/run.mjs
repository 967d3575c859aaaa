// `npm run bench`: cold open, pairs per second, padding, time outside the runtime, main-thread
// tasks and first-paint size of the production build, in one run of headless Chromium.
//
// Where there is no GPU the WebGPU figures come from the software adapter: they show that it
// works, never how fast WebGPU is.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { gzipSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import { chromiumFlags, ensureChromium } from '../scripts/chromium.mjs';
import { preparePackages, root } from '../scripts/packages.mjs';
import { measureCollections } from './collections.mjs';
import { mixedPassages } from './passages.mjs';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {Omit<import('../src/index.ts').RerankResult, 'ranking'>} Measured */
/** @typedef {[name: string, value: string, aim: string]} Row */
/** @typedef {Awaited<ReturnType<typeof onWebGpu>>} WebGpuMeasured */

const port = 4193;
const url = `http://localhost:${port}/`;
const runs = 5;

preparePackages();
const executablePath = ensureChromium();
const server = await startServer();
try {
  await report();
} finally {
  server.kill('SIGINT');
}

async function report() {
  const { query, documents, source } = mixedPassages(100);
  /** @type {number[]} */
  const opens = [];
  for (let run = 0; run < runs; run++) opens.push(await inBrowser(coldOpen));
  const { version, wasm, webgpu, tasks, collections } = await inBrowser(async (page, browser) => {
    await open(page);
    /** @type {Measured[]} */
    const onWasm = [];
    for (let run = 0; run < runs; run++) {
      onWasm.push(await rerank(page, { query, documents, device: 'wasm' }));
    }
    return {
      version: browser.version(),
      wasm: onWasm,
      tasks: await tasksWhileScoring(page),
      webgpu: await onWebGpu(page, query, documents),
      collections: await measureCollections(page),
    };
  });

  const [model] = wasm;
  if (model === undefined) throw new Error('Nothing was measured.');
  console.log(`
Machine   ${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.cpus().length} logical cores, ${os.type()}
Browser   Chromium ${version}, headless
Model     ${model.model} ${model.revision}, ${model.dtype}
Documents ${documents.length}, ${source}; medians of ${runs} runs unless said otherwise
`);
  /** @type {Row[]} */
  const rows = [
    ['cold open to the first ranking', `${median(opens).toFixed(0)} ms`, ''],
    ...figures(`WASM, ${model.threads} threads`, wasm),
    ...webGpuRows(webgpu),
    ['main-thread tasks over 50 ms, 1,000 documents', `${tasks.over50}`, '0'],
    ['  the longest of them', tasks.over50 > 0 ? `${tasks.longestMs.toFixed(0)} ms` : 'none', ''],
    [
      `import of ${megabytes(collections.importedBytes)} of JSON Lines, ${collections.importedDocuments} documents`,
      `${(collections.importMs / 1000).toFixed(1)} s`,
      '',
    ],
    [
      `BM25 index of ${collections.indexedDocuments} documents`,
      `${(collections.indexMs / 1000).toFixed(1)} s`,
      '',
    ],
    [
      '  longest main-thread task meanwhile',
      collections.longestTaskMs > 0 ? `${collections.longestTaskMs.toFixed(0)} ms` : 'under 50 ms',
      '',
    ],
    ['JavaScript of the first paint, gzipped', `${firstPaintKb().toFixed(1)} kB`, '<= 120 kB'],
  ];
  for (const [name, value, aim] of rows) {
    console.log(`${name.padEnd(46)}${value.padStart(14)}   ${aim && `aim ${aim}`}`);
  }
}

/**
 * Rows for one device: the median call of several.
 * @param {string} name
 * @param {readonly Measured[]} results
 * @param {boolean} [withoutAims] a few short texts say nothing about them
 * @returns {Row[]}
 */
function figures(name, results, withoutAims = false) {
  const of = (/** @type {(result: Measured) => number} */ pick) => median(results.map(pick));
  const aim = (/** @type {string} */ words) => (withoutAims ? '' : words);
  const outside = of(({ timings }) => 1 - timings.inferenceMs / timings.totalMs);
  return [
    [`${name}: pairs per second`, of(({ timings }) => timings.pairsPerSecond).toFixed(1), ''],
    ['  padded share of tokens', percent(of(({ timings }) => timings.paddedShare)), aim('<= 5 %')],
    ['  time outside session.run', percent(outside), aim('<= 10 %')],
  ];
}

/**
 * All documents on a real adapter. The software one takes seconds for each pair, so there it is a
 * handful of short texts, once.
 * @param {Page} page
 * @param {string} query
 * @param {readonly string[]} documents
 */
async function onWebGpu(page, query, documents) {
  const { webgpu } = await page.evaluate(() => window.crossrank.devices());
  if (!webgpu.available) return webgpu;
  const few = ['hi', 'Paris is a city.', 'The panda is a bear.', 'A loan is money.'];
  /** @type {{ query: string, device: 'webgpu' }} */
  const request = { query: webgpu.software ? 'what?' : query, device: 'webgpu' };
  /** @type {Measured[]} */
  const results = [];
  for (let run = 0; run < (webgpu.software ? 2 : runs + 1); run++) {
    results.push(await rerank(page, { ...request, documents: webgpu.software ? few : documents }));
  }
  // The first run compiles shaders.
  return {
    ...webgpu,
    count: webgpu.software ? few.length : documents.length,
    results: results.slice(1),
  };
}

/**
 * @param {WebGpuMeasured} webgpu
 * @returns {Row[]}
 */
function webGpuRows(webgpu) {
  if (!webgpu.available) return [['WebGPU', `none (${webgpu.reason})`, '']];
  const kind = webgpu.software ? 'software adapter: no measure of WebGPU' : 'real adapter';
  return [
    [`WebGPU on ${webgpu.adapter} (${kind})`, '', ''],
    ...figures(`  ${webgpu.count} documents`, webgpu.results, webgpu.software),
  ];
}

async function coldOpen(/** @type {Page} */ page) {
  const startedAt = performance.now();
  await open(page);
  return performance.now() - startedAt;
}

async function open(/** @type {Page} */ page) {
  await page.goto(url);
  await page.getByTestId('stamp').waitFor();
}

/**
 * @param {Page} page
 * @param {{ query: string, documents: readonly string[], device: 'wasm' | 'webgpu' }} request
 * @returns {Promise<Measured>}
 */
function rerank(page, request) {
  return page.evaluate(async (sent) => {
    const { ranking: _, ...result } = await window.crossrank.rerank({ ...sent, remember: false });
    return result;
  }, request);
}

/** Long tasks of the page between "Rerank" and the finished ranking of 1,000 documents. */
async function tasksWhileScoring(/** @type {Page} */ page) {
  const { query, documents } = mixedPassages(1000);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((text) => navigator.clipboard.writeText(text), documents.join('\n'));
  await page.getByRole('textbox', { name: 'Query' }).fill(query);
  await page.getByRole('textbox', { name: 'Documents' }).focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('ControlOrMeta+v');
  // The paste itself is not scoring.
  await page.getByText('1,000 documents').waitFor();
  await page.evaluate(() => {
    /** @type {number[]} */
    const taskMs = [];
    Object.assign(window, { taskMs });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) taskMs.push(duration);
    }).observe({ type: 'longtask' });
  });
  await page.getByRole('button', { name: 'Rerank', exact: true }).first().click();
  await page.getByTestId('stamp').filter({ hasText: '1,000 pairs' }).waitFor({ timeout: 300_000 });
  /** @type {number[]} */
  const taskMs = await page.evaluate('window.taskMs');
  return { longestMs: Math.max(0, ...taskMs), over50: taskMs.length };
}

/**
 * Every run gets a browser of its own: no warm cache, no compiled code.
 * @template T
 * @param {(page: Page, browser: import('@playwright/test').Browser) => Promise<T>} job
 * @returns {Promise<T>}
 */
async function inBrowser(job) {
  const browser = await chromium.launch({ executablePath, args: chromiumFlags });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-US' });
    page.setDefaultTimeout(120_000);
    return await job(page, browser);
  } finally {
    await browser.close();
  }
}

async function startServer() {
  const child = spawn(process.execPath, ['scripts/start.mjs', '--port', String(port)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let attempt = 0; attempt < 240; attempt++) {
    if (child.exitCode !== null) throw new Error('The server did not start.');
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return child;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('The server did not answer within two minutes.');
}

/** Gzipped bytes of the scripts that index.html names; engine and wasm come later, in workers. */
function firstPaintKb() {
  const html = readFileSync(`${root}/dist/index.html`, 'utf8');
  const folder = `${root}/dist/assets`;
  if (!existsSync(folder)) return Number.NaN;
  const named = readdirSync(folder).filter((file) => file.endsWith('.js') && html.includes(file));
  const bytes = named.map((file) => gzipSync(readFileSync(`${folder}/${file}`)).length);
  return bytes.reduce((sum, size) => sum + size, 0) / 1000;
}

function median(/** @type {readonly number[]} */ values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function megabytes(/** @type {number} */ bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function percent(/** @type {number} */ share) {
  return `${(share * 100).toFixed(1)} %`;
}
