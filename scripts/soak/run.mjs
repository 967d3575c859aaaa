// `npm run soak`: half an hour of a user who does things in any order, in the production build.
// After each step it is asked whether text was lost, a ranking is no permutation of its documents,
// something failed unseen, a request went elsewhere, or memory grew. The same seed does the same.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openDiskBrowser } from '../../bench/large/disk-browser.mjs';
import { ensureAppBuild } from '../../bench/speed/build.mjs';
import { serveApp } from '../../bench/speed/serve-app.mjs';
import { fail, preparePackages, root } from '../packages.mjs';
import { chanceFrom } from './chance.mjs';
import { brokenInvariant } from './invariants.mjs';
import { chooseAction } from './user.mjs';

const usage = `Uses the app at random and looks after each step whether all is well.

  npm run soak -- [options]

  --minutes N   default 30
  --steps N     ends after so many steps, if that is earlier
  --seed N      default: another one each time; it is printed
  --app URL     an app that is served already; default: dist/, built where it is old
  --verbose     prints every step
  --help        show this`;

/** What the page may hold more than after the first steps, all garbage collected. Bytes. */
const mostGrowth = 60_000_000;

/** Steps between two looks at the memory. */
const memoryEvery = 40;

/** Steps that are printed when something is wrong. */
const shownSteps = 25;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    steps: { type: 'string' },
    seed: { type: 'string' },
    app: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const minutes = Number(values.minutes);
const mostSteps = Number(values.steps ?? Number.POSITIVE_INFINITY);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes > 0) || !(mostSteps > 0) || !Number.isInteger(seed)) fail(usage);

preparePackages();
if (values.app === undefined) await ensureAppBuild();
const app = await serveApp(values.app);
const browser = await openDiskBrowser([], 'allow');
const folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-soak-'));

/** @type {string[]} */
const log = [];
/** @type {string[]} */
const problems = [];
/** @type {Map<string, number>} */
const counts = new Map();
/** @type {number[]} */
const heaps = [];

const { context } = browser;
const own = new URL(app.url).origin;
let requests = 0;
let offline = false;
context.on('request', (request) => {
  requests += 1;
  const url = new URL(request.url());
  if (url.protocol.startsWith('http') && url.origin !== own) problems.push(`A request to ${url}`);
});
context.on('weberror', (error) => problems.push(`Uncaught: ${error.error()}`));
context.on('console', (message) => {
  if (message.type() !== 'error') return;
  // Chromium itself notes a request that a missing network ends.
  if (offline && message.text().includes('ERR_INTERNET_DISCONNECTED')) return;
  problems.push(`Console: ${message.text()}`);
});

context.setDefaultTimeout(30_000);
/** @type {import('./user.mjs').User} */
const user = {
  page: await context.newPage(),
  chance: chanceFrom(seed),
  texts: { query: '', documents: '' },
  own: { query: '', documents: '' },
  elsewhere: null,
  folder,
  offline: false,
};

console.log(`Seed ${seed}, ${minutes} minutes`);
const startedAt = performance.now();
let steps = 0;
try {
  await user.page.goto(app.url);
  await user.page.getByTestId('stamp').waitFor({ timeout: 120_000 });
  user.texts = {
    query: await user.page.locator('.query-box').inputValue(),
    documents: await user.page.locator('#documents').inputValue(),
  };
  await readyOffline();
  while (problems.length === 0 && steps < mostSteps && elapsedMinutes() < minutes) {
    steps += 1;
    await takeStep();
  }
} catch (error) {
  problems.push(`The soak itself: ${error instanceof Error ? error.stack : error}`);
}
await finish();

async function takeStep() {
  const action = chooseAction(user);
  counts.set(action.name, (counts.get(action.name) ?? 0) + 1);
  let told = '';
  try {
    told = await action.do(user);
  } catch (error) {
    problems.push(
      `"${action.name}" could not be done: ${error instanceof Error ? error.message : error}`,
    );
  }
  offline = user.offline;
  log.push(`${steps}. ${action.name}${told === '' ? '' : `: ${told}`}`);
  if (values.verbose) console.log(log.at(-1));
  const broken = problems.length === 0 ? await brokenInvariant(user) : null;
  if (broken !== null) problems.push(broken);
  if (steps % memoryEvery === 0) await lookAtMemory();
}

/** The network may only be lost once the app is kept. */
async function readyOffline() {
  await user.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await user.page.evaluate(
    () =>
      new Promise((resolve) => {
        const { serviceWorker } = navigator;
        serviceWorker.addEventListener('message', ({ data }) => {
          if (data?.type === 'ready') resolve(null);
        });
        serviceWorker.startMessages();
        // Asked again, since the page may have been told before.
        serviceWorker.controller?.postMessage({ type: 'fill', gpu: 'suspending' });
      }),
  );
}

async function lookAtMemory() {
  const session = await context.newCDPSession(user.page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  heaps.push(usedSize);
  const [first = usedSize] = heaps;
  if (usedSize - first > mostGrowth) {
    problems.push(`The page's heap grew from ${first} to ${usedSize} bytes.`);
  }
}

function elapsedMinutes() {
  return (performance.now() - startedAt) / 60_000;
}

async function finish() {
  const [first = 0] = heaps;
  const last = heaps.at(-1) ?? 0;
  console.log(`\n${steps} steps in ${elapsedMinutes().toFixed(1)} minutes, seed ${seed}`);
  for (const [name, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${String(count).padStart(5)}  ${name}`);
  }
  console.log(
    `Requests: ${requests}, none to another origin: ${problems.every((one) => !one.startsWith('A request'))}`,
  );
  console.log(
    `Heap of the page: ${(first / 1e6).toFixed(1)} MB at first, ${(last / 1e6).toFixed(1)} MB at the end`,
  );
  if (problems.length > 0) {
    const results = path.join(root, 'test-results');
    mkdirSync(results, { recursive: true });
    const picture = path.join(results, `soak-${seed}.png`);
    await user.page.screenshot({ path: picture, timeout: 10_000 }).catch(() => undefined);
    writeFileSync(path.join(results, `soak-${seed}.txt`), [...log, ...problems].join('\n'));
    console.log(`\nThe last steps:\n${log.slice(-shownSteps).join('\n')}`);
    console.log(`\nFound:\n${[...new Set(problems)].join('\n')}\n\nPicture: ${picture}`);
    process.exitCode = 1;
  }
  await browser.close().catch(() => undefined);
  await app.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
