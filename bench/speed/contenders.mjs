// Those that score the same documents with the same file: Crossrank, plain transformers.js in three
// ways, and as ceilings the bare session and the native runtime.

import { askTransformers } from '../large/contenders.mjs';
import { holdDocuments, loadInApp, openApp, runInApp, tuneApp } from './app-page.mjs';
import { askBare } from './bare-session.mjs';
import { openNative } from './native-session.mjs';

/** @typedef {import('@playwright/test').BrowserContext} BrowserContext */
/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('./app-page.mjs').AppRun} AppRun */
/** @typedef {import('./bare-session.mjs').Prepared} Prepared */
/** @typedef {import('./documents.mjs').Documents} Documents */
/** @typedef {import('./models.mjs').BenchModel} BenchModel */
/** @typedef {'crossrank' | 'onePaddedBatch' | 'onePairAtATime' | 'fixedBatches' | 'bareSession' | 'native'} ContenderKey */
/**
 * @typedef {object} Turn
 * @property {number} ms
 * @property {readonly number[]} logits in the order of the documents
 * @property {number} [paddedTokens]
 * @property {AppRun} [app] of Crossrank alone
 */
/**
 * @typedef {object} Contender
 * @property {ContenderKey} key
 * @property {string} name
 * @property {boolean} rewritten whether it runs the graph that Crossrank makes of the file
 * @property {(documents: Documents) => Promise<string | null>} prepare for the documents of the
 *   next turns, before the clock; says why there can be none, or null
 * @property {() => Promise<Turn>} run
 * @property {() => Promise<void>} close
 */
/**
 * Where contenders run and what with.
 * @typedef {object} Bench
 * @property {BrowserContext} context
 * @property {string} appUrl
 * @property {string} hubUrl serves the models as a hub does
 * @property {string} bareUrl
 * @property {Awaited<ReturnType<typeof import('../large/contenders.mjs').transformersJs>>} transformers
 * @property {BenchModel} model
 * @property {'wasm' | 'webgpu'} device
 * @property {number} threads
 */

/** WebAssembly can address 4 GB, and the runtime, weights and a half-grown heap need some of it. */
const mostBatchBytes = { wasm: 2.5e9, webgpu: 8e9 };

/**
 * @param {Bench} bench
 * @returns {Promise<Contender & { page: Page, tuned: (mostMs: number) => ReturnType<typeof tuneApp> }>}
 */
export async function crossrankContender({ context, appUrl, hubUrl, model, device, threads }) {
  const page = await openApp(context, appUrl);
  const loaded = await loadInApp(page, { model, device, hubUrl });
  if (device === 'wasm' && loaded.threads > threads) {
    throw new Error(`The app takes ${loaded.threads} threads where it should take ${threads}.`);
  }
  return {
    key: 'crossrank',
    name: 'Crossrank',
    rewritten: true,
    page,
    tuned: (mostMs) => tuneApp(page, mostMs),
    prepare: async (documents) => {
      await holdDocuments(page, documents);
      return null;
    },
    run: async () => {
      await page.bringToFront();
      const app = await runInApp(page);
      return { ms: app.ms, logits: app.logits, app };
    },
    close: () => page.close(),
  };
}

/**
 * Plain transformers.js with a fixed number of rows in each batch, in the order given; each has a
 * worker of its own.
 * @param {Bench} bench
 * @param {'onePaddedBatch' | 'onePairAtATime' | 'fixedBatches'} key
 * @param {(documents: Documents) => Promise<readonly number[]>} lengthsOf tokens of the pairs
 * @returns {Promise<Contender>}
 */
