// The two that load the same files: Crossrank in its page, and plain transformers.js in a worker.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { servePlaces } from './static-server.mjs';

/** @typedef {import('@playwright/test').BrowserContext} BrowserContext */
/** @typedef {import('@playwright/test').Page} Page */
/**
 * @typedef {object} LoadRequest
 * @property {string} id repository on the hub
 * @property {string} host
 * @property {'int8' | 'fp32' | 'q8'} dtype
 * @property {number} threads
 * @property {'wasm' | 'webgpu'} [device] default `wasm`
 */
/**
 * @typedef {object} Loaded
 * @property {number} readyMs from nothing but an open page to where pairs can be scored, a
 *   self-test included where there is one
 * @property {number} selfTestMs of these
 * @property {Readonly<Record<string, number>>} phasesMs when what began, as far as it is told
 */
/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {(context: BrowserContext) => Promise<Page>} open a page in which no such model is loaded
 * @property {(page: Page, request: LoadRequest) => Promise<Loaded>} load
 * @property {(page: Page, query: string, documents: readonly string[]) => Promise<Scored>} score one
 *   call per document
 */
/** @typedef {{ logits: number[], ms: number[] }} Scored */

const folder = path.join(import.meta.dirname, 'transformers-js');

/**
 * @param {string} appUrl
 * @returns {Contender}
 */
export function crossrank(appUrl) {
  return {
    name: 'Crossrank',
    open: async (context) => {
      const page = await context.newPage();
      await page.goto(appUrl);
      // The embedded model has ranked the first page: from here on nothing moves by itself.
      await page.getByTestId('stamp').waitFor();
      return page;
    },
    load: (page, { id, host, dtype }) =>
      page.evaluate(
        async ({ id, host, dtype }) => {
          const startedAt = performance.now();
          /** @type {Record<string, number>} */
          const phasesMs = {};
          await window.crossrank.load({
            ...{ model: id, host, dtype, device: 'wasm' },
            onEvent: ({ type }) => {
              phasesMs[type] ??= performance.now() - startedAt;
            },
          });
          const readyMs = performance.now() - startedAt;
          return { readyMs, selfTestMs: readyMs - (phasesMs.testing ?? readyMs), phasesMs };
        },
        { id, host, dtype },
      ),
    score: (page, query, documents) =>
      page.evaluate(
        async ({ query, documents }) => {
          /** @type {Scored} */
          const scored = { logits: [], ms: [] };
          for (const document of documents) {
            const startedAt = performance.now();
            const { ranking } = await window.crossrank.rerank({
              query,
              documents: [document],
              remember: false,
            });
            scored.ms.push(performance.now() - startedAt);
            scored.logits.push(ranking[0]?.logit ?? Number.NaN);
          }
          return scored;
        },
        { query, documents },
      ),
  };
}

/**
 * Needs the packages of transformers-js/.
 * @returns {Promise<{ contender: Contender, version: string, close: () => void }>}
 */
export async function transformersJs() {
  const packages = path.join(folder, 'node_modules');
  const { url, close } = await servePlaces({
    '/transformers.worker.mjs': path.join(folder, 'transformers.worker.mjs'),
    '/transformers': path.join(packages, '@huggingface', 'transformers', 'dist'),
    '/runtime': path.join(packages, 'onnxruntime-web', 'dist'),
  });
  const manifest = path.join(packages, '@huggingface', 'transformers', 'package.json');
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  /** @type {Contender} */
  const contender = {
    name: `transformers.js ${version}`,
    open: async (context) => {
      const page = await context.newPage();
      await page.goto(`${url}/`);
      return page;
    },
    load: async (page, request) => {
      const { ms } = await askTransformers(page, { load: request });
      return { readyMs: ms, selfTestMs: 0, phasesMs: {} };
    },
    score: async (page, query, documents) => {
      /** @type {Scored} */
      const scored = { logits: [], ms: [] };
      for (const document of documents) {
        const { answer, ms } = await askTransformers(page, { query, documents: [document] });
        scored.ms.push(ms);
        scored.logits.push(...(answer.logits ?? []));
      }
      return scored;
    },
  };
  return { contender, version, close };
}

/**
 * Asks the worker of a page of `transformersJs`, which is started by the first question; see
 * transformers.worker.mjs for what it can be asked.
 * @param {Page} page
 * @param {object} request
 * @returns {Promise<{ answer: { logits?: number[], paddedTokens?: number }, ms: number }>}
 */
export async function askTransformers(page, request) {
  const { answer, ms } = await page.evaluate(async (request) => {
    const startedAt = performance.now();
    /** @type {Window & { measured?: Worker }} */
    const held = window;
    held.measured ??= new Worker('/transformers.worker.mjs', { type: 'module' });
    const worker = held.measured;
    /** @type {{ error?: string, logits?: number[], paddedTokens?: number }} */
    const answer = await new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(request);
    });
    return { answer, ms: performance.now() - startedAt };
  }, request);
  if (answer.error !== undefined) throw new Error(`transformers.js: ${answer.error}`);
  return { answer, ms };
}
