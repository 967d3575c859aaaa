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
  await openRanked(page);
  // On the other device, since a model that is loaded has nothing to report.
  const events = await page.evaluate(async () => {
    const seen: { loadedBytes: number; totalBytes: number }[] = [];
    await window.crossrank.load({
      device: 'webgpu',
      onEvent: (event) => {
        if (event.type === 'downloading') seen.push(event);
      },
    });
    return seen;
  });
  expect(events.length).toBeGreaterThan(1);
  let before = 0;
  for (const { loadedBytes, totalBytes } of events) {
    expect(loadedBytes).toBeGreaterThanOrEqual(before);
    expect(totalBytes).toBe(events[0]?.totalBytes);
    before = loadedBytes;
  }
  expect(before).toBe(events[0]?.totalBytes);
});

test('one model is fetched, once, from this origin, with the runtime that fits', async ({
  page,
  baseURL,
}) => {
  const fetched: string[] = [];
  page.context().on('request', (request) => fetched.push(request.url()));
  await openRanked(page);
  expect(await page.evaluate(() => window.crossrank.model)).toMatchObject({
    model: 'crossrank-tiny-en-zh',
    dtype: 'q8',
    device: 'wasm',
  });
  const own = new URL(baseURL ?? '').origin;
  const weights = fetched.filter((url) => url.endsWith('.onnx'));
  expect(weights).toEqual([`${own}/models/crossrank-tiny-en-zh/onnx/model_quantized.onnx`]);
  // The WebGPU build of the runtime is twice as large and not needed here.
  expect(fetched.filter((url) => /asyncify|jspi/.test(url))).toEqual([]);
});
