import { expect, openRanked, rowsOf, stampOf, test } from './fixtures.ts';

test('a first visit shows a keyword trap, ranked, without a click', async ({ page }) => {
  await openRanked(page);
  await expect(page.getByRole('textbox', { name: 'Query' })).not.toHaveValue('');
  expect(await rowsOf(page).count()).toBeGreaterThanOrEqual(4);
  await expect(page.getByText('BM25 puts the trap first.')).toBeVisible();
  await expect(stampOf(page)).toContainText('crossrank-tiny-en-zh');
});

test('the page is cross-origin isolated and WASM uses threads', async ({ page }) => {
  await openRanked(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const { cores, threads } = await page.evaluate(() => window.crossrank.devices());
  expect(threads).toBe(cores === 1 ? 1 : threads);
  expect(threads).toBeGreaterThanOrEqual(Math.min(2, cores));
  await expect(stampOf(page)).toContainText(`${threads} thread`);
});

test('load progress never falls, keeps its total and ends with it', async ({ page }) => {
  await page.goto('./');
  const events = await page.evaluate(async () => {
    const seen: { loadedBytes: number; totalBytes: number }[] = [];
    await window.crossrank.load({
      device: 'wasm',
      onEvent: (event) => {
        if (event.type === 'downloading') seen.push(event);
      },
    });
    return seen;
  });
  // The page itself may have loaded the model first; then there is nothing left to report.
  let before = 0;
  for (const { loadedBytes, totalBytes } of events) {
    expect(loadedBytes).toBeGreaterThanOrEqual(before);
    expect(totalBytes).toBe(events[0]?.totalBytes);
    before = loadedBytes;
  }
  expect(before).toBe(events[0]?.totalBytes ?? 0);
});

test('without a network the second model load still works from this origin alone', async ({
  page,
}) => {
  await openRanked(page);
  const model = await page.evaluate(() => window.crossrank.model);
  expect(model).toMatchObject({ model: 'crossrank-tiny-en-zh', dtype: 'q8', device: 'wasm' });
});
