import { readFileSync } from 'node:fs';
import { expect, openRanked, stampOf, test } from './fixtures.ts';

interface ReferencePair {
  query: string;
  document: string;
  tokens: number;
  logit_q8: number;
}

const reference: { tolerance: Record<string, number>; pairs: ReferencePair[] } = JSON.parse(
  readFileSync('public/models/crossrank-tiny-en-zh/reference-logits.json', 'utf8'),
);
const tolerance = reference.tolerance['q8 against logit_q8'] ?? 0;
// An empty query is refused by contract, so that one pair cannot be asked for.
const pairs = reference.pairs.filter((pair) => pair.query.trim() !== '');

test('WASM gives the reference logits for every pair', async ({ page }) => {
  await page.goto('./');
  expect(pairs.length).toBeGreaterThan(10);
  for (const { query, document, tokens, logit_q8 } of pairs) {
    const { ranking, device } = await page.evaluate(
      (pair) =>
        window.crossrank.rerank({
          query: pair.query,
          documents: [pair.document],
          device: 'wasm',
          longDocuments: 'truncate',
        }),
      { query, document },
    );
    expect(device).toBe('wasm');
    const difference = Math.abs((ranking[0]?.logit ?? Number.NaN) - logit_q8);
    expect(difference, `${query} | ${document.slice(0, 60)}`).toBeLessThanOrEqual(tolerance);
    expect(ranking[0]?.tokens).toBe(tokens);
  }
});

test('a software adapter is not chosen by default, can be chosen, and computes the same', async ({
  page,
}) => {
  test.setTimeout(240_000);
  await openRanked(page);
  const { webgpu } = await page.evaluate(() => window.crossrank.devices());
  // The test browser is started with SwiftShader as its adapter, see scripts/chromium.mjs.
  expect(webgpu).toMatchObject({ available: true, software: true });
  expect(await page.evaluate(() => window.crossrank.model?.device)).toBe('wasm');

  const short = pairs.filter((pair) => pair.tokens <= 17 && pair.query.length < 40).slice(0, 3);
  expect(short.length).toBe(3);
  const rankOn = (device: 'wasm' | 'webgpu') =>
    page.evaluate(
      async ({ asked, on }) => {
        const results = [];
        for (const { query, document } of asked) {
          const request = { query, documents: [document], device: on };
          results.push(await window.crossrank.rerank(request));
        }
        return results;
      },
      { asked: short, on: device },
    );
  const [cpuResults, gpuResults] = [await rankOn('wasm'), await rankOn('webgpu')];
  for (const [index, { logit_q8 }] of short.entries()) {
    const [onCpu, onGpu] = [cpuResults[index], gpuResults[index]];
    if (onCpu === undefined || onGpu === undefined) throw new Error('a result is missing');
    expect(onGpu).toMatchObject({ device: 'webgpu', softwareAdapter: true });
    expect(onGpu.selfTest).toMatchObject({ verdict: 'passed' });
    expect(onGpu.adapter).toMatch(/swiftshader/i);
    const logit = onGpu.ranking[0]?.logit ?? Number.NaN;
    expect(Math.abs(logit - (onCpu.ranking[0]?.logit ?? Number.NaN))).toBeLessThanOrEqual(0.01);
    expect(Math.abs(logit - logit_q8)).toBeLessThanOrEqual(tolerance);
  }
});

test('the user moves the model to WebGPU and back, and sees what runs', async ({ page }) => {
  test.setTimeout(300_000);
  await openRanked(page);
  const badge = page.getByRole('button', { name: /Model and device/ });
  await expect(badge).toContainText('WASM · q8');
  await badge.click();
  await expect(page.getByText('a software adapter, computes on the CPU')).toBeVisible();
  await page.getByRole('radio', { name: /^WebGPU/ }).check();
  await expect(badge).toContainText(/WebGPU · q8 · .*swiftshader/i, { timeout: 180_000 });
  await expect(page.getByText('Software adapter: correct, but slower than WASM.')).toBeVisible();
  await page.getByRole('radio', { name: /^WASM/ }).check();
  await expect(badge).toContainText('WASM · q8');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toContainText('WASM');
});
