import type { BrowserContext, Page, Worker } from '@playwright/test';
import type { Hub } from '../scripts/hub/serve-hub.mjs';
import { expect } from './fixtures.ts';
import {
  downloadsOf,
  dropNetworkErrors,
  expectInUse,
  inUse,
  keptFiles,
  load,
  loadAndAbort,
  loadModel,
  logitsOf,
  lookUp,
  middleBytes,
  openModelsView,
  openPage,
  progressOf,
  readModelFile,
  scoringWorkers,
  test,
  untilLoaded,
  weightsPath,
  wideModel,
} from './hub.ts';

const weightsBytes = readModelFile(wideModel, weightsPath).length;
const pairs = [['what is panda?', 'The panda is a bear.']] as const;

test('progress never falls, its total never changes, and its last value is the total', async ({
  page,
  hub,
}) => {
  await openPage(page);
  const report = await load(page, wide(hub));
  expect(report.code).toBe(null);
  const { loaded, totals } = progressOf(report);
  expect(loaded.length).toBeGreaterThan(10);
  expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
  expect(new Set(totals).size).toBe(1);
  expect(loaded.at(-1)).toBe(totals[0]);
  expect(totals[0]).toBeGreaterThanOrEqual(weightsBytes);
});

test('a download that was aborted goes on where it stopped', async ({ page, hub }) => {
  await openPage(page);
  await abortInTheMiddle(page, hub);
  await expect.poll(() => hub.openResponses, 'the connection is let go').toBe(0);
  expect(await completeBuilds(page)).toEqual([false]);

  const report = await load(page, wide(hub));
  expect(report.value).toMatchObject({ model: wideModel, dtype: 'fp32' });
  expectResumed(hub);
  expect(progressOf(report).loaded[0]).toBeGreaterThan(0);
  expect(await completeBuilds(page)).toEqual([true]);
  expect(await logitsOf(page, pairs)).toEqual([expect.any(Number)]);
});

test('in the page a download can be paused, is shown as half of a model, and goes on', async ({
  page,
  hub,
}) => {
  await openPage(page);
  await openModelsView(page);
  hub.faults.add({ match: weightsPath, kind: 'stall', afterBytes: middleBytes });
  await lookUp(page, hub.url, wideModel);
  await page.getByRole('button', { name: /^Download .+ and load: .*bert-wide$/ }).click();
  await expect(inUse(page)).toContainText(/\d MB of 1\d/);
  await expect.poll(() => downloadsOf(hub, weightsPath)[0]?.sentBytes).toBe(middleBytes);
  await inUse(page).getByRole('button', { name: 'Pause download' }).click();
  await expectInUse(page, 'crossrank-tiny-en-zh');
  hub.faults.clear();
  hub.clearRequests();

  const kept = page.getByRole('region', { name: 'On this machine' });
  await kept.getByRole('button', { name: /^Resume .*bert-wide/ }).click();
  await expectInUse(page, 'bert-wide');
  expectResumed(hub);
});

test('a connection that is cut in the middle is taken up again by itself', async ({
  page,
  hub,
  watch,
}) => {
  await openPage(page);
  hub.faults.add({ match: weightsPath, kind: 'cut', afterBytes: middleBytes, times: 1 });
  const { loaded } = progressOf(await load(page, wide(hub)));
  expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
  const downloads = downloadsOf(hub, weightsPath);
  expect(downloads.map(({ range }) => range)).toEqual([
    null,
    expect.stringMatching(/^bytes=\d+-$/),
  ]);
  expect(rangeStart(downloads[1])).toBeGreaterThan(0);
  expect(await completeBuilds(page)).toEqual([true]);
  dropNetworkErrors(watch.pageErrors);
});

