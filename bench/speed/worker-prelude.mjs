// Code that runs at the beginning of Crossrank's scoring worker, which Playwright's init scripts do
// not reach: the worker's script is fetched, and the code put before it.

/** @typedef {import('@playwright/test').BrowserContext} BrowserContext */
/** @typedef {import('@playwright/test').Page} Page */

/** The scoring worker's script in a built app. */
const scriptPattern = /\/assets\/reranker\.worker-[\w-]+\.js$/;

/**
 * Workers that start after this run `code` first.
 * @param {BrowserContext | Page} place
 * @param {string} code
 */
export async function addWorkerPrelude(place, code) {
  await place.route(scriptPattern, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code};\n${await response.text()}` });
  });
}

/** The scoring worker of a page that shows the app; it lives from the first load on. */
export function scoringWorkerOf(/** @type {Page} */ page) {
  const worker = page.workers().find((one) => scriptPattern.test(new URL(one.url()).pathname));
  if (worker === undefined) throw new Error('The page has no scoring worker.');
  return worker;
}

/**
 * Has pages and their scoring workers believe in a number of processors, which decides how many
 * threads WASM gets.
 * @param {BrowserContext} context
 * @param {number} cores
 */
export async function pretendCores(context, cores) {
  const code = `Object.defineProperty(navigator, 'hardwareConcurrency', { value: ${cores} })`;
  await context.addInitScript(code);
  await addWorkerPrelude(context, code);
}
