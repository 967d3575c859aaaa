import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../scripts/chromium.mjs';
import { test as base, expect, openRanked, passages, rerank, rowsOf, stampOf } from './fixtures.ts';
import { makeNextBuild, removeBuild, versionOf } from './next-build.ts';
import {
  builtFolder,
  headersOfHost,
  type StaticServer,
  startStaticServer,
} from './static-server.ts';

/** A server per test, so that it can be taken away: nothing is more offline than that. */
const test = base.extend<{ host: StaticServer; caching: string }>({
  // Nothing here may come from the browser's own cache.
  caching: ['no-store', { option: true }],
  host: async ({ caching }, use) => {
    const host = await startStaticServer(builtFolder, { headers: headersOfHost(caching) });
    await use(host);
    await host.close();
  },
  baseURL: async ({ host }, use) => use(host.url),
});

test.use({ serviceWorkers: 'allow', locale: 'en-US' });

const documents = [
  'The river bank is muddy after rain.',
  'Apply for a loan at any branch of the bank.',
  'Green stones lie in the water.',
];

test('a second visit works with the network gone, on both devices', async ({
  page,
  context,
  host,
}) => {
  test.setTimeout(180_000);
  await openRanked(page);
  await waitUntilKept(page);
  await expect(page.getByText('A new version is ready.')).toHaveCount(0);
  await host.close();
  await context.setOffline(true);

  await openRanked(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await rerank(page, 'apply for a loan', documents);
  await expect(stampOf(page)).toContainText('3 pairs');
  await expect(stampOf(page)).toContainText('WASM');
  await expect(rowsOf(page).first()).toContainText('Apply for a loan');

  await page.getByRole('link', { name: 'Keyword traps' }).click();
  await expect(page.getByText('Measured in this tab')).toBeVisible();
  await page.getByRole('link', { name: 'Models' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Collections' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Rerank' }).click();
  await page.getByRole('combobox', { name: 'Language' }).selectOption('zh');
  await expect(page.getByRole('button', { name: '重排', exact: true })).toBeVisible();
  await page.getByRole('combobox', { name: '语言' }).selectOption('en');

  await page.reload();
  await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue('apply for a loan');
  await expect(stampOf(page)).toContainText('WASM');

  const onGpu = await page.evaluate(
    (texts) =>
      window.crossrank.rerank({ query: 'apply for a loan', documents: texts, device: 'webgpu' }),
    documents,
  );
  expect(onGpu.device).toBe('webgpu');
  expect(onGpu.ranking[0]?.index).toBe(1);
});

test.describe('with a host that allows caching', () => {
  test.use({ caching: 'max-age=600' });

  test('what the browser has already is not fetched a second time', async ({
    host,
    browserName,
  }) => {
    expect(browserName).toBe('chromium');
    // A profile on disk: the cache of a private window takes no big files.
    const profile = mkdtempSync(path.join(os.tmpdir(), 'crossrank-profile-'));
    const executablePath = findChromium();
    const context = await chromium.launchPersistentContext(profile, {
      args: chromiumFlags,
      ...(executablePath && { executablePath }),
    });
    try {
      const [page = await context.newPage()] = context.pages();
      await openRanked(page, host.url);
      await waitUntilKept(page);
      for (const file of [
        /\/model_quantized\.onnx$/,
        /threaded-\w+\.wasm$/,
        /\/page-[\w-]+\.js$/,
      ]) {
        const times = host.asked.filter((path) => file.test(path)).length;
        expect(times, `${file}`).toBe(1);
      }
      // Of the two builds for WebGPU it is the one that this browser uses.
      expect(host.asked.filter((path) => /asyncify.*\.wasm$/.test(path))).toEqual([]);

      const before = host.asked.length;
      await openRanked(page, host.url);
      // The browser looks for a newer version; all else is here.
      const asked = host.asked.slice(before).filter((path) => path !== 'service-worker.js');
      expect(asked).toEqual([]);
    } finally {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    }
  });
});

test('a newer version waits, breaks no open tab, and comes with a press', async ({
  page,
  context,
  host,
}) => {
  test.setTimeout(240_000);
  const next = makeNextBuild(builtFolder);
  try {
    await openRanked(page);
    await waitUntilKept(page);
    const other = await context.newPage();
    await openRanked(other);

    host.serve(next);
    const before = host.asked.length;
    await page.evaluate(async () => {
      await (await navigator.serviceWorker.getRegistration())?.update();
    });
    const version = page.locator('meta[name="version"]');
    const notice = page.getByText('A new version is ready.');
    await expect(notice).toBeVisible();
    await expect(other.getByText('A new version is ready.')).toBeVisible();
    await rerank(page, 'apply for a loan', documents);
    await expect(stampOf(page)).toContainText('3 pairs');
    // What is the same in both is not fetched again.
    expect(host.asked.slice(before).filter((path) => /\.(?:wasm|onnx)$/.test(path))).toEqual([]);
    // A part of this version that the server no longer has.
    await page.getByRole('link', { name: 'Models' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.getByRole('link', { name: 'Rerank' }).click();

    await page.getByRole('button', { name: 'Reload' }).click();
    await expect(version).toHaveAttribute('content', versionOf(next));
    await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue('apply for a loan');
    await expect(page.getByRole('textbox', { name: 'Documents' })).toHaveValue(
      documents.join('\n'),
    );
    await expect(notice).toHaveCount(0);

    // The other tab is still of the version before, and has all of it.
    await expect(other.getByText('Another tab has taken a newer version.')).toBeVisible();
    await other.getByRole('button', { name: 'Later' }).click();
    await expect(other.getByText('Another tab has taken')).toHaveCount(0);
    await other.getByRole('link', { name: 'Collections' }).click();
    await expect(other.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(other.locator('meta[name="version"]')).not.toHaveAttribute(
      'content',
      versionOf(next),
    );
    await other.close();

    // With it go the files of that version.
    const left = () => page.evaluate(() => keptPaths('/assets/page-'));
    await defineKeptPaths(page);
    await page.reload();
    await defineKeptPaths(page);
    await expect.poll(left).toHaveLength(2);
  } finally {
    removeBuild(next);
  }
});

test('where the disk is full the app works online, and says nothing of it', async ({
  page,
  host,
}) => {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(host.url);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_000_000 });
  await openRanked(page);
  await defineKeptPaths(page);
  const told = await page.evaluate(
    () =>
      new Promise<{ type: string; reason: string }>((resolve) => {
        navigator.serviceWorker.addEventListener('message', ({ data }) => {
          if (data.type === 'failed' || data.type === 'ready') resolve(data);
        });
      }),
  );
  expect(told).toMatchObject({ type: 'failed', reason: 'storage-full' });
  await expect(page.getByRole('alert')).toHaveCount(0);
  await rerank(page, 'apply for a loan', documents);
  await expect(stampOf(page)).toContainText('3 pairs');
  // Once there is space, the next visit goes on.
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await page.reload();
  await waitUntilKept(page);
});

test('files are kept after the runs, not during one', async ({ page }) => {
  await openRanked(page);
  await defineKeptPaths(page);
  await rerank(page, 'loan office', passages(600));
  await expect(page.getByText(/^[2-5]\d\d of 600 scored/)).toBeVisible({ timeout: 60_000 });
  const [kept, isRunning] = await Promise.all([
    page.evaluate(() => keptPaths('[.]wasm$')),
    page.getByRole('button', { name: 'Cancel' }).isVisible(),
  ]);
  expect(isRunning).toBe(true);
  expect(kept).toEqual([]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await waitUntilKept(page);
});

test('what the user removes stays removed, until it is asked for again', async ({ page }) => {
  await openRanked(page);
  await waitUntilKept(page);
  await page.goto('./#/diagnostics');
  await page.getByRole('button', { name: 'Remove the offline copy' }).click();
  await expect.poll(() => page.evaluate(() => caches.keys())).toEqual([]);
  await page.reload();
  const keep = page.getByRole('button', { name: 'Keep it for offline use' });
  await expect(keep).toBeVisible();
  await keep.click();
  await waitUntilKept(page);
  await expect(page.getByRole('button', { name: 'Remove the offline copy' })).toBeVisible();
});

test('files that were damaged on the way are not kept', async ({ page, host }) => {
  const damaged = makeNextBuild(builtFolder);
  try {
    appendFileSync(path.join(damaged, 'demos', 'keyword-traps.json'), ' ');
    host.serve(damaged);
    await openRanked(page);
    const told = await page.evaluate(
      () =>
        new Promise((resolve) => {
          navigator.serviceWorker.addEventListener('message', ({ data }) => {
            if (data.type === 'failed' || data.type === 'ready') resolve(data);
          });
        }),
    );
    expect(told).toMatchObject({ type: 'failed', reason: 'files-changed' });
    await defineKeptPaths(page);
    expect(await page.evaluate(() => keptPaths('/assets/page-'))).toHaveLength(2);
    expect(await page.evaluate(() => keptPaths('keyword-traps'))).toEqual([]);
  } finally {
    removeBuild(damaged);
  }
});

declare function keptPaths(part: string): Promise<string[]>;

async function defineKeptPaths(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.assign(window, {
      keptPaths: async (part: string) => {
        const name = (await caches.keys()).find((one) => one.startsWith('crossrank files'));
        if (name === undefined) return [];
        const keys = await (await caches.open(name)).keys();
        return keys.map(({ url }) => url).filter((url) => new RegExp(part).test(url));
      },
    });
  });
}

/** The runtime's wasm is kept last: when both builds are there, all is. */
async function waitUntilKept(page: Page): Promise<void> {
  await defineKeptPaths(page);
  await expect
    .poll(() => page.evaluate(() => keptPaths('[.]wasm$')), { timeout: 60_000 })
    .toHaveLength(2);
}
