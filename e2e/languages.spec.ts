import { expect, openRanked, stampOf, test } from './fixtures.ts';

test.describe('a browser in Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('sees the page in Chinese and the housing-fund trap ranked', async ({ page }) => {
    await page.goto('./');
    await expect(page.getByRole('textbox', { name: '查询' })).toHaveValue(/公积金/);
    await expect(stampOf(page)).toContainText('每秒');
    const rows = page.getByRole('list', { name: '排序结果' }).getByRole('listitem');
    expect(await rows.count()).toBeGreaterThanOrEqual(4);
    // Words of a language without spaces are found and marked.
    await expect(
      rows
        .locator('mark')
        .filter({ hasText: /公积金|贷款/ })
        .first(),
    ).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-Hans');
  });
});

test('the language is switched and remembered', async ({ page }) => {
  await openRanked(page);
  await page.getByRole('combobox', { name: 'Language' }).selectOption('zh');
  await expect(page.getByRole('button', { name: '重排', exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: '重排', exact: true })).toBeVisible();
  await page.getByRole('combobox', { name: '语言' }).selectOption('en');
  await expect(page.getByRole('button', { name: 'Rerank' })).toBeVisible();
});

test('the theme is switched and remembered', async ({ page }) => {
  await openRanked(page);
  const paper = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
  const dark = await paper();
  await page.reload();
  await expect(stampOf(page)).toBeVisible();
  expect(await paper()).toBe(dark);
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('light');
  expect(await paper()).not.toBe(dark);
});
