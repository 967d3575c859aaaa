// `npm run bench:speed`: Crossrank against what people would use otherwise, and against what the
// device could do at best, in one run of headless Chromium. See --help.
//
//   a  plain transformers.js as its cross-encoder example does it: all documents in one padded batch
//   b  plain transformers.js, one pair at a time
//   c  plain transformers.js, batches of 16 in the order given
//   d  a ceiling: session.run of the same session on packed batches, and nothing else
//   e  another ceiling: the native runtime on the same graph and packed batches
//
// All get the same file of the model, the same texts, the same device and as many threads. Times of
// a, b, c and Crossrank are from the call in the page to its result, the way to the worker and
// tokenising included; of d and e they are of the runs alone.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { startHub } from '../../scripts/hub/serve-hub.mjs';
import { fail, preparePackages, root, runNpm } from '../../scripts/packages.mjs';
import { transformersJs } from '../large/contenders.mjs';
import { openDiskBrowser } from '../large/disk-browser.mjs';
import { serveBareWorker } from './bare-session.mjs';
import { ensureAppBuild, ensureWorkerBuild } from './build.mjs';
import { measurePlace } from './measure.mjs';
import { benchModel } from './models.mjs';
import { ensureNative } from './native-session.mjs';
import { readOptions } from './options.mjs';
import { printHead, printPlace, quickFigures, writeResults } from './report.mjs';
import { serveApp } from './serve-app.mjs';

/** @typedef {import('./measure.mjs').Place} Place */
/** @typedef {import('./measure.mjs').PlaceReport} PlaceReport */
/** @typedef {import('./options.mjs').DeviceName} DeviceName */

/** `--quick` begins no round after this time since its start. */
const quickRoundsMs = 90_000;

/** Instead of the software adapter that tests use. The last of equal flags counts. */
const realAdapterFlags = [
  '--use-webgpu-adapter=default',
  '--enable-features=Vulkan',
  '--ignore-gpu-blocklist',
];

const options = readOptions(process.argv.slice(2));
preparePackages();
installTransformers();
const native = !options.quick && ensureNative();
if (options.app === undefined) await ensureAppBuild();
const workerFolder = await ensureWorkerBuild();
const models = options.models.map(benchModel);
const app = await serveApp(options.app);
const hub = await startHub({
  models: Object.fromEntries(models.map(({ id, folder }) => [id, folder])),
});
const bareServer = await serveBareWorker(workerFolder, models);
const transformers = await transformersJs();
/** @type {PlaceReport[]} */
const reports = [];
try {
  const served = { appUrl: app.url, hubUrl: hub.url, bareUrl: bareServer.url, transformers };
  const places = await placesFor(options.devices);
  for (const place of places) {
    for (const model of models) {
      // In software one model shows that it works; dynamic int8 has no place on a GPU.
      if (place.software && !model.embedded) continue;
      if (place.device === 'webgpu' && model.dtype === 'int8') continue;
      const report = await measurePlace({
        ...{ served, emptyUrl: `${bareServer.url}/`, model, place, native },
        ...{ counts: options.counts, rounds: options.rounds, memory: options.memory },
        ...(options.quick && { untilMs: quickRoundsMs }),
        tuningMs: options.quick ? 20_000 : 240_000,
      });
      reports.push(report);
    }
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  transformers.close();
  bareServer.close();
  await hub.close();
  await app.close();
}
if (process.exitCode !== 1) finish();
// Whatever a contender left open must not keep the terminal waiting.
process.exit(process.exitCode ?? 0);

function finish() {
  printHead(reports);
  for (const report of reports) printPlace(report);
  if (!options.quick || options.json !== undefined) {
    console.log(`\nWritten to ${writeResults(reports, options.json)}`);
  }
  const [first] = reports;
  if (options.quick && first !== undefined) console.log(JSON.stringify(quickFigures(first)));
}

/**
 * @param {readonly DeviceName[]} names
 * @returns {Promise<Place[]>}
 */
async function placesFor(names) {
  /** @type {Place[]} */
  const places = [];
  for (const name of names) {
    if (name === 'webgpu') places.push(await webGpuPlace());
    else {
      const threads = { wasm1: 1, wasm2: 2, wasm: null }[name];
      const place = { name: 'WASM', device: /** @type {const} */ ('wasm'), threads };
      places.push({ ...place, software: false, flags: [] });
    }
  }
  return places;
}

/**
 * A real adapter where there is one, and the software one otherwise.
 * @returns {Promise<Place>}
 */
async function webGpuPlace() {
  const browser = await openDiskBrowser(realAdapterFlags);
  try {
    const page = await browser.context.newPage();
    await page.goto(app.url);
    const { webgpu } = await page.evaluate(() => window.crossrank.devices());
    const software = !webgpu.available || webgpu.software;
    const flags = software ? [] : realAdapterFlags;
    return { name: 'WebGPU', device: 'webgpu', threads: null, software, flags };
  } finally {
    await browser.close();
  }
}

function installTransformers() {
  const folder = path.join(root, 'bench', 'large', 'transformers-js');
  if (existsSync(path.join(folder, 'node_modules', '@huggingface', 'transformers'))) return;
  console.error('Installing transformers.js, for this measurement alone ...');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
  if (!runNpm(args, { ONNXRUNTIME_NODE_INSTALL: 'skip' })) fail('It could not be installed.');
}
