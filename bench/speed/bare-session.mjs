// The bench's own server and the pages on it: transformers.js and the ceiling, each in a worker.

import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { servePlaces } from '../large/static-server.mjs';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('./models.mjs').BenchModel} BenchModel */
/** @typedef {import('./packed-batches.mjs').TokenRow} TokenRow */
/** @typedef {import('./packed-batches.mjs').Packing} Packing */
/**
 * @typedef {object} Prepared
 * @property {Packing} packing
 * @property {number} paddedShare
 * @property {number} batches
 * @property {number[]} lengths tokens of each document's pair
 * @property {TokenRow[]} pairs empty where there are many
 * @property {number} fullFlop operations of the pairs in the graph as the file has it
 */

/**
 * Serves the ceiling's worker and the models.
 * @param {string} workerFolder
 * @param {readonly BenchModel[]} models
 */
export function serveBareWorker(workerFolder, models) {
  const folders = models.map(({ folderUrl, folder }) => [folderUrl, folder]);
  return servePlaces({ '/bare': workerFolder, ...Object.fromEntries(folders) });
}

/**
 * Asks the page's worker, which is started by the first question; see bare.worker.mjs.
 * @template T
 * @param {Page} page
 * @param {object} request
 * @returns {Promise<T>}
 */
export async function askBare(page, request) {
  const answer = await page.evaluate(async (asked) => {
    /** @type {Window & { bare?: Worker }} */
    const held = window;
    held.bare ??= new Worker('/bare/bare.worker.js', { type: 'module' });
    const worker = held.bare;
    return new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(asked);
    });
  }, request);
  if (answer.error !== undefined) throw new Error(`The bare session: ${answer.error}`);
  return answer;
}

/**
 * Writes the graph that Crossrank makes of a model, and its weights, into a folder.
 * @param {Page} page an empty one of the bench's server
 * @param {{ model: BenchModel, device: 'wasm' | 'webgpu', threads: number }} request
 * @param {string} folder
 * @returns {Promise<string>} the graph's file
 */
export async function saveSessionGraph(page, request, folder) {
  mkdirSync(folder, { recursive: true });
  const server = createServer((received, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    // Nothing but a name: the folder is the only place that is written to.
    const name = path.basename(new URL(received.url ?? '/', 'http://localhost').pathname);
    pipeline(received, createWriteStream(path.join(folder, name))).then(
      () => response.end(),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise((resolve) => server.listen(0, 'localhost', () => resolve(null)));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  try {
    await askBare(page, { open: { ...request, uploadTo: `http://localhost:${port}` } });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return path.join(folder, 'model.onnx');
}
