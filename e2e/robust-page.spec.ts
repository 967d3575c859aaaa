import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { permittedLicences } from '../scripts/licences/package-licences.ts';
import { seriousFindings } from './axe.ts';
import { expect, openRanked, passages, rerank, stampOf, test } from './fixtures.ts';
import { inScoringWorker } from './worker-faults.ts';

// What is kept for offline use would answer in the place of the faults below.
test.use({ serviceWorkers: 'block', permissions: ['clipboard-read', 'clipboard-write'] });

const marker = 'Xylophonzebra';

/** What the last "Copy" has put into the clipboard. */
function copied(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}

/** The element that has focus, as a reader would name it. */
function focused(page: Page): Locator {
  return page.locator(':focus');
}

test.describe('a view that fails', () => {
  test('to draw leaves the rest of the page and the text alone, and can be reported', async ({
    page,
    watch,
  }) => {
    await page.route('**/assets/ModelsView-*.js', (route) =>
      route.fulfill({
        contentType: 'text/javascript',
        body: `export function ModelsView() { throw new TypeError('cannot read ${marker}'); }`,
      }),
    );
    await openRanked(page);
    await rerank(page, `${marker} query`, [`a ${marker}`, 'a stone']);
    await expect(stampOf(page)).toContainText('2 pairs');
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    const crash = page.getByRole('alert');
    await expect(crash).toContainText('This view failed to draw');
    await expect(crash).toContainText('The rest of the app works');
    expect(await seriousFindings(page)).toEqual([]);

    await crash.getByRole('button', { name: 'Copy diagnostics' }).click();
    await expect(crash.getByRole('button', { name: 'Copied' })).toBeVisible();
    const report = await copied(page);
    expect(report).toContain('- TypeError');
    expect(report).toMatch(/ModelsView-[\w-]+\.js:1:\d+/);
    expect(report).toMatch(/- view: models/);
    expect(report).toMatch(/- model: crossrank-tiny-en-zh/);
    expect(report).not.toContain(marker);

    // Fails again, and says so again; focus is not lost on the way.
    await crash.getByRole('button', { name: 'Try again' }).click();
    await expect(crash).toContainText('This view failed to draw');
    await expect(page.locator('main')).toBeFocused();
    await page.getByRole('link', { name: 'Rerank' }).click();
    await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue(`${marker} query`);
    await expect(page.getByRole('alert')).toHaveCount(0);
    watch.pageErrors.length = 0;
  });

  test('to come says that, and comes with "Try again"', async ({ page, watch }) => {
    await page.route('**/assets/ModelsView-*.js', (route) => route.fulfill({ status: 404 }));
    await openRanked(page);
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    const crash = page.getByRole('alert');
    await expect(crash).toContainText('This view could not be fetched');
    await expect(crash.getByRole('button', { name: 'Reload' })).toBeVisible();
    await page.unroute('**/assets/ModelsView-*.js');
    await crash.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Models' })).toBeVisible();
    await expect(crash).toHaveCount(0);
    watch.pageErrors.length = 0;
  });

  test('for its style sheet comes back with its styles', async ({ page, watch }) => {
    await page.route('**/assets/DiagnosticsView-*.css', (route) => route.fulfill({ status: 404 }));
    await page.goto('./#/diagnostics');
    await expect(page.getByRole('alert')).toContainText('This view could not be fetched');
    await page.unroute('**/assets/DiagnosticsView-*.css');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Diagnostics' })).toBeVisible();
    await expect(page.locator('.diagnostics-view')).toHaveCSS('display', 'grid');
    watch.pageErrors.length = 0;
  });

  test('without its diagnostics to be had can still be reported', async ({ page, watch }) => {
    await page.route('**/assets/{ModelsView,diagnostics-report}-*.js', (route) => route.abort());
    await openRanked(page);
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    await page.getByRole('button', { name: 'Copy diagnostics' }).click();
    await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
    expect(await copied(page)).toMatch(/models\nMozilla/);
    watch.pageErrors.length = 0;
  });

  test('in Chinese says it in Chinese', async ({ page, watch }) => {
    await page.route('**/assets/ModelsView-*.js', (route) => route.abort());
    await openRanked(page);
    await page.getByRole('combobox', { name: 'Language' }).selectOption('zh');
    await page.getByRole('link', { name: '模型', exact: true }).click();
    await expect(page.getByRole('alert')).toContainText('此视图未能载入');
    watch.pageErrors.length = 0;
  });
});

