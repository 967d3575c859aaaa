// What the tests of large models do in the app's page, through its console API.

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/engine/reranker.ts').SelfTestReport} SelfTestReport */
/**
 * @typedef {object} LoadRequest
 * @property {string} model
 * @property {string} host
 * @property {'int8' | 'fp32'} dtype
 */
/**
 * When to abort: at a share of the bytes, or so long after the session is begun.
 * @typedef {{ share: number } | { preparingMs: number }} AbortPlan
 */
/**
 * What was seen of a load.
 * @typedef {object} LoadRecord
 * @property {{ code: string, message: string } | null} error
 * @property {Readonly<Record<string, number>>} firstMs of each kind of event
 * @property {number} totalMs
 * @property {number | null} abortMs between `abort()` and the rejection
 * @property {number | null} abortedAtBytes
 * @property {{ first: number, last: number, totals: number[], fell: boolean } | null} bytes of the
 *   events that tell of them; null where there was none
 * @property {SelfTestReport | null} selfTest
 */

/**
 * @param {Page} page
 * @param {LoadRequest} request
 * @param {AbortPlan} [abort]
 * @returns {Promise<LoadRecord>}
 */
export function recordLoad(page, request, abort) {
  return page.evaluate(
    async ({ request, abort }) => {
      const controller = new AbortController();
      const startedAt = performance.now();
      /** @type {Record<string, number>} */
      const firstMs = {};
      /** @type {LoadRecord['bytes']} */
      let bytes = null;
      /** @type {number | null} */
      let abortedAt = null;
      /** @type {number | null} */
      let abortedAtBytes = null;
      const abortNow = () => {
        abortedAt ??= performance.now();
        controller.abort();
      };
      /** @param {import('../../src/engine/reranker.ts').RerankEvent} event */
      const onEvent = (event) => {
        const first = !(event.type in firstMs);
        firstMs[event.type] ??= performance.now() - startedAt;
        if (event.type === 'preparing' && first && abort && 'preparingMs' in abort) {
          setTimeout(abortNow, abort.preparingMs);
        }
        if (event.type !== 'downloading') return;
        const { loadedBytes, totalBytes } = event;
        bytes ??= { first: loadedBytes, last: loadedBytes, totals: [], fell: false };
        bytes.fell ||= loadedBytes < bytes.last;
        bytes.last = loadedBytes;
        if (!bytes.totals.includes(totalBytes)) bytes.totals.push(totalBytes);
        if (abort && 'share' in abort && loadedBytes >= abort.share * totalBytes) {
          abortedAtBytes ??= loadedBytes;
          abortNow();
        }
      };
      /** @type {LoadRecord['error']} */
      let error = null;
      /** @type {LoadRecord['selfTest']} */
      let selfTest = null;
      try {
        const { signal } = controller;
        const options = { ...request, device: /** @type {const} */ ('wasm') };
        ({ selfTest } = await window.crossrank.load({ ...options, signal, onEvent }));
      } catch (thrown) {
        // The API throws RerankError alone, which has a code.
        const { code, message } = /** @type {{ code?: string, message?: string }} */ (thrown);
        error = { code: `${code}`, message: `${message}` };
      }
      const endedAt = performance.now();
      return {
        ...{ error, firstMs, bytes, abortedAtBytes, selfTest, totalMs: endedAt - startedAt },
        abortMs: abortedAt === null ? null : endedAt - abortedAt,
      };
    },
    { request, ...(abort && { abort }) },
  );
}

/**
 * Scores pairs, one call each.
 * @param {Page} page
 * @param {readonly { query: string, document: string }[]} pairs
 */
export function scorePairs(page, pairs) {
  return page.evaluate(async (pairs) => {
    const scored = [];
    for (const { query, document } of pairs) {
      const startedAt = performance.now();
      const { ranking } = await window.crossrank.rerank({
        query,
        documents: [document],
        remember: false,
      });
      const [first] = ranking;
      scored.push({
        logit: first?.logit ?? Number.NaN,
        tokens: first?.tokens ?? 0,
        ms: performance.now() - startedAt,
      });
    }
    return scored;
  }, pairs);
}

/**
 * Milliseconds from `abort()` to the rejection while pairs are being scored.
 * @param {Page} page
 * @param {string} query
 * @param {readonly string[]} documents more than one batch of them
 */
export function abortScoring(page, query, documents) {
  return page.evaluate(
    async ({ query, documents }) => {
      const controller = new AbortController();
      let abortedAt = Number.NaN;
      const onEvent = (/** @type {{ type: string }} */ { type }) => {
        if (type !== 'scoring' || controller.signal.aborted) return;
        abortedAt = performance.now();
        controller.abort();
      };
      try {
        await window.crossrank.rerank({
          ...{ query, documents, remember: false },
          ...{ signal: controller.signal, onEvent },
        });
      } catch (error) {
        // As above.
        const { code } = /** @type {{ code?: string }} */ (error);
        return { code: `${code}`, ms: performance.now() - abortedAt };
      }
      return { code: 'not aborted', ms: Number.NaN };
    },
    { query, documents },
  );
}

/**
 * Collects the garbage of the page and of its workers, so that what is left is in use. Needs the
 * browser's flag below.
 * @param {Page} page
 */
export async function collectGarbage(page) {
  const collect = () => {
    /** @type {{ gc?: (() => void) | undefined }} */
    const scope = globalThis;
    scope.gc?.();
  };
  await page.evaluate(collect);
  for (const worker of page.workers()) {
    // The runtime's own threads sleep until there is work, and would not answer before.
    if (/worker[^/]*\.m?js$/.test(worker.url())) await worker.evaluate(collect);
  }
}

/** Gives pages and workers a function that collects their garbage. */
export const garbageFlag = '--js-flags=--expose-gc';

/**
 * Bytes that the JavaScript and the WebAssembly of page and workers hold; null where the browser
 * cannot tell. Takes a minute: the browser waits for the runtime's threads, which sleep.
 * @param {Page} page
 */
export function measureHeap(page) {
  return page.evaluate(async () => {
    /** @type {Performance & { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> }} */
    const measured = performance;
    return (await measured.measureUserAgentSpecificMemory?.())?.bytes ?? null;
  });
}
