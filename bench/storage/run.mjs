// `npm run bench:storage`: the origin-private file system against Cache Storage for a file of the
// size of a large model, in a worker of a real Chromium that keeps its storage on disk.
//
// Options: --rounds N (default 3), --mebibytes N (default 600).
// The system's file cache is warm: what was just written is read from memory, by all alike.

import path from 'node:path';
import { parseArgs } from 'node:util';
import { preparePackages } from '../../scripts/packages.mjs';
import { openDiskBrowser } from '../large/disk-browser.mjs';
import { watchMemory } from '../large/process-memory.mjs';
import { describeMachine, median, megabytes, printTable, seconds } from '../large/report.mjs';
import { servePlaces } from '../large/static-server.mjs';

/** @typedef {import('./storage.worker.mjs').Outcome} Outcome */
/** @typedef {import('@playwright/test').Page} Page */
/**
 * @typedef {object} Operation
 * @property {string} job of storage.worker.mjs
 * @property {string} name
 * @property {string} [before] the job that prepares it, on empty storage; default: what was written
 *   by the operation before is read
 */

/**
 * Groups that run together: a write, and the reads of what it wrote.
 * @type {readonly (readonly Operation[])[]}
 */
const groups = [
  [
    { job: 'opfs-sync-write', name: 'write: OPFS, sync access handle', before: 'clear' },
    { job: 'opfs-sync-read', name: 'read: OPFS, sync handle into one buffer' },
    { job: 'opfs-blob-read', name: 'read: OPFS, getFile().arrayBuffer()' },
    { job: 'opfs-sync-pieces', name: 'read: OPFS, sync handle, 1 MiB at a time' },
  ],
  [{ job: 'opfs-writable-write', name: 'write: OPFS, createWritable()', before: 'clear' }],
  [
    { job: 'cache-write', name: 'write: Cache, put() of a stream', before: 'clear' },
    { job: 'cache-read', name: 'read: Cache, match().arrayBuffer()' },
    { job: 'cache-stream-read', name: 'read: Cache, match().body into one buffer' },
  ],
  [
    { job: 'cache-parts-write', name: 'write: Cache, parts of 16 MiB', before: 'clear' },
    { job: 'cache-parts-read', name: 'read: Cache, parts of 16 MiB joined' },
  ],
  [{ job: 'opfs-sync-append', name: 'resume at half: OPFS, sync handle', before: 'opfs-half' }],
  [
    {
      job: 'opfs-writable-append',
      name: 'resume at half: OPFS, createWritable()',
      before: 'opfs-half',
    },
  ],
  [{ job: 'cache-parts-append', name: 'resume at half: Cache, parts', before: 'cache-parts-half' }],
];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    mebibytes: { type: 'string', default: '600' },
  },
});
const rounds = Number(values.rounds);
const pieceBytes = 2 ** 20;
const sizes = {
  pieceBytes,
  partBytes: 16 * pieceBytes,
  totalBytes: Number(values.mebibytes) * pieceBytes,
};
if (
  !(rounds >= 1) ||
  !Number.isSafeInteger(sizes.totalBytes) ||
  sizes.totalBytes < 2 * sizes.partBytes
) {
  throw new Error('--rounds is a whole number from 1 on, --mebibytes one from 32 on.');
}

preparePackages();
const { url, close } = await servePlaces({
  '/storage.worker.mjs': path.join(import.meta.dirname, 'storage.worker.mjs'),
});
const browser = await openDiskBrowser();
try {
  await report();
} finally {
  await browser.close();
  close();
}

async function report() {
  const page = await browser.context.newPage();
  await page.goto(`${url}/`);
  const memory = watchMemory(browser.pid, 20);
  const operations = groups.flat();
  /** @type {Map<string, Outcome[]>} */
  const outcomes = new Map(operations.map(({ job }) => [job, []]));
  for (let round = 0; round < rounds; round++) {
    // Each round begins elsewhere, so that no operation always comes first.
    const order = groups.map((_, index) => groups[(index + round * 2) % groups.length] ?? []);
    for (const { job, before } of order.flat()) {
      console.error(`round ${round + 1} of ${rounds}: ${job}`);
      await prepare(page, before);
      outcomes.get(job)?.push(await run(page, job));
    }
  }
  // Apart from the times: looking at the memory of a process slows it down.
  /** @type {Map<string, number | null>} */
  const peaks = new Map();
  for (const { job, before } of operations) {
    console.error(`memory: ${job}`);
    await prepare(page, before);
    const idle = await memory.settled();
    memory.start();
    await run(page, job);
    const peak = memory.stop();
    peaks.set(job, peak === null || idle === null ? null : peak - idle);
  }

  const machine = describeMachine();
  const results = operations.map(({ job, name }) => {
    const measured = outcomes.get(job) ?? [];
    const firstMs = measured.flatMap((outcome) => outcome.firstMs ?? []);
    const ms = measured.map((outcome) => outcome.ms);
    return {
      ...{ job, name, ms: median(ms), leastMs: Math.min(...ms), mostMs: Math.max(...ms) },
      firstByteMs: firstMs.length > 0 ? median(firstMs) : null,
      peakBytes: peaks.get(job) ?? null,
    };
  });
  console.log(`
Machine   ${machine.cpu}, ${machine.logicalCores} logical cores, ${machine.system}
Browser   Chromium ${browser.version}, headless, profile on disk
File      ${megabytes(sizes.totalBytes)} of random bytes in pieces of 1 MiB; medians of ${rounds} (least to most)
Memory    peak of the browser's process tree over what it was before, one run of its own
`);
  printTable(
    ['in a worker', 'time', 'least', 'most', 'before 1st byte', 'memory'],
    results.map(({ name, ms, leastMs, mostMs, firstByteMs, peakBytes }) => [
      name,
      ...[ms, leastMs, mostMs].map(seconds),
      firstByteMs === null ? '' : seconds(firstByteMs),
      megabytes(peakBytes),
    ]),
  );
  const n = rounds;
  console.log(
    `\n${JSON.stringify({ ...{ machine, browser: browser.version, n, sizes, results } })}`,
  );
}

/**
 * @param {Page} page
 * @param {string | undefined} job
 */
async function prepare(page, job) {
  if (job === undefined) return;
  await run(page, 'clear');
  if (job !== 'clear') await run(page, job);
}

/**
 * @param {Page} page
 * @param {string} job
 * @returns {Promise<Outcome>}
 */
async function run(page, job) {
  /** @type {Outcome} */
  const outcome = await page.evaluate(
    ({ job, sizes }) =>
      new Promise((resolve, reject) => {
        const worker = new Worker('/storage.worker.mjs', { type: 'module' });
        worker.onerror = ({ message }) => reject(new Error(`${job}: ${message}`));
        worker.onmessage = ({ data }) => {
          worker.terminate();
          resolve(data);
        };
        worker.postMessage({ job, sizes });
      }),
    { job, sizes },
  );
  if (outcome.error !== undefined) throw new Error(outcome.error);
  return outcome;
}
