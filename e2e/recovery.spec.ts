import { chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../scripts/chromium.mjs';
import { expect, openRanked, passages, rerank, rowsOf, stampOf, test } from './fixtures.ts';
import {
  breakShadersOnDemand,
  destroyDevice,
  exposeDevice,
  inScoringWorker,
  killGpuProcess,
  patchWorkers,
  rendererProcesses,
  scoringWorker,
} from './worker-faults.ts';

// What a service worker fetches goes past the routes that faults are injected with.
test.use({ serviceWorkers: 'block' });
test.setTimeout(300_000);

/**
 * For the software adapter, which takes a second for a short pair: batches of one, several and four
 * pairs, in that order, so that a run has a midst.
 */
const fewTexts = [
  'the loan office is near the river and opens at night '.repeat(6).trim(),
  ...['river', 'stone'].map((word) =>
    `${word} water paper green long answer fund `.repeat(4).trim(),
  ),
  ...['bread', 'apply', 'night', 'green', 'office'].map((word) =>
    `${word} ${'water '.repeat(15)}`.trim(),
  ),
];

test('a device that is destroyed in mid-run is replaced, the second time WASM is one press away', async ({
  page,
  watch,
}) => {
  await patchWorkers(page, exposeDevice);
  await openOnGpu(page);
  await startInMidst(page);
  await inScoringWorker(page, destroyDevice);
  await expect(page.getByText(/^The GPU was lost\. The model is started again/)).toBeVisible();
  await expect(stampOf(page)).toContainText('WebGPU', { timeout: 120_000 });
  await expect(page.getByText(/^The GPU was lost during this run/)).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expectText(page, fewTexts);
  const afterLoss = await logitsOf(page);

  await rerank(page, 'water', fewTexts);
  // The note is about one run.
  await expect(page.getByText(/^The GPU was lost during this run/)).toHaveCount(0);
  await expect(page.getByText(scoredSome)).toBeVisible({ timeout: 120_000 });
  await inScoringWorker(page, destroyDevice);
  await expect(page.getByRole('alert')).toContainText('The GPU was lost again', {
    timeout: 120_000,
  });
  await expectText(page, fewTexts);
  await page.getByRole('button', { name: 'Use WASM' }).click();
  await expect(stampOf(page)).toContainText('WASM', { timeout: 120_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);

  await rerank(page, 'loan office', fewTexts);
  await expect(stampOf(page)).toContainText('8 pairs');
  const onWasm = await logitsOf(page);
  expect(afterLoss).toHaveLength(fewTexts.length);
  for (const [index, logit] of afterLoss.entries()) {
    expect(Math.abs(logit - (onWasm[index] ?? Number.NaN))).toBeLessThan(0.05);
  }
  watch.pageErrors.length = 0;
});

test('a shader that does not compile in mid-run ends the run: no zeros pose as scores', async ({
  page,
  watch,
}) => {
  await patchWorkers(page, breakShadersOnDemand);
  await openOnGpu(page);
  // A new worker has compiled what its self-test needs: one row, and several.
  await page.evaluate(() => window.crossrank.unload());
  await rerank(page, 'loan office', fewTexts);
  await expect(page.getByText(scoredSome)).toBeVisible({ timeout: 120_000 });
  await inScoringWorker(page, () => Reflect.set(globalThis, 'breakShaders', true));
  await expect(page.getByRole('alert')).toContainText('The model failed while scoring', {
    timeout: 120_000,
  });
  await expectText(page, fewTexts);
  await page.getByRole('button', { name: 'Use WASM' }).click();
  await expect(stampOf(page)).toContainText('WASM', { timeout: 120_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  watch.pageErrors.length = 0;
});

test('shaders that never compile do not pass the self-test, and the page says so', async ({
  page,
  watch,
}) => {
  await page.route('**/assets/reranker.worker-*.js', async (route) => {
    const response = await route.fetch();
    const patch = `globalThis.breakShaders = true; (${breakShadersOnDemand})();`;
    await route.fulfill({ response, body: `${patch}\n${await response.text()}` });
  });
  await chooseGpu(page);
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('computes other scores than it should', {
    timeout: 120_000,
  });
  await page.getByRole('button', { name: 'Use WASM' }).click();
  await expect(stampOf(page)).toContainText('WASM', { timeout: 120_000 });
  watch.pageErrors.length = 0;
});

test('a GPU without room for the weights says that, not that they are damaged', async ({
  page,
  watch,
}) => {
  await patchWorkers(page, () => {
    const { prototype } = GPUDevice;
    const create = prototype.createBuffer;
    prototype.createBuffer = function (this: GPUDevice, descriptor) {
      const size = descriptor.size > 100_000 ? 2 ** 40 : descriptor.size;
      return Reflect.apply(create, this, [{ ...descriptor, size }]);
    };
  });
  await chooseGpu(page);
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('There was not enough memory', {
    timeout: 120_000,
  });
  await expect(page.getByRole('alert')).toContainText('no room for the weights');
  watch.pageErrors.length = 0;
});

test('WebAssembly memory that cannot be had is told as what it is', async ({ page, watch }) => {
  await patchWorkers(page, () => {
    const { Memory } = WebAssembly;
    // More than a 32-bit memory can have: the engine's own error.
    WebAssembly.Memory = new Proxy(Memory, {
      construct: () => {
        throw new RangeError('WebAssembly.Memory(): could not allocate memory');
      },
    });
  });
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('There was not enough memory');
  await page.unroute('**/assets/reranker.worker-*.js');
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  watch.pageErrors.length = 0;
});

test('batches without room on the heap are run in smaller ones, with the same scores', async ({
  page,
  watch,
}) => {
  await watchHeap(page, null);
  await openRanked(page);
  const used = await heapBytes(page);
  const documents = passages(60);
  const roomy = await scoreInLargeBatches(page, documents);
  expect(roomy).toMatchObject({ code: null, events: [], budget: 4096 });
  const most = await heapBytes(page);
  expect(most).toBeGreaterThan(used);

  // The heap of the next worker cannot grow as far.
  await page.unroute('**/assets/reranker.worker-*.js');
  await watchHeap(page, used + (most - used) / 2);
  await page.evaluate(() => window.crossrank.unload());
  const tight = await scoreInLargeBatches(page, documents);
  expect(tight).toMatchObject({ code: null });
  expect(tight.events[0]).toEqual(['out-of-memory', 1]);
  expect(tight.budget).toBeLessThan(4096);
  expect(tight.logits).toHaveLength(60);
  for (const [index, logit] of tight.logits.entries()) {
    expect(Math.abs(logit - (roomy.logits[index] ?? Number.NaN))).toBeLessThan(1e-3);
  }
  // What fits is known now.
  expect(await scoreInLargeBatches(page, documents)).toMatchObject({ code: null, events: [] });
  watch.pageErrors.length = 0;
});

test.describe('a file of the runtime', () => {
  const faults = [
    ['is missing', { status: 404, body: '' }, /is missing: the site answered HTTP 404/],
    [
      'is a web page',
      { status: 200, contentType: 'text/html', body: '<!doctype html><p>welcome' },
      /a web page in its place/,
    ],
    [
      'is damaged',
      { status: 200, contentType: 'application/wasm', body: 'no wasm' },
      /is damaged: its 7 bytes/,
    ],
  ] as const;
  for (const [what, answer, words] of faults) {
    test(`that ${what} is named, and the next run works when it is back`, async ({
      page,
      watch,
    }) => {
      await page.route('**/assets/ort-wasm-simd-threaded-*.wasm', (route) => route.fulfill(answer));
      await page.goto('./');
      const alert = page.getByRole('alert');
      await expect(alert).toContainText(words);
      await expect(alert).toContainText(/ort-wasm-simd-threaded-[\w-]+\.wasm/);
      await page.unroute('**/assets/ort-wasm-simd-threaded-*.wasm');
      await page.getByRole('button', { name: 'Rerank' }).click();
      await expect(stampOf(page)).toBeVisible();
      await expect(alert).toHaveCount(0);
      watch.pageErrors.length = 0;
    });
  }

  test('that is a module and cut off is named as well', async ({ page, watch }) => {
    await page.route('**/assets/ort-wasm-simd-threaded-*.mjs', (route) => route.abort());
    await page.goto('./');
    const alert = page.getByRole('alert');
    await expect(alert).toContainText(/ort-wasm-simd-threaded-[\w-]+\.mjs.*could not be fetched/);
    await page.unroute('**/assets/ort-wasm-simd-threaded-*.mjs');
    await page.getByRole('button', { name: 'Rerank' }).click();
    await expect(stampOf(page)).toBeVisible();
    watch.pageErrors.length = 0;
  });
});

test('two hundred runs started and cancelled leave one worker and a page that works', async ({
  page,
}) => {
  await openRanked(page);
  const codes = await page.evaluate(async (documents) => {
    const ended = new Map<string, number>();
    for (let number = 0; number < 200; number++) {
      const controller = new AbortController();
      const call = window.crossrank.rerank({
        query: `loan ${number}`,
        documents,
        signal: controller.signal,
        onEvent: () => {
          if (number % 2 === 1) controller.abort();
        },
      });
      if (number % 2 === 0) setTimeout(() => controller.abort(), number % 40);
      const code = await call.then(
        () => 'done',
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : 'other'),
      );
      ended.set(String(code), (ended.get(String(code)) ?? 0) + 1);
    }
    return [...ended];
  }, passages(60));
  expect(codes).toEqual([['aborted', 200]]);
  await rerank(page, 'river', 'a river\na stone');
  await expect(stampOf(page)).toContainText('2 pairs');
  const workers = page.workers().filter((worker) => worker.url().includes('/reranker.worker-'));
  expect(workers).toHaveLength(1);
});

test('a clock that jumps by hours in mid-run changes nothing', async ({ page }) => {
  await page.addInitScript(() => {
    const { now } = Date;
    let calls = 0;
    // Back and forth with each call.
    Date.now = () => now() + (calls++ % 2 === 0 ? 1 : -1) * 7 * 3_600_000;
  });
  await openRanked(page);
  await rerank(page, 'loan office', passages(200));
  await expect(page.getByText(/of 200 scored · /)).toBeVisible();
  for (const text of await progressWhileRunning(page)) expectSane(text);
  await expect(stampOf(page)).toContainText('200 pairs');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a page that is frozen and hidden in mid-run goes on when it is looked at again', async ({
  page,
}) => {
  await openRanked(page);
  await rerank(page, 'loan office', passages(300));
  await expect(page.getByText(scoredSome)).toBeVisible();
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((resolve) => setTimeout(resolve, 8000));
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await expect(stampOf(page)).toContainText('300 pairs', { timeout: 120_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a machine that sleeps in mid-run goes on where it was', async ({ baseURL }) => {
  await withOwnBrowser(baseURL ?? '', async (page) => {
    await openRanked(page);
    await rerank(page, 'loan office', passages(300));
    await expect(page.getByText(/of 300 scored · /)).toBeVisible();
    const browser = page.context().browser();
    if (browser === null) throw new Error('The page has no browser.');
    const sleeping = await rendererProcesses(browser);
    for (const id of sleeping) process.kill(id, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    for (const id of sleeping) process.kill(id, 'SIGCONT');
    await expect(stampOf(page)).toContainText('300 pairs', { timeout: 120_000 });
    await expect(page.getByRole('alert')).toHaveCount(0);
    // The same after a run was cancelled: the worker was given no time to stop, and is not ended.
    await rerank(page, 'river', passages(300));
    await expect(page.getByText(scoredSome)).toBeVisible();
    await page.getByRole('button', { name: 'Cancel' }).click();
    for (const id of sleeping) process.kill(id, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 4000));
    for (const id of sleeping) process.kill(id, 'SIGCONT');
    await rerank(page, 'river', 'a river\na stone');
    await expect(stampOf(page)).toContainText('2 pairs', { timeout: 60_000 });
  });
});

test('a GPU process that is killed in mid-run is survived, and the second time WASM is offered', async ({
  baseURL,
}) => {
  await withOwnBrowser(baseURL ?? '', async (page) => {
    const browser = page.context().browser();
    if (browser === null) throw new Error('The page has no browser.');
    await openOnGpu(page);
    await startInMidst(page);
    await killGpuProcess(browser);
    await expect(stampOf(page)).toContainText('WebGPU', { timeout: 120_000 });
    await expect(page.getByText(/^The GPU was lost during this run/)).toBeVisible();
    await expect(rowsOf(page)).toHaveCount(fewTexts.length);

    await rerank(page, 'water', fewTexts);
    await expect(page.getByText(scoredSome)).toBeVisible({ timeout: 120_000 });
    await killGpuProcess(browser);
    await expect(page.getByRole('alert')).toContainText('The GPU was lost again', {
      timeout: 120_000,
    });
    await expectText(page, fewTexts);
    await page.getByRole('button', { name: 'Use WASM' }).click();
    await expect(stampOf(page)).toContainText('WASM', { timeout: 120_000 });
  });
});

const scoredSome = /^[1-9]\d* of \d+ scored/;

/** Puts the heap of scoring workers within reach; it cannot grow over `most` bytes. */
async function watchHeap(page: Page, most: number | null): Promise<void> {
  await page.route('**/assets/reranker.worker-*.js', async (route) => {
    const response = await route.fetch();
    const patch = `(${limitHeap})(${most ?? Number.MAX_SAFE_INTEGER});`;
    await route.fulfill({ response, body: `${patch}\n${await response.text()}` });
  });
}

/** In the worker. Beyond the limit growing fails as where the machine has no memory left. */
function limitHeap(most: number): void {
  const pageBytes = 65_536;
  const { prototype } = WebAssembly.Memory;
  const grow = prototype.grow;
  prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    const bytes = this.buffer.byteLength + pages * pageBytes;
    if (bytes > most) throw new RangeError('WebAssembly.Memory.grow(): Unable to grow memory');
    Reflect.set(globalThis, 'heapBytes', bytes);
    return Reflect.apply(grow, this, [pages]);
  };
}

async function heapBytes(page: Page): Promise<number> {
  const bytes = await scoringWorker(page)?.evaluate(() => Reflect.get(globalThis, 'heapBytes'));
  return Number(bytes ?? 0);
}

/** As if a machine with more memory had been measured. */
function scoreInLargeBatches(page: Page, documents: readonly string[]) {
  return page.evaluate(async (texts) => {
    const { model, revision, dtype, device, adapter, threads } = await window.crossrank.load();
    const key = JSON.stringify([model, revision, dtype, device, adapter, threads]);
    const tunings = [[key, { tokenBudget: 4096, overheadTokens: 4096 }]];
    localStorage.setItem('crossrank.tunings', JSON.stringify({ version: 1, tunings }));
    const events: unknown[] = [];
    try {
      const { ranking, timings } = await window.crossrank.rerank({
        query: 'loan office',
        documents: texts,
        remember: false,
        onEvent: (event) => {
          if (event.type === 'recovering') events.push([event.code, event.attempt]);
        },
      });
      const logits = ranking.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
      return { code: null, message: '', events, logits, budget: timings.tokenBudget };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'other';
      return { code, message: String(error), events, logits: [], budget: 0 };
    }
  }, documents);
}

async function chooseGpu(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (localStorage.getItem('crossrank.settings') !== null) return;
    const settings = { version: 1, language: 'en', theme: 'auto', device: 'webgpu' };
    localStorage.setItem('crossrank.settings', JSON.stringify(settings));
  });
}

/** Opens the page with its model on the software adapter. */
async function openOnGpu(page: Page): Promise<void> {
  await chooseGpu(page);
  await page.goto('./');
  await expect(stampOf(page)).toContainText('WebGPU', { timeout: 180_000 });
}

async function startInMidst(page: Page): Promise<void> {
  await rerank(page, 'loan office', fewTexts);
  await expect(page.getByText(scoredSome)).toBeVisible({ timeout: 120_000 });
}

async function expectText(page: Page, texts: readonly string[]): Promise<void> {
  await expect(page.getByRole('textbox', { name: 'Documents' })).toHaveValue(texts.join('\n'));
}

/** By document, as the page's console API knows them: all are remembered. */
function logitsOf(page: Page): Promise<readonly number[]> {
  return page.evaluate(async (documents) => {
    const { ranking } = await window.crossrank.rerank({ query: 'loan office', documents });
    return ranking.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
  }, fewTexts);
}

/** What the line of progress says until the run has ended. */
async function progressWhileRunning(page: Page): Promise<readonly string[]> {
  const seen: string[] = [];
  const line = page.getByText(/of 200 scored · /);
  while (await line.isVisible()) {
    // It may be gone by now.
    seen.push((await line.textContent({ timeout: 1000 }).catch(() => null)) ?? '');
    await page.waitForTimeout(200);
  }
  return seen;
}

function expectSane(text: string): void {
  const left = /([\d,.]+) s left/.exec(text)?.[1];
  if (left !== undefined) expect(Number(left.replaceAll(',', ''))).toBeLessThan(600);
  expect(text).not.toContain('-');
}

/** A browser that nothing else runs in, since its processes are stopped and killed. */
async function withOwnBrowser(url: string, use: (page: Page) => Promise<void>): Promise<void> {
  const executablePath = findChromium();
  const browser = await chromium.launch({
    args: chromiumFlags,
    ...(executablePath && { executablePath }),
  });
  try {
    const context = await browser.newContext({ baseURL: url, serviceWorkers: 'block' });
    await use(await context.newPage());
  } finally {
    await browser.close();
  }
}
