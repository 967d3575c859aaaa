import { expect, test } from './fixtures.ts';
import { countPipelines, pipelinesOf } from './worker-shaders.ts';

test('documents of lengths never seen before compile no more shaders', async ({ page }) => {
  test.setTimeout(300_000);
  await countPipelines(page);
  await page.goto('./');
  const rankOnGpu = (documents: readonly string[]) =>
    page.evaluate(
      (texts) => window.crossrank.rerank({ query: 'oven', documents: texts, device: 'webgpu' }),
      documents,
    );
  // One row, several, and from four rows on other products in the last layer, which computes one
  // token of each: three classes of shapes.
  await rankOnGpu(['bread', 'flour and water']);
  await rankOnGpu(['salt', 'sugar', 'butter', 'milk']);
  await rankOnGpu(['yeast']);
  const compiled = await pipelinesOf(page);
  // 29 for this model when every width is a multiple of four, its self-test's among them; more when
  // any width is taken.
  expect(compiled).toBeLessThanOrEqual(30);
  const texts = Array.from({ length: 12 }, (_, index) => 'salt '.repeat(index + 1).trim());
  const { device } = await rankOnGpu(texts);
  expect(device).toBe('webgpu');
  expect(await pipelinesOf(page)).toBe(compiled);
});
