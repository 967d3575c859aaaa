// `npm run bench:soak`: a thousand rerank calls in one page, and what is left of them. Reports the
// heaps of page and worker, WebAssembly memory, GPU buffers and the memory of the browser's
// processes before and after; fails where something grew.

import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fail, preparePackages } from '../scripts/packages.mjs';
import { openDiskBrowser } from './large/disk-browser.mjs';
import { watchMemory } from './large/process-memory.mjs';
import { printTable } from './large/report.mjs';
import { ensureAppBuild } from './speed/build.mjs';
import { serveApp } from './speed/serve-app.mjs';
import { countWorkerMemory, heapSizes, rerankAgain, workerMemory } from './speed/worker-memory.mjs';

/** @typedef {{ name: string, growth: number, unit: 'bytes' | 'count' }} Limit */
/** @typedef {Record<string, number | null>} Snapshot */

const usage = `Reranks a thousand times in one page and looks at what stays in memory.

  npm run bench:soak -- [options]

  --runs N       default 1000; 40 on a software adapter, which is slow
  --device NAME  wasm (default) or webgpu
  --app URL      an app that is served already; default: dist/, built where it is old
  --help         show this`;

/** How much may be added between the snapshots: nothing that counts runs stays within these. */
const limits = {
  pageHeapBytes: 3_000_000,
  workerHeapBytes: 3_000_000,
  wasmBytes: 0,
  gpuBuffers: 0,
  gpuBufferBytes: 0,
  processBytes: 60_000_000,
};

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    device: { type: 'string', default: 'wasm' },
    app: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const device = deviceOf(values.device);
preparePackages();
if (values.app === undefined) await ensureAppBuild();
const app = await serveApp(values.app);
const browser = await openDiskBrowser();
try {
  await countWorkerMemory(browser.context);
  const page = await browser.context.newPage();
  page.setDefaultTimeout(0);
  await page.goto(app.url);
  await page.getByTestId('stamp').waitFor();
  const model = await page.evaluate((on) => window.crossrank.load({ device: on }), device);
  const plan = model.softwareAdapter
    ? { device, documents: 2, words: 6, warmUp: 4, runs: Number(values.runs ?? 40) }
    : { device, documents: 12, words: 120, warmUp: 100, runs: Number(values.runs ?? 1000) };
  if (!(plan.runs >= 1)) fail(`--runs is a whole number from 1 on.\n\n${usage}`);
  const memory = watchMemory(browser.pid);
  /** @returns {Promise<Snapshot>} */
  const snapshot = async () => {
    // Remembered scores are meant to stay, within their bounds; what else stays is looked for.
    await page.evaluate(() => window.crossrank.forgetScores());
    const heaps = await heapSizes(page);
    const { gpuBuffersMade: _, ...counted } = await workerMemory(page);
    await wait(1000);
    return { ...heaps, ...counted, processBytes: await memory.settled() };
  };
  // Caches fill, code is compiled, measurements of the device come to their end.
  console.error(`${plan.warmUp} runs for warming up`);
  await rerankAgain(page, { ...plan, runs: plan.warmUp });
  const before = await snapshot();
  console.error(`${plan.runs} runs`);
  const startedAt = performance.now();
  await rerankAgain(page, plan, plan.warmUp);
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await snapshot();

  const rows = Object.entries(limits).map(([name, most]) => {
    const [was, is] = [before[name] ?? null, after[name] ?? null];
    const grown = was === null || is === null ? null : is - was;
    const verdict = grown === null ? 'not measured' : grown > most ? 'TOO MUCH' : 'fine';
    if (verdict === 'TOO MUCH') process.exitCode = 1;
    return [name, `${was}`, `${is}`, `${grown}`, `${most}`, verdict];
  });
  console.log(
    `\n${model.model}, ${model.dtype}, ${device}${model.adapter ? ` (${model.adapter})` : ''}: ` +
      `${plan.runs} runs of ${plan.documents} documents in ${seconds.toFixed(0)} s\n`,
  );
  printTable(['', 'before', 'after', 'growth', 'at most', ''], rows);
} finally {
  await browser.close();
  await app.close();
}

/**
 * @param {string} name
 * @returns {'wasm' | 'webgpu'}
 */
function deviceOf(name) {
  if (name === 'wasm' || name === 'webgpu') return name;
  return fail(`--device is wasm or webgpu.\n\n${usage}`);
}