test('notices that fail take nothing else with them', async ({ page, watch }) => {
  await page.route('**/assets/AppNotices-*.js', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: `export function AppNotices() { throw new Error('${marker}'); }`,
    }),
  );
  await openRanked(page);
  await expect(page.getByRole('link', { name: 'Models', exact: true })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  watch.pageErrors.length = 0;
});

test('an app that cannot be fetched says so on the page', async ({ page, watch }) => {
  await page.route('**/assets/page-*.js', (route) => route.abort());
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('Crossrank could not be started');
  watch.pageErrors.length = 0;
});

test.describe('diagnostics', () => {
  test('tell what is here, and the self-test tries it for real', async ({ page }) => {
    await openRanked(page);
    await page.getByRole('link', { name: 'Diagnostics' }).click();
    await expect(page.getByRole('button', { name: 'Copy diagnostics' })).toBeVisible();
    for (const name of ['App', 'Browser', 'WebAssembly', 'WebGPU', 'Storage', 'Model in use']) {
      await expect(page.getByRole('region', { name, exact: true })).toBeVisible();
    }
    await expect(page.getByRole('region', { name: 'WebAssembly' })).toContainText(
      'yes: threads can share memory',
    );
    await expect(page.getByRole('region', { name: 'WebGPU' })).toContainText('swiftshader');
    const test = page.getByRole('region', { name: 'Self-test', exact: true });
    await expect(page.getByRole('region', { name: 'Self-test of the model' })).toBeVisible();
    await test.getByRole('button', { name: 'Run the self-test' }).focus();
    await page.keyboard.press('Enter');
    await expect(test.getByRole('status')).toHaveText('8 passed.', {
      timeout: 110_000,
    });
    await expect(test.getByRole('button', { name: 'Run it again' })).toBeFocused();
    await expect(test.getByRole('listitem')).toHaveCount(8);
    expect(await seriousFindings(page)).toEqual([]);
    // Nothing of the trials stays.
    const left = await page.evaluate(async () => [
      ...(await indexedDB.databases()).map(({ name }) => name ?? ''),
      ...(await caches.keys()),
      ...Object.keys(localStorage),
      ...(await Array.fromAsync((await navigator.storage.getDirectory()).keys())),
    ]);
    expect(left.filter((name) => name.includes('trial'))).toEqual([]);
  });

  test('hold no text of the user in either copy, whatever has failed', async ({ page, watch }) => {
    await openRanked(page);
    await rerank(page, `${marker} query`, [`a ${marker}`, 'a stone']);
    await expect(stampOf(page)).toContainText('2 pairs');
    await page.evaluate((text) => {
      setTimeout(() => {
        throw new RangeError(`page ${text}`);
      });
      Promise.reject(new TypeError(`promise ${text}\n    at ${text} (${location.href}a.js:1:2)`));
    }, marker);
    await page.getByRole('link', { name: 'Diagnostics' }).click();
    const errors = page.getByRole('region', { name: 'Errors of this session' });
    await expect(errors).toContainText('RangeError');
    await expect(errors).toContainText('TypeError');
    await expect(errors).not.toContainText(marker);
    for (const name of ['Copy diagnostics', 'Copy as JSON']) {
      await page.getByRole('button', { name }).click();
      await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
      const text = await copied(page);
      expect(text).toContain('RangeError');
      expect(text).toContain('swiftshader');
      expect(text).not.toContain(marker);
      await expect(page.getByRole('button', { name: 'Copied' })).toHaveCount(0);
    }
    watch.pageErrors.length = 0;
  });

  test('list what a run has survived, and say so', async ({ page, watch }) => {
    await openRanked(page);
    await rerank(page, `${marker} loan office`, passages(400));
    await expect(page.getByText(/^[1-9]\d* of 400 scored/)).toBeVisible({ timeout: 60_000 });
    await inScoringWorker(page, () => self.close());
    await expect(page.getByText(/^The scoring worker stopped during this run/)).toBeVisible({
      timeout: 120_000,
    });
    await page.getByRole('link', { name: 'Diagnostics' }).click();
    const errors = page.getByRole('region', { name: 'Errors of this session' });
    await expect(errors.getByRole('listitem')).toHaveCount(1);
    await expect(errors).toContainText(/worker-crashed in a run, after [\d.,]+ s · recovered/);
    watch.pageErrors.length = 0;
  });

  test('say that the browser refuses to keep the storage', async ({ page }) => {
    await page.addInitScript(() => {
      StorageManager.prototype.persist = () => Promise.resolve(false);
    });
    await page.goto('./#/diagnostics');
    const storage = page.getByRole('region', { name: 'Storage' });
    const refused = storage.getByText('The browser refused for now.');
    await expect(refused).toHaveCount(0);
    await storage.getByRole('button', { name: 'Ask the browser to keep it' }).click();
    await expect(refused).toBeVisible();
    await page.evaluate(() => {
      StorageManager.prototype.persist = () => Promise.resolve(true);
    });
    await storage.getByRole('button', { name: 'Ask the browser to keep it' }).click();
    await expect(refused).toHaveCount(0);
  });

  test.describe('in Chinese', () => {
    test.use({ locale: 'zh-CN' });
    test('tell what the self-test found in Chinese', async ({ page, watch }) => {
      await page.addInitScript(() => {
        Object.defineProperty(navigator, 'gpu', { value: undefined });
        Object.defineProperty(CacheStorage.prototype, 'open', {
          value: () => Promise.reject(new DOMException('refused', 'SecurityError')),
        });
      });
      await page.goto('./#/diagnostics');
      // Its model is here by then.
      await expect(page.getByRole('region', { name: '模型自检' })).toBeVisible();
      await page.getByRole('button', { name: '开始自检' }).click();
      const test = page.getByRole('region', { name: '自检', exact: true });
      await expect(test.getByRole('status')).toHaveText('6 项通过，1 项未通过，1 项此处没有。', {
        timeout: 110_000,
      });
      expect(await test.locator('.check-detail').allInnerTexts()).toEqual([
        '后台线程已启动并有应答。',
        '三篇已知文档的排序为 1, 0, 2。',
        expect.stringMatching(/^\d+ 个已知文本对，最大差异 \S+，允许 \S+。$/),
        '此处的 WebGPU 未找到适配器。',
        ...Array(3).fill('写入、读取和删除均成功。'),
        '浏览器拒绝了。 SecurityError',
      ]);
      watch.pageErrors.length = 0;
    });
  });

  test('name storage that refuses, and a model that is missing, with what to do', async ({
    page,
    watch,
  }) => {
    await page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException('refused', 'SecurityError');
      };
      Object.defineProperty(IDBFactory.prototype, 'open', { value: refuse });
      Object.defineProperty(CacheStorage.prototype, 'open', { value: refuse });
      Object.defineProperty(navigator, 'gpu', { value: undefined });
    });
    await page.route('**/model_quantized.onnx', (route) => route.fulfill({ status: 404 }));
    await page.goto('./#/diagnostics');
    await expect(page.getByRole('region', { name: 'WebGPU' })).toContainText('has no WebGPU');
    const storage = page.getByRole('region', { name: 'Storage' });
    await expect(storage).toContainText('refused (SecurityError)');
    await page.getByRole('button', { name: 'Run the self-test' }).click();
    const test = page.getByRole('region', { name: 'Self-test', exact: true });
    await expect(test.getByRole('status')).toHaveText('4 passed, 3 failed, 1 not here.');
    const failed = (name: string): Locator =>
      test.getByRole('listitem').filter({ hasText: 'failed' }).filter({ hasText: name });
    await expect(failed('The model on WASM')).toContainText('HTTP 404');
    await expect(failed('The model on WASM')).toContainText('not copied in full');
    await expect(failed('IndexedDB')).toContainText('SecurityError');
    await expect(failed('Cache Storage')).toContainText('Allow site data');
    watch.pageErrors.length = 0;
  });

  test('test the model in use again, and forget what was typed when asked twice', async ({
    page,
  }) => {
    await openRanked(page);
    await rerank(page, `${marker} query`, ['a river', 'a stone']);
    await expect(stampOf(page)).toContainText('2 pairs');
    await page.getByRole('link', { name: 'Diagnostics' }).click();
    const model = page.getByRole('region', { name: 'Model in use' });
    await model.getByRole('button', { name: 'Load and test it again' }).click();
    await expect(model.getByText('Self-test passed')).toBeVisible();

    const forget = page.getByRole('button', { name: 'Forget everything typed here' });
    await forget.focus();
    await page.keyboard.press('Enter');
    // The harmless answer has focus, and Escape goes back.
    await page.keyboard.press('Escape');
    await expect(forget).toBeFocused();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Forget everything typed here' }).first().click();
    await page.waitForEvent('load');
    await page.goto('./');
    await expect(stampOf(page)).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Query' })).not.toHaveValue(new RegExp(marker));
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(kept).not.toContain(marker);
  });

  for (const [locale, colorScheme] of [
    ['zh-CN', 'dark'],
    ['en-US', 'light'],
  ] as const) {
    test.describe(`in ${locale}, ${colorScheme}`, () => {
      test.use({ locale, colorScheme, viewport: { width: 360, height: 740 } });

      test('fit a narrow window, and axe finds nothing serious', async ({ page }) => {
        await page.goto('./#/diagnostics');
        await expect(page.locator('.diagnostics-copy')).toBeVisible();
        await page.locator('.licences summary').first().click();
        await expect(page.locator('.licence-list > li')).not.toHaveCount(0);
        expect(
          await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          ),
        ).toBeLessThanOrEqual(0);
        expect(await seriousFindings(page)).toEqual([]);
      });
    });
  }
});