export async function transformersContender(bench, key, lengthsOf) {
  const { context, hubUrl, model, device, threads } = bench;
  const { contender, version } = bench.transformers;
  const page = await contender.open(context);
  const { id, dtype } = model;
  await contender.load(page, { id, dtype, host: hubUrl, threads, device });
  const names = {
    onePaddedBatch: 'all documents in one padded batch',
    onePairAtATime: 'one pair at a time',
    fixedBatches: 'batches of 16 as given',
  };
  /** @type {{ query: string, documents: string[], batchRows: number }} */
  let request = { query: '', documents: [], batchRows: 1 };
  return {
    key,
    name: `transformers.js ${version}, ${names[key]}`,
    rewritten: false,
    prepare: async (documents) => {
      const { query, documents: texts } = documents;
      const rows = { onePaddedBatch: texts.length, onePairAtATime: 1, fixedBatches: 16 };
      request = { query, documents: texts, batchRows: rows[key] };
      const width = Math.max(...(await lengthsOf(documents)));
      const bytes = batchBytes(model, Math.min(rows[key], texts.length), width);
      return bytes > mostBatchBytes[device] ? `needs about ${(bytes / 1e9).toFixed(1)} GB` : null;
    },
    run: async () => {
      await page.bringToFront();
      // The texts are in the page before the clock starts; the way to its worker counts.
      const { answer, ms } = await askTransformers(page, request);
      const { logits = [], paddedTokens } = answer;
      return { ms, logits, ...(paddedTokens !== undefined && { paddedTokens }) };
    },
    close: () => page.close(),
  };
}

/**
 * The ceiling in the browser, see bare.worker.mjs.
 * @param {Pick<Bench, 'context' | 'bareUrl' | 'model' | 'device' | 'threads'>} bench
 * @returns {Promise<Contender & { software: boolean, peakGflops: () => Promise<number>,
 *   prepared: (documents: Documents) => Promise<Prepared> }>}
 */
export async function bareContender({ context, bareUrl, model, device, threads }) {
  const page = await context.newPage();
  await page.goto(`${bareUrl}/`);
  /** @type {{ software: boolean }} */
  const { software } = await askBare(page, { open: { model, device, threads } });
  /** @type {import('./packed-batches.mjs').Packing | null} */
  let packing = null;
  /** @type {{ documents: Documents, result: Prepared } | null} */
  let last = null;
  const prepared = async (/** @type {Documents} */ documents) => {
    if (last?.documents === documents) return last.result;
    const { query, documents: texts } = documents;
    /** @type {Prepared} */
    const result = await askBare(page, { prepare: { query, documents: texts, packing } });
    // Found on the first documents, which are the fewest; a GPU needs new shapes each time.
    packing = device === 'wasm' ? result.packing : null;
    last = { documents, result };
    return result;
  };
  return {
    key: 'bareSession',
    name: 'bare session.run, packed',
    rewritten: true,
    software,
    prepared,
    prepare: async (documents) => {
      await prepared(documents);
      return null;
    },
    run: async () => {
      await page.bringToFront();
      const { ms, logits } = /** @type {Turn} */ (await askBare(page, { run: true }));
      return { ms, logits };
    },
    peakGflops: async () => {
      await page.bringToFront();
      const { gflops } = /** @type {{ gflops: number }} */ (await askBare(page, { peak: true }));
      return gflops;
    },
    close: () => page.close(),
  };
}

/**
 * The native runtime on the graph that Crossrank makes, in packed batches.
 * @param {string} graphFile
 * @param {number} threads
 * @param {(documents: Documents) => Promise<Prepared>} prepared
 * @returns {Promise<Contender>}
 */
export async function nativeContender(graphFile, threads, prepared) {
  const session = await openNative(graphFile, threads);
  return {
    key: 'native',
    name: `onnxruntime-node, ${threads} thread${threads === 1 ? '' : 's'}, packed`,
    rewritten: true,
    prepare: async (documents) => {
      const { pairs } = await prepared(documents);
      if (pairs.length === 0) return 'is measured on fewer documents';
      await session.prepare(pairs);
      return null;
    },
    run: () => session.run(),
    close: async () => session.close(),
  };
}

/**
 * Memory that one padded batch takes while a layer is computed, in 32 bit: attention's weights
 * twice, and what goes through the linear layers.
 * @param {BenchModel} model
 * @param {number} rows
 * @param {number} width
 */
function batchBytes({ shape }, rows, width) {
  const { heads, hidden, intermediate } = shape;
  const attention = 2 * heads * rows * width * width;
  const linear = rows * width * (6 * hidden + 2 * intermediate);
  return 4 * (attention + linear);
}