test('a page that is closed in the middle of a download leaves what the next one goes on with', async ({
  page,
  hub,
  context,
}) => {
  await openPage(page);
  hub.faults.add({ match: weightsPath, kind: 'stall', afterBytes: middleBytes });
  const loading = load(page, wide(hub)).catch(() => 'the page is gone');
  await untilLoaded(page, middleBytes - 500_000);
  await page.close();
  expect(await loading).toBe('the page is gone');
  hub.faults.clear();
  hub.clearRequests();

  const next = await context.newPage();
  await openPage(next);
  expect(await completeBuilds(next)).toEqual([false]);
  expect(await loadModel(next, wide(hub))).toMatchObject({ model: wideModel });
  expectResumed(hub);
});

test('wrong bytes are refused and deleted, and the next load fetches the file anew', async ({
  page,
  hub,
}) => {
  await openPage(page);
  hub.faults.add({ match: weightsPath, kind: 'wrong-bytes' });
  const refused = await load(page, wide(hub));
  expect(refused.code).toBe('model-corrupt');
  expect(refused.message).toContain(`${weightsPath} is not the file it should be`);
  expect((await keptFiles(page)).filter(({ path }) => path.endsWith('.onnx'))).toEqual([]);
  expect(await completeBuilds(page)).not.toContain(true);

  hub.faults.clear();
  hub.clearRequests();
  expect(await loadModel(page, wide(hub))).toMatchObject({ model: wideModel });
  expect(downloadsOf(hub, weightsPath).map(({ range }) => range)).toEqual([null]);
});

test('a file that ends early on the host is refused and not kept', async ({ page, hub }) => {
  await openPage(page);
  hub.faults.add({ match: weightsPath, kind: 'short' });
  const refused = await load(page, wide(hub));
  expect(refused.code).toBe('model-corrupt');
  expect(refused.message).toContain(weightsPath);
  expect(await completeBuilds(page)).not.toContain(true);
});

test('a host that ignores ranges sends the rest of a download from the start', async ({
  page,
  hub,
}) => {
  await openPage(page);
  await abortInTheMiddle(page, hub);
  hub.faults.add({ match: weightsPath, kind: 'no-range' });
  expect(await loadModel(page, wide(hub))).toMatchObject({ model: wideModel });
  const [again] = downloadsOf(hub, weightsPath);
  expect(again).toMatchObject({ status: 200, sentBytes: weightsBytes });
  expect(await keptWeights(page)).toBe(weightsBytes);
});

test('a host that says no length is followed to the end', async ({ page, hub }) => {
  await openPage(page);
  hub.faults.add({ match: wideModel, kind: 'no-length' });
  const report = await load(page, wide(hub));
  expect(report.value).toMatchObject({ model: wideModel });
  expect(new Set(progressOf(report).totals).size).toBe(1);
  expect(await keptWeights(page)).toBe(weightsBytes);
});

test('half a download is never opened, not even where its host is gone', async ({
  page,
  hub,
  context,
  watch,
}) => {
  await openPage(page);
  await abortInTheMiddle(page, hub);
  await hub.close();
  const refused = await load(page, wide(hub));
  expect(refused.code).toBe('download-failed');
  expect(refused.events.map(({ type }) => type)).not.toContain('preparing');

  const next = await context.newPage();
  await openPage(next);
  const [before] = scoringWorkers(next);
  expect(await completeBuilds(next)).toEqual([false]);
  const { code, message } = await load(next, wide(hub));
  expect(code).toBe('download-failed');
  expect(message).toContain('could not be reached');
  // The model in use was not even put aside.
  expect(scoringWorkers(next)).toEqual([before]);
  dropNetworkErrors(watch.pageErrors);
});

