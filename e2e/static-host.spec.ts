import type { Page } from '@playwright/test';
import { test as base, expect, stampOf } from './fixtures.ts';
import { builtFolder, type StaticServer, startStaticServer } from './static-server.ts';

/** As on GitHub Pages: a folder of a host that sends no headers of ours. */
const test = base.extend<{ host: StaticServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what is needed from the pattern
  host: async ({}, use) => {
    const host = await startStaticServer(builtFolder, { base: '/some/path/' });
    await use(host);
    await host.close();
  },
  baseURL: async ({ host }, use) => use(host.url),
});

// A trace asks the page for snapshots, and Chromium takes that for a touch of the user.
test.use({ serviceWorkers: 'allow', locale: 'en-US', trace: 'off' });

test('on a host without headers, below a path, threads work after the first visit', async ({
  page,
  host,
}) => {
  const loads = await openUntouched(page);
  await expect(stampOf(page)).toContainText(/[2-9] threads/);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await page.reload();
  await expect(stampOf(page)).toContainText(/[2-9] threads/);
  expect(loads()).toBe(3);
  // Nothing was asked for outside the folder.
  expect(host.asked.filter((path) => path.startsWith('/'))).toEqual([]);
});

test('the policy binds the workers, too', async ({ page, watch, host }) => {
  await openUntouched(page);
  await expect(stampOf(page)).toContainText(/[2-9] threads/);
  const worker = page.workers().find((one) => one.url().includes('reranker.worker'));
  const outcome = (address: string) =>
    worker?.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          self.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
            resolve(`refused by ${effectiveDirective}`),
          );
          fetch(url).then(
            () => resolve('answered'),
            () => undefined,
          );
        }),
      address,
    );
  expect(await outcome(`${host.url}icon.svg`)).toBe('answered');
  // The same server by its other name.
  const elsewhere = new URL(host.url);
  elsewhere.hostname = '127.0.0.1';
  expect(await outcome(`${elsewhere.href}icon.svg`)).toBe('refused by connect-src');
  // The browser may say so in the console, too.
  watch.pageErrors.length = 0;
});

test('who has typed already is asked before the page is reloaded for threads', async ({ page }) => {
  // The service worker comes late, as over a slow network.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.context().route('**/service-worker.js', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('./');
  await page.getByRole('textbox', { name: 'Query' }).click();
  await page.keyboard.type('my own words');
  release();
  const notice = page.getByText('After a reload, scoring uses all processor cores.');
  await expect(notice).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue(/my own words/);
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(notice).toHaveCount(0);
  await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue(/my own words/);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

/**
 * Opens the page and waits until it has taken its headers by itself. Asking the page anything
 * before would count as a touch of the user. Returns how often it was loaded.
 */
async function openUntouched(page: Page): Promise<() => number> {
  let loads = 0;
  page.on('load', () => {
    loads += 1;
  });
  await page.goto('./');
  await expect.poll(() => loads).toBe(2);
  return () => loads;
}
