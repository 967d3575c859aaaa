import { expect, openRanked, passages, rerank, stampOf, test } from './fixtures.ts';

/**
 * Pictures of the real page. They go to test-results/; with UPDATE_SCREENSHOTS=1 to
 * e2e/screenshots/, from where README shows them.
 */
const folder = process.env.UPDATE_SCREENSHOTS ? 'e2e/screenshots' : 'test-results/screenshots';

for (const [name, colorScheme, width, height, locale] of [
  ['rerank-light', 'light', 1280, 800, 'en-US'],
  ['rerank-dark', 'dark', 1280, 800, 'en-US'],
  ['rerank-zh', 'light', 1280, 800, 'zh-CN'],
  ['rerank-narrow', 'light', 390, 844, 'en-US'],
] as const) {
  test.describe(name, () => {
    test.use({ colorScheme, viewport: { width, height }, locale });

    test('list and side by side', async ({ page }) => {
      await openRanked(page);
      await page.screenshot({ path: `${folder}/${name}.png` });
      await page.getByRole('radio', { name: locale === 'zh-CN' ? '并排' : 'Side by side' }).check();
      await page.screenshot({ path: `${folder}/${name}-sides.png` });
    });

    test('gallery', async ({ page }) => {
      await page.goto('./#/traps');
      await expect(page.getByText(/Measured in this tab|在本标签页实测/)).toBeVisible();
      await page.screenshot({ path: `${folder}/${name.replace('rerank', 'traps')}.png` });
    });

    test('models', async ({ page }) => {
      await page.goto('./#/models');
      await expect(
        page.locator('[id="model-onnx-community/bge-reranker-v2-m3-ONNX"]'),
      ).toBeVisible();
      await page.evaluate(() => window.crossrank.load());
      await page.screenshot({ path: `${folder}/${name.replace('rerank', 'models')}.png` });
    });
  });
}

for (const [name, colorScheme, width, locale] of [
  ['collection-light', 'light', 1280, 'en-US'],
  ['collection-dark', 'dark', 1280, 'en-US'],
  ['collection-zh', 'light', 1280, 'zh-CN'],
  ['collection-narrow', 'light', 390, 'en-US'],
] as const) {
  test.describe(name, () => {
    test.use({ colorScheme, viewport: { width, height: 1000 }, locale });

    test('evaluation', async ({ page }) => {
      await page.goto('./#/collections');
      await page.getByRole('button', { name: /as a sample|作为示例/ }).click();
      await page.getByRole('button', { name: locale === 'zh-CN' ? '重排' : 'Rerank' }).click();
      await expect(page.getByText(/^Done: 32|^已完成：32/)).toBeVisible();
      await expect(page.locator('.evaluation-figures[aria-busy="false"]')).toBeVisible();
      await expect(page.locator('.evaluation-table tbody tr')).toHaveCount(5);
      await page.screenshot({ path: `${folder}/${name}.png` });
      await page.screenshot({ path: `test-results/screenshots/${name}-whole.png`, fullPage: true });
    });
  });
}

for (const [name, colorScheme, width] of [
  ['speed-light', 'light', 1280],
  ['speed-dark', 'dark', 1280],
  ['speed-narrow', 'light', 390],
] as const) {
  test.describe(name, () => {
    test.use({ colorScheme, viewport: { width, height: 1100 }, locale: 'en-US' });

    test('where the time went', async ({ page }) => {
      await openRanked(page);
      await rerank(page, 'how to apply for a loan', passages(60));
      await expect(stampOf(page)).toContainText(/60 pairs/, { timeout: 90_000 });
      const line = page.locator('summary', { hasText: /where the time went/ });
      await line.click();
      await expect(page.locator('.truth-batch').first()).toBeVisible();
      await line.evaluate((summary) => summary.scrollIntoView({ block: 'start' }));
      await page.screenshot({ path: `${folder}/${name}.png` });
    });
  });
}

test('model panel', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await openRanked(page);
  await page.getByRole('button', { name: /Model and device/ }).click();
  await expect(stampOf(page)).toBeVisible();
  await page.screenshot({ path: `${folder}/model-panel.png` });
});
