// `npm run bench:graphs -- FOLDER`: two graphs of one model against each other, as Crossrank runs them.
//
// FOLDER is of `training/`'s `export --fused`: onnx/model_quantized.onnx has plain operators,
// onnx/model_fused.onnx fused ones. Each is opened by Crossrank's own code, rewritten as in the app,
// and run on the same packed batches in turns. Times are of the runs alone.

import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fail, preparePackages } from '../../scripts/packages.mjs';
import { openDiskBrowser } from '../large/disk-browser.mjs';
import { median } from '../large/report.mjs';
import { serveBareWorker } from './bare-session.mjs';
import { ensureWorkerBuild } from './build.mjs';
import { bareContender } from './contenders.mjs';
import { documentsFor, shortDocuments } from './documents.mjs';
import { benchModel } from './models.mjs';

/** @typedef {import('./models.mjs').BenchModel} BenchModel */
/** @typedef {import('./contenders.mjs').Turn} Turn */

const files = { plain: 'onnx/model_quantized.onnx', fused: 'onnx/model_fused.onnx' };
const help = `Measures the fused graph of a model against its plain one, in turns.

  npm run bench:graphs -- FOLDER [--documents N] [--rounds N] [--threads N]

  FOLDER         of \`python -m crossrank_training export CHECKPOINT FOLDER --fused\`
  --documents N  on WASM; default 100. On WebGPU in software four short ones show that it runs
  --rounds N     turns of each; default 7
  --threads N    of WASM; default 2`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    documents: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '7' },
    threads: { type: 'string', default: '2' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [folder] = positionals;
if (values.help) {
  console.log(help);
  process.exit(0);
}
if (folder === undefined) fail(help);
for (const file of Object.values(files)) {
  if (!existsSync(path.join(folder, file))) fail(`${folder} has no ${file}.\n\n${help}`);
}
preparePackages();
const models = Object.entries(files).map(([name, file]) => modelOf(name, file));
const server = await serveBareWorker(await ensureWorkerBuild(), models);
const browser = await openDiskBrowser();
try {
  await compare('wasm');
  await compare('webgpu');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
  server.close();
}
process.exit(process.exitCode ?? 0);

/** @param {'wasm' | 'webgpu'} device */
async function compare(device) {
  const [plain, fused] = await Promise.all(models.map((model) => openGraph(device, model)));
  if (plain === undefined || fused === undefined) throw new Error('There are two graphs.');
  const { software } = plain;
  const documents = software ? shortDocuments() : documentsFor(Number(values.documents));
  await plain.prepare(documents);
  await fused.prepare(documents);
  /** @type {{ plain: Turn, fused: Turn }[]} */
  const turns = [];
  // The first turn of each compiles, and does not count.
  for (let round = 0; round <= Number(values.rounds); round++) {
    const turn = { plain: await plain.run(), fused: await fused.run() };
    if (round > 0) turns.push(turn);
  }
  await plain.close();
  await fused.close();
  const [first] = turns;
  const difference = Math.max(
    ...(first?.plain.logits ?? []).map((logit, at) =>
      Math.abs(logit - (first?.fused.logits[at] ?? Number.NaN)),
    ),
  );
  const time = (/** @type {'plain' | 'fused'} */ graph) =>
    median(turns.map((turn) => turn[graph].ms));
  const ratios = turns.map((turn) => turn.fused.ms / turn.plain.ms).sort((a, b) => a - b);
  const where = software ? 'WebGPU in software: that it runs, no speed' : device;
  console.log(
    `${where}, ${documents.documents.length} documents (${documents.source}), ${turns.length} turns: ` +
      `logits differ by at most ${difference.toExponential(1)}`,
  );
  if (software) return;
  console.log(
    `  plain ${time('plain').toFixed(0)} ms, fused ${time('fused').toFixed(0)} ms, fused / plain ` +
      `${median(ratios).toFixed(3)} (${ratios[0]?.toFixed(3)} to ${ratios.at(-1)?.toFixed(3)})`,
  );
}

/** @param {'wasm' | 'webgpu'} device @param {BenchModel} model */
function openGraph(device, model) {
  return bareContender({
    ...{ context: browser.context, bareUrl: server.url, model, device },
    threads: Number(values.threads),
  });
}

/** @param {string} name @param {string} weightsFile @returns {BenchModel} */
function modelOf(name, weightsFile) {
  const at = path.resolve(/** @type {string} */ (folder));
  return {
    ...{ ...benchModel('embedded'), name, id: `test/${name}`, embedded: false, folder: at },
    ...{
      folderUrl: `/models/${name}`,
      weightsFile,
      bytes: statSync(path.join(at, weightsFile)).size,
    },
  };
}