test('what was loaded once loads again without its host, and asks nobody', async ({
  page,
  hub,
  context,
  watch,
}) => {
  await openPage(page);
  const first = await loadModel(page, wide(hub));
  const logits = await logitsOf(page, pairs);
  await page.close();
  await hub.close();
  watch.foreignRequests.length = 0;

  const next = await context.newPage();
  await openPage(next);
  const again = await load(next, { model: wideModel });
  expect(again.value).toMatchObject({ model: wideModel, revision: first.revision, dtype: 'fp32' });
  expect(again.events.map(({ type }) => type)).not.toContain('looking-up');
  expect(progressOf(again).loaded).toEqual([]);
  expect(await logitsOf(next, pairs)).toEqual(logits);
  expect(watch.foreignRequests).toEqual([]);
});

test('deleting one model, and then all, gives their room back', async ({ page, hub }) => {
  await openPage(page);
  await loadModel(page, wide(hub));
  await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  await loadModel(page, { model: 'test/xlm-r-tiny', host: hub.url, device: 'wasm' });
  expect(await modelIds(page)).toEqual([wideModel, 'test/bert-tiny', 'test/xlm-r-tiny'].toSorted());
  const before = await modelBytes(page);
  expect(before).toBeGreaterThan(weightsBytes);

  await page.evaluate(async (id) => {
    const kept = await window.crossrank.models();
    await window.crossrank.removeModel(kept.find((model) => model.id === id)?.key ?? '');
  }, wideModel);
  expect(await modelIds(page)).toEqual(['test/bert-tiny', 'test/xlm-r-tiny']);
  expect(await modelBytes(page)).toBeLessThanOrEqual(before - weightsBytes);
  expect(await keptWeights(page)).toBe(null);

  await page.evaluate(() => window.crossrank.removeAllModels());
  expect(await modelIds(page)).toEqual([]);
  expect(await modelBytes(page)).toBe(0);
  expect((await keptFiles(page)).filter(({ bytes }) => bytes > 0)).toEqual([]);
  const refused = await page.evaluate(() =>
    window.crossrank.removeModel('test%2Fnobody@main').catch((error: Error) => error.message),
  );
  expect(refused).toContain('is not on this machine');
});

test('two tabs that load the same model at once share one download', async ({
  page,
  hub,
  context,
}) => {
  const other = await context.newPage();
  await openPage(page);
  await openPage(other);
  hub.faults.add({ match: weightsPath, kind: 'slow', bytesPerSecond: 4_000_000 });
  const reports = await Promise.all([load(page, wide(hub)), load(other, wide(hub))]);
  for (const report of reports) expect(report.value).toMatchObject({ model: wideModel });
  expect(downloadsOf(hub, weightsPath)).toMatchObject([{ range: null, sentBytes: weightsBytes }]);
  expect(await modelIds(other)).toEqual([wideModel]);
  expect(await keptWeights(page)).toBe(weightsBytes);
  expect(await logitsOf(page, pairs)).toEqual(await logitsOf(other, pairs));
});

test('too little room is said before anything is fetched, and more room is enough', async ({
  page,
  hub,
  context,
}) => {
  await changeStoreWorker(
    context,
    'navigator.storage.estimate = async () => ({ usage: 1_000_000, quota: 5_000_000 });',
  );
  await openPage(page);
  const refused = await load(page, wide(hub));
  expect(refused.code).toBe('storage-full');
  expect(refused.message).toContain(wideModel);
  expect(refused.message).toMatch(/needs 1\d\.\d MB more, and the browser has 4\.0 MB free/);
  expect(downloadsOf(hub, weightsPath)).toEqual([]);
  expect(await logitsOf(page, pairs)).toEqual([expect.any(Number)]);

  await storeWorker(page)?.evaluate(() => {
    navigator.storage.estimate = async () => ({ usage: 1_000_000, quota: 50_000_000 });
  });
  expect(await loadModel(page, wide(hub))).toMatchObject({ model: wideModel });
});