test('every package that the app is built from is listed with its licence', async ({ page }) => {
  await page.goto('./#/diagnostics');
  await page.getByText('Show what the app is built from').click();
  const entries = page.getByRole('region', { name: 'Licences' }).getByRole('listitem');
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const inside = ['scheduler', '@tanstack/virtual-core', 'onnxruntime-common'];
  // The page, its workers and the runtime: all of them are in.
  for (const name of [...Object.keys(dependencies), ...inside]) {
    await expect(entries.filter({ hasText: name }).first(), name).toBeVisible();
  }
  // And the model's card.
  await expect(entries).toHaveCount(Object.keys(dependencies).length + inside.length + 1);
  const runtime = entries.filter({ hasText: 'onnxruntime-web' });
  await runtime.locator('summary').click();
  await expect(runtime.getByText('Copyright (c) Microsoft Corporation')).toBeVisible();
  await expect(runtime.getByText('Eigen, MPL-2.0')).toBeVisible();
  const card = entries.filter({ hasText: 'Card of the embedded model' });
  await card.locator('summary').click();
  await expect(card.getByText('Trained only on')).toBeVisible();

  const list = await (await page.request.get('./licences.json')).json();
  for (const { name, version, licence, text } of list.packages) {
    expect(permittedLicences.has(licence), name).toBe(true);
    expect(version, name).toMatch(/^\d/);
    expect(text, name).toMatch(/copyright|permission to use/i);
  }
});

