// `npm run bench:collections`: a whole collection reranked in the page, and 10,000 candidates for one
// query: memory of the page, main-thread tasks, what a second run costs, how the long list scrolls.
//
// The collection is TREC DL19's (43 queries, 100 candidates each) where it lies beside the project,
// and a generated one of that size elsewhere.

import { existsSync } from 'node:fs';
import os from 'node:os';
import { chromium } from '@playwright/test';
import * as vite from 'vite';
import { chromiumFlags, ensureChromium } from '../scripts/chromium.mjs';
import { preparePackages, root } from '../scripts/packages.mjs';
import { mixedPassages } from './passages.mjs';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {{ name: string, mimeType: string, buffer: Buffer }} Picked */

const port = 4194;
const shared = `${root}/../shared/eval/trec-dl19`;

preparePackages();
const executablePath = ensureChromium();
process.env.NODE_ENV = 'production';
await vite.build({ root, logLevel: 'error' });
const server = await vite.preview({ root, logLevel: 'error', preview: { port, strictPort: true } });
const browser = await chromium.launch({
  args: chromiumFlags,
  ...(executablePath && { executablePath }),
});
try {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${port}/#/collections`);
  await countTasks(page);
  console.log(`
Machine   ${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.cpus().length} logical cores, ${os.type()}
Browser   Chromium ${browser.version()}, headless
`);
  await wholeCollection(page);
  await manyCandidates(page);
} finally {
  await browser.close();
  await server.close();
}

async function wholeCollection(/** @type {Page} */ page) {
  const { files, source } = existsSync(shared) ? dl19() : generated();
  console.log(`43 queries with 100 candidates each (${source})`);
  await bring(page, files);
  const before = await heapMb(page);
  const { elapsedMs, mostMb } = await rerank(page, /^Done: 43 queries/);
  row('reranked in', seconds(elapsedMs));
  row('heap of the page before, at most, after', `${before}, ${mostMb}, ${await heapMb(page)} MB`);
  row('main-thread tasks over 50 ms', await tasks(page));
  const again = await rerank(page, /^Done: 43 queries/, /4,300 known before/);
  row('the same run again, all scores known', seconds(again.elapsedMs));
}

async function manyCandidates(/** @type {Page} */ page) {
  console.log('\nOne query with 10,000 candidates (short texts, generated)');
  const count = 10_000;
  const documents = Array.from({ length: count }, (_, number) => ({
    _id: `d${number}`,
    text: `note ${number} about loans, rivers and hills`,
  }));
  const run = documents
    .map(({ _id }, at) => `q1 Q0 ${_id} ${at + 1} ${count - at} made\n`)
    .join('');
  await page.goto(`http://localhost:${port}/#/collections`);
  await bring(page, [
    picked('corpus.jsonl', jsonLines(documents)),
    picked('queries.jsonl', jsonLines([{ _id: 'q1', text: 'rivers and loans' }])),
    picked('first.run', run),
    picked('judged.qrels', 'q1 0 d17 1\nq1 0 d900 1\n'),
  ]);
  await page.getByRole('textbox', { name: 'Depth' }).fill(String(count));
  const before = await heapMb(page);
  await tasks(page);
  const { elapsedMs, mostMb } = await rerank(page, /^Done: 1 query/);
  row('reranked in', seconds(elapsedMs));
  row('heap of the page before, at most, after', `${before}, ${mostMb}, ${await heapMb(page)} MB`);
  row('main-thread tasks over 50 ms', await tasks(page));
  const again = await rerank(page, /^Done: 1 query/, /10,000 known before/);
  row('the same run again, all scores known', seconds(again.elapsedMs));
  await page.getByRole('link', { name: 'Queries', exact: true }).click();
  await page.getByText('rivers and loans').first().click();
  await page.getByText('10,000 rows').waitFor({ state: 'attached' });
  row('rows drawn of 10,000', String(await page.locator('.ranking > li').count()));
  const frames = await scroll(page);
  row('scrolling for 3 s: frame, median and 95 %', frames);
  row('main-thread tasks over 50 ms', await tasks(page));
}

