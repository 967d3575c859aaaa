// What the scoring worker holds while the page reranks again and again: for the soak, and for the
// test that does the same in small.

import { addWorkerPrelude, scoringWorkerOf } from './worker-prelude.mjs';

/** @typedef {import('@playwright/test').BrowserContext} BrowserContext */
/** @typedef {import('@playwright/test').Page} Page */
/**
 * Counted inside the scoring worker.
 * @typedef {object} WorkerMemory
 * @property {number} wasmBytes of all WebAssembly memories; they never shrink
 * @property {number} gpuBuffers made and not destroyed
 * @property {number} gpuBufferBytes of these
 * @property {number} gpuBuffersMade in all; shows that there is something to count
 */
/**
 * @typedef {object} RerankPlan
 * @property {number} runs
 * @property {'wasm' | 'webgpu'} device
 * @property {number} documents of each run
 * @property {number} words the most of a document; they vary from run to run
 */

const counterName = 'countedMemory';

/** Plain script: it is put before the worker's own code. Buffers are counted by identity. */
const counter = `
globalThis.${counterName} = (() => {
  const memories = [];
  const OriginalMemory = WebAssembly.Memory;
  WebAssembly.Memory = class extends OriginalMemory {
    constructor(descriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  const live = new Map();
  let made = 0;
  if (typeof GPUDevice !== 'undefined') {
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      made += 1;
      live.set(buffer, descriptor.size);
      return buffer;
    };
    const { destroy } = GPUBuffer.prototype;
    GPUBuffer.prototype.destroy = function () {
      live.delete(this);
      return destroy.call(this);
    };
  }
  return () => ({
    wasmBytes: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
    gpuBuffers: live.size,
    gpuBufferBytes: [...live.values()].reduce((sum, size) => sum + size, 0),
    gpuBuffersMade: made,
  });
})()`;

/**
 * Has the scoring workers of this context or page count from their start.
 * @param {BrowserContext | Page} place
 */
export function countWorkerMemory(place) {
  return addWorkerPrelude(place, counter);
}

/**
 * @param {Page} page
 * @returns {Promise<WorkerMemory>}
 */
export function workerMemory(page) {
  return scoringWorkerOf(page).evaluate((name) => {
    const count = Reflect.get(globalThis, name);
    if (typeof count !== 'function') throw new Error('The worker does not count its memory.');
    return count();
  }, counterName);
}

/**
 * Reranks again and again, other documents each time, nothing remembered. The first run has the
 * most and longest documents, so that whatever grows to fit them has done so.
 * @param {Page} page
 * @param {RerankPlan} plan
 * @param {number} [from] number of the first run, so that a later call goes on with others
 */
export function rerankAgain(page, plan, from = 0) {
  return page.evaluate(
    async ({ runs, device, documents, words, first }) => {
      const vocabulary = 'bread water river loan stone paper night city green long'.split(' ');
      for (let run = first; run < first + runs; run++) {
        const texts = Array.from({ length: documents }, (_, number) => {
          const length = run === 0 ? words : 1 + ((run * 31 + number * 17) % words);
          const text = Array.from(
            { length },
            (_, at) => vocabulary[(run + number * 3 + at * 7) % vocabulary.length],
          );
          return `${run} ${number} ${text.join(' ')}`;
        });
        const request = { query: `what is ${run}?`, documents: texts, device, remember: false };
        const { ranking } = await window.crossrank.rerank(request);
        if (ranking.length !== documents) throw new Error('Documents are missing in the ranking.');
      }
    },
    { ...plan, first: from },
  );
}

/**
 * Bytes of JavaScript objects of the page and of its scoring worker, after collecting garbage; the
 * worker's are null where the browser's protocol does not reach it.
 * @param {Page} page
 * @returns {Promise<{ pageHeapBytes: number, workerHeapBytes: number | null }>}
 */
export async function heapSizes(page) {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return { pageHeapBytes: usedSize, workerHeapBytes: await workerHeap(session) };
  } finally {
    await session.detach();
  }
}

/**
 * The worker is a target below the page's; Playwright has no session for it, but the protocol can
 * wrap messages.
 * @param {import('@playwright/test').CDPSession} session
 * @returns {Promise<number | null>}
 */
async function workerHeap(session) {
  /** @type {string | null} */
  let worker = null;
  const seen = (/** @type {{ sessionId: string, targetInfo: { url: string } }} */ attached) => {
    if (/reranker\.worker-/.test(attached.targetInfo.url)) worker = attached.sessionId;
  };
  session.on('Target.attachedToTarget', seen);
  await session.send('Target.setAutoAttach', {
    ...{ autoAttach: true, waitForDebuggerOnStart: false, flatten: false },
  });
  const sessionId = worker;
  if (sessionId === null) return null;
  /** @type {(id: number, method: string) => Promise<{ usedSize?: number }>} */
  const ask = (id, method) =>
    new Promise((resolve, reject) => {
      session.on('Target.receivedMessageFromTarget', (received) => {
        const { id: answered, result } = JSON.parse(received.message);
        if (received.sessionId === sessionId && answered === id) resolve(result ?? {});
      });
      const message = JSON.stringify({ id, method });
      session.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject);
    });
  await ask(1, 'HeapProfiler.collectGarbage');
  return (await ask(2, 'Runtime.getHeapUsage')).usedSize ?? null;
}