test.describe('a browser that lacks what the app needs', () => {
  const lacks: readonly (readonly [string, () => void])[] = [
    ['WebAssembly SIMD', () => Object.assign(WebAssembly, { validate: () => false })],
    ['AbortSignal.any', () => Reflect.deleteProperty(AbortSignal, 'any')],
    ['BigInt64Array', () => Reflect.deleteProperty(window, 'BigInt64Array')],
    ['popover', () => Reflect.deleteProperty(HTMLElement.prototype, 'popover')],
    ['Intl.Segmenter', () => Reflect.deleteProperty(Intl, 'Segmenter')],
    [
      'module workers',
      () => {
        const Known = Worker;
        // As a browser does that has never heard of types: it does not look at them.
        Object.assign(window, {
          Worker: class {
            constructor(address: string) {
              // biome-ignore lint/correctness/noConstructorReturn: a constructor with fewer options
              return new Known(address);
            }
          },
        });
      },
    ],
  ];
  for (const [name, remove] of lacks) {
    test(`is told that ${name} is missing`, async ({ page, watch }) => {
      await page.addInitScript(remove);
      await page.goto('./');
      const alert = page.getByRole('alert');
      await expect(alert).toContainText('This browser cannot run Crossrank');
      await expect(alert).toContainText(`It lacks: ${name}.`);
      await expect(alert).toContainText('Firefox 128');
      // The app does not draw itself over it.
      await expect(page.getByRole('banner')).toHaveCount(0);
      watch.pageErrors.length = 0;
    });
  }

  test.describe('in Chinese', () => {
    test.use({ locale: 'zh-CN' });
    test('is told in Chinese, of all at once', async ({ page, watch }) => {
      await page.addInitScript(() => {
        Reflect.deleteProperty(AbortSignal, 'any');
        Reflect.deleteProperty(HTMLElement.prototype, 'popover');
      });
      await page.goto('./');
      await expect(page.getByRole('alert')).toContainText('此浏览器无法运行 Crossrank');
      await expect(page.getByRole('alert')).toContainText('缺少：AbortSignal.any、popover.');
      watch.pageErrors.length = 0;
    });
  });

  test('is not told anything where the app can do without', async ({ page, watch }) => {
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'gpu', { value: undefined });
      Object.defineProperty(navigator, 'locks', { value: undefined });
      Object.defineProperty(navigator, 'storage', { value: undefined });
      Object.defineProperty(window, 'indexedDB', { value: undefined });
      Object.defineProperty(window, 'caches', { value: undefined });
      Reflect.deleteProperty(window, 'SharedArrayBuffer');
    });
    await openRanked(page);
    await expect(page.getByRole('alert')).toHaveCount(0);
    // Whatever else is told of it is not of this test.
    watch.pageErrors.length = 0;
  });
});