/**
 * @param {Page} page
 * @param {readonly (string | Picked)[]} files
 */
async function bring(page, files) {
  const picker = page.getByLabel(/^Import files…/).first();
  const paths = files.filter((file) => typeof file === 'string');
  if (paths.length > 0) await picker.setInputFiles(paths);
  else await picker.setInputFiles(files.filter((file) => typeof file !== 'string'));
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('button', { name: 'Open the collection' }).click();
  await page.getByRole('button', { name: 'Rerank', exact: true }).waitFor();
}

/**
 * @param {Page} page
 * @param {RegExp} done
 * @param {RegExp} [besides] tells this run's end from the one before
 */
async function rerank(page, done, besides) {
  const startMs = performance.now();
  let mostMb = 0;
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  const ended = page.getByText(besides ?? done).first();
  let isDone = false;
  const waiting = ended.waitFor({ timeout: 1_200_000 }).then(() => {
    isDone = true;
  });
  while (!isDone) {
    await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 4000))]);
    if (!isDone) mostMb = Math.max(mostMb, await heapMb(page));
  }
  return { elapsedMs: performance.now() - startMs, mostMb };
}

/** JavaScript heap of the page after a collection of garbage; workers have heaps of their own. */
async function heapMb(/** @type {Page} */ page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return Math.round(usedSize / 1e5) / 10;
}

async function countTasks(/** @type {Page} */ page) {
  await page.evaluate(() => {
    /** @type {number[]} */
    const durations = [];
    Object.assign(window, { taskDurations: durations });
    new PerformanceObserver((list) => {
      durations.push(...list.getEntries().map(({ duration }) => duration));
    }).observe({ entryTypes: ['longtask'] });
  });
}

/** Those since the last call. */
async function tasks(/** @type {Page} */ page) {
  const durations = await page.evaluate(() => {
    const all = Reflect.get(window, 'taskDurations');
    return /** @type {number[]} */ (all).splice(0);
  });
  return durations.length === 0
    ? 'none'
    : `${durations.length}, the longest ${Math.max(...durations).toFixed(0)} ms`;
}

async function scroll(/** @type {Page} */ page) {
  const [median, late] = await page.evaluate(async () => {
    /** @type {number[]} */
    const gaps = [];
    let last = performance.now();
    const end = last + 3000;
    while (performance.now() < end) {
      window.scrollBy(0, 400);
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    gaps.sort((a, b) => a - b);
    return [0.5, 0.95].map((share) => gaps[Math.floor(gaps.length * share)] ?? Number.NaN);
  });
  return `${median?.toFixed(1)} and ${late?.toFixed(1)} ms`;
}

function dl19() {
  return {
    files: [`${shared}/first-stage-bm25.json`, `${shared}/qrels.txt`],
    source: 'TREC DL19, BM25',
  };
}

function generated() {
  const { documents } = mixedPassages(4300);
  const queries = Array.from({ length: 43 }, (_, number) => ({
    _id: `q${number}`,
    text: documents[number * 100]?.split(' ').slice(1, 7).join(' ') ?? '',
  }));
  const lines = documents.map((_, at) => {
    const rank = (at % 100) + 1;
    return `q${Math.floor(at / 100)} Q0 d${at} ${rank} ${101 - rank} made\n`;
  });
  return {
    files: [
      picked('corpus.jsonl', jsonLines(documents.map((text, at) => ({ _id: `d${at}`, text })))),
      picked('queries.jsonl', jsonLines(queries)),
      picked('first.run', lines.join('')),
      picked('judged.qrels', queries.map(({ _id }, at) => `${_id} 0 d${at * 100} 1\n`).join('')),
    ],
    source: 'generated',
  };
}

/**
 * @param {string} name
 * @param {string} text
 * @returns {Picked}
 */
function picked(name, text) {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(text) };
}

function jsonLines(/** @type {readonly object[]} */ records) {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

function seconds(/** @type {number} */ ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/**
 * @param {string} name
 * @param {string} value
 */
function row(name, value) {
  console.log(`  ${name.padEnd(44)}${value.padStart(24)}`);
}
