// Crossrank in its page, through its public library.

/** @typedef {import('@playwright/test').BrowserContext} BrowserContext */
/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/engine/reranker.ts').LoadedModel} LoadedModel */
/** @typedef {import('../../src/engine/reranker.ts').RerankTimings} RerankTimings */
/** @typedef {import('../../src/engine/reranker.ts').Tuning} Tuning */
/** @typedef {import('./documents.mjs').Documents} Documents */
/** @typedef {import('./models.mjs').BenchModel} BenchModel */
/**
 * @typedef {object} AppRun
 * @property {number} ms from the call in the page to its result
 * @property {number} firstScoreMs until the first score of a document came
 * @property {readonly number[]} logits in the order of the documents
 * @property {RerankTimings} timings
 * @property {Tuning | null} tuning
 */
/** @typedef {{ query: string, documents: string[] }} HeldDocuments */

/** Calls of *Measure* after which a tuning must be known. */
const mostTuningCalls = 4;

/**
 * Opens the app and waits until nothing moves by itself: the embedded model has ranked its first
 * page.
 * @param {BrowserContext} context
 * @param {string} url
 */
export async function openApp(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByTestId('stamp').waitFor({ timeout: 120_000 });
  return page;
}

/**
 * @param {Page} page
 * @param {{ model: BenchModel, device: 'wasm' | 'webgpu', hubUrl: string }} request
 * @returns {Promise<LoadedModel>}
 */
export function loadInApp(page, { model: { embedded, id, dtype }, device, hubUrl }) {
  return page.evaluate(
    (options) => window.crossrank.load(options),
    embedded ? { device } : { device, model: id, dtype, host: hubUrl },
  );
}

/** Puts documents into the page, so that sending them there is not measured. */
export function holdDocuments(/** @type {Page} */ page, /** @type {Documents} */ documents) {
  return page.evaluate((held) => {
    Object.assign(window, { held });
  }, documents);
}

/**
 * Scores the documents that the page holds, all of them anew.
 * @param {Page} page
 * @returns {Promise<AppRun>}
 */
export function runInApp(page) {
  return page.evaluate(async () => {
    /** @type {Window & { held?: HeldDocuments }} */
    const { held = { query: '', documents: [] } } = window;
    const { query, documents } = held;
    let firstScoreMs = Number.NaN;
    const startedAt = performance.now();
    const { ranking, timings, tuning } = await window.crossrank.rerank({
      ...{ query, documents, remember: false },
      onEvent: (event) => {
        if (event.type === 'scoring' && event.scores.length > 0 && Number.isNaN(firstScoreMs)) {
          firstScoreMs = performance.now() - startedAt;
        }
      },
    });
    const ms = performance.now() - startedAt;
    const logits = new Array(documents.length).fill(Number.NaN);
    for (const { index, logit } of ranking) logits[index] = logit;
    return { ms, firstScoreMs, logits, timings, tuning: tuning ?? null };
  });
}

/**
 * Has the app measure, as with the button *Measure*, until it has found out how to run this model
 * here; what is measured afterwards is what a user gets from then on.
 * @param {Page} page
 * @param {number} mostMs no call begins after this time
 * @returns {Promise<{ tuning: Tuning | null, calls: number, ms: number }>} no tuning where none came
 */
export async function tuneApp(page, mostMs) {
  const startedAt = performance.now();
  for (let calls = 1; ; calls++) {
    const tuning = await page.evaluate(
      async () => (await window.crossrank.benchmark()).tuning ?? null,
    );
    const ms = performance.now() - startedAt;
    if (tuning !== null || calls >= mostTuningCalls || ms > mostMs) return { tuning, calls, ms };
  }
}

/** @typedef {{ rejectedMs: number, freeMs: number }} Aborted */

/**
 * Milliseconds from `abort()` to the rejection, and until the worker takes up the next call, since
 * the page may reject while a batch still runs; null where all documents were scored before.
 * @param {Page} page
 * @param {{ share: number, delayMs: number }} when this long after that part of the documents, 0..1,
 *   had scores: an event comes between two batches, and it is in the midst of one that it matters
 * @returns {Promise<Aborted | null>}
 */
export function abortInApp(page, when) {
  return page.evaluate(async ({ share, delayMs }) => {
    /** @type {Window & { held?: HeldDocuments }} */
    const { held = { query: '', documents: [] } } = window;
    const controller = new AbortController();
    let abortedAt = Number.NaN;
    let planned = false;
    try {
      await window.crossrank.rerank({
        ...{ query: held.query, documents: held.documents, remember: false },
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type !== 'scoring' || planned || event.done < share * event.total) return;
          planned = true;
          setTimeout(() => {
            abortedAt = performance.now();
            controller.abort();
          }, delayMs);
        },
      });
    } catch (error) {
      // Nothing else than a RerankError is thrown.
      const { code } = /** @type {{ code?: string }} */ (error);
      if (code !== 'aborted') throw error;
      const rejectedMs = performance.now() - abortedAt;
      const { timings } = await window.crossrank.rerank({
        ...{ query: held.query, documents: ['next'], remember: false },
      });
      return { rejectedMs, freeMs: performance.now() - abortedAt - timings.totalMs };
    }
    return null;
  }, when);
}