test('room that runs out during a download is said, and with more of it the download goes on', async ({
  page,
  hub,
  context,
}) => {
  await openPage(page);
  const { origin } = new URL(page.url());
  const session = await context.newCDPSession(page);
  // Chromium does not tell pages of this: their estimate stays at 10 GB.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 5_000_000 });
  const refused = await load(page, wide(hub));
  expect(refused.code).toBe('storage-full');
  expect(refused.message).toContain('no room left');
  expect(await completeBuilds(page)).toEqual([false]);
  expect(await logitsOf(page, pairs)).toEqual([expect.any(Number)]);

  await session.send('Storage.overrideQuotaForOrigin', { origin });
  hub.clearRequests();
  expect(await loadModel(page, wide(hub))).toMatchObject({ model: wideModel });
  expectResumed(hub);
});

test('where the browser refuses to keep files a model is held in memory, for this page alone', async ({
  page,
  hub,
  context,
}) => {
  // As in a private window of some browsers.
  await changeStoreWorker(
    context,
    "navigator.storage.getDirectory = () => Promise.reject(new DOMException('', 'SecurityError'));",
  );
  await openPage(page);
  expect(await loadModel(page, wide(hub))).toMatchObject({ model: wideModel });
  expect(await logitsOf(page, pairs)).toEqual([expect.any(Number)]);
  const kept = await page.evaluate(() => window.crossrank.models());
  expect(kept).toMatchObject([{ id: wideModel, kept: 'memory' }]);
  expect(await keptFiles(page)).toEqual([]);
  await page.reload();
  await openPage(page);
  expect(await modelIds(page)).toEqual([]);
});

/** The wide model, on WASM. */
function wide({ url }: Hub) {
  return { model: wideModel, host: url, device: 'wasm' } as const;
}

/** Leaves a part of the wide model's weights, and a hub without faults and requests. */
async function abortInTheMiddle(page: Page, hub: Hub): Promise<void> {
  hub.faults.add({ match: weightsPath, kind: 'stall', afterBytes: middleBytes });
  const { code } = await loadAndAbort(page, wide(hub), middleBytes - 500_000);
  expect(code).toBe('aborted');
  hub.faults.clear();
  hub.clearRequests();
}

/** The weights were fetched once, from behind what was there. */
function expectResumed(hub: Hub): void {
  const downloads = downloadsOf(hub, weightsPath);
  expect(downloads).toHaveLength(1);
  const start = rangeStart(downloads[0]);
  expect(start).toBeGreaterThan(0);
  expect(downloads[0]).toMatchObject({ status: 206, sentBytes: weightsBytes - start });
}

function rangeStart(request: Hub['requests'][number] | undefined): number {
  return Number(/^bytes=(\d+)-$/.exec(request?.range ?? '')?.[1] ?? Number.NaN);
}

/** Whether the builds of which a part is here are whole. */
function completeBuilds(page: Page): Promise<boolean[]> {
  return page.evaluate(async () => {
    const kept = await window.crossrank.models();
    return kept.flatMap(({ builds }) => builds.map(({ complete }) => complete));
  });
}

async function keptWeights(page: Page): Promise<number | null> {
  const file = (await keptFiles(page)).find(
    ({ path }) => path.includes('bert-wide') && path.endsWith('model.onnx'),
  );
  return file?.bytes ?? null;
}

async function modelIds(page: Page): Promise<string[]> {
  const kept = await page.evaluate(() => window.crossrank.models());
  return kept.map(({ id }) => id).toSorted();
}

async function modelBytes(page: Page): Promise<number> {
  return (await page.evaluate(() => window.crossrank.storage())).modelBytes;
}

/** The worker of the store finds another browser than the one it runs in. */
async function changeStoreWorker(context: BrowserContext, code: string): Promise<void> {
  // What a test answers comes from nowhere, and Chromium asks before that may reach this machine.
  await context.grantPermissions(['local-network-access']);
  await context.route('**/model-store.worker*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code}\n${await response.text()}` });
  });
}

function storeWorker(page: Page): Worker | undefined {
  return page.workers().find((worker) => worker.url().includes('/model-store.worker'));
}
