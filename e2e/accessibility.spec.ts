import { seriousFindings } from './axe.ts';
import { expect, openRanked, passages, rerank, rowsOf, stampOf, test } from './fixtures.ts';

for (const theme of ['light', 'dark'] as const) {
  test.describe(`in the ${theme} theme`, () => {
    test.use({ colorScheme: theme });

    test('axe finds nothing serious on any view', async ({ page }) => {
      await openRanked(page);
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole('checkbox', { name: 'Logits' }).check();
      for (const order of ['BM25', 'Both']) {
        await page.getByRole('radio', { name: order }).check();
        expect(await seriousFindings(page)).toEqual([]);
      }
      await page.getByRole('radio', { name: 'Side by side' }).check();
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole('button', { name: /Model and device/ }).click();
      expect(await seriousFindings(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('textbox', { name: 'Query' }).fill('');
      await page.getByRole('button', { name: 'Rerank' }).click();
      await expect(page.getByRole('alert')).toBeVisible();
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole('link', { name: 'Keyword traps' }).click();
      await expect(page.getByText('Measured in this tab')).toBeVisible();
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole('link', { name: 'Models', exact: true }).click();
      await page.getByRole('button', { name: 'Details of bge-reranker-v2-m3' }).click();
      await expect(page.getByText(/would run here|int8/).first()).toBeVisible();
      expect(await seriousFindings(page)).toEqual([]);
    });
  });
}

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('axe finds nothing serious', async ({ page }) => {
    await openRanked(page);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: '关键词陷阱' }).click();
    await expect(page.getByText('在本标签页实测')).toBeVisible();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: '模型', exact: true }).click();
    await expect(page.locator('[id="model-onnx-community/bge-reranker-v2-m3-ONNX"]')).toBeVisible();
    expect(await seriousFindings(page)).toEqual([]);
  });
});

test('everything is reached and done with the keyboard alone', async ({ page }) => {
  await openRanked(page);
  // Plain Tab from the top: the boxes, the controls and the badge all come by.
  const reached = new Set<string>();
  for (let step = 0; step < 40; step++) {
    await page.keyboard.press('Tab');
    reached.add(
      await page.evaluate(() => {
        const element = document.activeElement;
        const label = element?.getAttribute('aria-label') ?? element?.closest('label')?.textContent;
        return (label ?? element?.textContent ?? '').trim();
      }),
    );
  }
  for (const name of ['Query', 'Language', 'Theme', 'Load a keyword trap', 'Clear', 'Logits']) {
    expect(
      [...reached].some((label) => label.startsWith(name)),
      name,
    ).toBe(true);
  }

  await page.getByRole('textbox', { name: 'Query' }).focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('capital of France');
  await page.getByRole('textbox', { name: 'Documents' }).focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('Berlin is in Germany\nParis is the capital of France');
  await page.keyboard.press('Control+Enter');
  await expect(stampOf(page)).toContainText('2 pairs');
  await expect(rowsOf(page)).toHaveCount(2);

  // The arrow keys move within a choice.
  await page.getByRole('radio', { name: 'Cross-encoder' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'BM25' })).toBeChecked();
});

test('the narrow page neither scrolls sideways nor hides a control', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 740 });
  await openRanked(page);
  for (const arrangement of ['List', 'Side by side']) {
    await page.getByRole('radio', { name: arrangement }).check();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, arrangement).toBeLessThanOrEqual(0);
  }
  await page.getByRole('link', { name: 'Keyword traps' }).click();
  await expect(page.getByText('Measured in this tab')).toBeVisible();
  const [overflow, blank] = await page.evaluate(() => {
    const { scrollWidth, clientWidth, scrollHeight } = document.documentElement;
    const end = document.querySelector('footer')?.getBoundingClientRect().bottom ?? 0;
    return [scrollWidth - clientWidth, scrollHeight - (end + scrollY)];
  });
  expect(overflow).toBeLessThanOrEqual(0);
  expect(blank).toBeLessThanOrEqual(1);

  await page.getByRole('link', { name: 'Models', exact: true }).click();
  await expect(page.locator('[id="model-onnx-community/bge-reranker-v2-m3-ONNX"]')).toBeVisible();
  expect(
    await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    ),
  ).toBeLessThanOrEqual(0);
});

test('focus stays with the user: skip link, view change, end of a run', async ({ page }) => {
  await openRanked(page);
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      return element?.id || element?.textContent || element?.tagName;
    });
  await page.getByRole('link', { name: 'Keyword traps' }).click();
  await expect(page.getByText('Measured in this tab')).toBeVisible();
  expect(await focused()).toBe('main');
  await page.getByRole('button', { name: 'Skip to results' }).focus();
  await page.keyboard.press('Enter');
  expect(await focused()).toBe('main');
  expect(new URL(page.url()).hash).toBe('#/traps');
  await page.getByRole('button', { name: 'Open in Rerank' }).click();
  await expect(stampOf(page)).toBeVisible();
  expect(await focused()).toBe('main');

  await rerank(page, 'loan office', passages(400));
  await page.getByRole('button', { name: 'Cancel' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(/^Cancelled/)).toBeVisible();
  expect(await focused()).toContain('Rerank');
});
