import { expect, test } from './fixtures.ts';

test('the clock of the GPU says how much of a run was arithmetic', async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto('./');
  const documents = ['Bread is baked in an oven.', 'A loan is paid back.'];
  const { timings, ranking } = await page.evaluate(
    (texts) => window.crossrank.rerank({ query: 'oven', documents: texts, device: 'webgpu' }),
    documents,
  );
  expect(ranking[0]?.index).toBe(0);
  // SwiftShader offers timestamp queries; its passes do not overlap.
  expect(timings.gpuMs).toBeGreaterThan(0);
  expect(timings.gpuMs).toBeLessThanOrEqual(timings.inferenceMs);
});

test('on WASM there is no such clock', async ({ page }) => {
  await page.goto('./');
  const { timings } = await page.evaluate(() =>
    window.crossrank.rerank({ query: 'oven', documents: ['bread'], device: 'wasm' }),
  );
  expect(timings.gpuMs).toBeNull();
});