test.describe('with the keyboard alone', () => {
  test('panels open, are named, take focus, and give it back with Escape', async ({ page }) => {
    await openRanked(page);
    for (const [opener, panel] of [
      [/^Model and device/, 'Model and device'],
      ['Export', 'Export'],
    ] as const) {
      const button = page.getByRole('button', { name: opener });
      await button.focus();
      await page.keyboard.press('Enter');
      const part = page.locator(':popover-open');
      await expect(part).toBeVisible();
      expect(await part.getAttribute('aria-label'), panel).not.toBe('');
      await expect(part.locator('button, input, select').first()).toBeVisible();
      await page.keyboard.press('Tab');
      await expect(part.locator(':focus'), panel).toHaveCount(1);
      expect(await seriousFindings(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(part).toHaveCount(0);
      await expect(button).toBeFocused();
      // And nothing is a trap: Tab leaves at the end.
      await page.keyboard.press('Enter');
      await expect(part).toBeVisible();
      await expect(part.locator('button, input, select').first()).toBeVisible();
      const stops = await page
        .locator(':popover-open :is(a, button, input, select, textarea, summary)')
        .count();
      for (let stop = 0; stop <= stops; stop += 1) await page.keyboard.press('Tab');
      await expect(page.locator(':popover-open :focus'), panel).toHaveCount(0);
      await page.keyboard.press('Escape');
    }
    await expect(stampOf(page)).toBeVisible();
  });

  test('what a run cost opens and closes, and its comparison is reached', async ({ page }) => {
    await openRanked(page);
    const summary = page.locator('.run-truth > summary');
    await summary.focus();
    await page.keyboard.press('Enter');
    await expect(page.locator('#truth-comparison')).toBeVisible();
    expect(await seriousFindings(page)).toEqual([]);
    const within = page.locator('.run-truth :focus');
    await page.keyboard.press('Tab');
    await expect(within).toHaveCount(1);
    for (let stop = 0; stop < 60 && (await within.count()) === 1; stop += 1) {
      await page.keyboard.press('Tab');
    }
    await expect(within).toHaveCount(0);
    await summary.focus();
    await page.keyboard.press('Space');
    await expect(page.locator('#truth-comparison')).toHaveCount(0);
    await expect(summary).toBeFocused();
  });

  test('language and theme are chosen', async ({ page }) => {
    await openRanked(page);
    const theme = page.getByRole('combobox', { name: 'Theme' });
    await theme.focus();
    await page.keyboard.press('ArrowDown');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await expect(theme).toBeFocused();
  });

  test('deletions ask in their place: Escape and "no" go back to where it was asked', async ({
    page,
  }) => {
    await openRanked(page);
    await page.getByRole('link', { name: 'Diagnostics' }).click();
    const forget = page.getByRole('button', { name: 'Forget everything typed here' });
    await forget.focus();
    await page.keyboard.press('Enter');
    await expect(focused(page)).toHaveAttribute('aria-describedby', /.+/);
    await page.keyboard.press('Enter');
    await expect(forget).toBeFocused();
    await expect(forget).toHaveCount(1);
  });

  test('an import opens with focus in it, and is closed without losing it', async ({ page }) => {
    await page.goto('./#/collections');
    const paste = page.getByRole('button', { name: 'Paste a text' }).first();
    await paste.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('region', { name: /^Import/ })).toBeVisible();
    await expect(page.getByRole('textbox').first()).toBeFocused();
    await page.getByRole('button', { name: 'Close', exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('textbox')).toHaveCount(0);
    // The list was drawn anew, and the button that opened the import has the focus again.
    await expect(paste).toBeFocused();
  });
});
